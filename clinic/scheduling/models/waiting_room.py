from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.scheduling.models.appointment import Appointment, waiting_order

NUMBERS_PER_LETTER = 99


class ArrivalTokenQuerySet(models.QuerySet["ArrivalToken"]):
    """Tokens in the order in which they are called."""

    def in_waiting_order(self) -> Self:
        """Order tokens as their appointments are queued."""
        return self.order_by(*waiting_order("appointment__"))


class ArrivalToken(models.Model):
    """A patient's token in the waiting room on one day, shown instead of the name."""

    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="arrival_token"
    )
    day = models.DateField(_("day"))
    number = models.PositiveSmallIntegerField(_("number"))

    objects: ClassVar[ArrivalTokenQuerySet] = ArrivalTokenQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("arrival token")
        verbose_name_plural = _("arrival tokens")
        constraints = [
            models.UniqueConstraint(
                fields=["day", "number"], name="arrival_token_is_unique_on_its_day"
            ),
            models.CheckConstraint(
                condition=models.Q(number__gte=1), name="arrival_token_counts_from_one"
            ),
        ]

    def __str__(self) -> str:
        """Return the token as it is called out: A-01 to A-99, then B-01."""
        letter, number = divmod(self.number - 1, NUMBERS_PER_LETTER)
        return f"{chr(ord('A') + letter % 26)}-{number + 1:02d}"


class WaitingScreen(models.Model):
    """The secret address from which the waiting-room screen reads who is called."""

    # Only the fingerprint is kept: access to the database or a backup does not show the screen.
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(_("created"))
    last_read_at = models.DateTimeField(_("last read"), null=True, blank=True)

    class Meta:
        verbose_name = _("waiting-room screen")
        verbose_name_plural = _("waiting-room screens")
        constraints = [
            models.CheckConstraint(condition=models.Q(pk=1), name="waiting_screen_is_one_row"),
        ]

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d}"
