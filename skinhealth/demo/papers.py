"""Documents that patients of the demo brought or had sent in, as scanned at the desk."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone
from PIL import Image, ImageDraw, ImageFont

from clinic.records.models.document import PatientDocument
from clinic.records.services.documents import add_document
from skinhealth.demo.cast import Cast
from skinhealth.demo.clock import hand_wound_clock

Category = PatientDocument.Category
PAGE = (1240, 1754)  # pixels; A4 at 150 dots an inch
MARGIN = 130
PAPER, INK = (252, 251, 247), (38, 40, 44)


@dataclass(frozen=True)
class DemoPaper:
    """A page: the patient, when it came, and its text."""

    days_ago: int
    patient: int
    category: str
    title: str
    lines: tuple[str, ...]
    is_shared: bool = False


PAPERS = (
    DemoPaper(127, 0, Category.REFERRAL, "Referral by the family doctor",
              ("Practice of Dr Claire Aubert, general medicine", "",
               "Dear colleague,", "",
               "please look at a mole on the back of Mr Mercier.",
               "His wife says that it has become darker.", "",
               "Gout, treated with allopurinol. Rash after penicillin in 2009.", "",
               "With kind regards", "Claire Aubert"), is_shared=True),
    DemoPaper(76, 4, Category.HISTOLOGY, "Histology, punch biopsy of the cheek",
              ("Institute of pathology", "",
               "Material: punch biopsy of 4 mm, left cheek", "",
               "Nests of basaloid cells with peripheral palisading,",
               "clefts towards the stroma.", "",
               "Nodular basal cell carcinoma, ICD-10 C44.3.",
               "The margins cannot be judged in a punch biopsy."), is_shared=True),
    DemoPaper(41, 23, Category.LABORATORY, "Blood before methotrexate",
              ("Laboratory report", "",
               "Haemoglobin       14.8 g/dl", "Leucocytes        6.9 /nl",
               "Platelets         241 /nl", "Creatinine        0.9 mg/dl",
               "ALT               24 U/l", "",
               "All values are within their limits.")),
    DemoPaper(40, 12, Category.HISTOLOGY, "Histology, excision on the back",
              ("Institute of pathology", "",
               "Material: spindle of skin, 18 x 9 mm, back", "",
               "Superficial spreading melanoma, Breslow 0.4 mm,",
               "no ulceration, pT1a. Completely removed;", "the nearest margin is 2.5 mm away.")),
    DemoPaper(98, 9, Category.INSURANCE, "Insurance card",
              ("Alpes Santé", "", "Ingrid Solberg", "Insured person 000 000 009")),
    DemoPaper(187, 10, Category.CONSENT_FORM, "Consent forms, signed",
              ("Consent to clinical photography", "", "I agree that my skin is photographed",
               "for my treatment in this clinic.", "", "Rajesh Iyer")),
)  # fmt: skip


def file_papers(cast: Cast) -> None:
    """Add each paper to the record on the day it came."""
    now = timezone.now()
    with hand_wound_clock() as clock:
        for paper in PAPERS:
            clock.set(now - timedelta(days=paper.days_ago))
            add_document(
                patient=cast.patients[paper.patient],
                data=draw_page(paper.lines),
                actor=cast.secretary,
                category=paper.category,
                title=paper.title,
                is_shared=paper.is_shared,
            )


def draw_page(lines: Sequence[str]) -> bytes:
    """Return a sheet of paper with printed lines, as JPEG."""
    page = Image.new("RGB", PAGE, PAPER)
    pen = ImageDraw.Draw(page)
    heading, text = (ImageFont.load_default(size) for size in (44, 32))
    for number, line in enumerate(lines):
        font = text if number else heading
        pen.text((MARGIN, MARGIN + number * 56), line, fill=INK, font=font)
    out = io.BytesIO()
    page.save(out, "JPEG", quality=80)
    return out.getvalue()
