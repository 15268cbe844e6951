from datetime import UTC, timedelta
from urllib.parse import quote

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import Absence, Appointment, AuditEvent
from tests.clinic.desk import at, booked, clocks, visit_type, works
from tests.factories import PatientFactory

URL = reverse("clinic:appointment_book")
DESK = reverse("clinic:desk_day")


def typed(doctor, patient, starts_at, **fields):
    return {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type("first-visit").pk,
        "starts_at": starts_at,
        **fields,
    }


def test_an_appointment_is_booked_for_as_long_as_its_type_takes(
    desk, secretary, doctor, patient, day
):
    fields = typed(
        doctor, patient, f"{day}T10:00", note="Comes with her father", is_urgent="on", book="1"
    )
    response = desk.post(URL, fields)
    appointment = Appointment.objects.get()
    assert response.url == f"{DESK}?date={day}#appointment-{appointment.pk}"
    assert appointment.starts_at == at(day, "10:00")
    assert appointment.ends_at == at(day, "10:30")
    assert (appointment.status, appointment.is_urgent) == ("booked", True)
    assert (appointment.note, appointment.created_by) == ("Comes with her father", secretary)
    transition = appointment.transitions.get()
    assert (transition.from_status, transition.to_status) == ("", "booked")
    event = AuditEvent.objects.get(verb="create", patient=patient)
    assert event.detail == {
        "visit_type": "first-visit",
        "is_urgent": True,
        "is_walk_in": False,
        "overbooked": "",
    }


def test_a_call_becomes_an_appointment_in_three_clicks(desk, doctor, patient, day):
    page = desk.get(DESK, {"date": day}).content.decode()
    start = quote(at(day, "09:00").astimezone(UTC).isoformat())
    link = f"{URL}?doctor={doctor.doctor.pk}&amp;start={start}"
    assert link in page

    form = desk.get(link.replace("&amp;", "&")).context["form"]
    assert form["doctor"].value() == doctor.doctor.pk
    assert f'value="{day}T09:00"' in str(form["starts_at"])

    options = desk.post(
        reverse("clinic:patient_list"),
        {"q": "paul"},
        headers={"HX-Request": "true", "HX-Target": "patient-options"},
    ).content.decode()
    assert f'value="{patient.pk}"' in options

    desk.post(URL, typed(doctor, patient, f"{day}T09:00", book="1"))
    assert Appointment.objects.get().starts_at == at(day, "09:00")


def test_the_button_of_a_free_slot_books_it(desk, doctor, other_doctor, patient, day):
    works(other_doctor, day)
    slot = f"{other_doctor.doctor.pk}/{at(day, '11:00').isoformat()}"
    desk.post(URL, typed(doctor, patient, "", slot=slot))
    appointment = Appointment.objects.get()
    assert (appointment.doctor.user, appointment.starts_at) == (other_doctor, at(day, "11:00"))


def refused(response, field, words):
    """Return the page, after checking that it shows the words at the field and books nothing."""
    assert response.status_code == 422
    assert response.context["form"].errors == {field: [words]}
    page = response.content.decode()
    assert words in page.replace("&#x27;", "’")
    assert "Comes with her father" in page
    return response


def test_a_time_that_is_past_is_refused(desk, doctor, patient, day):
    past = timezone.localtime() - timedelta(days=7)
    fields = typed(doctor, patient, f"{past:%Y-%m-%dT%H:%M}", note="Comes with her father")
    refused(desk.post(URL, fields), "starts_at", "This time is in the past.")


@pytest.mark.parametrize("clock", ["08:45", "11:45", "12:00", "15:00"])
def test_a_time_outside_the_hours_is_refused(desk, doctor, patient, day, clock):
    fields = typed(doctor, patient, f"{day}T{clock}", note="Comes with her father")
    words = "This is outside the working hours of Dr Dora Doctor."
    refused(desk.post(URL, fields), "starts_at", words)


def test_a_time_on_leave_is_refused(desk, doctor, patient, day):
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=at(day, "10:15"), ends_at=at(day, "11:00")
    )
    fields = typed(doctor, patient, f"{day}T10:00", note="Comes with her father")
    refused(desk.post(URL, fields), "starts_at", "Dr Dora Doctor is away at this time.")


@pytest.mark.parametrize("clock", ["09:45", "10:00", "10:15"])
def test_a_time_that_is_taken_comes_with_the_next_three(
    desk, doctor, patient, other_patient, day, clock
):
    booked(doctor, other_patient, at(day, "10:00"), minutes=30)
    fields = typed(doctor, patient, f"{day}T{clock}", note="Comes with her father")
    words = "Dr Dora Doctor has another appointment at this time."
    response = refused(desk.post(URL, fields), "starts_at", words)
    slots = response.context["slots"]
    assert clocks(slots) == ["10:30", "10:45", "11:00"]
    for slot in slots:
        assert f'value="{slot.key}"' in response.content.decode()
    assert Appointment.objects.count() == 1


def test_a_patient_is_not_in_two_places(desk, doctor, other_doctor, patient, day):
    booked(other_doctor, patient, at(day, "10:00"), minutes=30)
    fields = typed(doctor, patient, f"{day}T10:15", note="Comes with her father")
    words = "This patient has another appointment at this time."
    response = refused(desk.post(URL, fields), "patient", words)
    assert clocks(response.context["slots"]) == ["10:30", "10:45", "11:00"]
    assert f'value="{patient.pk}" checked' in " ".join(response.content.decode().split())


def test_a_time_that_was_given_back_can_be_booked(desk, doctor, patient, other_patient, day):
    booked(doctor, other_patient, at(day, "10:00"), status=Appointment.Status.CANCELLED)
    assert desk.post(URL, typed(doctor, patient, f"{day}T10:00")).status_code == 302


def test_appointments_may_touch(desk, doctor, patient, other_patient, day):
    booked(doctor, other_patient, at(day, "09:30"), minutes=30)
    booked(doctor, other_patient, at(day, "10:30"), minutes=30)
    assert desk.post(URL, typed(doctor, patient, f"{day}T10:00")).status_code == 302


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("patient", "", "Choose a patient."),
        ("patient", "nobody", "“nobody” is not a valid UUID."),
        ("doctor", "", "Choose a doctor."),
        ("visit_type", "", "Choose the type of visit."),
        ("starts_at", "", "Choose a day and a time."),
        ("starts_at", "tomorrow", "This is not a valid day and time."),
    ],
)
def test_what_is_missing_is_said_at_its_field(desk, doctor, patient, day, field, value, words):
    response = desk.post(URL, typed(doctor, patient, f"{day}T10:00") | {field: value})
    assert response.status_code == 422
    assert list(response.context["form"].errors) == [field]
    assert not Appointment.objects.exists()


def test_a_patient_is_found_without_a_script_and_the_form_stays(desk, doctor, patient, day):
    fields = typed(doctor, patient, f"{day}T10:00", note="Comes with her father")
    response = desk.post(URL, fields | {"patient": "", "find": "1", "q": "paul"})
    page = response.content.decode()
    assert response.status_code == 200
    assert f'value="{patient.pk}"' in page
    assert "Comes with her father" in page
    assert f'value="{day}T10:00"' in page
    assert not Appointment.objects.exists()


def test_a_new_patient_is_registered_on_the_way_and_the_choice_is_kept(
    desk, doctor, other_patient, day
):
    fields = typed(doctor, other_patient, f"{day}T10:00", note="Comes with her father")
    response = desk.post(URL, fields | {"patient": "", "register": "1", "q": "Nina"})
    register = reverse("clinic:patient_register")
    assert response.url == f"{register}?next=%2Fappointments%2Fnew%2F%3Fdraft%3D1"

    identity = {"full_name": "Nina New", "birth_date": "2001-01-01", "sex": "female"}
    back = {"language": "en", "next": f"{URL}?draft=1"}
    response = desk.post(register, identity | back)
    assert response.status_code == 302
    page = desk.get(response.url).content.decode()
    assert "Nina New" in page
    assert "Comes with her father" in page
    assert f'value="{day}T10:00"' in page
    assert "draft" not in desk.session


def test_a_duplicate_found_on_the_way_is_used_instead(desk, patient):
    identity = {"full_name": "Paul Patient", "birth_date": "1980-05-17", "sex": "male"}
    back = {"language": "en", "next": f"{URL}?draft=1"}
    page = desk.post(reverse("clinic:patient_register"), identity | back).content.decode()
    assert f"{URL}?draft=1&amp;patient={patient.pk}" in page


def test_other_types_of_visit_have_other_free_times(desk, doctor, patient, other_patient, day):
    booked(doctor, other_patient, at(day, "09:30"))
    asked = {
        "doctor": doctor.doctor.pk,
        "visit_type": visit_type("full-skin-check").pk,
        "starts_at": f"{day}T00:00",
    }
    response = desk.get(URL, asked, headers={"HX-Request": "true"})
    assert clocks(response.context["slots"]) == ["09:45", "10:00", "10:15"]
    assert "<html" not in response.content.decode()


def test_the_form_of_a_patient_comes_with_the_patient(desk, patient, day):
    page = desk.get(URL, {"patient": patient.pk}).content.decode()
    assert "Paul Patient" in page


def test_an_address_that_makes_no_sense_gives_an_empty_form(desk, day):
    asked = {"patient": "x", "doctor": "y", "start": "z", "draft": "1"}
    assert desk.get(URL, asked).status_code == 200


def test_names_stay_out_of_the_addresses_of_a_day(desk, doctor, patient, day):
    booked(doctor, patient, at(day, "09:00"))
    page = desk.get(DESK, {"date": day}).content.decode()
    links = [part.split('"')[0] for part in page.split('href="')[1:]]
    assert not any("paul" in link.lower() for link in links)


def test_neither_admins_nor_patients_book_at_the_desk(sign_in, admin, doctor, patient, day):
    for user in (admin, patient.user):
        client = sign_in(user)
        assert client.get(URL).status_code == 403
        assert client.post(URL, typed(doctor, patient, f"{day}T10:00")).status_code == 403
        assert client.get(DESK).status_code == 403
    assert sign_in(doctor).get(DESK).status_code == 403
    assert not Appointment.objects.exists()


def test_a_doctor_books_patients_in_care_in_the_own_calendar(
    sign_in, doctor, other_doctor, patient, other_patient, day
):
    works(other_doctor, day)
    booked(doctor, patient, at(day, "09:00"), status="completed")
    client = sign_in(doctor)
    page = client.get(URL)
    assert page.context["form"]["doctor"].value() == doctor.doctor.pk
    assert {slot.doctor for slot in page.context["slots"]} == {doctor.doctor}
    assert client.post(URL, typed(doctor, patient, f"{day}T10:00")).status_code == 302
    for one, person in ((other_doctor, patient), (doctor, other_patient)):
        assert client.post(URL, typed(one, person, f"{day}T11:00")).status_code == 422
    assert client.post(URL, {"register": "1"}).status_code == 403
    assert Appointment.objects.filter(status="booked").count() == 1


def test_the_day_shows_who_comes_and_what_is_free(desk, doctor, other_doctor, patient, day):
    booked(doctor, patient, at(day, "09:30"), is_urgent=True, note="Wheelchair")
    response = desk.get(DESK, {"date": day})
    (column,) = response.context["columns"]
    before, visit, after = column.entries
    assert clocks(before.slots) == ["09:00", "09:15"]
    assert visit.appointment.patient == patient
    assert clocks(after.slots) == ["09:45", *clocks(after.slots)[1:]]
    page = response.content.decode()
    for words in ("Paul Patient", "Urgent", "Wheelchair", "Confirmed", "11 free"):
        assert words in page
    assert response.context["idle"] == [other_doctor.doctor.desk_name]


def test_the_day_can_be_that_of_one_doctor(desk, doctor, other_doctor, day):
    works(other_doctor, day)
    response = desk.get(DESK, {"date": day, "doctor": other_doctor.doctor.pk})
    assert [column.doctor for column in response.context["columns"]] == [other_doctor.doctor]
    assert f"doctor={other_doctor.doctor.pk}" in response.content.decode()


@pytest.mark.parametrize("asked", [{}, {"date": "soon"}, {"doctor": "nobody"}])
def test_the_day_is_today_unless_another_is_asked_for(desk, doctor, asked):
    assert desk.get(DESK, asked).context["day"] == timezone.localdate()


def test_the_day_shows_a_break_and_an_absence(desk, doctor, day):
    works(doctor, day, "14:00", "15:00")
    Absence.objects.create(
        doctor=doctor.doctor, starts_at=at(day, "14:00"), ends_at=at(day, "15:00")
    )
    page = desk.get(DESK, {"date": day}).content.decode()
    assert "Break" in page
    assert "away" in page


def test_the_day_takes_few_queries_however_full_it_is(
    desk, doctor, other_doctor, day, django_assert_max_num_queries
):
    works(other_doctor, day)
    for number in range(12):
        start = at(day, "09:00") + timedelta(minutes=15 * number)
        for each in (doctor, other_doctor):
            booked(each, PatientFactory(), start)
    with django_assert_max_num_queries(15):
        desk.get(DESK, {"date": day})
    assert AuditEvent.objects.get(verb="list").detail == {"of": "desk_day", "count": 24}


def test_a_day_without_neighbours_shows_today(desk):
    page = desk.get(DESK, {"date": "9999-12-31"}).content.decode()
    assert f'value="{timezone.localdate():%Y-%m-%d}"' in page
