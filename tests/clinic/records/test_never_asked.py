"""A question that nobody asked is not shown as “none”, which is an answer in itself."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.models import AuditEvent, Patient
from clinic.records.services.facts import facts_fingerprint, note_condition, note_current_drug

HTMX = {"HX-Request": "true"}


@pytest.fixture
def woman(patient):
    patient.sex = Patient.Sex.FEMALE
    patient.birth_date = date(timezone.localdate().year - 30, 1, 1)
    patient.save()
    return patient


@pytest.fixture
def card(consultation, doctor, sign_in):
    """Return what the visit shows about its patient."""
    browser = sign_in(doctor)
    return lambda: " ".join(
        browser.get(f"/visits/{consultation.pk}/patient/").content.decode().split()
    )


@pytest.fixture
def answer(consultation, doctor, sign_in):
    """Send the form of facts as the page does."""
    browser = sign_in(doctor)

    def _answer(**answers):
        patient = Patient.objects.get()
        data = {"facts_seen": facts_fingerprint(patient), "phototype": "", **answers}
        return browser.post(f"/visits/{consultation.pk}/facts/", data, headers=HTMX)

    return _answer


def test_conditions_drugs_and_pregnancy_that_nobody_asked_say_so(woman, card):
    page = card()
    for words in ("Conditions not asked yet", "Current drugs not asked yet"):
        assert page.count(words) == 2
    assert "Pregnancy not asked yet" in page
    assert "No known conditions <" not in page
    assert "Takes no drugs <" not in page


def test_none_is_said_explicitly_and_the_trail_names_it(woman, answer, card):
    assert answer(has_no_known_conditions="on", takes_no_drugs="on").status_code == 200
    page = card()
    assert "not asked yet" not in page.replace("Allergies not asked yet", "").replace(
        "Pregnancy not asked yet", ""
    )
    event = AuditEvent.objects.get(target_type="clinic.patient", verb=AuditEvent.Verb.UPDATE)
    assert event.detail == {"fields": ["has_no_known_conditions", "takes_no_drugs"]}


def test_a_condition_and_a_drug_take_none_back(consultation, woman, doctor, answer):
    answer(has_no_known_conditions="on", takes_no_drugs="on")
    note_condition(consultation=consultation, actor=doctor, name="Gout")
    note_current_drug(consultation=consultation, actor=doctor, drug="Allopurinol")
    woman.refresh_from_db()
    assert not woman.has_no_known_conditions
    assert not woman.takes_no_drugs


@pytest.mark.parametrize(
    ("none_known", "words"),
    [("has_no_known_conditions", "There are conditions"), ("takes_no_drugs", "There are current")],
)
def test_none_contradicts_a_row_that_holds(none_known, words, consultation, woman, doctor, answer):
    note_condition(consultation=consultation, actor=doctor, name="Gout")
    note_current_drug(consultation=consultation, actor=doctor, drug="Allopurinol")
    response = answer(**{none_known: "on"})
    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_drug_that_is_over_does_not_contradict_taking_none(consultation, woman, doctor, answer):
    yesterday = timezone.localdate() - timedelta(days=1)
    note_current_drug(consultation=consultation, actor=doctor, drug="Iron", until=yesterday)
    assert answer(takes_no_drugs="on").status_code == 200


@pytest.mark.parametrize("said", ["no", "possible", "yes"])
def test_a_pregnancy_keeps_its_answer_and_the_day(said, woman, answer, card):
    answer(pregnancy=said)
    woman.refresh_from_db()
    assert (woman.pregnancy, woman.pregnancy_asked_on) == (said, timezone.localdate())
    assert f"Pregnancy: {woman.get_pregnancy_display()} (asked on" in card()


def test_a_no_of_last_month_has_to_be_asked_again(woman, answer, card):
    long_ago = timezone.localdate() - timedelta(days=29)
    Patient.objects.update(pregnancy="no", pregnancy_asked_on=long_ago)
    assert "Pregnancy not asked since" in card()
    answer(pregnancy="", takes_no_drugs="on")
    woman.refresh_from_db()
    assert woman.pregnancy_asked_on == long_ago
    answer(pregnancy="no", takes_no_drugs="on")
    woman.refresh_from_db()
    assert woman.pregnancy_asked_on == timezone.localdate()


def test_saving_the_phototype_does_not_date_an_answer_anew(woman, answer):
    last_week = timezone.localdate() - timedelta(days=7)
    Patient.objects.update(pregnancy="no", pregnancy_asked_on=last_week)
    answer(pregnancy="no", phototype="3")
    woman.refresh_from_db()
    assert (woman.phototype, woman.pregnancy_asked_on) == (3, last_week)


def test_a_known_pregnancy_counts_at_every_age_and_sex(woman):
    woman.birth_date = date(timezone.localdate().year - 57, 1, 1)
    assert not woman.may_be_pregnant
    woman.pregnancy = "yes"
    assert woman.may_be_pregnant
    woman.sex = Patient.Sex.MALE
    assert woman.may_be_pregnant


def test_a_man_is_not_asked_about_a_pregnancy(woman, card, answer):
    Patient.objects.update(sex=Patient.Sex.MALE)
    assert "regnancy:" not in card()
    assert 'name="pregnancy"' not in card()
    assert answer(takes_no_drugs="on").status_code == 200


def test_an_answer_without_its_day_is_refused_by_the_database(woman):
    with pytest.raises(IntegrityError), transaction.atomic():
        Patient.objects.update(pregnancy="no")
