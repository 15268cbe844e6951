"""A signed prescription on paper: what it says, who gets it, and what the trail keeps of it."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from io import BytesIO

import pytest
from pypdf import PdfReader

from clinic.models import Allergy, AuditEvent, Consultation, IssuedDocument, Patient, Prescription
from clinic.records.drugs.table import drug_table
from clinic.records.services.consultations import sign_visit
from clinic.records.services.drug_warnings import check_prescription, override_warning
from clinic.records.services.prescriptions import DraftLine, revoke_prescription, save_prescription
from tests.full_visit import check_by_hand
from tests.papers import address_on, pages_of, text_of

CREAM = DraftLine(
    drug="Hydrocortisone",
    form="cream",
    strength="1 %",
    dose="a thin layer",
    route="on the skin",
    frequency="twice a day",
    duration="2 weeks",
    quantity="30 g",
    refills=2,
    is_substitution_allowed=False,
    is_as_needed=True,
    note="Not on the face.",
)
# Twelve drugs that the table does not know, so there are no warnings.
MANY = [replace(CREAM, drug=f"Cold cream {number}") for number in range(12)]
TABLET = DraftLine(drug="Ibuprofen", dose="1 tablet", frequency="daily", duration="5 days")


def url(prescription):
    return f"/prescriptions/{prescription.pk}/pdf/"


@pytest.fixture
def prescribe(consultation, doctor):
    """Let the doctor prescribe some lines and sign the visit."""

    def _prescribe(*lines):
        save_prescription(consultation=consultation, actor=doctor, lines=lines)
        Consultation.objects.filter(pk=consultation.pk).update(notes="written")
        check_by_hand(consultation, doctor)
        sign_visit(consultation=consultation, actor=doctor)
        return Prescription.objects.get()

    return _prescribe


@pytest.fixture
def signed(prescribe):
    """Return a prescription with two lines, signed on a known day."""
    prescription = prescribe(CREAM, TABLET)
    prescription.signed_at = datetime(2026, 11, 24, 9, 5, tzinfo=UTC)
    prescription.save()
    return prescription


@pytest.fixture
def mine(sign_in, patient):
    return sign_in(patient.user)


def test_the_paper_says_who_prescribed_what_for_whom(signed, doctor, patient, mine, settings):
    settings.CLINIC_NAME = "Clinique Saint-Élie"
    settings.CLINIC_PHONE = "+33 1 23 45 67 89"
    settings.CLINIC_ADDRESS = "12 rue de la Paix, 75002 Paris"
    doctor.doctor.speciality, doctor.doctor.licence_number = "Dermatology", "75-1234"
    doctor.doctor.save()
    text = text_of(mine.get(url(signed)))
    for words in (
        "Clinique Saint-Élie 12 rue de la Paix, 75002 Paris", "+33 1 23 45 67 89",
        "Dr Dora Doctor", "Dermatology",
        "Licence 75-1234", patient.full_name, "17 May 1980", patient.record_number,
        "Prescription", "24 November 2026", "Page 1 of 1",
    ):  # fmt: skip
        assert words in text


def test_every_line_says_how_the_drug_is_taken(signed, mine):
    text = text_of(mine.get(url(signed)))
    assert (
        "1 Hydrocortisone cream 1 % a thin layer, on the skin, twice a day, 2 weeks, as needed "
        "Quantity: 30 g · 2 refills · No substitution Not on the face." in text
    )
    assert "2 Ibuprofen 1 tablet, daily, 5 days No refills · Substitution allowed" in text


def test_the_signature_has_a_name_and_the_time_by_the_clinics_clock(signed, mine, settings):
    settings.TIME_ZONE = "Europe/Paris"
    text = text_of(mine.get(url(signed)))
    assert "Dr Dora Doctor Signed on 24 November 2026, 10:05" in text


def test_a_long_prescription_numbers_its_pages_and_names_the_patient_on_each(
    prescribe, patient, mine
):
    prescription = prescribe(*MANY)
    pages = pages_of(mine.get(url(prescription)))
    assert len(pages) == 2
    for number, page in enumerate(pages, start=1):
        assert f"Page {number} of 2" in page
        assert patient.full_name in page
        assert patient.record_number in page
    assert "Signed on" not in pages[0]
    assert "Signed on" in pages[1]


@pytest.mark.parametrize(
    "written",
    ['#read("x")', "*bold* _slanted_ $x^2$", "\\u{41} // gone /* gone */", "= Title <a> @b 'q' --"],
)
def test_what_people_write_is_never_read_as_markup(written, prescribe, patient, mine):
    Patient.objects.filter(pk=patient.pk).update(full_name=written)
    prescription = prescribe(DraftLine(written, dose=written, frequency="1", duration="1"))
    text = text_of(mine.get(url(prescription)))
    assert text.count(written) == 3


def test_names_keep_their_accents(prescribe, patient, mine):
    name = "Zoë Müller-Šťastná Ångström Łukasz Çelik"
    Patient.objects.filter(pk=patient.pk).update(full_name=name)
    assert name in text_of(mine.get(url(prescribe(TABLET))))


def test_the_paper_can_be_read_aloud(signed, mine):
    reader = PdfReader(BytesIO(mine.get(url(signed)).content))
    root = reader.trailer["/Root"]
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en"
    assert reader.metadata.title == "Prescription"


def test_the_file_name_says_nothing_of_the_patient_and_nobody_keeps_the_file(signed, mine):
    response = mine.get(url(signed))
    assert response["Content-Disposition"] == 'attachment; filename="prescription-2026-11-24.pdf"'
    assert response["Cache-Control"] == "private, no-store"


def test_the_same_prescription_is_the_same_file_with_the_same_token(signed, mine, doctor, sign_in):
    first = mine.get(url(signed))
    second = sign_in(doctor).get(url(signed))
    assert first.content == second.content
    document = IssuedDocument.objects.get()
    assert address_on(first) == f"http://testserver/verify/{document.token}/"
    assert document.issued_at == signed.signed_at


def test_the_token_cannot_be_guessed_from_what_is_known(signed, mine):
    mine.get(url(signed))
    document = IssuedDocument.objects.get()
    assert re.fullmatch(r"[\w-]{22}", document.token)
    assert str(document.pk) not in document.token
    assert str(signed.pk) not in document.token


def test_a_draft_is_not_printed(consultation, doctor, patient, sign_in):
    draft = save_prescription(consultation=consultation, actor=doctor, lines=[CREAM])
    response = sign_in(doctor).get(url(draft))
    assert response.status_code == 409
    assert "This prescription is a draft" in response.content.decode()
    assert sign_in(patient.user).get(url(draft)).status_code == 404
    assert not IssuedDocument.objects.exists()
    assert not AuditEvent.objects.filter(verb="download").exists()


def test_a_revoked_prescription_says_so_across_every_page(prescribe, doctor, mine):
    prescription = prescribe(*MANY)
    before = mine.get(url(prescription))
    revoke_prescription(prescription=prescription, actor=doctor, reason="Rash after two days")
    after = mine.get(url(prescription))
    assert "REVOKED" not in text_of(before)
    assert all("REVOKED" in page for page in pages_of(after))
    assert "It is no longer valid." in text_of(after)
    assert "Rash" not in text_of(after)
    assert address_on(after) == address_on(before)


def test_every_download_is_in_the_trail(signed, doctor, patient, mine, sign_in):
    mine.get(url(signed))
    sign_in(doctor).get(url(signed))
    document = IssuedDocument.objects.get()
    events = AuditEvent.objects.filter(verb="download").order_by("pk")
    assert [event.actor for event in events] == [patient.user, doctor]
    for event in events:
        assert (event.patient, event.target_id) == (patient, str(document.pk))
        assert event.detail == {"kind": "prescription", "sha256": document.content_sha256}


def test_strangers_find_no_paper(
    signed, client, other_doctor, secretary, admin, other_patient, sign_in
):
    assert client.get(url(signed)).status_code == 302
    for stranger in (other_doctor, secretary, admin, other_patient.user):
        response = sign_in(stranger).get(url(signed))
        assert response.status_code == 404
        assert "Hydrocortisone" not in response.content.decode()
    assert not IssuedDocument.objects.exists()


def test_printing_asks_the_database_for_little(signed, mine, django_assert_max_num_queries):
    with django_assert_max_num_queries(11):
        mine.get(url(signed))


def test_the_doctor_finds_the_paper_on_the_visit_and_on_the_patients_page(
    signed, doctor, patient, sign_in
):
    browser = sign_in(doctor)
    for page in (f"/visits/{signed.consultation_id}/", f"/patients/{patient.pk}/"):
        assert f'href="{url(signed)}"' in browser.get(page).content.decode()


def test_the_patient_finds_the_paper_in_the_record_and_in_the_letter(signed, mine):
    for page in ("/my/record/", f"/my/record/{signed.consultation_id}/"):
        assert f'href="{url(signed)}"' in mine.get(page).content.decode()


def test_a_draft_is_not_offered(consultation, doctor, patient, sign_in):
    draft = save_prescription(consultation=consultation, actor=doctor, lines=[CREAM])
    browser = sign_in(doctor)
    for page in (f"/visits/{consultation.pk}/", f"/patients/{patient.pk}/"):
        assert url(draft) not in browser.get(page).content.decode()


def test_a_warning_and_why_it_was_overridden_stand_on_the_paper(
    consultation, doctor, patient, prescribe, mine
):
    Allergy.objects.create(patient=patient, substance="Penicillin", code="penicillins")
    line = DraftLine(drug="Amoxicillin", dose="1 capsule", frequency="daily", duration="5 days")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    [warning] = check_prescription(consultation).warnings
    override_warning(
        consultation=consultation, actor=doctor, key=warning.key, reason='Tolerated #read("x")'
    )
    text = text_of(mine.get(url(prescribe(line))))
    assert "Prescribed despite a warning" in text
    assert "Amoxicillin belongs to the penicillins. Recorded allergy: Penicillin." in text
    assert 'Reason: Tolerated #read("x")' in text
    assert "Dora Doctor" in text
    assert f"drug table {drug_table().version}" in text
    assert "Nobody has asked" not in text
    assert "a small local drug table, not a complete interaction check" in text


def test_a_prescription_without_a_warning_says_nothing_of_one(signed, mine):
    assert "warning" not in text_of(mine.get(url(signed)))
