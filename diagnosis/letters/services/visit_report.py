"""A signed visit as a PDF: complete for doctors, as a letter for the patient."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from clinic.core.lists import listed, listed_apart
from clinic.people.models.user import User
from clinic.records.models.consultation import Addendum, Consultation
from clinic.records.models.paper import IssuedDocument
from clinic.records.models.prescription import Prescription, PrescriptionLine
from clinic.records.services.papers import Paper, PrintedPaper, on_day, print_paper
from diagnosis.lesions.models import LesionImage
from diagnosis.letters.services.paper_photographs import (
    NO_PHOTOGRAPHS,
    ChosenPhotographs,
    pictures_for_paper,
    undecided_in_words,
)
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.services.records import told_diagnoses, told_reviews


@dataclass(frozen=True)
class Entry:
    """One or more paragraphs of a report, with or without a heading."""

    text: str
    title: str = ""
    small: str = ""


@dataclass(frozen=True)
class Section:
    """One part of a report."""

    title: str
    entries: list[Entry] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class VisitRecord:
    """A visit with its prescription and photographs, as its reader may see them.

    The diagnoses are all of the visit's; those for a patient say which are told already.
    """

    visit: Consultation
    reviews: QuerySet[Review]
    diagnoses: QuerySet[VisitDiagnosis]
    prescription: Prescription | None
    photographs: QuerySet[LesionImage]


def print_visit_report(
    *,
    record: VisitRecord,
    is_for_patient: bool,
    actor: User,
    site_url: str,
    chosen: ChosenPhotographs = NO_PHOTOGRAPHS,
) -> PrintedPaper:
    """Print what a doctor decided and signed, with the chosen photographs.

    The model's answers are included only if a doctor ticked and reviewed them. The patient's report
    leaves out the notes and photographs without a diagnosis, as on the patient's pages; the report
    for doctors names the photographs that have none.
    """
    visit = record.visit
    if visit.signed_at is None:
        raise ValidationError(_("This visit is not signed yet. It can be printed once it is."))
    kind = IssuedDocument.Kind.VISIT_LETTER if is_for_patient else IssuedDocument.Kind.VISIT_REPORT
    reviews = told_reviews(record.reviews.filter(prediction__image__consultation=visit))
    answers = [] if is_for_patient else chosen.answers_in_words(reviews)
    made: list[Diagnosed] = [
        *reviews,
        *told_diagnoses(record.diagnoses.filter(consultation=visit)),
    ]
    told = [each for each in made if not is_for_patient or each.is_told]
    sections = [
        Section(_("Reason for the visit"), _reason(visit)),
        Section(_("Findings and assessment"), [] if is_for_patient else _notes(visit)),
        Section(_("Diagnoses"), [*map(_diagnosis, told), *_held(len(made) - len(told))]),
        Section(
            _("Without a diagnosis"),
            []
            if is_for_patient
            else [Entry(words) for words in undecided_in_words(record.photographs, visit=visit)],
        ),
        Section(_("Second opinion of the model"), [Entry(answer) for answer in answers]),
        Section(_("Conclusion and plan"), [*_words(visit.conclusion), *_follow_up(visit)]),
        Section(_("Prescribed"), _prescribed(record.prescription, is_for_patient)),
        Section(_("Added after the signature"), _addenda(visit.addenda.all())),
    ]
    paper = Paper(
        kind=kind,
        consultation=visit,
        title=_("Visit report"),
        signed_at=visit.signed_at,
        content={"sections": [asdict(section) for section in sections if section.entries]},
        pictures=pictures_for_paper(chosen.images),
    )
    return print_paper(paper, actor=actor, site_url=site_url)


def _words(text: str) -> list[Entry]:
    # Browsers send line ends as two characters.
    lines = "\n".join(text.strip().splitlines())
    return [Entry(lines)] if lines else []


def _notes(visit: Consultation) -> list[Entry]:
    """Return the doctor's notes, each under its name if there are several."""
    parts = {
        _("History"): visit.history,
        _("Examination"): visit.examination,
        _("Assessment"): visit.assessment,
        _("Plan"): visit.plan,
        "": visit.notes,
    }
    return [replace(entry, title=title) for title, text in parts.items() for entry in _words(text)]


def _follow_up(visit: Consultation) -> list[Entry]:
    weeks = visit.follow_up_weeks
    if not weeks:
        return []
    words = ngettext("Follow-up in %(count)d week.", "Follow-up in %(count)d weeks.", weeks)
    return _words(words % {"count": weeks})


def _reason(visit: Consultation) -> list[Entry]:
    symptoms = listed(visit.symptoms.all())
    about = [visit.reason, symptoms, str(visit.body_site) if visit.body_site else ""]
    return _words("\n".join(filter(None, about)))


def _held(count: int) -> list[Entry]:
    if not count:
        return []
    sentence = _(
        "Some of the findings are not shown here yet. Your doctor will talk with you about them."
    )
    return [Entry(sentence)]


def _diagnosis(diagnosis: Diagnosed) -> Entry:
    decided = _("Decided by %(doctor)s on %(day)s") % {
        "doctor": diagnosis.decided_by.doctor,
        "day": on_day(diagnosis.decided_at),
    }
    code = _("ICD-10 %(code)s") % {"code": diagnosis.icd10} if diagnosis.icd10 else ""
    return Entry(
        title=diagnosis.full_name,
        text=diagnosis.plain_words,
        small=" · ".join(filter(None, [str(diagnosis.site or ""), code, decided])),
    )


def _prescribed(prescription: Prescription | None, is_for_patient: bool) -> list[Entry]:
    if prescription is None:
        return []
    lines = prescription.lines_for_reader() if is_for_patient else prescription.lines.all()
    entries = [
        Entry(
            title=listed_apart([line.drug, line.form, line.strength], between=" "),
            text=listed_apart(line.use),
            small=" · ".join(filter(None, [line.note, _indication(line, is_for_patient)])),
        )
        for line in lines
    ]
    if prescription.revoked_at is None:
        return entries
    return [Entry(_("Revoked on %(day)s.") % {"day": on_day(prescription.revoked_at)}), *entries]


def _indication(line: PrescriptionLine, is_for_patient: bool) -> str:
    # The diagnosis may still wait for the conversation with the patient.
    if is_for_patient or not line.indication:
        return ""
    return _("For: %(diagnosis)s") % {"diagnosis": line.indication}


def _addenda(addenda: Iterable[Addendum]) -> list[Entry]:
    return [
        Entry(
            title=on_day(addendum.written_at),
            text="\n".join(addendum.text.splitlines()),
            small=addendum.written_by.full_name,
        )
        for addendum in addenda
    ]
