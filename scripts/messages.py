#!/usr/bin/env python
"""Collect the texts to translate into `locale/`, without gettext on the machine."""

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract
from babel.messages.pofile import read_po, write_po
from django.utils.translation.template import templatize

ROOT = Path(__file__).resolve().parent.parent
SOURCES = ("clinic", "diagnosis", "skinhealth", "templates")
PLURAL = (1, 2)
KEYWORDS: dict[str, tuple[int | tuple[int, str], ...] | None] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "ngettext": PLURAL,
    "ngettext_lazy": PLURAL,
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
STRING = r"""u?(?:"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
CALL = re.compile(rf"\b(?:_|n?p?gettext)\({STRING}(?:, ?{STRING})*(?:, ?count)?\)")


def source_files() -> Iterator[Path]:
    """Iterate over the files that may contain texts, always in the same order."""
    for folder in SOURCES:
        paths = (path for path in (ROOT / folder).rglob("*.*") if "migrations" not in path.parts)
        yield from sorted(path for path in paths if path.suffix in {".py", ".html", ".txt"})


def messages_in_use() -> Catalog:
    """Return the texts of the code and templates as a catalogue without translations."""
    catalog = Catalog(charset="utf-8", fuzzy=False)
    for path in source_files():
        source = path.read_text(encoding="utf-8")
        if path.suffix != ".py":
            source = "\n".join(CALL.findall(templatize(source)))
        where = path.relative_to(ROOT).as_posix()
        found = extract("python", BytesIO(source.encode()), keywords=KEYWORDS)
        for _line, message, _comments, context in found:
            catalog.add(message, locations=[(where, 0)], context=context)
    return catalog


def catalogues() -> list[Path]:
    """Return the translation file of each language."""
    return sorted((ROOT / "locale").glob("*/LC_MESSAGES/django.po"))


def collect() -> None:
    """Add new texts to each catalogue and drop those no longer in use."""
    in_use = messages_in_use()
    for path in catalogues():
        with path.open("rb") as file:
            catalog = read_po(file, locale=path.parts[-3])
        catalog.update(in_use, no_fuzzy_matching=True, update_creation_date=False)
        catalog.obsolete.clear()
        with path.open("wb") as file:
            write_po(file, catalog, width=100, include_lineno=False, sort_output=True)
        missing = sum(not is_translated(message.string) for message in catalog if message.id)
        print(f"{path.parts[-3]}: {len(catalog)} texts, {missing} of them not translated")


def is_translated(string: str | tuple[str, ...] | list[str] | None) -> bool:
    """Return whether a text has a translation for all its plural forms."""
    return all(string) if isinstance(string, tuple | list) else bool(string)


if __name__ == "__main__":
    collect()
