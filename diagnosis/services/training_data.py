"""Reviewed photographs as a folder in the layout of HAM10000, for `python -m ml.train`."""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from clinic.models import AuditEvent, Patient, User
from clinic.services.audit import record
from diagnosis.models import LesionImage, TrainingSample
from diagnosis.services.reviews import refresh_training_sample

COLUMNS = (
    "lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization", "dataset",
)  # fmt: skip
IMAGE_FOLDER = "images"
METADATA = "HAM10000_metadata.csv"


@dataclass(frozen=True)
class ExportSummary:
    """How many photographs an export wrote, and how many with a label outside the seven."""

    photographs: int
    outside_classes: int


def export_training_data(*, folder: Path, actor: User | None = None) -> ExportSummary:
    """Writes the newest review of each photograph, with consent to training and without names."""
    if folder.exists() and any(folder.iterdir()):
        raise ValidationError(_("The folder is not empty: choose a new one."))
    for image in LesionImage.objects.filter(predictions__reviews__isnull=False).distinct():
        refresh_training_sample(image=image)
    images = folder / IMAGE_FOLDER
    images.mkdir(parents=True, exist_ok=True)
    samples = TrainingSample.objects.usable().select_related(
        "disease", "review", "image__lesion__patient", "image__lesion__body_site"
    )
    outside = total = 0
    with (folder / METADATA).open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for sample in samples.order_by("image__uploaded_at", "pk"):
            with sample.image.file.open("rb") as photograph:
                (images / f"{sample.image_id}.jpg").write_bytes(photograph.read())
            writer.writerow(_row(sample))
            total += 1
            outside += not sample.is_model_class
    record(
        AuditEvent.Verb.EXPORT,
        actor=actor,
        detail={"what": "training_data", "photographs": total, "outside_classes": outside},
    )
    return ExportSummary(photographs=total, outside_classes=outside)


def _row(sample: TrainingSample) -> dict[str, object]:
    lesion = sample.image.lesion
    site = lesion.body_site
    return {
        "lesion_id": lesion.pk,
        "image_id": sample.image_id,
        "dx": sample.disease.model_class or sample.disease.code,
        "dx_type": "clinical_review",
        "age": _rounded_age(lesion.patient, sample.image.uploaded_at.date()),
        "sex": lesion.patient.sex if lesion.patient.sex in {"female", "male"} else "unknown",
        "localization": site.training_name if site else "unknown",
        "dataset": "clinic",
    }


def _rounded_age(patient: Patient, day: date) -> int:
    """Age in steps of five years, as the collection gives it: less of a person than a birthday."""
    years = (day - patient.birth_date).days / 365.25
    return 5 * round(years / 5)
