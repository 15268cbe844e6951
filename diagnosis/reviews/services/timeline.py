"""Everything known about one patient, in chronological order."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.db.models import CharField, F, Model, QuerySet, Value
from django.utils.translation import gettext_lazy as _

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from clinic.records.models.prescription import Prescription
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from diagnosis.lesions.models import Lesion, LesionImage
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.models.visit_diagnosis import VisitDiagnosis
from diagnosis.reviews.services.worklist import with_states


class Kind(models.TextChoices):
    """The kinds of entries in a timeline."""

    VISIT = "visit", _("Visits")
    LESION = "lesion", _("Lesions")
    PHOTOGRAPH = "photograph", _("Photographs")
    DIAGNOSIS = "diagnosis", _("Diagnoses")
    PRESCRIPTION = "prescription", _("Prescriptions")


# Diagnoses that are about no photograph are rows of another table.
OTHER_DIAGNOSIS = "other_diagnosis"
# Rows by kind, each with its time field.
Rows = dict[str, tuple[QuerySet[Any], str]]
Key = tuple[str, datetime, UUID]


@dataclass(frozen=True)
class Sources:
    """The rows of each kind that the reader may see."""

    visits: QuerySet[Consultation]
    lesions: QuerySet[Lesion]
    photographs: QuerySet[LesionImage]
    reviews: QuerySet[Review]
    diagnoses: QuerySet[VisitDiagnosis]
    prescriptions: QuerySet[Prescription]

    def of_patient(self, patient: Patient, kind: str = "") -> Rows:
        """Return one patient's rows, of one kind or of all."""
        rows: Rows = {
            Kind.VISIT: (
                self.visits.filter(patient=patient).select_related(
                    "doctor__user", "appointment__visit_type"
                ),
                "started_at",
            ),
            Kind.LESION: (
                self.lesions.filter(patient=patient).select_related("body_site"),
                "created_at",
            ),
            Kind.PHOTOGRAPH: (
                with_states(self.photographs.filter(lesion__patient=patient)).select_related(
                    "lesion__body_site"
                ),
                "uploaded_at",
            ),
            Kind.DIAGNOSIS: (
                self.reviews.filter(prediction__image__lesion__patient=patient).select_related(
                    "disease", "stage", "reviewer", "prediction__image__lesion"
                ),
                "reviewed_at",
            ),
            OTHER_DIAGNOSIS: (
                self.diagnoses.filter(consultation__patient=patient).select_related(
                    "disease", "made_by", "lesion__body_site", "body_site"
                ),
                "made_at",
            ),
            Kind.PRESCRIPTION: (
                self.prescriptions.filter(
                    consultation__patient=patient, signed_at__isnull=False
                ).prefetch_related("lines"),
                "signed_at",
            ),
        }
        kinds = [kind, OTHER_DIAGNOSIS] if kind == Kind.DIAGNOSIS else [kind]
        return {each: rows[each] for each in kinds} if kind else rows


@dataclass(frozen=True)
class Entry:
    """One event, and when it happened."""

    kind: str
    at: datetime
    what: Model


def order_keys(rows: Rows) -> QuerySet[Any, Key]:
    """Return the keys of all events, the newest first, in one query over all kinds."""
    first, *others = [
        of_kind.order_by()
        .annotate(kind=Value(kind, CharField()), at=F(when))
        .values_list("kind", "at", "pk")
        for kind, (of_kind, when) in rows.items()
    ]
    keys: QuerySet[Any, Key] = first.union(*others, all=True) if others else first
    return keys.order_by("-at", "kind", "pk")


def read_entries(rows: Rows, keys: Iterable[Key]) -> list[Entry]:
    """Fetch the rows that the keys name, in one or two queries for each kind."""
    keys = list(keys)
    found = {
        kind: rows[kind][0].in_bulk([pk for of, _at, pk in keys if of == kind])
        for kind in {kind for kind, _at, _pk in keys}
    }
    return [Entry(kind, at, found[kind][pk]) for kind, at, pk in keys]


def record_timeline_view(*, patient: Patient, actor: User) -> None:
    """Record in the audit trail that somebody read a patient's whole record."""
    record(
        AuditEvent.Verb.VIEW,
        actor=actor,
        patient=patient,
        target=patient,
        detail={"what": "timeline"},
    )
