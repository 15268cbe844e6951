from typing import ClassVar, Self

from django.db import models
from django.utils.translation import gettext_lazy as _

from clinic.people.models.doctor import Doctor
from clinic.scheduling.models.appointment import Appointment


class AppointmentRequestQuerySet(models.QuerySet["AppointmentRequest"]):
    """Requests by whether the desk still has something to do."""

    def new(self) -> Self:
        """Return requests that nobody has answered yet."""
        return self.filter(appointment__status=Appointment.Status.REQUESTED)

    def on_waiting_list(self) -> Self:
        """Return requests that are waiting for a time to become free."""
        return self.filter(appointment__status=Appointment.Status.WAITLIST)


class AppointmentRequest(models.Model):
    """A patient's request; its appointment blocks no time until the desk books it."""

    class DeclineReason(models.TextChoices):
        """Why a request was declined; emails contain the text, so it is chosen, not typed."""

        NO_TIME = "no_time", _("There is no free time on these days.")
        CALL_US = "call_us", _("Please call us so that we can find a time together.")
        OTHER_TYPE = (
            "other_type",
            _("Another type of visit is more suitable. Please request that one."),
        )

    appointment = models.OneToOneField(
        Appointment, on_delete=models.PROTECT, related_name="request", primary_key=True
    )
    wished_doctor = models.ForeignKey(
        Doctor, on_delete=models.PROTECT, related_name="+", null=True, blank=True
    )
    first_day = models.DateField(_("from"))
    last_day = models.DateField(_("until"))
    wished_time = models.TimeField(_("time"), null=True, blank=True)
    # The patient keeps this appointment until the desk has booked the other time.
    replaces = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, related_name="requests", null=True, blank=True
    )
    decline_reason = models.CharField(_("reason"), max_length=20, choices=DeclineReason, blank=True)
    created_at = models.DateTimeField(_("asked"), auto_now_add=True)

    objects: ClassVar[AppointmentRequestQuerySet] = AppointmentRequestQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        verbose_name = _("request")
        verbose_name_plural = _("requests")
        ordering = ["created_at", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_day__gte=models.F("first_day")),
                name="request_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=models.Q(wished_time__isnull=True)
                | models.Q(last_day=models.F("first_day")),
                name="request_has_a_time_on_one_day_only",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_day} {self.last_day}"
