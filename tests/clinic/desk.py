"""What the tests of the desk share: days to come, the clinic’s clock, many hands at once."""

import threading
from datetime import datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from clinic.models import Appointment, VisitType
from tests.factories import AppointmentFactory, AvailabilityFactory


def coming(weekday):
    """The next such day of the week that is at least two days away, so that none of it is past."""
    day = timezone.localdate() + timedelta(days=2)
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def at(day, clock):
    """A moment by the clinic's clock."""
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def clocks(slots):
    """What the clinic's clock shows when each slot starts."""
    return [f"{timezone.localtime(slot.starts_at):%H:%M}" for slot in slots]


def works(doctor, day, starts_at="09:00", ends_at="12:00", **fields):
    """Gives a doctor hours on the weekday of a day."""
    return AvailabilityFactory(
        doctor=doctor.doctor,
        weekday=day.weekday(),
        starts_at=time.fromisoformat(starts_at),
        ends_at=time.fromisoformat(ends_at),
        **fields,
    )


def booked(doctor, patient, starts_at, minutes=15, **fields):
    """An appointment at a moment."""
    return AppointmentFactory(
        doctor=doctor.doctor,
        patient=patient,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **fields,
    )


def visit_type(code="follow-up"):
    """One of the types of visit that the clinic starts with."""
    return VisitType.objects.get(code=code)


def in_status(appointment, status):
    """The appointment, put into a status without asking the table."""
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    appointment.refresh_from_db()
    return appointment


def at_once(count, work):
    """What `work(number)` returns in as many threads that all start together."""
    barrier = threading.Barrier(count)
    results = [None] * count

    def run(number):
        try:
            barrier.wait()
            results[number] = work(number)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results
