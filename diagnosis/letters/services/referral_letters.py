"""Letters to colleagues: written once, printed as often as needed."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from clinic.people.models.user import User
from clinic.people.services.ended_records import refuse_ended
from clinic.records.models.consultation import Consultation
from clinic.records.models.paper import IssuedDocument
from clinic.records.services.papers import Paper, PrintedPaper, print_paper
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import LesionImage
from diagnosis.letters.models import ReferralLetter
from diagnosis.letters.services.paper_photographs import (
    MAX_PICTURES,
    NO_PHOTOGRAPHS,
    ChosenPhotographs,
    pictures_for_paper,
    undecided_in_words,
)
from diagnosis.letters.services.visit_report import Entry, Section
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.review import Review


def first_draft(
    *, visit: Consultation, diagnoses: Sequence[Diagnosed], photographs: QuerySet[LesionImage]
) -> str:
    """Draft a letter from the diagnoses, the photographs without one, assessment and plan.

    The conclusion is written for the patient, so it stays out.
    """
    lines = [_diagnosis(each) for each in diagnoses]
    lines += undecided_in_words(photographs, visit=visit)
    notes = ["\n".join(lines), visit.assessment.strip(), visit.plan.strip()]
    return "\n\n".join(filter(None, notes))


@transaction.atomic
def write_referral_letter(
    *,
    visit: Consultation,
    actor: User,
    addressee: str,
    question: str,
    text: str,
    reviews: Sequence[Review] = (),
    chosen: ChosenPhotographs = NO_PHOTOGRAPHS,
) -> ReferralLetter:
    """Write a letter about a signed visit, with its own token.

    It includes the model's answers only if the doctor ticked them and they were reviewed.
    """
    if visit.signed_at is None:
        raise ValidationError(_("This visit is not signed yet. Letters can be written once it is."))
    refuse_ended(visit.patient_id)
    images = chosen.images
    if any(image.consultation_id != visit.pk for image in images):
        raise ValidationError({"images": _("This photograph belongs to another visit.")})
    if len(images) > MAX_PICTURES:
        sentence = _("Choose at most %(count)d photographs.") % {"count": MAX_PICTURES}
        raise ValidationError({"images": sentence})
    answers = chosen.answers_in_words(reviews)
    now = timezone.now()
    said = [addressee, question, text, answers, [image.sha256 for image in images]]
    content_sha256 = hashlib.sha256(json.dumps(said).encode()).hexdigest()
    Consultation.objects.select_for_update(no_key=True).get(pk=visit.pk)
    # Printing it does not change the hash, so a second click is recognised by it.
    known = ReferralLetter.objects.filter(consultation=visit, written_by=actor)
    kept = known.filter(document__content_sha256=content_sha256).first()
    if kept is not None:
        return kept
    document = IssuedDocument.objects.create(
        consultation=visit,
        kind=IssuedDocument.Kind.REFERRAL_LETTER,
        content_sha256=content_sha256,
        issued_at=now,
    )
    letter = ReferralLetter(
        consultation=visit,
        document=document,
        addressee=_lines(addressee),
        question=question.strip(),
        text=_lines(text),
        model_answers=answers,
        written_by=actor,
        written_at=now,
    )
    letter.full_clean()
    letter.save(force_insert=True)
    letter.images.set(images)
    record(
        AuditEvent.Verb.CREATE,
        actor=actor,
        patient=visit.patient,
        target=letter,
        detail={"photographs": len(images), "answers": len(answers)},
    )
    return letter


def print_referral_letter(*, letter: ReferralLetter, actor: User, site_url: str) -> PrintedPaper:
    """Print a letter exactly as it was written."""
    images = list(letter.images.select_related("lesion__body_site").order_by("uploaded_at"))
    answers = [Entry(answer) for answer in letter.model_answers]
    sections = [
        Section(_("Question"), [Entry(letter.question)]),
        Section(_("Findings"), [Entry(letter.text)]),
        Section(_("Second opinion of the model"), answers),
    ]
    paper = Paper(
        kind=IssuedDocument.Kind.REFERRAL_LETTER,
        consultation=letter.consultation,
        title=_("Referral letter"),
        signed_at=letter.written_at,
        content={
            "to": _("To"),
            "addressee": letter.addressee,
            "sections": [asdict(section) for section in sections if section.entries],
        },
        pictures=pictures_for_paper(images),
        document=letter.document,
    )
    return print_paper(paper, actor=actor, site_url=site_url)


def _diagnosis(diagnosis: Diagnosed) -> str:
    icd10 = diagnosis.icd10
    code = f" ({_('ICD-10 %(code)s') % {'code': icd10}})" if icd10 else ""
    return _("Diagnosis: %(disease)s.") % {"disease": diagnosis.full_name + code}


def _lines(text: str) -> str:
    # Browsers send line ends as two characters.
    return "\n".join(text.strip().splitlines())
