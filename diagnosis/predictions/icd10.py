"""The codes of ICD-10 that dermatologists use, with names in the site's languages.

The codes are those of the World Health Organization. The names in `icd10.csv` are the project's own
short wording, under its licence, and not the classification's text.
"""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

LANGUAGES = ("en", "fr", "ar")
FILE = Path(__file__).with_name("icd10.csv")


@dataclass(frozen=True)
class Code:
    """One code, its names by language, and whether it is malignant or precancerous."""

    code: str
    is_malignant: bool
    names: dict[str, str]

    @property
    def slug(self) -> str:
        """Return the key under which the catalogue has this code."""
        return f"icd10-{self.code.lower().replace('.', '-')}"


@cache
def table() -> tuple[Code, ...]:
    """Return all codes in their order."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Code(
                code=row["code"],
                is_malignant=row["malignant"] == "yes",
                names={language: row[language] for language in LANGUAGES},
            )
            for row in csv.DictReader(file)
        )
