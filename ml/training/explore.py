"""Shows what a collection contains, and its oddities."""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from tqdm import tqdm

from ml.bundle.engines import create_engine
from ml.bundle.labels import HAM10000, Classes, name_of
from ml.bundle.manifest import Manifest, read_manifest, verify_bundle
from ml.bundle.preprocessing import Pixels, Recipe, decode_photograph, normalise, prepare_photograph
from ml.errors import MlError, PhotographError
from ml.evaluation.labelled import make_folder
from ml.evaluation.tables import read_rows
from ml.training.data import Photograph, count_by_label, find_table, read_collection
from ml.training.findings import (
    Doubt,
    describe_picture,
    find_doubts,
    find_near_duplicates,
    find_neighbours,
    find_outliers,
    hash_picture,
)

PAGE = "collection.html"
TEMPLATE = "explore.html"
THUMBNAIL = 112
BATCH = 16
# The optional columns of a table, and their headings on the page.
COLUMNS = {"age": "Age", "sex": "Sex", "localization": "Body site", "dataset": "Source"}
SAME_COLUMN = {"source": "dataset", "site": "localization"}


@dataclass(frozen=True)
class Look:
    """The appearance of a photograph: width and height, brightness 0..255, hash, thumbnail.

    `tiny` is the result of describe_picture.
    """

    size: tuple[int, int]
    brightness: float
    hash: npt.NDArray[np.uint64]
    tiny: npt.NDArray[np.float32]
    thumbnail: str


@dataclass(frozen=True)
class Table:
    """One table of counts: each row is a value and its number of photographs in each class."""

    title: str
    rows: tuple[tuple[str, tuple[int, ...]], ...]


@dataclass(frozen=True)
class Picture:
    """One photograph on the page."""

    name: str
    data: str
    words: str


@dataclass(frozen=True)
class Gallery:
    """A group of pictures with its heading, and how many there are in total."""

    title: str
    reading: str
    pictures: tuple[Picture, ...]
    total: int


@dataclass(frozen=True)
class Found:
    """The number of readable photographs and the galleries made from them."""

    photographs: int
    galleries: tuple[Gallery, ...]


def explore(
    folders: Sequence[Path],
    out: Path,
    *,
    bundle: Path | None = None,
    squeezed_from: float | None = None,
    limit: int = 24,
) -> Found:
    """Write a page about the photographs in `folders` into the folder `out`. Raises MlError."""
    classes = read_manifest(bundle).classes if bundle else HAM10000
    collection = read_collection(folders, classes)
    photographs, looks, broken = look_at(collection.photographs)
    if not photographs:
        raise MlError("No photograph could be read.")
    make_folder(out)
    galleries = show_odd(photographs, looks, limit, classes)
    if bundle:
        galleries += show_doubted(photographs, looks, bundle, squeezed_from, limit)
    page = render_page(
        title=" and ".join(folder.resolve().name for folder in folders),
        photographs=photographs,
        tables=count_all(folders, photographs, looks, classes),
        galleries=galleries,
        broken=broken,
        left_out=collection.left_out,
        classes=classes,
    )
    try:
        (out / PAGE).write_text(page, encoding="utf-8")
    except OSError as error:
        raise MlError(f"{out}: the page cannot be written ({error.strerror}).") from error
    return Found(len(photographs), tuple(galleries))


def look_at(
    photographs: Sequence[Photograph],
) -> tuple[list[Photograph], list[Look], list[str]]:
    """Read every photograph once; return also the names of those that cannot be read."""
    seen, looks, broken = [], [], []
    for photograph in tqdm(photographs, desc="looking", unit="photo"):
        try:
            pixels = decode_photograph(photograph.path.read_bytes(), at_least=2 * THUMBNAIL)
        except (OSError, PhotographError):
            broken.append(photograph.path.name)
            continue
        height, width = pixels.shape[:2]
        seen.append(photograph)
        looks.append(
            Look(
                (width, height),
                float(pixels.mean()),
                hash_picture(pixels),
                describe_picture(pixels),
                _shrink(pixels),
            )
        )
    return seen, looks, broken


def count_all(
    folders: Sequence[Path],
    photographs: Sequence[Photograph],
    looks: Sequence[Look],
    classes: Classes,
) -> list[Table]:
    """Count the photographs by class and by each column, size and brightness."""
    facts = read_facts(folders)
    sizes = [f"{look.size[0]} x {look.size[1]}" for look in looks]
    light = [_band(look.brightness, 32) for look in looks]
    values: dict[str, list[str]] = {
        heading: [facts.get(one.image_id, {}).get(column, "") for one in photographs]
        for column, heading in COLUMNS.items()
    }
    values |= {"Pixels as read": sizes, "Mean brightness, 0 to 255": light}
    return [
        Table(heading, _count(photographs, column, classes))
        for heading, column in values.items()
        if any(column)
    ]


def read_facts(folders: Sequence[Path]) -> dict[str, dict[str, str]]:
    """Read the optional columns of the folders' tables, by photograph; ages become decades."""
    facts: dict[str, dict[str, str]] = {}
    for folder in folders:
        table, required = find_table(folder)
        for _, row in read_rows(table, required, optional=(*COLUMNS, *SAME_COLUMN)):
            known = {SAME_COLUMN.get(name, name): value for name, value in row.items()}
            age = known.get("age", "")
            try:
                known["age"] = _band(float(age), 10) if age else ""
            except ValueError:
                known["age"] = age
            facts[row["image_id"]] = known
    return facts


def show_odd(
    photographs: Sequence[Photograph], looks: Sequence[Look], limit: int, classes: Classes
) -> list[Gallery]:
    """Show near-duplicates under different lesions, and the darkest and brightest photographs."""
    groups = [photograph.patient_id or photograph.lesion_id for photograph in photographs]
    hashes = np.stack([look.hash for look in looks])
    pairs = find_near_duplicates(hashes, [look.tiny for look in looks], groups)
    shown = [
        (place, f"similarity {pair.likeness:.3f}")
        for pair in pairs[:limit]
        for place in (pair.first, pair.second)
    ]
    order = np.argsort([look.brightness for look in looks], kind="stable")
    picture = _picture_of(photographs, looks, classes)
    return [
        Gallery(
            "Near-duplicates",
            "Pairs from different lesions or patients that look the same. A split that separates "
            "such a pair leaks.",
            tuple(picture(*one) for one in shown),
            len(pairs),
        ),
        *(
            Gallery(
                title,
                "By the mean of all pixels and channels.",
                tuple(picture(int(one), f"{looks[one].brightness:.0f} of 255") for one in chosen),
                len(chosen),
            )
            for title, chosen in (
                ("Darkest", order[:limit]),
                ("Brightest", order[::-1][:limit]),
            )
        ),
    ]


def show_doubted(
    photographs: Sequence[Photograph],
    looks: Sequence[Look],
    bundle: Path,
    squeezed_from: float | None,
    limit: int,
) -> list[Gallery]:
    """Show outliers in a bundle's feature space, and labels that their neighbours contradict."""
    features = read_features(bundle, photographs, squeezed_from)
    groups = [photograph.patient_id or photograph.lesion_id for photograph in photographs]
    if len(set(groups)) < 2:
        return []
    labels = np.asarray([photograph.label for photograph in photographs], dtype=np.int64)
    neighbours, distances = find_neighbours(features, groups)
    lonely = find_outliers(distances)[:limit]
    classes = read_manifest(bundle).classes
    doubts = find_doubts(labels, neighbours, len(classes))
    picture = _picture_of(photographs, looks, classes)

    def say(doubt: Doubt) -> str:
        return f"near {classes.names[doubt.other]}, {doubt.share:.0%} support its label"

    return [
        Gallery(
            "Outliers",
            "The photographs farthest from their ten nearest neighbours in the bundle's features.",
            tuple(picture(one, f"distance {distances[one, -1]:.2f}") for one in lonely),
            len(lonely),
        ),
        Gallery(
            "Doubtful labels",
            "Most of the ten nearest neighbours have another label, where rare classes count as "
            "much as common ones. A bundle that was trained on these photographs has learnt their "
            "labels, so it doubts too few.",
            tuple(picture(doubt.place, say(doubt)) for doubt in doubts[:limit]),
            len(doubts),
        ),
    ]


def read_features(
    bundle: Path, photographs: Sequence[Photograph], squeezed_from: float | None
) -> npt.NDArray[np.float64]:
    """Return the features of n readable photographs, n x k. Raises BundleError."""
    manifest = read_manifest(bundle)
    verify_bundle(bundle, manifest)
    engine, recipe = create_engine("auto", bundle, manifest, None), _recipe(manifest, squeezed_from)
    rows = []
    for start in tqdm(range(0, len(photographs), BATCH), desc="features", unit="batch"):
        batch = photographs[start : start + BATCH]
        pixels = [prepare_photograph(one.path.read_bytes(), recipe).pixels for one in batch]
        rows.append(engine.run(normalise(pixels, recipe)).features.astype(np.float64))
    return np.concatenate(rows)


def render_page(
    *,
    title: str,
    photographs: Sequence[Photograph],
    tables: Sequence[Table],
    galleries: Sequence[Gallery],
    broken: Sequence[str],
    left_out: Mapping[str, int],
    classes: Classes,
) -> str:
    """Return the page as HTML with the pictures embedded."""
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    lesions = {photograph.lesion_id: photograph.label for photograph in photographs}
    by_lesion = Counter(lesions.values())
    return environment.get_template(TEMPLATE).render(
        title=title,
        photographs=len(photographs),
        lesions=len(lesions),
        patients=len({one.patient_id for one in photographs} - {""}),
        classes=[
            (name_of(name), name, count, by_lesion[index])
            for index, (name, count) in enumerate(
                classes.count(count_by_label(photographs, len(classes))).items()
            )
        ],
        labels=classes.names,
        tables=tables,
        galleries=galleries,
        broken=broken,
        left_out=left_out,
    )


def _recipe(manifest: Manifest, squeezed_from: float | None) -> Recipe:
    return Recipe(
        size=manifest.size,
        median_kernel=manifest.median_kernel,
        mean=manifest.mean,
        std=manifest.std,
        squeezed_from=squeezed_from,
    )


def _picture_of(
    photographs: Sequence[Photograph], looks: Sequence[Look], classes: Classes
) -> Callable[[int, str], Picture]:
    def picture(place: int, words: str) -> Picture:
        one = photographs[place]
        name = f"{one.image_id}, {classes.names[one.label]}, {one.lesion_id}"
        return Picture(name, looks[place].thumbnail, words)

    return picture


def _count(
    photographs: Sequence[Photograph], values: Sequence[str], classes: Classes
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Count each value by class, in alphabetical order, numbers by size."""
    members: dict[str, list[Photograph]] = {}
    for photograph, value in zip(photographs, values, strict=True):
        members.setdefault(value or "not given", []).append(photograph)

    def order(value: str) -> tuple[bool, int, str]:
        first = value.split(" ")[0]
        return (not first.isdecimal(), int(first) if first.isdecimal() else 0, value)

    return tuple(
        (value, count_by_label(members[value], len(classes)))
        for value in sorted(members, key=order)
    )


def _band(value: float, width: int) -> str:
    first = int(value // width) * width
    return f"{first} to {first + width - 1}"


def _shrink(pixels: Pixels) -> str:
    """Return a small JPEG of the whole frame as a data URL."""
    height, width = pixels.shape[:2]
    scale = THUMBNAIL / max(height, width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    small = cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)
    _, data = cv2.imencode(".jpg", cv2.cvtColor(small, cv2.COLOR_RGB2BGR))
    return f"data:image/jpeg;base64,{base64.b64encode(data.tobytes()).decode('ascii')}"
