"""What patients may still cancel themselves, within the clinic's notice."""

from datetime import timedelta

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.user import User
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.services.appointments import NOT_YET_AGREED, move_appointment

Status = Appointment.Status


def cancellation_notice() -> timedelta:
    """Return how long before a visit a patient may cancel or move it without calling."""
    return ClinicSettings.objects.current().cancellation_notice


def can_still_be_cancelled_by_patient(appointment: Appointment, *, notice: timedelta) -> bool:
    """Return whether there is enough notice for the patient to cancel without calling."""
    if appointment.status in NOT_YET_AGREED:
        return True
    return (
        appointment.status in Appointment.EXPECTED_STATUSES
        and appointment.starts_at - timezone.now() >= notice
    )


def is_too_late_to_cancel(appointment: Appointment, *, notice: timedelta) -> bool:
    """Return whether the appointment is still open, but too near to cancel without calling."""
    return (
        appointment.status in Appointment.EXPECTED_STATUSES
        and timedelta(0) < appointment.starts_at - timezone.now() < notice
    )


def check_notice(appointment: Appointment) -> None:
    """Refuse a patient's change that comes too late, and say whom to call."""
    if can_still_be_cancelled_by_patient(appointment, notice=cancellation_notice()):
        return
    if phone := ClinicSettings.objects.current().phone_in_words:
        raise ValidationError(
            _("It is too late to change this here. Please call us on %(phone)s."),
            code="too_late",
            params={"phone": phone},
        )
    raise ValidationError(
        _("It is too late to change this here. Please call the clinic."), code="too_late"
    )


@transaction.atomic
def cancel_own_appointment(*, appointment: Appointment, actor: User | None) -> Appointment:
    """Cancel for the patient, as long as the clinic can still give the time to somebody else."""
    if appointment.status != Status.CANCELLED:
        check_notice(appointment)
    return move_appointment(
        appointment=appointment,
        status=Status.CANCELLED,
        actor=actor,
        reason=str(_("Cancelled by the patient.")),
    )
