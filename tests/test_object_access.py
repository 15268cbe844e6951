"""Random people request random objects, and the two halves of a record stay separate."""

from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from clinic.models import Allergy, Appointment, Prescription, PrescriptionLine
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.letters.services.referral_letters import write_referral_letter
from diagnosis.models import Disease, Prediction, Review
from ml.bundle.labels import LABELS
from tests import photographs
from tests.factories import AppointmentFactory, ConsultationFactory

CLINICAL_WORDS = {
    "notes": "NOTES-OF-THE-DOCTOR",
    "conclusion": "CONCLUSION-FOR-THE-PATIENT",
    "reason": "REASON-OF-THE-VISIT",
    "allergies": "ALLERGIC-TO-SOMETHING",
    "drug": "DRUG-PRESCRIBED",
    "why": "WHY-IT-WAS-CORRECTED",
    "comment": "COMMENT-ON-THE-ANSWER",
    "version": "model-version-of-the-test",
    "question": "QUESTION-TO-A-COLLEAGUE",
    "letter": "TEXT-OF-A-LETTER",
}

# Each page that shows one object, and which object of a case it shows.
PAGES = {
    "clinic:patient_detail": "patient",
    "clinic:appointment_detail": "appointment",
    "diagnosis:visit": "consultation",
    "clinic:visit_patient": "consultation",
    "diagnosis:visit_thumbnails": "consultation",
    "diagnosis:image_file": "image",
    "diagnosis:image_thumbnail": "image",
    "diagnosis:image_panel": "image",
    "diagnosis:atlas_compare": "image",
    "diagnosis:prediction_status": "prediction",
    "diagnosis:lesion": "lesion",
    "diagnosis:lesion_edit": "lesion",
    "diagnosis:timeline": "patient",
    "diagnosis:my_visit": "consultation",
    "diagnosis:visit_report": "consultation",
    "clinic:prescription_pdf": "prescription",
    "diagnosis:visit_letters": "consultation",
    "diagnosis:referral_letter": "letter",
}
LETTERS = {"diagnosis:visit_letters", "diagnosis:referral_letter"}
PAPERS = {"diagnosis:visit_report", "clinic:prescription_pdf"}
CLINICAL = {name for name in PAGES if name.startswith("diagnosis:")} - {"diagnosis:my_visit"}
CLINICAL |= {"clinic:visit_patient", *PAPERS}
PATIENT_READS = {"diagnosis:image_file", "diagnosis:image_thumbnail", "diagnosis:my_visit", *PAPERS}


def make_case(doctor, patient, *, days_ago, cancelled=False, signed=True):
    """Make a visit with a photograph, an answer, a correction and a prescription."""
    appointment = AppointmentFactory(
        doctor=doctor.doctor,
        patient=patient,
        status=Appointment.Status.IN_CONSULTATION,
        starts_at=timezone.now() - timedelta(days=days_ago),
    )
    consultation = ConsultationFactory(
        appointment=appointment,
        notes=CLINICAL_WORDS["notes"],
        conclusion=CLINICAL_WORDS["conclusion"],
        reason=CLINICAL_WORDS["reason"],
    )
    image = upload_image(
        consultation=consultation, data=photographs.jpeg(seed=days_ago), actor=doctor
    )
    prediction = Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version=CLINICAL_WORDS["version"],
        status="done",
        label="mel",
        probabilities=dict.fromkeys(LABELS, 1 / 7),
        malignant_share=3 / 7,
        milliseconds=80,
        crop=[0, 0, 1, 1],
        class_maps={label: [[0.0, 1.0]] for label in LABELS},
        finished_at=timezone.now(),
    )
    Review.objects.create(
        prediction=prediction,
        decision="corrected",
        disease=Disease.objects.get(code="scc"),
        reason=CLINICAL_WORDS["why"],
        comment=CLINICAL_WORDS["comment"],
        reviewer=doctor,
        release="after_conversation",
        talked_at=timezone.now(),
        talked_by=doctor,
    )
    prescription = Prescription.objects.create(consultation=consultation)
    PrescriptionLine.objects.create(
        prescription=prescription,
        drug=CLINICAL_WORDS["drug"],
        dose="1",
        frequency="1",
        duration="1",
    )
    letter = None
    if signed:
        now = timezone.now()
        Prescription.objects.filter(pk=prescription.pk).update(
            status="signed", signed_at=now, signed_by=doctor
        )
        type(consultation).objects.filter(pk=consultation.pk).update(
            signed_at=now, signed_by=doctor
        )
        consultation.refresh_from_db()
        letter = write_referral_letter(
            visit=consultation,
            actor=doctor,
            addressee="Dr Colleague",
            question=CLINICAL_WORDS["question"],
            text=CLINICAL_WORDS["letter"],
        )
    status = "cancelled" if cancelled else "completed" if signed else "in_consultation"
    Appointment.objects.filter(pk=appointment.pk).update(status=status)
    return SimpleNamespace(
        doctor=doctor, patient=patient, appointment=appointment, consultation=consultation,
        image=image, lesion=image.lesion, prediction=prediction, prescription=prescription,
        letter=letter, cancelled=cancelled, signed=signed,
    )  # fmt: skip


@pytest.fixture
def world(admin, secretary, doctor, other_doctor, patient, other_patient):
    """Return two doctors and two patients; one visit signed, one open, one cancelled afterwards."""
    for each in (patient, other_patient):
        Allergy.objects.create(patient=each, substance=CLINICAL_WORDS["allergies"])
    cases = [
        make_case(doctor, patient, days_ago=3),
        make_case(doctor, patient, days_ago=0, signed=False),
        make_case(other_doctor, other_patient, days_ago=2),
        make_case(doctor, other_patient, days_ago=1, cancelled=True),
    ]
    people = {
        "admin": admin, "secretary": secretary, "doctor": doctor, "other_doctor": other_doctor,
        "patient": patient.user, "other_patient": other_patient.user,
    }  # fmt: skip
    return SimpleNamespace(cases=cases, people=people)


def expected_status(world, person, name, case):
    """Return the status in the table of roles, derived from who was seen by whom."""
    if person in {"admin", "secretary"}:
        return 404 if name in CLINICAL else 403 if name == "diagnosis:my_visit" else 200
    user = world.people[person]
    if person.endswith("doctor"):
        in_care = any(
            other.doctor == user and other.patient == case.patient and not other.cancelled
            for other in world.cases
        )
        if name == "diagnosis:my_visit":
            return 403
        if name in PAPERS | LETTERS and in_care and not case.signed:
            return 409
        own_appointment = name == "clinic:appointment_detail" and case.doctor == user
        return 200 if in_care or own_appointment else 404
    if case.patient.user != user:
        return 404
    if name in PATIENT_READS:
        return 200 if case.signed else 404
    return 404 if name in CLINICAL else 403


@pytest.mark.django_db
def test_everybody_finds_what_the_table_of_roles_gives_them_and_nothing_else(world, sign_in):
    clients = {person: sign_in(user) for person, user in world.people.items()}
    names = (patient.full_name for patient in {case.patient for case in world.cases})
    secrets = [*CLINICAL_WORDS.values(), *names]

    @hypothesis_settings(
        max_examples=150, deadline=None, suppress_health_check=list(HealthCheck), database=None
    )
    @given(
        person=st.sampled_from(sorted(clients)),
        name=st.sampled_from(sorted(PAGES)),
        case=st.sampled_from(world.cases),
    )
    def holds(person, name, case):
        shown = getattr(case, PAGES[name])
        # No letter is written before the signature.
        assume(shown is not None)
        url = reverse(name, args=[shown.pk])
        response = clients[person].get(url)
        assert response.status_code == expected_status(world, person, name, case), (person, name)
        if response.status_code == 404:
            own_name = world.people[person].full_name
            body = response.content.decode().replace(own_name, "")
            assert not [word for word in secrets if word in body]

    holds()


@pytest.mark.django_db
@pytest.mark.parametrize("person", ["secretary", "admin"])
def test_the_pages_of_desk_and_admin_hold_nothing_clinical(person, world, sign_in):
    client = sign_in(world.people[person])
    pages = [
        reverse(name)
        for name in (
            "clinic:patient_list", "clinic:desk_day", "clinic:doctor_list", "clinic:account_list",
            "clinic:appointment_book", "clinic:request_list", "clinic:patient_register",
            "clinic:profile",
        )
    ]  # fmt: skip
    for case in world.cases:
        pages += [
            reverse("clinic:patient_detail", args=[case.patient.pk]),
            reverse("clinic:patient_edit", args=[case.patient.pk]),
            reverse("clinic:appointment_detail", args=[case.appointment.pk]),
        ]
    diseases = list(Disease.objects.exclude(code="other").values_list("name", flat=True))
    read = 0
    for page in pages:
        response = client.get(page)
        if response.status_code != 200:
            continue
        read += 1
        body = response.content.decode()
        assert not [word for word in [*CLINICAL_WORDS.values(), *diseases] if word in body], page
    assert read > 5
