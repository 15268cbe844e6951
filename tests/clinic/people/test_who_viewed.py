"""Patients, and the doctors who treat them, see who opened the record."""

from datetime import timedelta
from unittest import mock

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, WarningOverride
from clinic.people.services.emergency import end_emergency_access, open_emergency_access
from clinic.people.services.patients import record_patient_view
from clinic.trail.services.audit import record
from tests.factories import PatientFactory, UserFactory

pytestmark = pytest.mark.both_engines

MINE = reverse("clinic:my_access")
Verb = AuditEvent.Verb
PERSONAL = "Name, birth date and contact"


def shown(response):
    if "entries" in response.context:
        return response.context["entries"]
    return [entry for day in response.context["days"] for entry in day.entries]


def entries(response):
    return [
        (entry.event.actor.full_name, entry.event.verb, entry.is_emergency)
        for entry in shown(response)
    ]


def test_a_patient_sees_who_opened_the_record_in_which_role_when_and_what(
    sign_in, doctor, secretary, patient, appointment
):
    sign_in(doctor).get(reverse("clinic:patient_detail", args=[patient.pk]))
    sign_in(secretary).get(reverse("clinic:appointment_detail", args=[appointment.pk]))

    response = sign_in(patient.user).get(MINE)

    assert entries(response) == [
        ("Sam Secretary", "view", False),
        ("Dora Doctor", "view", False),
    ]
    page = response.content.decode()
    assert "Secretary" in page
    assert " ".join(page.split()).count("Looked at: Appointment") == 1
    assert "Looked at: Name, birth date and contact" in " ".join(page.split())


def test_own_reading_refusals_and_other_patients_are_left_out(
    sign_in, doctor, other_doctor, patient, other_patient
):
    client = sign_in(patient.user)
    client.get(reverse("diagnosis:my_record"))
    sign_in(other_doctor).get(reverse("clinic:patient_detail", args=[patient.pk]))
    record_patient_view(patient=other_patient, actor=doctor)
    record(Verb.TRANSITION, actor=None, patient=patient)

    response = client.get(MINE)

    assert AuditEvent.objects.filter(verb=Verb.DENIED, patient=patient).count() == 1
    assert entries(response) == []
    assert "Nobody yet" in response.content.decode()


def test_what_was_read_in_an_emergency_is_marked_and_nothing_after_it(
    sign_in, other_doctor, patient
):
    client = sign_in(other_doctor)
    access = open_emergency_access(
        doctor=other_doctor, patient=patient, reason="Brought in unconscious."
    )
    client.get(reverse("clinic:patient_detail", args=[patient.pk]))
    end_emergency_access(access=access, actor=other_doctor)
    record(Verb.VIEW, actor=other_doctor, patient=patient)

    response = sign_in(patient.user).get(MINE)

    said = entries(response)
    assert said[0] == ("Otto Other", "view", False)
    assert said[-2:] == [("Otto Other", "view", True), ("Otto Other", "emergency", True)]
    page = response.content.decode()
    assert "Opened in an emergency" in page
    assert "Brought in unconscious." not in page


def test_an_emergency_of_one_doctor_marks_nothing_of_another(
    sign_in, doctor, other_doctor, patient, appointment
):
    open_emergency_access(doctor=other_doctor, patient=patient, reason="Brought in unconscious.")
    record_patient_view(patient=patient, actor=doctor)

    assert entries(sign_in(patient.user).get(MINE))[0] == ("Dora Doctor", "view", False)


def test_the_list_has_pages(sign_in, secretary, patient):
    for number in range(26):
        past = timezone.now() - timedelta(days=number)
        with mock.patch.object(timezone, "now", return_value=past):
            record_patient_view(patient=patient, actor=secretary)
    client = sign_in(patient.user)

    assert len(client.get(MINE).context["days"]) == 25
    assert len(client.get(MINE, {"page": 2}).context["days"]) == 1


def test_a_person_stands_once_a_day_with_all_that_was_done(sign_in, doctor, secretary, patient):
    noon = timezone.localtime().replace(hour=12, minute=0) - timedelta(days=2)
    for days, minutes, person, verb in [
        (1, 0, doctor, Verb.VIEW),
        (0, 0, doctor, Verb.VIEW),
        (0, 5, secretary, Verb.UPDATE),
        (0, 7, doctor, Verb.VIEW),
        (0, 20, doctor, Verb.CREATE),
    ]:
        moment = noon - timedelta(days=days) + timedelta(minutes=minutes)
        with mock.patch.object(timezone, "now", return_value=moment):
            record(verb, actor=person, patient=patient, target=patient)

    response = sign_in(patient.user).get(MINE)

    assert [
        (day.day, day.actor.full_name, len(day.entries), day.deeds)
        for day in response.context["days"]
    ] == [
        (noon.date(), "Dora Doctor", 3, [("Added", [PERSONAL]), ("Looked at", [PERSONAL])]),
        (noon.date(), "Sam Secretary", 1, [("Changed", [PERSONAL])]),
        (noon.date() - timedelta(days=1), "Dora Doctor", 1, [("Looked at", [PERSONAL])]),
    ]
    page = response.content.decode()
    assert "12:00–12:20" in page
    assert page.count("Dora Doctor") == 2


def test_a_treating_doctor_and_an_admin_see_the_same_list_and_leave_a_row(
    sign_in, doctor, admin, secretary, patient, appointment
):
    record_patient_view(patient=patient, actor=secretary)
    path = reverse("clinic:patient_access", args=[patient.pk])
    client = sign_in(doctor)

    page = client.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    assert path in page
    assert entries(client.get(path))[-1] == ("Sam Secretary", "view", False)
    assert entries(sign_in(admin).get(path))[0] == ("Dora Doctor", "list", False)


@pytest.mark.parametrize("role", ["secretary", "other_doctor"])
def test_others_do_not(sign_in, request, patient, role):
    person = request.getfixturevalue(role)
    path = reverse("clinic:patient_access", args=[patient.pk])

    assert sign_in(person).get(path).status_code in {403, 404}


def test_a_patient_without_a_record_is_told_nothing(sign_in, db):
    person = UserFactory(email="no-record@example.org", full_name="Nobody Yet", role="patient")
    PatientFactory()

    assert sign_in(person).get(MINE).status_code == 404


def test_what_was_written_down_late_stands_where_it_happened(sign_in, doctor, secretary, patient):
    now = timezone.now()
    with mock.patch.object(timezone, "now", return_value=now - timedelta(minutes=1)):
        record_patient_view(patient=patient, actor=doctor)
    with mock.patch.object(timezone, "now", return_value=now - timedelta(hours=1)):
        record_patient_view(patient=patient, actor=secretary)

    response = sign_in(patient.user).get(MINE)

    assert [who for who, _verb, _emergency in entries(response)] == [
        "Dora Doctor",
        "Sam Secretary",
    ]


def test_a_warning_over_which_a_doctor_prescribed_has_a_patients_words(sign_in, doctor, patient):
    override = WarningOverride()
    record(Verb.CREATE, actor=doctor, patient=patient, target=override)
    page = " ".join(sign_in(patient.user).get(MINE).content.decode().split())
    assert "Added: A warning about your medicines" in page
