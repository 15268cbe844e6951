"""Messages to patients about their appointments: stored first, then sent, each one once."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from celery.exceptions import SoftTimeLimitExceeded
from django.conf import settings
from django.core.mail import EmailAttachment
from django.db import transaction
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from clinic.core.broker import BrokerDownError, send_soon
from clinic.core.mail import send_mail, send_text
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.sms import has_sms
from clinic.people.models.consent import Consent
from clinic.people.permissions import active_secretaries
from clinic.people.services.consents import has_consent
from clinic.scheduling.models.appointment import Appointment, AppointmentTransition
from clinic.scheduling.models.message import AppointmentNotice
from clinic.scheduling.models.wish import AppointmentRequest
from clinic.scheduling.services.feeds import visit_file
from clinic.scheduling.services.reply_links import answer_address
from clinic.trail.models.notification import Notification
from clinic.trail.services.notifications import notify

logger = logging.getLogger(__name__)

Kind = AppointmentNotice.Kind
Channel = AppointmentNotice.Channel
Status = AppointmentNotice.Status
BATCH = 500
WITHOUT_FILE = (*AppointmentNotice.REMINDERS, Kind.DECLINED)
# The patient may not have got the message, so the desk is told.
UNCERTAIN = (Status.FAILED, Status.CUT_OFF)
TEMPLATES = {
    Kind.BOOKED: "appointment_booked",
    Kind.MOVED: "appointment_moved",
    Kind.CANCELLED: "appointment_cancelled",
    Kind.DECLINED: "appointment_declined",
    Kind.FIRST_REMINDER: "appointment_reminder",
    Kind.LAST_REMINDER: "appointment_reminder",
}
# Who can be reached through each channel.
REACHABLE = {Channel.EMAIL: ~Q(patient__email=""), Channel.SMS: ~Q(patient__phone="")}
# Who wants reminders through each channel.
WELCOME = {
    Channel.EMAIL: Q(patient__has_email_reminders=True),
    Channel.SMS: Q(patient__has_sms_reminders=True),
}


def queue_notice(*, appointment: Appointment, kind: str) -> None:
    """Store an email about the appointment, to be sent after the commit."""
    if not appointment.patient.email:
        return
    notice, is_new = AppointmentNotice.objects.get_or_create(
        appointment=appointment,
        kind=kind,
        channel=Channel.EMAIL,
        starts_at=appointment.starts_at,
    )
    if is_new:
        transaction.on_commit(partial(dispatch_notice, notice.pk))


def dispatch_notice(notice_id: int, *, expires_s: float = 3600) -> bool:
    """Have the worker send the message; if the broker is down, the next sweep does."""
    # The tasks import this module, so it can import them only at run time.
    from clinic.scheduling.tasks import send_notice_task

    try:
        send_soon(send_notice_task, notice_id, expires=expires_s)
    except BrokerDownError:
        return False
    return True


def send_notice(*, notice_id: int) -> None:
    """Claim a waiting message and send it; leave one that somebody else has claimed.

    The claim is stored before anything is sent. After a crash in between, the message is never sent
    again, because it may have arrived.
    """
    claimed = (
        AppointmentNotice.objects.due()
        .filter(pk=notice_id)
        .update(status=Status.SENDING, claimed_at=timezone.now(), tries=F("tries") + 1)
    )
    if not claimed:
        return
    notice = (
        AppointmentNotice.objects.select_related(
            "appointment__patient", "appointment__doctor__user", "appointment__rescheduled_from"
        )
        # The message does not use it, so an unreadable one must not stop the message.
        .defer("appointment__patient__duplicate_reason")
        .get(pk=notice_id)
    )
    if not _is_still_wanted(notice):
        _finish(notice, Status.SKIPPED)
        return
    try:
        is_sent = _send(notice)
    except SoftTimeLimitExceeded:
        _finish(notice, Status.CUT_OFF)
    except Exception as error:  # noqa: BLE001  it would fail again, so the row says so
        logger.error("A message to a patient was interrupted: %s", type(error).__name__)
        _finish(notice, Status.FAILED)
    else:
        if is_sent:
            _finish(notice, Status.SENT)
        else:
            _try_again(notice)


def dispatch_due_notices() -> None:
    """Store the reminders that are due, and queue every waiting message."""
    _give_up_cut_off()
    _write_down_reminders()
    for notice_id in AppointmentNotice.objects.due().values_list("pk", flat=True)[:BATCH]:
        # The next sweep sends it again, so a worker that was away finds one sweep, not many.
        if not dispatch_notice(notice_id, expires_s=60):
            return


def _give_up_cut_off() -> None:
    lost_before = timezone.now() - timedelta(seconds=settings.NOTICE_CUT_OFF_AFTER)
    for notice in AppointmentNotice.objects.filter(
        status=Status.SENDING, claimed_at__lt=lost_before
    )[:BATCH]:
        _finish(notice, Status.CUT_OFF)


def _write_down_reminders() -> None:
    """Add a row for each reminder that is due; when two sweeps meet, the database keeps one."""
    clinic = ClinicSettings.objects.current()
    for kind, channel, appointments in _due_reminders(
        clinic.reminder_first_hours, clinic.reminder_last_hours
    ):
        AppointmentNotice.objects.bulk_create(
            [
                AppointmentNotice(
                    appointment=appointment,
                    kind=kind,
                    channel=channel,
                    starts_at=appointment.starts_at,
                )
                for appointment in appointments
            ],
            ignore_conflicts=True,
        )


def count_due_reminders(*, first_hours: int, last_hours: int) -> int:
    """Count the reminders that would be sent at once with these lead times."""
    due = _due_reminders(first_hours, last_hours)
    return sum(appointments.count() for _kind, _channel, appointments in due)


def _due_reminders(
    first_hours: int, last_hours: int
) -> Iterator[tuple[Kind, Channel, QuerySet[Appointment]]]:
    """Return appointments with due reminders that have no row yet, by kind and channel."""
    for kind, appointments in _to_remind(first_hours, last_hours):
        for channel in _channels():
            told = AppointmentNotice.objects.filter(
                appointment=OuterRef("pk"),
                kind=kind,
                channel=channel,
                starts_at=OuterRef("starts_at"),
            )
            yield (
                kind,
                channel,
                appointments.filter(REACHABLE[channel], WELCOME[channel], ~Exists(told)),
            )


def _to_remind(first_hours: int, last_hours: int) -> Iterator[tuple[Kind, QuerySet[Appointment]]]:
    now = timezone.now()
    first, last = timedelta(hours=first_hours), timedelta(hours=last_hours)
    agrees = Consent.objects.active().filter(
        patient=OuterRef("patient"), purpose=Consent.Purpose.REMINDERS
    )
    bookings = AppointmentTransition.objects.filter(
        appointment=OuterRef("pk"), to_status=Appointment.Status.BOOKED
    ).order_by("-made_at")
    expected = Appointment.objects.filter(
        Exists(agrees), status__in=Appointment.EXPECTED_STATUSES
    ).annotate(agreed_at=Coalesce(Subquery(bookings.values("made_at")[:1]), "created_at"))
    # A first reminder is pointless once the last one is due.
    for kind, lead, too_late in (
        (Kind.FIRST_REMINDER, first, last),
        (Kind.LAST_REMINDER, last, timedelta(0)),
    ):
        yield (
            kind,
            expected.filter(
                starts_at__gt=now + too_late,
                starts_at__lte=now + lead,
                # Somebody who books later than that knows the time from the confirmation.
                agreed_at__lte=F("starts_at") - lead,
            ),
        )


def _channels() -> list[Channel]:
    return [Channel.EMAIL, Channel.SMS] if has_sms() else [Channel.EMAIL]


def _is_still_wanted(notice: AppointmentNotice) -> bool:
    """Return whether the message is still true and welcome when it is sent."""
    appointment, patient = notice.appointment, notice.appointment.patient
    if not (patient.email if notice.channel == Channel.EMAIL else patient.phone and has_sms()):
        return False
    if notice.kind == Kind.DECLINED:
        return appointment.status == Appointment.Status.CANCELLED
    if appointment.starts_at != notice.starts_at or appointment.starts_at <= timezone.now():
        return False
    if notice.kind == Kind.CANCELLED:
        return appointment.status == Appointment.Status.CANCELLED or (
            appointment.status == Appointment.Status.ENTERED_IN_ERROR and _has_been_told(notice)
        )
    if appointment.status not in Appointment.EXPECTED_STATUSES:
        return False
    return notice.kind not in AppointmentNotice.REMINDERS or _is_reminder_welcome(notice)


def _is_reminder_welcome(notice: AppointmentNotice) -> bool:
    patient = notice.appointment.patient
    is_wanted_there = (
        patient.has_email_reminders
        if notice.channel == Channel.EMAIL
        else patient.has_sms_reminders
    )
    return is_wanted_there and has_consent(patient=patient, purpose=Consent.Purpose.REMINDERS)


def _has_been_told(notice: AppointmentNotice) -> bool:
    """Return whether the patient knows of the appointment, so that its end is news."""
    others = notice.appointment.notices.exclude(pk=notice.pk)
    return others.filter(status__in=[Status.SENDING, Status.SENT, Status.CUT_OFF]).exists()


def _send(notice: AppointmentNotice) -> bool:
    appointment, patient = notice.appointment, notice.appointment.patient
    name = TEMPLATES[Kind(notice.kind)]
    before = appointment.rescheduled_from if notice.kind == Kind.MOVED else None
    context = {
        "person": patient,
        "appointment": appointment,
        "before": before,
        "answer_url": answer_address(notice) if notice.kind in AppointmentNotice.REMINDERS else "",
        "request": AppointmentRequest.objects.filter(appointment=appointment).first(),
    }
    if notice.channel == Channel.SMS:
        return send_text(name, to=patient.phone.as_e164, language=patient.language, context=context)
    return send_mail(
        name,
        to=patient.email,
        language=patient.language,
        context=context,
        attachments=() if notice.kind in WITHOUT_FILE else [_attachment(notice)],
    )


def _attachment(notice: AppointmentNotice) -> EmailAttachment:
    with translation.override(notice.appointment.patient.language):
        file = visit_file(notice.appointment)
    return EmailAttachment(
        "visit.ics", file.content.decode(), f"text/calendar; method={file.method}"
    )


@transaction.atomic
def _finish(notice: AppointmentNotice, status: Status) -> None:
    finished = _claimed_row(notice).update(status=status, finished_at=timezone.now())
    if finished and status in UNCERTAIN:
        notify(
            recipients=active_secretaries(),
            kind=Notification.Kind.MESSAGE_FAILED,
            url_name="clinic:appointment_detail",
            object_key=notice.appointment_id,
            fact_key=notice.pk,
        )


def _try_again(notice: AppointmentNotice) -> None:
    """Let the message wait 1, 4, 16, then 64 minutes; the fifth failure is final."""
    if notice.tries >= settings.NOTICE_MAX_TRIES:
        _finish(notice, Status.FAILED)
        return
    pause = timedelta(minutes=4 ** (notice.tries - 1))
    _claimed_row(notice).update(status=Status.WAITING, due_at=timezone.now() + pause)


def _claimed_row(notice: AppointmentNotice) -> QuerySet[AppointmentNotice]:
    return AppointmentNotice.objects.filter(pk=notice.pk, status=Status.SENDING, tries=notice.tries)
