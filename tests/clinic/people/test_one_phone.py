"""A patient has one phone and one language, whoever changes them and wherever."""

from importlib import import_module

import pytest
from django.apps import apps
from django.urls import reverse

from clinic.models import AuditEvent, FormerIdentity, Patient, User
from clinic.people.services.accounts import NewAccount, create_account, create_patient_account
from clinic.people.services.former_identities import former_values
from clinic.people.services.patients import update_patient
from tests.factories import PatientFactory, UserFactory
from tests.forms import post_seen

PROFILE = reverse("clinic:profile")
OLD, NEW = "+33612345678", "+33687654321"


def known_of(patient):
    """Return what the record and the account say, which must be the same."""
    patient = Patient.objects.select_related("user").get(pk=patient.pk)
    facts = [(str(row.phone), row.language, row.full_name) for row in (patient, patient.user)]
    assert facts[0] == facts[1]
    return facts[0][:2]


def test_what_a_patient_changes_on_the_profile_reaches_the_record(portal, patient):
    assert post_seen(portal, PROFILE, {"phone": NEW, "language": "fr"}).status_code == 302
    assert known_of(patient) == (NEW, "fr")
    event = AuditEvent.objects.get(target_type="clinic.patient", verb="update")
    assert (event.patient, event.actor) == (patient, patient.user)
    assert event.detail == {"fields": ["language", "phone"]}


def test_the_profile_shows_the_phone_of_the_record(portal, patient, secretary):
    update_patient(patient=patient, actor=secretary, phone=NEW)
    form = portal.get(PROFILE).context["form"]
    assert str(form["phone"].value()) == NEW


def test_the_chosen_language_reaches_the_account(portal, patient):
    consents, url = reverse("clinic:my_consents"), reverse("clinic:my_preferences")
    post_seen(portal, url, {"language": "fr"}, on=consents)
    assert known_of(patient) == (OLD, "fr")


def test_a_correction_at_the_desk_reaches_the_account(desk, patient):
    form = desk.get(reverse("clinic:patient_edit", args=[patient.pk])).context["form"]
    typed = {field.html_name: field.value() or "" for field in form}
    desk.post(
        reverse("clinic:patient_edit", args=[patient.pk]),
        typed | {"phone": NEW, "language": "ar", "full_name": "Paula Patient"},
    )
    assert known_of(patient) == (NEW, "ar")


def test_a_correction_of_the_account_reaches_the_record(admin, patient, sign_in):
    url = reverse("clinic:account_edit", args=[patient.user.pk])
    form = sign_in(admin).get(url).context["form"]
    assert str(form["phone"].value()) == OLD
    typed = {field.html_name: field.value() or "" for field in form}
    sign_in(admin).post(url, typed | {"phone": NEW, "language": "fr"})
    assert known_of(patient) == (NEW, "fr")


def test_an_invited_patient_keeps_phone_and_language_of_the_record(secretary):
    patient = PatientFactory(email="new@example.org", language="fr")
    create_patient_account(actor=secretary, patient=patient)
    assert known_of(patient) == (OLD, "fr")


@pytest.mark.parametrize(("typed", "kept"), [("", OLD), (NEW, NEW)])
def test_a_phone_that_is_typed_for_the_login_is_the_patients(admin, typed, kept):
    patient = PatientFactory(email="new@example.org", language="fr")
    account = NewAccount(
        role=User.Role.PATIENT,
        full_name=patient.full_name,
        email="new@example.org",
        language="en",
        phone=typed,
        birth_date=patient.birth_date,
        record_number=patient.record_number,
    )
    create_account(actor=admin, account=account)
    assert known_of(patient) == (kept, "fr")


def agree():
    module = import_module("clinic.migrations.0049_account_says_what_the_record_says")
    module.agree(apps, None)


def test_stores_that_differ_are_brought_together_by_what_was_changed_last(secretary):
    user = UserFactory(phone=NEW, language="fr", full_name="Paul")
    patient = PatientFactory(user=user, phone=OLD, language="en", full_name="Paul")
    AuditEvent.objects.create(
        verb="update", target_type="clinic.user", target_id=str(user.pk),
        detail={"changed": ["phone", "language"]},
    )  # fmt: skip
    AuditEvent.objects.create(
        verb="update", target_type="clinic.patient", target_id=str(patient.pk),
        detail={"fields": ["language"]},
    )  # fmt: skip
    agree()
    assert known_of(patient) == (NEW, "en")
    assert former_values(patient, FormerIdentity.Kind.PHONE) == [OLD]
    agree()
    assert patient.former_identities.count() == 1


def test_where_nothing_is_known_the_persons_own_word_counts(db):
    user = UserFactory(phone="", language="fr", full_name="Paul")
    patient = PatientFactory(user=user, phone=OLD, language="en", full_name="Paul")
    agree()
    assert known_of(patient) == (OLD, "fr")
    assert not patient.former_identities.exists()


@pytest.mark.parametrize("what", ["desk", "profile", "stale account"])
def test_each_telephone_that_gives_way_is_kept_until_the_record_ends(
    portal, patient, secretary, what
):
    if what == "desk":
        update_patient(patient=patient, actor=secretary, phone=NEW)
    elif what == "profile":
        post_seen(portal, PROFILE, {"phone": NEW, "language": "en"})
    else:
        Patient.objects.filter(pk=patient.pk).update(phone=NEW)
        User.objects.filter(pk=patient.user_id).update(phone=OLD)
        update_patient(patient=patient, actor=secretary, phone=NEW)
    assert known_of(patient) == (NEW, "en")
    patient = Patient.objects.get(pk=patient.pk)
    assert former_values(patient, FormerIdentity.Kind.PHONE) == [OLD]
