"""How long notes and their words may be."""

import pytest
from bs4 import BeautifulSoup
from django.apps import apps
from django.core.exceptions import ValidationError
from django.urls import reverse

from clinic.core.encrypted_fields import EncryptedTextField
from clinic.core.text_bounds import LONGEST_TEXT, LONGEST_WORD, refuse_endless_words

LONG_TEXTS = [
    field
    for model in apps.get_models()
    for field in model._meta.fields
    if isinstance(field, EncryptedTextField)
]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        (
            "word " * (LONGEST_TEXT // 5) + "more words",
            "Too long by 10 characters: at most 10000 fit here.",
        ),
        ("x" * (LONGEST_WORD + 1), "One word has more than 200 characters."),
    ],
    ids=["text", "word"],
)
def test_a_note_that_is_too_long_is_refused_at_its_field_and_stays_on_the_page(
    consultation, doctor, sign_in, written, said
):
    response = sign_in(doctor).post(
        reverse("clinic:visit_save", args=[consultation.pk]),
        {"version": consultation.version, "notes": written, "plan": "To be watched."},
        headers={"HX-Request": "true"},
    )
    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 422
    assert said in page.select_one("#notes_notes_error").text
    assert written.strip() in page.select_one("textarea[name=notes]").text
    consultation.refresh_from_db()
    assert consultation.notes != written


@pytest.mark.parametrize("field", LONG_TEXTS, ids=str)
def test_no_clinical_text_is_without_a_bound(field):
    for written in ("word " * LONGEST_TEXT, "x" * (LONGEST_WORD + 1)):
        with pytest.raises(ValidationError):
            field.run_validators(written)


@pytest.mark.parametrize(
    "sentence", ["病人手臂皮疹" * 100, "ผู้ป่วยมีผื่น" * 100, "x" * LONGEST_WORD, "a b " * 900]
)
def test_a_script_without_spaces_has_no_endless_words(sentence):
    refuse_endless_words(sentence)


@pytest.mark.parametrize("url", ["diagnosis:visit", "clinic:visit_patient"])
def test_the_browser_cuts_no_clinical_text_that_is_pasted(consultation, doctor, sign_in, url):
    page = sign_in(doctor).get(reverse(url, args=[consultation.pk]))
    forms = BeautifulSoup(page.content, "html.parser").select("form[method=post]")
    assert forms
    assert not [
        field["name"] for form in forms for field in form.select("[maxlength]:not([type=search])")
    ]


def test_a_line_that_is_too_long_says_so_and_stays_whole(consultation, doctor, sign_in):
    note = "word " * 50 + "end"
    response = sign_in(doctor).post(
        reverse("clinic:prescription_save", args=[consultation.pk]),
        {
            "lines-TOTAL_FORMS": "1",
            "lines-INITIAL_FORMS": "0",
            "lines-0-drug": "Hydrocortisone",
            "lines-0-dose": "thin",
            "lines-0-frequency": "daily",
            "lines-0-duration": "5 days",
            "lines-0-note": note,
            "lines_seen": "",
        },
        headers={"HX-Request": "true"},
    )
    page = BeautifulSoup(response.content, "html.parser")
    assert response.status_code == 422
    field = page.select_one("[name=lines-0-note]")
    assert field["value"] == note
    assert "at most 200 characters (it has 253)" in page.text
