"""The table in docs/data.md matches the site: every model, every field, every claim."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.apps import apps
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection, models
from django.utils import timezone

from clinic.core.encrypted_columns import encrypted_columns
from clinic.core.encrypted_fields import EncryptedMixin
from clinic.models import (
    Appointment,
    Consent,
    Notification,
    NotificationDigest,
    Patient,
    SignUpCode,
    UnsentForm,
    User,
)
from clinic.office.services.erasure import pseudonymise_patient
from clinic.office.services.name_removal import _texts
from clinic.people.services.patients import update_patient
from clinic.people.services.sessions import forget_ended_sessions
from clinic.people.services.sign_up import forget_old_codes
from clinic.people.services.unsent_forms import keep_unsent
from clinic.people.ways_to_patient import steps_to_patient
from clinic.tasks import forget_what_is_over_task
from diagnosis.reviews.services.training_data import COLUMNS
from skinhealth.operations.backup import database

pytestmark = pytest.mark.both_engines

TEXT = Path(settings.BASE_DIR, "docs", "data.md").read_text(encoding="utf-8")
ROWS = {
    cells[0]: cells[1:]
    for cells in (
        [cell.strip() for cell in line.strip("|").split("|")] for line in TEXT.split("\n")
    )
    if re.fullmatch(r"\w+\.\w+(\.\w+)?", cells[0]) and len(cells) == 4
}
ABOUT_NOBODY = set(
    re.findall(r"\b\w+\.[A-Z]\w+\b", TEXT[TEXT.index("These hold nothing about a patient") :])
)
MODELS = {model._meta.label: model for model in apps.get_models()}
# Numbers, choices and days do not contain names.
WORDS = (
    models.CharField,
    models.TextField,
    models.JSONField,
    models.FileField,
    models.GenericIPAddressField,
)


def fields_with_words(model):
    return [
        field
        for field in model._meta.concrete_fields
        if isinstance(field, WORDS)
        and not field.choices
        and not field.is_relation
        and not isinstance(field, models.UUIDField)
        and not (field.primary_key and model is not Session)
    ]


def field_of(place):
    app, model, name = place.split(".")
    return MODELS[f"{app}.{model}"]._meta.get_field(name)


def places(erasure):
    return [place for place, cells in ROWS.items() if place.count(".") == 2 and cells[0] == erasure]


def test_every_model_is_in_the_table():
    known = {place for place in ROWS if place.count(".") == 1}

    assert known | ABOUT_NOBODY == set(MODELS)
    assert not known & ABOUT_NOBODY


def test_every_field_with_words_of_a_person_is_in_the_table():
    expected = {
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        if label not in ABOUT_NOBODY
        for field in fields_with_words(model)
    } | {"clinic.Patient.birth_date"}
    expected -= {"sessions.Session.session_key"}

    assert {place for place in ROWS if place.count(".") == 2} == expected


def test_what_is_called_encrypted_is_and_nothing_else():
    said = {place for place, cells in ROWS.items() if cells[1].startswith("encrypted")}
    by_the_storage = {place for place in said if isinstance(field_of(place), models.FileField)}
    encrypted = {
        f"{label}.{field.name}"
        for label, model in MODELS.items()
        for field in model._meta.local_fields
        if isinstance(field, EncryptedMixin)
    }

    assert said - by_the_storage - {"mfa.Authenticator.data"} == encrypted
    # Key rotation goes through all of them.
    assert len(encrypted_columns(apps)) == len(encrypted)


def test_whatever_leads_to_a_patient_shows_who_viewed_it():
    shown = {place for place, cells in ROWS.items() if cells[2] == "yes" and place.count(".") == 1}
    leading = {
        label
        for label, model in MODELS.items()
        if label.split(".")[0] in {"clinic", "diagnosis"} and steps_to_patient(model)
    }

    assert shown == leading | {"clinic.Patient", "clinic.User"}


def test_names_are_removed_from_the_fields_that_the_table_says():
    read = {f"{model._meta.label}.{name}" for model, _way, names in _texts() for name in names}

    assert set(places("name removed")) == read


@pytest.fixture
def full_record(things, patient, doctor, secretary, sign_in):
    """Return one of everything that belongs to the patient, with the name in every text field."""
    sign_in(patient.user)
    update_patient(
        patient=patient,
        actor=secretary,
        preferred_name="Zwetschge",
        national_id="Zwetschge",
        insurer="Zwetschge",
        emergency_contact="Zwetschge",
        email="zwetschge@example.org",
        phone="+33698765432",
    )
    user = patient.user
    user.phone = "+33698765432"
    user.photograph = "profiles/zwetschge.jpg"
    user.save()
    Appointment.objects.filter(patient=patient).update(status="completed", note="Zwetschge")
    Notification.objects.create(
        recipient=user, kind="booked", url_name="x", object_key="x", fact_key="x"
    )
    NotificationDigest.objects.create(recipient=user, day=timezone.localdate(), unread=1)
    SignUpCode.objects.create(email="zwetschge@example.org")
    keep_unsent(owner=user, place="/my/", fields={"words": "Zwetschge"})
    EmailAddress.objects.create(user=user, email=user.email)
    Authenticator.objects.create(
        user=user, type="webauthn", data={"name": "Zwetschge", "credential": {}}
    )
    key = Session.objects.latest("expire_date").session_key
    UserSession.objects.create(user=user, ip="192.0.2.9", user_agent="Zwetschge", session_key=key)
    return Patient.objects.get(pk=patient.pk)


def test_what_is_called_emptied_or_deleted_is(full_record, admin):
    user = full_record.user
    before = {"clinic.Patient": full_record, "clinic.User": user}
    for place in places("emptied"):
        label, _dot, name = place.rpartition(".")
        if label in before and name != "duplicate_reason":
            assert getattr(before[label], name), place

    pseudonymise_patient(patient=full_record, actor=admin, why="erasure")

    patient = Patient.objects.get(pk=full_record.pk)
    number = patient.record_number
    after = {"clinic.Patient": patient, "clinic.User": User.objects.get(pk=user.pk)}
    pseudonyms = {"", number, number.lower(), f"{number.lower()}@erased.invalid"}
    for place in places("emptied"):
        label, _dot, name = place.rpartition(".")
        if name == "password":
            assert not after[label].has_usable_password()
        elif label in after:
            assert str(getattr(after[label], name)) in pseudonyms, place
    assert set(Appointment.objects.filter(patient=patient).values_list("note", flat=True)) == {""}
    assert not Consent.objects.filter(patient=patient, withdrawn_at=None).exists()
    assert not patient.former_identities.exists()
    for model in (EmailAddress, Authenticator, UserSession, Notification, NotificationDigest):
        of_user = {"recipient" if hasattr(model, "recipient") else "user": user}
        assert not model.objects.filter(**of_user).exists(), model
    assert not SignUpCode.objects.exists()
    assert not UnsentForm.objects.exists()
    assert not any(str(user.pk) in str(each.get_decoded()) for each in Session.objects.all())


def test_no_word_of_the_person_is_left_in_any_table(full_record, admin):
    pseudonymise_patient(patient=full_record, actor=admin, why="erasure")

    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            for row in cursor.fetchall():
                for value in row:
                    assert "zwetschge" not in str(value).lower(), table
                    assert "192.0.2.9" not in str(value), table


def test_the_backup_holds_every_table(db):
    assert {model._meta.db_table for model in MODELS.values()} <= set(database.tables())


def test_the_export_for_training_holds_what_the_table_says():
    assert COLUMNS == (
        "lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization", "dataset",
    )  # fmt: skip


def test_sessions_that_are_over_and_addresses_of_yesterday_are_forgotten(patient, sign_in):
    browser = sign_in(patient.user)
    kept = browser.session.session_key
    over = sign_in(patient.user).session.session_key
    for key in (kept, over):
        UserSession.objects.get_or_create(
            session_key=key, defaults={"user": patient.user, "ip": "192.0.2.9"}
        )
    Session.objects.filter(session_key=over).update(expire_date=timezone.now())
    code = SignUpCode.objects.create(email="yesterday@example.org")
    SignUpCode.objects.filter(pk=code.pk).update(created_at=timezone.now() - timedelta(days=2))
    SignUpCode.objects.create(email="today@example.org")

    forget_what_is_over_task()

    assert set(UserSession.objects.values_list("session_key", flat=True)) == {kept}
    assert not Session.objects.filter(session_key=over).exists()
    assert SignUpCode.objects.get().email == "today@example.org"
    assert (forget_ended_sessions(), forget_old_codes()) == (0, 0)
