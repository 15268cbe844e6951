"""Tell the patient that a visit can be read."""

from clinic.records.models.consultation import Consultation
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify


def tell_patient_of_signed_visit(consultation: Consultation) -> None:
    """Tell a patient who has a login that the visit can be read."""
    if consultation.patient.user:
        notify(
            recipients=[consultation.patient.user],
            kind=Notification.Kind.VISIT_SIGNED,
            url_name="diagnosis:my_visit",
            object_key=consultation.pk,
        )
