"""Every form with a picture offers the kinds that the reader takes, and refuses in its words."""

import pytest
from django.utils import translation

from clinic.core.files.pictures import ACCEPT, SENTENCES
from clinic.office.forms.clinic_settings import LogoForm
from clinic.people.forms.accounts import ProfileForm
from clinic.records.forms.documents import DocumentForm
from diagnosis.atlas.forms import AtlasImageForm
from diagnosis.lesions.forms import PhotographForm
from ml.reader import refusals

FIELDS = {
    "a lesion": PhotographForm.base_fields["photograph"],
    "the atlas": AtlasImageForm.base_fields["image"],
    "an account": ProfileForm.base_fields["photograph"],
    "the clinic": LogoForm.base_fields["logo"],
    "a document": DocumentForm.base_fields["file"],
}


@pytest.mark.parametrize("name", FIELDS)
def test_a_dialog_for_files_offers_every_kind_that_is_taken(name):
    offered = FIELDS[name].widget.attrs["accept"]
    assert offered in {ACCEPT, f"application/pdf,{ACCEPT}"}
    assert {"image/jpeg", "image/png", "image/webp", "image/heic", ".heic"} <= {*ACCEPT.split(",")}


def test_site_and_commands_refuse_in_the_same_words():
    with translation.override("en"):
        assert {code: str(sentence) for code, sentence in SENTENCES.items()} == refusals.SENTENCES
