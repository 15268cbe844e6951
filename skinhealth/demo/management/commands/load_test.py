"""`manage.py load_test`: prepare a demo clinic for a load test, and count the results."""

import json
import time
from typing import Any

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db.models import Count, F
from django.utils import timezone

from clinic.core.clinic_settings import as_the_clinic_decides
from clinic.core.models.clinic_settings import ClinicSettings
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.accounts import create_patient_account
from clinic.records.services.consultations import open_visit
from clinic.scheduling.models.appointment import Appointment
from diagnosis.lesions.models import LesionImage
from diagnosis.predictions.models.prediction import Prediction
from skinhealth.demo.sign_in import DEMO_PASSWORD

PATIENTS = 25
ANSWER_SECONDS = 60


class Command(BaseCommand):
    """Only works on a demo clinic, whose people share a password that everybody knows."""

    help = "prepare: gives patients logins, opens visits, prints their names. count: counts."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("step", choices=["prepare", "count"])

    def handle(self, *args: Any, step: str, **options: Any) -> None:
        if not settings.IS_DEMO:
            raise CommandError("This is for a demo clinic only.")
        with as_the_clinic_decides():
            self.stdout.write(json.dumps(prepare() if step == "prepare" else count()))


def prepare() -> dict[str, str]:
    """Let patients book online, and open the visit of everybody who has arrived today."""
    clinic = ClinicSettings.objects.current()
    clinic.portal_booking = ClinicSettings.PortalBooking.INSTANT
    clinic.save()
    secretary = User.objects.filter(role=User.Role.SECRETARY).earliest("pk")
    for patient in Patient.objects.filter(user=None).exclude(email="")[:PATIENTS]:
        create_patient_account(actor=secretary, patient=patient)
    opened = {"record_opened_at": timezone.now(), "record_opened_how": Patient.Opened.CODE}
    Patient.objects.exclude(user=None).update(**opened)
    User.objects.update(password=make_password(DEMO_PASSWORD))
    arrived = Appointment.objects.on_day(timezone.localdate()).filter(
        status=Appointment.Status.ARRIVED
    )
    for appointment in arrived:
        open_visit(appointment=appointment, actor=appointment.doctor.user)
    return {
        f"LOAD_{name}": ",".join(
            User.objects.filter(role=role, is_active=True).values_list("email", flat=True)
        )
        for name, role in (
            ("PATIENTS", "patient"),
            ("SECRETARIES", "secretary"),
            ("DOCTORS", "doctor"),
        )
    }


def count() -> dict[str, int]:
    """Count the rows, once every photograph has its answer or has timed out."""
    unanswered = Prediction.objects.exclude(status=Prediction.Status.DONE)
    deadline = time.monotonic() + ANSWER_SECONDS
    while unanswered.exists() and time.monotonic() < deadline:
        time.sleep(0.5)
    held = Appointment.objects.holding_a_slot().filter(overbooked_reason="")
    overlapping = held.filter(
        doctor__appointments__in=held,
        doctor__appointments__pk__gt=F("pk"),
        doctor__appointments__starts_at__lt=F("ends_at"),
        doctor__appointments__ends_at__gt=F("starts_at"),
    )
    answered_twice = Prediction.objects.values("image", "model_version").annotate(
        number=Count("pk")
    )
    return {
        "appointments": Appointment.objects.count(),
        "cancelled": Appointment.objects.filter(status=Appointment.Status.CANCELLED).count(),
        "photographs": LesionImage.objects.count(),
        "double": overlapping.count() + answered_twice.filter(number__gt=1).count(),
        "open": unanswered.count(),
    }
