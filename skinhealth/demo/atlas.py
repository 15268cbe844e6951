"""Images for the demo's atlas, drawn by code because no data set's photographs may be shipped."""

from django.utils import translation
from django.utils.translation import gettext_lazy as _

from clinic.core.models.translated import Translations, other_languages
from clinic.people.models.user import User
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.services.images import AtlasImageText, add_atlas_image
from diagnosis.predictions.models.disease import Disease
from skinhealth.demo.drawing import LOOKS, draw_lesion

SOURCE = _("Drawn by code for this demo")
LICENCE = "CC0"
SIZE = (480, 360)
# Seeds that the demo's patients do not use.
FIRST_SEED = 1000
PHOTOTYPES = {1: "I", 2: "II", 3: "III", 4: "IV"}
CAPTION = _("Drawn on skin of phototype %(phototype)s")


def fill_atlas(*, admin: User, doctor: User) -> None:
    """Add images of each class of the model on three kinds of skin, and one proposal."""
    for number, label in enumerate(sorted(LOOKS)):
        disease = Disease.objects.get(model_class=label)
        for place, phototype in enumerate((1, 2, 4)):
            _add(disease, admin, seed=FIRST_SEED + 10 * number + place, phototype=phototype)
    _add(Disease.objects.get(model_class="nv"), doctor, seed=FIRST_SEED + 99, phototype=3)


def _add(disease: Disease, actor: User, *, seed: int, phototype: int) -> AtlasImage:
    own = _words(phototype)
    others: Translations = {}
    for code, _language in other_languages():
        with translation.override(code):
            others[code] = _words(phototype)
    return add_atlas_image(
        disease=disease,
        data=draw_lesion(disease.model_class, seed=seed, phototype=phototype, size=SIZE),
        said=AtlasImageText(
            caption=own["caption"], source=own["source"], licence=LICENCE, translations=others
        ),
        actor=actor,
        is_accepted=actor.role == User.Role.ADMIN,
    )


def _words(phototype: int) -> dict[str, str]:
    """Return caption and source in the present language."""
    caption = CAPTION % {"phototype": PHOTOTYPES[phototype]}
    return {"caption": str(caption), "source": str(SOURCE)}
