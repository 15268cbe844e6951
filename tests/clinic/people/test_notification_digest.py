"""The morning eeemail about unread notifications: for staff who want it, once a day, no names."""

from datetime import UTC, datetime, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.models import Notification, NotificationDigest
from clinic.people.services import digests
from clinic.people.services.digests import send_digest
from clinic.tasks import dispatch_digests_task, send_digest_task
from clinic.trail.services.notifications import notify
from tests.clinic.desk import at_once
from tests.forms import post_seen
from tests.mailbox import DEAD_MAIL_SERVER

pytestmark = pytest.mark.both_engines

PROFILE = reverse("clinic:profile")
Kind = Notification.Kind
# Paris is an hour ahead of UTC in winter.
SEVEN = datetime(2027, 1, 12, 6, 0, tzinfo=UTC)


@pytest.fixture
def clock(monkeypatch):
    """Set the time of Django's clock."""

    def _clock(moment):
        monkeypatch.setattr(timezone, "now", lambda: moment)

    return _clock


@pytest.fixture(autouse=True)
def sent_at_once(monkeypatch):
    """Send each email at the moment it is queued."""
    monkeypatch.setattr(digests, "send_soon", lambda task, user_id, **options: task(user_id))


@pytest.fixture
def reader(doctor, appointment):
    """Return a doctor who wants the email and has two unread notifications."""
    type(doctor).objects.filter(pk=doctor.pk).update(wants_digest=True)
    for kind in (Kind.BOOKED, Kind.URGENT_ARRIVAL):
        notify(
            recipients=[doctor],
            kind=kind,
            url_name="clinic:appointment_detail",
            object_key=appointment.pk,
        )
    return doctor


def test_at_seven_by_the_clinics_clock_one_mail_goes_out(reader, clock, settings, patient):
    settings.SITE_URL = "https://clinic.example"
    clock(SEVEN - timedelta(minutes=1))
    dispatch_digests_task()
    assert mail.outbox == []
    clock(SEVEN)
    for _ in range(3):
        dispatch_digests_task()
    (message,) = mail.outbox
    assert message.to == [reader.email]
    assert message.subject == "2 notifications are waiting for you at SkinHealth Clinic"
    for text in (message.body, message.alternatives[0][0]):
        assert "1 × New appointment" in text
        assert "1 × An urgent patient has arrived" in text
        assert "https://clinic.example/notifications/" in text
        assert patient.full_name not in text


def test_the_next_morning_has_its_own(reader, clock):
    clock(SEVEN)
    dispatch_digests_task()
    clock(SEVEN + timedelta(days=1))
    dispatch_digests_task()
    assert len(mail.outbox) == 2
    assert NotificationDigest.objects.filter(recipient=reader).count() == 2


def test_a_task_that_arrives_twice_mails_once(reader, clock):
    clock(SEVEN)
    for _ in range(2):
        send_digest_task(str(reader.pk))
    assert len(mail.outbox) == 1


@pytest.mark.django_db(transaction=True)
def test_two_workers_mail_once(reader, clock):
    clock(SEVEN)
    at_once(2, lambda number: send_digest(user_id=reader.pk))
    assert len(mail.outbox) == 1


def test_who_has_read_everything_gets_no_mail_that_day(reader, clock, appointment):
    Notification.objects.update(read_at=timezone.now())
    clock(SEVEN)
    dispatch_digests_task()
    notify(
        recipients=[reader],
        kind=Kind.MOVED,
        url_name="clinic:appointment_detail",
        object_key=appointment.pk,
    )
    clock(SEVEN + timedelta(hours=1))
    dispatch_digests_task()
    assert mail.outbox == []


def test_a_server_that_refuses_is_asked_again_in_the_same_morning(reader, clock, settings):
    works = settings.EMAIL_BACKEND
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    clock(SEVEN)
    dispatch_digests_task()
    assert not NotificationDigest.objects.exists()
    settings.EMAIL_BACKEND = works
    dispatch_digests_task()
    assert len(mail.outbox) == 1


def test_in_the_afternoon_the_morning_is_over(reader, clock):
    clock(SEVEN + timedelta(hours=5))
    dispatch_digests_task()
    assert mail.outbox == []


@pytest.mark.parametrize("change", [{"wants_digest": False}, {"is_active": False}])
def test_nobody_else_gets_one(change, reader, clock):
    type(reader).objects.filter(pk=reader.pk).update(**change)
    clock(SEVEN)
    send_digest_task(str(reader.pk))
    dispatch_digests_task()
    assert mail.outbox == []


def test_staff_switch_it_on_and_off_in_the_profile(sign_in, secretary):
    browser = sign_in(secretary)
    assert 'name="wants_digest"' in browser.get(PROFILE).content.decode()
    form = {"phone": "", "language": "en"}
    for sent, expected in (({"wants_digest": "on"}, True), ({}, False)):
        assert post_seen(browser, PROFILE, form | sent).status_code == 302
        secretary.refresh_from_db()
        assert secretary.wants_digest is expected


def test_patients_are_not_offered_it(sign_in, patient):
    browser = sign_in(patient.user)
    assert 'name="wants_digest"' not in browser.get(PROFILE).content.decode()
    post_seen(browser, PROFILE, {"phone": "", "language": "en", "wants_digest": "on"})
    patient.user.refresh_from_db()
    assert patient.user.wants_digest is False
