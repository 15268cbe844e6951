"""How a record ends: after the retention period, or when an admin grants erasure."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.db import connection
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    AuditEvent,
    ClinicSettings,
    Consent,
    Consultation,
    ErasureRequest,
    Notification,
    Patient,
    RecordEnding,
    User,
)
from clinic.office.services.erasure import pseudonymise_patient
from clinic.office.services.retention import ask_for_erasure, decide_erasure, pseudonymise_expired
from clinic.people.services.consents import has_consent
from clinic.records.services.documents import add_document
from clinic.tasks import pseudonymise_expired_task
from tests.factories import PASSWORD, AppointmentFactory, ConsentFactory, ConsultationFactory
from tests.pdfs import pdf

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]

WHO = {
    "full_name": "Paul Patient",
    "preferred_name": "Polo Zwetschge",
    "search_name": "paul patient polo zwetschge",
    "email": "patient@example.org",
    "phone": "+33698765432",
    "national_id": "2990199123456",
    "insurer": "Mutuelle Zwetschge",
    "emergency_contact": "Aunt Petronella",
}


def visited(patient, doctor, *, days_ago, status="completed"):
    return ConsultationFactory(
        appointment=AppointmentFactory(
            patient=patient,
            doctor=doctor.doctor,
            starts_at=timezone.now() - timedelta(days=days_ago),
            status=status,
        ),
        conclusion="A harmless mole.",
    )


def a_day_later():
    """Let the day pass for which each ending is announced."""
    RecordEnding.objects.planned().update(due_at=timezone.now())


def end_by_the_clock():
    """Announce, let a day pass, and return how many records ended."""
    assert pseudonymise_expired() == 0
    a_day_later()
    return pseudonymise_expired()


def everything_stored():
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                yield from ((table, str(value)) for value in row)


def test_a_record_whose_years_are_over_keeps_its_rows_and_loses_its_name(
    patient, doctor, secretary, django_capture_on_commit_callbacks
):
    Patient.objects.filter(pk=patient.pk).update(**WHO, duplicate_reason="Twin of Polina")
    visited(patient, doctor, days_ago=10 * 366)
    ConsentFactory(patient=patient, purpose="training", recorded_by=secretary)
    card = add_document(
        patient=patient, data=pdf(), actor=secretary, category="identity", title="Card of Paul"
    )

    pseudonymise_expired_task()
    a_day_later()
    with django_capture_on_commit_callbacks(execute=True):
        pseudonymise_expired_task()

    patient.refresh_from_db()
    assert patient.full_name == patient.record_number
    assert (patient.birth_date.month, patient.birth_date.day) == (1, 1)
    assert patient.birth_date.year == 1980
    assert Consultation.objects.get().conclusion == "A harmless mole."
    assert patient.duplicate_reason == ""
    assert not has_consent(patient=patient, purpose="training")
    assert not default_storage.exists(card.file.name)
    left = [
        (table, value)
        for table, value in everything_stored()
        if any(said.lower() in value.lower() for said in (*WHO.values(), "Card of Paul"))
    ]
    assert left == []
    event = AuditEvent.objects.get(target_type="clinic.patient", verb="update")
    assert (event.actor, event.detail) == (None, {"pseudonymised": "retention"})


def test_the_last_visit_counts_and_the_clinic_decides_the_years(patient, doctor):
    visited(patient, doctor, days_ago=9 * 366)
    visited(patient, doctor, days_ago=7 * 366)
    assert end_by_the_clock() == 0
    ClinicSettings.objects.create(pk=1, name="Clinic", retention_years=8)
    assert end_by_the_clock() == 0
    ClinicSettings.objects.update(retention_years=6)

    assert end_by_the_clock() == 1
    assert end_by_the_clock() == 0


@pytest.mark.parametrize("reason", ["coming", "asked", "new"])
def test_a_record_that_somebody_still_needs_is_kept(patient, doctor, reason):
    if reason != "new":
        visited(patient, doctor, days_ago=11 * 366)
    if reason == "coming":
        AppointmentFactory(patient=patient, doctor=doctor.doctor, status="booked")
    if reason == "asked":
        ask_for_erasure(patient=patient, actor=patient.user)

    assert end_by_the_clock() == 0
    assert not RecordEnding.objects.exists()


def test_a_patient_asks_one_admin_grants_and_a_second_confirms(
    patient, doctor, admin, other_admin, sign_in
):
    visited(patient, doctor, days_ago=30)
    browser = sign_in(patient.user)
    browser.post(reverse("clinic:my_erasure"), {"words": "Please forget me."})
    asked = ErasureRequest.objects.get()
    assert "Not decided yet" in browser.get(reverse("clinic:my_erasure")).content.decode()
    office = sign_in(admin)
    page = office.get(reverse("clinic:erasure_list")).content.decode()
    assert "Please forget me." in page
    assert "Paul Patient" in page

    office.post(
        reverse("clinic:erasure_decide", args=[asked.pk]),
        {"decision": "granted", "reason": "The law allows it.", "password": PASSWORD},
    )
    assert "Granted, not done yet" in office.get(reverse("clinic:erasure_list")).content.decode()
    assert "It will be done by" in browser.get(reverse("clinic:my_erasure")).content.decode()
    assert Patient.objects.get(pk=patient.pk).full_name == "Paul Patient"
    second = sign_in(other_admin)
    second.post(reverse("clinic:erasure_confirm", args=[asked.pk]), {"password": PASSWORD})

    asked.refresh_from_db()
    assert (asked.decision, asked.reason, asked.decided_by) == (
        "granted", "The law allows it.", admin,
    )  # fmt: skip
    user = User.objects.get(pk=patient.user.pk)
    assert not user.is_active
    assert user.full_name == patient.record_number
    assert not Client().login(email="patient@example.org", password=PASSWORD)
    assert browser.get(reverse("clinic:my_erasure")).status_code == 302
    decided = office.get(reverse("clinic:erasure_list")).content.decode()
    assert "Paul Patient" not in decided
    assert "The law allows it." in decided
    assert patient.record_number in decided
    assert Consultation.objects.get().conclusion == "A harmless mole."
    trail = AuditEvent.objects.filter(target_type="clinic.erasurerequest").order_by("pk")
    assert [event.verb for event in trail if event.verb != "list"] == ["create", "update", "update"]


def test_a_refusal_changes_nothing_and_the_patient_reads_why(patient, admin, sign_in):
    asked = ask_for_erasure(patient=patient, actor=patient.user)

    sign_in(admin).post(
        reverse("clinic:erasure_decide", args=[asked.pk]),
        {"decision": "refused", "reason": "Treatment goes on."},
    )

    patient.refresh_from_db()
    assert patient.full_name == "Paul Patient"
    page = sign_in(patient.user).get(reverse("clinic:my_erasure")).content.decode()
    assert "Treatment goes on." in page
    assert "Refused" in page


@pytest.mark.parametrize("fields", [{"decision": "granted"}, {"reason": "So."}, {}])
def test_a_decision_needs_its_reason(patient, admin, sign_in, fields):
    asked = ask_for_erasure(patient=patient, actor=patient.user)

    response = sign_in(admin).post(reverse("clinic:erasure_decide", args=[asked.pk]), fields)

    assert response.status_code == 422
    assert ErasureRequest.objects.waiting().count() == 1


def test_a_request_is_decided_once(patient, admin):
    asked = ask_for_erasure(patient=patient, actor=patient.user)
    decide_erasure(request=asked, actor=admin, decision="refused", reason="Not now.")

    with pytest.raises(ValidationError, match="already been decided"):
        decide_erasure(request=asked, actor=admin, decision="granted", reason="After all.")

    patient.refresh_from_db()
    assert patient.pseudonymised_at is None


def test_asking_twice_is_one_request(patient):
    first = ask_for_erasure(patient=patient, actor=patient.user)

    assert ask_for_erasure(patient=patient, actor=patient.user) == first
    assert ErasureRequest.objects.count() == 1


def test_who_is_expected_is_not_forgotten(appointment, patient, admin, sign_in):
    asked = ask_for_erasure(patient=patient, actor=patient.user)

    response = sign_in(admin).post(
        reverse("clinic:erasure_decide", args=[asked.pk]),
        {"decision": "granted", "reason": "So be it.", "password": PASSWORD},
    )

    assert response.status_code == 422
    assert "Cancel it first" in response.content.decode()
    asked.refresh_from_db()
    patient.refresh_from_db()
    assert asked.decided_at is None
    assert patient.pseudonymised_at is None


def test_two_forgotten_patients_do_not_stand_in_each_other_s_way(patient, other_patient, admin):
    for each in (patient, other_patient, patient):
        pseudonymise_patient(patient=each, actor=admin, why="erasure")

    assert Patient.objects.filter(pseudonymised_at__isnull=False).count() == 2
    assert not Consent.objects.active().exists()


def unreadable(table, column, pk):
    """Damage a stored text, as a lost key or a broken disk would."""
    with connection.cursor() as cursor:
        key = pk.hex if connection.vendor == "sqlite" else pk
        cursor.execute(f"UPDATE {table} SET {column} = 'enc1:lost:AAAA' WHERE id = %s", [key])
        assert cursor.rowcount == 1


def test_one_unreadable_text_keeps_nobody_else_s_record(
    patient, other_patient, doctor, admin, sign_in
):
    spoilt = visited(patient, doctor, days_ago=12 * 366)
    visited(other_patient, doctor, days_ago=11 * 366)
    unreadable("clinic_consultation", "conclusion", spoilt.pk)

    assert end_by_the_clock() == 1

    assert Patient.objects.get(pk=other_patient.pk).has_ended
    kept = Patient.objects.get(pk=patient.pk)
    assert (kept.has_ended, kept.full_name) == (False, "Paul Patient")
    ending = RecordEnding.objects.planned().get()
    assert (ending.patient, ending.trouble) == (patient, "unreadable")
    page = sign_in(admin).get(reverse("clinic:record_endings")).content.decode()
    assert "A text in the record cannot be decrypted." in page
    assert "Paul Patient" in page
    a_day_later()
    assert pseudonymise_expired() == 0
    assert Notification.objects.filter(recipient=admin, kind="record_not_ended").count() == 1


def test_fifty_records_that_cannot_end_do_not_stand_before_the_next(
    patient, other_patient, doctor, monkeypatch
):
    monkeypatch.setattr("clinic.office.services.record_endings.BATCH", 1)
    spoilt = visited(patient, doctor, days_ago=12 * 366)
    visited(other_patient, doctor, days_ago=11 * 366)
    unreadable("clinic_consultation", "conclusion", spoilt.pk)

    # Whichever comes first, the other has its turn in the next hour.
    assert end_by_the_clock() + pseudonymise_expired() == 1
    assert Patient.objects.get(pk=other_patient.pk).has_ended
