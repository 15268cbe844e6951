"""Checks before every change to a visit: it must still be open, and unchanged since it was read."""

import hashlib
import json
from collections.abc import Sequence

from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import lock
from clinic.people.models.patient import Patient
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.consultation import Consultation


class VisitSignedError(ValidationError):
    """The visit is closed, so nothing in it changes any more."""

    def __init__(self) -> None:
        super().__init__(
            _("This visit is signed and can no longer be changed. Add an addendum instead.")
        )


class VisitChangedError(ValidationError):
    """Somebody saved the visit after this page was loaded."""

    def __init__(self, consultation: Consultation) -> None:
        super().__init__(
            _("%(doctor)s saved this visit in another window on %(when)s."),
            params={
                "doctor": str(consultation.doctor),
                "when": date_format(
                    timezone.localtime(consultation.saved_at), "DAY_SECONDS_FORMAT"
                ),
            },
        )


class VisitUsedError(ValidationError):
    """Something already belongs to the visit, so its call-in stays."""

    def __init__(self) -> None:
        super().__init__(
            _(
                "Something has already been written, photographed or prescribed in this visit, so"
                " the call-in cannot be undone."
            )
        )


def lock_open_visit(consultation: Consultation) -> Consultation:
    """Lock the visit until the transaction ends, and refuse one that is signed."""
    locked = lock(consultation, no_key=True)
    if locked.is_signed:
        raise VisitSignedError
    refuse_ended(locked.patient_id)
    return locked


def hold_patient(consultation: Consultation) -> Patient:
    """Lock the visit's patient until the transaction ends, so that no fact changes meanwhile."""
    return Patient.objects.select_for_update(no_key=True).get(pk=consultation.patient_id)


def fingerprint(values: Sequence[object]) -> str:
    """Return a short mark of the values on a page, to tell later whether they have changed."""
    return hashlib.sha256(json.dumps(values).encode()).hexdigest()[:24]
