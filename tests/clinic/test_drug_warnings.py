"""What the table of drugs says against a prescription, and what it takes to prescribe anyway."""

from datetime import date, timedelta

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from clinic.drugs import drug_table
from clinic.models import (
    Allergy,
    AuditEvent,
    Consultation,
    CurrentDrug,
    Patient,
    Prescription,
    WarningOverride,
)
from clinic.services.consultations import sign_visit
from clinic.services.drug_warnings import check_drugs, override_warning, precautions_of
from clinic.services.prescriptions import (
    DraftLine,
    lines_fingerprint,
    save_prescription,
    stored_lines,
)
from clinic.services.visit_guard import VisitSignedError

HTMX = {"HX-Request": "true"}


def url(consultation):
    return f"/visits/{consultation.pk}/warnings/"


def override_url(consultation):
    return f"/visits/{consultation.pk}/warnings/override/"


def typed(*drugs):
    data = {"lines-TOTAL_FORMS": len(drugs), "lines-INITIAL_FORMS": 0}
    return data | {f"lines-{index}-drug": drug for index, drug in enumerate(drugs)}


def line(drug):
    return DraftLine(drug=drug, dose="1", frequency="daily", duration="5 days")


@pytest.fixture
def man(patient):
    """The patient, who cannot be pregnant."""
    patient.sex = Patient.Sex.MALE
    patient.save()
    return patient


@pytest.fixture
def prescribe(consultation, doctor):
    """Writes a draft, in a visit that has notes to sign."""

    def _prescribe(*drugs):
        lines = [line(drug) for drug in drugs]
        save_prescription(consultation=consultation, actor=doctor, lines=lines)
        Consultation.objects.filter(pk=consultation.pk).update(notes="written")
        return Prescription.objects.get()

    return _prescribe


def warnings_for(patient, *drugs):
    return [warning.words for warning in check_drugs(drugs, precautions_of(patient)).warnings]


def kinds_for(patient, *drugs):
    return [warning.kind for warning in check_drugs(drugs, precautions_of(patient)).warnings]


def test_every_rule_of_the_table_speaks_of_a_drug_that_is_in_it():
    table = drug_table()
    terms = {term for drug in table.drugs for term in drug.terms}
    substances = {term for drug in table.drugs for term in drug.substances}
    for rule in table.interactions:
        assert {rule.first, rule.second} <= terms
    for rule in table.cross_reactions:
        assert {rule.first, rule.second} <= substances
    assert {term for _word, term in table.also_called} <= substances
    assert len({drug.name.lower() for drug in table.drugs}) == len(table.drugs) >= 60


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("isotretinoin", "Isotretinoin"),
        ("Isotretinoin 20 mg capsules", "Isotretinoin"),
        ("  ivermectin   cream ", "Ivermectin cream"),
        ("Ivermectin", "Ivermectin"),
        ("Co-trimoxazole", "Trimethoprim and sulfamethoxazole"),
        ("Calcipotriol and betamethasone", "Calcipotriol and betamethasone"),
    ],
)
def test_a_drug_is_found_as_a_doctor_writes_it(written, name):
    assert drug_table().find(written).name == name


@pytest.mark.parametrize("written", ["", "Sunscreen SPF 50+", "Isotretinoinum", "Amoxi"])
def test_a_drug_outside_the_table_is_not_guessed(written):
    assert drug_table().find(written) is None


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("Isotretinoin", "Doxycycline"),
        ("Lymecycline", "Acitretin"),
        ("Methotrexate", "Trimethoprim"),
        ("Methotrexate", "Co-trimoxazole"),
        ("Ciclosporin", "Simvastatin"),
        ("Azathioprine", "Allopurinol"),
        ("Itraconazole", "Simvastatin"),
    ],
)
@pytest.mark.django_db
def test_drugs_that_do_not_go_together_are_named(first, second, man):
    assert kinds_for(man, first, second) == ["interaction"]
    CurrentDrug.objects.create(patient=man, drug=second)
    assert kinds_for(man, first) == ["interaction"]
    assert "which the patient takes" in warnings_for(man, first)[0]


@pytest.mark.django_db
def test_what_stays_on_the_skin_meets_no_other_drug(man):
    assert warnings_for(man, "Ketoconazole shampoo", "Simvastatin") == []
    assert warnings_for(man, "Tretinoin cream", "Doxycycline") == []


@pytest.mark.parametrize(
    ("allergy", "drug", "words"),
    [
        ("Amoxicillin", "Co-amoxiclav", "contains amoxicillin"),
        ("Penicillin", "Amoxicillin", "belongs to the penicillins"),
        ("Amoxicillin", "Flucloxacillin", "belongs to the penicillins"),
        ("Penicillins", "Cefalexin", "one in fifty"),
        ("Rash after penicillin as a child", "Amoxicillin", "belongs to the penicillins"),
        ("Sulfonamides", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("sulfamethoxazole", "Silver sulfadiazine", "belongs to the sulfonamides"),
        ("Neomycin", "Neomycin and betamethasone", "contains neomycin"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_warns_by_ingredient_class_and_across_classes(allergy, drug, words, man):
    Allergy.objects.create(
        patient=man, substance=allergy, code=drug_table().code_of(allergy), reaction="hives"
    )
    [said] = warnings_for(man, drug)
    assert words in said
    assert allergy in said
    assert "hives" in said


@pytest.mark.parametrize(
    ("allergy", "drug"),
    [
        ("Clarithromycin", "Itraconazole"),
        ("Latex", "Amoxicillin"),
        ("Ciclosporin", "Methotrexate"),
        ("Cephalosporins", "Doxycycline"),
    ],
)
@pytest.mark.django_db
def test_an_allergy_to_something_else_does_not_warn(allergy, drug, man):
    Allergy.objects.create(patient=man, substance=allergy, code=drug_table().code_of(allergy))
    assert warnings_for(man, drug) == []


@pytest.mark.django_db
def test_an_allergy_that_was_ended_does_not_warn(man, doctor):
    Allergy.objects.create(
        patient=man,
        substance="penicillins",
        code="penicillins",
        ended_at=timezone.now(),
        ended_by=doctor,
        ended_reason="Tested: tolerated",
    )
    assert warnings_for(man, "Amoxicillin") == []


@pytest.mark.django_db
def test_the_same_ingredient_twice_is_named(man):
    assert kinds_for(man, "Clobetasol", "Clobetasol") == ["duplicate"]
    said = warnings_for(man, "Calcipotriol and betamethasone", "Betamethasone")
    assert said == [
        "betamethasone is prescribed twice: in Calcipotriol and betamethasone and in Betamethasone."
    ]


@pytest.mark.django_db
def test_what_the_patient_takes_already_is_named(man):
    CurrentDrug.objects.create(patient=man, drug="Cetirizine 10 mg")
    assert kinds_for(man, "Cetirizine") == ["duplicate"]


@pytest.mark.django_db
def test_a_drug_taken_until_yesterday_is_no_current_one(man):
    yesterday = timezone.localdate() - timedelta(days=1)
    CurrentDrug.objects.create(patient=man, drug="Doxycycline", until=yesterday)
    assert warnings_for(man, "Isotretinoin") == []


@pytest.mark.parametrize(
    ("sex", "age", "is_warned"),
    [
        ("female", 11, False),
        ("female", 12, True),
        ("female", 55, True),
        ("female", 56, False),
        ("male", 30, False),
        ("unknown", 30, True),
    ],
)
@pytest.mark.parametrize("drug", ["Isotretinoin", "Acitretin", "Methotrexate", "Tretinoin cream"])
@pytest.mark.django_db
def test_a_pregnancy_is_thought_of_by_age_unless_the_record_says_male(
    drug, sex, age, is_warned, patient
):
    patient.sex = sex
    patient.birth_date = date(timezone.localdate().year - age, 1, 1)
    assert kinds_for(patient, drug) == (["pregnancy"] if is_warned else [])


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
    assert "no check of Moon water" in page
    assert "small local table" in page
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
    assert "no check of Moon water" in page
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
        assert "Say beside the prescription why it is given anyway" in page
        assert "both raise the pressure" in page
    prescription.refresh_from_db()
    assert prescription.status == Prescription.Status.DRAFT
    assert not Consultation.objects.get().is_signed


def _seen(consultation):
    return lines_fingerprint(stored_lines(consultation))


def _key(patient, *drugs):
    [warning] = check_drugs(drugs, precautions_of(patient)).warnings
    return warning.key


def test_a_reason_lets_the_signature_pass_and_is_frozen_with_it(
    consultation, man, doctor, prescribe, sign_in
):
    prescription = prescribe("Isotretinoin", "Doxycycline", "Moon water")
    data = {"key": _key(man, "Isotretinoin", "Doxycycline"), "reason": "Two weeks apart"}
    response = sign_in(doctor).post(override_url(consultation), data)
    assert response.url == f"/visits/{consultation.pk}/"
    sign_visit(consultation=consultation, actor=doctor)
    override = prescription.overrides.get()
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
    sign_visit(consultation=consultation, actor=doctor)
    page = " ".join(browser.get(f"/visits/{consultation.pk}/").content.decode().split())
    assert "Prescribed anyway by Dora Doctor" in page
    assert "Two weeks apart" in page
    assert page.count("Not in the table of drugs: no check.") == 1
    assert f"Checked with version {drug_table().version} of a small local table" in page


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
    assert "This warning no longer stands" in page
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
