import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from clinic.core.encrypted_fields import EncryptedCharField, RowBoundQuerySet
from clinic.core.files.bound import BoundFileField


class LesionQuerySet(RowBoundQuerySet["Lesion"]):
    """Lesions by whether they are followed, and with facts about their photographs."""

    def followed(self) -> Self:
        """Return the lesions that may be photographed again."""
        return self.filter(is_archived=False)

    def with_photographs(self) -> Self:
        """Add the number of photographs and the time of the newest to each lesion, in order."""
        # A query that counts forgets the model's own order.
        return self.annotate(
            photograph_count=models.Count("images"),
            last_photographed_at=models.Max("images__uploaded_at"),
        ).order_by("number")


class Lesion(models.Model):
    """One spot on one patient's skin, photographed over time."""

    class View(models.TextChoices):
        FRONT = "front", pgettext_lazy("of the body", "Front")
        BACK = "back", pgettext_lazy("of the body", "Back")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    patient = models.ForeignKey("clinic.Patient", on_delete=models.PROTECT, related_name="lesions")
    number = models.PositiveSmallIntegerField(_("number"))
    body_site = models.ForeignKey(
        "clinic.BodySite", on_delete=models.PROTECT, related_name="lesions", null=True, blank=True
    )
    view = models.CharField(_("side of the body"), max_length=10, choices=View, blank=True)
    x = models.FloatField(
        null=True,
        blank=True,
        help_text="From the left edge of the figure, as a fraction of its width.",
    )
    y = models.FloatField(
        null=True,
        blank=True,
        help_text="From the top edge of the figure, as a fraction of its height.",
    )
    description = EncryptedCharField(_("description"), max_length=120, blank=True)
    is_archived = models.BooleanField(_("no longer followed"), default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    objects: ClassVar[LesionQuerySet] = LesionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("lesion")
        verbose_name_plural = _("lesions")
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(
                fields=["patient", "number"], name="lesion_number_is_the_patients_own"
            ),
            models.CheckConstraint(
                condition=models.Q(view="", x__isnull=True, y__isnull=True)
                | models.Q(view__in=["front", "back"], x__isnull=False, y__isnull=False),
                name="lesion_has_a_whole_place_or_none",
            ),
            models.CheckConstraint(
                condition=models.Q(x__isnull=True)
                | models.Q(x__gte=0, x__lte=1, y__gte=0, y__lte=1),
                name="lesion_lies_on_the_figure",
            ),
        ]

    def __str__(self) -> str:
        return str(_("Lesion %(number)s") % {"number": self.number})

    @property
    def x_percent(self) -> float:
        """Return the distance from the figure's left edge in per cent; 0 without a place."""
        return 100 * (self.x or 0.0)

    @property
    def y_percent(self) -> float:
        """Return the distance from the figure's top edge in per cent; 0 without a place."""
        return 100 * (self.y or 0.0)


class LesionImage(models.Model):
    """A stored photograph: upright, re-encoded, without metadata; its file never changes.

    Its lesion and the measured size are fixed when the visit is signed.
    """

    class State(models.TextChoices):
        """How far a photograph has come on its way to a diagnosis; read by `with_states`."""

        DECIDED = "decided", _("Diagnosed")
        # An answer above the threshold that came after the doctor's decision.
        REOPENED = "reopened", _("The answer came after the diagnosis")
        REFERRED = "referred", _("Referred to a colleague")
        NOT_ASSESSABLE = "not_assessable", _("Not assessable")
        # Not assessable, without a warning, and a later photograph of the lesion has a diagnosis.
        RETAKEN = "retaken", _("Not assessable, photographed again")
        UNREVIEWED = "unreviewed", _("To review")
        FAILED = "failed", _("Analysis failed")
        WAITING = "waiting", _("Waiting for the analysis")
        MISSING = "missing", _("Not analysed")
        NO_CONSENT = "no_consent", _("Not analysed: the patient has not agreed")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    lesion = models.ForeignKey(Lesion, on_delete=models.PROTECT, related_name="images")
    consultation = models.ForeignKey(
        "clinic.Consultation", on_delete=models.PROTECT, related_name="images"
    )
    file = BoundFileField(upload_to="lesions/", sha256_field="sha256")
    thumbnail = BoundFileField(upload_to="lesions/")
    sha256 = models.CharField(_("SHA-256 of the stored file"), max_length=64)
    upload_sha256 = models.CharField(_("SHA-256 of the uploaded file"), max_length=64)
    width = models.PositiveIntegerField(_("width"))
    height = models.PositiveIntegerField(_("height"))
    size_mm = models.DecimalField(
        _("largest diameter in mm"), max_digits=5, decimal_places=1, null=True, blank=True
    )
    size_note = EncryptedCharField(_("note on the size"), max_length=120, blank=True)
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    uploaded_at = models.DateTimeField(auto_now_add=True)

    # Set on photographs that `with_states` has read.
    state: str
    open_since: datetime
    decided_at: datetime | None
    answer_id: uuid.UUID | None
    answer_status: str | None
    malignant_share: float | None
    alarm_at: datetime | None
    has_alarm: bool
    is_without_threshold: bool

    objects: ClassVar[RowBoundQuerySet["LesionImage"]] = RowBoundQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("photograph")
        verbose_name_plural = _("photographs")
        ordering = ["uploaded_at", "pk"]
        constraints = [
            models.UniqueConstraint(
                fields=["consultation", "upload_sha256"],
                name="photograph_is_in_a_visit_once",
                violation_error_message=_("This photograph is already in this visit."),
            ),
            models.CheckConstraint(
                condition=models.Q(size_mm__isnull=True) | models.Q(size_mm__gt=0),
                name="photograph_shows_something_of_a_size",
                violation_error_message=_("The size must be more than 0 mm."),
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def state_in_words(self) -> str:
        """Return the name of the state that `with_states` has read."""
        return str(self.State(self.state).label)

    @property
    def malignant_percent(self) -> float:
        """Return the highest malignant share of its answers in per cent; 0 if there is none."""
        return 100 * (self.malignant_share or 0.0)

    @property
    def is_unsure(self) -> bool:
        """Return whether the answer that counts names no class."""
        return any(
            each.pk == self.answer_id and each.is_uncertain for each in self.predictions.all()
        )

    @property
    def is_small(self) -> bool:
        """Return whether either side has fewer pixels than the networks' input."""
        return min(self.width, self.height) < settings.PHOTOGRAPH_SMALL_SIDE
