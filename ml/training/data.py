"""Reads photograph collections in the layout of HAM10000."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.preprocessing import Pixels, Recipe, prepare_photograph
from ml.errors import DataError, PhotographError
from ml.evaluation.tables import find_image, index_images, read_rows

METADATA = "HAM10000_metadata.csv"
# The table of a folder without lesion numbers, where each photograph counts as a lesion.
LABEL_TABLE = "labels.csv"


@dataclass(frozen=True)
class Photograph:
    """One labelled photograph of a lesion; `label` is its class index.

    `patient_id` is empty if the table does not name patients.
    """

    lesion_id: str
    image_id: str
    label: int
    path: Path
    patient_id: str = ""


@dataclass(frozen=True)
class Collection:
    """The photographs of one or more folders, and the number of rows left out, by dx."""

    photographs: tuple[Photograph, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class LoadedPhotographs:
    """Photographs with their prepared pixels, and the broken files that were skipped.

    `digests` are the SHA-256 hashes of the files as hexadecimal digits; `data_hash` covers names,
    labels and digests.
    """

    photographs: tuple[Photograph, ...]
    pixels: tuple[Pixels, ...]
    broken: tuple[Path, ...]
    digests: tuple[str, ...]
    data_hash: str


def read_collection(folders: Sequence[Path], classes: Classes = HAM10000) -> Collection:
    """Read the HAM10000_metadata.csv of every folder and find its photographs.

    A folder may have labels.csv (image_id, dx) instead; unless that has lesion_id too, each
    photograph counts as one lesion. Both tables may name patients (patient_id). Raises DataError
    naming the file and, if there is one, the row.
    """
    photographs: list[Photograph] = []
    left_out: Counter[str] = Counter()
    seen: dict[str, Path] = {}
    for folder in folders:
        table, columns = find_table(folder)
        index = index_images([folder])
        for number, row in read_rows(table, columns, optional=("lesion_id", "patient_id")):
            image_id, dx = row["image_id"], row["dx"].lower()
            lesion_id = row.get("lesion_id", image_id)
            if not lesion_id:
                raise DataError(table, "lesion_id is empty.", number)
            if not dx:
                raise DataError(table, "dx is empty.", number)
            if image_id in seen:
                raise DataError(
                    table, f"image_id {image_id} was already read from {seen[image_id]}.", number
                )
            seen[image_id] = table
            if dx not in classes.names:
                left_out[dx] += 1
                continue
            path = find_image(index, image_id, table, number)
            photographs.append(
                Photograph(
                    lesion_id, image_id, classes.names.index(dx), path, row.get("patient_id", "")
                )
            )
    if not photographs:
        raise DataError(
            folders[0] / METADATA, f"no row has one of the classes {', '.join(classes.names)}."
        )
    return Collection(tuple(photographs), dict(left_out))


def find_table(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Return the table of a folder and its required columns, preferring HAM10000_metadata.csv."""
    metadata, labels = folder / METADATA, folder / LABEL_TABLE
    if labels.exists() and not metadata.exists():
        return labels, ("image_id", "dx")
    return metadata, ("lesion_id", "image_id", "dx")


def load_photographs(
    photographs: Sequence[Photograph],
    recipe: Recipe,
    *,
    widest: float = 1.0,
    threads: int = 2,
    title: str = "reading",
    report: Callable[[str], None] = tqdm.write,
) -> LoadedPhotographs:
    """Prepare every photograph once and keep its pixels; report and skip broken files."""

    def load(photograph: Photograph) -> tuple[Pixels | str, bytes]:
        try:
            data = photograph.path.read_bytes()
        except OSError as error:
            return str(error), b""
        digest = hashlib.sha256(data).digest()
        try:
            return prepare_photograph(data, recipe, widest=widest).pixels, digest
        except PhotographError as error:
            return str(error), digest

    kept: list[Photograph] = []
    pixels: list[Pixels] = []
    broken: list[Path] = []
    digests: list[str] = []
    with ThreadPoolExecutor(threads) as pool:
        results = pool.map(load, photographs)
        for photograph, (result, digest) in zip(
            photographs,
            tqdm(results, total=len(photographs), desc=title, unit="photo"),
            strict=True,
        ):
            if isinstance(result, str):
                report(f"skipped {photograph.path}: {result}")
                broken.append(photograph.path)
                continue
            kept.append(photograph)
            pixels.append(result)
            digests.append(digest.hex())
    return LoadedPhotographs(
        tuple(kept), tuple(pixels), tuple(broken), tuple(digests), hash_data(kept, digests)
    )


def hash_files(photographs: Sequence[Photograph]) -> tuple[str, ...]:
    """Return the SHA-256 of each photograph's file as hexadecimal digits. Raises DataError."""
    digests = []
    for photograph in photographs:
        try:
            digests.append(hashlib.sha256(photograph.path.read_bytes()).hexdigest())
        except OSError as error:
            raise DataError(
                photograph.path, f"the file cannot be read ({error.strerror})."
            ) from error
    return tuple(digests)


def hash_data(photographs: Sequence[Photograph], digests: Sequence[str]) -> str:
    """Return one SHA-256 over names, labels and files, independent of their order."""
    lines = sorted(
        f"{photograph.image_id} {photograph.label} {digest}"
        for photograph, digest in zip(photographs, digests, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def count_by_label(
    photographs: Iterable[Photograph], classes: int = len(HAM10000)
) -> tuple[int, ...]:
    """Count the photographs of each class, in the order of the classes."""
    counts = Counter(photograph.label for photograph in photographs)
    return tuple(counts[label] for label in range(classes))
