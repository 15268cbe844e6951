"""An ordinary day of a secretary, a doctor, a patient and an admin, each in a browser."""

import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.utils import timezone
from playwright.sync_api import expect
from pypdf import PdfReader

from clinic.models import (
    Allergy,
    Appointment,
    AppointmentRequest,
    ClinicSettings,
    Consultation,
    Patient,
    Symptom,
    WarningOverride,
)
from clinic.records.services.consultations import sign_visit
from clinic.records.services.phrases import create_template, prescription_content
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.models import Disease
from tests import photographs
from tests.clinic.desk import booked, coming, works
from tests.clinic.portal import decide
from tests.factories import ConsentFactory, PatientFactory
from tests.full_visit import check_by_hand

pytestmark = pytest.mark.django_db(transaction=True)

Status = Appointment.Status
MONDAY = 0
AMOXICILLIN = DraftLine(
    drug="Amoxicillin", dose="1 capsule", frequency="three times a day", duration="7 days"
)


def now():
    return timezone.now().replace(second=0, microsecond=0)


def words_of(page, link):
    """Return the text of the PDF behind a link."""
    answer = page.request.get(link.get_attribute("href"))
    assert answer.ok
    text = "".join(one.extract_text() for one in PdfReader(BytesIO(answer.body())).pages)
    return " ".join(text.split())


def test_a_secretary_receives_patients(
    browser_of, secretary, doctor, other_doctor, patient, other_patient
):
    PatientFactory(full_name="Zoé Müller", search_name="zoe muller")
    booked(doctor, patient, now())
    booked(other_doctor, other_patient, now())
    page = browser_of(secretary)
    page.goto("/desk/")
    page.get_by_role("button", name="Arrived Paul Patient").click()
    expect(page.locator("li[data-status=arrived]")).to_be_visible()

    page.get_by_role("link", name="Waiting room").first.click()
    page.get_by_role("button", name="Did not come Olga Other").click()
    page.get_by_role("button", name="Undo Olga Other").click()
    expect(page.get_by_role("button", name="Did not come Olga Other")).to_be_visible()
    assert Appointment.objects.get(patient=other_patient).status == Status.BOOKED

    page.get_by_role("link", name="Walk-in").click()
    page.get_by_label("Find a patient").fill("zoe muller")
    page.get_by_role("radio", name=re.compile("Zoé Müller")).check()
    page.get_by_label("Doctor", exact=True).select_option(label="Dr Otto Other")
    page.get_by_role("button", name="Add to queue").click()
    expect(page.locator(".board-card", has_text="Zoé Müller")).to_contain_text("waiting 0 min")
    assert Appointment.objects.get(patient__full_name="Zoé Müller").is_walk_in


def test_a_secretary_gives_times(browser_of, secretary, doctor, patient, other_patient):
    day = coming(MONDAY)
    works(doctor, day)
    old = booked(doctor, patient, now() + timedelta(days=1))
    wish = booked(doctor, other_patient, now() + timedelta(days=2), status=Status.REQUESTED)
    AppointmentRequest.objects.create(appointment=wish, first_day=day, last_day=day)
    page = browser_of(secretary)
    page.goto(f"/appointments/{old.pk}/")
    page.get_by_role("link", name="Another time").click()
    page.locator("button[name=slot]").first.click()
    expect(page.get_by_text("Moved to")).to_be_visible()
    assert Appointment.objects.get(rescheduled_from=old).patient == patient

    page.get_by_role("link", name="Requests 1").first.click()
    page.get_by_role("link", name="Olga Other").click()
    page.locator("button[name=slot]").first.click()
    expect(page.get_by_text("Booked:")).to_be_visible()
    expect(page.get_by_text("No requests to answer")).to_be_visible()
    wish.refresh_from_db()
    assert wish.status == Status.BOOKED


def test_a_secretary_registers_somebody_who_is_like_another(
    browser_of, secretary, patient, expected_errors
):
    expected_errors.append("422")
    page = browser_of(secretary)
    page.goto("/patients/new/")
    page.get_by_label("Full name").fill("Paul Patient")
    page.get_by_label("Date of birth").fill(patient.birth_date.isoformat())
    page.get_by_role("button", name="Register", exact=True).click()
    expect(page.get_by_text("Is it one of these?")).to_be_visible()
    page.locator("[name=duplicate_reason]").fill("A cousin of the same name.")
    page.get_by_role("button", name="Register anyway").click()
    expect(page.get_by_role("heading", name="Paul Patient")).to_be_visible()
    assert Patient.objects.filter(full_name="Paul Patient").count() == 2


def test_a_doctor_calls_in_prescribes_against_a_warning_signs_and_prints(
    browser_of, doctor, patient
):
    Allergy.objects.create(patient=patient, substance="Penicillins", code="penicillins")
    create_template(
        actor=doctor,
        kind="prescription",
        owner=doctor,
        name="Erysipelas",
        content=prescription_content([AMOXICILLIN]),
    )
    booked(doctor, patient, now(), status=Status.ARRIVED, arrived_at=timezone.now())
    page = browser_of(doctor)
    page.get_by_role("button", name=re.compile("Open visit")).click()
    page.locator("#visit-notes").get_by_label("Conclusion for the patient").fill("Erysipelas.")

    form, warnings = page.locator("#visit-prescription"), page.locator("#visit-warnings")
    form.locator("summary", has_text="Templates").click()
    form.get_by_role("button", name="Erysipelas").click()
    expect(warnings).to_contain_text("Amoxicillin belongs to the penicillins.")
    warnings.get_by_label("Why is it prescribed anyway?").fill("Tolerated")
    warnings.get_by_role("button", name="Save the reason").click()
    expect(warnings).to_contain_text("Prescribed anyway: Tolerated")
    expect(form.locator("[data-autosave-state]")).to_contain_text("Saved")
    warnings.get_by_label("Nobody has asked which drugs the patient takes.").check()
    warnings.get_by_role("button", name="Confirm what I checked").click()
    expect(warnings).to_contain_text("Checked by")

    page.locator("#visit-sign").get_by_role("button", name="Sign and close").click()
    page.get_by_role("dialog").get_by_role("button", name="Sign and close").click()
    expect(page.get_by_text("The visit is signed and closed.")).to_be_visible()
    page.get_by_role("link", name=re.compile("^Read")).click()
    words = words_of(page, page.get_by_role("link", name="Prescription as PDF"))
    for said in ("Amoxicillin", "three times a day", "Paul Patient", "Dr Dora Doctor"):
        assert said in words
    assert WarningOverride.objects.exclude(reason="").get().reason == "Tolerated"


def test_a_patient_asks_for_a_visit_and_takes_it_back(browser_of, patient, doctor):
    decide(portal_booking="request")
    day = coming(MONDAY)
    page = browser_of(patient.user)
    page.get_by_role("link", name="Ask for a visit").click()
    page.get_by_label("Day", exact=True).fill(day.isoformat())
    page.get_by_role("button", name="Send the request").click()
    expect(page.get_by_text("We have received your request.")).to_be_visible()
    page.get_by_role("button", name=re.compile("^Cancel")).click()
    page.get_by_role("dialog").get_by_role("button", name="Cancel the visit").click()
    expect(page.get_by_text("Your appointment is cancelled.")).to_be_visible()
    assert Appointment.objects.get().status == Status.CANCELLED


def test_a_patient_reads_the_record_and_withdraws_a_consent(
    browser_of, patient, doctor, consultation, secretary
):
    consent = ConsentFactory(patient=patient, recorded_by=secretary)
    line = DraftLine(drug="Cold cream", dose="thin", frequency="daily", duration="7 days")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    Consultation.objects.update(conclusion="Nothing to fear.")
    check_by_hand(Consultation.objects.get(), doctor)
    sign_visit(consultation=Consultation.objects.get(), actor=doctor)
    page = browser_of(patient.user)
    page.get_by_role("link", name="Record").first.click()
    assert "Cold cream" in words_of(page, page.get_by_role("link", name="Prescription"))
    page.locator(".list-row-link").click()
    expect(page.get_by_text("Nothing to fear.")).to_be_visible()

    page.goto("/my/consents/")
    page.get_by_role("link", name="Withdraw Analysis by the model").click()
    page.get_by_role("button", name="Withdraw").click()
    expect(page.get_by_text("Your consent is withdrawn.")).to_be_visible()
    consent.refresh_from_db()
    assert consent.withdrawn_at is not None


def test_an_admin_opens_the_portal_and_adds_to_the_catalogues(browser_of, admin):
    page = browser_of(admin)
    page.get_by_role("link", name="Settings").first.click()
    page.locator("[name=portal_booking][value=instant]").check()
    expect(page.locator("#settings-changes + *, .settings-changes del").first).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("The settings are saved.")).to_be_visible()
    assert ClinicSettings.objects.current().portal_booking == "instant"

    page.get_by_role("link", name="Symptoms").click()
    page.get_by_role("link", name="New symptom").click()
    page.get_by_label("Name", exact=True).fill("Tingling")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The symptom is added.")).to_be_visible()
    assert Symptom.objects.filter(name="Tingling", is_active=True).exists()


def test_an_admin_adds_a_disease_with_a_stage_and_an_image(browser_of, admin):
    page = browser_of(admin)
    page.goto("/atlas/")
    page.get_by_role("link", name="New disease").click()
    page.get_by_label("Name", exact=True).fill("Lupus pernio")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("The disease was added to the catalogue.")).to_be_visible()
    page.get_by_text("Add a stage").click()
    stage = page.locator("form[action$='/stages/']")
    stage.get_by_role("textbox", name="Name", exact=True).fill("Early")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.get_by_role("link", name="Early", exact=True)).to_be_visible()

    page.get_by_role("link", name="Add an image").first.click()
    page.get_by_label("Image").set_input_files(
        {"name": "one.jpg", "mimeType": "image/jpeg", "buffer": photographs.jpeg(seed=1)}
    )
    page.get_by_label("Stage").select_option(label="Early")
    page.get_by_label("Source").fill("Drawn for the atlas")
    page.get_by_label("Licence").fill("CC0")
    page.get_by_role("button", name="Add to the atlas").click()
    expect(page.get_by_text("Drawn for the atlas").first).to_be_visible()
    disease = Disease.objects.get(name="Lupus pernio")
    assert disease.stages.get().name == "Early"
