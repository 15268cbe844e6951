"""Reads photograph collections in the layout of HAM10000 and splits them by lesion."""

from __future__ import annotations

import csv
import hashlib
import random
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tqdm import tqdm

from ml.errors import DataError, PhotographError
from ml.labels import LABELS
from ml.preprocessing import Pixels, Recipe, prepare_photograph

METADATA = "HAM10000_metadata.csv"
# A folder without lesion numbers has this table instead; there each photograph counts as a lesion.
LABEL_TABLE = "labels.csv"
EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp")


@dataclass(frozen=True)
class Photograph:
    """Is one labelled photograph of a lesion; `label` is an index into LABELS."""

    lesion_id: str
    image_id: str
    label: int
    path: Path


@dataclass(frozen=True)
class Collection:
    """Holds the photographs of one or several folders, and the rows left out by their dx."""

    photographs: tuple[Photograph, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class LoadedPhotographs:
    """Holds prepared pixels beside their photographs, and the broken files that were skipped."""

    photographs: tuple[Photograph, ...]
    pixels: tuple[Pixels, ...]
    broken: tuple[Path, ...]
    data_hash: str


def read_collection(folders: Sequence[Path]) -> Collection:
    """Read every folder's HAM10000_metadata.csv and find the photographs below the folder.

    A folder with labels.csv (image_id, dx) instead has one lesion a photograph. Raises DataError
    naming the file, and the row where there is one.
    """
    photographs: list[Photograph] = []
    left_out: Counter[str] = Counter()
    seen: dict[str, Path] = {}
    for folder in folders:
        table, columns = find_table(folder)
        index = index_images([folder])
        for number, row in read_rows(table, columns):
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
            if dx not in LABELS:
                left_out[dx] += 1
                continue
            path = find_image(index, image_id, table, number)
            photographs.append(Photograph(lesion_id, image_id, LABELS.index(dx), path))
    if not photographs:
        raise DataError(folders[0] / METADATA, "no row has one of the seven classes.")
    return Collection(tuple(photographs), dict(left_out))


def find_table(folder: Path) -> tuple[Path, tuple[str, ...]]:
    """Give the table of a folder and its columns; HAM10000_metadata.csv comes first."""
    metadata, labels = folder / METADATA, folder / LABEL_TABLE
    if labels.exists() and not metadata.exists():
        return labels, ("image_id", "dx")
    return metadata, ("lesion_id", "image_id", "dx")


def read_rows(
    table: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file's rows with their line numbers, the header being row 1; values are stripped.

    Optional columns are in the rows where the table has them. Raises DataError where the file, a
    required column or a value is missing.
    """
    try:
        with table.open(newline="", encoding="utf-8-sig") as stream:
            reader = csv.DictReader(stream)
            columns = [name.strip() for name in reader.fieldnames or ()]
            reader.fieldnames = columns
            missing = [name for name in required if name not in columns]
            if missing:
                found = ", ".join(columns) or "none"
                raise DataError(
                    table, f"the column {missing[0]} is missing (columns found: {found}).", 1
                )
            wanted = [*required, *(name for name in optional if name in columns)]
            rows = []
            for row in reader:
                if any(row.get(name) is None for name in wanted):
                    raise DataError(table, "the row has too few values.", reader.line_num)
                rows.append((reader.line_num, {name: row[name].strip() for name in wanted}))
    except FileNotFoundError as error:
        raise DataError(table, "the file does not exist.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DataError(table, f"the file cannot be read as CSV ({error}).") from error
    if not rows:
        raise DataError(table, "the file has no rows.")
    return rows


def index_images(folders: Iterable[Path]) -> dict[str, Path]:
    """Map the name of every photograph below the folders, without its extension, to its path.

    Where one name occurs twice, the folders of the original collection (HAM10000_images_part_*,
    images) come first, then the order of the paths.
    """
    found: dict[str, Path] = {}
    for folder in folders:
        if not folder.is_dir():
            raise DataError(folder, "the folder does not exist.")
        paths = [path for path in folder.rglob("*") if path.suffix.lower() in EXTENSIONS]
        for path in sorted(paths, key=lambda path: (not _is_original(path), str(path))):
            found.setdefault(path.stem, path)
    return found


def find_image(index: Mapping[str, Path], image_id: str, table: Path, row: int) -> Path:
    """Look a photograph up by its name; an extension in the name is accepted. Raises DataError."""
    if not image_id:
        raise DataError(table, "image_id is empty.", row)
    path = index.get(image_id)
    if path is None and Path(image_id).suffix.lower() in EXTENSIONS:
        path = index.get(Path(image_id).stem)
    if path is None:
        raise DataError(table, f"there is no photograph for image_id {image_id}.", row)
    return path


def split_by_lesion(
    photographs: Sequence[Photograph], *, validation: float, seed: int
) -> tuple[tuple[Photograph, ...], tuple[Photograph, ...]]:
    """Split into training and validation so that no lesion is on both sides, stratified by class.

    `validation` is the part of each class's lesions that is kept for validation, 0..1. The same
    lesions and seed give the same split in whatever order the rows come.
    """
    label_of: dict[str, int] = {}
    for photograph in sorted(photographs, key=lambda photograph: photograph.image_id):
        label_of.setdefault(photograph.lesion_id, photograph.label)
    by_label: dict[int, list[str]] = defaultdict(list)
    for lesion_id, label in label_of.items():
        by_label[label].append(lesion_id)
    chosen: set[str] = set()
    for label, lesions in sorted(by_label.items()):
        lesions.sort()
        random.Random(f"{seed}-{LABELS[label]}").shuffle(lesions)  # noqa: S311
        chosen.update(lesions[: round(len(lesions) * validation)])
    return (
        tuple(photograph for photograph in photographs if photograph.lesion_id not in chosen),
        tuple(photograph for photograph in photographs if photograph.lesion_id in chosen),
    )


def load_photographs(
    photographs: Sequence[Photograph],
    recipe: Recipe,
    *,
    widest: float = 1.0,
    threads: int = 2,
    title: str = "reading",
    report: Callable[[str], None] = tqdm.write,
) -> LoadedPhotographs:
    """Prepare every photograph once and keep the pixels; broken files are named and skipped."""

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
    lines: list[str] = []
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
            lines.append(f"{photograph.image_id} {photograph.label} {digest.hex()}")
    data_hash = hashlib.sha256("\n".join(sorted(lines)).encode()).hexdigest()
    return LoadedPhotographs(tuple(kept), tuple(pixels), tuple(broken), data_hash)


def count_by_label(photographs: Iterable[Photograph]) -> tuple[int, ...]:
    """Count the photographs of each class, in the order of LABELS."""
    counts = Counter(photograph.label for photograph in photographs)
    return tuple(counts[label] for label in range(len(LABELS)))


def _is_original(path: Path) -> bool:
    return path.parent.name == "images" or path.parent.name.startswith("HAM10000_images_part_")
