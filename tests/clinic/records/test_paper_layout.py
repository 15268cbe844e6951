"""What stands where on a paper."""

from datetime import UTC, datetime
from io import BytesIO

import pytest
from PIL import Image
from pypdf import PdfReader

from clinic.core.papers.pdf import qr_code, render_pdf

MARGIN = 24 / 25.4 * 72
NAME = "Maria Magdalena Alexandrina von Hohenzollern-Sigmaringen y Fernández de Córdoba"
PATH = "/verify/aaaaaa-bbbbbbbbbbbb_cc/"


def paper(*, lines, language="en", pictures=(), name="Zoe", born="17 May 1980"):
    content = {"title": "Plan", "entries": [{"title": "", "text": lines, "small": ""}]}
    data = {
        "language": language, "title": "Report", "logo": None, "revoked": None,
        "clinic": {"name": "Clinic", "address": "12 rue de la Paix", "phone": "+33 1"},
        "doctor": {"name": "Dr Dora Doctor", "details": []},
        "patient": {"name": name, "birth_date": born, "record_number": "P-0001"},
        "date": "1 December 2026", "signed": "Signed", "qr": qr_code("x"),
        "address": f"https://clinic.example{PATH}",
        "address_in_words": {"site": "https://skin.clinic.example", "path": PATH},
        "pictures": pictures, "content": {"sections": [content]},
        "words": {
            "comma": ", ", "patient": "Patient", "birth_date": "Born", "record_number": "Number",
            "check": "Scan.", "qr": "Code", "page": "Page {page}", "photographs": "Photographs",
        },
    }  # fmt: skip
    made_at = datetime(2026, 12, 1, tzinfo=UTC)
    return PdfReader(BytesIO(render_pdf("visit_report", data=data, made_at=made_at))).pages


def photograph(width, height):
    file = BytesIO()
    Image.new("RGB", (width, height), "sienna").save(file, "JPEG")
    return {"caption": "Lesion 1", "jpeg": list(file.getvalue())}


def words_on(page):
    return " ".join(page.extract_text().split())


@pytest.mark.parametrize("pictures", [[], [photograph(600, 800)]])
def test_the_signature_never_stands_on_a_page_alone(pictures):
    counts = set()
    for number in range(14, 40, 2):
        pages = paper(lines="\n".join(["A step of the plan."] * number), pictures=pictures)
        counts.add(len(pages))
        last = words_on(pages[-1])
        assert "Dr Dora Doctor Signed" in last
        assert "A step" in last or "Lesion 1" in last
    assert counts == {1, 2}


def test_a_photograph_begins_where_its_caption_begins():
    [page] = paper(lines="x", pictures=[photograph(600, 800), photograph(900, 200)])
    starts = []

    def drawn(operator, _operands, matrix, _text_matrix):
        if operator == b"Do":
            starts.append(matrix[4])

    page.extract_text(visitor_operand_before=drawn)
    assert starts[0] == pytest.approx(MARGIN, abs=1)


def test_the_address_of_the_check_never_breaks_inside_its_path():
    [page] = paper(lines="x")
    assert any(PATH in line for line in page.extract_text().splitlines())


def test_a_long_name_breaks_no_date_of_the_running_head():
    pages = paper(lines="\n".join(["A step of the plan."] * 60), name=NAME)
    assert any("1 December 2026" in line for line in pages[1].extract_text().splitlines()[:3])


def test_arabic_and_latin_words_of_one_row_stand_on_one_line():
    [page] = paper(lines="x", language="ar", born="17 مايو 1980")
    heights = {}

    def set_words(text, matrix, text_matrix, _font, _size):
        for words in ("Zoe", "1980", "P-0001"):
            if words in text:
                heights.setdefault(words, matrix[5] + text_matrix[5] * matrix[3])

    page.extract_text(visitor_text=set_words)
    assert len(heights) == 3
    assert max(heights.values()) - min(heights.values()) < 0.5


def test_the_clinics_address_stands_under_its_name():
    [page] = paper(lines="x")
    assert "Clinic 12 rue de la Paix +33 1" in words_on(page)
