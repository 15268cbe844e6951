"""What a doctor hears of an answer that came late."""

from datetime import datetime, timedelta

from clinic.records.models.consultation import Consultation
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify
from diagnosis.predictions.models.prediction import Prediction

Kind = Notification.Kind

# The page of the visit shows an answer that comes sooner while the doctor still waits for it.
LATE_AFTER = timedelta(seconds=60)


def tell_of_late_answer(*, prediction: Prediction, finished_at: datetime) -> None:
    """Tells the visit's doctor of an answer that came when nobody waited for it any more."""
    if finished_at - prediction.queued_at >= LATE_AFTER:
        visits = Consultation.objects.select_related("doctor__user", "doctor__successor__user")
        visit = visits.get(pk=prediction.image.consultation_id)
        tell_doctor_of(visit, Kind.ANSWER_READY, fact_key=prediction.pk)


def tell_doctor_of(visit: Consultation, kind: Kind, *, fact_key: object) -> None:
    """Tell whoever is in charge of the visit, with a way to its page."""
    notify(
        recipients=[visit.doctor.in_charge.user],
        kind=kind,
        url_name="diagnosis:visit",
        object_key=visit.pk,
        fact_key=fact_key,
    )
