"""Reads photograph collections in the layout of HAM10000 and splits them by lesion."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
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
    """Is one labelled photograph of a lesion; `label` is an index into LABELS.

    `patient_id` is empty where the table does not know whose lesion it is.
    """

    lesion_id: str
    image_id: str
    label: int
    path: Path
    patient_id: str = ""


@dataclass(frozen=True)
class Collection:
    """Holds the photographs of one or several folders, and the rows left out by their dx."""

    photographs: tuple[Photograph, ...]
    left_out: Mapping[str, int]


@dataclass(frozen=True)
class LoadedPhotographs:
    """Holds prepared pixels beside their photographs, and the broken files that were skipped.

    `digests` are the SHA-256 of each photograph's file in hexadecimal digits; `data_hash` goes over
    names, labels and digests.
    """

    photographs: tuple[Photograph, ...]
    pixels: tuple[Pixels, ...]
    broken: tuple[Path, ...]
    digests: tuple[str, ...]
    data_hash: str


def read_collection(folders: Sequence[Path]) -> Collection:
    """Read every folder's HAM10000_metadata.csv and find the photographs below the folder.

    A folder with labels.csv (image_id, dx) instead has one lesion a photograph, unless it has
    lesion_id too; either table may name patients (patient_id). Raises DataError naming the file,
    and the row where there is one.
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
            if dx not in LABELS:
                left_out[dx] += 1
                continue
            path = find_image(index, image_id, table, number)
            photographs.append(
                Photograph(lesion_id, image_id, LABELS.index(dx), path, row.get("patient_id", ""))
            )
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
            more = [name for name in optional if name in columns and name not in required]
            wanted = [*required, *more]
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
    """Give the SHA-256 of each photograph's file in hexadecimal digits. Raises DataError."""
    digests = []
    for photograph in photographs:
        try:
            digests.append(hashlib.sha256(photograph.path.read_bytes()).hexdigest())
        except OSError as error:
            raise DataError(photograph.path, f"it cannot be read ({error.strerror}).") from error
    return tuple(digests)


def hash_data(photographs: Sequence[Photograph], digests: Sequence[str]) -> str:
    """Give one SHA-256 of names, labels and files, the same in whatever order they come."""
    lines = sorted(
        f"{photograph.image_id} {photograph.label} {digest}"
        for photograph, digest in zip(photographs, digests, strict=True)
    )
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def count_by_label(photographs: Iterable[Photograph]) -> tuple[int, ...]:
    """Count the photographs of each class, in the order of LABELS."""
    counts = Counter(photograph.label for photograph in photographs)
    return tuple(counts[label] for label in range(len(LABELS)))


def _is_original(path: Path) -> bool:
    return path.parent.name == "images" or path.parent.name.startswith("HAM10000_images_part_")
