"""A signed visit on paper: complete for the doctor, as a letter for the patient."""

import pytest
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, BodySite, IssuedDocument, Symptom
from clinic.records.services.consultations import VisitDraft, add_addendum, save_visit, sign_visit
from clinic.records.services.prescriptions import DraftLine, revoke_prescription, save_prescription
from diagnosis.models import Disease
from diagnosis.reviews.services.releases import note_conversation
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests.full_visit import check_by_hand
from tests.papers import address_on, text_of


def url(consultation):
    return reverse("diagnosis:visit_report", args=[consultation.pk])


@pytest.fixture
def written_up(consultation, doctor):
    """Return a signed visit with everything that a doctor writes."""
    consultation.refresh_from_db()
    saved = save_visit(
        consultation=consultation,
        actor=doctor,
        version=consultation.version,
        draft=VisitDraft(
            reason="A mole that has changed",
            symptoms=Symptom.objects.filter(code__in=["itching", "bleeding"]),
            body_site=BodySite.objects.get(code="back"),
            history="Grown since spring.",
            examination="6 mm.",
            assessment="A nevus.",
            plan="To be watched.",
            follow_up_weeks=12,
            notes="Symmetrical, *even* colour.\r\nNo ulcer.",
            conclusion='Come back in a year.\r\n\r\n#read("x")',
        ),
    )
    line = DraftLine(
        drug="Hydrocortisone", form="cream", dose="thin", frequency="daily", duration="5 days",
        is_as_needed=True, note="Not on the face.",
    )  # fmt: skip
    save_prescription(consultation=saved, actor=doctor, lines=[line])
    check_by_hand(saved, doctor)
    return sign_visit(consultation=saved, actor=doctor)


def test_the_doctors_report_holds_what_was_written(written_up, his, patient):
    text = text_of(his.get(url(written_up)))
    for words in (
        "Visit report", "Dr Dora Doctor", patient.full_name, "17 May 1980", patient.record_number,
        "Reason for the visit A mole that has changed Itching, Bleeding Back",
        "Findings and assessment History Grown since spring. Examination 6 mm. "
        "Assessment A nevus. Plan To be watched. Symmetrical, *even* colour. No ulcer.",
        'Conclusion and plan Come back in a year. #read("x") Follow-up in 12 weeks.',
        "Prescribed Hydrocortisone cream thin, daily, 5 days, as needed Not on the face.",
        "Page 1 of 1", "Signed on",
    ):  # fmt: skip
        assert words in text


def test_the_patients_report_leaves_out_the_notes(written_up, mine):
    text = text_of(mine.get(url(written_up)))
    assert "Come back in a year." in text
    assert "A mole that has changed" in text
    assert "Findings" not in text
    for words in ("Symmetrical", "Grown", "6 mm", "A nevus.", "To be watched."):
        assert words not in text
    assert "Follow-up in 12 weeks." in text


def test_a_word_longer_than_a_line_is_printed_to_its_end(written_up, doctor, his):
    add_addendum(consultation=written_up, actor=doctor, text="x" * 300 + "!")
    text = text_of(his.get(url(written_up)))
    assert "x" * 300 not in text
    assert "x" * 300 + "!" in "".join(character for character in text if character in "x!")


def test_the_diagnosis_is_the_doctors_and_not_the_models(
    his, mine, doctor, prediction, written_up_later
):
    scc = Disease.objects.get(code="scc")
    review = review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
        comment="Ask a colleague.",
    )
    note_conversation(diagnosis=review, actor=doctor)
    visit = written_up_later()
    for browser in (his, mine):
        text = text_of(browser.get(url(visit)))
        assert f"Diagnoses {scc.name}" in text
        assert scc.plain_words in text
        assert "Decided by Dr Dora Doctor on" in text
        assert Disease.objects.get(model_class=prediction.label).name not in text
        assert "Keratin" not in text
        assert "Ask a colleague" not in text
        assert "%" not in text
        assert prediction.model_version not in text


@pytest.fixture
def written_up_later(consultation, sign):
    """Sign the visit once the test is done with its photographs."""
    return lambda: sign(consultation)


def test_what_no_doctor_has_validated_is_not_on_paper(his, prediction, written_up_later):
    text = text_of(his.get(url(written_up_later())))
    assert "Diagnoses" not in text
    assert Disease.objects.get(model_class=prediction.label).name not in text


@pytest.mark.parametrize("decision", ["not_assessable", "referred"])
def test_the_newest_word_counts(decision, his, doctor, prediction, written_up_later):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    review_prediction(prediction=prediction, actor=doctor, decision=decision)
    assert "Diagnoses" not in text_of(his.get(url(written_up_later())))


def test_addenda_stand_at_the_end_with_their_day_and_writer(written_up, doctor, his, mine):
    before = his.get(url(written_up))
    add_addendum(consultation=written_up, actor=doctor, text="The laboratory agrees.")
    day = timezone.localdate()
    for browser in (his, mine):
        assert (
            f"Added after the signature {day:%-d %B %Y} The laboratory agrees. Dora Doctor"
            in text_of(browser.get(url(written_up)))
        )
    assert address_on(his.get(url(written_up))) == address_on(before)


def test_a_prescription_that_was_revoked_later_says_so(written_up, doctor, his):
    revoke_prescription(prescription=written_up.prescription, actor=doctor, reason="Rash")
    text = text_of(his.get(url(written_up)))
    assert f"Prescribed Revoked on {timezone.localdate():%-d %B %Y}. Hydrocortisone cream" in text
    assert "REVOKED" not in text


def test_an_open_visit_is_not_printed(consultation, his, mine):
    response = his.get(url(consultation))
    assert response.status_code == 409
    assert "This visit is not signed yet" in response.content.decode()
    assert mine.get(url(consultation)).status_code == 404
    assert not IssuedDocument.objects.exists()


def test_strangers_find_no_report(
    written_up, client, other_doctor, secretary, admin, other_patient, sign_in
):
    assert client.get(url(written_up)).status_code == 302
    for stranger in (other_doctor, secretary, admin, other_patient.user):
        response = sign_in(stranger).get(url(written_up))
        assert response.status_code == 404
        assert "mole" not in response.content.decode()
    assert not AuditEvent.objects.filter(verb="download").exists()


def test_every_download_is_in_the_trail(written_up, doctor, patient, his, mine):
    his.get(url(written_up))
    mine.get(url(written_up))
    events = AuditEvent.objects.filter(verb="download").order_by("pk")
    assert [(event.actor, event.patient, event.detail["kind"]) for event in events] == [
        (doctor, patient, "visit_report"),
        (patient.user, patient, "visit_letter"),
    ]


def test_the_file_name_says_nothing_of_the_patient_and_nobody_keeps_the_file(written_up, mine):
    response = mine.get(url(written_up))
    day = timezone.localdate(written_up.signed_at)
    name = f"visit-report-{day.isoformat()}.pdf"
    assert response["Content-Disposition"] == f'attachment; filename="{name}"'
    assert response["Cache-Control"] == "private, no-store"


def test_the_report_can_be_checked(written_up, his, client):
    address = address_on(his.get(url(written_up)))
    assert "Valid" in client.get(address).content.decode()


def test_printing_asks_the_database_for_little(written_up, mine, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        mine.get(url(written_up))


def test_both_find_the_report_where_they_read_the_visit(written_up, patient, his, mine):
    link = f'href="{url(written_up)}"'
    assert link in his.get(f"/visits/{written_up.pk}/").content.decode()
    assert link in his.get(f"/patients/{patient.pk}/").content.decode()
    assert link in mine.get("/my/record/").content.decode()
    assert link in mine.get(f"/my/record/{written_up.pk}/").content.decode()


def test_an_open_visit_offers_no_report(consultation, his):
    assert url(consultation) not in his.get(f"/visits/{consultation.pk}/").content.decode()
