import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.people.models.user import User
from clinic.records.models.catalogue import BodySite
from clinic.records.models.consultation import Consultation
from diagnosis.lesions.models import Lesion
from diagnosis.predictions.models.disease import Disease
from diagnosis.reviews.models.diagnosed import (
    Diagnosed,
    DiagnosedQuerySet,
    release_constraints,
)

ONCE = _("The list has this disease already. Change it there, or say where this one is.")


class VisitDiagnosisQuerySet(DiagnosedQuerySet["VisitDiagnosis"]):
    """Diagnoses by whether they stand."""

    def standing(self) -> Self:
        """Return the diagnoses that were neither changed nor withdrawn."""
        return self.filter(ended_at__isnull=True)


class VisitDiagnosis(Diagnosed):
    """A diagnosis of a visit that is about no photograph.

    What it says never changes: a change ends it and adds the one that takes its place.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    consultation = models.ForeignKey(
        "clinic.Consultation", on_delete=models.PROTECT, related_name="diagnoses"
    )
    disease = models.ForeignKey(Disease, on_delete=models.PROTECT, related_name="visit_diagnoses")
    lesion = models.ForeignKey(
        Lesion, on_delete=models.PROTECT, related_name="diagnoses", null=True, blank=True
    )
    body_site = models.ForeignKey(
        "clinic.BodySite", on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, related_name="replaced_by", null=True, blank=True
    )
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(_("changed or withdrawn"), null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )

    objects: ClassVar[VisitDiagnosisQuerySet] = VisitDiagnosisQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("diagnosis of a visit")
        verbose_name_plural = _("diagnoses of visits")
        ordering = ["made_at", "pk"]
        constraints = [
            # Words of one's own are encrypted, so the service compares them.
            models.UniqueConstraint(
                fields=["consultation", "disease"],
                condition=models.Q(
                    ended_at__isnull=True, own_words="", lesion__isnull=True, body_site__isnull=True
                ),
                name="disease_without_a_place_is_in_a_visit_once",
                violation_error_message=ONCE,
            ),
            models.UniqueConstraint(
                fields=["consultation", "disease", "lesion"],
                condition=models.Q(ended_at__isnull=True, own_words=""),
                name="disease_of_a_lesion_is_in_a_visit_once",
                violation_error_message=ONCE,
            ),
            models.UniqueConstraint(
                fields=["consultation", "disease", "body_site"],
                condition=models.Q(ended_at__isnull=True, own_words=""),
                name="disease_of_a_site_is_in_a_visit_once",
                violation_error_message=ONCE,
            ),
            models.CheckConstraint(
                condition=models.Q(lesion__isnull=True) | models.Q(body_site__isnull=True),
                name="visit_diagnosis_is_in_one_place",
            ),
            models.CheckConstraint(
                condition=models.Q(ended_at__isnull=True, ended_by__isnull=True)
                | models.Q(ended_at__isnull=False, ended_by__isnull=False),
                name="visit_diagnosis_end_says_who",
            ),
            models.CheckConstraint(
                condition=models.Q(release__in=["at_once", "on_date", "after_conversation"]),
                name="visit_diagnosis_says_when_it_is_read",
            ),
            *release_constraints("visit_diagnosis"),
        ]

    def __str__(self) -> str:
        return self.diagnosis_name

    @property
    def visit(self) -> Consultation:
        return self.consultation

    @property
    def photograph(self) -> None:
        return None

    @property
    def site(self) -> BodySite | None:
        return self.lesion.body_site if self.lesion else self.body_site

    @property
    def decided_by(self) -> User:
        return self.made_by

    @property
    def decided_at(self) -> datetime:
        return self.made_at

    @property
    def counts(self) -> bool:
        return self.ended_at is None
