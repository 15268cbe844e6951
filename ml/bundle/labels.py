"""The classes that a bundle distinguishes; by default those of HAM10000.

In array shapes, c is the number of classes.
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
    """The names of the classes, in the order of every array, and which of them are malignant."""

    names: tuple[str, ...]
    malignant: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """Check that the names are unique and not empty. Raises ValueError."""
        if len(self.names) < 2 or not all(self.names):
            raise ValueError("there must be at least two classes, each with a name")
        if len(set(self.names)) < len(self.names):
            raise ValueError("a class is named twice")
        if others := [name for name in self.malignant if name not in self.names]:
            raise ValueError(f"{others[0]} is listed as malignant but is not one of the classes")

    def __len__(self) -> int:
        """Count the classes."""
        return len(self.names)

    @property
    def malignant_columns(self) -> tuple[int, ...]:
        """Return the indices of the malignant classes."""
        return tuple(self.names.index(name) for name in self.malignant)

    def count(self, counts: Sequence[int]) -> dict[str, int]:
        """Map each class name to its count; `counts` follow the order of the classes."""
        return dict(zip(self.names, counts, strict=True))


HAM10000 = Classes(LABELS, MALIGNANT)


def name_of(label: str) -> str:
    """Return the full name of a class, or the label itself if the class is unknown."""
    return NAMES.get(label, label)
