"""Reviewed photographs as a folder in the layout of HAM10000, for `python -m ml.train`."""

import csv
import hashlib
import io
import json
import logging
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.encryption import UnreadableError
from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.consents import PastUse, lock_consent
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import LesionImage
from diagnosis.reviews.models.review import TrainingSample
from diagnosis.reviews.models.training_export import TrainingExport
from diagnosis.reviews.services.reviews import refresh_training_sample
from ml.whole_files import swap_folder

logger = logging.getLogger(__name__)

COLUMNS = (
    "lesion_id", "image_id", "dx", "dx_type", "age", "sex", "localization", "dataset",
)  # fmt: skip
IMAGE_FOLDER = "images"
METADATA = "HAM10000_metadata.csv"
EXPORT = "export.json"  # matches the folder to its row in the list of exports


@dataclass(frozen=True)
class ExportSummary:
    """How many photographs an export wrote, and how many with a label outside the seven."""

    photographs: int
    outside_classes: int


def export_training_data(*, folder: Path, actor: User | None = None) -> ExportSummary:
    """Export the newest review of each photograph with consent to training, without names.

    Consent is checked when each photograph is written and again before the list is written, so
    nobody who withdraws in between is included. The export's row lists every photograph written.
    """
    if folder.exists() and any(folder.iterdir()):
        raise ValidationError(_("The folder is not empty: choose a new one."))
    reviewed = LesionImage.objects.filter(predictions__reviews__isnull=False).order_by()
    for pk in list(reviewed.values_list("pk", flat=True).distinct()):
        with _told_if_unreadable():
            refresh_training_sample(image=LesionImage.objects.get(pk=pk))
    # Whoever trains finds the whole export under its name, or none.
    partial = folder.with_name(f"{folder.name}.partial")
    if partial.exists():
        raise ValidationError(_("The folder is not empty: choose a new one."))
    images = partial / IMAGE_FOLDER
    images.mkdir(parents=True)
    try:
        summary = _fill(partial, images, actor)
    except BaseException:
        shutil.rmtree(partial, ignore_errors=True)
        raise
    swap_folder(partial, folder)
    return summary


def _fill(folder: Path, images: Path, actor: User | None) -> ExportSummary:
    export = TrainingExport.objects.create(made_by=actor)
    candidates = TrainingSample.objects.usable().order_by("image__uploaded_at", "pk")
    for sample_pk in list(candidates.values_list("pk", flat=True)):
        with _told_if_unreadable():
            _write(sample_pk, export, images)
    return _finish(export, folder, actor)


def exports_with(patient: Patient) -> list[PastUse]:
    """Return the exports that contain photographs of a patient, the newest first."""
    exports = TrainingExport.objects.filter(images__lesion__patient=patient).distinct()
    return [PastUse(id=str(export.pk), made_at=export.started_at) for export in exports]


@contextmanager
def _told_if_unreadable() -> Iterator[None]:
    """Skip samples that cannot be decrypted and log them; the others are exported."""
    try:
        yield
    except UnreadableError as error:
        logger.error("Left out of the export because it cannot be read: %s", error)


@transaction.atomic
def _write(pk: int, export: TrainingExport, images: Path) -> None:
    """Copy one photograph, unless its patient has withdrawn since the list was made."""
    sample = _samples().filter(pk=pk).first()
    if sample is None or not _is_agreed(sample):
        return
    export.images.add(sample.image)
    with sample.image.file.open("rb") as photograph:
        (images / f"{sample.image_id}.jpg").write_bytes(photograph.read())


@transaction.atomic
def _finish(export: TrainingExport, folder: Path, actor: User | None) -> ExportSummary:
    """Write the list of photographs whose patients still agree, and delete the others."""
    written = _samples().filter(image__training_exports=export)
    samples = []
    for sample in written.order_by("image__uploaded_at", "pk"):
        if _is_agreed(sample):
            samples.append(sample)
        else:
            (folder / IMAGE_FOLDER / f"{sample.image_id}.jpg").unlink()
    export.images.set([sample.image for sample in samples])
    metadata = _metadata(samples)
    # newline: the list must be the same on every machine, because its fingerprint is compared.
    (folder / METADATA).write_text(metadata, encoding="utf-8", newline="")
    photographs = [[str(sample.image_id), sample.image.sha256] for sample in samples]
    manifest = json.dumps({"metadata": metadata, "photographs": photographs}, sort_keys=True)
    export.manifest_sha256 = hashlib.sha256(manifest.encode()).hexdigest()
    export.finished_at = timezone.now()
    export.save(update_fields=["manifest_sha256", "finished_at"])
    named = {"export": str(export.pk), "manifest_sha256": export.manifest_sha256}
    (folder / EXPORT).write_text(json.dumps(named, indent=2) + "\n", encoding="utf-8")
    outside = sum(not sample.is_model_class for sample in samples)
    record(
        AuditEvent.Verb.EXPORT,
        actor=actor,
        target=export,
        detail={
            "what": "training_data",
            "photographs": len(samples),
            "outside_classes": outside,
            "manifest_sha256": export.manifest_sha256,
        },
    )
    return ExportSummary(photographs=len(samples), outside_classes=outside)


def _samples() -> QuerySet[TrainingSample]:
    return TrainingSample.objects.select_related(
        "disease", "image__lesion__patient", "image__lesion__body_site"
    ).defer(
        # Only exported fields are read: a text that cannot be decrypted would stop the export.
        "image__size_note", "image__lesion__description", "image__lesion__patient__duplicate_reason"
    )  # fmt: skip


def _is_agreed(sample: TrainingSample) -> bool:
    patient = sample.image.lesion.patient
    return lock_consent(patient=patient, purpose=Consent.Purpose.TRAINING)


def _metadata(samples: list[TrainingSample]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, COLUMNS)
    writer.writeheader()
    writer.writerows(_row(sample) for sample in samples)
    return text.getvalue()


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
    """Return the age in steps of five years, as in HAM10000, to reveal less."""
    years = (day - patient.birth_date).days / 365.25
    return 5 * round(years / 5)
