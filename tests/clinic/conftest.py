"""What every test of the clinic starts from."""

import pytest
from django.core.cache import cache
from django.utils import timezone

from clinic.services.notices import send_notice
from clinic.tasks import send_notice_task
from tests.clinic.desk import coming, works

MONDAY = 0


@pytest.fixture(autouse=True)
def _no_attempts_before():
    """Throttling counts in the cache, which outlives a test."""
    cache.clear()


@pytest.fixture
def desk(sign_in, secretary):
    """A browser in which the secretary has signed in."""
    return sign_in(secretary)


@pytest.fixture
def portal(sign_in, patient):
    """A browser in which the patient has signed in."""
    return sign_in(patient.user)


@pytest.fixture
def sent_at_once(monkeypatch):
    """A worker that does each message in the moment in which it is queued."""
    monkeypatch.setattr(
        send_notice_task, "apply_async", lambda args, **options: send_notice(notice_id=args[0])
    )


@pytest.fixture
def day(doctor):
    """A Monday on which the doctor works in the morning, as on every other."""
    day = coming(MONDAY)
    works(doctor, day)
    return day


@pytest.fixture
def noon():
    """Noon of today by the clinic's clock."""
    return timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
