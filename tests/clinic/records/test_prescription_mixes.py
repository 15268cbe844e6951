"""No reader gets a dose that is half translated, or whose parts change places in Arabic."""

import re
from dataclasses import replace

import pytest
from django.utils import translation

from clinic.models import PrescriptionLine
from clinic.records.services.prescription_pdf import _paper
from diagnosis.letters.services.visit_report import _prescribed
from tests.clinic.records.test_drug_languages import ENGLISH
from tests.clinic.records.test_prescription_languages import paper_of, sign_for

__all__ = ["sign_for"]

SUNSCREEN = replace(
    ENGLISH,
    drug="Sunscreen SPF 50+",
    form="",
    strength="",
    dose="generously",
    frequency="every two hours outdoors",
    duration="long-term",
    quantity="1 tube of 20 g",
    is_as_needed=True,
    note="Wash your hands afterwards.",
)
FREE = replace(SUNSCREEN, frequency="before every walk")


def page_of(consultation, browser):
    return browser.get(f"/my/record/{consultation.pk}/").content.decode()


@pytest.fixture
def reads(patient, sign_in):
    """Sign the patient in with pages in a language."""

    def _reads(language):
        patient.user.language = language
        patient.user.save()
        return sign_in(patient.user)

    return _reads


def bare(html):
    return " ".join(re.sub(r"<[^>]+>", "", html).split())


def test_a_dose_of_the_tables_phrases_is_said_whole(sign_for, consultation, reads):
    prescription = sign_for("fr", SUNSCREEN)
    use = "généreusement, sur la peau, toutes les 2 heures à l’extérieur, au long cours, si besoin"
    browser = reads("fr")
    paper = paper_of(prescription, browser)
    assert use in paper
    assert (
        "generously, on the skin, every two hours outdoors, long-term, as needed, 1 tube of 20 g"
        in paper
    )
    assert use in bare(page_of(consultation, browser))


@pytest.mark.parametrize("language", ["fr", "ar"])
def test_one_free_part_leaves_the_whole_line_in_the_doctors_words(
    language, sign_for, consultation, reads
):
    prescription = sign_for(language, FREE)
    whole = ["generously", "on the skin", "before every walk", "long-term", "as needed"]
    with translation.override(language):
        [on_paper] = _paper(prescription, language).content["lines"]
        [in_report] = _prescribed(prescription, is_for_patient=True)
    for words in (on_paper["use"], in_report.text):
        assert re.split("[,،] ", re.sub("[\u2066-\u2069]", "", words)) == whole
    page = page_of(consultation, reads(language))
    assert ", ".join(whole) in re.sub("[\u2066-\u2069]", "", page)


def test_as_needed_is_said_in_the_language_of_the_line_and_not_of_the_page(sign_for):
    french = replace(FREE, dose="une couche mince", route="sur la peau", quantity="")
    sign_for("ar", french)
    assert PrescriptionLine.objects.get().use[-1] == "si besoin"


@pytest.mark.parametrize("dose", ["5 mg", "0.5 mg/kg", "2.5 ml", "1–2"])
def test_an_amount_needs_no_translation(dose, sign_for):
    sign_for("fr", replace(SUNSCREEN, dose=dose))
    line = PrescriptionLine.objects.get().in_language("fr")
    assert line.use[:2] == [dose, "sur la peau"]


def test_each_part_keeps_its_direction_on_an_arabic_page(sign_for, consultation, reads):
    sign_for("ar", SUNSCREEN)
    page = page_of(consultation, reads("ar"))
    assert "<bdi>Sunscreen SPF 50+</bdi>" in page
    assert "\u2067\u2068بكمية وفيرة\u2069، \u2068على الجلد\u2069، " in page
    assert "\u2068أنبوب 20 غ\u2069" in page
    assert '<p dir="auto">Wash your hands afterwards.</p>' in page


def test_each_part_keeps_its_direction_on_arabic_papers(sign_for):
    prescription = sign_for("ar", FREE)
    with translation.override("ar"):
        [on_paper] = _paper(prescription, "ar").content["lines"]
        [in_report] = _prescribed(prescription, is_for_patient=True)
    use = "\u2066\u2068generously\u2069, \u2068on the skin\u2069, \u2068before every walk\u2069, "
    assert on_paper["use"].startswith(use)
    assert in_report.text.startswith(use)
    assert on_paper["supply"][0].endswith("\u20681 tube of 20 g\u2069")
    assert in_report.title == "\u2066\u2068Sunscreen SPF 50+\u2069\u2069"
