"""Fixtures for every test of the clinic."""

from datetime import date, timedelta
from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.utils import timezone

from clinic.models import Appointment, Patient, User
from clinic.people.services import contact_news
from clinic.scheduling.services import messages
from clinic.scheduling.services.messages import send_notice
from tests.clinic.desk import coming, works
from tests.factories import AppointmentFactory, ConsultationFactory, PatientFactory, UserFactory

MONDAY = 0


@pytest.fixture(autouse=True)
def _no_attempts_before():
    """Clear the counts of attempts, because the cache outlives a test."""
    cache.clear()


@pytest.fixture
def desk(sign_in, secretary):
    """Return a browser in which the secretary is signed in."""
    return sign_in(secretary)


@pytest.fixture
def portal(sign_in, patient):
    """Return a browser in which the patient is signed in."""
    return sign_in(patient.user)


@pytest.fixture
def sent_at_once(monkeypatch):
    """Send each message at the moment it is queued."""
    monkeypatch.setattr(
        messages, "send_soon", lambda task, notice_id, **options: send_notice(notice_id=notice_id)
    )


@pytest.fixture
def day(doctor):
    """Return a Monday on which the doctor works in the morning, as on every Monday."""
    day = coming(MONDAY)
    works(doctor, day)
    return day


@pytest.fixture
def noon():
    """Return noon today by the clinic's clock."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def known(doctor, media):
    """Return a patient without a login, with a signed visit a month ago and a visit today."""
    patient = PatientFactory(
        full_name="Paul Patient", email="paul@example.org", birth_date=date(1980, 5, 17)
    )
    for days in (30, 0):
        appointment = AppointmentFactory(
            doctor=doctor.doctor,
            patient=patient,
            status=Appointment.Status.IN_CONSULTATION,
            starts_at=timezone.now() - timedelta(days=days),
        )
        visit = ConsultationFactory(appointment=appointment, conclusion="A harmless spot.")
    visit.signed_at, visit.signed_by = timezone.now(), doctor
    visit.save()
    return patient


@pytest.fixture
def other_secretary(db):
    return UserFactory(email="other-secretary@example.org", role=User.Role.SECRETARY)


@pytest.fixture
def mails_leave_at_once(monkeypatch):
    """Send emails at once, because a test is one long transaction without commits."""
    at_once = SimpleNamespace(on_commit=lambda send: send())
    monkeypatch.setattr(contact_news, "transaction", at_once)


@pytest.fixture
def later(monkeypatch):
    """Let hours pass."""
    now = timezone.now

    def _later(hours):
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=hours))

    return _later


@pytest.fixture
def man(patient):
    """Return the patient as a man, who cannot be pregnant."""
    patient.sex = Patient.Sex.MALE
    patient.save()
    return patient
