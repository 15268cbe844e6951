"""The classes that a bundle tells apart; those of HAM10000 where nothing else is asked for.

Their number is c in the shapes of arrays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

LABELS: tuple[str, ...] = ("akiec", "bcc", "bkl", "df", "mel", "nv", "vasc")

MALIGNANT: tuple[str, ...] = ("mel", "bcc", "akiec")

NAMES: Mapping[str, str] = {
    "akiec": "Actinic keratosis or intraepithelial carcinoma",
    "bcc": "Basal cell carcinoma",
    "bkl": "Benign keratosis",
    "df": "Dermatofibroma",
    "mel": "Melanoma",
    "nv": "Melanocytic nevus",
    "vasc": "Vascular lesion",
}


@dataclass(frozen=True)
class Classes:
    """Names classes in the one order that every array follows, and those that are malignant."""

    names: tuple[str, ...]
    malignant: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the classes can be told apart. Raises ValueError."""
        if len(self.names) < 2 or not all(self.names):
            raise ValueError("there must be at least two classes, each with a name")
        if len(set(self.names)) < len(self.names):
            raise ValueError("a class is named twice")
        if others := [name for name in self.malignant if name not in self.names]:
            raise ValueError(f"{others[0]} is called malignant and is not one of the classes")

    def __len__(self) -> int:
        """Count the classes."""
        return len(self.names)

    @property
    def malignant_columns(self) -> tuple[int, ...]:
        """Return the places of the malignant classes."""
        return tuple(self.names.index(name) for name in self.malignant)

    def count(self, counts: Sequence[int]) -> dict[str, int]:
        """Return one number per class, in order, by its name."""
        return dict(zip(self.names, counts, strict=True))


HAM10000 = Classes(LABELS, MALIGNANT)


def name_of(label: str) -> str:
    """Return the full name of a class; an unknown one is returned unchanged."""
    return NAMES.get(label, label)
