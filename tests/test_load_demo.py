"""The demo clinic loads only for demos, is busy at any hour, and can be loaded again."""

import pytest
from django.core.management import CommandError, call_command
from django.test import override_settings
from django.utils import timezone

from clinic.core.mail import send_text
from clinic.models import (
    Appointment,
    AuditEvent,
    Consultation,
    Patient,
    User,
)
from diagnosis.lesions.imaging import prepare_photograph
from diagnosis.models import Prediction, Review
from skinhealth.demo import clinic
from skinhealth.demo.drawing import LOOKS, draw_lesion
from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE
from tests.demo import as_a_demo, load

# A working day, just after and just before midnight, and both nights when clocks change.
MOMENTS = [
    "2026-03-18 10:40",
    "2026-03-21 00:05",
    "2026-03-22 23:58",
    "2026-03-29 03:10",
    "2026-10-25 02:40",
]


@pytest.fixture
def demo(tmp_path):
    with as_a_demo(tmp_path):
        yield


@pytest.fixture
def without_past(monkeypatch):
    """Return a clinic that has just opened."""
    monkeypatch.setattr(clinic, "PAST_VISITS", ())


@pytest.mark.django_db
@pytest.mark.parametrize(("is_demo", "debug"), [(False, False), (False, True), (True, False)])
def test_demo_people_come_only_to_a_demo(is_demo, debug):
    with (
        override_settings(IS_DEMO=is_demo, DEBUG=debug),
        pytest.raises(CommandError, match="only where the site runs as a demo"),
    ):
        call_command("load_demo")

    assert not User.objects.exists()


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
def test_people_who_are_there_already_are_left_alone(demo, doctor):
    load()

    assert not User.objects.exclude(pk=doctor.pk).exists()


@pytest.mark.parametrize("label", sorted(LOOKS))
def test_a_drawn_lesion_is_a_photograph_like_any_other(label):
    drawn = draw_lesion(label, seed=3, size=(400, 300))

    assert prepare_photograph(drawn).width == 400
    assert drawn == draw_lesion(label, seed=3, size=(400, 300))
    assert drawn != draw_lesion(label, seed=4, size=(400, 300))
