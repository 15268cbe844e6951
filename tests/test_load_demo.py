"""The demo clinic: only for demos, alive at any hour, and the same however often it is loaded."""

from collections import Counter
from datetime import date, datetime, timedelta
from itertools import pairwise
from unittest import mock

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count
from django.utils import timezone

from clinic.models import (
    Appointment,
    AuditEvent,
    Consultation,
    Doctor,
    EmergencyAccess,
    ErasureRequest,
    Patient,
    PatientDocument,
    Prescription,
    RecordEnding,
    User,
    WarningOverride,
)
from clinic.notifications import send_text
from clinic.permissions import patients_in_care
from clinic.services.audit_trail import accesses_under
from clinic.services.retention import decide_erasure, pseudonymise_expired
from diagnosis.imaging import prepare_photograph
from diagnosis.models import Lesion, LesionImage, Prediction, Review
from skinhealth.demo import DEMO_PASSWORD, DEMO_PEOPLE, clinic, visits
from skinhealth.drawing import LOOKS, draw_lesion

# A working day, just after and just before midnight, and both nights in which the clock is changed.
MOMENTS = [
    "2026-03-18 10:40",
    "2026-03-21 00:05",
    "2026-03-22 23:58",
    "2026-03-29 03:10",
    "2026-10-25 02:40",
]


@pytest.fixture
def demo(settings, tmp_path):
    """A start as a demo, with a folder of its own for photographs."""
    settings.IS_DEMO = True
    settings.DEBUG = True
    storage = settings.STORAGES["default"]
    settings.STORAGES = settings.STORAGES | {
        "default": storage | {"OPTIONS": {"location": tmp_path, "base_url": None}}
    }


@pytest.fixture(autouse=True)
def small_drawings(monkeypatch):
    """The demo's photographs are drawn small here, which takes a tenth of the time."""
    monkeypatch.setattr(
        visits,
        "draw_lesion",
        lambda *args, **options: draw_lesion(*args, **options, size=(256, 192)),
    )


@pytest.fixture
def without_past(monkeypatch):
    """A clinic that has just opened."""
    monkeypatch.setattr(clinic, "PAST_VISITS", ())


def load(moment=None):
    now = timezone.make_aware(datetime.fromisoformat(moment)) if moment else timezone.now()
    with mock.patch.object(timezone, "now", lambda: now):  # noqa: PT008
        call_command("load_demo")
    return now


@pytest.mark.django_db
@pytest.mark.parametrize(("is_demo", "debug"), [(False, False), (False, True), (True, False)])
def test_demo_people_come_only_to_a_demo(settings, is_demo, debug):
    settings.IS_DEMO = is_demo
    settings.DEBUG = debug

    with pytest.raises(CommandError, match="only where the site runs as a demo"):
        call_command("load_demo")

    assert not User.objects.exists()


@pytest.mark.django_db
def test_the_demo_has_what_a_practice_gathers(demo):
    load("2026-03-18 10:40")

    images = LesionImage.objects.all()
    assert images.count() >= 40
    assert Review.objects.count() >= 30
    assert Lesion.objects.annotate(seen=Count("images")).filter(seen__gt=1).count() >= 5
    assert Appointment.objects.filter(is_walk_in=True, status="arrived").exists()
    assert WarningOverride.objects.filter(prescription__status="signed").exists()
    categories = set(PatientDocument.objects.values_list("category", flat=True))
    assert {"referral", "histology", "laboratory", "insurance"} <= categories


@pytest.mark.django_db
def test_the_demo_clinic_has_a_past_a_present_and_a_future(
    demo, capsys, django_capture_on_commit_callbacks
):
    with django_capture_on_commit_callbacks() as after:
        now = load()

    assert send_text not in [getattr(call, "func", None) for call in after]
    printed = capsys.readouterr().out
    for person in DEMO_PEOPLE:
        assert person.email in printed
        assert User.objects.get(email=person.email).check_password(DEMO_PASSWORD)
    assert Patient.objects.count() == 200
    assert Consultation.objects.signed().filter(patient__user__email="patient@demo.example")
    assert not Prediction.objects.exclude(status=Prediction.Status.DONE).exists()
    assert Prediction.objects.filter(reviews__isnull=True).exists()
    assert set(Review.objects.values_list("decision", flat=True)) <= {"confirmed", "corrected"}
    assert Appointment.objects.filter(starts_at__gt=now, status="booked").count() > 5
    assert not AuditEvent.objects.filter(at__gt=now).exists()


@pytest.mark.django_db
def test_the_admin_has_emergencies_to_look_at_and_a_request_to_decide(demo, without_past):
    now = load("2026-03-18 10:40")

    waiting, reviewed = EmergencyAccess.objects.order_by("-started_at")
    assert waiting.reviewed_at is None
    assert waiting.review_due_at > now
    assert reviewed.verdict == "justified"
    for access in (waiting, reviewed):
        assert now - timedelta(days=14) < access.started_at < access.ends_at < now
        assert access.patient not in patients_in_care(access.doctor)
        [*_opened, read] = accesses_under(access)
        assert {entry.event.verb for entry in accesses_under(access)} >= {"emergency", "view"}
        assert read.is_emergency
    asked = ErasureRequest.objects.waiting().get()
    assert asked.asked_by == asked.patient.user
    assert now - timedelta(days=3) < asked.asked_at < now
    decide_erasure(
        request=asked,
        actor=User.objects.get(email="admin@demo.example"),
        decision="granted",
        reason="Years are over.",
    )
    RecordEnding.objects.update(due_at=timezone.now())
    assert pseudonymise_expired() == 1
    assert Patient.objects.get(pk=asked.patient.pk).pseudonymised_at is not None


@pytest.mark.django_db
@pytest.mark.parametrize("moment", MOMENTS)
def test_the_doctor_has_patients_waiting_at_any_hour(demo, without_past, moment):
    now = load(moment)

    today = Appointment.objects.on_day(timezone.localdate(now))
    mine = today.filter(doctor__user__email="doctor@demo.example")
    assert mine.filter(status="arrived", patient__user__email="patient@demo.example").exists()
    assert not today.filter(status="completed", starts_at__gt=now).exists()


@pytest.mark.django_db
def test_loading_again_changes_nothing_that_day_and_fills_the_next(demo, without_past):
    load("2026-03-18 10:40")
    booked, written = Appointment.objects.count(), AuditEvent.objects.count()

    load("2026-03-18 16:40")

    assert Appointment.objects.count() == booked
    assert AuditEvent.objects.count() == written

    tomorrow = load("2026-03-19 09:10")

    assert (
        Appointment.objects.on_day(timezone.localdate(tomorrow)).filter(status="arrived").exists()
    )


@pytest.mark.django_db
def test_six_weeks_of_appointments_stand_in_every_status_and_never_in_each_others_way(
    demo, without_past
):
    now = load("2026-03-18 10:40")

    by_status = Counter(Appointment.objects.values_list("status", flat=True))
    assert set(by_status) == set(Appointment.Status.values)
    assert by_status["completed"] > 250
    assert by_status["booked"] + by_status["confirmed"] > 120
    assert not Appointment.objects.filter(starts_at__gt=now, status="completed").exists()
    assert Appointment.objects.exclude(overbooked_reason="").exists()
    for doctor in Doctor.objects.all():
        held = Appointment.objects.holding_a_slot().filter(doctor=doctor, overbooked_reason="")
        spans = list(held.order_by("starts_at").values_list("starts_at", "ends_at"))
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.django_db
def test_every_appointment_came_to_its_status_by_moves_that_are_allowed(demo, without_past):
    load("2026-03-18 10:40")

    for appointment in Appointment.objects.prefetch_related("transitions"):
        moves = list(appointment.transitions.all())
        assert moves[-1].to_status == appointment.status
        assert not moves[0].from_status
        for before, after in pairwise(moves):
            assert after.from_status == before.to_status
            assert after.to_status in appointment.next_statuses(before.to_status)
            assert before.made_at <= after.made_at


@pytest.mark.django_db
def test_nobody_is_in_the_register_twice(demo, without_past):
    load("2026-03-18 10:40")

    for field in ("full_name", "phone", "record_number"):
        values = list(Patient.objects.values_list(field, flat=True))
        assert len(values) == len(set(values)) == 200
    assert Patient.objects.filter(birth_date__lte=date(2026, 3, 18)).count() == 200
    assert Prescription.objects.issued().count() >= 36


@pytest.mark.django_db
def test_people_who_are_there_already_are_left_alone(demo, doctor):
    load()

    assert not User.objects.exclude(pk=doctor.pk).exists()


@pytest.mark.parametrize("label", sorted(LOOKS))
def test_a_drawn_lesion_is_a_photograph_like_any_other(label):
    drawn = draw_lesion(label, seed=3, size=(400, 300))

    assert prepare_photograph(drawn).width == 400
    assert drawn == draw_lesion(label, seed=3, size=(400, 300))
    assert drawn != draw_lesion(label, seed=4, size=(400, 300))
