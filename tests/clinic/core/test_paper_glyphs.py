"""A paper can be printed whatever was written: in the letters of its script, or with a sign."""

import json
import re
from pathlib import Path

import pytest
import typst

from clinic.core.papers.glyphs import BREAK, SIGN, families, fonts, printable, unprintable
from clinic.models import Consultation, Patient, Prescription
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescriptions import DraftLine, save_prescription
from tests.full_visit import check_by_hand
from tests.papers import text_of

NAMES = {
    "Han": "Paul 李 Mercier",
    "Japanese": "山田 たろう タロウ",
    "Hangul": "김민준",
    "Thai": "สมชาย ใจดี",
    "Bengali": "রবীন্দ্রনাথ ঠাকুর",
    "Tamil": "கவிதா செல்வம்",
    "Devanagari": "श्रीकृष्ण शर्मा",
    "Khmer": "សុខ វណ្ណៈ",
    "Ethiopic": "አበበ ቢቂላ",
    "Tifinagh": "ⵎⴰⵙⵉⵏ",
    "Greek": "Γιώργος Σεφέρης",
    "Cyrillic": "Олександр Щербаков",
    "Hebrew": "שָׁלוֹם כהן",
    "Arabic": "محمد الأمين",
    "Urdu": "ڈاکٹر گُل",
    "Armenian": "Արամ Խաչատրյան",
    "Georgian": "გიორგი ბერიძე",
    "Amharic and Latin": "Zoë Šťastná ሰላም",
    "Burmese": "အောင်ဆန်း",
    "Tibetan": "བསྟན་འཛིན",
    "Lao": "ສົມສັກ",
    "Sinhala": "සුනිල් පෙරේරා",
    "Gujarati": "મહાત્મા ગાંધી",
    "Vietnamese": "Nguyễn Thị Hường",
    "N’Ko": "ߣߞߏ",
    "Thaana": "މުހައްމަދު",
    "Syriac": "ܫܡܥܘܢ",
    "Adlam": "𞤀𞤣𞤤𞤢𞤥",
    "Mongolian": "ᠮᠣᠩᠭᠣᠯ",
    "emoji": "🙂 👨‍👩‍👧 👍🏽 ❤️ 🇲🇦",
}
# What no font draws, or no PDF may contain, and what would reverse the rest of the page.
NOTHING = [
    "\uf0b7", "\U00010400\u0e31", "\x01", "\x7f", "\ufdd0", "\ufffe", "\U0010ffff", "\u0378",
]  # fmt: skip
PLAIN = {"dose": "thin", "frequency": "daily", "duration": "5 days"}


@pytest.fixture
def print_everything(consultation, doctor, patient, sign_in):
    """Put a text wherever a paper shows one, and print each paper for doctor and patient."""

    def _print(written):
        Patient.objects.filter(pk=patient.pk).update(full_name=written)
        lines = [DraftLine(drug=written, note=written, **PLAIN)]
        save_prescription(consultation=consultation, actor=doctor, lines=lines)
        Consultation.objects.filter(pk=consultation.pk).update(notes=written, conclusion=written)
        check_by_hand(consultation, doctor)
        sign_visit(consultation=consultation, actor=doctor)
        addresses = (
            f"/prescriptions/{Prescription.objects.get().pk}/pdf/",
            f"/visits/{consultation.pk}/report/",
        )
        people = sign_in(doctor), sign_in(patient.user)
        return [person.get(address) for person in people for address in addresses]

    return _print


def is_accessible(response):
    return b"pdfuaid:part" in response.content


@pytest.mark.parametrize("script", NAMES)
def test_each_script_has_a_font(script):
    assert unprintable(NAMES[script]) == []


def test_a_name_is_printed_in_the_letters_of_its_script(print_everything):
    for response in print_everything(" · ".join(NAMES.values())[:120]):
        assert SIGN not in text_of(response)
        assert NAMES["Han"] in text_of(response)
        assert is_accessible(response)


def test_every_script_at_once_is_a_paper_that_can_be_read_aloud():
    paper = typst.compile(
        b"""#set document(title: "x")
        #set text(font: json(bytes(sys.inputs.fonts)))
        #sys.inputs.names""",
        font_paths=fonts(),
        pdf_standards="ua-1",
        sys_inputs={"fonts": json.dumps(families()), "names": printable("\n".join(NAMES.values()))},
    )
    assert paper


def test_papers_use_no_font_of_the_machine(settings):
    for font in fonts().fonts():
        assert font.path is None or any(
            Path(font.path).is_relative_to(folder) for folder in settings.PAPER_FONTS
        )
    assert set(families()) <= set(fonts().families())


def test_what_no_font_draws_is_a_sign_on_every_paper(print_everything):
    for written in NOTHING:
        assert unprintable(f"a{written}")
    for response in print_everything(f"Paul {'-'.join(NOTHING)} Mercier"):
        assert text_of(response).count(SIGN) >= len(NOTHING)
        assert is_accessible(response)


@pytest.mark.parametrize(
    ("written", "printed"),
    [
        ("a\u202eb", "ab"),
        ("a\u2067b", "a\u2067b\u2069"),
        ("a\u2069b", "ab"),
        ("\u2068a\u2069b", "\u2068a\u2069b"),
        ("a\r\nb\rc\u2028d\x85e\tf", "a\nb\nc\nd\ne f"),
        ("\ufeffa", "a"),
        ("a\U000e0041", "a"),
        ("🙂\u0e31", f"🙂{SIGN}"),
        ("a\n\u0301b", f"a\n{SIGN}b"),
    ],
    ids=ascii,
)
def test_what_is_invisible_turns_nothing_round_and_leaves_no_sign(written, printed):
    assert printable(written) == printed


def test_each_character_that_is_lost_is_named_once():
    assert unprintable("a \uf0b7 b \uf0b7\n\u0378 c") == ["\uf0b7", "\u0378"]


def test_a_long_word_may_break_between_letters_but_not_between_a_letter_and_its_mark():
    word = "e\u0301" * 60
    assert printable(word) == BREAK.join(["e\u0301"] * 60)
    assert printable("short words " * 60) == "short words " * 60


def test_a_word_that_is_longer_than_any_line_is_printed_to_its_end(consultation, doctor, sign_in):
    Consultation.objects.filter(pk=consultation.pk).update(notes="x" * 20_000)
    sign_visit(consultation=consultation, actor=doctor)
    response = sign_in(doctor).get(f"/visits/{consultation.pk}/report/")
    assert re.sub(rf"[ {BREAK}]", "", text_of(response)).count("x") >= 20_000


def test_a_paper_comes_out_even_where_typst_refuses_it(print_everything, monkeypatch, caplog):
    compile_strictly = typst.compile

    def refuse(*args, **options):
        if "pdf_standards" in options:
            raise typst.TypstError("the text “Paul” …")
        return compile_strictly(*args, **options)

    monkeypatch.setattr(typst, "compile", refuse)
    for response in print_everything("Paul"):
        assert "Paul" in text_of(response)
    assert "PDF/UA-1" in caplog.text
    assert "Paul" not in caplog.text
