"""Pictures and EXIF of all kinds, broken in all ways: read, or refused with a sentence."""

import io
import random
from collections import Counter

import pytest
from django.core.exceptions import ValidationError

from clinic.core.files.portraits_and_logos import read_logo, read_portrait
from clinic.records.received_files import receive_file
from diagnosis.lesions.imaging import prepare_photograph
from ml.errors import PhotographError
from ml.reader.read import read_picture
from ml.reader.refusals import SENTENCES
from tests import pdfs
from tests.broken_files import SIZE, mutated, originals, with_exif
from tests.fuzz.budget import examples

# Pillow says of each broken entry what it makes of it.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

SEED = 20261130


@pytest.mark.parametrize("part", range(4))
def test_every_file_is_read_or_refused_with_a_known_sentence(part):
    draw = random.Random(SEED + part)
    files = originals()
    codes = Counter()
    for number in range(examples(120, many=4_000)):
        try:
            picture = read_picture(mutated(draw, draw.choice(files)))
        except PhotographError as refused:
            codes[refused.code] += 1
        else:
            assert picture.mode == "RGB", (SEED + part, number)
            codes["read"] += 1
    assert set(codes) <= {*SENTENCES, "read"}
    # Neither answer has swallowed everything.
    assert codes["damaged"] > 10 < codes["read"]


def test_exif_refuses_nobody():
    draw = random.Random(SEED)
    for number in range(examples(150, many=4_000)):
        assert sorted(read_picture(with_exif(draw)).size) == sorted(SIZE), number


def as_upload(read):
    """Call a reader of forms with the bytes of a file."""

    def receive(data):
        file = io.BytesIO(data)
        file.size = len(data)
        return read(file)

    return receive


@pytest.mark.parametrize(
    "receive",
    [prepare_photograph, as_upload(read_portrait), as_upload(read_logo), receive_file],
    ids=["photograph", "portrait", "logo", "document"],
)
def test_the_site_reads_or_refuses_every_file_too(receive):
    draw = random.Random(SEED)
    files = [*originals(), pdfs.pdf(2)] if receive is receive_file else originals()
    for _number in range(examples(60, many=2_500)):
        data = with_exif(draw) if draw.random() < 0.3 else mutated(draw, draw.choice(files))
        try:
            received = receive(data)
        except ValidationError as refused:
            [sentence] = refused.messages
            assert sentence.endswith(".")
        else:
            assert received
