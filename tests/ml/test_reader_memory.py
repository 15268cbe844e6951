"""One bound of memory for every kind: what is larger is read at a part of its size, or refused."""

import subprocess
import sys

import pytest
from PIL import Image

from tests import exifs
from tests.heics import heic, tiled
from tests.photographs import encoded

MOST_MEGABYTES = 400
READ = """
import resource, sys
from ml.errors import PhotographError
from ml.reader.read import read_picture
data = sys.stdin.buffer.read()
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    print(*read_picture(data, min_side=64).size)
except PhotographError as error:
    print(error)
print((resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) // 1024)
"""


def noise(size):
    return Image.effect_noise((800, 600), 60).resize(size)


def jpeg(size, **options):
    image = Image.merge("RGB", [noise(size)] * 3)
    return encoded(image, "JPEG", quality=40, exif=exifs.turned(6), **options)


def flat(mode, size, kind="PNG", **options):
    return encoded(Image.new(mode, size, 0), kind, exif=exifs.turned(6), **options)


def skin_in_tiles(columns, rows, size):
    return tiled(Image.new("RGB", (512, 512), (200, 120, 90)), columns, rows, size)


TAKEN = {
    "JPEG of 40 million": (lambda: jpeg((8000, 5000)), "5000 8000"),
    "JPEG of 48 million": (lambda: jpeg((8064, 6048)), "3024 4032"),
    "JPEG of 50 million": (lambda: jpeg((8192, 6144)), "3072 4096"),
    "JPEG of 200 million": (lambda: flat("L", (16320, 12240), "JPEG"), "3060 4080"),
    "progressive JPEG of 40 million": (
        lambda: jpeg((8000, 5000), progressive=True, subsampling=0),
        "2500 4000",
    ),
    "progressive JPEG of 50 million": (lambda: jpeg((8192, 6144), progressive=True), "3072 4096"),
    "PNG of 40 million with transparency": (lambda: flat("RGBA", (8000, 5000)), "5000 8000"),
    "PNG of 50 million": (lambda: flat("RGB", (8192, 6144)), "3072 4096"),
    "PNG of 50 million with transparency": (lambda: flat("RGBA", (8192, 6144)), "3072 4096"),
    "PNG of 50 million greys of sixteen bits": (lambda: flat("I;16", (8192, 6144)), "3072 4096"),
    "PNG of 40 million with a palette": (
        lambda: flat("P", (8000, 5000), transparency=0),
        "5000 8000",
    ),
    "HEIC of 12 million": (lambda: skin_in_tiles(8, 6, (4032, 3024)), "4032 3024"),
    "HEIC of 48 million": (lambda: skin_in_tiles(16, 12, (8064, 6048)), "4032 3024"),
    "WebP of 16 million": (lambda: flat("RGBA", (4000, 4000), "WEBP", method=0), "4000 4000"),
}
REFUSED = {
    "PNG of 65 million": (lambda: flat("1", (8125, 8000)), "more than 64 million"),
    "WebP of 17 million": (lambda: flat("RGB", (4250, 4000), "WEBP"), "more than 16 million"),
    "HEIC of 66 million": (lambda: skin_in_tiles(16, 16, (8192, 8064)), "more than 53 million"),
    "JPEG of 225 million": (lambda: flat("L", (15000, 15000), "JPEG"), "more than 200 million"),
    "progressive JPEG of 64 million in four inks": (
        lambda: flat("CMYK", (8000, 8000), "JPEG", progressive=True),
        "more than 39 million",
    ),
}


def read(data):
    done = subprocess.run([sys.executable, "-c", READ], input=data, capture_output=True, check=True)
    answer, megabytes = done.stdout.decode().strip().split("\n")
    assert int(megabytes) < MOST_MEGABYTES
    return answer


@pytest.mark.parametrize("name", TAKEN)
def test_large_photographs_are_taken_under_one_bound_of_memory(name):
    make, size = TAKEN[name]
    assert read(make()) == size


@pytest.mark.parametrize("name", REFUSED)
def test_what_needs_more_memory_is_refused_with_a_number(name):
    make, sentence = REFUSED[name]
    assert sentence in read(make())


def test_a_heic_whose_stream_is_larger_than_it_says_is_refused():
    data = heic(Image.new("RGB", (1024, 1024), (200, 120, 90)))
    place = data.index(b"ispe") + 8
    small = data[:place] + (64).to_bytes(4, "big") * 2 + data[place + 8 :]
    assert "damaged" in read(small)
