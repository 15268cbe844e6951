"""Walk-ins: no slot taken, no slot needed, in the queue at once."""

from datetime import timedelta

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import Absence, Appointment, ArrivalToken, AuditEvent, Availability
from clinic.scheduling.services.appointments import IllegalTransitionError, move_appointment
from clinic.scheduling.services.slots import Calendar
from clinic.scheduling.services.walk_ins import add_walk_in, queues_now
from tests.clinic.desk import at, at_once, booked, visit_type
from tests.factories import PatientFactory

URL = reverse("clinic:walk_in")
Status = Appointment.Status
PEOPLE = 20


def here_all_day(*doctors):
    """Let doctors work all day today."""
    for doctor in doctors:
        Availability.objects.create(
            doctor=doctor.doctor,
            weekday=timezone.localdate().weekday(),
            starts_at="00:00",
            ends_at="23:59:59.999999",
        )


def form(patient, doctor=None, **fields):
    return {
        "patient": patient.pk,
        "visit_type": visit_type().pk,
        "doctor": doctor.doctor.pk if doctor else "",
    } | fields


def walks_in(doctor, secretary, patient=None, **fields):
    return add_walk_in(
        patient=patient or PatientFactory(),
        doctor=doctor and doctor.doctor,
        visit_type=visit_type(),
        actor=secretary,
        **fields,
    )


def test_a_walk_in_waits_at_once_with_a_token(desk, secretary, doctor, patient):
    response = desk.post(URL, form(patient, doctor, is_urgent="on", note="Sent by the ward"))
    walk_in = Appointment.objects.get()
    assert response["Location"] == (f"{reverse('clinic:waiting_room')}#appointment-{walk_in.pk}")
    assert (walk_in.status, walk_in.is_walk_in, walk_in.is_urgent) == ("arrived", True, True)
    assert walk_in.note == "Sent by the ward"
    assert timezone.now() - walk_in.arrived_at < timedelta(minutes=1)
    assert timezone.now() - walk_in.starts_at < timedelta(minutes=2)
    (move,) = walk_in.transitions.all()
    assert (move.from_status, move.to_status, move.made_by) == ("", "arrived", secretary)
    assert AuditEvent.objects.get(verb="create").detail["is_walk_in"] is True
    page = desk.get(response["Location"]).content.decode()
    assert "A-01 is waiting for Dr Dora Doctor." in page
    assert "Sent by the ward" in page


def test_nobody_is_written_to_about_a_walk_in(secretary, doctor, patient):
    walk_in = walks_in(doctor, secretary, patient)
    move_appointment(appointment=walk_in, status="cancelled", actor=secretary, reason="Left")
    assert not walk_in.notices.exists()
    assert not mail.outbox


def test_the_mark_is_on_the_board_the_desks_day_and_the_doctors_day(
    desk, sign_in, secretary, doctor, patient
):
    walk_in = walks_in(doctor, secretary, patient)
    pages = [
        desk.get(reverse("clinic:waiting_room")),
        desk.get(reverse("clinic:desk_day")),
        desk.get(reverse("clinic:appointment_detail", args=[walk_in.pk])),
        sign_in(doctor).get(reverse("clinic:doctor_day")),
    ]
    for page in pages:
        text = page.content.decode()
        assert patient.full_name in text
        assert "</i>Walk-in</span>" in text


@pytest.mark.parametrize("page", ["clinic:desk_day", "clinic:waiting_room"])
def test_the_desk_finds_the_way(desk, page):
    assert f'href="{URL}"' in desk.get(reverse(page)).content.decode()


def test_outside_the_hours_a_walk_in_may_still_wait(secretary, doctor):
    assert not Availability.objects.exists()
    assert walks_in(doctor, secretary).status == Status.ARRIVED


def test_whoever_is_away_takes_nobody(desk, doctor, patient):
    now = timezone.now()
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
    )
    response = desk.post(URL, form(patient, doctor, note="Came back"))
    assert response.status_code == 422
    page = response.content.decode()
    assert "Dr Dora Doctor is away now." in page
    assert "Came back" in page
    assert patient.full_name in page
    assert not Appointment.objects.exists()


def test_a_walk_in_takes_no_time_from_anybody(secretary, doctor, other_doctor, patient):
    here_all_day(doctor)
    today = timezone.localdate()
    before = Calendar([doctor.doctor], today, today).free_slots(doctor.doctor, today, 15)
    walk_in = walks_in(doctor, secretary, patient)
    assert Calendar([doctor.doctor], today, today).free_slots(doctor.doctor, today, 15) == before
    # Neither the doctor's time nor the patient's is protected.
    booked(doctor, PatientFactory(), walk_in.starts_at)
    booked(other_doctor, patient, walk_in.starts_at)


def test_a_walk_in_needs_no_free_time(secretary, doctor, appointment):
    walks_in(doctor, secretary)
    walks_in(doctor, secretary)
    assert Appointment.objects.filter(is_walk_in=True).count() == 2


def test_the_database_never_lets_a_walk_in_become_a_booking(secretary, doctor):
    walk_in = walks_in(doctor, secretary)
    kept = {"arrived", "in_consultation", "completed", "cancelled", "entered_in_error"}
    for status in set(Status) - kept:
        with pytest.raises(IntegrityError, match="walk_in_is_never_booked"), transaction.atomic():
            Appointment.objects.filter(pk=walk_in.pk).update(status=status)
    with pytest.raises(IntegrityError), transaction.atomic():
        booked(doctor, PatientFactory(), timezone.now(), is_walk_in=True)


def test_a_booking_cannot_hide_from_the_guards_as_a_walk_in(doctor, secretary, appointment):
    walk_in = walks_in(doctor, secretary)
    with pytest.raises(IntegrityError, match="appointment_doctor_is_free"), transaction.atomic():
        Appointment.objects.filter(pk=walk_in.pk).update(
            is_walk_in=False, starts_at=appointment.starts_at, ends_at=appointment.ends_at
        )


@pytest.mark.parametrize("status", ["booked", "confirmed", "no_show", "rescheduled"])
def test_a_walk_in_has_no_time_to_go_back_to(secretary, doctor, status):
    with pytest.raises(IllegalTransitionError):
        move_appointment(
            appointment=walks_in(doctor, secretary), status=status, actor=secretary, reason="Why"
        )


@pytest.mark.parametrize("status", ["cancelled", "entered_in_error"])
def test_a_walk_in_may_leave_or_have_been_none(desk, secretary, doctor, status):
    walk_in = walks_in(doctor, secretary)
    url = reverse("clinic:appointment_move", args=[walk_in.pk])
    page = desk.get(reverse("clinic:appointment_detail", args=[walk_in.pk])).content.decode()
    assert f'value="{status}"' in page
    assert 'value="booked"' not in page
    assert desk.post(url, {"status": status, "reason": "Went home"}).status_code == 302
    walk_in.refresh_from_db()
    assert walk_in.status == status


def test_who_waits_already_does_not_wait_twice(desk, secretary, doctor, patient):
    walks_in(doctor, secretary, patient)
    response = desk.post(URL, form(patient, doctor))
    assert response.status_code == 422
    assert "This patient is already waiting." in response.content.decode()
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_one_walk_in_sent_twenty_times_waits_once(sign_in, secretary, doctor, patient):
    clients = [sign_in(secretary) for _number in range(PEOPLE)]

    responses = at_once(PEOPLE, lambda number: clients[number].post(URL, form(patient, doctor)))

    assert sorted(response.status_code for response in responses) == [302] + [422] * 19
    assert Appointment.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_twenty_walk_ins_at_once_all_wait_with_tokens_of_their_own(sign_in, secretary, doctor):
    patients = [PatientFactory() for _number in range(PEOPLE)]
    clients = [sign_in(secretary) for _number in range(PEOPLE)]

    responses = at_once(
        PEOPLE, lambda number: clients[number].post(URL, form(patients[number], doctor))
    )

    assert [response.status_code for response in responses] == [302] * PEOPLE
    numbers = ArrivalToken.objects.order_by("number").values_list("number", flat=True)
    assert list(numbers) == list(range(1, PEOPLE + 1))


def test_the_shortest_queue_gets_who_comes(desk, secretary, doctor, other_doctor, patient):
    here_all_day(doctor, other_doctor)
    walks_in(doctor, secretary)
    page = desk.get(URL).content.decode()
    assert page.index("Dr Otto Other:") < page.index("first free") < page.index("Dr Dora Doctor:")
    desk.post(URL, form(patient))
    assert Appointment.objects.get(patient=patient).doctor == other_doctor.doctor


def test_somebody_in_the_room_counts_once_however_many_visits_are_open(
    secretary, doctor, other_doctor, patient
):
    here_all_day(doctor, other_doctor)
    for clock in ("00:00", "00:30"):
        starts_at = at(timezone.localdate(), clock)
        booked(doctor, PatientFactory(), starts_at, status=Status.IN_CONSULTATION)
    walks_in(other_doctor, secretary)
    walks_in(other_doctor, secretary)
    assert [(queue.doctor, queue.length) for queue in queues_now()] == [
        (doctor.doctor, 1),
        (other_doctor.doctor, 2),
    ]


def test_only_who_works_now_is_proposed(secretary, doctor, other_doctor):
    here_all_day(doctor, other_doctor)
    now = timezone.now()
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=now - timedelta(hours=1), ends_at=now + timedelta(hours=1)
    )
    other_doctor.is_active = False
    other_doctor.save()
    assert queues_now() == []
    with pytest.raises(ValidationError, match="No doctor has working hours now"):
        walks_in(None, secretary)


def test_without_a_doctor_at_work_the_desk_has_to_choose(desk, patient):
    response = desk.post(URL, form(patient))
    assert response.status_code == 422
    assert "No doctor has working hours now. Choose one yourself." in response.content.decode()


def test_an_empty_form_says_what_is_missing(desk):
    page = desk.post(URL, {}).content.decode()
    assert "Choose a patient." in page
    assert "Choose the type of visit." in page


def test_a_patient_is_found_without_a_script_and_the_rest_stays(desk, patient, doctor):
    page = desk.post(
        URL, {"find": "1", "q": "paul", "note": "Sent here", "doctor": doctor.doctor.pk}
    ).content.decode()
    assert f'value="{patient.pk}"' in page
    assert "Sent here" in page
    assert f'<option value="{doctor.doctor.pk}" selected>' in page


def test_registering_somebody_new_keeps_what_was_typed(desk, doctor):
    response = desk.post(
        URL, {"register": "1", "note": "Sent here", "doctor": doctor.doctor.pk, "is_urgent": "on"}
    )
    assert response["Location"].startswith(reverse("clinic:patient_register"))
    assert "Sent" not in response["Location"]
    newcomer = PatientFactory(full_name="Nia New")
    page = desk.get(f"{URL}?draft=1&patient={newcomer.pk}").content.decode()
    assert "Nia New" in page
    assert "Sent here" in page
    assert "checked" in page.split('name="is_urgent"')[1].split(">")[0]


@pytest.mark.parametrize("who", ["admin", "doctor", "patient"])
def test_only_the_desk_takes_walk_ins(request, sign_in, who):
    person = request.getfixturevalue(who)
    client = sign_in(person.user if who == "patient" else person)
    assert client.get(URL).status_code == 403
    assert client.post(URL, {}).status_code == 403


def test_a_walk_in_is_cared_for_by_the_doctor(sign_in, secretary, doctor, patient):
    walks_in(doctor, secretary, patient)
    url = reverse("clinic:patient_detail", args=[patient.pk])
    assert sign_in(doctor).get(url).status_code == 200
