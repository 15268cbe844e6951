from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor


class CalendarFeed(models.Model):
    """A secret address from which a doctor's calendar program reads the appointments."""

    doctor = models.OneToOneField(
        Doctor, on_delete=models.PROTECT, related_name="calendar_feed", verbose_name=_("doctor")
    )
    # Only the fingerprint is kept: access to the database or a backup does not open the calendar.
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    shows_initials = models.BooleanField(
        _("Show the patients’ initials"),
        default=False,
        help_text=_(
            "A calendar program stores them outside the clinic. Full names are never included."
        ),
    )
    created_at = models.DateTimeField(_("created"))
    last_read_at = models.DateTimeField(_("last read"), null=True, blank=True)

    class Meta:
        verbose_name = _("calendar address")
        verbose_name_plural = _("calendar addresses")

    def __str__(self) -> str:
        return str(self.doctor)
