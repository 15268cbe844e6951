"""No address that a patient can open names a diagnosis that is held, or one that was replaced."""

import html
import re
from datetime import timedelta
from io import BytesIO

import pytest
from django.core import mail
from django.urls import reverse
from django.utils import timezone
from pypdf import PdfReader

from clinic.models import IssuedDocument, Prescription
from clinic.records.services.consultations import add_addendum
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.letters.services.referral_letters import write_referral_letter
from diagnosis.models import Disease, Lesion, Review
from diagnosis.reviews.services.diagnoses import (
    add_diagnosis,
    change_diagnosis,
    withdraw_diagnosis,
)
from diagnosis.reviews.services.releases import note_conversation
from diagnosis.reviews.services.reviews import Diagnosis, in_own_words
from tests.access_table import ROLES
from tests.diagnosis.reviews.open_photographs import decide
from tests.factories import AppointmentFactory, ConsultationFactory
from tests.full_visit import check_by_hand
from tests.test_access_matrix import ROWS, address

OWN_WORDS = "Zorblax"
HELD = ("mel", "scc")
REPLACED = ("bcc", "eczema", "rosacea")
LANGUAGES = ("en", "fr", "ar")


def names_of(*codes, with_codes=True):
    """Return what the catalogue calls diseases in each language, and their codes."""
    names = set()
    for disease in Disease.objects.filter(code__in=codes):
        names |= {disease.name, *([disease.icd10, disease.icd11] if with_codes else [])}
        names |= {each.get("name", "") for each in disease.translations.values()}
    return {name.casefold() for name in names if name}


@pytest.fixture
def consultation(patient, doctor):
    """Open a visit that takes none of the times of `things`."""
    appointment = AppointmentFactory(
        patient=patient,
        doctor=doctor.doctor,
        starts_at=timezone.now() - timedelta(days=1),
        status="in_consultation",
    )
    return ConsultationFactory(appointment=appointment)


@pytest.fixture
def ai_consent(things):
    """Return the consent that the patient of `things` gave."""
    return things["consent"]


@pytest.fixture
def opened(things, sign_in, patient, consultation):
    """Return a function that opens every address that answers the patient, by its name."""
    column = ROLES.index("pati")
    rows = [row for row in ROWS if row.method == "GET" and row.expected[column] == "200"]

    def _opened():
        texts = {}
        prescription = Prescription.objects.get(consultation=consultation)
        of_visit = {"signed": consultation, "prescription": prescription}
        held = things | of_visit
        for language in LANGUAGES:
            patient.user.language = language
            patient.user.save()
            client = sign_in(patient.user)
            addresses = {str(row): address(row, things) for row in rows}
            addresses |= {f"{row} held": address(row, held) for row in rows if row.of in of_visit}
            addresses["home"] = reverse("home")
            for paper in IssuedDocument.objects.all():
                check = reverse("clinic:document_verify", args=[paper.token])
                addresses[f"paper {paper.kind}"] = check
            for name, place in addresses.items():
                texts[f"{language} {name}"] = text_of(client.get(place, follow=True))
        return texts | {f"mail {n}": f"{m.subject} {m.body}" for n, m in enumerate(mail.outbox)}

    return _opened


def text_of(response):
    body = b"".join(response) if response.streaming else response.content
    if response["Content-Type"] == "application/pdf":
        pages = PdfReader(BytesIO(body)).pages
        return " ".join(" ".join(page.extract_text().split()) for page in pages).casefold()
    if response["Content-Type"].startswith("image/"):
        return ""
    return html.unescape(body.decode(errors="ignore")).casefold()


def leaks(texts, names):
    return sorted(
        (place, name)
        for place, text in texts.items()
        for name in names
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text)
    )


@pytest.fixture
def held(things, consultation, doctor, prediction, sign):
    """Sign a visit that holds diagnoses of every kind; return those that wait for the talk."""

    def said(code):
        return Diagnosis(disease=Disease.objects.get(code=code), certainty="probable")

    def add(diagnosis, **place):
        return add_diagnosis(consultation=consultation, actor=doctor, diagnosis=diagnosis, **place)

    decide(prediction, doctor, code="bcc")
    decide(prediction, doctor, code="mel")
    lesion = Lesion.objects.get(images=prediction.image)
    first = add(said("eczema"), lesion=lesion)
    change_diagnosis(stored=first, actor=doctor, diagnosis=said("scc"), lesion=lesion)
    withdraw_diagnosis(stored=add(said("rosacea")), actor=doctor)
    add(in_own_words(OWN_WORDS))
    lines = [
        DraftLine(drug=drug, dose="1", frequency="daily", duration="7 days", indication=indication)
        for drug, indication in (("Urea cream", "Melanoma"), ("Vaseline", OWN_WORDS))
    ]
    save_prescription(consultation=consultation, actor=doctor, lines=lines)
    check_by_hand(consultation, doctor)
    signed = sign(consultation)
    letter = {"actor": doctor, "addressee": "Professor Ott", "question": "Excise?"}
    write_referral_letter(visit=signed, text=f"Melanoma. {OWN_WORDS}.", **letter)
    add_addendum(consultation=signed, actor=doctor, text="The patient called.")
    return [Review.objects.filter(prediction=prediction).first(), *signed.diagnoses.standing()]


def test_nothing_a_patient_can_open_names_a_diagnosis_that_is_held(
    held, things, opened, doctor, django_capture_on_commit_callbacks
):
    # What the visit of `things` shows was told already.
    Review.objects.filter(prediction=things["signed_prediction"]).update(
        disease=Disease.objects.get(code="nv")
    )
    waits = names_of(*HELD) | {OWN_WORDS.casefold()}
    # The code of what was changed is also that of what took its place.
    replaced = names_of(*REPLACED, with_codes=False)
    assert not leaks(opened(), waits | replaced)

    with django_capture_on_commit_callbacks(execute=True):
        for diagnosis in held:
            note_conversation(diagnosis=diagnosis, actor=doctor)

    texts = opened()
    assert not leaks(texts, replaced)
    for language in LANGUAGES:
        for row in ("diagnosis:my_visit", "diagnosis:visit_report"):
            text = texts[f"{language} GET {row} signed held"]
            assert OWN_WORDS.casefold() in text, (language, row)
    assert "melanoma" in texts["en GET diagnosis:my_visit signed held"]
    told = {place.split()[2] for place, _name in leaks(texts, waits) if "held" in place}
    assert told == {"diagnosis:my_visit", "diagnosis:visit_report"}
    assert not leaks({k: v for k, v in texts.items() if k.startswith(("mail", "paper"))}, waits)
