"""The diagnoses of a visit that are about no photograph, with their forms."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from clinic.records.services.signing import Finding
from diagnosis.lesions.models import Lesion
from diagnosis.lesions.permissions import visible_lesions
from diagnosis.reviews.findings import (
    diagnoses_of,
    finding_without_photograph,
    findings_from,
)
from diagnosis.reviews.forms import DiagnosisForm, ReleaseForm
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.pages.cards import photograph_cards
from diagnosis.reviews.permissions import can_diagnose, can_release, visible_images


@dataclass(frozen=True)
class DiagnosisRow:
    """A diagnosis in the list, in words, and the forms for what can still change."""

    diagnosis: VisitDiagnosis
    finding: Finding
    form: DiagnosisForm | None
    release_form: ReleaseForm | None

    @property
    def is_open(self) -> bool:
        """Return whether one of its forms was refused."""
        return any(form and form.is_bound for form in (self.form, self.release_form))


@dataclass(frozen=True, kw_only=True)
class Refused:
    """A form that was refused and the diagnosis it is about, none for a new one; or why not."""

    form: DiagnosisForm | ReleaseForm | None = None
    of: UUID | None = None
    words: str = ""


@dataclass(frozen=True, kw_only=True)
class Places:
    """Where a diagnosis can be."""

    lesions: Sequence[Lesion]
    body_sites: Sequence[BodySite]


def places_of(visit: Consultation, user: User) -> Places:
    """Return the lesions and body sites that a visit's diagnosis can name."""
    lesions = visible_lesions(user).filter(patient=visit.patient).followed()
    return Places(
        lesions=list(lesions.select_related("body_site")),
        body_sites=list(BodySite.objects.offered(visit.body_site_id)),
    )


def diagnoses_context(
    visit: Consultation,
    user: User,
    *,
    refused: Refused | None = None,
) -> dict[str, Any]:
    """Build the context of all diagnoses of a visit, with those that ended."""
    cards = photograph_cards(visible_images(user).filter(consultation=visit))
    diagnoses = diagnoses_of(visit)
    has_ended = visit.patient.has_ended
    is_open = not has_ended and not visit.is_signed and can_diagnose(user, visit)
    places = places_of(visit, user) if is_open else None
    rows = [
        _row(
            each,
            places=places,
            may_release=not has_ended and can_release(user, each),
            refused=refused,
        )
        for each in diagnoses
        if each.counts
    ]
    form = diagnosis_form(places) if places else None
    if refused and refused.of is None and isinstance(refused.form, DiagnosisForm):
        form = refused.form
    findings = findings_from(cards, diagnoses)
    return {
        "consultation": visit,
        "cards": cards,
        "findings": findings,
        "photograph_findings": findings.diagnoses[: len(cards)],
        "diagnosis_rows": rows,
        "past_diagnoses": [each for each in diagnoses if not each.counts],
        "diagnosis_form": form,
        "diagnosis_refusal": refused.words if refused else "",
    }


def diagnosis_form(
    places: Places, data: Any = None, *, stored: VisitDiagnosis | None = None
) -> DiagnosisForm:
    """Return the form for a new diagnosis or for one that stands."""
    return DiagnosisForm(
        data,
        lesions=places.lesions,
        body_sites=places.body_sites,
        stored=stored,
        auto_id=f"diagnosis_{stored.pk if stored else 'new'}_%s",
    )


def release_form_of(diagnosis: Diagnosed) -> ReleaseForm | None:
    """Return the form for when the patient reads a diagnosis, if the patient cannot read it yet."""
    if diagnosis.is_released and diagnosis.visit.is_signed:
        return None
    return ReleaseForm(
        initial={"release": diagnosis.release, "release_on": diagnosis.release_on},
        auto_id=f"release_{diagnosis.pk}_%s",
    )


def _row(
    diagnosis: VisitDiagnosis, *, places: Places | None, may_release: bool, refused: Refused | None
) -> DiagnosisRow:
    form = diagnosis_form(places, stored=diagnosis) if places else None
    release_form = release_form_of(diagnosis) if may_release else None
    if refused and refused.of == diagnosis.pk:
        if isinstance(refused.form, ReleaseForm):
            release_form = refused.form
        elif refused.form:
            form = refused.form
    return DiagnosisRow(diagnosis, finding_without_photograph(diagnosis), form, release_form)
