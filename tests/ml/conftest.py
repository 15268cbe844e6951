"""Made-up photographs, a made-up collection like HAM10000, and a tiny trained bundle."""

import csv
import io
import shutil

import numpy as np
import pytest
from PIL import Image

from ml import export, train
from ml.bundle.labels import LABELS


def draw_photograph(width=96, height=72, seed=0, label=0):
    """Draw skin with one round lesion whose colour depends on the class."""
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[:height, :width]
    radius = min(width, height) * rng.uniform(0.2, 0.35)
    distance = np.hypot(rows - height / 2, columns - width / 2)
    skin = np.full((height, width, 3), (225, 180, 165), dtype=float)
    colour = np.array([(label * 37) % 200, (label * 71) % 200, (label * 113) % 200])
    skin[distance < radius] = colour
    return Image.fromarray((skin + rng.normal(0, 6, skin.shape)).clip(0, 255).astype(np.uint8))


def encode(image, extension="jpg", **options):
    stream = io.BytesIO()
    image.save(stream, {"jpg": "JPEG", "png": "PNG", "webp": "WEBP"}[extension], **options)
    return stream.getvalue()


def write_rows(path, header, rows):
    with path.open("w", newline="") as stream:
        writer = csv.writer(stream)
        writer.writerow(header)
        writer.writerows(rows)


def make_collection(folder, lesions=4, first=0):
    """Write a folder in the layout of HAM10000; every second lesion has two photographs."""
    (folder / "HAM10000_images_part_1").mkdir(parents=True)
    (folder / "HAM10000_images_part_2").mkdir()
    rows = []
    for label, dx in enumerate(LABELS):
        for lesion in range(first, first + lesions):
            for copy in range(1 + lesion % 2):
                image_id = f"ISIC_{label}{lesion:03}{copy}"
                part = f"HAM10000_images_part_{1 + copy}"
                image = draw_photograph(64, 64, seed=lesion * 10 + copy, label=label)
                (folder / part / f"{image_id}.jpg").write_bytes(encode(image))
                rows.append([f"HAM_{dx}_{lesion}", image_id, dx, "histo", "50.0", "male", "back"])
    write_rows(
        folder / "HAM10000_metadata.csv",
        ["lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization"],
        rows,
    )
    return folder


@pytest.fixture(scope="session")
def collection(tmp_path_factory):
    return make_collection(tmp_path_factory.mktemp("collection") / "ham")


def tiny_arguments(collection, out, *more):
    """Return the arguments that train the smallest network for two epochs in a second or two."""
    return [
        *("--data", str(collection), "--out", str(out), "--network", "small_cnn"),
        *("--no-pretrained", "--size", "32", "--epochs", "2", "--batch-size", "8"),
        *("--validation", "0.25", "--device", "cpu", "--threads", "1", "--lr", "0.01", *more),
    ]


@pytest.fixture(scope="session")
def run_folder(collection, tmp_path_factory):
    out = tmp_path_factory.mktemp("runs") / "first"
    assert train.main(tiny_arguments(collection, out)) == 0
    return out


@pytest.fixture(scope="session")
def bundle_of_two(collection, run_folder, tmp_path_factory):
    """Return a bundle of two members that shows each photograph in two ways."""
    folder = tmp_path_factory.mktemp("two")
    second = folder / "second"
    train.main(tiny_arguments(collection, second, "--seed", "2"))
    out = folder / "bundle"
    arguments = ["--runs", str(run_folder), str(second), "--data", str(collection)]
    arguments += ["--out", str(out), "--version", "2-test", "--views", "2"]
    assert export.main(arguments) == 0
    return out


@pytest.fixture
def bundle(run_folder, tmp_path):
    """Return a bundle of one member that a test may damage."""
    return shutil.copytree(run_folder / "bundle", tmp_path / "bundle")


@pytest.fixture
def jpeg():
    return encode(draw_photograph())
