"""A diagnosis without a photograph is read where the others are, once it is released."""

from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.models import Notification, PrescriptionLine
from clinic.records.services.prescriptions import DraftLine, save_prescription
from clinic.records.services.signing import findings_of
from diagnosis.models import Disease, Lesion, VisitDiagnosis
from diagnosis.reviews.services.diagnoses import (
    add_diagnosis,
    change_diagnosis,
    withdraw_diagnosis,
)
from diagnosis.reviews.services.releases import Choice, choose_release, note_conversation
from diagnosis.reviews.services.reviews import Diagnosis, in_own_words
from diagnosis.tasks import tell_of_days_that_came_task
from tests.diagnosis.reviews.open_photographs import report, timeline
from tests.full_visit import check_by_hand

pytestmark = pytest.mark.both_engines
HELD = "Some of the findings are not shown here yet."


@pytest.fixture
def diagnose(doctor, consultation):
    def _diagnose(code="psoriasis", **place):
        disease = Disease.objects.get(code=code)
        return add_diagnosis(
            consultation=consultation,
            actor=doctor,
            diagnosis=Diagnosis(disease=disease, certainty="probable"),
            **place,
        )

    return _diagnose


def everything(client, visit):
    """Return all that the patient can read of a visit, in one text."""
    names = ("diagnosis:my_record", "clinic:my_access", "clinic:notification_list")
    pages = [client.get(reverse(name)) for name in names]
    pages.append(client.get(reverse("diagnosis:my_visit", args=[visit.pk])))
    return " ".join([*(page.content.decode() for page in pages), report(client, visit)])


def test_the_patient_reads_it_at_once_if_the_clinic_says_nothing_else(
    mine, diagnose, consultation, sign
):
    diagnose()
    assert mine.get(reverse("diagnosis:my_visit", args=[consultation.pk])).status_code == 404
    sign(consultation)
    said = everything(mine, consultation)
    assert said.count("Psoriasis") >= 3
    assert HELD not in said
    assert "The photograph of this spot" not in said


def test_a_malignant_one_is_nowhere_until_the_conversation_was_had(
    mine, his, diagnose, consultation, sign
):
    kept = diagnose("mel")
    sign(consultation)
    said = everything(mine, consultation)
    assert "Melanoma" not in said
    assert HELD in said
    assert "Melanoma" in report(his, consultation)

    assert his.post(reverse("diagnosis:diagnosis_talked", args=[kept.pk])).status_code == 302

    said = everything(mine, consultation)
    assert "Melanoma" in said
    assert HELD not in said


def test_a_tumour_of_uncertain_behaviour_waits_unless_the_doctor_releases_it(
    mine, diagnose, doctor, consultation, sign
):
    Disease.objects.create(code="open", name="Tumour of uncertain behaviour", icd10="D48.5")
    kept = diagnose("open")
    sign(consultation)
    assert "uncertain behaviour" not in everything(mine, consultation)
    choose_release(diagnosis=kept, actor=doctor, choice=Choice(release="at_once"))
    assert "uncertain behaviour" in everything(mine, consultation)


def test_the_clinics_choice_and_then_the_doctors_day(mine, his, diagnose, consultation, sign):
    ClinicSettings.objects.create(pk=1, name="Clinic", diagnosis_release="after_conversation")
    kept = diagnose()
    sign(consultation)
    assert "Psoriasis" not in everything(mine, consultation)
    address = reverse("diagnosis:diagnosis_release", args=[kept.pk])
    tomorrow = timezone.localdate() + timedelta(days=1)
    refused = his.post(address, {"release": "on_date"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Choose the day" in refused.content.decode()
    his.post(address, {"release": "on_date", "release_on": tomorrow.isoformat()})
    assert "Psoriasis" not in everything(mine, consultation)
    VisitDiagnosis.objects.update(release_on=timezone.localdate())
    assert "Psoriasis" in everything(mine, consultation)


def test_no_choice_releases_a_malignant_one_or_takes_back_what_was_read(
    diagnose, doctor, consultation, sign
):
    malignant, harmless = diagnose("mel"), diagnose()
    with pytest.raises(ValidationError, match="malignant"):
        choose_release(diagnosis=malignant, actor=doctor, choice=Choice(release="at_once"))
    VisitDiagnosis.objects.filter(pk=malignant.pk).update(release="at_once")
    assert list(VisitDiagnosis.objects.released()) == [harmless]
    sign(consultation)
    with pytest.raises(ValidationError, match="already"):
        choose_release(
            diagnosis=harmless, actor=doctor, choice=Choice(release="after_conversation")
        )


def test_a_change_of_the_disease_waits_again_and_one_of_the_certainty_does_not(
    diagnose, doctor, consultation
):
    first = diagnose("mel")
    note_conversation(diagnosis=first, actor=doctor)
    second = change_diagnosis(
        stored=first, actor=doctor, diagnosis=Diagnosis(disease=first.disease)
    )
    assert second.is_released
    third = change_diagnosis(
        stored=second,
        actor=doctor,
        diagnosis=Diagnosis(disease=Disease.objects.get(code="bcc")),
    )
    assert not third.is_released
    with pytest.raises(ValidationError, match="no longer counts"):
        note_conversation(diagnosis=first, actor=doctor)


def test_the_patient_hears_of_a_release_once(diagnose, doctor, patient, consultation, sign):
    kept = diagnose("mel")
    sign(consultation)
    Notification.objects.all().delete()
    for _click in range(2):
        note_conversation(diagnosis=kept, actor=doctor)
    assert Notification.objects.filter(recipient=patient.user).count() == 1


def test_the_patient_hears_once_when_its_day_has_come(
    diagnose, doctor, patient, consultation, sign, monkeypatch
):
    tomorrow = timezone.localdate() + timedelta(days=1)
    choice = Choice(release="on_date", release_on=tomorrow)
    choose_release(diagnosis=diagnose(), actor=doctor, choice=choice)
    withdrawn = diagnose("eczema")
    choose_release(diagnosis=withdrawn, actor=doctor, choice=choice)
    withdraw_diagnosis(stored=withdrawn, actor=doctor)
    sign(consultation)
    news = Notification.objects.filter(recipient=patient.user, kind="diagnosis_released")
    tell_of_days_that_came_task()
    assert not news.exists()
    moment = timezone.now() + timedelta(days=1)
    monkeypatch.setattr(timezone, "now", lambda: moment)
    for _sweep in range(2):
        tell_of_days_that_came_task()
    assert news.get().object_key == str(consultation.pk)


def test_what_was_withdrawn_is_in_no_letter_and_not_in_the_timeline(
    mine, his, diagnose, doctor, patient, consultation, sign
):
    kept, gone = diagnose(), diagnose("eczema")
    withdraw_diagnosis(stored=gone, actor=doctor)
    sign(consultation)
    draft = his.get(reverse("diagnosis:visit_letters", args=[consultation.pk])).content.decode()
    texts = [everything(mine, consultation), report(his, consultation), draft]
    for text in [*texts, timeline(his, patient)]:
        assert kept.diagnosis_name in text
        assert "Eczema" not in text
    assert "Diagnosis: Psoriasis" in draft


def test_the_timeline_and_the_lesions_page_name_it(his, diagnose, patient, consultation):
    lesion = Lesion.objects.create(patient=patient, number=1)
    diagnose(lesion=lesion)
    page = reverse("diagnosis:timeline", args=[patient.pk])
    for kind, is_there in (("", True), ("diagnosis", True), ("photograph", False)):
        text = his.get(page, {"kind": kind}).content.decode()
        assert ("Psoriasis" in text) is is_there
    text = his.get(reverse("diagnosis:lesion", args=[lesion.pk])).content.decode()
    assert "Diagnoses without a photograph" in text
    assert "Psoriasis" in text


def test_the_dialog_shows_it_and_notices_a_conclusion_that_tells_too_much(
    his, diagnose, doctor, consultation
):
    diagnose("mel")
    add_diagnosis(consultation=consultation, actor=doctor, diagnosis=in_own_words("Odd rash"))
    consultation.conclusion = "This is a melanoma."
    consultation.save()
    dialog = his.get(reverse("clinic:visit_sign", args=[consultation.pk])).content.decode()
    assert "Melanoma, probable" in dialog
    assert "Odd rash" in dialog
    assert "the diagnosis waits" in dialog
    assert [each.name for each in findings_of(consultation).diagnoses] == ["Melanoma", "Odd rash"]


def test_a_line_names_it_for_doctors_and_for_nobody_else(
    mine, his, diagnose, doctor, consultation, sign
):
    diagnose("mel")
    line = DraftLine(
        drug="Calcipotriol",
        dose="thin",
        frequency="daily",
        duration="a week",
        indication="Melanoma",
    )
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    check_by_hand(consultation, doctor)
    assert PrescriptionLine.objects.get().indication == "Melanoma"
    sign(consultation)
    assert "For: Melanoma" in report(his, consultation)
    assert "Melanoma" not in everything(mine, consultation)
