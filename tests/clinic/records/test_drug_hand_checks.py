"""Unticked checks by hand block the signature."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.models import (
    Consultation,
    Patient,
    Prescription,
    WarningOverride,
)
from clinic.records.drugs.rows import Written
from clinic.records.drugs.table import drug_table
from clinic.records.services.consultations import sign_visit
from clinic.records.services.drug_warnings import (
    check_drugs,
    check_prescription,
    confirm_hand_checks,
    precautions_of,
)
from clinic.records.services.prescriptions import (
    lines_fingerprint,
    stored_lines,
)
from tests.clinic.records.drug_findings import write_draft
from tests.full_visit import check_by_hand

HTMX = {"HX-Request": "true"}


@pytest.fixture
def man(patient):
    """Return the patient, who cannot be pregnant, has no allergy and takes no drugs."""
    patient.sex = Patient.Sex.MALE
    patient.has_no_known_allergies = patient.takes_no_drugs = True
    patient.save()
    return patient


@pytest.fixture
def prescribe(consultation, doctor):
    """Write a draft, in a visit that has notes to sign."""

    return partial(write_draft, consultation, doctor)


def _seen(consultation):
    return lines_fingerprint(stored_lines(consultation))


def _key(patient, *drugs):
    [warning] = check_drugs(map(Written, drugs), precautions_of(patient)).warnings
    return warning.key


def by_hand_url(consultation):
    return f"/visits/{consultation.pk}/warnings/by-hand/"


def open_checks(consultation):
    return check_prescription(Consultation.objects.get(pk=consultation.pk)).by_hand


@pytest.mark.parametrize("headers", [{}, HTMX])
def test_what_could_not_be_checked_stops_the_signature_until_it_is_ticked(
    headers, consultation, man, doctor, prescribe, sign_in
):
    prescription = prescribe("Moon water")
    browser = sign_in(doctor)
    sign = {"version": 0, "lines_seen": _seen(consultation)}
    page = browser.post(f"/visits/{consultation.pk}/sign/", sign, headers=headers)
    assert page.status_code == 422
    assert "Not checked: “Moon water”" in page.content.decode()
    [check] = open_checks(consultation)
    browser.post(by_hand_url(consultation), {"key": check.key}, headers=headers)
    answer = prescription.overrides.get()
    assert (answer.kind, answer.reason) == (WarningOverride.Kind.NOT_CHECKED, "")
    assert (answer.overridden_by, answer.table_version) == (doctor, drug_table().version)
    browser.post(f"/visits/{consultation.pk}/sign/", sign, headers=headers)
    prescription.refresh_from_db()
    assert prescription.status == Prescription.Status.SIGNED


@pytest.mark.parametrize(
    "fact",
    [
        {"has_no_known_allergies": False},
        {"takes_no_drugs": False},
    ],
)
def test_what_nobody_asked_stops_the_signature(fact, consultation, man, doctor, prescribe):
    prescribe("Amoxicillin")
    Patient.objects.update(**fact)
    with pytest.raises(ValidationError, match="Nobody has asked"):
        sign_visit(consultation=consultation, actor=doctor)
    check_by_hand(Consultation.objects.get(), doctor)
    sign_visit(consultation=consultation, actor=doctor)


@pytest.mark.parametrize(
    ("answer", "is_listed"), [("", True), ("no", False), ("possible", False), ("yes", False)]
)
@pytest.mark.parametrize(("drug", "has_rule"), [("Isotretinoin", True), ("Amoxicillin", False)])
def test_a_pregnancy_that_nobody_asked_about_is_listed_where_a_drug_needs_it(
    drug, has_rule, answer, is_listed, consultation, man, prescribe
):
    asked_on = timezone.localdate() if answer else None
    Patient.objects.update(sex="unknown", pregnancy=answer, pregnancy_asked_on=asked_on)
    prescribe(drug)
    words = " ".join(check.words for check in open_checks(consultation))
    assert ("Nobody has asked about pregnancy." in words) == (is_listed and has_rule)


def test_a_check_by_hand_falls_with_any_line_or_fact(consultation, man, doctor, prescribe):
    prescribe("Moon water")
    ticked = {check.key for check in open_checks(consultation)}
    check_by_hand(consultation, doctor)
    prescribe("Moon water", "Amoxicillin")
    assert not ticked & {check.key for check in open_checks(consultation)}
    prescribe("Moon water")
    assert {check.key for check in open_checks(consultation)} == ticked
    man.current_drugs.create(drug="Digoxin")
    assert not ticked & {check.key for check in open_checks(consultation)}
    with pytest.raises(ValidationError, match="Moon water"):
        sign_visit(consultation=consultation, actor=doctor)


def test_ticks_of_an_old_list_and_no_ticks_are_refused(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Moon water")
    [check] = open_checks(consultation)
    browser = sign_in(doctor)
    assert "Select what you have" in browser.post(by_hand_url(consultation)).content.decode()
    prescribe("Sun water")
    response = browser.post(by_hand_url(consultation), {"key": check.key})
    assert response.status_code == 422
    assert "Read the list again" in response.content.decode()
    assert not WarningOverride.objects.exists()


def test_a_warning_is_not_passed_without_its_reason(consultation, man, doctor, prescribe):
    prescribe("Isotretinoin", "Doxycycline")
    key = _key(man, "Isotretinoin", "Doxycycline")
    with pytest.raises(ValidationError):
        confirm_hand_checks(consultation=consultation, actor=doctor, keys=[key])
