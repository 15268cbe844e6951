from itertools import product

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.urls import reverse

from clinic.models import Appointment, AuditEvent
from clinic.scheduling.services.appointments import (
    NEEDS_REASON,
    IllegalTransitionError,
    move_appointment,
)
from clinic.scheduling.services.booking_guards import SlotRefusedError
from tests.clinic.desk import at_once, booked, in_status

Status = Appointment.Status
PAIRS = [(old, new) for old, new in product(Status, Status) if old != new]
LEGAL = [(old, new) for old, new in PAIRS if new in Appointment.TRANSITIONS[old]]
ILLEGAL = [pair for pair in PAIRS if pair not in LEGAL]


def move_url(appointment):
    return reverse("clinic:appointment_move", args=[appointment.pk])


def detail_url(appointment):
    return reverse("clinic:appointment_detail", args=[appointment.pk])


def test_the_table_has_a_line_for_every_status():
    assert set(Appointment.TRANSITIONS) == set(Status)


@pytest.mark.parametrize(("old", "new"), LEGAL)
def test_every_move_of_the_table_is_made_and_stored(appointment, secretary, old, new):
    in_status(appointment, old)
    move_appointment(appointment=appointment, status=new, actor=secretary, reason="As agreed")
    appointment.refresh_from_db()
    assert appointment.status == new
    transition = appointment.transitions.get()
    assert (transition.from_status, transition.to_status) == (old, new)
    assert (transition.made_by, transition.reason) == (secretary, "As agreed")
    event = AuditEvent.objects.get(verb="transition")
    assert event.detail == {"from": old, "to": new}
    assert (event.actor, event.patient) == (secretary, appointment.patient)


@pytest.mark.parametrize(("old", "new"), ILLEGAL)
def test_every_other_move_is_refused_and_leaves_no_trace(appointment, secretary, old, new):
    in_status(appointment, old)
    with pytest.raises(IllegalTransitionError) as refusal:
        move_appointment(appointment=appointment, status=new, actor=secretary, reason="Why not")
    assert refusal.value.messages == [
        f"This appointment is “{old.label}” and cannot become “{new.label}”."
    ]
    appointment.refresh_from_db()
    assert appointment.status == old
    assert not appointment.transitions.exists()
    assert not AuditEvent.objects.exists()


@pytest.mark.parametrize("status", Status)
def test_the_same_move_twice_is_harmless(appointment, secretary, status):
    in_status(appointment, status)
    move_appointment(appointment=appointment, status=status, actor=secretary)
    assert not appointment.transitions.exists()


@pytest.mark.parametrize("status", sorted(NEEDS_REASON))
def test_some_moves_need_a_reason(appointment, secretary, status):
    with pytest.raises(ValidationError) as refusal:
        move_appointment(appointment=appointment, status=status, actor=secretary, reason="  ")
    assert refusal.value.message_dict == {"reason": ["Say in a few words why."]}
    assert not appointment.transitions.exists()


def test_arriving_is_timed_and_undone(appointment, secretary):
    move_appointment(appointment=appointment, status=Status.ARRIVED, actor=secretary)
    assert appointment.arrived_at
    move_appointment(appointment=appointment, status=Status.BOOKED, actor=secretary)
    assert appointment.arrived_at is None
    moves = appointment.transitions.values_list("from_status", "to_status")
    assert list(moves) == [("booked", "arrived"), ("arrived", "booked")]


def test_who_was_said_not_to_come_may_still_arrive(appointment, secretary):
    in_status(appointment, Status.NO_SHOW)
    move_appointment(appointment=appointment, status=Status.ARRIVED, actor=secretary)
    assert appointment.arrived_at


def test_a_move_from_a_page_that_is_out_of_date_goes_by_what_holds_now(appointment, secretary):
    stale = Appointment.objects.get(pk=appointment.pk)
    in_status(appointment, Status.CANCELLED)
    with pytest.raises(IllegalTransitionError):
        move_appointment(appointment=stale, status=Status.ARRIVED, actor=secretary)


@pytest.mark.django_db(transaction=True)
def test_many_clicks_at_once_arrive_once(appointment, secretary):
    def arrive(_number):
        moved = Appointment.objects.get(pk=appointment.pk)
        return move_appointment(appointment=moved, status=Status.ARRIVED, actor=secretary).status

    assert at_once(8, arrive) == [Status.ARRIVED] * 8
    assert appointment.transitions.count() == 1
    assert AuditEvent.objects.filter(verb="transition").count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_moves_at_once_leave_one_story(appointment, secretary):
    targets = [Status.ARRIVED, Status.CANCELLED] * 4

    def move(number):
        moved = Appointment.objects.get(pk=appointment.pk)
        try:
            move_appointment(
                appointment=moved, status=targets[number], actor=secretary, reason="Called"
            )
        except IllegalTransitionError as error:
            return error.messages[0]
        return ""

    at_once(8, move)
    appointment.refresh_from_db()
    story = list(appointment.transitions.values_list("from_status", "to_status"))
    assert story in (
        [("booked", "cancelled")],
        [("booked", "arrived"), ("arrived", "cancelled")],
    )
    assert appointment.status == story[-1][1]


def test_an_undo_into_a_time_that_somebody_else_has_now_is_refused(
    appointment, doctor, other_patient, secretary
):
    in_status(appointment, Status.NO_SHOW)
    booked(doctor, other_patient, appointment.starts_at)
    with pytest.raises(SlotRefusedError) as refusal:
        move_appointment(appointment=appointment, status=Status.BOOKED, actor=secretary)
    assert refusal.value.messages == ["Dr Dora Doctor has another appointment at this time."]
    appointment.refresh_from_db()
    assert appointment.status == Status.NO_SHOW


def test_the_desk_marks_an_arrival_and_stays_on_its_day(desk, appointment):
    back = f"{reverse('clinic:desk_day')}?date=2040-01-02"
    response = desk.post(move_url(appointment), {"status": "arrived", "next": back})
    appointment.refresh_from_db()
    assert response.url == back
    assert appointment.status == Status.ARRIVED


@pytest.mark.parametrize(("email", "is_called"), [("", True), ("paul@example.org", False)])
def test_who_gets_no_email_has_to_be_called(desk, patient, appointment, email, is_called):
    type(patient).objects.filter(pk=patient.pk).update(email=email)

    page = desk.post(move_url(appointment), {"status": "cancelled", "reason": "Ill."}, follow=True)

    toasts = BeautifulSoup(page.content, "html.parser").select_one("#messages").text
    assert "Cancelled" in toasts
    assert ("There is no email address: call the patient." in toasts) is is_called


def test_a_double_click_of_the_desk_is_harmless(desk, appointment):
    for _click in range(2):
        response = desk.post(move_url(appointment), {"status": "arrived"})
        assert response.url == detail_url(appointment)
    assert appointment.transitions.count() == 1


def test_without_leaving_the_day_only_its_line_comes_back(desk, appointment):
    response = desk.post(
        move_url(appointment), {"status": "arrived"}, headers={"HX-Request": "true"}
    )
    page = response.content.decode()
    assert 'data-status="arrived"' in page
    assert "Undo" in page
    assert "<html" not in page


def test_an_illegal_move_is_a_conflict_with_a_sentence(desk, appointment):
    in_status(appointment, Status.COMPLETED)
    words = "This appointment is “Completed” and cannot become “Arrived”."
    response = desk.post(move_url(appointment), {"status": "arrived"})
    assert response.status_code == 409
    assert words in response.content.decode()
    response = desk.post(
        move_url(appointment), {"status": "arrived"}, headers={"HX-Request": "true"}
    )
    assert response.status_code == 409
    assert words in response.content.decode()
    assert "<html" not in response.content.decode()


@pytest.mark.parametrize("status", sorted(NEEDS_REASON))
def test_a_missing_reason_is_asked_for_at_its_field(desk, appointment, status):
    response = desk.post(move_url(appointment), {"status": status})
    assert response.status_code == 422
    assert "Say in a few words why." in response.content.decode()
    response = desk.post(move_url(appointment), {"status": status, "reason": "Called in"})
    assert response.url == detail_url(appointment)
    assert appointment.transitions.get().reason == "Called in"


@pytest.mark.parametrize("status", ["rescheduled", "nonsense", ""])
def test_a_move_that_is_none_is_refused(desk, appointment, status):
    assert desk.post(move_url(appointment), {"status": status}).status_code == 422
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED


def test_the_desk_neither_starts_nor_ends_a_visit(desk, appointment):
    in_status(appointment, Status.ARRIVED)
    for status in ("in_consultation", "completed"):
        assert desk.post(move_url(appointment), {"status": status}).status_code == 403


def test_the_page_of_an_appointment_tells_its_story(desk, secretary, appointment):
    desk.post(move_url(appointment), {"status": "arrived"})
    desk.post(move_url(appointment), {"status": "cancelled", "reason": "Felt unwell"})
    page = desk.get(detail_url(appointment)).content.decode()
    for words in ("Arrived", "Cancelled", "Felt unwell", "Sam Secretary"):
        assert words in page
    event = AuditEvent.objects.filter(verb="view").get()
    assert (event.actor, event.target_id) == (secretary, str(appointment.pk))


@pytest.mark.parametrize("old", Status)
def test_the_page_offers_the_moves_of_the_table_alone(desk, appointment, old):
    in_status(appointment, old)
    offered = {move.status for move in desk.get(detail_url(appointment)).context["moves"]}
    doctors_own = {Status.IN_CONSULTATION, Status.COMPLETED}
    if old == Status.IN_CONSULTATION:
        doctors_own.add(Status.ARRIVED)  # the doctor undoes a call-in
    assert offered == Appointment.TRANSITIONS[old] - doctors_own - {Status.RESCHEDULED}


def test_others_read_and_do_not_move(sign_in, admin, doctor, appointment):
    for user in (admin, doctor):
        client = sign_in(user)
        page = client.get(detail_url(appointment))
        assert page.context["moves"] == []
        assert client.post(move_url(appointment), {"status": "arrived"}).status_code == 403
    appointment.refresh_from_db()
    assert appointment.status == Status.BOOKED


def test_patients_move_nothing_here_and_strangers_see_nothing(
    sign_in, appointment, other_patient, other_doctor
):
    own, stranger = sign_in(appointment.patient.user), sign_in(other_patient.user)
    cancel = {"status": "cancelled", "reason": "No time"}
    assert own.get(detail_url(appointment)).status_code == 403
    assert own.post(move_url(appointment), cancel).status_code == 403
    for client in (stranger, sign_in(other_doctor)):
        assert client.get(detail_url(appointment)).status_code == 404
        assert client.post(move_url(appointment), cancel).status_code == 404


def test_an_appointment_is_never_moved_by_a_link(desk, appointment):
    assert desk.get(move_url(appointment), {"status": "arrived"}).status_code == 405
