"""A row of a catalogue is removed at the moment somebody uses it: one of the two is told so."""

from contextlib import contextmanager

import pytest
from django.db import connection
from django.urls import reverse

from clinic.core.locking import TORN
from clinic.models import Appointment, VisitType
from diagnosis.models import Disease, DiseaseStage, Review, VisitDiagnosis
from tests.clinic.desk import coming, works

pytestmark = pytest.mark.django_db(transaction=True)


@contextmanager
def just_before_the_commit(table, happen):
    """Do something after the first row of a table was written, where no check looks any more."""
    done = []

    def _then(execute, sql, params, many, context):
        result = execute(sql, params, many, context)
        if not done and sql.startswith((f'INSERT INTO "{table}"', f'DELETE FROM "{table}"')):
            done.append(sql)
            happen()
        return result

    with connection.execute_wrapper(_then):
        yield
    assert done, f"Nothing was written to {table}."


def remove(model, pk):
    """Remove a row without looking at what belongs to it."""
    rows = model.objects.filter(pk=pk)
    rows._raw_delete(rows.db)


def is_told(response):
    return response.status_code == 409 and str(TORN) in response.content.decode()


@pytest.mark.parametrize("name", ["visit_type", "patient"])
def test_what_was_removed_books_nothing(name, sign_in, secretary, doctor, patient):
    day = coming(0)
    works(doctor, day)
    kind = VisitType.objects.create(code="patch", name="Patch test", duration_minutes=15)
    fields = {"patient": patient.pk, "doctor": doctor.doctor.pk, "visit_type": kind.pk}
    gone = {"visit_type": kind, "patient": patient}[name]
    client = sign_in(secretary)

    with just_before_the_commit("clinic_appointment", lambda: remove(type(gone), gone.pk)):
        response = client.post(
            reverse("clinic:appointment_book"),
            {**fields, "starts_at": f"{day}T10:00", "book": "1"},
        )

    assert is_told(response)
    assert not Appointment.objects.exists()


@pytest.fixture
def disease(db):
    return Disease.objects.create(code="granuloma", name="Granuloma annulare")


def test_a_disease_that_was_removed_is_no_diagnosis(disease, sign_in, doctor, consultation):
    client = sign_in(doctor)

    with just_before_the_commit("diagnosis_visitdiagnosis", lambda: remove(Disease, disease.pk)):
        response = client.post(
            reverse("diagnosis:diagnosis_add", args=[consultation.pk]), {"disease": disease.name}
        )

    assert is_told(response)
    assert not VisitDiagnosis.objects.exists()


def test_a_stage_that_was_removed_is_in_no_review(disease, sign_in, doctor, prediction):
    stage = DiseaseStage.objects.create(disease=disease, name="Early", position=0)
    client = sign_in(doctor)
    said = {"decision": "corrected", "disease": disease.name, "reason": "Looked again."}

    with just_before_the_commit("diagnosis_review", lambda: remove(DiseaseStage, stage.pk)):
        response = client.post(
            reverse("diagnosis:prediction_review", args=[prediction.pk]),
            {**said, "stage": stage.pk},
        )

    assert is_told(response)
    assert not Review.objects.exists()


def test_a_disease_that_was_used_meanwhile_stays(disease, sign_in, admin, doctor, consultation):
    client = sign_in(admin)

    def use():
        VisitDiagnosis.objects.create(
            consultation=consultation,
            disease_id=disease.pk,
            made_by=doctor,
            release="at_once",
        )

    with just_before_the_commit("diagnosis_disease", use):
        response = client.post(reverse("diagnosis:atlas_disease_delete", args=[disease.pk]))

    assert is_told(response)
    assert Disease.objects.filter(pk=disease.pk).exists()
