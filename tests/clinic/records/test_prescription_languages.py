"""A signed prescription says in the patient's language what the drug table has words for."""

import pytest

from clinic.models import Consultation, Patient, Prescription, PrescriptionLine
from clinic.records.drugs.table import drug_table
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescription_pdf import print_prescription
from clinic.records.services.prescriptions import save_prescription
from tests.clinic.records.test_drug_languages import ENGLISH, FRENCH
from tests.full_visit import check_by_hand
from tests.papers import text_of


@pytest.fixture
def sign_for(consultation, doctor, patient):
    """Let the doctor sign some lines for a patient who reads a language."""

    def _sign(language, *lines):
        Patient.objects.filter(pk=patient.pk).update(language=language)
        save_prescription(consultation=consultation, actor=doctor, lines=lines)
        Consultation.objects.filter(pk=consultation.pk).update(notes="written")
        check_by_hand(consultation, doctor)
        sign_visit(consultation=consultation, actor=doctor)
        return Prescription.objects.get()

    return _sign


def paper_of(prescription, browser):
    return text_of(browser.get(f"/prescriptions/{prescription.pk}/pdf/"))


@pytest.mark.parametrize("line", [ENGLISH, FRENCH])
def test_the_paper_is_in_the_patients_language_whoever_prints_it(line, sign_for, doctor, sign_in):
    prescription = sign_for("fr", line)
    paper = paper_of(prescription, sign_in(doctor))
    assert "Ordonnance" in paper
    assert "crème 1 %" in paper
    assert "une couche mince, sur la peau, " in paper
    assert "Pas sur le visage." in paper


def test_a_paper_in_another_language_also_says_what_the_doctor_wrote(sign_for, doctor, sign_in):
    paper = paper_of(sign_for("en", FRENCH), sign_in(doctor))
    assert "cream 1 % a thin layer, on the skin, twice a day, 15 days" in paper
    assert (
        "As the doctor wrote it: crème, 1 %, une couche mince, sur la peau, 2x/j, "
        "pendant 15 jours, 2 tubes" in paper
    )


def test_a_paper_in_the_doctors_own_language_says_it_once_and_as_typed(sign_for, doctor, sign_in):
    paper = paper_of(sign_for("fr", FRENCH), sign_in(doctor))
    assert "une couche mince, sur la peau, 2x/j, pendant 15 jours" in paper
    assert paper.count("2x/j") == 1


def test_arabic_lines_are_frozen_at_signing(sign_for):
    sign_for("ar", FRENCH)
    line = PrescriptionLine.objects.get()
    assert line.form == "crème"
    assert line.in_languages["ar"] == {
        "form": "كريم",
        "dose": "طبقة رقيقة",
        "route": "على الجلد",
        "frequency": "مرتين في اليوم",
        "duration": "15 يومًا",
        "quantity": "أنبوبان",
    }
    assert "fr" not in line.in_languages


def test_what_was_signed_before_prints_as_it_was_signed(sign_for, doctor, sign_in):
    prescription = sign_for("en", FRENCH)
    PrescriptionLine.objects.update(in_languages=None)
    paper = paper_of(prescription, sign_in(doctor))
    assert "crème 1 % une couche mince, sur la peau, 2x/j, pendant 15 jours" in paper
    assert "As the doctor wrote it" not in paper


def test_a_later_table_changes_no_signed_paper(sign_for, doctor, sign_in, monkeypatch):
    prescription = sign_for("en", FRENCH)
    before = print_prescription(
        prescription=prescription, actor=doctor, site_url="http://testserver"
    )
    [cream] = [each for each in drug_table().phrases.usual["form"] if each.said("en") == "cream"]
    monkeypatch.setitem(cream.spellings, "en", ("salve",))
    after = print_prescription(
        prescription=prescription, actor=doctor, site_url="http://testserver"
    )
    assert before.pdf == after.pdf


def test_the_patients_page_and_letter_say_it_in_the_patients_language(
    sign_for, consultation, doctor, patient, sign_in
):
    sign_for("en", FRENCH)
    mine = sign_in(patient.user)
    page = mine.get(f"/my/record/{consultation.pk}/").content.decode()
    assert "on the skin" in page
    assert "sur la peau" not in page
    assert "sur la peau" in sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()


def test_a_patient_prints_it_in_the_language_of_the_page(sign_for, patient, sign_in):
    prescription = sign_for("en", FRENCH)
    patient.user.language = "ar"
    patient.user.save()
    paper = paper_of(prescription, sign_in(patient.user))
    assert "Substitution allowed" not in paper
    assert any("\u0600" <= letter <= "\u06ff" for letter in paper)
    assert "As the doctor wrote it" not in paper
