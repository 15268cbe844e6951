"""The link in a reminder: signed, so that nobody can forge one, and valid for one reply."""

from django.conf import settings
from django.core.signing import BadSignature, Signer
from django.urls import reverse

from clinic.scheduling.models.message import AppointmentNotice

# A dot survives every email program; a colon does not.
_signer = Signer(sep=".", salt="clinic.answer_links")


def answer_address(notice: AppointmentNotice) -> str:
    """Return the address where the patient answers, or "" if the site's address is not set."""
    if not settings.SITE_URL:
        return ""
    token = _signer.sign(str(notice.pk))
    return f"{settings.SITE_URL}{reverse('clinic:reminder_answer', args=[token])}"


def find_answerable(token: str) -> AppointmentNotice | None:
    """Return the reminder with this token, whatever the state of the appointment."""
    try:
        notice_id = _signer.unsign(token)
    except BadSignature:
        return None
    reminders = AppointmentNotice.objects.filter(kind__in=AppointmentNotice.REMINDERS)
    doctors = ("appointment__doctor__user", "appointment__doctor__successor__user")
    appointment = ("appointment__patient", *doctors)
    return reminders.select_related(*appointment).filter(pk=notice_id).first()
