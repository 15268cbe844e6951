"""Diagnoses of a visit that are about no photograph: added, changed and withdrawn while it is open.

A change ends what was said and adds what takes its place, so that the visit keeps both.
"""

from collections.abc import Iterable
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from clinic.records.services.visit_guard import lock_open_visit
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import Lesion
from diagnosis.predictions.services.diagnoses import OWN_WORDS
from diagnosis.reviews.models.visit_diagnosis import ONCE, VisitDiagnosis
from diagnosis.reviews.services.releases import first_choice
from diagnosis.reviews.services.reviews import Diagnosis

NAMES = ("disease_id", "own_words")
PLACE = ("lesion_id", "body_site_id")
SAID = (*NAMES, *PLACE, "certainty")


class DiagnosisChangedError(ValidationError):
    """Somebody changed or withdrew the diagnosis after this page was loaded."""

    def __init__(self) -> None:
        super().__init__(
            _("This diagnosis was changed or withdrawn in the meantime. Read the list again."),
            code="changed",
        )


@transaction.atomic
def add_diagnosis(
    *,
    consultation: Consultation,
    actor: User,
    diagnosis: Diagnosis,
    lesion: Lesion | None = None,
    body_site: BodySite | None = None,
) -> VisitDiagnosis:
    """Add a diagnosis to an open visit; the same one sent again is kept once."""
    visit = lock_open_visit(consultation)
    new = _new(visit, actor, diagnosis, lesion=lesion, body_site=body_site)
    standing = visit.diagnoses.standing()
    if kept := _among(standing, new, *SAID):
        return kept
    _refuse_twice(standing, new)
    _set_first_release(new)
    _add(new)
    return new


@transaction.atomic
def change_diagnosis(
    *,
    stored: VisitDiagnosis,
    actor: User,
    diagnosis: Diagnosis,
    lesion: Lesion | None = None,
    body_site: BodySite | None = None,
) -> VisitDiagnosis:
    """Put another diagnosis in the place of one that stands; the same change is made once."""
    visit = lock_open_visit(stored.consultation)
    before = _read(stored)
    new = _new(visit, actor, diagnosis, lesion=lesion, body_site=body_site)
    if before.ended_at is not None:
        if kept := _among(VisitDiagnosis.objects.filter(replaces=before), new, *SAID):
            return kept
        raise DiagnosisChangedError
    if _says_the_same(before, new, *SAID):
        return before
    _refuse_twice(visit.diagnoses.standing().exclude(pk=before.pk), new)
    new.replaces = before
    if _says_the_same(before, new, *NAMES):
        for name in ("release", "release_on", "talked_at", "talked_by"):
            setattr(new, name, getattr(before, name))
    else:
        _set_first_release(new)
    _end(before, actor, to="changed")
    _add(new)
    return new


@transaction.atomic
def withdraw_diagnosis(*, stored: VisitDiagnosis, actor: User) -> None:
    """Withdraw a diagnosis of an open visit, which keeps it; a second click changes nothing."""
    lock_open_visit(stored.consultation)
    before = _read(stored)
    if before.ended_at is None:
        _end(before, actor, to="withdrawn")
    elif VisitDiagnosis.objects.filter(replaces=before).exists():
        raise DiagnosisChangedError


def _new(
    visit: Consultation,
    actor: User,
    diagnosis: Diagnosis,
    *,
    lesion: Lesion | None,
    body_site: BodySite | None,
) -> VisitDiagnosis:
    disease = diagnosis.disease
    if disease is None:
        raise ValidationError({"disease": _("Choose the disease.")})
    has_no_name = disease.code == OWN_WORDS
    words = diagnosis.own_words.strip() if has_no_name else ""
    if has_no_name and not words:
        raise ValidationError({"disease": _("Say which disease it is.")})
    if lesion is not None and lesion.patient_id != visit.patient_id:
        raise ValidationError(_("This lesion belongs to another patient."))
    return VisitDiagnosis(
        consultation=visit,
        disease=disease,
        own_words=words,
        certainty=diagnosis.certainty,
        lesion=lesion,
        body_site=body_site,
        made_by=actor,
    )


def _read(stored: VisitDiagnosis) -> VisitDiagnosis:
    return VisitDiagnosis.objects.select_related("consultation__patient").get(pk=stored.pk)


def _set_first_release(diagnosis: VisitDiagnosis) -> None:
    for name, value in vars(first_choice(diagnosis.disease)).items():
        setattr(diagnosis, name, value)


def _says_the_same(one: VisitDiagnosis, other: VisitDiagnosis, *names: str) -> bool:
    return all(_folded(getattr(one, name)) == _folded(getattr(other, name)) for name in names)


def _folded(value: Any) -> Any:
    return value.casefold() if isinstance(value, str) else value


def _among(
    rows: Iterable[VisitDiagnosis], new: VisitDiagnosis, *names: str
) -> VisitDiagnosis | None:
    # A doctor's own words are encrypted, so the database cannot compare them.
    return next((row for row in rows if _says_the_same(row, new, *names)), None)


def _refuse_twice(standing: Iterable[VisitDiagnosis], new: VisitDiagnosis) -> None:
    if _among(standing, new, *NAMES, *PLACE):
        raise ValidationError({"disease": ONCE}, code="listed")


def _end(diagnosis: VisitDiagnosis, actor: User, *, to: str) -> None:
    diagnosis.ended_at, diagnosis.ended_by = timezone.now(), actor
    diagnosis.full_clean()
    diagnosis.save(update_fields=["ended_at", "ended_by"])
    record(
        AuditEvent.Verb.TRANSITION,
        actor=actor,
        patient=diagnosis.consultation.patient,
        target=diagnosis,
        detail={"to": to},
    )


def _add(diagnosis: VisitDiagnosis) -> None:
    diagnosis.full_clean()
    diagnosis.save(force_insert=True)
    record(
        AuditEvent.Verb.CREATE,
        actor=diagnosis.made_by,
        patient=diagnosis.consultation.patient,
        target=diagnosis,
    )
