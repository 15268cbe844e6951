"""How the demo's visits take place: through the services that the pages call, one by one."""

from datetime import timedelta

from django.utils import timezone

from clinic.people.models.consent import Consent
from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.services.consents import has_consent
from clinic.records.models.catalogue import BodySite, Symptom
from clinic.records.models.consultation import Consultation
from clinic.records.services.consultations import (
    VisitDraft,
    open_visit,
    save_visit,
    sign_visit,
)
from clinic.records.services.drug_warnings import (
    check_prescription,
    confirm_hand_checks,
    override_warning,
)
from clinic.records.services.facts import (
    NoneKnown,
    note_allergy,
    note_condition,
    note_current_drug,
    record_clinical_facts,
)
from clinic.records.services.prescriptions import save_prescription
from clinic.scheduling.models.appointment import Appointment
from clinic.scheduling.services.appointments import move_appointment
from clinic.scheduling.services.slots import day_bounds
from diagnosis.lesions.models import Lesion
from diagnosis.lesions.services.lesions import Place
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.predictions.models.disease import Disease
from diagnosis.predictions.models.prediction import Prediction
from diagnosis.predictions.services.diagnoses import find_diagnosis
from diagnosis.predictions.services.predictions import request_prediction, run_prediction
from diagnosis.reviews.models.review import Review
from diagnosis.reviews.services.diagnoses import add_diagnosis
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from skinhealth.demo.clock import Clock
from skinhealth.demo.drawing import draw_lesion
from skinhealth.demo.people import DemoPatient
from skinhealth.demo.stories import Story

# Where the lesions of the stories are on the body map, by body site.
PLACES = {
    "scalp": Place("front", 0.47, 0.04),
    "face": Place("front", 0.55, 0.12),
    "chest": Place("front", 0.42, 0.26),
    "abdomen": Place("front", 0.56, 0.42),
    "back": Place("back", 0.41, 0.29),
    "left-arm": Place("front", 0.78, 0.36),
    "right-arm": Place("front", 0.22, 0.34),
    "left-leg": Place("front", 0.61, 0.66),
    "right-leg": Place("front", 0.4, 0.79),
}


EARLY = timedelta(minutes=5)
# Kept only where the visit is signed before a warning was reviewed.
ASKS_A_COLLEAGUE = "A colleague looks at the photograph first."
NOT_PREGNANT = Patient.Pregnancy.NO


def call_in(
    appointment: Appointment, one: DemoPatient, *, secretary: User, clock: Clock
) -> Consultation:
    """Let the patient arrive a little early, be called in on time, and answer two questions."""
    doctor = appointment.doctor.user
    midnight, _next = day_bounds(timezone.localdate(appointment.starts_at))
    clock.set(max(appointment.starts_at - EARLY, midnight))
    move_appointment(appointment=appointment, status=Appointment.Status.ARRIVED, actor=secretary)
    clock.set(appointment.starts_at)
    consultation = open_visit(appointment=appointment, actor=doctor)
    consultation.patient = record_clinical_facts(
        consultation=consultation,
        actor=doctor,
        phototype=one.phototype,
        none_known=NoneKnown(
            has_no_known_allergies=not one.allergies,
            has_no_known_conditions=not one.conditions,
            takes_no_drugs=not one.current_drugs,
        ),
        pregnancy=NOT_PREGNANT if consultation.patient.is_pregnancy_to_be_asked else None,
    )
    for substance, reaction in one.allergies:
        note_allergy(
            consultation=consultation, actor=doctor, substance=substance, reaction=reaction
        )
    for name, icd10 in one.conditions:
        note_condition(consultation=consultation, actor=doctor, name=name, icd10=icd10)
    for drug, dose in one.current_drugs:
        note_current_drug(consultation=consultation, actor=doctor, drug=drug, dose=dose)
    return consultation


def examine(
    consultation: Consultation, story: Story, *, body_site: str, seed: int, clock: Clock
) -> Prediction | None:
    """Take a photograph and notes; return the answer, or None without consent.

    A lesion seen at this site before is photographed again; the same seed draws the same lesion.
    """
    doctor = consultation.doctor.user
    patient = consultation.patient
    site = BodySite.objects.get(code=body_site)
    lesion = Lesion.objects.filter(patient=patient, body_site=site).first()
    before = lesion.images.count() if lesion else 0
    clock.advance(minutes=2)
    image = upload_image(
        consultation=consultation,
        data=draw_lesion(
            story.drawn_as,
            seed=seed,
            phototype=patient.phototype or 2,
            again=before,
            growth=story.growth**before,
        ),
        actor=doctor,
        lesion=lesion,
        body_site=site,
        place=PLACES.get(body_site),
    )
    prediction = None
    if has_consent(patient=patient, purpose=Consent.Purpose.AI_ANALYSIS):
        prediction = request_prediction(image=image, actor=doctor)
        run_prediction(prediction_id=prediction.pk)
        prediction.refresh_from_db()
    clock.advance(minutes=3)
    for code in story.also:
        add_diagnosis(
            consultation=consultation,
            actor=doctor,
            diagnosis=Diagnosis(disease=find_diagnosis(code)),
        )
    save_visit(
        consultation=consultation,
        actor=doctor,
        version=consultation.version,
        draft=VisitDraft(
            reason=story.reason,
            symptoms=Symptom.objects.filter(code__in=story.symptoms),
            body_site=site,
            examination=story.examination,
            conclusion=story.conclusion,
            follow_up_weeks=story.follow_up_weeks,
        ),
    )
    return prediction


def review(prediction: Prediction | None, story: Story, *, doctor: User) -> Review | None:
    """Confirm an answer that is right and correct one that is not."""
    if prediction is None or prediction.status != Prediction.Status.DONE:
        return None
    disease = Disease.objects.get(code=story.disease)
    is_right = disease.model_class == prediction.label and not prediction.is_uncertain
    return review_prediction(
        prediction=prediction,
        actor=doctor,
        decision=Review.Decision.CONFIRMED if is_right else Review.Decision.CORRECTED,
        diagnosis=Diagnosis(disease=disease),
        reason="" if is_right else story.correction,
    )


def close(consultation: Consultation, story: Story, *, clock: Clock) -> None:
    """Prescribe what the story says, and sign."""
    doctor = consultation.doctor.user
    clock.advance(minutes=4)
    if story.prescription:
        save_prescription(consultation=consultation, actor=doctor, lines=story.prescription)
        for warning in check_prescription(consultation).warnings if story.prescribed_anyway else ():
            override_warning(
                consultation=consultation,
                actor=doctor,
                key=warning.key,
                reason=story.prescribed_anyway,
            )
        if by_hand := [check.key for check in check_prescription(consultation).by_hand]:
            confirm_hand_checks(consultation=consultation, actor=doctor, keys=by_hand)
    sign_visit(consultation=consultation, actor=doctor, unreviewed_reason=ASKS_A_COLLEAGUE)
