"""Too many failures close the door for a while, and the trail says so once."""

import pytest
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from tests.factories import PASSWORD


@pytest.fixture(autouse=True)
def fresh_limits():
    cache.clear()


def try_to_come_in(email, password="wrong horse battery"):
    return Client().post(reverse("account_login"), {"login": email, "password": password})


def test_a_lock_is_noted_once_and_tells_unknown_from_known_to_nobody(secretary):
    answers = []
    for email in (secretary.email, "nobody@example.org"):
        for _number in range(5):
            try_to_come_in(email)
        for _number in range(3):
            answer = try_to_come_in(email, PASSWORD)
        answers.append((answer.status_code, answer.context["form"].non_field_errors()))
    assert answers[0] == answers[1]
    assert "Wait a quarter of an hour" in str(answers[0][1])
    noted = AuditEvent.objects.filter(detail={"reason": "locked_out"}).order_by("pk")
    assert [event.target_id for event in noted] == [str(secretary.pk), ""]
    assert "nobody" not in str(noted.values())
