"""A hostile upload must not crash the decoder, leave a file behind or use up the memory."""

import io
import random
import subprocess
import sys

import pytest
from django.core.files.storage import default_storage
from PIL import Image

from diagnosis.models import LesionImage
from tests import photographs
from tests.broken_files import mutated, originals

# Pillow warns about each broken entry.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:PIL")

REQUEST_MAX_MB = 400
SIDES = (8000, 5000)


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


def jpeg_of_forty_megapixels():
    picture, exif = lying("RGB")
    return photographs.encoded(picture, "JPEG", quality=60, exif=exif)


def clear_png_of_forty_megapixels():
    _picture, exif = lying("L")
    return photographs.encoded(Image.new("RGBA", SIDES, (10, 20, 30, 99)), "PNG", exif=exif)


LARGE = {
    "JPEG": jpeg_of_forty_megapixels,
    "PNG with transparency": clear_png_of_forty_megapixels,
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
    assert answer in {"8000", "5000"}
