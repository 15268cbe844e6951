"""An ended record is read-only: whatever is tried, the person's identity does not come back."""

from datetime import timedelta
from unittest import mock

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    Allergy,
    Appointment,
    AuditEvent,
    Consent,
    ErasureRequest,
    Patient,
    PatientDocument,
    User,
    VisitType,
)
from clinic.office.services.erasure import pseudonymise_patient
from clinic.office.services.retention import ask_for_erasure
from clinic.people.ended_record_guard import REFUSAL, STILL_ADDED_TO, _guards, guard_ended_records
from clinic.people.services.accounts import AccountChanges, reactivate_account, update_account
from clinic.people.services.consents import give_consent, standing_consents
from clinic.people.services.emergency import open_emergency_access
from clinic.people.services.invitations import invite_patient
from clinic.people.services.patients import update_patient
from clinic.people.ways_to_patient import APPS, steps_to_patient
from clinic.records.services.consultations import VisitDraft, add_addendum, save_visit
from clinic.records.services.documents import add_document
from clinic.records.services.facts import note_allergy
from clinic.scheduling.services.appointments import Booking, book_appointment, move_appointment
from clinic.scheduling.services.walk_ins import add_walk_in
from diagnosis.lesions.services.lesions import create_lesion
from diagnosis.models import Lesion
from tests.factories import (
    AppointmentFactory,
    AvailabilityFactory,
    ConsentFactory,
    ConsultationFactory,
    PatientFactory,
)
from tests.pdfs import pdf

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]

IDENTITY = {
    "full_name": "Paul Patient",
    "search_name": "paul",
    "preferred_name": "Polo",
    "email": "paul@example.org",
    "phone": "+33698765432",
    "national_id": "299",
    "insurer": "Mutual",
    "emergency_contact": "Aunt Petronella",
    "duplicate_reason": "Twin of Polina",
    "has_email_reminders": True,
    "birth_date": "1980-05-17",
}


@pytest.fixture
def ended(patient, doctor, admin, secretary):
    """Return an ended record with a signed visit, a missed one and a consent."""
    of_both = {"patient": patient, "doctor": doctor.doctor}
    long_ago = timezone.now() - timedelta(days=40)
    completed = AppointmentFactory(**of_both, status="completed", starts_at=long_ago)
    ConsultationFactory(
        appointment=completed, conclusion="A mole.", signed_at=long_ago, signed_by=doctor
    )
    AppointmentFactory(**of_both, status="no_show", starts_at=long_ago + timedelta(days=1))
    ConsentFactory(patient=patient, purpose="training", recorded_by=secretary)
    pseudonymise_patient(patient=patient, actor=admin, why="erasure")
    return Patient.objects.get(pk=patient.pk)


def count_rows():
    return {
        model._meta.label: model._default_manager.count()
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if model is not AuditEvent
    }


@pytest.mark.parametrize("name", IDENTITY)
def test_the_database_lets_no_part_of_a_person_back_in(ended, name):
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.filter(pk=ended.pk).update(**{name: IDENTITY[name]})
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.filter(pk=ended.pk).update(pseudonymised_at=None)


def test_no_record_is_called_ended_while_it_has_a_name(patient):
    with pytest.raises(IntegrityError, match="patient_whose_record_has_ended"):
        Patient.objects.filter(pk=patient.pk).update(pseudonymised_at=timezone.now())


@pytest.mark.parametrize(
    "change", [{"full_name": "Paul"}, {"email": "paul@example.org"}, {"is_active": True}]
)
def test_the_database_keeps_the_account_of_an_ended_record_shut(ended, change):
    with pytest.raises(IntegrityError, match="only ever read"), transaction.atomic():
        User.objects.filter(pk=ended.user_id).update(**change)


def test_every_table_of_a_record_has_its_guard(db):
    of_a_patient = {
        model._meta.db_table
        for app in APPS
        for model in apps.get_app_config(app).get_models()
        if steps_to_patient(model) and model._meta.label not in STILL_ADDED_TO
    }
    kind = "pg_trigger" if connection.vendor == "postgresql" else "sqlite_master"
    name = "tgname" if connection.vendor == "postgresql" else "name"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {kind} WHERE {name} LIKE '%ended_record'")
        found = {row[0] for row in cursor.fetchall()}

    assert {guard.name for guard in _guards(apps)} == found
    assert {guard.table for guard in _guards(apps) if guard.event == "insert"} == of_a_patient
    assert len(of_a_patient) > 20


def test_the_guards_can_be_made_again_after_each_migration(ended):
    guard_ended_records(connection, apps)
    guard_ended_records(connection, apps)

    with pytest.raises(IntegrityError, match="only ever read"), transaction.atomic():
        Allergy.objects.create(patient=ended, substance="Latex")


def test_rows_at_the_end_of_a_long_way_are_refused_too(ended, doctor):
    visit = ended.consultations.get()
    with pytest.raises(IntegrityError, match="only ever read"), transaction.atomic():
        visit.addenda.create(text="Paul called.", written_by=doctor)


ATTEMPTS = {
    "edit": lambda p, who: update_patient(patient=p, actor=who["secretary"], full_name="Paul"),
    "invitation": lambda p, who: invite_patient(
        actor=who["secretary"], patient=p, site_url="http://testserver"
    ),
    "account": lambda p, who: update_account(
        actor=who["admin"],
        user=p.user,
        changes=AccountChanges(
            full_name=p.record_number, email="paul@example.org", language="en", phone=""
        ),
    ),
    "reactivation": lambda p, who: reactivate_account(actor=who["admin"], user=p.user),
    "booking": lambda p, who: book_appointment(
        booking=Booking(
            patient=p,
            doctor=who["doctor"].doctor,
            visit_type=VisitType.objects.first(),
            starts_at=next_monday(),
        ),
        actor=who["secretary"],
    ),
    "walk-in": lambda p, who: add_walk_in(
        patient=p,
        visit_type=VisitType.objects.first(),
        doctor=who["doctor"].doctor,
        actor=who["secretary"],
    ),
    "missed after all": lambda p, who: move_appointment(
        appointment=p.appointments.get(status="no_show"), status="booked", actor=who["secretary"]
    ),
    "consent": lambda p, who: give_consent(
        patient=p, purpose="training", method="paper", actor=who["secretary"]
    ),
    "document": lambda p, who: add_document(
        patient=p, data=pdf(), actor=who["secretary"], category="identity", title="Card of Paul"
    ),
    "addendum": lambda p, who: add_addendum(
        consultation=p.consultations.get(), actor=who["doctor"], text="Paul called."
    ),
    "emergency": lambda p, who: open_emergency_access(
        doctor=who["doctor"], patient=p, reason="Brought in unconscious."
    ),
    "lesion": lambda p, who: create_lesion(patient=p),
    "wish": lambda p, who: ask_for_erasure(patient=p, actor=who["admin"], words="Paul again"),
}


def next_monday():
    now = timezone.localtime().replace(hour=10, minute=0, second=0, microsecond=0)
    return now + timedelta(days=7 - now.weekday())


@pytest.mark.parametrize("attempt", ATTEMPTS)
def test_every_service_says_that_the_record_has_ended(ended, doctor, secretary, admin, attempt):
    AvailabilityFactory(doctor=doctor.doctor)
    before = count_rows()

    with pytest.raises(ValidationError, match="has ended"):
        ATTEMPTS[attempt](ended, {"doctor": doctor, "secretary": secretary, "admin": admin})

    assert count_rows() == before
    assert Patient.objects.get(pk=ended.pk).full_name == ended.record_number


def test_an_edit_that_was_open_meanwhile_changes_nothing(patient, secretary, admin, sign_in):
    page = sign_in(secretary)
    form = page.get(reverse("clinic:patient_edit", args=[patient.pk])).context["form"]
    typed = {name: form[name].value() or "" for name in form.fields}
    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    response = page.post(reverse("clinic:patient_edit", args=[patient.pk]), typed)

    assert response.status_code == 422
    assert "has ended" in response.content.decode()
    assert Patient.objects.get(pk=patient.pk).full_name == patient.record_number


def test_a_visit_that_is_open_keeps_the_record_from_ending(consultation, doctor, admin):
    with pytest.raises(ValidationError):
        pseudonymise_patient(patient=consultation.patient, actor=admin, why="erasure")

    saved = save_visit(
        consultation=consultation,
        actor=doctor,
        version=consultation.version,
        draft=VisitDraft(notes="Paul is well."),
    )
    assert saved.notes == "Paul is well."


def test_a_visit_left_open_by_an_older_version_is_not_written_in_any_more(ended, doctor):
    visit = ended.consultations.get()
    type(visit).objects.filter(pk=visit.pk).update(signed_at=None, signed_by=None)

    with pytest.raises(ValidationError, match="has ended"):
        note_allergy(consultation=visit, actor=doctor, substance="Latex")


def test_the_consents_of_an_ended_record_have_ended_on_every_page(
    ended, doctor, secretary, sign_in
):
    consent = Consent.objects.get(patient=ended, purpose="training")
    assert consent.withdrawn_at is not None
    assert standing_consents(patient=ended) == {}
    page = sign_in(secretary).get(reverse("clinic:patient_detail", args=[ended.pk]))

    text = page.content.decode()
    assert all(state.standing is None for state in page.context["consents"])
    assert "This record ended on" in text
    for address in ("consent_record", "patient_edit"):
        assert reverse(f"clinic:{address}", args=[ended.pk]) not in text


def test_consents_end_with_a_record_that_ends_by_the_clock(patient, secretary, sign_in):
    ConsentFactory(patient=patient, purpose="training", recorded_by=secretary)
    pseudonymise_patient(patient=patient, actor=None, why="retention")

    page = sign_in(secretary).get(reverse("clinic:patient_detail", args=[patient.pk]))

    assert "ended with the record" in page.content.decode()
    assert Consent.objects.get(purpose="training").withdrawn_by is None
    with pytest.raises(IntegrityError):
        Consent.objects.filter(purpose="training").update(withdrawn_at=None, withdrawn_by=secretary)


def test_whoever_gives_a_consent_to_an_ended_record_reads_why_not(ended, secretary, sign_in):
    response = sign_in(secretary).post(
        reverse("clinic:consent_record", args=[ended.pk]),
        {"purpose": "training", "method": "paper"},
    )

    assert response.status_code == 409
    assert "has ended" in response.content.decode()


def test_what_only_the_database_refuses_is_told_in_a_sentence_too(ended, secretary, sign_in):
    with mock.patch("clinic.people.services.consents.refuse_ended"):
        response = sign_in(secretary).post(
            reverse("clinic:consent_record", args=[ended.pk]),
            {"purpose": "training", "method": "paper"},
        )

    assert response.status_code == 409
    assert REFUSAL not in response.content.decode()
    assert "has ended" in response.content.decode()


def test_an_ended_record_is_offered_to_nobody_who_books(ended, secretary, sign_in):
    response = sign_in(secretary).get(reverse("clinic:appointment_book") + f"?patient={ended.pk}")

    assert ended.record_number not in response.content.decode()


def test_others_are_written_as_before(ended, other_patient, doctor, secretary):
    AvailabilityFactory(doctor=doctor.doctor)
    booking = Booking(
        patient=other_patient,
        doctor=doctor.doctor,
        visit_type=VisitType.objects.first(),
        starts_at=next_monday(),
    )
    book_appointment(booking=booking, actor=secretary)
    Lesion.objects.create(patient=other_patient, number=1)
    assert Appointment.objects.filter(patient=other_patient).count() == 1
    assert not PatientDocument.objects.exists()
    assert not ErasureRequest.objects.exists()
    PatientFactory()


def test_the_guards_are_made_where_only_one_app_is_migrated_yet(db):
    state = MigrationLoader(None).project_state(
        [("clinic", "0038_record_ends_after_it_was_announced")]
    )

    labels = {guard.table for guard in _guards(state.apps)}
    assert "clinic_consent" in labels
    assert "diagnosis_lesion" not in labels
