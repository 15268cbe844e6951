"""One lesion over time: its photographs side by side, their sizes, and its patient."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, Consultation
from diagnosis.lesions.services.lesions import move_image, record_size
from diagnosis.lesions.services.photographs import upload_image
from diagnosis.models import Disease, Lesion, LesionImage, TrainingSample
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests import photographs
from tests.factories import AppointmentFactory, ConsultationFactory
from tests.forms import post_seen

HTMX = {"HX-Request": "true"}


@pytest.fixture
def later_image(consultation, doctor, image):
    """Return a second photograph of the same lesion; the first is made forty days old."""
    # By the clinic's clock, which may have changed since.
    long_ago = timezone.localtime() - timedelta(days=40)
    LesionImage.objects.filter(pk=image.pk).update(uploaded_at=long_ago)
    image.refresh_from_db()
    return upload_image(
        consultation=consultation,
        data=photographs.jpeg(seed=2),
        actor=doctor,
        lesion=image.lesion,
    )


def page_of(client, lesion, **query):
    return client.get(reverse("diagnosis:lesion", args=[lesion.pk], query=query))


def move(client, image, **fields):
    return client.post(reverse("diagnosis:image_move", args=[image.pk]), fields)


def measure(client, image, **fields):
    url = reverse("diagnosis:image_size", args=[image.pk])
    page = f"{reverse('diagnosis:visit', args=[image.consultation_id])}?photograph={image.pk}"
    return post_seen(client, url, fields, on=page, headers=HTMX)


def test_the_first_and_the_newest_photograph_are_compared(
    sign_in, doctor, image, later_image, answer_with
):
    prediction = answer_with(nv=0.8, mel=0.2)
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=Disease.objects.get(code="psoriasis")),
        reason="Silvery scale.",
    )
    LesionImage.objects.filter(pk=image.pk).update(size_mm=Decimal("4.5"), size_note="oval")
    LesionImage.objects.filter(pk=later_image.pk).update(size_mm=Decimal("6.0"))
    response = page_of(sign_in(doctor), image.lesion)
    comparison = response.context["comparison"]
    assert comparison.left.card.image == image
    assert comparison.right.card.image == later_image
    page = response.content.decode()
    assert "40 days between them" in page
    assert "the right one is 1.5 mm larger" in page
    assert "oval" in page
    assert "Psoriasis" in page
    assert "Melanocytic nevus 80 %" in page
    assert "No answer" in page
    for photograph in (image, later_image):
        assert reverse("diagnosis:image_file", args=[photograph.pk]) in page
    event = AuditEvent.objects.get(verb="view", target_id=str(image.lesion_id))
    assert (event.actor, event.patient) == (doctor, image.lesion.patient)


def test_any_two_can_be_chosen(sign_in, doctor, consultation, image, later_image):
    third = upload_image(
        consultation=consultation, data=photographs.jpeg(seed=3), actor=doctor, lesion=image.lesion
    )
    response = page_of(sign_in(doctor), image.lesion, left=third.pk, right=later_image.pk)
    comparison = response.context["comparison"]
    assert (comparison.left.card.image, comparison.right.card.image) == (third, later_image)
    assert comparison.days == 0


def test_a_photograph_of_another_lesion_is_not_compared(
    sign_in, doctor, consultation, image, later_image
):
    stranger = upload_image(consultation=consultation, data=photographs.jpeg(seed=3), actor=doctor)
    response = page_of(sign_in(doctor), image.lesion, left=stranger.pk, right="nonsense")
    assert response.context["comparison"].left.card.image == image
    assert str(stranger.pk) not in response.content.decode()


def test_where_the_model_is_not_sure_no_class_is_named(
    sign_in, doctor, image, later_image, answer_with
):
    answer_with(nv=0.45, mel=0.35, bkl=0.2, uncertain_below=0.5)
    page = page_of(sign_in(doctor), image.lesion).content.decode()
    assert "Not sure" in page
    assert "Melanocytic nevus" not in page


def test_one_photograph_has_nothing_to_be_compared_with(sign_in, doctor, image):
    response = page_of(sign_in(doctor), image.lesion)
    assert response.context["comparison"] is None
    assert "Side by side" not in response.content.decode()


def test_a_lesion_without_photographs_says_what_to_do(sign_in, doctor, consultation, patient):
    lesion = Lesion.objects.create(patient=patient, number=1)
    page = page_of(sign_in(doctor), lesion).content.decode()
    assert "No photograph shows this lesion" in page


def test_more_photographs_cost_no_more_queries(
    sign_in, doctor, consultation, image, later_image, django_assert_max_num_queries
):
    client = sign_in(doctor)
    with django_assert_max_num_queries(11) as two:
        page_of(client, image.lesion)
    for seed in (3, 4, 5):
        upload_image(
            consultation=consultation,
            data=photographs.jpeg(seed=seed),
            actor=doctor,
            lesion=image.lesion,
        )
    with django_assert_max_num_queries(len(two.captured_queries)):
        page_of(client, image.lesion)


@pytest.mark.parametrize("page", ["lesion", "lesion_edit"])
def test_who_opens_a_lesion_is_in_the_trail(page, sign_in, doctor, image):
    sign_in(doctor).get(reverse(f"diagnosis:{page}", args=[image.lesion_id]))
    seen = AuditEvent.objects.get(verb="view", target_id=str(image.lesion_id))
    assert (seen.actor, seen.patient) == (doctor, image.lesion.patient)


def test_strangers_find_no_lesion(
    sign_in, other_doctor, secretary, admin, patient, other_patient, image
):
    for stranger in (other_doctor, secretary, admin, patient.user, other_patient.user):
        client = sign_in(stranger)
        for name in ("lesion", "lesion_edit"):
            url = reverse(f"diagnosis:{name}", args=[image.lesion_id])
            assert client.get(url).status_code == 404
        assert move(client, image).status_code == 404
        assert measure(client, image, size_mm="5").status_code == 404


def test_a_photograph_moves_to_the_lesion_that_it_shows(
    sign_in, doctor, consultation, image, later_image
):
    other = Lesion.objects.create(patient=image.lesion.patient, number=7)
    response = move(sign_in(doctor), later_image, lesion=other.pk)
    assert response.status_code == 302
    later_image.refresh_from_db()
    assert later_image.lesion == other
    assert not Lesion.objects.get(pk=image.lesion_id).is_archived
    event = AuditEvent.objects.get(verb="update", target_id=str(later_image.pk))
    assert event.detail == {"from_lesion": str(image.lesion_id), "to_lesion": str(other.pk)}
    assert (event.actor, event.patient) == (doctor, other.patient)


def test_a_photograph_moves_to_a_new_lesion_and_the_empty_one_is_put_away(sign_in, doctor, image):
    left = image.lesion
    move(sign_in(doctor), image)
    image.refresh_from_db()
    left.refresh_from_db()
    assert image.lesion.number == left.number + 1
    assert left.is_archived


def test_the_page_shows_the_photograph_at_its_new_lesion(sign_in, doctor, image):
    url = reverse("diagnosis:image_move", args=[image.pk])
    response = sign_in(doctor).post(url, {}, headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert page.index("photograph-panel") < page.index("Lesion 2")
    assert 'id="body-lesions"' in page


def test_a_move_to_where_it_is_already_is_refused_beside_the_choice(sign_in, doctor, image):
    url = reverse("diagnosis:image_move", args=[image.pk])
    response = sign_in(doctor).post(url, {"lesion": image.lesion_id}, headers=HTMX)
    assert response.status_code == 422
    assert "already belongs to this lesion" in response.content.decode()


def test_a_photograph_never_moves_to_another_patient(sign_in, doctor, image, other_patient):
    foreign = Lesion.objects.create(patient=other_patient, number=1)
    response = move(sign_in(doctor), image, lesion=foreign.pk)
    assert response.status_code == 302
    with pytest.raises(ValidationError, match="another patient"):
        move_image(image=image, actor=doctor, lesion=foreign)
    assert LesionImage.objects.get().lesion == image.lesion


def test_after_the_signature_nothing_moves_and_no_size_changes(
    sign_in, doctor, image, consultation, sign
):
    client = sign_in(doctor)
    measure(client, image, size_mm="4.5")
    sign(consultation)
    assert move(client, image).status_code == 302
    refused = measure(client, image, size_mm="9")
    assert refused.status_code == 422
    assert "signed" in refused.content.decode()
    with pytest.raises(ValidationError, match="signed"):
        move_image(image=image, actor=doctor)
    with pytest.raises(ValidationError, match="signed"):
        record_size(image=image, actor=doctor, size_mm=None, size_note="")
    stored = LesionImage.objects.get()
    assert (stored.lesion, stored.size_mm) == (image.lesion, Decimal("4.5"))
    assert Lesion.objects.count() == 1
    page = client.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()
    assert "4.5 mm across" in page
    assert "Another lesion?" not in page


def test_a_colleague_reads_the_lesion_and_changes_nothing_in_the_visit(
    sign_in, other_doctor, patient, image
):
    AppointmentFactory(doctor=other_doctor.doctor, patient=patient, status="no_show")
    client = sign_in(other_doctor)
    assert page_of(client, image.lesion).status_code == 200
    assert move(client, image).status_code == 403
    assert measure(client, image, size_mm="5").status_code == 403


def test_the_size_is_kept_with_its_note(sign_in, doctor, image):
    response = measure(sign_in(doctor), image, size_mm="6.5", size_note=" 6.5 × 4, raised ")
    assert response.status_code == 200
    assert "Saved" in response.content.decode()
    stored = LesionImage.objects.get()
    assert (stored.size_mm, stored.size_note) == (Decimal("6.5"), "6.5 × 4, raised")
    event = AuditEvent.objects.get(verb="update", target_id=str(image.pk))
    assert event.detail == {"fields": ["size_mm", "size_note"]}


@pytest.mark.parametrize("size", ["0", "-3", "large", "12345.6", "4.55"])
def test_a_size_that_cannot_be_is_refused_in_words(size, sign_in, doctor, image):
    response = measure(sign_in(doctor), image, size_mm=size)
    assert response.status_code == 422
    assert "." in response.content.decode()
    assert LesionImage.objects.get().size_mm is None


def test_the_label_for_training_follows_the_photograph(
    sign_in, doctor, prediction, image, training_consent
):
    review_prediction(prediction=prediction, actor=doctor, decision="confirmed")
    move(sign_in(doctor), image)
    assert TrainingSample.objects.get().image.lesion.number == 2


def test_photographs_of_several_visits_belong_to_one_lesion(
    sign_in, doctor, patient, image, consultation, sign
):
    sign(consultation)
    appointment = AppointmentFactory(
        doctor=doctor.doctor,
        patient=patient,
        status="in_consultation",
        starts_at=timezone.now() + timedelta(hours=1),
    )
    second = ConsultationFactory(appointment=appointment)
    upload_image(
        consultation=second, data=photographs.jpeg(seed=2), actor=doctor, lesion=image.lesion
    )
    response = page_of(sign_in(doctor), image.lesion)
    assert len(response.context["cards"]) == 2
    page = response.content.decode()
    for visit in Consultation.objects.all():
        assert reverse("diagnosis:visit", args=[visit.pk]) in page
