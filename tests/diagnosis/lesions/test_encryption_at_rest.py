"""A stolen disk and database contain nothing readable."""

from decimal import Decimal
from pathlib import Path

import pytest
from django.apps import apps
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.core.encrypted_columns import encrypted_columns
from clinic.models import Allergy, PatientDocument
from clinic.office.services.retention import ask_for_erasure, decide_erasure
from clinic.people.services.emergency import open_emergency_access, review_emergency_access
from clinic.people.services.patients import register_patient, update_patient
from clinic.people.services.profile import update_profile
from clinic.people.services.unsent_forms import keep_unsent
from clinic.records.services.consultations import VisitDraft, add_addendum, save_visit, sign_visit
from clinic.records.services.documents import add_document, archive_document
from clinic.records.services.drug_warnings import check_prescription, override_warning
from clinic.records.services.facts import end_fact, note_allergy, note_condition, note_current_drug
from clinic.records.services.phrases import create_template
from clinic.records.services.prescriptions import DraftLine, revoke_prescription, save_prescription
from diagnosis.lesions.services.lesions import record_size, update_lesion
from diagnosis.letters.services.paper_photographs import ChosenPhotographs
from diagnosis.letters.services.referral_letters import write_referral_letter
from diagnosis.models import Lesion, LesionImage, Prediction
from diagnosis.reviews.services.diagnoses import add_diagnosis
from diagnosis.reviews.services.releases import Choice, choose_release
from diagnosis.reviews.services.reviews import in_own_words, review_prediction
from tests import photographs
from tests.full_visit import check_by_hand
from tests.pdfs import pdf

pytestmark = pytest.mark.both_engines

MARKER = "Zwetschge"  # in every text below, and nowhere else on the site


def said(what):
    return f"{MARKER} {what}"


@pytest.fixture
def full_record(consultation, admin, doctor, other_doctor, secretary, prediction, answer_with):
    """Return a signed visit with the marker in each free text, stored through the services."""
    visit = {"consultation": consultation, "actor": doctor}
    register_patient(
        actor=secretary,
        full_name=consultation.patient.full_name,
        birth_date=consultation.patient.birth_date,
        duplicate_reason=said("likeness"),
    )
    note_allergy(**visit, substance="Penicillin", reaction=said("reaction"))
    note_allergy(**visit, substance=said("substance"))
    note_condition(**visit, name=said("condition"), icd10=f"{MARKER}"[:10])
    note_current_drug(**visit, drug=said("drug"), dose=said("dose"))
    for fact in (
        Allergy.objects.exclude(reaction="").get(),
        note_condition(**visit, name="Gout"),
        note_current_drug(**visit, drug="Iron"),
    ):
        end_fact(fact=fact, **visit, reason=said("end"))
    note_allergy(**visit, substance="Penicillin")
    line = DraftLine(drug="Amoxicillin", dose="1", frequency="daily", duration="a week")
    odd = DraftLine(
        drug=said("line"),
        form=said("form"),
        strength=said("strength"),
        dose=said("amount"),
        route=said("route"),
        frequency=said("frequency"),
        duration=said("duration"),
        quantity=said("quantity"),
        note=said("note"),
        indication=said("indication"),
    )
    save_prescription(**visit, lines=[line, odd])
    for warning in check_prescription(consultation).warnings:
        override_warning(**visit, key=warning.key, reason=said("override"))
    image = LesionImage.objects.get()
    update_lesion(
        lesion=image.lesion,
        actor=doctor,
        body_site=image.lesion.body_site,
        place=None,
        description=said("lesion"),
        is_archived=False,
    )
    record_size(image=image, actor=doctor, size_mm=Decimal("4.5"), size_note=said("size"))
    answer_with(mel=0.9, nv=0.1, malignant_threshold=1.01, uncertain_below=0.0)
    review = review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=in_own_words(said("own words")),
        reason=said("correction"),
        comment=said("comment"),
    )
    add_diagnosis(**visit, diagnosis=in_own_words(said("words without a photograph")))
    # A diagnosis that waits and is named all the same, so that signing takes a reason.
    choose_release(diagnosis=review, actor=doctor, choice=Choice(release="after_conversation"))
    consultation.refresh_from_db()
    notes = ("history", "examination", "assessment", "plan", "notes")
    conclusion = f"{said('conclusion')} {review.own_words}"
    saved = save_visit(
        **visit,
        version=consultation.version,
        draft=VisitDraft(
            reason=said("reason"), conclusion=conclusion, **{name: said(name) for name in notes}
        ),
    )
    check_by_hand(saved, doctor)
    # A warning that came after the review, so that signing takes a reason.
    Prediction.objects.update(malignant_threshold=0.3, finished_at=timezone.now())
    signed = sign_visit(
        consultation=saved,
        actor=doctor,
        unreviewed_reason=said("unreviewed warning"),
        early_reason=said("told early"),
    )
    add_addendum(consultation=signed, actor=doctor, text=said("addendum"))
    revoke_prescription(prescription=signed.prescription, actor=doctor, reason=said("revoked"))
    write_referral_letter(
        visit=signed,
        actor=doctor,
        addressee=said("addressee"),
        question=said("question"),
        text=said("letter"),
        reviews=[review],
        chosen=ChosenPhotographs(images=[image], has_model_answer=True),
    )
    document = add_document(
        patient=signed.patient,
        data=pdf(pages=2),
        actor=doctor,
        category="laboratory",
        title=said("title"),
    )
    archive_document(document=document, actor=doctor, reason=said("archived"))
    create_template(
        actor=doctor, kind="notes", owner=doctor, name="Mole", content={"plan": said("phrase")}
    )
    update_patient(patient=signed.patient, actor=secretary, preferred_name=said("nickname"))
    update_patient(patient=signed.patient, actor=secretary, preferred_name="")
    update_profile(user=secretary, phone="", language="en", portrait=photographs.jpeg(seed=9))
    access = open_emergency_access(
        doctor=other_doctor, patient=signed.patient, reason=said("emergency")
    )
    review_emergency_access(access=access, actor=admin, verdict="justified", note=said("verdict"))
    keep_unsent(owner=secretary, place="/patients/new/", fields={"full_name": said("unsent")})
    wish = ask_for_erasure(patient=signed.patient, actor=secretary, words=said("wish"))
    decide_erasure(request=wish, actor=admin, decision="refused", reason=said("refusal"))
    return signed


def rows_of_every_table():
    """Return the stored contents of the database, by table and column."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [column[0] for column in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    yield f"{table}.{name}", str(value)


def test_no_text_of_a_record_is_to_be_read_in_the_database(full_record):
    found = [(column, value) for column, value in rows_of_every_table() if MARKER in value]

    assert found == []


def test_every_encrypted_column_was_written_by_the_services(full_record):
    stored = {column for column, value in rows_of_every_table() if value.startswith("enc1:")}

    assert stored == {column.context for column in encrypted_columns(apps)}


def test_the_site_itself_reads_the_record_as_before(full_record, doctor, sign_in):
    page = sign_in(doctor).get(reverse("diagnosis:visit", args=[full_record.pk])).content.decode()

    for what in ("history", "plan", "conclusion", "line", "addendum"):
        assert said(what) in page


def test_no_file_on_the_disk_is_what_it_was(full_record, media):
    files = [path for path in media.rglob("*") if path.is_file()]
    assert {path.parent.name for path in files} == {"lesions", "documents", "profiles"}

    for path in files:
        stored = path.read_bytes()
        assert stored.startswith(b"SKHENC1\n")
        for mark in (b"\xff\xd8\xff", b"JFIF", b"%PDF", b"/Page"):
            assert mark not in stored


def test_a_photograph_leaves_the_site_as_it_came_in(full_record, doctor, sign_in):
    image = LesionImage.objects.get()
    response = sign_in(doctor).get(reverse("diagnosis:image_file", args=[image.pk]))
    sent = b"".join(response.streaming_content)

    assert sent.startswith(b"\xff\xd8\xff")
    assert int(response["Content-Length"]) == len(sent) == image.file.size


@pytest.mark.parametrize("damage", ["byte", "swap", "plain"])
def test_a_photograph_that_was_tampered_with_is_not_shown(
    image, consultation, doctor, sign_in, damage
):
    path = Path(image.file.path)
    stored = path.read_bytes()
    if damage == "byte":
        path.write_bytes(stored[:-1] + bytes([stored[-1] ^ 1]))
    if damage == "swap":
        path.write_bytes(Path(image.thumbnail.path).read_bytes())
    if damage == "plain":
        path.write_bytes(photographs.jpeg(seed=5))

    response = sign_in(doctor).get(reverse("diagnosis:image_file", args=[image.pk]))

    assert response.status_code == 500
    assert "This cannot be read" in response.content.decode()


def test_a_document_that_was_tampered_with_is_not_handed_out(patient, appointment, doctor, sign_in):
    document = add_document(
        patient=patient, data=pdf(), actor=doctor, category="laboratory", title="Blood count"
    )
    Path(document.file.path).write_bytes(pdf())

    response = sign_in(doctor).get(reverse("clinic:document_file", args=[document.pk]))

    assert response.status_code == 500
    assert "This cannot be read" in response.content.decode()
    assert PatientDocument.objects.count() == 1
    assert Lesion.objects.count() == 0
