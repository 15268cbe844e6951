"""The screen in the waiting room: tokens for everybody to see, and no names."""

import re
from datetime import timedelta

import pytest
from django.contrib.sessions.models import Session
from django.urls import reverse

from clinic.models import Allergy, Appointment, AuditEvent, WaitingScreen
from clinic.records.services.consultations import open_visit
from clinic.scheduling.services.appointments import move_appointment
from clinic.scheduling.services.waiting_screen import renew_screen
from tests.clinic.desk import at_once, booked
from tests.factories import PatientFactory

ROOM = reverse("clinic:waiting_room")
RENEW = reverse("clinic:waiting_screen_renew")
REVOKE = reverse("clinic:waiting_screen_revoke")
HTMX = {"HX-Request": "true"}
Status = Appointment.Status


def address_on(page):
    found = re.findall(
        r'value="http://testserver(/waiting-room/screen/\S+/)"', page.content.decode()
    )
    return found[0] if found else None


@pytest.fixture
def address(desk):
    """Return the address that the waiting room's page shows."""
    return address_on(desk.post(RENEW, follow=True))


@pytest.fixture
def arrive(secretary, noon):
    """Let somebody arrive, each a quarter of an hour later than the one before."""
    count = 0

    def _arrive(doctor, **fields):
        nonlocal count
        count += 1
        starts_at = noon + timedelta(minutes=15 * count)
        patient = fields.pop("patient", None) or PatientFactory()
        appointment = booked(doctor, patient, starts_at, **fields)
        return move_appointment(appointment=appointment, status="arrived", actor=secretary)

    return _arrive


def words_on(client, address, **headers):
    """Return the text on the screen."""
    response = client.get(address, headers=headers)
    assert response.status_code == 200
    body = response.content.decode()
    if "<main" in body:
        body = body.split("<main")[1].partition(">")[2].split("</main>")[0]
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", body)).strip()


def test_an_empty_room_calls_nobody(client, address):
    assert words_on(client, address).endswith("Now called Nobody yet")


def test_the_screen_shows_who_is_called_and_who_is_next(client, address, doctor, arrive):
    first, _second, _third = arrive(doctor), arrive(doctor), arrive(doctor)
    assert "Dr Dora Doctor next A-01 and 2 more" in words_on(client, address)
    open_visit(appointment=first, actor=doctor)
    words = words_on(client, address)
    assert "Now called A-01 Dr Dora Doctor" in words
    assert words.endswith("Dr Dora Doctor next A-02 and 1 more")


def test_who_is_urgent_is_next(client, address, doctor, arrive):
    arrive(doctor)
    arrive(doctor, is_urgent=True)
    words = words_on(client, address)
    assert "next A-02 and 1 more" in words
    assert "rgent" not in words


def test_the_newest_call_is_the_large_one(client, address, doctor, other_doctor, arrive):
    earlier, later = arrive(doctor), arrive(other_doctor)
    open_visit(appointment=earlier, actor=doctor)
    open_visit(appointment=later, actor=other_doctor)
    words = words_on(client, address)
    assert "Now called A-02 Dr Otto Other" in words
    assert "Dr Dora Doctor called A-01 nobody waiting" in words


def test_a_visit_left_open_does_not_call_again(client, address, doctor, arrive):
    for _visit in range(2):
        open_visit(appointment=arrive(doctor), actor=doctor)
    words = words_on(client, address)
    assert "A-02" in words
    assert "A-01" not in words


def test_who_is_done_or_gone_is_not_called(client, address, doctor, arrive, secretary):
    open_visit(appointment=arrive(doctor), actor=doctor)
    Appointment.objects.update(status=Status.COMPLETED)
    gone = arrive(doctor)
    move_appointment(appointment=gone, status="cancelled", actor=secretary, reason="Went home")
    assert words_on(client, address).endswith("Now called Nobody yet")


def test_the_screen_names_nobody_and_says_nothing_medical(client, address, doctor, arrive):
    patient = PatientFactory(
        full_name="Zacharias Quill",
        phone="+33698765432",
        email="zq@example.org",
    )
    Allergy.objects.create(patient=patient, substance="Penicillin")
    appointment = arrive(doctor, patient=patient, note="Owes a form")
    visit = open_visit(appointment=appointment, actor=doctor)
    visit.notes, visit.reason, visit.conclusion = "Melanoma", "Itches", "Excision"
    visit.save()
    arrive(doctor, patient=PatientFactory(full_name="Xenia Next"), note="Walks badly")
    secrets = [
        *("Zacharias", "Quill", "Xenia", patient.record_number, str(patient.phone), patient.email),
        *(str(patient.pk), str(appointment.pk), str(visit.pk), "98 76 54", "98765432"),
        *("Penicillin", "Owes a form", "Melanoma", "Itches", "Excision", "Walks badly"),
        *(appointment.visit_type.name, "follow-up", "12:15", "12:30"),
    ]
    for headers in ({}, HTMX):
        html = client.get(address, headers=headers).content.decode()
        assert "A-01" in html
        assert not [secret for secret in secrets if secret.lower() in html.lower()]


def test_the_screen_refreshes_itself_without_anything_inline(client, address):
    page = client.get(address).content.decode()
    assert f'hx-get="{address}"' in page
    assert 'hx-trigger="every 10s"' in page
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert "<html" not in client.get(address, headers=HTMX).content.decode()


def test_nobody_keeps_or_indexes_the_screen(client, address):
    response = client.get(address)
    assert "no-store" in response["Cache-Control"]
    assert "noindex" in response["X-Robots-Tag"]
    assert response["Referrer-Policy"] == "same-origin"
    assert not response.cookies


def test_the_secret_is_long_shown_once_and_not_kept(desk, address):
    secret = address.removeprefix("/waiting-room/screen/").removesuffix("/")
    assert len(secret) >= 43
    assert address_on(desk.get(ROOM)) is None
    screen = WaitingScreen.objects.get()
    assert secret not in "".join(str(value) for value in vars(screen).values())


def test_a_new_secret_waits_for_its_page_in_no_plain_text(desk):
    desk.post(RENEW)
    kept = str([session.get_decoded() for session in Session.objects.all()])
    secret = address_on(desk.get(ROOM)).removeprefix("/waiting-room/screen/").removesuffix("/")
    assert secret not in kept


def test_a_new_address_ends_the_old_one(client, desk, address):
    newer = address_on(desk.post(RENEW, follow=True))
    assert newer != address
    assert client.get(address).status_code == 404
    assert client.get(newer).status_code == 200
    assert WaitingScreen.objects.count() == 1


def test_a_revoked_address_is_nothing(client, desk, address):
    for _click in range(2):
        assert desk.post(REVOKE).status_code == 302
    assert client.get(address).status_code == 404
    assert b"Create an address" in desk.get(ROOM).content


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_make_an_address_at_once_make_one(secretary):
    at_once(5, lambda _number: renew_screen(actor=secretary))
    assert WaitingScreen.objects.count() == 1


def test_guessing_is_slowed_down_but_the_screen_goes_on(client, address):
    guess = reverse("clinic:waiting_screen", args=["x" * 43])
    answers = [client.get(guess).status_code for _try in range(31)]
    assert answers == [404] * 30 + [429]
    assert "Wait a few minutes" in client.get(guess).content.decode()
    assert client.get(address).status_code == 200


def test_making_and_ending_leave_a_trace_and_reading_does_not(client, desk, secretary, address):
    client.get(address)
    desk.post(RENEW)
    desk.post(REVOKE)
    events = AuditEvent.objects.filter(target_type="clinic.waitingscreen").order_by("pk")
    assert [(event.verb, event.actor) for event in events] == [
        ("create", secretary),
        ("update", secretary),
        ("update", secretary),
    ]


def test_the_desk_sees_whether_the_screen_reads(client, desk, address):
    assert b"not read yet" in desk.get(ROOM).content
    client.get(address)
    read_at = WaitingScreen.objects.get().last_read_at
    assert b"last read on" in desk.get(ROOM).content
    client.get(address)
    assert WaitingScreen.objects.get().last_read_at == read_at


@pytest.mark.parametrize("who", ["admin", "doctor", "patient"])
def test_only_the_desk_keeps_the_address(request, sign_in, who):
    person = request.getfixturevalue(who)
    client = sign_in(person.user if who == "patient" else person)
    for url in (RENEW, REVOKE):
        assert client.post(url).status_code == 403
    assert b"secret address" not in client.get(ROOM).content


def test_a_full_room_takes_few_queries(client, address, doctor, arrive, django_assert_num_queries):
    for _patient in range(12):
        arrive(doctor)
    client.get(address)
    with django_assert_num_queries(5):
        client.get(address)
