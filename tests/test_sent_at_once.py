"""A form that is sent several times at the same moment does its work once, and never breaks."""

from datetime import timedelta

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    Absence,
    Appointment,
    AuditEvent,
    Consultation,
    Symptom,
    VisitType,
    WritingTemplate,
)
from diagnosis.models import Disease, DiseaseStage
from tests.clinic.desk import at_once
from tests.clinic.portal import decide
from tests.factories import AvailabilityFactory, ConsultationFactory

pytestmark = pytest.mark.django_db(transaction=True)

TIMES = 6


@pytest.fixture
def send_at_once(sign_in):
    """Return a function that sends a form several times at once and gives the statuses."""

    def _send(user, url, data):
        key = sign_in(user).session.session_key

        def send(_number):
            client = Client(raise_request_exception=False)
            client.cookies[settings.SESSION_COOKIE_NAME] = key
            return client.post(url, data).status_code

        return sorted(at_once(TIMES, send))

    return _send


def new_type(**fields):
    return VisitType.objects.create(code="check", name="Check-up", duration_minutes=15, **fields)


ADDED = {
    "visit type": ("clinic:visit_type_add", [], {"name": "Patch test", "duration_minutes": "30"}),
    "symptom": ("clinic:symptom_create", [], {"name": "Tingling"}),
    "disease": ("diagnosis:atlas_disease_create", [], {"name": "Granuloma annulare"}),
}
MODELS = {"visit type": VisitType, "symptom": Symptom, "disease": Disease}


@pytest.mark.parametrize("what", ADDED)
def test_what_an_admin_adds_at_once_is_there_once(what, admin, send_at_once):
    name, args, data = ADDED[what]
    statuses = send_at_once(admin, reverse(name, args=args), data)

    assert statuses == [302] + [422] * (TIMES - 1)
    assert MODELS[what].objects.filter(name=data["name"]).count() == 1


@pytest.mark.parametrize("page", ["template_new", "template_keep"])
def test_the_same_template_sent_at_once_is_kept_once(page, doctor, send_at_once):
    data = {"name": "Mole check", "history": "No change since the last visit."}
    statuses = send_at_once(doctor, reverse(f"clinic:{page}", args=["notes"]), data)

    assert set(statuses) <= {200, 302}
    assert WritingTemplate.objects.get(name="Mole check").versions.count() == 1


def test_the_same_request_sent_at_once_reaches_the_desk_once(patient, doctor, send_at_once):
    decide(portal_booking="request")
    AvailabilityFactory(doctor=doctor.doctor)
    visit_type = new_type(is_offered_to_patients=True)
    day = timezone.localdate() + timedelta(days=8)
    data = {"visit_type": visit_type.pk, "doctor": "", "first_day": day, "last_day": day}
    statuses = send_at_once(patient.user, reverse("clinic:my_book"), data)

    assert statuses == [302] * TIMES
    assert Appointment.objects.get(patient=patient).status == "requested"


def test_an_undone_call_in_stays_undone_when_it_is_undone_again(doctor, patient, send_at_once):
    visit = ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        appointment__status=Appointment.Status.IN_CONSULTATION,
    )
    statuses = send_at_once(doctor, reverse("clinic:visit_undo", args=[visit.pk]), {})

    assert set(statuses) <= {302, 404}
    assert not Consultation.objects.exists()
    assert Appointment.objects.get().status == Appointment.Status.ARRIVED


def removable(doctor):
    disease = Disease.objects.create(code="a", name="A disease", position=900)
    other = Disease.objects.create(code="b", name="Another disease", position=901)
    day = timezone.now() + timedelta(days=9)
    return {
        "visit type": (new_type(), "clinic:visit_type_remove"),
        "hours": (AvailabilityFactory(doctor=doctor), "clinic:hours_remove"),
        "leave": (
            Absence.objects.create(doctor=doctor, starts_at=day, ends_at=day + timedelta(hours=1)),
            "clinic:absence_remove",
        ),
        "disease": (disease, "diagnosis:atlas_disease_delete"),
        "stage": (
            DiseaseStage.objects.create(disease=other, name="Early", position=0),
            "diagnosis:atlas_stage_delete",
        ),
    }


@pytest.mark.parametrize("what", ["visit type", "hours", "leave", "disease", "stage"])
def test_what_is_removed_at_once_is_removed_and_noted_once(what, admin, doctor, send_at_once):
    row, name = removable(doctor.doctor)[what]
    statuses = send_at_once(admin, reverse(name, args=[row.pk]), {})

    assert 302 in statuses
    assert set(statuses) <= {302, 404, 409, 422}
    assert not type(row).objects.filter(pk=row.pk).exists()
    assert AuditEvent.objects.filter(verb="update", target_id=str(row.pk)).count() == 1
