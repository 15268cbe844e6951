"""What the photographs and diagnoses of a visit say to the doctor who signs it."""

from collections.abc import Sequence
from dataclasses import replace

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from clinic.core.lists import listed
from clinic.records.models.consultation import Consultation
from clinic.records.services.signing import Finding, Findings
from diagnosis.lesions.forms import lesion_name
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.models.diagnosed import Diagnosed
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.pages.cards import PhotographCard, photograph_cards
from diagnosis.reviews.pages.open_words import sign_warnings

State = LesionImage.State
# A doctor who has referred a photograph, or found it not assessable, has read its warning.
UNREAD = (State.UNREVIEWED, State.REOPENED)


def findings_of_visit(visit: Consultation) -> Findings:
    """Return each diagnosis and what is still open, the warnings first."""
    cards = photograph_cards(LesionImage.objects.filter(consultation=visit))
    diagnoses = diagnoses_of(visit)
    reviews = Review.objects.filter(prediction__image__consultation=visit, disease__isnull=False)
    ever = [*reviews.select_related("disease"), *diagnoses]
    return replace(
        findings_from(cards, diagnoses),
        names_ever=frozenset(name for each in ever for name in _names(each)),
    )


def diagnoses_of(visit: Consultation) -> list[VisitDiagnosis]:
    """Return the diagnoses that are about no photograph, also those that no longer stand."""
    rows = visit.diagnoses.select_related(
        "disease", "lesion__body_site", "body_site", "made_by", "ended_by", "replaced_by"
    )
    return list(rows)


def findings_from(cards: Sequence[PhotographCard], diagnoses: Sequence[VisitDiagnosis]) -> Findings:
    """Return the findings of photographs and diagnoses that were read already."""
    images = [card.image for card in cards]
    referred = [str(image.lesion) for image in images if image.state == State.REFERRED]
    return Findings(
        alarms={
            f"{image.pk} {image.alarm_at}": str(image.lesion)
            for image in images
            if image.has_alarm and image.state in UNREAD
        },
        warnings=sign_warnings(images),
        diagnoses=[
            *map(_finding, cards),
            *(finding_without_photograph(each) for each in diagnoses if each.counts),
        ],
        referred=list(dict.fromkeys(referred)),
    )


def _finding(card: PhotographCard) -> Finding:
    review = card.review
    disease = review.disease if review else None
    named = review.diagnosis_name if review else ""
    return Finding(
        lesion=lesion_name(card.image.lesion),
        diagnosis=_in_words(review) if review and disease else _("No diagnosis yet"),
        state=card.image.state_in_words,
        share=_share(card),
        release=review.release_in_words if review and disease else "",
        name=named,
        is_decided=card.state in {State.DECIDED, State.RETAKEN},
        names=_names(review) if review and disease else (),
        is_held=bool(review and disease and not review.is_released),
    )


def finding_without_photograph(diagnosis: VisitDiagnosis) -> Finding:
    """Return a diagnosis that is about no photograph, in words."""
    lesion, site = diagnosis.lesion, diagnosis.body_site
    return Finding(
        lesion=lesion_name(lesion) if lesion else str(site or ""),
        diagnosis=_in_words(diagnosis),
        state=_("Diagnosed without a photograph"),
        release=diagnosis.release_in_words,
        name=diagnosis.diagnosis_name,
        names=_names(diagnosis),
        is_held=not diagnosis.is_released,
    )


def _in_words(diagnosis: Diagnosed) -> str:
    certainty = diagnosis.get_certainty_display().lower() if diagnosis.certainty else ""
    return listed([diagnosis.full_name, certainty])


def _share(card: PhotographCard) -> str:
    if card.prediction is None or not card.is_answered:
        return ""
    share = floatformat(card.prediction.malignant_percent, 1)
    return _("malignant share %(share)s %%") % {"share": share}


def _names(diagnosis: Diagnosed) -> list[str]:
    """Return a diagnosis's names in all languages, the page's language first."""
    disease = diagnosis.disease
    if diagnosis.own_words or disease is None:
        return [diagnosis.own_words]
    others = [said.get("name", "") for said in disease.translations.values()]
    return list(filter(None, dict.fromkeys([str(disease), disease.name, *others])))
