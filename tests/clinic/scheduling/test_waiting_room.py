"""The waiting room: who waits for whom and how long, and the changes that the desk makes."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Allergy, Appointment, ArrivalToken, AuditEvent
from clinic.scheduling.services.appointments import move_appointment
from tests.clinic.desk import at_once, booked, in_status
from tests.factories import AppointmentFactory, ConsultationFactory, PatientFactory

URL = reverse("clinic:waiting_room")
HTMX = {"HX-Request": "true"}
Status = Appointment.Status
PEOPLE = 20


def waits(doctor, name, starts_at, *, minutes=5, **fields):
    """Return the appointment of somebody who arrived so many minutes ago."""
    since = timezone.now() - timedelta(minutes=minutes)
    return booked(
        doctor,
        PatientFactory(full_name=name),
        starts_at,
        status=Status.ARRIVED,
        arrived_at=since,
        **fields,
    )


def board(client, **headers):
    response = client.get(URL, headers=headers)
    assert response.status_code == 200
    return re.sub(r"\s+", " ", response.content.decode())


def move(client, appointment, status, **fields):
    url = reverse("clinic:waiting_room_move", args=[appointment.pk])
    return client.post(url, {"status": status, **fields}, headers=HTMX)


def columns(page):
    """Return the names in each column of the first doctor."""
    parts = re.split(r"<h3> (Expected|Waiting|In the room|Done) ", page)[1:9]
    names = [re.findall(r'id="who-[^>]*>([^<]+)<', part) for part in parts[1::2]]
    return dict(zip(parts[::2], names, strict=True))


def test_an_empty_day_says_so(desk):
    assert "Nobody is expected today" in board(desk)


def test_each_patient_stands_where_they_have_come_to(desk, doctor, noon):
    for number, status in enumerate(Status):
        booked(
            doctor,
            PatientFactory(full_name=f"Is {status}"),
            noon + timedelta(minutes=15 * number),
            status=status,
            arrived_at=noon,
        )
    assert columns(board(desk)) == {
        "Expected": ["Is booked", "Is confirmed"],
        "Waiting": ["Is arrived"],
        "In the room": ["Is in_consultation"],
        "Done": ["Is completed", "Is no_show"],
    }


def test_another_days_patients_are_not_expected(desk, doctor, noon, patient):
    booked(doctor, patient, noon + timedelta(days=1))
    assert patient.full_name not in board(desk)


def test_who_is_urgent_is_called_first_then_the_agreed_time_decides(desk, doctor, noon):
    waits(doctor, "Late", noon + timedelta(hours=1), minutes=30)
    waits(doctor, "Early", noon, minutes=5)
    waits(doctor, "Urgent", noon + timedelta(hours=2), minutes=1, is_urgent=True)
    assert columns(board(desk))["Waiting"] == ["Urgent", "Early", "Late"]


def test_an_urgent_booking_does_not_go_before_its_time(desk, doctor, noon):
    booked(doctor, PatientFactory(full_name="Later"), noon + timedelta(hours=1), is_urgent=True)
    booked(doctor, PatientFactory(full_name="Sooner"), noon)
    assert columns(board(desk))["Expected"] == ["Sooner", "Later"]


@pytest.mark.parametrize(
    ("minutes", "words", "colour"),
    [
        (0, "waiting 0 min", ""),
        (1, "waiting 1 min", ""),
        (20, "waiting 20 min", ""),
        (21, "waiting 21 min (long)", "waited-amber"),
        (40, "waiting 40 min (long)", "waited-amber"),
        (41, "waiting 41 min (too long)", "waited-red"),
    ],
)
@pytest.mark.parametrize("who", ["secretary", "doctor"])
def test_a_long_wait_is_said_in_words_and_colour(
    request, sign_in, doctor, noon, minutes, words, colour, who
):
    waits(doctor, "Waiting Person", noon, minutes=minutes)
    client = sign_in(request.getfixturevalue(who))
    pages = [board(client)]
    if who == "doctor":
        day = client.get(reverse("clinic:doctor_day")).content.decode()
        pages.append(re.sub(r"\s+", " ", day))
    for page in pages:
        (shown,) = re.findall(r'<small class="waited ([\w-]*)"> ([^<]+?) </small>', page)
        assert shown == (colour, words)


def test_a_doctor_sees_the_own_queue_and_calls_in(
    sign_in, doctor, other_doctor, noon, patient, other_patient
):
    own = booked(doctor, patient, noon, status=Status.ARRIVED, arrived_at=noon)
    booked(other_doctor, other_patient, noon, status=Status.ARRIVED, arrived_at=noon)
    # Even the doctor's own patient, if a colleague sees them today.
    booked(other_doctor, patient, noon + timedelta(hours=1))
    client = sign_in(doctor)
    page = board(client)
    assert page.count('class="board"') == 1
    assert other_patient.full_name not in page
    assert f'action="{reverse("clinic:visit_open", args=[own.pk])}"' in page
    client.post(reverse("clinic:visit_open", args=[own.pk]))
    assert columns(board(client))["In the room"] == [patient.full_name]


def test_the_desk_calls_nobody_in(desk, doctor, noon):
    appointment = waits(doctor, "Waiting Person", noon)
    assert reverse("clinic:visit_open", args=[appointment.pk]) not in board(desk)


def test_an_arrival_gets_a_token_and_moves_on_the_board(desk, appointment, patient):
    response = move(desk, appointment, "arrived")
    assert response.status_code == 200
    page = re.sub(r"\s+", " ", response.content.decode())
    assert "<html" not in page
    assert columns(page)["Waiting"] == [patient.full_name]
    assert '<strong class="board-token number">A-01</strong>' in page


def test_the_moved_card_keeps_the_focus(desk, appointment):
    page = move(desk, appointment, "arrived").content.decode()
    assert page.count("autofocus") == 1
    assert "autofocus" not in board(desk, **HTMX)


def test_who_arrives_again_keeps_the_token(desk, appointment, doctor):
    move(desk, appointment, "arrived")
    other = booked(doctor, PatientFactory(), appointment.starts_at - timedelta(minutes=20))
    move(desk, other, "arrived")
    move(desk, appointment, "booked")
    move(desk, appointment, "arrived")
    numbers = dict(ArrivalToken.objects.values_list("appointment", "number"))
    assert numbers == {appointment.pk: 1, other.pk: 2}


def test_each_day_counts_from_one(appointment, doctor, secretary):
    yesterday = timezone.localdate() - timedelta(days=1)
    other = booked(doctor, PatientFactory(), appointment.starts_at - timedelta(days=1))
    ArrivalToken.objects.create(appointment=other, day=yesterday, number=7)
    move_appointment(appointment=appointment, status="arrived", actor=secretary)
    assert str(ArrivalToken.objects.get(day=timezone.localdate())) == "A-01"


@pytest.mark.parametrize(
    ("number", "words"), [(1, "A-01"), (99, "A-99"), (100, "B-01"), (2574, "Z-99"), (2575, "A-01")]
)
def test_a_token_is_short(number, words):
    assert str(ArrivalToken(number=number)) == words


@pytest.mark.django_db(transaction=True)
def test_twenty_who_arrive_at_once_have_twenty_tokens(sign_in, secretary, doctor, noon):
    arrivals = [
        booked(doctor, PatientFactory(), noon + timedelta(minutes=15 * number))
        for number in range(PEOPLE)
    ]
    clients = [sign_in(secretary) for _number in range(PEOPLE)]

    responses = at_once(PEOPLE, lambda number: move(clients[number], arrivals[number], "arrived"))

    assert [response.status_code for response in responses] == [200] * PEOPLE
    numbers = ArrivalToken.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, PEOPLE + 1))


@pytest.mark.django_db(transaction=True)
def test_one_arrival_pressed_twenty_times_has_one_token(sign_in, secretary, appointment):
    clients = [sign_in(secretary) for _number in range(PEOPLE)]

    responses = at_once(PEOPLE, lambda number: move(clients[number], appointment, "arrived"))

    assert [response.status_code for response in responses] == [200] * PEOPLE
    assert ArrivalToken.objects.get().number == 1
    assert appointment.transitions.count() == 1


def test_who_did_not_come_is_marked_and_that_can_be_undone(desk, appointment, patient):
    page = board(desk)
    (reason,) = re.findall(r'name="reason" value="([^"]+)"', page)
    move(desk, appointment, "no_show", reason=reason)
    assert appointment.transitions.get().reason == "Not in the waiting room."
    page = board(desk)
    assert columns(page)["Done"] == [patient.full_name]
    assert f'id="booked-{appointment.pk}"' in page
    assert "Undo" in page
    move(desk, appointment, "booked")
    assert columns(board(desk))["Expected"] == [patient.full_name]


def test_a_visit_that_is_signed_offers_no_way_back(desk, consultation):
    in_status(consultation.appointment, Status.COMPLETED)
    page = board(desk)
    assert columns(page)["Done"] == [consultation.patient.full_name]
    assert "waiting_room_move" not in page
    assert "<form" not in page.split('class="board"')[1].split("board-screen")[0]
    assert move(desk, consultation.appointment, "arrived").status_code == 409


def test_a_refused_move_is_a_sentence_above_the_board(desk, appointment, patient):
    in_status(appointment, Status.CANCELLED)
    response = move(desk, appointment, "arrived")
    assert response.status_code == 409
    assert "cannot become" in response.content.decode()
    response = move(desk, appointment, "no-such-status")
    assert response.status_code == 422
    assert "no-such-status" in response.content.decode()


def test_without_a_script_the_move_leads_back_to_the_board(desk, appointment):
    url = reverse("clinic:waiting_room_move", args=[appointment.pk])
    response = desk.post(url, {"status": "arrived"})
    assert response.status_code == 302
    assert response["Location"] == f"{URL}#appointment-{appointment.pk}"


@pytest.mark.parametrize("who", ["doctor", "admin", "patient"])
def test_only_the_desk_moves_patients(request, sign_in, who, appointment):
    person = request.getfixturevalue(who)
    client = sign_in(person.user if who == "patient" else person)
    assert move(client, appointment, "arrived").status_code == 403
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED


def test_the_board_asks_for_itself_and_every_control_keeps_its_name(desk, appointment):
    page = board(desk)
    assert f'hx-get="{URL}" hx-trigger="every 10s"' in page
    fragment = board(desk, **HTMX)
    assert "<html" not in fragment
    controls = re.findall(r"<(?:a|button) [^>]*>", fragment)
    assert controls
    assert all(" id=" in control for control in controls)


def test_reading_the_board_is_noted_once_however_often_it_refreshes(desk, secretary, appointment):
    board(desk)
    for _refresh in range(3):
        board(desk, **HTMX)
    event = AuditEvent.objects.get(verb="list")
    assert (event.actor, event.detail) == (secretary, {"of": "waiting_room", "count": 1})


def test_the_board_holds_nothing_medical(desk, doctor, patient):
    Allergy.objects.create(patient=patient, substance="ALLERGIC-TO-SOMETHING")
    ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        notes="NOTES-OF-THE-DOCTOR",
        reason="REASON-OF-THE-VISIT",
    )
    page = board(desk)
    assert patient.full_name in page
    for word in ("ALLERGIC", "Allergies", "NOTES-OF", "REASON-OF"):
        assert word not in page


def test_a_full_board_takes_few_queries(
    desk, doctor, other_doctor, noon, django_assert_max_num_queries
):
    for number in range(30):
        status = list(Status)[number % 6]
        AppointmentFactory(
            doctor=(doctor, other_doctor)[number % 2].doctor,
            starts_at=noon + timedelta(minutes=5 * number),
            ends_at=noon + timedelta(minutes=5 * number + 5),
            status=status,
        )
    with django_assert_max_num_queries(11):
        board(desk)


def test_the_slip_shows_the_token_and_no_name(desk, appointment, patient):
    url = reverse("clinic:arrival_slip", args=[appointment.pk])
    assert desk.get(url).status_code == 404
    move(desk, appointment, "arrived")
    assert f'href="{url}"' in board(desk)
    page = desk.get(url).content.decode()
    assert "A-01" in page
    assert "data-print" in page
    for secret in (patient.full_name, patient.record_number, str(patient.phone)):
        assert secret not in page


def test_the_slip_speaks_the_patients_language(desk, appointment, patient):
    move(desk, appointment, "arrived")
    type(patient).objects.update(language="ar")
    page = desk.get(reverse("clinic:arrival_slip", args=[appointment.pk])).content.decode()
    assert re.search(r'lang="ar"\s+dir="rtl"', page)
    assert "Your token" not in page


def test_who_waits_first_is_first_on_the_doctors_day_too(sign_in, doctor, noon):
    waits(doctor, "Early Person", noon)
    waits(doctor, "Urgent Person", noon + timedelta(hours=1), is_urgent=True)
    page = sign_in(doctor).get(reverse("clinic:doctor_day")).content.decode()
    assert page.index("Urgent Person") < page.index("Early Person")
