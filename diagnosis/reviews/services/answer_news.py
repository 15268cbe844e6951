"""Notifications to doctors about answers that they have not reviewed."""

from datetime import timedelta

from django.db.models import Q
from django.utils import timezone

from clinic.records.models.consultation import Consultation
from clinic.trail.models.notification import Notification
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.services.answer_news import Kind, tell_doctor_of
from diagnosis.reviews.services.worklist import open_photographs

OVERDUE_AFTER = timedelta(hours=24)
# Older ones stay on the list of reviews but are no longer news, even on a site's first day.
OVERDUE_UNTIL = timedelta(days=7)


State = LesionImage.State
# What the doctor has to do for a photograph that has waited a day.
NEEDS = {
    State.UNREVIEWED: Kind.REVIEW_OVERDUE,
    State.REOPENED: Kind.REVIEW_OVERDUE,
    State.REFERRED: Kind.REFERRED_OVERDUE,
    State.NOT_ASSESSABLE: Kind.RETAKE_OVERDUE,
    State.FAILED: Kind.ANALYSIS_OVERDUE,
    State.WAITING: Kind.ANALYSIS_OVERDUE,
    State.MISSING: Kind.ANALYSIS_OVERDUE,
}


def tell_of_overdue_reviews() -> None:
    """Notify each doctor once of photographs that have waited for them for a day."""
    now = timezone.now()
    overdue = open_photographs(LesionImage.objects.all()).filter(
        Q(open_since__gt=now - OVERDUE_UNTIL, open_since__lte=now - OVERDUE_AFTER)
    )
    # No note is read here, so one that cannot be decrypted holds nothing up.
    images = overdue.order_by().select_related(None).prefetch_related(None).only("consultation")
    needs = {(image.consultation_id, NEEDS[State(image.state)]) for image in images}
    known = set(
        Notification.objects.filter(
            kind__in=set(NEEDS.values()), created_at__gt=now - OVERDUE_UNTIL
        ).values_list("fact_key", "kind")
    )
    new = [(visit, kind) for visit, kind in needs if (str(visit), kind.value) not in known]
    visits = Consultation.objects.filter(pk__in={visit for visit, _kind in new})
    whom = ("doctor__user", "doctor__successor__user")
    found = {visit.pk: visit for visit in visits.select_related(*whom).only(*whom)}
    for key, kind in sorted(new, key=lambda need: (str(need[0]), need[1].value)):
        tell_doctor_of(found[key], kind, fact_key=key)
