"""The writer is told what papers cannot show: at the field, and again before signing."""

import re
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from django.conf import settings
from django.test import Client
from django.urls import reverse

from clinic.core.papers import glyphs
from clinic.models import Consultation
from clinic.records.services.prescriptions import DraftLine, save_prescription

SCRIPT = Path(settings.BASE_DIR / "static" / "js" / "glyphs.js").read_text()


def notice_on(response):
    notice = BeautifulSoup(response.content, "html.parser").select_one("[data-glyph-notice]")
    return " ".join(notice.text.split()) if notice else None


@pytest.fixture
def his(sign_in, doctor):
    return sign_in(doctor)


@pytest.mark.django_db
def test_a_field_says_what_papers_cannot_show():
    response = Client().post("/glyphs/", {"text": "a \uf0b7 b \u2028 \x01"})
    assert notice_on(response) == "Papers cannot show U+F0B7, U+0001. They print � instead."
    assert "csrftoken" not in response.cookies


@pytest.mark.parametrize("text", ["Paul 李 Mercier", "🙂", "أحمد", "a\r\nb", ""])
@pytest.mark.django_db
def test_a_field_says_nothing_of_what_papers_show(text):
    response = Client().post("/glyphs/", {"text": text})
    assert (response.status_code, notice_on(response)) == (200, None)


def test_a_long_list_is_cut_off():
    sentence = glyphs.loss_in_words("".join(chr(0xE000 + number) for number in range(9)))
    assert "U+E004 …" in sentence
    assert "U+E005" not in sentence


def test_what_a_page_does_not_ask_about_is_drawn():
    [common] = re.findall(r"COMMON = /\^\[\\s(.+)\]\*\$/", SCRIPT)
    asked_of_nobody = re.compile(f"[{common}]")
    letters = [chr(code) for code in range(0x3000) if asked_of_nobody.match(chr(code))]
    assert len(letters) > 400
    assert all(map(glyphs._one_font_has, letters))
    assert all(map(glyphs._COMMON.fullmatch, letters))


def test_a_visit_says_it_again_where_it_is_signed(consultation, his):
    address = reverse("diagnosis:visit", args=[consultation.pk])
    assert notice_on(his.get(address)) is None
    Consultation.objects.filter(pk=consultation.pk).update(plan="\uf0b7 rest")
    page = his.get(address)
    assert "U+F0B7" in notice_on(page)
    form = BeautifulSoup(page.content, "html.parser").select_one("#visit-sign-form")
    assert form.select_one("[data-glyph-notice]")
    assert "U+F0B7" in notice_on(his.get(reverse("clinic:visit_sign", args=[consultation.pk])))


def test_a_visit_says_it_of_its_prescription_and_of_the_patients_name(
    consultation, doctor, patient, his
):
    line = DraftLine(drug="Cream \ue000", dose="thin", frequency="daily", duration="5 days")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    patient.full_name = "Paul \ue001"
    patient.save()
    notice = notice_on(his.get(reverse("diagnosis:visit", args=[consultation.pk])))
    assert "U+E001, U+E000" in notice
