"""The patient reads a diagnosis when the doctor has chosen, and a malignant one after the talk."""

from datetime import date, timedelta

import pytest
from django.conf import settings
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.core.models.clinic_settings import ClinicSettings
from clinic.models import AuditEvent, Notification
from diagnosis.models import Review
from diagnosis.reviews.services.releases import Choice, choose_release, note_conversation
from diagnosis.tasks import tell_of_days_that_came_task
from tests.diagnosis.reviews.open_photographs import decide, report
from tests.papers import text_of

pytestmark = pytest.mark.both_engines
HELD = "Some of the findings are not shown here yet."


def everything(client, visit):
    """Return all that the patient can read of a visit, in one text."""
    pages = [
        client.get(reverse("diagnosis:my_record")),
        client.get(reverse("diagnosis:my_visit", args=[visit.pk])),
        client.get(reverse("clinic:my_access")),
        client.get(reverse("clinic:my_documents")),
        client.get(reverse("clinic:notification_list")),
        client.get(reverse("home"), follow=True),
    ]
    paper = text_of(client.get(reverse("diagnosis:visit_report", args=[visit.pk])))
    return " ".join([*(page.content.decode() for page in pages), paper])


def photographs(client, image):
    names = ("image_file", "image_thumbnail")
    return {client.get(reverse(f"diagnosis:{each}", args=[image.pk])).status_code for each in names}


def test_a_malignant_diagnosis_is_nowhere_until_the_conversation_was_had(
    mine, his, doctor, consultation, prediction, sign
):
    review = decide(prediction, doctor, code="mel")
    sign(consultation)
    said = everything(mine, consultation)
    assert "Melanoma" not in said
    assert "melanoma" not in said.lower().replace("basal cell", "")
    assert str(prediction.image_id) not in said
    assert HELD in said
    assert photographs(mine, prediction.image) == {404}
    assert "Melanoma" in report(his, consultation)

    his.post(reverse("diagnosis:review_talked", args=[review.pk]))

    said = everything(mine, consultation)
    assert "Melanoma" in said
    assert HELD not in said
    assert photographs(mine, prediction.image) == {200}


def test_a_harmless_diagnosis_is_read_at_once_if_the_clinic_says_nothing_else(
    mine, doctor, consultation, prediction, sign
):
    decide(prediction, doctor)
    sign(consultation)
    assert "Melanocytic nevus" in everything(mine, consultation)


def test_the_clinics_choice_is_that_of_new_diagnoses(mine, doctor, consultation, prediction, sign):
    ClinicSettings.objects.create(pk=1, name="Clinic", diagnosis_release="after_conversation")
    review = decide(prediction, doctor)
    ClinicSettings.objects.update(diagnosis_release="at_once")
    sign(consultation)
    assert "Melanocytic nevus" not in everything(mine, consultation)
    note_conversation(diagnosis=review, actor=doctor)
    assert "Melanocytic nevus" in everything(mine, consultation)


def test_a_diagnosis_is_read_from_the_chosen_day_on(
    mine, his, doctor, consultation, prediction, sign
):
    review = decide(prediction, doctor)
    day = timezone.localdate() + timedelta(days=3)
    said = {"release": "on_date", "release_on": day.isoformat()}
    assert his.post(reverse("diagnosis:review_release", args=[review.pk]), said).status_code == 302
    visit = sign(consultation)
    assert "Melanocytic nevus" not in everything(mine, visit)
    assert not Review.objects.get().is_released

    Review.objects.update(release_on=timezone.localdate())

    assert "Melanocytic nevus" in everything(mine, visit)
    assert Review.objects.get().is_released


def test_a_day_is_needed_only_if_it_is_released_on_one(his, doctor, prediction):
    review = decide(prediction, doctor)
    address = reverse("diagnosis:review_release", args=[review.pk])
    refused = his.post(address, {"release": "on_date"}, headers={"HX-Request": "true"})
    assert refused.status_code == 422
    assert "Choose the day" in refused.content.decode()
    assert his.post(address, {"release": "after_conversation"}).status_code == 302
    assert Review.objects.get().release == "after_conversation"


@pytest.mark.parametrize("release", ["at_once", "on_date"])
def test_a_malignant_diagnosis_is_released_by_nothing_but_the_conversation(
    release, doctor, prediction
):
    review = decide(prediction, doctor, code="bcc")
    day = timezone.localdate() if release == "on_date" else None
    with pytest.raises(ValidationError, match="malignant"):
        choose_release(
            diagnosis=review, actor=doctor, choice=Choice(release=release, release_on=day)
        )
    Review.objects.update(release=release, release_on=day)
    assert not Review.objects.released().exists()
    assert not Review.objects.get().is_released


def test_what_was_read_cannot_be_held_back_any_more(doctor, consultation, prediction, sign):
    review = decide(prediction, doctor)
    sign(consultation)
    with pytest.raises(ValidationError, match="already"):
        choose_release(diagnosis=review, actor=doctor, choice=Choice(release="after_conversation"))


def test_diagnoses_of_earlier_signed_visits_stay_readable(
    mine, doctor, consultation, prediction, sign
):
    decide(prediction, doctor, code="mel")
    sign(consultation)
    Review.objects.update(release="before")
    assert "Melanoma" in everything(mine, consultation)


def test_a_newer_review_waits_for_its_own_conversation(doctor, prediction):
    first = decide(prediction, doctor, code="mel")
    note_conversation(diagnosis=first, actor=doctor)
    second = decide(prediction, doctor, code="bcc", reason="Arborising vessels.")
    assert not Review.objects.get(pk=second.pk).is_released
    with pytest.raises(ValidationError, match="taken its place"):
        note_conversation(diagnosis=first, actor=doctor)


def test_the_patient_hears_of_a_release_and_the_trail_keeps_it(
    doctor, patient, consultation, prediction, sign
):
    review = decide(prediction, doctor, code="mel")
    sign(consultation)
    for _click in range(2):
        note_conversation(diagnosis=review, actor=doctor)
    kinds = [each.kind for each in Notification.objects.filter(recipient=patient.user)]
    assert sorted(kinds) == ["diagnosis_released", "visit_signed"]
    event = AuditEvent.objects.get(verb="update", target_type="diagnosis.review")
    assert (event.actor, event.patient) == (doctor, patient)
    assert "Melanoma" not in str(event.detail)


def test_the_visit_says_when_the_patient_reads_it(his, doctor, consultation, prediction):
    review = decide(prediction, doctor, code="mel")
    page = his.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()
    assert "The patient reads it after the conversation with the doctor." in " ".join(page.split())
    assert reverse("diagnosis:review_talked", args=[review.pk]) in page
    note_conversation(diagnosis=review, actor=doctor)
    page = his.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()
    assert "Released: the conversation was on" in page
    assert reverse("diagnosis:review_talked", args=[review.pk]) not in page


@pytest.fixture
def tomorrows(doctor, consultation, prediction, sign):
    """Return a review of a signed visit that the patient reads from tomorrow on."""
    review = decide(prediction, doctor)
    tomorrow = timezone.localdate() + timedelta(days=1)
    choose_release(
        diagnosis=review, actor=doctor, choice=Choice(release="on_date", release_on=tomorrow)
    )
    sign(consultation)
    return review


def on(monkeypatch, days):
    """Turn the clock on by some days."""
    moment = timezone.now() + timedelta(days=days)
    monkeypatch.setattr(timezone, "now", lambda: moment)


def heard(patient):
    news = Notification.objects.filter(recipient=patient.user, kind="diagnosis_released")
    return [(each.url_name, each.object_key) for each in news]


def test_the_patient_hears_once_when_the_day_of_a_diagnosis_has_come(
    tomorrows, patient, consultation, monkeypatch
):
    tell_of_days_that_came_task()
    assert heard(patient) == []
    on(monkeypatch, days=1)
    for _sweep in range(3):
        tell_of_days_that_came_task()
    assert heard(patient) == [("diagnosis:my_visit", str(consultation.pk))]
    news = Notification.objects.get(kind="diagnosis_released")
    assert news.get_kind_display() == "You can read more of your visit now"
    on(monkeypatch, days=2)
    tell_of_days_that_came_task()
    assert len(heard(patient)) == 1


def test_a_conversation_on_the_day_that_came_is_no_second_message(
    doctor, patient, tomorrows, monkeypatch
):
    on(monkeypatch, days=1)
    tell_of_days_that_came_task()
    note_conversation(diagnosis=tomorrows, actor=doctor)
    assert len(heard(patient)) == 1


def test_a_worker_that_was_away_tells_later_but_not_after_a_week(tomorrows, patient, monkeypatch):
    on(monkeypatch, days=9)
    tell_of_days_that_came_task()
    assert heard(patient) == []
    on(monkeypatch, days=-3)
    tell_of_days_that_came_task()
    assert len(heard(patient)) == 1


@pytest.mark.parametrize("why", ["replaced", "malignant", "not signed", "signed later"])
def test_a_day_that_came_tells_nothing_that_is_not_true(
    why, doctor, patient, tomorrows, consultation, monkeypatch
):
    if why == "replaced":
        Review.objects.create(prediction=tomorrows.prediction, decision="referred", reviewer=doctor)
    elif why == "malignant":
        type(tomorrows.disease).objects.filter(pk=tomorrows.disease_id).update(is_malignant=True)
    else:
        signed_at = None if why == "not signed" else timezone.now() + timedelta(days=1)
        signed_by = None if why == "not signed" else doctor
        type(consultation).objects.update(signed_at=signed_at, signed_by=signed_by)
    on(monkeypatch, days=1)
    tell_of_days_that_came_task()
    assert heard(patient) == []


def test_the_timetable_looks_for_days_that_came():
    tasks = {each["task"] for each in settings.CELERY_BEAT_SCHEDULE.values()}
    assert tell_of_days_that_came_task.name in tasks


@pytest.mark.parametrize(
    ("said", "sentence"),
    [
        ({"release": "at_once"}, "The patient reads it as soon as the visit is signed."),
        (
            {"release": "after_conversation"},
            "The patient reads it after the conversation with the doctor.",
        ),
        (
            {"release": "on_date", "release_on": date(2026, 12, 24)},
            "The patient reads it from 24 December 2026 on.",
        ),
        ({"release": "before"}, "The patient has been able to read it since the signature."),
        ({}, ""),
    ],
)
def test_a_whole_sentence_says_when_the_patient_reads_it(said, sentence, prediction):
    assert Review(**said, prediction=prediction).release_in_words == sentence


@pytest.mark.parametrize(
    ("said", "since"),
    [
        ({"release": "at_once"}, "the signature"),
        ({"release": "on_date", "release_on": date(2026, 1, 2)}, "2 January 2026"),
    ],
)
def test_after_the_signature_it_says_since_when_the_patient_reads_it(
    said, since, prediction, sign, consultation, doctor
):
    review = decide(prediction, doctor)
    sign(consultation)
    Review.objects.update(**said)
    review = Review.objects.get(pk=review.pk)
    assert review.release_in_words == f"The patient has been able to read it since {since}."
