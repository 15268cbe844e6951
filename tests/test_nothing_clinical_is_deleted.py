"""What a clinic has written down stays: no button and no other row deletes it."""

import ast
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models
from django.db.models.deletion import ProtectedError

from clinic.models import Consultation
from clinic.people.services.accounts import deactivate_account
from tests.full_visit import fill_visit

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]

# A person's notifications go with the account; they name nobody and say nothing about a patient.
# What was typed and never sent lasts for twelve hours.
NOT_CLINICAL = {
    "clinic.Notification.recipient",
    "clinic.NotificationDigest.recipient",
    "clinic.UnsentForm.owner",
}
OWN = [model for app in ("clinic", "diagnosis") for model in apps.get_app_config(app).get_models()]


def rows():
    return {model._meta.label: model._default_manager.count() for model in OWN}


def test_no_row_takes_another_with_it():
    loose = {
        f"{model._meta.label}.{field.name}"
        for model in OWN
        for field in model._meta.get_fields()
        if isinstance(field, models.ForeignKey) and field.remote_field.on_delete != models.PROTECT
    }

    assert loose == NOT_CLINICAL


def test_no_view_deletes():
    found = []
    for app in ("clinic", "diagnosis"):
        for path in Path(settings.BASE_DIR, app, "views").rglob("*.py"):
            found += [
                f"{path.name}:{node.lineno}"
                for node in ast.walk(ast.parse(path.read_text()))
                if isinstance(node, ast.Attribute) and node.attr in {"delete", "_raw_delete"}
            ]

    assert found == []


def test_a_patient_and_a_doctor_with_a_record_cannot_be_deleted(consultation, doctor):
    for row in (consultation.patient, doctor.doctor, doctor, consultation.appointment):
        with pytest.raises(ProtectedError):
            row.delete()


def test_every_row_survives_the_deactivation_of_a_doctor(consultation, doctor, admin, sign_in):
    fill_visit(consultation, doctor)
    before = rows()
    assert before["clinic.PrescriptionLine"] > 0
    assert before["diagnosis.LesionImage"] > 0

    deactivate_account(actor=admin, user=doctor, is_left_open=True)

    after = rows()
    assert after.pop("clinic.AuditEvent") == before.pop("clinic.AuditEvent") + 1
    assert after == before
    visit = Consultation.objects.get(pk=consultation.pk)
    assert visit.doctor == doctor.doctor
    assert visit.conclusion == "A harmless mole. Please come back in three months."
