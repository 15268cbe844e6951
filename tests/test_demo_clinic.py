"""The contents of the demo clinic: enough of everything, and nothing impossible."""

from collections import Counter
from datetime import date, timedelta
from itertools import pairwise

import pytest
from django.db import transaction
from django.db.models import Count
from django.utils import timezone, translation

from clinic.models import (
    Appointment,
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
from clinic.office.services.retention import decide_erasure, pseudonymise_expired
from clinic.people.permissions import patients_in_care
from clinic.people.services.accesses import accesses_under
from diagnosis.models import AtlasImage, Lesion, LesionImage, Review, VisitDiagnosis
from tests.demo import as_a_demo, load


@pytest.fixture(scope="module")
def loaded(tmp_path_factory, django_db_setup, django_db_blocker):
    """Load the demo clinic of a working day once for all tests that only read it."""
    with (
        django_db_blocker.unblock(),
        as_a_demo(tmp_path_factory.mktemp("demo")),
        transaction.atomic(),
    ):
        yield load("2026-03-18 10:40")
        transaction.set_rollback(True)


@pytest.mark.django_db
def test_the_demo_has_what_a_practice_gathers(loaded):
    images = LesionImage.objects.all()
    assert images.count() >= 40
    assert Review.objects.count() >= 30
    assert VisitDiagnosis.objects.standing().count() >= 30
    assert Lesion.objects.annotate(seen=Count("images")).filter(seen__gt=1).count() >= 5
    assert Appointment.objects.filter(is_walk_in=True, status="arrived").exists()
    assert WarningOverride.objects.filter(prescription__status="signed").exists()
    categories = set(PatientDocument.objects.values_list("category", flat=True))
    assert {"referral", "histology", "laboratory", "insurance"} <= categories


@pytest.mark.django_db
@pytest.mark.parametrize("language", ["fr", "ar"])
def test_the_images_of_the_atlas_have_no_english_words_in_another_language(loaded, language):
    images = AtlasImage.objects.all()
    assert images
    with translation.override(language):
        for image in images:
            assert image.local_caption != image.caption
            assert image.local_source != image.source


@pytest.mark.django_db
def test_the_admin_has_emergencies_to_look_at_and_a_request_to_decide(loaded):
    now = loaded
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
def test_six_weeks_of_appointments_stand_in_every_status_and_never_in_each_others_way(loaded):
    by_status = Counter(Appointment.objects.values_list("status", flat=True))
    assert set(by_status) == set(Appointment.Status.values)
    assert by_status["completed"] > 250
    assert by_status["booked"] + by_status["confirmed"] > 120
    assert not Appointment.objects.filter(starts_at__gt=loaded, status="completed").exists()
    assert Appointment.objects.exclude(overbooked_reason="").exists()
    for doctor in Doctor.objects.all():
        held = Appointment.objects.holding_a_slot().filter(doctor=doctor, overbooked_reason="")
        spans = list(held.order_by("starts_at").values_list("starts_at", "ends_at"))
        assert all(one[1] <= other[0] for one, other in pairwise(spans))


@pytest.mark.django_db
def test_every_appointment_came_to_its_status_by_moves_that_are_allowed(loaded):
    for appointment in Appointment.objects.prefetch_related("transitions"):
        moves = list(appointment.transitions.all())
        assert moves[-1].to_status == appointment.status
        assert not moves[0].from_status
        for before, after in pairwise(moves):
            assert after.from_status == before.to_status
            assert after.to_status in appointment.next_statuses(before.to_status)
            assert before.made_at <= after.made_at


@pytest.mark.django_db
def test_nobody_is_in_the_register_twice(loaded):
    for field in ("full_name", "phone", "record_number"):
        values = list(Patient.objects.values_list(field, flat=True))
        assert len(values) == len(set(values)) == 200
    assert Patient.objects.filter(birth_date__lte=date(2026, 3, 18)).count() == 200
    assert Prescription.objects.issued().count() >= 36
