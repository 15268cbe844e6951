"""Set a doctor's weekly hours and the minutes kept free after each visit."""

from dataclasses import dataclass, replace
from datetime import date, time

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from clinic.core.locking import lock
from clinic.people.models.doctor import Doctor
from clinic.people.models.user import User
from clinic.scheduling.models.schedule import Availability
from clinic.trail.models.audit import AuditEvent
from clinic.trail.services.audit import record
from clinic.trail.services.seen import Guard


@dataclass(frozen=True, kw_only=True)
class WeeklyHours:
    """A doctor's working hours on one weekday, and the weeks in which they apply."""

    weekday: int
    starts_at: time
    ends_at: time
    valid_from: date | None = None
    valid_until: date | None = None


@transaction.atomic
def add_hours(*, doctor: Doctor, actor: User, hours: WeeklyHours) -> Availability:
    """Add hours to a doctor's week, unless they overlap others."""
    added = Availability(
        doctor=doctor,
        weekday=hours.weekday,
        starts_at=hours.starts_at,
        ends_at=hours.ends_at,
        valid_from=hours.valid_from,
        valid_until=hours.valid_until,
    )
    if hours.ends_at <= hours.starts_at:
        raise ValidationError({"ends_at": _("The end is not after the start.")})
    if hours.valid_from and hours.valid_until and hours.valid_until < hours.valid_from:
        raise ValidationError({"valid_until": _("The last day is before the first.")})
    added.full_clean()
    # Two desks that change the same week take turns.
    Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
    overlapping = _overlapping_hours(added).first()
    if overlapping is not None:
        raise ValidationError(
            {
                "starts_at": ValidationError(
                    _("These hours overlap others on the same day: %(from)s to %(until)s."),
                    params={
                        "from": f"{overlapping.starts_at:%H:%M}",
                        "until": f"{overlapping.ends_at:%H:%M}",
                    },
                )
            }
        )
    added.save()
    detail = {
        "weekday": hours.weekday,
        "from": f"{hours.starts_at:%H:%M}",
        "until": f"{hours.ends_at:%H:%M}",
    }
    record(AuditEvent.Verb.CREATE, actor=actor, target=added, detail=detail)
    return added


@transaction.atomic
def add_hours_around_break(
    *, doctor: Doctor, actor: User, hours: WeeklyHours, break_from: time, break_until: time
) -> None:
    """Add the hours before a break and those after it, or neither."""
    if not hours.starts_at < break_from < hours.ends_at:
        raise ValidationError({"break_from": _("The break must start within the working hours.")})
    if not break_from < break_until < hours.ends_at:
        raise ValidationError({"break_until": _("The break must end within the working hours.")})
    for part in (replace(hours, ends_at=break_from), replace(hours, starts_at=break_until)):
        add_hours(doctor=doctor, actor=actor, hours=part)


@transaction.atomic
def set_buffer(
    *, doctor: Doctor, minutes: int, actor: User, refuse_stale: Guard | None = None
) -> None:
    """Set the minutes kept free after each of a doctor's visits; existing bookings stay."""
    doctor = Doctor.objects.select_for_update(no_key=True, of=("self",)).get(pk=doctor.pk)
    if refuse_stale:
        refuse_stale(doctor)
    doctor.buffer_minutes = minutes
    doctor.full_clean()
    doctor.save(update_fields=["buffer_minutes"])
    detail = {"buffer_minutes": minutes}
    record(AuditEvent.Verb.UPDATE, actor=actor, target=doctor, detail=detail)


@transaction.atomic
def remove_hours(*, hours: Availability, actor: User) -> None:
    """Remove hours from a doctor's week; existing bookings stay."""
    stored = lock(hours)
    detail = {
        "removed": True,
        "weekday": stored.weekday,
        "from": f"{stored.starts_at:%H:%M}",
        "until": f"{stored.ends_at:%H:%M}",
    }
    record(AuditEvent.Verb.UPDATE, actor=actor, target=stored, detail=detail)
    stored.delete()


def _overlapping_hours(hours: Availability) -> QuerySet[Availability]:
    others = Availability.objects.filter(
        doctor=hours.doctor,
        weekday=hours.weekday,
        starts_at__lt=hours.ends_at,
        ends_at__gt=hours.starts_at,
    )
    if hours.valid_until:
        others = others.filter(Q(valid_from=None) | Q(valid_from__lte=hours.valid_until))
    if hours.valid_from:
        others = others.filter(Q(valid_until=None) | Q(valid_until__gte=hours.valid_from))
    return others
