"""Images for the demo's atlas, drawn by code because no data set's photographs may be shipped."""

from clinic.people.models.user import User
from diagnosis.atlas.models import AtlasImage
from diagnosis.atlas.services.images import AtlasImageText, add_atlas_image
from diagnosis.predictions.models.disease import Disease
from skinhealth.demo.drawing import LOOKS, draw_lesion

SOURCE = "Drawn by code for this demo"
LICENCE = "CC0"
SIZE = (480, 360)
# Seeds that the demo's patients do not use.
FIRST_SEED = 1000
PHOTOTYPES = {1: "I", 2: "II", 3: "III", 4: "IV"}
CAPTION = "Drawn on skin of phototype {}"


def fill_atlas(*, admin: User, doctor: User) -> None:
    """Add images of each class of the model on three kinds of skin, and one proposal."""
    for number, label in enumerate(sorted(LOOKS)):
        disease = Disease.objects.get(model_class=label)
        for place, phototype in enumerate((1, 2, 4)):
            _add(disease, admin, seed=FIRST_SEED + 10 * number + place, phototype=phototype)
    _add(Disease.objects.get(model_class="nv"), doctor, seed=FIRST_SEED + 99, phototype=3)


def _add(disease: Disease, actor: User, *, seed: int, phototype: int) -> AtlasImage:
    caption = CAPTION.format(PHOTOTYPES[phototype])
    return add_atlas_image(
        disease=disease,
        data=draw_lesion(disease.model_class, seed=seed, phototype=phototype, size=SIZE),
        said=AtlasImageText(source=SOURCE, licence=LICENCE, caption=caption),
        actor=actor,
        is_accepted=actor.role == User.Role.ADMIN,
    )
