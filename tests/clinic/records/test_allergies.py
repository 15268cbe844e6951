"""Allergies, conditions and current drugs: rows that are noted and ended, never deleted."""

import pytest
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.models import Allergy, Appointment, AuditEvent, Condition, CurrentDrug
from clinic.records.services.facts import facts_fingerprint
from tests.factories import AppointmentFactory

HTMX = {"HX-Request": "true"}


def add_url(consultation, kind="allergy"):
    return f"/visits/{consultation.pk}/facts/{kind}/"


def end_url(fact, kind="allergy"):
    return f"/facts/{kind}/{fact.pk}/end/"


def none_known(patient):
    return {
        "facts_seen": facts_fingerprint(patient),
        "phototype": "",
        "has_no_known_allergies": "on",
    }


@pytest.fixture
def allergy(patient, doctor):
    return Allergy.objects.create(
        patient=patient, substance="Penicillins", code="penicillins", noted_by=doctor
    )


def test_an_allergy_of_the_table_is_coded(consultation, doctor, patient, sign_in):
    data = {"substance": "penicillin", "reaction": "hives", "severity": "severe"}
    response = sign_in(doctor).post(add_url(consultation), data)
    assert response.url == f"/visits/{consultation.pk}/"
    allergy = patient.allergies.get()
    assert (allergy.substance, allergy.code) == ("penicillin", "penicillins")
    assert (allergy.reaction, allergy.severity) == ("hives", "severe")
    assert allergy.noted_by == doctor
    event = AuditEvent.objects.get(target_type="clinic.allergy")
    assert (event.verb, event.detail) == (AuditEvent.Verb.CREATE, {})


def test_an_allergy_to_many_drugs_is_noted(consultation, doctor, patient, sign_in):
    named = "Amoxicillin, ibuprofen, allopurinol, doxycycline, fluconazole, ramipril"
    sign_in(doctor).post(add_url(consultation), {"substance": named, "severity": "unknown"})
    assert (patient.allergies.get().substance, patient.allergies.get().code) == (named, "")


def test_an_allergy_outside_the_table_stays_free_text(consultation, doctor, patient, sign_in):
    data = {"substance": "Adhesive plasters", "severity": "unknown"}
    page = sign_in(doctor).post(add_url(consultation), data, headers=HTMX).content.decode()
    assert patient.allergies.get().code == ""
    assert "Adhesive plasters" in page
    assert "(free text)" in page


def test_the_card_shows_it_at_once_and_the_prescription_is_checked_again(
    consultation, doctor, sign_in
):
    data = {"substance": "Latex", "severity": "unknown"}
    response = sign_in(doctor).post(add_url(consultation), data, headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert "<html" not in page
    assert "Latex" in page
    assert "drugsChanged" in response["HX-Trigger"]


def test_a_condition_and_a_current_drug_are_noted(consultation, doctor, patient, sign_in):
    browser = sign_in(doctor)
    browser.post(add_url(consultation, "condition"), {"name": "Gout", "icd10": "m10.9"})
    browser.post(
        add_url(consultation, "drug"),
        {"drug": "Allopurinol", "dose": "300 mg a day", "since": "2025-01-01"},
    )
    assert str(patient.conditions.get()) == "Gout (M10.9)"
    assert str(patient.current_drugs.get()) == "Allopurinol, 300 mg a day"
    page = browser.get(f"/visits/{consultation.pk}/patient/").content.decode()
    assert "Conditions: <bdi>Gout (M10.9)</bdi>" in page
    assert "Current drugs: <bdi>Allopurinol, 300 mg a day</bdi>" in page


@pytest.mark.parametrize(
    ("kind", "data", "field", "sentence"),
    [
        ("allergy", {"reaction": "kept words"}, "allergy_substance", "Name the substance."),
        ("condition", {"icd10": "kept words"}, "condition_name", "Name the condition."),
        ("drug", {"dose": "kept words"}, "drug_drug", "Name the drug."),
    ],
)
def test_what_is_missing_is_said_at_its_field(
    kind, data, field, sentence, consultation, doctor, sign_in
):
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(add_url(consultation, kind), data, headers=headers)
        page = response.content.decode()
        assert response.status_code == 422
        assert sentence in page
        assert f'id="{field}_error"' in page
        assert "kept words" in page
    assert not Allergy.objects.exists()
    assert not Condition.objects.exists()
    assert not CurrentDrug.objects.exists()


def test_a_drug_does_not_end_before_it_began(consultation, doctor, sign_in):
    data = {"drug": "Allopurinol", "since": "2025-02-01", "until": "2025-01-01"}
    response = sign_in(doctor).post(add_url(consultation, "drug"), data)
    assert response.status_code == 422
    assert "The last day is before the first." in response.content.decode()


@pytest.mark.parametrize(
    ("kind", "data"),
    [
        ("allergy", {"substance": "Latex", "severity": "mild"}),
        ("condition", {"name": "Gout"}),
        ("drug", {"drug": "Allopurinol"}),
    ],
)
def test_the_same_thing_noted_twice_is_kept_once(kind, data, consultation, doctor, sign_in):
    browser = sign_in(doctor)
    for _ in range(2):
        browser.post(add_url(consultation, kind), data)
    rows = Allergy.objects.count() + Condition.objects.count() + CurrentDrug.objects.count()
    assert rows == 1


def test_an_allergy_takes_no_known_allergies_back(consultation, doctor, patient, sign_in):
    browser = sign_in(doctor)
    browser.post(f"/visits/{consultation.pk}/facts/", none_known(patient))
    patient.refresh_from_db()
    assert patient.has_no_known_allergies
    browser.post(add_url(consultation), {"substance": "Latex", "severity": "unknown"})
    patient.refresh_from_db()
    assert not patient.has_no_known_allergies


def test_no_known_allergies_contradicts_one_that_holds(
    consultation, doctor, patient, allergy, sign_in
):
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(
            f"/visits/{consultation.pk}/facts/", none_known(patient), headers=headers
        )
        assert response.status_code == 422
        assert "There are allergies: end them with a reason first" in response.content.decode()
    patient.refresh_from_db()
    assert not patient.has_no_known_allergies


def test_no_known_allergies_is_said_explicitly(consultation, doctor, patient, sign_in):
    browser = sign_in(doctor)
    page = browser.get(f"/visits/{consultation.pk}/").content.decode()
    assert "Allergies not asked yet" in page
    response = browser.post(f"/visits/{consultation.pk}/facts/", none_known(patient), headers=HTMX)
    assert "No known allergies" in response.content.decode()


def test_an_allergy_is_ended_with_its_reason_and_stays_in_the_record(
    consultation, doctor, patient, allergy, sign_in
):
    browser = sign_in(doctor)
    response = browser.post(end_url(allergy), {"reason": "Tested: tolerated"})
    assert response.url == f"/visits/{consultation.pk}/"
    allergy.refresh_from_db()
    assert (allergy.ended_by, allergy.ended_reason) == (doctor, "Tested: tolerated")
    assert allergy.ended_at is not None
    page = browser.get(f"/visits/{consultation.pk}/patient/").content.decode()
    assert "Tested: tolerated" in page
    assert "Allergies not asked yet" in page
    response = browser.post(f"/visits/{consultation.pk}/facts/", none_known(patient))
    assert response.status_code == 302


@pytest.mark.parametrize("reason", ["", "   "])
def test_ending_needs_a_reason(reason, consultation, doctor, allergy, sign_in):
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(end_url(allergy), {"reason": reason}, headers=headers)
        assert response.status_code == 422
        assert "Say in a few words why it no longer applies." in response.content.decode()
    allergy.refresh_from_db()
    assert allergy.is_active


def test_a_second_click_on_end_keeps_the_first_reason(consultation, doctor, allergy, sign_in):
    for reason in ("First", "Second"):
        sign_in(doctor).post(end_url(allergy), {"reason": reason})
    allergy.refresh_from_db()
    assert allergy.ended_reason == "First"


def test_without_an_open_visit_nothing_is_ended(consultation, doctor, allergy, sign_in):
    type(consultation).objects.update(signed_at=timezone.now(), signed_by=doctor)
    response = sign_in(doctor).post(end_url(allergy), {"reason": "Tested"}, follow=True)
    assert "you have no open visit with this patient" in response.content.decode()
    allergy.refresh_from_db()
    assert allergy.is_active


def test_a_signed_visit_takes_no_allergy(consultation, doctor, sign_in):
    type(consultation).objects.update(signed_at=timezone.now(), signed_by=doctor)
    data = {"substance": "Latex", "severity": "unknown"}
    response = sign_in(doctor).post(add_url(consultation), data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "This visit is signed" in page
    assert "Latex" in page
    assert not Allergy.objects.exists()


def test_an_unknown_kind_of_fact_is_not_there(consultation, doctor, allergy, sign_in):
    browser = sign_in(doctor)
    assert browser.post(add_url(consultation, "star-sign")).status_code == 404
    assert browser.post(end_url(allergy, "star-sign")).status_code == 404


def test_strangers_find_no_facts(consultation, allergy, other_doctor, secretary, admin, sign_in):
    for user in (other_doctor, secretary, admin):
        browser = sign_in(user)
        assert browser.post(add_url(consultation), {"substance": "Latex"}).status_code == 404
        assert browser.post(end_url(allergy), {"reason": "a"}).status_code == 404


def test_another_doctor_in_care_reads_the_facts_but_adds_none(
    consultation, allergy, other_doctor, patient, sign_in
):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Appointment.Status.NO_SHOW
    )
    browser = sign_in(other_doctor)
    assert "Penicillins" in browser.get(f"/visits/{consultation.pk}/").content.decode()
    assert browser.post(add_url(consultation), {"substance": "Latex"}).status_code == 403


@pytest.mark.parametrize("page", ["visit", "patient", "prescription", "notes"])
def test_the_amber_bar_stands_on_every_clinical_page(
    page, consultation, doctor, patient, allergy, sign_in
):
    browser = sign_in(doctor)
    pages = {
        "visit": lambda: browser.get(f"/visits/{consultation.pk}/"),
        "patient": lambda: browser.get(f"/patients/{patient.pk}/"),
        "prescription": lambda: browser.post(f"/visits/{consultation.pk}/prescription/", {}),
        "notes": lambda: browser.post(f"/visits/{consultation.pk}/save/", {}),
    }
    html = pages[page]().content.decode()
    assert 'class="allergy-bar"' in html
    assert "Penicillins" in html


def test_the_desk_sees_no_allergy(secretary, patient, allergy, sign_in):
    url = reverse("clinic:patient_detail", args=[patient.pk])
    page = sign_in(secretary).get(url).content.decode()
    assert "llerg" not in page
    assert "Penicillins" not in page


@pytest.mark.parametrize(
    "end",
    [
        {"ended_at": timezone.now()},
        {"ended_reason": "No one says when"},
    ],
)
def test_an_end_without_who_or_why_is_refused_by_the_database(end, allergy):
    with pytest.raises(IntegrityError), transaction.atomic():
        Allergy.objects.filter(pk=allergy.pk).update(**end)


def test_more_facts_cost_no_more_queries(
    consultation, doctor, patient, sign_in, django_assert_max_num_queries
):
    browser = sign_in(doctor)

    def add(number):
        words = {"ended_at": timezone.now(), "ended_by": doctor, "ended_reason": "a"}
        Allergy.objects.create(patient=patient, substance=f"Substance {number}")
        Allergy.objects.create(patient=patient, substance=f"Earlier {number}", **words)
        Condition.objects.create(patient=patient, name=f"Condition {number}")
        CurrentDrug.objects.create(patient=patient, drug=f"Drug {number}")

    add(0)
    with django_assert_max_num_queries(15) as one:
        browser.get(f"/visits/{consultation.pk}/patient/")
    for number in range(1, 5):
        add(number)
    with django_assert_max_num_queries(len(one.captured_queries)):
        browser.get(f"/visits/{consultation.pk}/patient/")
