"""What the photographs of a visit say to the doctor who signs it."""

from collections.abc import Sequence

from django.template.defaultfilters import floatformat
from django.utils.translation import gettext as _

from clinic.records.models.consultation import Consultation
from clinic.records.services.signing import Finding, Findings
from diagnosis.lesions.forms import lesion_name
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.pages.cards import PhotographCard, photograph_cards
from diagnosis.reviews.pages.open_words import sign_warnings

State = LesionImage.State
# A doctor who has referred a photograph, or found it not assessable, has read its warning.
UNREAD = (State.UNREVIEWED, State.REOPENED)


def findings_of_visit(visit: Consultation) -> Findings:
    """Return each lesion's diagnosis and what is still open, the warnings first."""
    return findings_from(photograph_cards(LesionImage.objects.filter(consultation=visit)))


def findings_from(cards: Sequence[PhotographCard]) -> Findings:
    """Return the findings of photographs that were read already."""
    images = [card.image for card in cards]
    referred = [str(image.lesion) for image in images if image.state == State.REFERRED]
    return Findings(
        alarms={
            f"{image.pk} {image.alarm_at}": str(image.lesion)
            for image in images
            if image.has_alarm and image.state in UNREAD
        },
        warnings=sign_warnings(images),
        diagnoses=[_finding(card) for card in cards],
        referred=list(dict.fromkeys(referred)),
    )


def _finding(card: PhotographCard) -> Finding:
    review = card.review
    disease = review.disease if review else None
    named = review.diagnosis_name if review else ""
    said = [named, str((review and review.stage) or "")]
    if review and disease and review.certainty:
        said.append(review.get_certainty_display().lower())
    return Finding(
        lesion=lesion_name(card.image.lesion),
        diagnosis=", ".join(filter(None, said)) or _("no diagnosis yet"),
        state=card.image.state_in_words,
        share=_share(card),
        release=review.release_in_words if review and disease else "",
        name=named,
        is_decided=card.state in {State.DECIDED, State.RETAKEN},
        held_names=_names(review) if review and disease and not review.is_released else (),
    )


def _share(card: PhotographCard) -> str:
    if card.prediction is None or not card.is_answered:
        return ""
    share = floatformat(card.prediction.malignant_percent, 1)
    return _("malignant share %(share)s %%") % {"share": share}


def _names(review: Review) -> list[str]:
    """Return a diagnosis's names in all languages, the page's language first."""
    disease = review.disease
    if review.own_words or disease is None:
        return [review.own_words]
    others = [said.get("name", "") for said in disease.translations.values()]
    return list(filter(None, dict.fromkeys([str(disease), disease.name, *others])))
