"""The check before anything is written into a record: has it ended?"""

from uuid import UUID

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient

RECORD_ENDED = _(
    "This record has ended. The patient’s identity has been removed, and the record is read-only."
)


def refuse_ended(patient_id: UUID) -> None:
    """Reject a change to a record that has lost its name.

    The database's triggers refuse it too; this gives a message.
    """
    if Patient.objects.ended().filter(pk=patient_id).exists():
        raise ValidationError(RECORD_ENDED, code="ended")
