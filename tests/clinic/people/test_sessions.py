"""A person sees where their account is signed in, and ends one of these sessions or all others."""

from datetime import timedelta

import pytest
from allauth.usersessions.models import UserSession
from bs4 import BeautifulSoup
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from clinic.models import AuditEvent
from clinic.people.idle import ACTIVE_AT
from clinic.templatetags.browsers import browser_in_words
from tests.factories import PASSWORD

LIST = reverse("usersessions_list")


def come_in(user):
    client = Client()
    client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    return client


def set_back(client, **duration):
    """Move a browser's last click into the past."""
    session = client.session
    session[ACTIVE_AT] -= timedelta(**duration).total_seconds()
    session.save()


def session_of(client):
    return UserSession.objects.get(session_key=client.session.session_key)


def end(client, session):
    return client.post(reverse("clinic:session_end", args=[session.pk]))


def is_in(client):
    return client.get(reverse("clinic:profile")).status_code == 200


def ended_remotely():
    return AuditEvent.objects.filter(
        verb=AuditEvent.Verb.SIGN_OUT, detail={"reason": "ended_remotely"}
    )


def test_one_browser_is_signed_out_and_the_others_stay(secretary):
    here, there, elsewhere = (come_in(secretary) for _number in range(3))
    assert end(here, session_of(there)).url == LIST
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, True]
    [event] = ended_remotely()
    assert event.actor == secretary


def test_each_other_browser_has_a_button_and_this_one_has_none(secretary):
    here, there = come_in(secretary), come_in(secretary)
    page = BeautifulSoup(here.get(LIST).content, "html.parser")
    addresses = [form["action"] for form in page.select(".list-row form")]
    assert addresses == [reverse("clinic:session_end", args=[session_of(there).pk])]


def rows(client):
    page = BeautifulSoup(client.get(LIST).content, "html.parser")
    return [" ".join(row.get_text(" ").split()) for row in page.select(".list-row")]


def test_the_list_says_when_each_browser_was_last_used(secretary):
    here, there = come_in(secretary), come_in(secretary)
    set_back(there, hours=1, minutes=7)
    seen_at = timezone.localtime() - timedelta(hours=1, minutes=7)

    own, other = rows(here)

    assert f"Last seen {date_format(timezone.localtime(), 'DATETIME_FORMAT')}" in own
    assert f"Last seen {date_format(seen_at, 'DATETIME_FORMAT')}" in other


def test_a_page_that_asks_by_itself_is_nobody_who_was_seen(secretary):
    here, there = come_in(secretary), come_in(secretary)
    set_back(there, minutes=9)
    before = rows(here)[1]
    for address in ("clinic:session_left", "clinic:notification_count"):
        there.get(reverse(address), headers={"X-Without-Click": "true"})

    assert rows(here)[1] == before

    there.get(reverse("clinic:profile"))

    assert rows(here)[1] != before


def test_a_session_that_knows_no_click_is_listed_without_one(secretary):
    here, there = come_in(secretary), come_in(secretary)
    session = there.session
    del session[ACTIVE_AT]
    session.save()

    assert ["Last seen" in row for row in rows(here)] == [True, False]


def test_neither_the_own_session_nor_somebody_elses_is_ended(secretary, patient):
    here, stranger = come_in(secretary), come_in(patient.user)
    for client in (here, stranger):
        assert end(here, session_of(client)).status_code == 404
        assert is_in(client)
    assert not ended_remotely().exists()


def test_signing_out_everywhere_else_is_noted_for_each_browser(secretary):
    here, there, elsewhere = (come_in(secretary) for _number in range(3))
    here.post(LIST)
    assert [is_in(client) for client in (here, there, elsewhere)] == [True, False, False]
    assert ended_remotely().count() == 2


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (
            "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:144.0) Gecko/20100101 Firefox/144.0",
            "Firefox on Windows",
        ),
        (
            "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 "
            "(KHTML, like Gecko) Version/18.5 Mobile/15E148 Safari/604.1",
            "Mobile Safari on iOS",
        ),
        ("", "Unknown browser"),
    ],
)
def test_a_browser_is_named_as_its_owner_knows_it(user_agent, words):
    assert browser_in_words(user_agent) == words
