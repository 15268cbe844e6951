"""The doctor's day: waiting patients come first, and only those who arrived can be called in."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import Allergy, Appointment, AuditEvent, Consultation
from tests.factories import AppointmentFactory, ConsultationFactory, PatientFactory

Status = Appointment.Status
HTMX = {"HX-Request": "true"}


def day(browser, path="/day/", **headers):
    response = browser.get(path, headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def book(doctor, starts_at, name, **fields):
    patient = PatientFactory(full_name=name, **fields.pop("person", {}))
    return AppointmentFactory(doctor=doctor.doctor, patient=patient, starts_at=starts_at, **fields)


def test_a_day_without_visits_says_so(doctor, sign_in):
    assert "No visits today" in day(sign_in(doctor))


def test_another_day_without_visits_says_so(doctor, sign_in):
    assert "No visits on this day" in day(sign_in(doctor), "/day/?date=2020-02-29")


def test_who_waits_comes_first_and_who_is_done_last(doctor, noon, sign_in):
    quarter = timedelta(minutes=15)
    book(doctor, noon, "Done Person", status=Status.COMPLETED)
    book(doctor, noon + quarter, "Booked Person")
    book(doctor, noon + 2 * quarter, "Missing Person", status=Status.NO_SHOW)
    book(doctor, noon + 3 * quarter, "Waiting Person", status=Status.ARRIVED, arrived_at=noon)
    page = day(sign_in(doctor))
    places = [page.index(f"<h3>{who} Person") for who in ("Waiting", "Booked", "Done", "Missing")]
    assert places == sorted(places)


def test_only_an_arrived_patient_can_be_called_in(doctor, noon, sign_in):
    booked = book(doctor, noon, "Booked Person", status=Status.CONFIRMED)
    arrived = book(doctor, noon + timedelta(hours=1), "Waiting Person", status=Status.ARRIVED)
    page = day(sign_in(doctor))
    assert f"/appointments/{arrived.pk}/open/" in page
    assert f"/appointments/{booked.pk}/open/" not in page
    assert "Not arrived yet" in page


def test_the_minutes_of_waiting_are_shown(doctor, noon, sign_in):
    since = timezone.now() - timedelta(minutes=12)
    book(doctor, noon, "Waiting Person", status=Status.ARRIVED, arrived_at=since)
    assert "waiting 12 min" in day(sign_in(doctor)).replace("\xa0", " ")


def test_an_open_visit_is_continued_and_a_signed_one_read(consultation, doctor, sign_in):
    page = day(sign_in(doctor))
    assert "Continue" in page
    assert f"/visits/{consultation.pk}/" in page
    Appointment.objects.update(status=Status.COMPLETED)
    Consultation.objects.update(signed_at=timezone.now(), signed_by=doctor)
    assert "Read" in day(sign_in(doctor))


def test_a_visit_of_an_earlier_day_that_was_never_signed_stays_in_sight(
    consultation, patient, doctor, other_doctor, sign_in
):
    yesterday = timezone.now() - timedelta(days=1)
    Appointment.objects.update(starts_at=yesterday, ends_at=yesterday + timedelta(minutes=15))
    Consultation.objects.update(started_at=yesterday)
    assert f"/visits/{consultation.pk}/" in day(sign_in(doctor))
    assert patient.full_name not in day(sign_in(other_doctor))
    Consultation.objects.update(signed_at=timezone.now(), signed_by=doctor)
    assert patient.full_name not in day(sign_in(doctor))


def test_allergies_are_marked(doctor, noon, sign_in):
    careful = book(doctor, noon, "Careful Person")
    Allergy.objects.create(patient=careful.patient, substance="Penicillin")
    assert "Allergies</span>" in day(sign_in(doctor))


def test_allergies_that_nobody_asked_about_are_marked_as_such(doctor, noon, sign_in, patient):
    appointment = AppointmentFactory(doctor=doctor.doctor, patient=patient, starts_at=noon)
    assert "Allergies not asked yet" in day(sign_in(doctor))
    type(patient).objects.filter(pk=appointment.patient_id).update(has_no_known_allergies=True)
    assert "Allergies" not in day(sign_in(doctor))


def test_cancelled_and_other_doctors_visits_are_left_out(doctor, other_doctor, noon, sign_in):
    book(doctor, noon, "Cancelled Person", status=Status.CANCELLED)
    book(other_doctor, noon, "Foreign Person")
    page = day(sign_in(doctor))
    assert "Cancelled Person" not in page
    assert "Foreign Person" not in page


def test_another_day_is_in_the_address(doctor, noon, sign_in):
    tomorrow = noon + timedelta(days=1)
    book(doctor, tomorrow, "Tomorrow Person")
    browser = sign_in(doctor)
    assert "Tomorrow Person" not in day(browser)
    assert "Tomorrow Person" in day(browser, f"/day/?date={tomorrow:%Y-%m-%d}")


@pytest.mark.parametrize("text", ["yesterday", "2026-13-45", "9999-12-31", ""])
def test_an_address_without_a_day_shows_today(text, appointment, patient, doctor, sign_in):
    assert patient.full_name in day(sign_in(doctor), f"/day/?date={text}")


def test_long_days_are_paged(doctor, noon, sign_in):
    for number in range(26):
        book(doctor, noon + timedelta(minutes=15 * number), f"Person {number:02}")
    browser = sign_in(doctor)
    assert "Person 25" not in day(browser)
    assert "Person 25" in day(browser, "/day/?page=2")


def test_the_list_asks_for_itself(appointment, patient, doctor, sign_in):
    browser = sign_in(doctor)
    today = timezone.localdate()
    assert f'hx-get="/day/?date={today:%Y-%m-%d}&amp;page=1"' in day(browser).replace(
        "&page", "&amp;page"
    )
    fragment = browser.get("/day/", headers=HTMX).content.decode()
    assert patient.full_name in fragment
    assert "<html" not in fragment


def test_reading_the_day_is_noted_once_however_often_it_refreshes(appointment, doctor, sign_in):
    browser = sign_in(doctor)
    browser.get("/day/")
    browser.get("/day/", headers=HTMX)
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.LIST)
    assert event.actor == doctor
    assert event.detail["count"] == 1


def test_the_day_takes_as_many_queries_for_many_as_for_few(
    doctor, noon, sign_in, django_assert_max_num_queries
):
    for number in range(10):
        ConsultationFactory(
            appointment__doctor=doctor.doctor,
            appointment__starts_at=noon + timedelta(minutes=15 * number),
        )
    browser = sign_in(doctor)
    with django_assert_max_num_queries(15):
        browser.get("/day/")


def test_the_day_is_for_doctors(secretary, admin, patient, sign_in):
    for user in (secretary, admin, patient.user):
        assert sign_in(user).get("/day/").status_code == 403
