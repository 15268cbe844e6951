"""One of everything that an address of the site can name."""

import hashlib
from datetime import timedelta

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.core.files.base import ContentFile
from django.utils import timezone

from clinic.models import (
    Absence,
    Allergy,
    Appointment,
    AppointmentNotice,
    AppointmentRequest,
    ArrivalToken,
    BodySite,
    CalendarFeed,
    ClinicSettings,
    EmergencyAccess,
    IssuedDocument,
    Notification,
    Prescription,
    PrescriptionLine,
    Symptom,
    WaitingScreen,
)
from clinic.office.services.retention import ask_for_erasure
from clinic.records.services.documents import add_document
from clinic.records.services.phrases import create_template
from diagnosis.atlas.services.images import AtlasImageText, add_atlas_image
from diagnosis.letters.services.referral_letters import write_referral_letter
from diagnosis.models import Disease, Lesion, LesionImage, Prediction, Review, VisitDiagnosis
from tests import photographs
from tests.factories import (
    AppointmentFactory,
    AvailabilityFactory,
    ConsentFactory,
    ConsultationFactory,
    UserFactory,
)

# The doctor's calendar program cannot sign in; it knows this secret, and may pass it on.
FEED_TOKEN = "a-secret-that-a-calendar-program-was-given"
# People in front of the waiting-room screen have not signed in either.
SCREEN_SECRET = "a-secret-that-the-screen-was-given"
# Printed on a paper that anybody may hold.
PAPER_TOKEN = "token-of-a-prescription"


def one_of_everything(*, admin, doctor, patient, secretary):
    """Return things by name; all belong to the patient, and to the patient's doctor."""
    CalendarFeed.objects.create(
        doctor=doctor.doctor,
        token_sha256=hashlib.sha256(FEED_TOKEN.encode()).hexdigest(),
        created_at=timezone.now(),
    )
    ClinicSettings(pk=1, name="The clinic").logo.save("logo.png", ContentFile(photographs.png()))
    WaitingScreen.objects.create(
        pk=1,
        token_sha256=hashlib.sha256(SCREEN_SECRET.encode()).hexdigest(),
        created_at=timezone.now(),
    )
    doctor.photograph.save("portrait.jpg", ContentFile(photographs.jpeg()))
    of_both = {"doctor": doctor.doctor, "patient": patient}
    appointment = AppointmentFactory(**of_both, starts_at=timezone.now() + timedelta(days=3))
    arrival = AppointmentFactory(
        **of_both, status=Appointment.Status.ARRIVED, is_walk_in=True, arrived_at=timezone.now()
    )
    ArrivalToken.objects.create(appointment=arrival, day=timezone.localdate(), number=1)
    visit = _visit(days_ago=0, **of_both)
    signed = _visit(days_ago=30, status=Appointment.Status.COMPLETED, **of_both)
    lesion = Lesion.objects.create(patient=patient, number=1)
    photograph, prediction = photographed(visit, lesion, number=1)
    signed_photograph, signed_prediction = photographed(signed, lesion, number=2)
    review = Review.objects.create(
        prediction=signed_prediction,
        decision=Review.Decision.CONFIRMED,
        disease=Disease.objects.get(code="mel"),
        reviewer=doctor,
        release=Review.Release.AFTER_CONVERSATION,
        talked_at=timezone.now(),
        talked_by=doctor,
    )
    prescription = Prescription.objects.create(
        consultation=signed, status="signed", signed_at=timezone.now(), signed_by=doctor
    )
    PrescriptionLine.objects.create(
        prescription=prescription, drug="Cream", dose="1", frequency="daily", duration="7 days"
    )
    IssuedDocument.objects.create(
        consultation=signed,
        kind=IssuedDocument.Kind.PRESCRIPTION,
        token=PAPER_TOKEN,
        issued_at=prescription.signed_at,
    )
    signed.signed_at, signed.signed_by = timezone.now(), doctor
    signed.save()
    disease = Disease.objects.get(code="mel")
    return {
        "absence": Absence.objects.create(
            doctor=doctor.doctor,
            starts_at=timezone.now() + timedelta(days=40),
            ends_at=timezone.now() + timedelta(days=41),
        ),
        "account": doctor,
        "atlas_image": _atlas_image(disease, admin, number=3, is_accepted=True),
        "atlas_proposal": _atlas_image(disease, doctor, number=4, is_accepted=False),
        "disease": disease,
        "stage": disease.stages.last(),
        "appointment": appointment,
        "clinical_paper": _document(patient, doctor, category="histology", is_shared=False),
        "insurance_card": _document(patient, secretary, category="insurance", is_shared=True),
        "arrival": arrival,
        "allergy": Allergy.objects.create(patient=patient, substance="Penicillin"),
        "clinic_template": _template(doctor, owner=None),
        "erasure": ask_for_erasure(patient=patient, actor=patient.user),
        "consent": ConsentFactory(patient=patient, recorded_by=secretary),
        "doctor": doctor.doctor,
        "draft": Prescription.objects.create(consultation=visit),
        "emergency": EmergencyAccess.objects.create(
            doctor=doctor,
            patient=patient,
            reason="Brought in unconscious.",
            started_at=timezone.now() - timedelta(days=4),
            ends_at=timezone.now() - timedelta(days=4) + timedelta(hours=1),
        ),
        "hours": AvailabilityFactory(doctor=doctor.doctor),
        "lesion": lesion,
        "letter": write_referral_letter(
            visit=signed,
            actor=doctor,
            addressee="Professor Ott",
            question="May this be removed?",
            text="A spot.",
        ),
        "news": Notification.objects.create(
            recipient=doctor,
            kind=Notification.Kind.BOOKED,
            url_name="clinic:appointment_detail",
            object_key=str(appointment.pk),
            fact_key=str(appointment.pk),
        ),
        "passkey": Authenticator.objects.create(
            user=UserFactory(), type="webauthn", data={"name": "A key", "credential": {}}
        ),
        "patient": patient,
        "session": UserSession.objects.create(
            user=UserFactory(), ip="192.0.2.7", session_key="of-somebody-else"
        ),
        "photograph": photograph,
        "prediction": prediction,
        "prescription": prescription,
        "request": _request(**of_both),
        "review": review,
        "diagnosis": _diagnosed(visit, lesion=lesion),
        "signed_diagnosis": _diagnosed(signed),
        "reminder": AppointmentNotice.objects.create(
            appointment=appointment,
            kind=AppointmentNotice.Kind.FIRST_REMINDER,
            channel=AppointmentNotice.Channel.EMAIL,
            starts_at=appointment.starts_at,
        ),
        "signed": signed,
        "signed_photograph": signed_photograph,
        "signed_prediction": signed_prediction,
        "body_site": BodySite.objects.get(code="back"),
        "symptom": Symptom.objects.get(code="itching"),
        "template": _template(doctor, owner=doctor),
        "visit": visit,
        "visit_type": appointment.visit_type,
        "secrets": [patient.full_name, patient.record_number, visit.notes, "Melanoma"],
    }


def _diagnosed(visit, *, lesion=None):
    return VisitDiagnosis.objects.create(
        consultation=visit,
        disease=Disease.objects.get(code="psoriasis"),
        lesion=lesion,
        made_by=visit.doctor.user,
        release=VisitDiagnosis.Release.AT_ONCE,
    )


def _request(**of_both):
    day = timezone.localdate() + timedelta(days=5)
    appointment = AppointmentFactory(
        starts_at=timezone.now() + timedelta(days=5),
        status=Appointment.Status.REQUESTED,
        **of_both,
    )
    return AppointmentRequest.objects.create(appointment=appointment, first_day=day, last_day=day)


def _template(doctor, *, owner):
    return create_template(
        actor=doctor, kind="notes", owner=owner, name="Nevus", content={"plan": "Watch"}
    )


def _visit(*, days_ago, status=Appointment.Status.IN_CONSULTATION, **of_both):
    starts_at = timezone.now() - timedelta(days=days_ago)
    appointment = AppointmentFactory(starts_at=starts_at, status=status, **of_both)
    return ConsultationFactory(appointment=appointment, notes="Found something.")


def photographed(visit, lesion, *, number):
    jpeg = photographs.jpeg()
    image = LesionImage(
        lesion=lesion,
        consultation=visit,
        sha256=hashlib.sha256(jpeg).hexdigest(),
        upload_sha256=f"{number:064d}",
        width=320,
        height=240,
        uploaded_by=visit.doctor.user,
    )
    image.file.save("photograph.jpg", ContentFile(jpeg), save=False)
    image.thumbnail.save("thumbnail.jpg", ContentFile(photographs.jpeg()), save=False)
    image.save()
    labels = ["akiec", "bcc", "bkl", "df", "mel", "nv", "vasc"]
    prediction = Prediction.objects.create(
        image=image,
        image_sha256=image.sha256,
        model_version="1",
        status=Prediction.Status.DONE,
        finished_at=timezone.now(),
        label="mel",
        probabilities=dict.fromkeys(labels, 1 / 7),
        malignant_share=0.4,
        class_maps={label: [[0.0, 0.5], [0.5, 1.0]] for label in labels},
        crop=[0.0, 0.0, 1.0, 1.0],
        milliseconds=50,
    )
    return image, prediction


def _document(patient, actor, **said):
    return add_document(
        patient=patient, data=photographs.jpeg(seed=5), actor=actor, title="A paper", **said
    )


def _atlas_image(disease, actor, *, number, is_accepted):
    return add_atlas_image(
        disease=disease,
        data=photographs.jpeg(seed=number),
        said=AtlasImageText(source="The table", licence="CC0"),
        actor=actor,
        is_accepted=is_accepted,
    )
