"""An open visit with everything that a visit can contain."""

from datetime import timedelta

from django.utils import timezone

from clinic.models import BodySite, Symptom
from clinic.records.services.consultations import VisitDraft, save_visit
from clinic.records.services.documents import add_document
from clinic.records.services.drug_warnings import (
    check_prescription,
    confirm_hand_checks,
    override_warning,
)
from clinic.records.services.facts import end_fact, note_allergy, note_condition, note_current_drug
from clinic.records.services.phrases import create_template
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.lesions.services.lesions import Place
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.reviews.services.reviews import review_prediction
from tests import photographs
from tests.factories import AppointmentFactory, ConsentFactory, ConsultationFactory
from tests.pdfs import pdf


def written_up(consultation, doctor, *, version=None, **said):
    """Write a few words into the visit, and nothing else."""
    version = consultation.version if version is None else version
    draft = VisitDraft(**said)
    return save_visit(consultation=consultation, actor=doctor, version=version, draft=draft)


def fill_visit(consultation, doctor, prediction=None):
    """Give the visit notes, drugs with warnings, facts, papers, lesions and earlier visits."""
    note_facts(consultation, doctor)
    write(consultation, doctor)
    prescribe(consultation, doctor)
    add_past(consultation, doctor)
    add_photographs(consultation, doctor, seeds=(2, 3, 4))
    for title in ("Histology of the back", "Blood count"):
        add_document(
            patient=consultation.patient,
            data=pdf(pages=len(title) % 3 + 1),
            actor=doctor,
            category="laboratory",
            title=title,
        )
    create_template(
        actor=doctor, owner=doctor, kind="notes", name="Mole check", content={"plan": "Come back."}
    )
    if prediction is not None:
        review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    consultation.refresh_from_db()


def note_facts(consultation, doctor):
    """Note facts of every kind, some of them ended."""
    for purpose in ("training", "reminders"):
        ConsentFactory(patient=consultation.patient, purpose=purpose, recorded_by=doctor)
    visit = {"consultation": consultation, "actor": doctor}
    note_allergy(**visit, substance="Penicillin", reaction="rash", severity="severe")
    latex = note_allergy(**visit, substance="Latex")
    note_condition(**visit, name="Psoriasis", icd10="L40.0")
    asthma = note_condition(**visit, name="Asthma", icd10="J45")
    note_current_drug(**visit, drug="Methotrexate", dose="15 mg a week")
    note_current_drug(**visit, drug="Ramipril", dose="5 mg")
    iron = note_current_drug(**visit, drug="Iron", dose="100 mg")
    for fact in (latex, asthma, iron):
        end_fact(fact=fact, **visit, reason="Noted by mistake.")


def write(consultation, doctor):
    """Write words into every field of the notes."""
    consultation.refresh_from_db()
    save_visit(
        consultation=consultation,
        actor=doctor,
        version=consultation.version,
        draft=VisitDraft(
            reason="A mole that has changed",
            symptoms=list(Symptom.objects.all()[:3]),
            body_site=BodySite.objects.first(),
            history="Noticed in spring, darker since the summer.",
            examination="Symmetric, two colours, 6 mm.",
            assessment="Benign in the dermatoscope.",
            plan="Photograph again in three months.",
            follow_up_weeks=12,
            notes="Anxious.",
            conclusion="A harmless mole. Please come back in three months.",
        ),
    )


def prescribe(consultation, doctor):
    """Prescribe lines, some with warnings; every warning has a reason."""
    drugs = ("Amoxicillin", "Ibuprofen", "Calcipotriol")
    lines = [
        DraftLine(drug=drug, dose="1", frequency="daily", duration="7 days", refills=1)
        for drug in drugs
    ]
    save_prescription(consultation=consultation, actor=doctor, lines=lines)
    for warning in check_prescription(consultation).warnings:
        override_warning(
            consultation=consultation, actor=doctor, key=warning.key, reason="Nothing else helps."
        )
    check_by_hand(consultation, doctor)


def check_by_hand(consultation, doctor):
    """Tick what the drug table could not check in the stored lines."""
    keys = [each.key for each in check_prescription(consultation).by_hand]
    if keys:
        confirm_hand_checks(consultation=consultation, actor=doctor, keys=keys)


def add_past(consultation, doctor, days=(30, 60, 90)):
    """Add earlier visits with a photograph each."""
    for ago in days:
        appointment = AppointmentFactory(
            doctor=consultation.doctor,
            patient=consultation.patient,
            starts_at=timezone.now() - timedelta(days=ago),
            status="completed",
        )
        visit = ConsultationFactory(appointment=appointment)
        upload_image(consultation=visit, data=photographs.jpeg(seed=ago), actor=doctor)


def add_photographs(consultation, doctor, seeds):
    """Add photographs of lesions that are on the body map."""
    for seed in seeds:
        upload_image(
            consultation=consultation,
            data=photographs.jpeg(seed=seed),
            actor=doctor,
            place=Place(view="front", x=0.3 + seed / 50, y=0.3 + seed / 40),
        )
