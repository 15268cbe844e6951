"""Without a click people are signed out, whatever the page polls; after hours, everybody is."""

import re
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from bs4 import BeautifulSoup
from django.urls import resolve, reverse

from clinic.models import AuditEvent
from clinic.people.idle import ACTIVE_AT, SIGNED_IN_AT
from tests.factories import PASSWORD
from tests.one_of_everything import SCREEN_SECRET

LOGIN = reverse("account_login")
DESK = reverse("clinic:desk_day")
LEFT = reverse("clinic:session_left")
STAY = reverse("clinic:session_stay")
COUNT = reverse("clinic:notification_count")
BY_ITSELF = {"X-Without-Click": "true"}
ALMOST = {"minutes": 14, "seconds": 50}


def let_pass(browser, moments=(SIGNED_IN_AT, ACTIVE_AT), **duration):
    """Move the times of a session back, as if time had passed."""
    session = browser.session
    for moment in moments:
        session[moment] -= timedelta(**duration).total_seconds()
    session.save()


def is_signed_in(browser):
    return "_auth_user_id" in browser.session


def seconds_left(browser):
    return browser.get(LEFT, headers=BY_ITSELF).json()["seconds"]


def htmx(page, **headers):
    return {"HX-Request": "true", "HX-Current-URL": f"http://testserver{page}", **headers}


def words_at_the_door(browser):
    return BeautifulSoup(browser.get(LOGIN).content, "html.parser").get_text(" ", strip=True)


@pytest.fixture
def desk(secretary, sign_in):
    """Return the secretary's browser, with one page open."""
    browser = sign_in(secretary)
    browser.get(DESK)
    return browser


@pytest.fixture
def portal(patient, sign_in):
    """Return the patient's browser, with one page open."""
    browser = sign_in(patient.user)
    browser.get(reverse("clinic:my_appointments"))
    return browser


def test_staff_are_signed_out_after_fifteen_minutes(desk):
    let_pass(desk, **ALMOST)
    assert desk.get(DESK).status_code == 200
    let_pass(desk, minutes=15)
    assert desk.get(DESK).url == f"{LOGIN}?next={DESK}"
    assert not is_signed_in(desk)
    assert "You were signed out after 15 minutes of inactivity." in words_at_the_door(desk)


def test_patients_are_signed_out_after_thirty_minutes(portal):
    let_pass(portal, minutes=29)
    assert portal.get(reverse("clinic:my_appointments")).status_code == 200
    let_pass(portal, minutes=30)
    assert portal.get(reverse("clinic:my_appointments")).status_code == 302
    assert "You were signed out after 30 minutes of inactivity." in words_at_the_door(portal)


def test_the_limits_are_settings(desk, settings):
    settings.STAFF_IDLE_MINUTES = 1
    let_pass(desk, minutes=1)
    assert desk.get(DESK).status_code == 302
    assert "after 1 minute of inactivity" in words_at_the_door(desk)


def test_the_sentence_at_the_door_speaks_the_browser_s_language(desk):
    let_pass(desk, minutes=15)
    desk.get(DESK)
    page = desk.get(LOGIN, headers={"Accept-Language": "fr"}).content.decode()
    assert "Vous avez été déconnecté après 15 minutes sans clic." in page


def test_a_click_lets_the_time_begin_anew(desk):
    for _click in range(3):
        let_pass(desk, **ALMOST)
        assert desk.get(DESK).status_code == 200
    assert seconds_left(desk) > 890


def test_what_a_page_asks_by_itself_adds_no_second(desk):
    let_pass(desk, minutes=10)
    for _poll in range(3):
        assert desk.get(COUNT, headers=htmx(DESK, **BY_ITSELF)).status_code == 200
        assert desk.get(LEFT, headers=BY_ITSELF).status_code == 200
    assert seconds_left(desk) <= 300
    let_pass(desk, minutes=5)
    desk.get(COUNT, headers=htmx(DESK, **BY_ITSELF))
    assert not is_signed_in(desk)


def test_pictures_that_a_page_loads_add_no_second(desk):
    let_pass(desk, minutes=10)
    desk.get(DESK, headers={"Sec-Fetch-Dest": "image"})
    assert seconds_left(desk) <= 300


def test_nobody_stays_longer_than_twelve_hours(desk):
    let_pass(desk, moments=[SIGNED_IN_AT], hours=11, minutes=50)
    assert desk.get(DESK).status_code == 200
    answer = desk.post(STAY).json()
    assert answer["seconds"] <= 600
    assert not answer["canBeExtended"]
    let_pass(desk, minutes=10)
    assert desk.get(DESK).status_code == 302
    assert "because you signed in 12 hours ago" in words_at_the_door(desk)
    assert AuditEvent.objects.latest("pk").detail == {"reason": "too-long"}


def test_the_page_is_told_how_long_and_stays_on_request(desk):
    let_pass(desk, minutes=14)
    assert 0 < seconds_left(desk) <= 60
    assert desk.post(STAY).json()["seconds"] > 890
    assert seconds_left(desk) > 890


def test_staying_is_too_late_after_the_end(desk):
    let_pass(desk, minutes=15)
    assert desk.post(STAY).status_code == 302
    assert not is_signed_in(desk)


def test_htmx_leaves_the_whole_page_and_comes_back_to_it(secretary, desk):
    page = f"{DESK}?date=2026-11-25"
    let_pass(desk, minutes=15)
    # By the second request nobody is signed in.
    for _poll in range(2):
        answer = desk.get(COUNT, headers=htmx(page, **BY_ITSELF))
        assert answer.status_code == 200
        assert answer.headers["HX-Redirect"] == f"{LOGIN}?{urlencode({'next': page}, safe='/')}"
        assert not answer.content
    login = {"login": secretary.email, "password": PASSWORD, "next": page}
    assert desk.post(LOGIN, login).url == page


def test_a_script_that_follows_no_redirect_gets_one(desk):
    let_pass(desk, minutes=15)
    answer = desk.get(
        reverse("clinic:calendar_events"),
        headers={**BY_ITSELF, "Referer": f"http://testserver{reverse('clinic:calendar')}"},
    )
    assert answer.url == f"{LOGIN}?next={reverse('clinic:calendar')}"
    assert desk.post(DESK, headers={"HX-Request": "true"}).status_code == 302


def test_a_form_sent_too_late_changes_nothing_and_leads_back_to_its_page(desk, secretary):
    profile = reverse("clinic:profile")
    let_pass(desk, minutes=15)
    answer = desk.post(
        profile, {"full_name": "Late"}, headers={"Referer": f"http://testserver{profile}"}
    )
    assert answer.url == f"{LOGIN}?next={profile}"
    secretary.refresh_from_db()
    assert secretary.full_name == "Sam Secretary"


def test_the_way_back_leads_to_no_other_site(desk):
    let_pass(desk, minutes=15)
    assert desk.post(STAY, headers={"Referer": "https://example.com/x"}).url == LOGIN


def test_the_trail_says_who_and_by_which_limit(desk, secretary):
    let_pass(desk, minutes=15)
    desk.get(DESK, REMOTE_ADDR="192.0.2.7")
    event = AuditEvent.objects.latest("pk")
    assert (event.verb, event.actor) == (AuditEvent.Verb.SIGN_OUT, secretary)
    assert event.detail == {"reason": "idle-staff"}
    assert event.ip_address == "192.0.2.7"


def test_signing_in_again_takes_the_sentence_away(desk, secretary):
    let_pass(desk, minutes=15)
    desk.get(DESK)
    desk.post(LOGIN, {"login": secretary.email, "password": PASSWORD})
    assert is_signed_in(desk)
    assert seconds_left(desk) > 890
    desk.post(reverse("account_logout"))
    assert "of inactivity" not in words_at_the_door(desk)


def test_whoever_signs_in_begins_with_the_whole_time(client, secretary):
    client.post(LOGIN, {"login": secretary.email, "password": PASSWORD})
    assert client.session[SIGNED_IN_AT] == client.session[ACTIVE_AT]


def test_a_session_from_before_there_were_limits_begins_now(desk):
    session = desk.session
    del session[ACTIVE_AT], session[SIGNED_IN_AT]
    session.save()
    assert desk.get(DESK).status_code == 200
    assert seconds_left(desk) > 890


def test_a_public_page_adds_no_second_and_is_shown_after_the_end(desk):
    page = reverse("clinic:document_verify", kwargs={"token": "AAAA-AAAA-AAAA"})
    let_pass(desk, minutes=10)
    assert desk.get(page).status_code != 302
    assert seconds_left(desk) <= 300
    let_pass(desk, minutes=5)
    assert desk.get(page).status_code != 302
    assert not is_signed_in(desk)


def test_the_warning_stands_in_pages_of_people_who_signed_in_alone(desk, client):
    assert b'id="idle-dialog"' in desk.get(DESK).content
    assert b'id="idle-dialog"' not in client.get(LOGIN).content


def test_pages_that_mark_nothing_need_no_sign_in(settings):
    """Check that pages without the marking script, which marks polling, need no sign-in."""
    unmarked = [
        path
        for path in (settings.BASE_DIR / "templates").rglob("*.html")
        if "<html" in (text := path.read_text())
        and re.search(r"hx-trigger|<script", text)
        and "js/app.js" not in text
    ]
    assert [path.name for path in unmarked] == ["waiting_screen.html"]
    screen = resolve(reverse("clinic:waiting_screen", kwargs={"secret": SCREEN_SECRET}))
    assert screen.func.login_required is False
