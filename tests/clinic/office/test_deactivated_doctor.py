"""A doctor who no longer works here is shown with their visits, and cannot be booked."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    Absence,
    Appointment,
    AppointmentNotice,
    Consultation,
    Doctor,
    Notification,
)
from clinic.people.permissions import treated_patients
from clinic.people.services.accounts import deactivate_account, reactivate_account
from clinic.scheduling.services.appointments import Booking, book_appointment, move_appointment
from clinic.scheduling.services.reply_links import answer_address
from clinic.scheduling.services.slots import free_slots
from clinic.scheduling.services.walk_ins import add_walk_in
from tests.clinic.desk import at, booked, visit_type, works
from tests.clinic.leave import decided, key, name
from tests.clinic.portal import decide
from tests.factories import AppointmentFactory, ConsultationFactory, DoctorFactory

TODAY = reverse("clinic:desk_day")
CALENDAR = reverse("clinic:calendar")
FEED = reverse("clinic:calendar_events")
LEAVE = reverse("clinic:absence_add")
Status = Appointment.Status
NAME = "Dr Dora Doctor"
GONE = f"{NAME} (deactivated)"
MY_VISITS = reverse("clinic:my_appointments")


@pytest.fixture
def visit(doctor, patient, day):
    return booked(doctor, patient, at(day, "09:00"))


@pytest.fixture
def gone(doctor, visit, admin):
    """Return the doctor with an upcoming visit, whose account is deactivated."""
    return deactivate_account(actor=admin, user=doctor)


@pytest.fixture
def instant(db):
    return decide(portal_booking="instant")


@pytest.fixture
def on_request(db):
    return decide(portal_booking="request")


def page(user):
    return reverse("clinic:account_deactivate", args=[user.pk])


def told(kind):
    news = Notification.objects.filter(kind=kind).order_by("created_at")
    return [each.recipient for each in news]


def feed(day):
    return {"start": day.isoformat(), "end": (day + timedelta(days=1)).isoformat()}


def test_a_deactivated_doctor_keeps_her_column_on_the_desks_day(desk, gone, visit, day):
    response = desk.get(TODAY, {"date": day.isoformat()})
    assert GONE in response.content.decode()
    (column,) = response.context["columns"]
    assert [entry.appointment for entry in column.booked] == [visit]


def test_her_column_goes_with_her_last_visit(desk, gone, visit, day):
    response = desk.get(TODAY, {"date": (day + timedelta(days=7)).isoformat()})
    assert GONE not in response.content.decode()
    assert response.context["columns"] == []


def test_a_day_that_is_past_still_shows_who_was_seen(desk, doctor, patient, admin):
    past = timezone.localdate() - timedelta(days=3)
    booked(doctor, patient, at(past, "09:00"), status=Status.COMPLETED)
    deactivate_account(actor=admin, user=doctor)
    assert GONE in desk.get(TODAY, {"date": past.isoformat()}).content.decode()


@pytest.mark.parametrize("view", ["day", "week", "month"])
def test_the_calendar_shows_her_visits(desk, gone, visit, day, view):
    response = desk.get(CALENDAR, {"view": view, "date": day.isoformat()})
    assert GONE in response.context["columns"]
    assert GONE in str(response.context["filters"]["doctor"])
    assert response.context["count"] == 1


def test_the_calendars_feed_sends_her_visits(desk, gone, visit, day):
    events = desk.get(FEED, feed(day)).json()["events"]
    assert [event["id"] for event in events if event["extendedProps"]["kind"] == "appointment"] == [
        str(visit.pk)
    ]
    assert not [event for event in events if event["extendedProps"]["kind"] == "free"]


def test_the_calendar_can_be_narrowed_to_her(desk, gone, visit, day):
    asked = {"doctor": str(gone.doctor.pk), "date": day.isoformat()}
    assert desk.get(CALENDAR, asked).context["count"] == 1
    assert len(desk.get(FEED, feed(day) | {"doctor": asked["doctor"]}).json()["events"]) == 1
    (column,) = desk.get(TODAY, asked).context["columns"]
    assert column.doctor == gone.doctor


def test_the_leave_tool_moves_her_visits(desk, gone, other_doctor, visit, day):
    works(other_doctor, day)
    form = desk.get(LEAVE, {"doctor": str(gone.doctor.pk)})
    assert GONE in form.content.decode()
    typed = {field.html_name: field.value() or "" for field in form.context["form"]}
    assert (typed["who"], typed["last_day"]) == (str(gone.doctor.pk), f"{day:%d/%m/%Y}")
    listed = desk.post(LEAVE, typed)
    ((_visit, field),) = listed.context["rows"]
    assert field.value() == key(other_doctor, at(day, "09:00"))
    desk.post(LEAVE, decided(listed))
    assert Appointment.objects.get(rescheduled_from=visit).doctor == other_doctor.doctor


def test_leave_that_she_had_planned_does_not_stand_in_the_way(desk, gone, visit, day):
    Absence.objects.create(doctor=gone.doctor, starts_at=at(day, "08:00"), ends_at=at(day, "18:00"))
    typed = {"who": str(gone.doctor.pk), "first_day": day.isoformat()}
    listed = desk.post(LEAVE, typed)
    answer = desk.post(LEAVE, decided(listed, **{name(visit): "cancel"}, cancel_reason="Gone."))
    assert answer.status_code == 302
    visit.refresh_from_db()
    assert visit.status == Status.CANCELLED


def test_a_deactivated_doctor_without_visits_is_offered_no_leave(desk, doctor, admin):
    deactivate_account(actor=admin, user=doctor)
    assert GONE not in desk.get(LEAVE).content.decode()


def test_nobody_books_with_her(gone, patient, secretary, day):
    assert free_slots(doctor=gone.doctor, day=day, visit_type=visit_type()) == []
    booking = Booking(
        patient=patient,
        doctor=Doctor.objects.get(pk=gone.doctor.pk),
        visit_type=visit_type(),
        starts_at=at(day, "10:00"),
        overbooked_reason="All the same.",
    )
    with pytest.raises(ValidationError, match="no longer works here"):
        book_appointment(booking=booking, actor=secretary)
    with pytest.raises(ValidationError, match="Choose a doctor"):
        add_walk_in(patient=patient, visit_type=visit_type(), actor=secretary, doctor=gone.doctor)


def test_nobody_arrives_for_her(desk, gone, visit, secretary):
    detail = desk.get(reverse("clinic:appointment_detail", args=[visit.pk]))
    assert GONE in detail.content.decode()
    statuses = {move.status for move in detail.context["moves"]}
    assert Status.ARRIVED not in statuses
    assert Status.CANCELLED in statuses
    with pytest.raises(ValidationError, match="Move the visit to another doctor first"):
        move_appointment(appointment=visit, status=Status.ARRIVED, actor=secretary)


def test_the_desk_confirms_no_visit_with_nobody(desk, gone, visit, secretary):
    detail = desk.get(reverse("clinic:appointment_detail", args=[visit.pk]))
    assert Status.CONFIRMED not in {move.status for move in detail.context["moves"]}
    assert "Move the visit to another doctor first" in detail.content.decode()
    with pytest.raises(ValidationError, match="Move the visit to another doctor first"):
        move_appointment(appointment=visit, status=Status.CONFIRMED, actor=secretary)


def test_the_patient_reads_calmly_that_the_doctor_has_left(portal, gone, admin, other_doctor):
    mine = portal.get(MY_VISITS).content.decode()
    assert f"{NAME} no longer works here. The clinic will call you about this visit." in mine
    deactivate_account(actor=admin, user=gone, successor=other_doctor.doctor)
    mine = portal.get(MY_VISITS).content.decode()
    assert f"{NAME} no longer works here. Dr Otto Other takes over" in mine


def test_nothing_is_said_of_a_doctor_who_is_here(portal, visit):
    assert "no longer works here" not in portal.get(MY_VISITS).content.decode()


def test_the_link_of_a_reminder_confirms_no_visit_with_nobody(client, visit, gone, settings):
    settings.SITE_URL = "http://testserver"
    reminder = AppointmentNotice.objects.create(
        appointment=visit, kind="first_reminder", channel="email", starts_at=visit.starts_at
    )
    link = answer_address(reminder)
    page = client.get(link).content.decode()
    assert "The clinic will call you about this visit." in page
    assert "I am coming" not in page
    assert client.post(link, {"answer": "confirm"}).status_code == 409
    visit.refresh_from_db()
    reminder.refresh_from_db()
    assert (visit.status, reminder.answered_at) == (Status.BOOKED, None)


def test_her_visit_moves_to_a_colleague_whom_the_desk_chooses(desk, gone, other_doctor, visit, day):
    works(other_doctor, day)
    url = reverse("clinic:appointment_reschedule", args=[visit.pk])
    form = desk.get(url)
    # The first doctor in the list must not be preselected.
    assert str(other_doctor.doctor.pk) in str(form.context["form"]["doctor"])
    assert "selected" not in str(form.context["form"]["doctor"])
    slots = form.context["slots"]
    assert {slot.doctor for slot in slots} == {other_doctor.doctor}
    assert desk.post(url, {"slot": slots[0].key}).status_code == 302
    assert Appointment.objects.get(rescheduled_from=visit).doctor == other_doctor.doctor


def test_the_patient_still_sees_the_visit_and_finds_another_time(
    portal, gone, other_doctor, visit, day, instant
):
    works(other_doctor, day)
    mine = portal.get(reverse("clinic:my_appointments")).content.decode()
    assert "Dr Dora Doctor" in mine
    assert "(deactivated)" not in mine
    response = portal.get(reverse("clinic:my_appointment_reschedule", args=[visit.pk]))
    assert response.status_code == 200
    assert {slot.doctor for slot in response.context["slots"]} == {other_doctor.doctor}


def test_a_wish_for_her_is_answered_with_times_of_others(
    desk, gone, other_doctor, patient, day, on_request, portal
):
    works(other_doctor, day)
    asked = portal.post(
        reverse("clinic:my_appointment_reschedule", args=[patient.appointments.get().pk]),
        {"doctor": "", "first_day": day.isoformat()},
    )
    assert asked.status_code == 302
    wish = Appointment.objects.get(status=Status.REQUESTED)
    assert wish.doctor == other_doctor.doctor
    Appointment.objects.filter(pk=wish.pk).update(doctor=gone.doctor)
    wish.request.wished_doctor = gone.doctor
    wish.request.save()
    response = desk.get(reverse("clinic:request_book", args=[wish.pk]))
    assert GONE in response.content.decode()
    assert {slot.doctor for slot in response.context["slots"]} == {other_doctor.doctor}


def test_the_page_that_deactivates_offers_to_move_her_visits(admin, doctor, visit, sign_in):
    browser = sign_in(admin)
    tool = f"{LEAVE}?doctor={doctor.doctor.pk}"
    assert tool in browser.get(page(doctor)).content.decode()
    answer = browser.post(page(doctor), follow=True)
    assert answer.request["PATH_INFO"] == page(doctor)
    assert tool in answer.content.decode()
    assert GONE in browser.get(tool).content.decode()


def test_unsigned_visits_are_left_to_somebody(admin, doctor, other_doctor, consultation, sign_in):
    browser = sign_in(admin)
    asked = browser.get(page(doctor)).content.decode()
    assert "1 visit is not signed." in asked
    refused = browser.post(page(doctor), {"successor": ""})
    assert refused.status_code == 409
    doctor.refresh_from_db()
    assert doctor.is_active
    browser.post(page(doctor), {"successor": str(other_doctor.doctor.pk)})
    colleague = sign_in(other_doctor)
    today = colleague.get(reverse("clinic:doctor_day"))
    assert [visit.pk for visit in today.context["taken_over"]] == [consultation.pk]
    visit_page = colleague.get(reverse("diagnosis:visit", args=[consultation.pk]))
    assert visit_page.context["can_write"]


def test_nobody_may_take_over_yet_and_somebody_later(
    admin, doctor, other_doctor, consultation, sign_in
):
    browser = sign_in(admin)
    browser.post(page(doctor), {"successor": "nobody"})
    doctor.refresh_from_db()
    assert not doctor.is_active
    assert (
        "What this doctor left open"
        in browser.get(reverse("clinic:account_edit", args=[doctor.pk])).content.decode()
    )
    browser.post(page(doctor), {"successor": str(other_doctor.doctor.pk)})
    consultation.refresh_from_db()
    assert consultation.doctor == other_doctor.doctor


def test_whoever_takes_over_reads_the_records(admin, doctor, other_doctor, patient, sign_in):
    AppointmentFactory(doctor=doctor.doctor, patient=patient, status=Status.COMPLETED)
    assert not treated_patients(other_doctor).exists()
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    assert treated_patients(other_doctor).get() == patient
    reactivate_account(actor=admin, user=doctor)
    assert not treated_patients(other_doctor).exists()


def test_a_successor_hears_of_what_comes_and_of_what_goes(admin, doctor, other_doctor, sign_in):
    third = DoctorFactory()
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    (news,) = Notification.objects.filter(kind="patients_taken_over")
    assert news.recipient == other_doctor
    opened = sign_in(other_doctor).post(reverse("clinic:notification_open", args=[news.pk]))
    assert opened.url == reverse("clinic:doctor_day")

    deactivate_account(actor=admin, user=doctor, successor=third)
    deactivate_account(actor=admin, user=doctor, successor=third)
    assert told("patients_taken_over") == [other_doctor, third.user]
    assert told("patients_passed_on") == [other_doctor]
    reactivate_account(actor=admin, user=doctor)
    assert told("patients_passed_on") == [other_doctor, third.user]


def test_patients_go_on_to_the_next_successor(admin, doctor, other_doctor, patient):
    AppointmentFactory(doctor=doctor.doctor, patient=patient, status=Status.COMPLETED)
    third = AppointmentFactory().doctor
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    deactivate_account(actor=admin, user=other_doctor, successor=third)
    assert patient in treated_patients(third.user)


def test_an_unsigned_visit_comes_back_with_the_doctor(admin, doctor, other_doctor, consultation):
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    reactivate_account(actor=admin, user=doctor)
    assert Consultation.objects.get().doctor == doctor.doctor


def test_nobody_succeeds_whoever_is_gone_too(admin, doctor, other_doctor):
    deactivate_account(actor=admin, user=other_doctor)
    other_doctor.doctor.user.refresh_from_db()
    for successor in (other_doctor.doctor, doctor.doctor):
        with pytest.raises(ValidationError, match="another doctor who works here"):
            deactivate_account(actor=admin, user=doctor, successor=successor)


def test_a_signed_visit_of_hers_keeps_her_name(admin, doctor, other_doctor, patient):
    signed = ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        signed_at=timezone.now(),
        signed_by=doctor,
    )
    deactivate_account(actor=admin, user=doctor, successor=other_doctor.doctor)
    signed.refresh_from_db()
    assert signed.doctor == doctor.doctor
