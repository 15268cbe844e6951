"""Papers that leave the clinic: one token each, and an audit row for every print."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urljoin

from django.urls import reverse
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from clinic.core.clinic_settings import read_stored_logo
from clinic.core.lists import END, LEFT_TO_RIGHT, comma
from clinic.core.long_dates import written_out
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.core.papers.pdf import qr_code, render_pdf
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.models.paper import IssuedDocument
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record

Kind = IssuedDocument.Kind
TEMPLATES = {
    Kind.PRESCRIPTION: "prescription",
    Kind.VISIT_REPORT: "visit_report",
    Kind.VISIT_LETTER: "visit_report",
    Kind.REFERRAL_LETTER: "referral_letter",
}


@dataclass(frozen=True)
class Picture:
    """A picture on a paper: which one it is, its caption, and the JPEG itself."""

    sha256: str
    caption: str
    jpeg: bytes


@dataclass(frozen=True)
class Paper:
    """The content of a paper: its title, its text and its signature."""

    kind: IssuedDocument.Kind
    consultation: Consultation
    title: str
    signed_at: datetime
    content: Mapping[str, object]
    revoked_at: datetime | None = None
    pictures: Sequence[Picture] = ()
    # The row with the token, if a visit has several papers of the kind.
    document: IssuedDocument | None = None


@dataclass(frozen=True)
class PrintedPaper:
    """A paper as a file, whose name says nothing about the patient."""

    pdf: bytes
    file_name: str


# No transaction around it, because typesetting would hold the database.


def print_paper(paper: Paper, *, actor: User, site_url: str) -> PrintedPaper:
    """Typeset a signed paper and note who took it; every print has the same token."""
    said = _letter(paper) | {"content": paper.content}
    if paper.pictures:
        said |= {"photographs": [picture.sha256 for picture in paper.pictures]}
    sha256 = hashlib.sha256(json.dumps(said, sort_keys=True).encode()).hexdigest()
    document = paper.document or _standing_document(paper, sha256)
    around = _around(paper, address=verification_address(document, site_url=site_url))
    pdf = render_pdf(TEMPLATES[paper.kind], data=said | around, made_at=paper.signed_at)
    record(
        AuditEvent.Verb.DOWNLOAD,
        actor=actor,
        patient=paper.consultation.patient,
        target=document,
        detail={"kind": document.kind, "sha256": sha256},
    )
    day = timezone.localdate(paper.signed_at)
    name = TEMPLATES[paper.kind].replace("_", "-")
    return PrintedPaper(pdf=pdf, file_name=f"{name}-{day.isoformat()}.pdf")


def _standing_document(paper: Paper, sha256: str) -> IssuedDocument:
    document, _created = IssuedDocument.objects.get_or_create(
        consultation=paper.consultation,
        kind=paper.kind,
        defaults={"content_sha256": sha256, "issued_at": paper.signed_at},
    )
    return document


def verification_address(document: IssuedDocument, *, site_url: str) -> str:
    """Return the address where anybody with the paper can check that it is valid."""
    return urljoin(site_url, reverse("clinic:document_verify", args=[document.token]))


def find_document(token: str) -> IssuedDocument | None:
    """Return the paper behind a token, if it is one of this clinic."""
    documents = IssuedDocument.objects.select_related("consultation__prescription")
    return documents.filter(token=token).first()


def on_day(moment: datetime) -> str:
    """Return the day of a moment by the clinic's clock, in words."""
    return written_out(timezone.localtime(moment))


def at_time(moment: datetime) -> str:
    """Return a moment by the clinic's clock, in words."""
    return written_out(timezone.localtime(moment), "DATETIME_FORMAT")


def _letter(paper: Paper) -> dict[str, object]:
    """Return what every paper contains: who wrote it, for whom, and when it was signed."""
    doctor = paper.consultation.doctor
    clinic = ClinicSettings.objects.current()
    licence = _("Licence %(number)s") % {"number": doctor.licence_number}
    return {
        "title": paper.title,
        "clinic": {
            "name": clinic.name,
            "address": clinic.address,
            "phone": clinic.phone_in_words.strip(LEFT_TO_RIGHT + END),
        },
        "doctor": {
            "name": str(doctor),
            "details": [
                *filter(None, [doctor.speciality, licence if doctor.licence_number else ""])
            ],
        },
        "patient": _patient(paper.consultation.patient),
        "date": on_day(paper.signed_at),
        "signed": _("Signed on %(when)s") % {"when": at_time(paper.signed_at)},
    }


def _patient(patient: Patient) -> dict[str, str]:
    return {
        "name": patient.full_name,
        "birth_date": patient.born,
        "record_number": patient.record_number,
    }


def _around(paper: Paper, *, address: str) -> dict[str, object]:
    """Return the unsigned content: labels, logo, verification address, revocation."""
    revoked = paper.revoked_at and {
        "mark": _("REVOKED"),
        "sentence": _("Revoked on %(day)s. It is no longer valid.")
        % {"day": on_day(paper.revoked_at)},
    }
    logo = read_stored_logo()
    site, path, token = address.partition("/verify/")
    return {
        "language": get_language(),
        "logo": list(logo) if logo else None,
        "revoked": revoked,
        "address": address,
        "address_in_words": {"site": site, "path": path + token},
        "qr": qr_code(address),
        # typst takes bytes as numbers.
        "pictures": [
            {"caption": picture.caption, "jpeg": list(picture.jpeg)} for picture in paper.pictures
        ],
        "words": {
            "comma": comma(),
            "patient": _("Patient"),
            "birth_date": _("Date of birth"),
            "record_number": _("Record number"),
            "check": _("Scan the code to see whether this document is valid."),
            "qr": _("QR code of the page that says whether this document is valid"),
            "page": _("Page {page} of {pages}"),
            "photographs": _("Photographs"),
        },
    }
