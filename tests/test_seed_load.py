"""The made-up clinic on which the speed of the pages is measured."""

import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from clinic.models import Appointment, Consultation, Patient, User
from skinhealth.management.commands import measure_pages

pytestmark = [pytest.mark.both_engines, pytest.mark.django_db]


def test_it_holds_as_many_people_and_appointments_as_were_asked_for():
    call_command("seed_load", patients=60, appointments=700)
    assert Patient.objects.count() == 60
    assert Appointment.objects.count() == 700
    past = Appointment.objects.filter(ends_at__lt=timezone.now())
    assert set(past.values_list("status", flat=True)) <= {"completed", "cancelled", "no_show"}
    completed = Appointment.objects.filter(status="completed")
    assert Consultation.objects.signed().count() == completed.count()


def test_a_database_with_people_is_left_alone(patient):
    with pytest.raises(CommandError, match="not empty"):
        call_command("seed_load", patients=1, appointments=1)
    assert Patient.objects.get() == patient


def test_a_clinic_in_service_is_not_filled(settings):
    settings.IS_PRODUCTION = True
    with pytest.raises(CommandError, match="in service"):
        call_command("seed_load", patients=1, appointments=1)
    assert not User.objects.exists()


def test_the_pages_of_such_a_clinic_can_be_measured(monkeypatch, capsys):
    monkeypatch.setattr(measure_pages, "ROUNDS", 3)
    call_command("seed_load", patients=60, appointments=700)
    call_command("measure_pages")
    measured = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert {"desk day", "patients by name", "own record"} <= measured.keys()
    assert all(page["p95_ms"] > 0 and page["queries"] <= 15 for page in measured.values())


def test_only_a_clinic_that_was_filled_for_it_is_measured(patient):
    with pytest.raises(CommandError, match="seed_load first"):
        call_command("measure_pages")
