"""Leave: what it closes, and what becomes of the visits booked in it before it takes effect."""

from datetime import UTC, timedelta

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.models import Absence, Appointment, AppointmentNotice, AuditEvent
from clinic.services.absences import add_absence
from clinic.services.notices import send_notice
from clinic.services.scheduling import free_slots
from clinic.tasks import send_notice_task
from tests.clinic.desk import at, at_once, booked, clocks, coming, visit_type, works
from tests.factories import AppointmentFactory, PatientFactory

ADD = reverse("clinic:absence_add")
LIST = reverse("clinic:absence_list")
Status = Appointment.Status
MONDAY = 0


@pytest.fixture
def desk(sign_in, secretary):
    return sign_in(secretary)


@pytest.fixture
def day(doctor):
    """A Monday on which the doctor works in the morning, as on every other."""
    day = coming(MONDAY)
    works(doctor, day)
    return day


@pytest.fixture
def next_week(day):
    return day + timedelta(days=7)


@pytest.fixture
def sent_at_once(monkeypatch):
    """A worker that does each message in the moment in which it is queued."""
    monkeypatch.setattr(
        send_notice_task, "apply_async", lambda args, **options: send_notice(notice_id=args[0])
    )


def leave(doctor, day, **fields):
    """What the form of a leave of one day says."""
    who = doctor.doctor.pk if doctor else "clinic"
    return {"who": who, "first_day": day.isoformat(), "reason": "Congress", **fields}


def decided(response, **choices):
    """What the page of visits sends, with some of its fields chosen otherwise."""
    answers = response.context["answers"]
    fields = {field.html_name: field.value() for _visit, field in answers.rows}
    form = response.context["form"]
    typed = {field.html_name: field.value() or "" for field in form}
    return {**typed, **fields, "cancel_reason": "", "decide": "1", **choices}


def name(appointment):
    return f"visit-{appointment.pk}"


def key(doctor, starts_at):
    return f"{doctor.doctor.pk}/{starts_at.astimezone(UTC).isoformat()}"


def test_leave_without_visits_in_it_takes_effect_at_once(desk, secretary, doctor, day):
    assert desk.post(ADD, leave(doctor, day)).url == LIST
    absence = Absence.objects.get()
    assert absence.doctor == doctor.doctor
    assert (absence.starts_at, absence.ends_at) == (
        at(day, "00:00"),
        at(day + timedelta(days=1), "00:00"),
    )
    event = AuditEvent.objects.get(verb="create")
    assert (event.actor, event.target_id) == (secretary, str(absence.pk))
    assert free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type()) == []
    page = desk.get(LIST).content.decode()
    assert "Dr Dora Doctor" in page
    assert "Congress" in page


def test_a_part_of_a_day_leaves_the_rest_free(desk, doctor, day):
    desk.post(ADD, leave(doctor, day, from_time="10:00", until_time="11:30"))
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type("first-visit"))
    assert clocks(slots) == ["09:00", "09:15", "09:30", "11:30"]


def test_a_closed_clinic_has_nobody_free(desk, doctor, other_doctor, day):
    works(other_doctor, day)
    desk.post(ADD, leave(None, day))
    assert Absence.objects.get().doctor is None
    for one in (doctor, other_doctor):
        assert free_slots(doctor=one.doctor, day=day, visit_type=visit_type()) == []
    assert "The whole clinic" in desk.get(LIST).content.decode()
    page = desk.get(reverse("clinic:desk_day"), {"date": day}).content.decode()
    assert "clinic closed" in page


def test_removing_leave_frees_its_slots(desk, doctor, day):
    desk.post(ADD, leave(doctor, day))
    absence = Absence.objects.get()
    assert desk.post(reverse("clinic:absence_remove", args=[absence.pk])).url == LIST
    assert not Absence.objects.exists()
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert clocks(slots)[0] == "09:00"
    assert AuditEvent.objects.get(verb="update").detail["removed"] is True


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"who": ""}, "who", "Choose who is away."),
        ({"first_day": ""}, "first_day", "Choose a day."),
        ({"first_day": "Easter"}, "first_day", "This is not a day."),
        ({"last_day": "2020-01-01"}, "last_day", "The last day is before the first."),
        (
            {"from_time": "12:00", "until_time": "12:00"},
            "until_time",
            "The end is not after the start.",
        ),
        ({"first_day": "2020-01-01"}, "last_day", "This time is past."),
    ],
)
def test_what_is_wrong_with_leave_is_said_at_its_field(desk, doctor, day, fields, field, words):
    response = desk.post(ADD, leave(doctor, day, **fields))
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [words]}
    assert 'value="Congress"' in response.content.decode()
    assert not Absence.objects.exists()


def test_leave_that_overlaps_other_leave_is_refused_in_words(desk, doctor, other_doctor, day):
    desk.post(ADD, leave(doctor, day, from_time="09:00", until_time="10:00"))
    response = desk.post(ADD, leave(doctor, day))
    assert response.status_code == 422
    (words,) = response.context["form"].errors["first_day"]
    assert words.startswith("Dr Dora Doctor is away already from")
    assert "09:00" in words
    assert desk.post(ADD, leave(other_doctor, day)).status_code == 302
    assert desk.post(ADD, leave(None, day)).status_code == 302
    response = desk.post(ADD, leave(None, day))
    assert "The clinic is closed already" in response.content.decode()
    assert Absence.objects.count() == 3


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
    # It has its proposal, and the person sees it before it is carried out.
    assert response.status_code == 422
    assert response.context["answers"].errors == {
        name(new): ["This visit has been booked meanwhile."]
    }
    assert desk.post(ADD, decided(response)).status_code == 302
    assert Appointment.objects.filter(rescheduled_from=new).exists()


def test_a_choice_that_names_no_time_is_refused_in_words(desk, doctor, patient, day):
    visit = booked(doctor, patient, at(day, "09:00"))
    page = desk.post(ADD, leave(doctor, day))
    response = desk.post(ADD, decided(page, **{name(visit): "nobody/never"}))
    assert response.status_code == 422
    assert name(visit) in response.context["answers"].errors


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


def test_a_list_of_leave_costs_few_queries(desk, doctor, day, django_assert_max_num_queries):
    for number in range(20):
        starts_at = at(day + timedelta(days=number), "00:00")
        Absence.objects.create(
            doctor=doctor.doctor, starts_at=starts_at, ends_at=starts_at + timedelta(days=1)
        )
    with django_assert_max_num_queries(8):
        desk.get(LIST)


def test_leave_that_is_over_is_not_listed(desk, doctor):
    now = timezone.now()
    Absence.objects.create(
        doctor=doctor.doctor,
        starts_at=now - timedelta(days=2),
        ends_at=now - timedelta(days=1),
        reason="Long ago",
    )
    page = desk.get(LIST).content.decode()
    assert "Long ago" not in page
    assert "No leave is planned" in page


def test_a_doctor_enters_and_removes_own_leave_alone(sign_in, doctor, other_doctor, patient, day):
    client = sign_in(doctor)
    booked(doctor, patient, at(day, "09:00"))
    page = client.post(ADD, leave(doctor, day))
    assert client.post(ADD, decided(page)).status_code == 302
    own = Absence.objects.get()
    assert client.post(ADD, leave(other_doctor, day)).status_code == 422
    assert client.post(ADD, leave(None, day)).status_code == 422
    closing = Absence.objects.create(starts_at=own.starts_at, ends_at=own.ends_at)
    foreign = Absence.objects.create(
        doctor=other_doctor.doctor, starts_at=own.starts_at, ends_at=own.ends_at, reason="Elsewhere"
    )
    page = client.get(LIST).content.decode()
    assert "The whole clinic" in page
    assert "Elsewhere" not in page
    remove = {one: reverse("clinic:absence_remove", args=[one.pk]) for one in (own, closing)}
    assert client.post(remove[closing]).status_code == 403
    assert client.post(reverse("clinic:absence_remove", args=[foreign.pk])).status_code == 404
    assert client.post(remove[own]).status_code == 302


def test_an_admin_closes_the_clinic_and_patients_see_no_leave(sign_in, admin, patient, day):
    assert sign_in(admin).post(ADD, leave(None, day)).status_code == 302
    closing = Absence.objects.get()
    client = sign_in(patient.user)
    assert client.get(LIST).status_code == 403
    assert client.post(ADD, leave(None, day)).status_code == 403
    assert client.post(reverse("clinic:absence_remove", args=[closing.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_leave_and_a_booking_at_once_never_pass_each_other(sign_in, secretary, doctor):
    day = coming(MONDAY)
    works(doctor, day)
    patients = [PatientFactory() for _number in range(4)]
    clients = [sign_in(secretary) for _number in range(4)]

    def work(number):
        if number == 0:
            try:
                add_absence(
                    doctor=doctor.doctor,
                    starts_at=at(day, "00:00"),
                    ends_at=at(day + timedelta(days=1), "00:00"),
                    actor=secretary,
                )
            except Exception as error:  # noqa: BLE001
                return type(error).__name__
            return "added"
        fields = {
            "patient": patients[number].pk,
            "doctor": doctor.doctor.pk,
            "visit_type": visit_type().pk,
            "starts_at": f"{day}T1{number}:00",
        }
        return clients[number].post(reverse("clinic:appointment_book"), fields).status_code

    results = at_once(4, work)
    # Whichever came first: leave without visits in it, or visits that the leave has to ask about.
    if results[0] == "added":
        assert not Appointment.objects.exists()
    else:
        assert results[0] == "VisitsInTheWayError"
        assert Appointment.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_desks_that_add_the_same_leave_at_once_add_it_once(secretary, doctor):
    day = coming(MONDAY)

    def add(_number):
        try:
            return add_absence(
                doctor=doctor.doctor,
                starts_at=at(day, "00:00"),
                ends_at=at(day + timedelta(days=1), "00:00"),
                actor=secretary,
            ).pk
        except Exception as error:  # noqa: BLE001
            return str(error)

    results = at_once(4, add)
    assert Absence.objects.count() == 1
    assert sum("is away already" in str(result) for result in results) == 3


def test_a_visit_without_a_mail_address_says_so(desk, doctor, day):
    AppointmentFactory(
        doctor=doctor.doctor, patient=PatientFactory(email=""), starts_at=at(day, "09:00")
    )
    assert "No e-mail: call" in desk.post(ADD, leave(doctor, day)).content.decode()
