"""What happens to visits that fall within leave, decided before it takes effect."""

from datetime import timedelta

import pytest
from django.core import mail
from django.urls import reverse

from clinic.models import Absence, Appointment, AppointmentNotice, AuditEvent
from tests.clinic.desk import at, booked, works
from tests.clinic.leave import decided, key, leave, name
from tests.factories import AppointmentFactory, PatientFactory

ADD = reverse("clinic:absence_add")
LIST = reverse("clinic:absence_list")
Status = Appointment.Status


@pytest.fixture
def next_week(day):
    return day + timedelta(days=7)


def test_visits_in_the_time_are_listed_before_anything_changes(
    desk, doctor, other_doctor, patient, other_patient, day, next_week
):
    visit = booked(doctor, patient, at(day, "09:00"))
    booked(other_doctor, other_patient, at(day, "09:00"))
    booked(doctor, other_patient, at(next_week, "09:00"))
    booked(doctor, other_patient, at(day, "10:00"), status=Status.CANCELLED)
    response = desk.post(ADD, leave(doctor, day))
    assert response.status_code == 200
    ((listed, field),) = response.context["rows"]
    assert (listed, field.value()) == (
        visit,
        key(doctor, at(next_week, "09:15")),
    )
    assert not Absence.objects.exists()
    assert AuditEvent.objects.filter(verb="list", detail__of="absence_add").exists()


def test_every_visit_moves_and_each_patient_hears_of_it_once(
    desk, doctor, patient, other_patient, day, next_week, sent_at_once,
    django_capture_on_commit_callbacks,
):  # fmt: skip
    first = booked(doctor, patient, at(day, "09:00"))
    second = booked(doctor, other_patient, at(day, "09:15"))
    page = desk.post(ADD, leave(doctor, day))
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(ADD, decided(page)).url == LIST

    moved = Appointment.objects.filter(rescheduled_from__in=[first, second])
    assert {each.patient for each in moved} == {patient, other_patient}
    assert [each.starts_at for each in moved] == [at(next_week, "09:00"), at(next_week, "09:15")]
    assert AppointmentNotice.objects.count() == 2
    assert set(AppointmentNotice.objects.values_list("kind", flat=True)) == {"moved"}
    assert sorted(message.to[0] for message in mail.outbox) == sorted(
        [patient.email, other_patient.email]
    )
    detail = AuditEvent.objects.get(verb="create", target_type="clinic.absence").detail
    assert (detail["moved"], detail["cancelled"], detail["visits"]) == (2, 0, 2)


def test_each_visit_may_have_its_own_fate(
    desk, doctor, other_doctor, patient, other_patient, day, sent_at_once,
    django_capture_on_commit_callbacks,
):  # fmt: skip
    works(other_doctor, day)
    third = PatientFactory()
    goes, cancelled, stays = (
        booked(doctor, one, at(day, clock))
        for one, clock in ((patient, "09:00"), (other_patient, "09:15"), (third, "09:30"))
    )
    page = desk.post(ADD, leave(doctor, day))
    fields = decided(
        page,
        **{
            name(goes): key(other_doctor, at(day, "09:00")),
            name(cancelled): "cancel",
            name(stays): "keep",
        },
        cancel_reason="The doctor is ill",
    )
    with django_capture_on_commit_callbacks(execute=True):
        assert desk.post(ADD, fields).status_code == 302
    moved = Appointment.objects.get(rescheduled_from=goes)
    assert (moved.doctor.user, moved.starts_at) == (other_doctor, at(day, "09:00"))
    cancelled.refresh_from_db()
    assert cancelled.status == Status.CANCELLED
    assert cancelled.transitions.get().reason == "The doctor is ill"
    stays.refresh_from_db()
    assert (stays.status, stays.starts_at) == (Status.BOOKED, at(day, "09:30"))
    assert {(m.appointment, m.kind) for m in AppointmentNotice.objects.all()} == {
        (moved, "moved"),
        (cancelled, "cancelled"),
    }


def test_a_cancellation_wants_a_reason_and_nothing_is_lost(desk, doctor, patient, day):
    visit = booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day))
    response = desk.post(ADD, decided(page, **{name(visit): "cancel"}))
    assert response.status_code == 422
    assert response.context["answers"].errors == {"cancel_reason": ["Say in a few words why."]}
    assert response.context["rows"][0][1].value() == "cancel"
    assert not Absence.objects.exists()
    again = decided(response, **{name(visit): "cancel"}, cancel_reason="Ill")
    assert desk.post(ADD, again).status_code == 302


@pytest.mark.parametrize("choice", ["keep", "cancel"])
def test_one_button_sets_all_of_them(desk, doctor, patient, other_patient, day, choice):
    booked(doctor, patient, at(day, "09:00"))
    booked(doctor, other_patient, at(day, "09:15"))
    response = desk.post(ADD, {**leave(doctor, day), "set_all": choice, "cancel_reason": "Ill"})
    assert [field.value() for _visit, field in response.context["rows"]] == [choice, choice]
    assert response.context["answers"]["cancel_reason"].value() == "Ill"
    assert not Absence.objects.exists()


def test_the_leave_itself_can_still_be_changed(desk, doctor, patient, day):
    booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day, from_time="09:00"))
    response = desk.post(ADD, {**decided(page), "change": "1"})
    form = response.context["form"]
    assert [form[field].value() for field in ("first_day", "from_time", "reason")] == [
        day.isoformat(),
        "09:00",
        "Congress",
    ]
    assert not Absence.objects.exists()


def test_a_time_that_has_gone_gets_a_new_proposal_and_nothing_else_is_lost(
    desk, doctor, patient, other_patient, day, next_week
):
    first = booked(doctor, patient, at(day, "09:00"))
    second = booked(doctor, other_patient, at(day, "09:15"))
    page = desk.post(ADD, leave(doctor, day))
    fields = decided(page, **{name(second): "cancel"}, cancel_reason="The doctor is ill")
    booked(doctor, PatientFactory(), at(next_week, "09:00"))

    response = desk.post(ADD, fields)

    assert response.status_code == 422
    answers = response.context["answers"]
    assert answers.errors == {name(first): ["Dr Dora Doctor has another appointment at this time."]}
    assert answers[name(first)].value() == key(doctor, at(next_week, "09:15"))
    assert answers[name(second)].value() == "cancel"
    assert answers["cancel_reason"].value() == "The doctor is ill"
    assert not Absence.objects.exists()
    assert not AppointmentNotice.objects.exists()
    for visit in (first, second):
        visit.refresh_from_db()
        assert visit.status == Status.BOOKED

    again = decided(response, cancel_reason="The doctor is ill")
    assert desk.post(ADD, again).status_code == 302
    assert Appointment.objects.get(rescheduled_from=first).starts_at == at(next_week, "09:15")


def test_a_visit_that_was_booked_meanwhile_is_shown_before_anything_changes(
    desk, doctor, patient, other_patient, day
):
    booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day))
    new = booked(doctor, other_patient, at(day, "10:00"))
    fields = decided(page)
    response = desk.post(ADD, fields)
    # It has a proposal, and the person sees it before anything is changed.
    assert response.status_code == 422
    assert response.context["answers"].errors == {
        name(new): ["This visit was booked in the meantime."]
    }
    assert desk.post(ADD, decided(response)).status_code == 302
    assert Appointment.objects.filter(rescheduled_from=new).exists()


def test_a_choice_that_names_no_time_is_refused_in_words(desk, doctor, patient, day):
    visit = booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day))
    response = desk.post(ADD, decided(page, **{name(visit): "nobody/never"}))
    assert response.status_code == 422
    assert name(visit) in response.context["answers"].errors


@pytest.mark.parametrize(("days", "clock"), [(7, "09:07"), (7, "13:00"), (5 * 364, "09:00")])
def test_a_visit_moves_only_to_a_time_that_could_have_been_proposed(
    desk, doctor, patient, day, days, clock
):
    visit = booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day))
    elsewhere = key(doctor, at(day + timedelta(days=days), clock))

    response = desk.post(ADD, decided(page, **{name(visit): elsewhere}))

    assert response.status_code == 422
    assert "This time is not available. Here is another." in response.content.decode()
    assert not Absence.objects.exists()


def test_no_time_is_proposed_to_two_visits(desk, doctor, day):
    for clock in ("09:00", "09:15", "09:30"):
        booked(doctor, PatientFactory(), at(day, clock))
    page = desk.post(ADD, leave(doctor, day))
    chosen = [field.value() for _visit, field in page.context["rows"]]
    assert len(set(chosen)) == 3


def test_many_visits_cost_no_more_queries_than_few(
    desk, doctor, other_doctor, day, django_assert_max_num_queries
):
    works(other_doctor, day)
    for number in range(12):
        starts_at = at(day, "09:00") + timedelta(minutes=15 * number)
        booked(doctor, PatientFactory(), starts_at)
    # Two of them are a savepoint.
    with django_assert_max_num_queries(16):
        response = desk.post(ADD, leave(doctor, day))
    assert len(response.context["rows"]) == 12


def test_a_visit_without_a_mail_address_says_so(desk, doctor, day):
    AppointmentFactory(
        doctor=doctor.doctor, patient=PatientFactory(email=""), starts_at=at(day, "09:00")
    )
    assert "No email address: call" in desk.post(ADD, leave(doctor, day)).content.decode()
