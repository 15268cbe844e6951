"""Photographs on a visit's documents, and sentences about the model's answers for them."""

import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from PIL import Image

from clinic.core.files.pictures import as_jpeg
from clinic.core.lists import listed
from clinic.records.models.consultation import Consultation
from clinic.records.services.papers import Picture, on_day
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.answers import describe
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.services.worklist import State, with_states

MAX_PICTURES = 6
NO_BREAK = "\u00a0"
PICTURE_SIDE = 900  # pixels: enough for half a page in print


@dataclass(frozen=True, kw_only=True)
class ChosenPhotographs:
    """The photographs on a paper, with or without the model's answers."""

    images: Sequence[LesionImage] = ()
    has_model_answer: bool = False

    def answers_in_words(self, reviews: Iterable[Review]) -> list[str]:
        """Return a sentence for each chosen photograph whose answer a doctor has reviewed."""
        if not self.has_model_answer:
            return []
        by_image = {
            review.prediction.image_id: review
            for review in reviews
            if review.prediction.status == Prediction.Status.DONE
        }
        diseases = list(Disease.objects.all())
        answered = [image for image in self.images if image.pk in by_image]
        return [_answer(image, by_image[image.pk], diseases) for image in answered]


NO_PHOTOGRAPHS = ChosenPhotographs()


def pictures_for_paper(images: Sequence[LesionImage]) -> list[Picture]:
    """Return the chosen photographs, scaled for print, each with its lesion's name."""
    if len(images) > MAX_PICTURES:
        raise ValidationError(_("Choose at most %(count)d photographs.") % {"count": MAX_PICTURES})
    return [_picture(image) for image in images]


def undecided_in_words(photographs: QuerySet[LesionImage], *, visit: Consultation) -> list[str]:
    """Return a sentence for each photograph of a visit without a diagnosis; none names a guess."""
    images = with_states(photographs.filter(consultation=visit)).exclude(
        Q(state__in=[State.DECIDED, State.REOPENED])
    )
    return [
        f"{_name(image)}: {_undecided(image)}"
        for image in images.select_related("lesion__body_site").order_by("uploaded_at", "pk")
    ]


def _undecided(image: LesionImage) -> str:
    day = {"day": on_day(image.decided_at)} if image.decided_at else {}
    if image.state == State.REFERRED:
        return _("no diagnosis yet, referred to a colleague on %(day)s.") % day
    if image.state == State.NOT_ASSESSABLE:
        return _("no diagnosis yet, the photograph could not be assessed on %(day)s.") % day
    if image.state == State.RETAKEN:
        return _("could not be assessed on %(day)s; a later photograph has a diagnosis.") % day
    return _("no diagnosis yet.")


def _picture(image: LesionImage) -> Picture:
    with image.file.open("rb") as file:
        picture = Image.open(io.BytesIO(file.read()))
    picture.thumbnail((PICTURE_SIDE, PICTURE_SIDE), Image.Resampling.LANCZOS)
    return Picture(
        sha256=image.sha256,
        caption=_name(image),
        jpeg=as_jpeg(picture.convert("RGB"), quality=82),
    )


def _name(image: LesionImage) -> str:
    return listed([image.lesion, image.lesion.body_site])


def _answer(image: LesionImage, review: Review, diseases: Iterable[Disease]) -> str:
    answer = describe(review.prediction, diseases)
    said = {
        "lesion": _name(image),
        "version": review.prediction.model_version,
        "shares": listed(
            f"{share.name} {percent}{NO_BREAK}%"
            for share in answer.top
            if (percent := round(share.percent))
        ),
    }
    if review.prediction.is_uncertain:
        sentence = _("%(lesion)s: model %(version)s was not sure; it gave %(shares)s.") % said
    else:
        sentence = _("%(lesion)s: model %(version)s gave %(shares)s.") % said
    decided = _("The doctor’s diagnosis: %(disease)s.") % {"disease": review.diagnosis_name}
    return f"{sentence} {decided}"
