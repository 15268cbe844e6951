"""What doctors hear of answers that they are not looking at."""

from datetime import datetime, timedelta

from django.db.models import Q
from django.utils import timezone

from clinic.models import Consultation, Notification
from clinic.services.notifications import notify
from diagnosis.models import LesionImage, Prediction
from diagnosis.services.worklist import open_photographs

Kind = Notification.Kind
# The page of the visit shows an answer that comes sooner while the doctor still waits for it.
LATE_AFTER = timedelta(seconds=60)
OVERDUE_AFTER = timedelta(hours=24)
# What is older is still on the list of reviews, but no news: not even on a site's first day.
OVERDUE_UNTIL = timedelta(days=7)


def tell_of_late_answer(*, prediction: Prediction, finished_at: datetime) -> None:
    """Tells the visit's doctor of an answer that came when nobody waited for it any more."""
    if finished_at - prediction.queued_at >= LATE_AFTER:
        visits = Consultation.objects.select_related("doctor__user", "doctor__successor__user")
        visit = visits.get(pk=prediction.image.consultation_id)
        _tell_doctor_of(visit, Kind.ANSWER_READY, fact_key=prediction.pk)


def tell_of_overdue_reviews() -> None:
    """Tell each doctor once of a visit with a photograph that has waited a day for a word."""
    now = timezone.now()
    overdue = open_photographs(LesionImage.objects.all()).filter(
        Q(open_since__gt=now - OVERDUE_UNTIL, open_since__lte=now - OVERDUE_AFTER)
    )
    told = Notification.objects.filter(
        kind=Kind.REVIEW_OVERDUE, created_at__gt=now - OVERDUE_UNTIL
    ).values_list("fact_key", flat=True)
    visits = Consultation.objects.filter(pk__in=overdue.order_by().values("consultation"))
    known = set(told)
    # No note is read for it, so one that cannot be read keeps no news back.
    whom = ("doctor__user", "doctor__successor__user")
    for visit in visits.select_related(*whom).only(*whom):
        if str(visit.pk) not in known:
            _tell_doctor_of(visit, Kind.REVIEW_OVERDUE, fact_key=visit.pk)


def _tell_doctor_of(visit: Consultation, kind: Kind, *, fact_key: object) -> None:
    notify(
        recipients=[visit.doctor.in_charge.user],
        kind=kind,
        url_name="diagnosis:visit",
        object_key=visit.pk,
        fact_key=fact_key,
    )
