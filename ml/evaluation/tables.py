"""Reads tables of photographs and finds the files that they name."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from ml.errors import DataError

EXTENSIONS = (".jpg", ".jpeg", ".png", ".webp")


def read_rows(
    table: Path, required: Sequence[str], optional: Sequence[str] = ()
) -> list[tuple[int, dict[str, str]]]:
    """Read a CSV file's rows with their line numbers, where the header is row 1; strip the values.

    Optional columns are included if the table has them. Raises DataError if the file, a required
    column or a value is missing.
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
    """Map the name, without extension, of every photograph in the folders to its path.

    If a name occurs twice, the folders of the original collection (HAM10000_images_part_*, images)
    take precedence, then the first path in alphabetical order. Raises DataError.
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
    """Look up a photograph by name, with or without extension. Raises DataError."""
    if not image_id:
        raise DataError(table, "image_id is empty.", row)
    path = index.get(image_id)
    if path is None and Path(image_id).suffix.lower() in EXTENSIONS:
        path = index.get(Path(image_id).stem)
    if path is None:
        raise DataError(table, f"there is no photograph for image_id {image_id}.", row)
    return path


def _is_original(path: Path) -> bool:
    return path.parent.name == "images" or path.parent.name.startswith("HAM10000_images_part_")
