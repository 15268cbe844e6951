"""What the drug table warns about in a prescription, and how to prescribe despite a warning."""

from functools import partial

import pytest
from django.core.exceptions import ValidationError

from clinic.models import (
    Allergy,
    AuditEvent,
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
    override_warning,
    precautions_of,
)
from clinic.records.services.prescriptions import (
    lines_fingerprint,
    save_prescription,
    stored_lines,
)
from clinic.records.services.visit_guard import VisitSignedError
from tests.clinic.records.drug_findings import write_draft
from tests.full_visit import check_by_hand

HTMX = {"HX-Request": "true"}


def url(consultation):
    return f"/visits/{consultation.pk}/warnings/"


def override_url(consultation):
    return f"/visits/{consultation.pk}/warnings/override/"


def typed(*drugs):
    data = {"lines-TOTAL_FORMS": len(drugs), "lines-INITIAL_FORMS": 0}
    return data | {f"lines-{index}-drug": drug for index, drug in enumerate(drugs)}


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


def test_the_visit_asks_at_once_for_the_warnings_that_say_where_they_are_from(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Isotretinoin", "Doxycycline", "Moon water")
    browser = sign_in(doctor)
    visit = browser.get(f"/visits/{consultation.pk}/").content.decode()
    assert f'hx-post="{url(consultation)}"' in visit
    assert 'hx-trigger="load, drugsChanged from:body"' in visit
    page = browser.post(url(consultation), headers=HTMX).content.decode()
    assert "load, drugsChanged" not in page
    assert "Isotretinoin with Doxycycline: both raise the pressure inside the skull." in page
    assert "Prescribe it anyway" in page
    assert "Not checked: “Moon water” on the prescription." in page
    assert "small local drug table" in page
    assert "not a complete interaction check" in page
    assert f"version {drug_table().version}" in page


def test_the_drug_field_offers_the_table_and_takes_any_text(
    consultation, doctor, sign_in, prescribe
):
    prescribe("Moon water")
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    assert 'list="drug-names"' in page
    assert '<option value="Isotretinoin"' in page
    assert 'data-strength="20 mg"' in page
    assert [each.drug for each in stored_lines(consultation)] == ["Moon water"]


def test_drugs_are_checked_while_they_are_typed_and_nothing_is_stored(
    consultation, man, doctor, sign_in
):
    response = sign_in(doctor).post(
        url(consultation), typed("Methotrexate", "Trimethoprim", "Moon water"), headers=HTMX
    )
    page = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in page
    assert "Methotrexate with Trimethoprim" in page
    assert "Not checked: “Moon water” on the prescription." in page
    assert "once it is saved, it can be ticked here" in page
    assert "Complete the line" in page
    assert not Prescription.objects.exists()


def test_a_line_that_was_removed_is_not_checked(consultation, man, doctor, sign_in):
    data = typed("Methotrexate", "Trimethoprim") | {"lines-1-DELETE": "on"}
    page = sign_in(doctor).post(url(consultation), data, headers=HTMX).content.decode()
    assert "Trimethoprim" not in page


def test_without_scripts_the_stored_lines_are_checked_on_a_page(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Methotrexate", "Trimethoprim")
    page = sign_in(doctor).post(url(consultation)).content.decode()
    assert "<html" in page
    assert "Methotrexate with Trimethoprim" in page


def test_a_warning_without_an_answer_stops_the_signature(
    consultation, man, doctor, prescribe, sign_in
):
    prescription = prescribe("Isotretinoin", "Doxycycline")
    version = Consultation.objects.get().version
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(
            f"/visits/{consultation.pk}/sign/",
            {"version": version, "lines_seen": _seen(consultation)},
            headers=headers,
        )
        page = response.content.decode()
        assert response.status_code == 422
        assert "Say next to the prescription why it is given anyway" in page
        assert "both raise the pressure" in page
    prescription.refresh_from_db()
    assert prescription.status == Prescription.Status.DRAFT
    assert not Consultation.objects.get().is_signed


def _seen(consultation):
    return lines_fingerprint(stored_lines(consultation))


def _key(patient, *drugs):
    [warning] = check_drugs(map(Written, drugs), precautions_of(patient)).warnings
    return warning.key


def test_a_reason_lets_the_signature_pass_and_is_frozen_with_it(
    consultation, man, doctor, prescribe, sign_in
):
    prescription = prescribe("Isotretinoin", "Doxycycline", "Moon water")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    response = sign_in(doctor).post(override_url(consultation), data)
    assert response.url == f"/visits/{consultation.pk}/"
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    override = prescription.overrides.exclude(reason="").get()
    assert override.kind == WarningOverride.Kind.INTERACTION
    assert override.words.startswith("Isotretinoin with Doxycycline: both raise the pressure")
    assert (override.reason, override.overridden_by) == ("Two weeks apart", doctor)
    assert override.table_version == drug_table().version
    prescription.refresh_from_db()
    assert prescription.drug_table_version == drug_table().version
    assert [each.is_in_table for each in prescription.lines.all()] == [True, True, False]
    response = sign_in(doctor).post(
        override_url(consultation), data | {"reason": "Another"}, headers=HTMX
    )
    assert response.status_code == 409
    assert "This visit is signed" in response.content.decode()
    override.refresh_from_db()
    assert override.reason == "Two weeks apart"


def test_the_record_shows_the_reason_the_table_and_what_was_not_checked(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Isotretinoin", "Doxycycline", "Moon water")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    browser = sign_in(doctor)
    browser.post(override_url(consultation), data)
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    page = " ".join(browser.get(f"/visits/{consultation.pk}/").content.decode().split())
    assert "Prescribed anyway by Dora Doctor" in page
    assert "Two weeks apart" in page
    assert page.count("Not in the drug table: no check.") == 1
    assert page.count("Checked by hand by Dora Doctor") == 1
    assert f"Checked with version {drug_table().version} of a small local drug table" in page


def test_a_drug_of_the_table_whose_form_was_not_read_is_said_to_be_just_that(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Tacrolimus")
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    assert "Not in the drug table" not in page
    assert "form and route of “Tacrolimus”" in page


def test_the_trail_keeps_the_kind_of_warning_and_no_words(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Isotretinoin", "Doxycycline")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    sign_in(doctor).post(override_url(consultation), data)
    event = AuditEvent.objects.filter(target_type="clinic.warningoverride").get()
    assert event.detail == {"overridden": "interaction", "table": drug_table().version}


@pytest.mark.parametrize("reason", ["", "   "])
def test_an_override_needs_its_reason(reason, consultation, man, doctor, prescribe, sign_in):
    prescribe("Isotretinoin", "Doxycycline")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": reason}
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(override_url(consultation), data, headers=headers)
        assert response.status_code == 422
        assert "Say in a few words why it is prescribed anyway." in response.content.decode()
    assert not WarningOverride.objects.exists()


def test_a_new_reason_replaces_the_old_one(consultation, man, doctor, prescribe, sign_in):
    prescribe("Isotretinoin", "Doxycycline")
    key = _key(man, "Isotretinoin", "Doxycycline")
    for reason in ("First", "Second"):
        sign_in(doctor).post(override_url(consultation), {"key": key, "reason": reason})
    assert WarningOverride.objects.get().reason == "Second"


def test_a_warning_that_no_longer_stands_cannot_be_overridden(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Isotretinoin")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Kept words"}
    response = sign_in(doctor).post(override_url(consultation), data)
    page = response.content.decode()
    assert response.status_code == 422
    assert "This warning no longer applies" in page
    assert "Kept words" in page


def test_an_override_of_another_pair_is_no_answer(consultation, man, doctor, prescribe, sign_in):
    prescribe("Isotretinoin", "Doxycycline")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    sign_in(doctor).post(override_url(consultation), data)
    prescribe("Acitretin", "Doxycycline")
    response = sign_in(doctor).post(
        f"/visits/{consultation.pk}/sign/", {"version": 0, "lines_seen": _seen(consultation)}
    )
    assert response.status_code == 422
    prescribe("Doxycycline")
    sign_visit(consultation=consultation, actor=doctor)
    assert not WarningOverride.objects.exists()


@pytest.mark.parametrize("substance", ["Pénicilline", "Augmentin", "PCN", "بنسلين"])
def test_an_allergy_in_any_language_stops_the_signature(
    substance, consultation, man, doctor, prescribe
):
    prescribe("Amoxicillin")
    Allergy.objects.create(patient=man, substance=substance)
    with pytest.raises(ValidationError, match="Say next to the prescription why"):
        sign_visit(consultation=consultation, actor=doctor)


def test_warnings_that_have_not_loaded_do_not_look_like_none(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Amoxicillin")
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    block = page[page.index('id="visit-warnings"') :].split("</section>")[0]
    assert "The drugs are not checked yet." in block
    assert "Check now" in block
    assert "hidden>" not in block.split("data-check-failed")[0]


def test_an_allergy_noted_after_the_reason_stops_the_signature(
    consultation, man, doctor, prescribe
):
    prescribe("Amoxicillin")
    Allergy.objects.create(patient=man, substance="Penicillin", code="penicillins")
    with pytest.raises(ValidationError, match="belongs to the penicillins"):
        sign_visit(consultation=consultation, actor=doctor)


def test_a_draft_without_lines_takes_its_overrides_along(
    consultation, man, doctor, prescribe, sign_in
):
    prescribe("Isotretinoin", "Doxycycline")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    sign_in(doctor).post(override_url(consultation), data)
    save_prescription(consultation=consultation, actor=doctor, lines=[])
    assert not WarningOverride.objects.exists()


def test_the_service_overrides_nothing_in_a_signed_visit(consultation, man, doctor, prescribe):
    prescribe("Doxycycline")
    sign_visit(consultation=consultation, actor=doctor)
    with pytest.raises(VisitSignedError):
        override_warning(consultation=consultation, actor=doctor, key="a", reason="b")


@pytest.mark.parametrize("address", [url, override_url])
def test_strangers_find_no_warnings(address, consultation, other_doctor, secretary, sign_in):
    for user in (other_doctor, secretary):
        assert sign_in(user).post(address(consultation), typed("Ibuprofen")).status_code == 404


def test_the_check_costs_no_more_queries_with_more_lines(
    consultation, man, doctor, prescribe, sign_in, django_assert_max_num_queries
):
    browser = sign_in(doctor)
    prescribe("Isotretinoin", "Doxycycline")
    with django_assert_max_num_queries(15) as few:
        browser.post(url(consultation), typed("Isotretinoin", "Doxycycline"), headers=HTMX)
    many = ["Methotrexate", "Trimethoprim", "Ciclosporin", "Simvastatin"]
    prescribe(*many)
    with django_assert_max_num_queries(len(few.captured_queries)):
        browser.post(url(consultation), typed(*many), headers=HTMX)
