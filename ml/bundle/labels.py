"""The seven classes of HAM10000, in the one order that every array of this package follows."""

from __future__ import annotations

from collections.abc import Mapping

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
