"""Everything known about a patient in chronological order, and what is open on a doctor's day."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, Prescription
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import LesionImage
from diagnosis.reviews.services.reviews import review_prediction
from tests import photographs
from tests.factories import AppointmentFactory, ConsultationFactory
from tests.full_visit import check_by_hand

pytestmark = pytest.mark.both_engines

KINDS = ("visit", "lesion", "photograph", "diagnosis", "prescription")


@pytest.fixture
def signed(prediction, consultation, doctor, sign):
    """Return a signed visit with a photograph, a diagnosis and a prescription."""
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    line = DraftLine(drug="Calcipotriol", dose="thin", frequency="daily", duration="4 weeks")
    save_prescription(consultation=consultation, actor=doctor, lines=[line])
    check_by_hand(consultation, doctor)
    return sign(consultation)


def page_of(client, patient, **query):
    return client.get(reverse("diagnosis:timeline", args=[patient.pk], query=query))


def kinds_of(response):
    return [entry.kind for entry in response.context["entries"]]


def test_everything_stands_in_the_order_of_time(sign_in, doctor, patient, signed):
    response = page_of(sign_in(doctor), patient)
    assert kinds_of(response) == ["prescription", "diagnosis", "photograph", "lesion", "visit"]
    page = response.content.decode()
    for words in ("Calcipotriol", "Photograph of Lesion 1", "Dora Doctor"):
        assert words in page
    event = AuditEvent.objects.get(verb="view", detail__what="timeline")
    assert (event.actor, event.patient) == (doctor, patient)


@pytest.mark.parametrize("kind", KINDS)
def test_one_kind_is_shown_alone_and_the_address_says_which(kind, sign_in, doctor, patient, signed):
    response = page_of(sign_in(doctor), patient, kind=kind)
    assert kinds_of(response) == [kind]
    assert f'?kind={kind}"' in response.content.decode()


def test_a_kind_that_nobody_knows_shows_all(sign_in, doctor, patient, signed):
    assert len(kinds_of(page_of(sign_in(doctor), patient, kind="secrets"))) == 5


def test_a_draft_and_an_answer_without_review_are_not_in_it(
    sign_in, doctor, patient, prediction, consultation
):
    Prescription.objects.create(consultation=consultation)
    response = page_of(sign_in(doctor), patient)
    assert kinds_of(response) == ["photograph", "lesion", "visit"]


def test_the_newest_review_alone_counts(sign_in, doctor, patient, prediction):
    confirmed = review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    review_prediction(prediction=prediction, actor=doctor, decision="not_assessable")
    response = page_of(sign_in(doctor), patient)
    assert kinds_of(response).count("diagnosis") == 1
    page = response.content.decode()
    assert str(confirmed.disease) not in page
    assert "no diagnosis yet" in page


def test_other_patients_stay_out(sign_in, doctor, patient, other_patient, signed):
    AppointmentFactory(doctor=doctor.doctor, patient=other_patient, status="no_show")
    response = page_of(sign_in(doctor), other_patient)
    assert kinds_of(response) == []
    assert "Nothing here yet" in response.content.decode()


def test_a_page_holds_twenty_five_and_keeps_the_filter(
    sign_in, doctor, patient, image, consultation, django_assert_max_num_queries
):
    client = sign_in(doctor)
    rows = [
        LesionImage(
            lesion=image.lesion,
            consultation=consultation,
            sha256=f"{number:064d}",
            upload_sha256=f"{number:064d}",
            width=320,
            height=240,
            uploaded_by=doctor,
        )
        for number in range(29)
    ]
    LesionImage.objects.bulk_create(rows)
    with django_assert_max_num_queries(12):
        first = page_of(client, patient)
    assert len(first.context["entries"]) == 25
    second = page_of(client, patient, kind="photograph", page=2)
    assert len(second.context["entries"]) == 5
    assert "kind=photograph&amp;page=1" in second.content.decode()


def test_the_timeline_is_read_in_a_few_queries(
    sign_in, doctor, patient, signed, django_assert_max_num_queries
):
    client = sign_in(doctor)
    with django_assert_max_num_queries(15):
        page_of(client, patient)


def test_strangers_find_no_timeline(
    sign_in, other_doctor, secretary, admin, patient, other_patient, signed
):
    for stranger in (other_doctor, secretary, admin, patient.user, other_patient.user):
        assert page_of(sign_in(stranger), patient).status_code == 404
    Appointment.objects.update(status="cancelled")
    assert page_of(sign_in(signed.doctor.user), patient).status_code == 404


def test_the_visit_and_the_patient_s_page_lead_to_it(sign_in, doctor, patient, consultation):
    client = sign_in(doctor)
    url = reverse("diagnosis:timeline", args=[patient.pk])
    visit = reverse("clinic:visit_patient", args=[consultation.pk])
    person = reverse("clinic:patient_detail", args=[patient.pk])
    for page in (visit, person):
        assert url in client.get(page).content.decode()


def test_the_desk_s_page_of_a_patient_does_not_lead_to_it(sign_in, secretary, patient):
    page = sign_in(secretary).get(reverse("clinic:patient_detail", args=[patient.pk]))
    assert "timeline" not in page.content.decode()


def alerts(client, day=None):
    day = day or timezone.localdate()
    return client.get(reverse("diagnosis:day_alerts", query={"date": day.isoformat()}))


def test_the_day_says_which_answers_wait(sign_in, doctor, patient, answer_with):
    client = sign_in(doctor)
    prediction = answer_with(nv=0.6, mel=0.4, malignant_threshold=0.3)
    page = alerts(client).content.decode()
    assert "1 photograph of this day’s patients has no diagnosis" in page
    assert patient.full_name in page
    assert "Over the threshold" in page
    assert f"photograph={prediction.image_id}" in page
    assert (
        reverse("diagnosis:day_alerts") in client.get(reverse("clinic:doctor_day")).content.decode()
    )
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    assert alerts(client).content.decode().strip() == ""


def test_the_day_names_three_patients_and_counts_the_others(sign_in, doctor):
    for number in range(5):
        visit = ConsultationFactory(
            appointment__doctor=doctor.doctor,
            appointment__patient__full_name=f"Patient number {number}",
            appointment__status="in_consultation",
            appointment__starts_at=timezone.localtime().replace(hour=8 + number, minute=0),
        )
        for seed in range(4 if number == 4 else 1):
            image = upload_image(
                consultation=visit, data=photographs.jpeg(seed=number * 10 + seed), actor=doctor
            )
            image.predictions.create(
                image_sha256=image.sha256,
                model_version="other",
                status="done",
                label="nv",
                malignant_share=number / 10,
                finished_at=timezone.now(),
            )

    box = BeautifulSoup(alerts(sign_in(doctor)).content, "html.parser")

    lines = [" ".join(line.text.split()) for line in box.select(".day-alerts li")]
    assert [line.split(" photograph")[0] for line in lines] == [
        "Patient number 4 4", "Patient number 3 1", "Patient number 2 1",
    ]  # fmt: skip
    assert "8 photographs of this day’s patients have no diagnosis" in box.text
    assert "2 more patients: see the whole list" in " ".join(box.text.split())


def test_answers_of_who_does_not_come_that_day_are_left_to_the_worklist(
    sign_in, doctor, prediction
):
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert alerts(sign_in(doctor), tomorrow).content.decode().strip() == ""


def test_a_colleague_s_day_holds_none_of_it(sign_in, other_doctor, prediction):
    assert alerts(sign_in(other_doctor)).content.decode().strip() == ""


def test_more_answers_cost_no_more_queries(
    sign_in, doctor, consultation, prediction, django_assert_max_num_queries
):
    client = sign_in(doctor)
    with django_assert_max_num_queries(7):
        alerts(client)
    for seed in (5, 6):
        image = upload_image(
            consultation=consultation, data=photographs.jpeg(seed=seed), actor=doctor
        )
        image.predictions.create(
            image_sha256=image.sha256,
            model_version="other",
            status="done",
            label="nv",
            malignant_share=0.1,
            finished_at=timezone.now(),
        )
    with django_assert_max_num_queries(7):
        assert "3 photographs" in alerts(client).content.decode()
