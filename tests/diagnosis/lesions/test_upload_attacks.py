"""A hostile upload must not crash the decoder, leave a file behind or use up the memory."""

import io
import random
import subprocess
import sys

import pytest
from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from PIL import Image

from clinic.core.files.portraits_and_logos import read_logo, read_portrait
from clinic.records.received_files import receive_file
from diagnosis.lesions.imaging import PreparedPhotograph, prepare_photograph
from diagnosis.models import LesionImage
from tests import photographs
from tests.pdfs import pdf

# Pillow warns about each broken entry.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

MUTATIONS = 10_000
SMALL = (96, 72)
REQUEST_MAX_MB = 400
SIDES = (8000, 5000)


def originals():
    return [
        photographs.jpeg(size=SMALL),
        photographs.png(size=SMALL),
        photographs.webp(size=SMALL),
        photographs.with_gps_lying_on_its_side(),
    ]


def mutated(rng, data):
    """Return the file with bytes changed, a piece doubled, dropped or moved, or its end cut off."""
    changed = bytearray(data)
    for _number in range(rng.randint(1, 8)):
        place = rng.randrange(len(changed))
        length = rng.randint(1, 64)
        kind = rng.randrange(5)
        if kind == 0:
            changed[place] = rng.randrange(256)
        elif kind == 1:
            changed[place : place + length] = rng.randbytes(len(changed[place : place + length]))
        elif kind == 2:
            changed[place:place] = changed[place : place + length]
        elif kind == 3 and len(changed) > 2 * length:
            del changed[place : place + length]
        elif kind == 4 and place > 16:
            del changed[place:]
    return bytes(changed)


def test_ten_thousand_broken_files_are_read_or_refused_and_nothing_else():
    rng = random.Random(20261125)
    files = originals()
    read = 0
    sentences = set()
    for number in range(MUTATIONS):
        data = mutated(rng, files[number % len(files)])
        try:
            prepared = prepare_photograph(data)
        except ValidationError as refusal:
            sentences.update(refusal.messages)
        else:
            assert isinstance(prepared, PreparedPhotograph), number
            with Image.open(io.BytesIO(prepared.jpeg)) as stored:
                assert not stored.getexif(), number
            read += 1
    assert all(sentence.endswith(".") for sentence in sentences)
    # Neither of the two outcomes may have swallowed everything.
    assert MUTATIONS * 0.02 < read < MUTATIONS * 0.9


@pytest.mark.parametrize("receive", [read_portrait, read_logo, receive_file])
def test_broken_portraits_logos_and_documents_are_read_or_refused(receive):
    rng = random.Random(7)
    sentences = set()
    files = [*originals(), pdf()] if receive is receive_file else originals()
    for number in range(600):
        data = mutated(rng, files[number % len(files)])
        upload = data
        if receive is not receive_file:
            upload = io.BytesIO(data)
            upload.size = len(data)
        try:
            receive(upload)
        except ValidationError as refusal:
            sentences.update(refusal.messages)
    assert sentences
    assert all(sentence.endswith(".") for sentence in sentences)


@pytest.mark.django_db
def test_a_refused_upload_leaves_no_file_and_no_row(sign_in, doctor, consultation, media):
    client = sign_in(doctor)
    rng = random.Random(3)
    files = originals()
    for number in range(60):
        upload = io.BytesIO(mutated(rng, files[number % len(files)]))
        upload.name = "photograph.jpg"
        response = client.post(
            f"/visits/{consultation.pk}/photographs/", {"photograph": upload, "body_site": ""}
        )
        assert response.status_code in {302, 422}, number
    rows = LesionImage.objects.all()
    kept = {name for row in rows for name in (row.file.name, row.thumbnail.name)}
    stored = {
        path.relative_to(default_storage.location).as_posix()
        for path in media.rglob("*")
        if path.is_file()
    }
    assert stored == kept


def lying(mode):
    """Return a picture of forty megapixels that claims to lie on its side."""
    exif = Image.Exif()
    exif[0x0112] = 6
    noise = Image.effect_noise((800, 500), 60).resize(SIDES)
    return Image.merge("RGB", [noise] * 3).convert(mode), exif


def jpeg_of_forty_megapixels(**options):
    picture, exif = lying("RGB")
    return photographs.encoded(picture, "JPEG", quality=60, exif=exif, **options)


def clear_png_of_forty_megapixels():
    _picture, exif = lying("L")
    return photographs.encoded(Image.new("RGBA", SIDES, (10, 20, 30, 99)), "PNG", exif=exif)


def palette_of_forty_megapixels():
    return photographs.encoded(Image.new("P", SIDES), "PNG", transparency=0)


def webp_of_forty_megapixels():
    picture, _exif = lying("RGB")
    return photographs.encoded(picture, "WEBP", quality=10, method=0)


LARGE = {
    "JPEG": jpeg_of_forty_megapixels,
    "progressive JPEG": lambda: jpeg_of_forty_megapixels(progressive=True, subsampling=0),
    "PNG with transparency": clear_png_of_forty_megapixels,
    "PNG with a palette": palette_of_forty_megapixels,
    "WebP": webp_of_forty_megapixels,
}
READ_AND_MEASURE = """
import resource, sys
import django
django.setup()
from django.core.exceptions import ValidationError
from diagnosis.lesions.imaging import prepare_photograph
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(prepare_photograph(data).width)
except ValidationError as error:
    print(*error.messages)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


@pytest.mark.parametrize("name", LARGE)
def test_the_largest_picture_takes_less_memory_than_a_request_may(name):
    done = subprocess.run(
        [sys.executable, "-c", READ_AND_MEASURE],
        input=LARGE[name](),
        capture_output=True,
        check=True,
    )
    answer, megabytes = done.stdout.decode().strip().split("\n")
    assert int(megabytes) < REQUEST_MAX_MB
    # The decoders of these two need several times the picture's memory.
    if name in {"WebP", "progressive JPEG"}:
        assert "million pixels" in answer
    else:
        assert answer in {"8000", "5000"}
