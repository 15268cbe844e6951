import uuid

from django.conf import settings
from django.core.validators import MaxValueValidator
from django.db import models
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _

from clinic.core.line_fields import OneLineField


class Doctor(models.Model):
    """What a doctor has in addition to an account: a title, a speciality, a calendar."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="doctor"
    )
    title = models.CharField(
        pgettext_lazy("of a person", "title"), max_length=20, blank=True, default="Dr"
    )
    speciality = OneLineField(_("speciality"), max_length=80, blank=True)
    licence_number = OneLineField(_("licence number"), max_length=40, blank=True)
    buffer_minutes = models.PositiveSmallIntegerField(
        _("minutes kept free after each visit"),
        default=0,
        validators=[MaxValueValidator(60)],
    )
    # Reads the records of a deactivated doctor's patients, and finishes what was left open.
    successor = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        related_name="predecessors",
        null=True,
        blank=True,
        verbose_name=_("successor"),
    )

    class Meta:
        verbose_name = _("doctor")
        verbose_name_plural = _("doctors")
        ordering = ["user__full_name"]
        constraints = [
            models.CheckConstraint(
                condition=~models.Q(successor=models.F("pk")),
                name="doctor_is_succeeded_by_somebody_else",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} {self.user.full_name}".strip()

    @property
    def desk_name(self) -> str:
        """The name for people who plan, which also says if the account is deactivated."""
        if self.user.is_active:
            return str(self)
        return gettext("%(doctor)s (deactivated)") % {"doctor": self}

    @property
    def in_charge(self) -> "Doctor":
        """The doctor to be told what concerns this doctor's patients."""
        return self if self.user.is_active or self.successor is None else self.successor
