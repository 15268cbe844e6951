"""When a record ends, its texts lose the patient's own name and nothing else."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import (
    Allergy,
    AppointmentTransition,
    AuditEvent,
    Consultation,
    EmergencyAccess,
    FormerIdentity,
    Patient,
    SignUpCode,
)
from clinic.office.services.erasure import pseudonymise_patient
from clinic.office.services.name_removal import _texts, identity_of
from clinic.office.services.retention import ask_for_erasure, confirm_erasure, decide_erasure
from clinic.people.services.patients import update_patient
from clinic.records.services.phrases import create_template
from diagnosis.models import Lesion, LesionImage, Prediction, Review
from tests.factories import AppointmentFactory, ConsultationFactory, PatientFactory

pytestmark = pytest.mark.both_engines


@pytest.fixture
def person(db):
    return identity_of(
        PatientFactory.build(
            full_name="Éloïse van der Müller-O’Brien",
            preferred_name="Lo",
            email="eloise.m@example.org",
            phone="+33698765432",
        )
    )


@pytest.mark.parametrize(
    ("text", "left", "found"),
    [
        ("Éloïse says it itches.", "[name] says it itches.", 1),
        ("ELOISE, Eloïse, E\u0301loi\u0308se", "[name], [name], [name]", 3),
        ("Mme Müller-O’Brien’s mother", "Mme [name]’s mother", 3),
        ("Mrs. Lo called", "Mrs. [name] called", 1),
        ("Mrs Eloise Müller came", "Mrs [name] came", 2),
        ("Muellerian, Eloises, brienne", "Muellerian, Eloises, brienne", 0),
        ("van Gogh, der Arzt, Lo and behold", "van Gogh, der Arzt, Lo and behold", 0),
        ("Call 06 98 76 54 32 today", "Call [contact] today", 1),
        ("+33 (0)6.98.76.54.32/0033698765432", "[contact]/[contact]", 2),
        ("Lot 4698765432 and 6987654321", "Lot 4698765432 and 6987654321", 0),
        ("Mail Eloise.M@example.org.", "Mail [contact].", 1),
        ("A müller stone, eloise.m@example.organ", "A müller stone, eloise.m@example.organ", 0),
        ("Eloise.n@example.org", "[name].n@example.org", 1),
        ("", "", 0),
    ],
)
def test_whole_words_that_tell_who_it_is_give_way_to_a_mark(person, text, left, found):
    assert person.removed_from(text) == (left, found)


@pytest.mark.parametrize(
    ("name", "text", "left"),
    [
        ("Li Wei", "Li Wei came. Li and Wei", "[name] came. [name] and [name]"),
        ("Li Wei", "LI WEI, LI levels, li", "[name], LI levels, li"),
        ("Wu Bo", "Dr. Wu-Bo says Bo", "Dr. [name] says [name]"),
        ("An Vu", "An itch, Vu ce jour", "An itch, Vu ce jour"),
        ("An Vu", "Mme Vu, An Vu", "Mme [name], [name]"),
        ("Bo Brown", "Bo Brown has brown spots", "[name] has brown spots"),
        ("Sean O’Neil", "O'Neil, O’Neil and vitamin O", "[name], [name] and vitamin O"),
        ("Jean-Pierre Dupont", "Jean Pierre, Jean-Pierre", "[name], [name]"),
        ("王小明", "患者王小明说痒，小明很好", "患者[name]说痒，[name]很好"),
        ("王小明", "王先生来了，王国", "[name]先生来了，王国"),
        ("王 小明", "王小明和王 小明", "[name]和[name]"),
        ("田中太郎", "田中太郎さんと太郎", "[name]さんと[name]"),
        ("김민수", "김민수는 왔다", "[name]는 왔다"),
        ("محمد كريم أحمد", "قال محمد ولأحمد", "قال [name]"),
        ("محمد كريم أحمد", "كريم على الجلد", "كريم على الجلد"),
        ("محمد كريم أحمد", "السيد كريم ومحمد كريم", "السيد [name]"),
        ("عبد الله", "عبدالله وعبد الله", "عبدالله [name]"),
    ],
)
def test_names_of_every_script_and_length_give_way(db, name, text, left):
    person = identity_of(PatientFactory.build(full_name=name, phone=""))

    assert person.removed_from(text)[0] == left


def test_earlier_names_and_addresses_are_known_until_the_record_ends(
    patient, doctor, secretary, admin
):
    update_patient(patient=patient, actor=secretary, full_name="Paula Married")
    update_patient(
        patient=patient, actor=secretary, email="paula@example.org", phone="+33611223344"
    )
    update_patient(patient=patient, actor=secretary, phone="+33655667788")
    visit = ConsultationFactory(
        appointment=AppointmentFactory(patient=patient, doctor=doctor.doctor, status="completed"),
        notes="Paul, now Paula. patient@example.org, 06 11 22 33 44, 06 55 66 77 88",
    )
    SignUpCode.objects.create(email="patient@example.org")
    assert FormerIdentity.objects.count() == 4

    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    visit.refresh_from_db()
    assert visit.notes == "[name], now [name]. [contact], [contact], [contact]"
    assert not FormerIdentity.objects.exists()
    assert not SignUpCode.objects.exists()


def test_phrases_that_were_kept_from_a_visit_lose_the_name(
    patient, consultation, doctor, other_doctor, admin
):
    said = {"plan": "Paul comes back.", "lines": [{"drug": "Cream", "note": "for Paul Patient"}]}
    kept = create_template(actor=doctor, kind="notes", owner=doctor, name="x", content=said)
    others = create_template(
        actor=other_doctor, kind="notes", owner=other_doctor, name="x", content=said
    )
    consultation.appointment.status = "completed"
    consultation.appointment.save()

    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    assert kept.versions.get().content == {
        "plan": "[name] comes back.",
        "lines": [{"drug": "Cream", "note": "for [name]"}],
    }
    assert others.versions.get().content == said
    assert AuditEvent.objects.filter(
        target_type="clinic.writingtemplateversion", detail__has_key="identity_removed"
    ).exists()


def test_every_sentence_about_a_patient_is_read_and_no_term_is():
    read = {f"{model.__name__}.{name}" for model, _way, fields in _texts() for name in fields}

    assert read == {
        "Addendum.text", "Allergy.ended_reason", "Allergy.reaction",
        "Appointment.overbooked_reason", "AppointmentTransition.reason",
        "Condition.ended_reason", "Consultation.assessment", "Consultation.conclusion",
        "Consultation.early_reason",
        "Consultation.examination", "Consultation.history", "Consultation.notes",
        "Consultation.plan", "Consultation.reason", "Consultation.unreviewed_reason",
        "CurrentDrug.ended_reason",
        "EmergencyAccess.note", "EmergencyAccess.reason", "ErasureRequest.reason",
        "ErasureRequest.words", "Lesion.description", "LesionImage.size_note",
        "PatientDocument.archived_reason", "PatientDocument.title", "Prescription.revoked_reason",
        "PrescriptionLine.note", "ReferralLetter.addressee", "ReferralLetter.question",
        "ReferralLetter.text", "Review.comment", "Review.own_words", "Review.reason",
        "VisitDiagnosis.own_words", "WarningOverride.reason",
    }  # fmt: skip


def test_signed_texts_lose_the_name_and_the_trail_says_which(patient, other_patient, doctor, admin):
    of_both = {"patient": patient, "doctor": doctor.doctor}
    appointment = AppointmentFactory(**of_both, status="completed", starts_at=timezone.now())
    signed = ConsultationFactory(
        appointment=appointment,
        notes="Paul PATIENT fears for his skin. Ring Paul.",
        conclusion="A harmless mole.",
        signed_at=timezone.now(),
        signed_by=doctor,
    )
    signed.addenda.create(text="Told Paul.", written_by=doctor)
    AppointmentTransition.objects.create(
        appointment=appointment, to_status="completed", reason="Paul asked"
    )
    Allergy.objects.create(patient=patient, substance="Paul’s herb", reaction="As Paul says")
    other = ConsultationFactory(
        appointment=AppointmentFactory(
            patient=other_patient,
            doctor=doctor.doctor,
            starts_at=timezone.now() - timedelta(days=1),
        ),
        notes="Brother of Paul Patient.",
    )

    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    before = (signed.signed_at, signed.version, signed.saved_at)
    signed.refresh_from_db()
    assert signed.notes == "[name] fears for his skin. Ring [name]."
    assert signed.conclusion == "A harmless mole."
    assert (signed.signed_at, signed.version, signed.saved_at) == before
    assert signed.addenda.get().text == "Told [name]."
    assert AppointmentTransition.objects.get(reason__startswith="[name]").reason == "[name] asked"
    allergy = Allergy.objects.get()
    assert (allergy.substance, allergy.reaction) == ("Paul’s herb", "As [name] says")
    other.refresh_from_db()
    assert other.notes == "Brother of Paul Patient."
    events = AuditEvent.objects.filter(detail__has_key="identity_removed")
    assert {(event.target_type, event.actor, event.patient) for event in events} == {
        ("clinic.consultation", admin, patient),
        ("clinic.addendum", admin, patient),
        ("clinic.appointmenttransition", admin, patient),
        ("clinic.allergy", admin, patient),
    }
    visit = events.get(target_type="clinic.consultation")
    assert (visit.target_id, visit.detail) == (str(signed.pk), {"identity_removed": {"notes": 3}})


def test_the_ways_through_a_photograph_and_an_emergency_are_found_too(
    patient, doctor, other_doctor, consultation, admin, other_admin
):
    lesion = Lesion.objects.create(patient=patient, number=1, description="Paul calls it Fred")
    image = LesionImage.objects.create(
        lesion=lesion, consultation=consultation, sha256="0" * 64, upload_sha256="0" * 64,
        width=64, height=64, uploaded_by=doctor, size_note="6 mm, says Paul",
    )  # fmt: skip
    prediction = Prediction.objects.create(image=image, image_sha256=image.sha256)
    review = Review.objects.create(
        prediction=prediction, decision="not_assessable", reviewer=doctor, comment="Paul moved"
    )
    access = EmergencyAccess.objects.create(
        doctor=other_doctor,
        patient=patient,
        reason="Patient brought in.",
        started_at=timezone.now(),
        ends_at=timezone.now() + timedelta(hours=1),
    )
    asked = ask_for_erasure(patient=patient, actor=patient.user, words="Forget Paul Patient.")
    consultation.appointment.status = "completed"
    consultation.appointment.save()

    decide_erasure(request=asked, actor=admin, decision="granted", reason="Paul may go.")
    confirm_erasure(request=asked, actor=other_admin)

    for row in (lesion, image, review, access, asked):
        row.refresh_from_db()
    assert lesion.description == "[name] calls it Fred"
    assert image.size_note == "6 mm, says [name]"
    assert review.comment == "[name] moved"
    assert access.reason == "[name] brought in."
    assert (asked.words, asked.reason) == ("Forget [name].", "[name] may go.")


def test_a_field_without_room_for_a_mark_gets_a_shorter_one(patient, doctor, admin):
    Patient.objects.filter(pk=patient.pk).update(full_name="Ana Bee")
    visit = ConsultationFactory(
        appointment=AppointmentFactory(patient=patient, doctor=doctor.doctor, status="completed"),
        reason="Ana " + "x" * 196,
    )

    pseudonymise_patient(patient=patient, actor=admin, why="erasure")

    assert Consultation.objects.get(pk=visit.pk).reason == "[-] " + "x" * 196
