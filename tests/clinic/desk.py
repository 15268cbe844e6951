"""Helpers for tests of the desk: future days, the clinic’s clock, concurrent requests."""

import threading
from datetime import datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from clinic.models import Appointment, VisitType
from tests.factories import AppointmentFactory, AvailabilityFactory


def coming(weekday):
    """Return the next such weekday that is at least two days away, so none of it is past."""
    day = timezone.localdate() + timedelta(days=2)
    return day + timedelta(days=(weekday - day.weekday()) % 7)


def at(day, clock):
    """Return a moment by the clinic's clock."""
    return timezone.make_aware(datetime.combine(day, time.fromisoformat(clock)))


def clocks(slots):
    """Return the clinic's clock time at the start of each slot."""
    return [f"{timezone.localtime(slot.starts_at):%H:%M}" for slot in slots]


def works(doctor, day, starts_at="09:00", ends_at="12:00", **fields):
    """Give a doctor hours on the weekday of a day."""
    return AvailabilityFactory(
        doctor=doctor.doctor,
        weekday=day.weekday(),
        starts_at=time.fromisoformat(starts_at),
        ends_at=time.fromisoformat(ends_at),
        **fields,
    )


def booked(doctor, patient, starts_at, minutes=15, **fields):
    """Return an appointment at a moment."""
    return AppointmentFactory(
        doctor=doctor.doctor,
        patient=patient,
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=minutes),
        **fields,
    )


def visit_type(code="follow-up"):
    """Return one of the types of visit that the clinic starts with."""
    return VisitType.objects.get(code=code)


def in_status(appointment, status):
    """Put an appointment into a status, bypassing the transition table."""
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    appointment.refresh_from_db()
    return appointment


def at_once(count, work):
    """Return the results of `work(number)` in this many threads that start together."""
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
