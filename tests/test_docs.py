"""The docs can be read in an editor and on a narrow screen."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
DOCS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")])
LONGEST_LINE = 120
LONGEST_CELL = 160
LINK = re.compile(r"!?\[[^\]]*\]\([^)]*\)")


def prose(text):
    """Yield the numbered lines that are neither code nor a table, without their links."""
    is_fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            is_fenced = not is_fenced
        elif not (is_fenced or line.startswith(("    ", "|"))):
            yield number, LINK.sub("", line)


def cells(text):
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("|"):
            for cell in line.strip("|").split("|"):
                yield number, cell.strip()


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_lines_of_the_docs_are_wrapped(path):
    lines = prose(path.read_text(encoding="utf-8"))
    assert not [(number, line) for number, line in lines if len(line) > LONGEST_LINE]


@pytest.mark.parametrize("path", DOCS, ids=lambda path: path.name)
def test_a_table_cell_holds_no_paragraph(path):
    found = cells(path.read_text(encoding="utf-8"))
    assert not [(number, cell) for number, cell in found if len(cell) > LONGEST_CELL]
