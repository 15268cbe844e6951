"""Notifications to doctors about answers that came late."""

from datetime import datetime, timedelta

from clinic.records.models.consultation import Consultation
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify
from diagnosis.predictions.models.prediction import Prediction

Kind = Notification.Kind

# The doctor is still waiting for a faster answer, and sees it on the visit's page.
LATE_AFTER = timedelta(seconds=60)


def tell_of_late_answer(*, prediction: Prediction, finished_at: datetime) -> None:
    """Notify the visit's doctor of an answer that came after they stopped waiting for it."""
    if finished_at - prediction.queued_at >= LATE_AFTER:
        visits = Consultation.objects.select_related("doctor__user", "doctor__successor__user")
        visit = visits.get(pk=prediction.image.consultation_id)
        tell_doctor_of(visit, Kind.ANSWER_READY, fact_key=prediction.pk)


def tell_doctor_of(visit: Consultation, kind: Kind, *, fact_key: object) -> None:
    """Notify the doctor in charge of the visit, with a link to its page."""
    notify(
        recipients=[visit.doctor.in_charge.user],
        kind=kind,
        url_name="diagnosis:visit",
        object_key=visit.pk,
        fact_key=fact_key,
    )
