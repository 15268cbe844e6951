"""Where a lesion is: marked on the body map with its first photograph, or chosen from a list."""

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.urls import reverse

from clinic.models import AuditEvent, BodySite
from diagnosis.models import Lesion, LesionImage
from tests import photographs
from tests.factories import AppointmentFactory
from tests.forms import post_seen

MARKED = {"body_site": "left-arm", "view": "back", "x": "0.21", "y": "0.4"}


def send(client, consultation, seed=1, **fields):
    photograph = SimpleUploadedFile("lesion.jpg", photographs.jpeg(seed=seed), "image/jpeg")
    return client.post(
        reverse("diagnosis:image_upload", args=[consultation.pk]),
        {"photograph": photograph, **fields},
    )


def page_of(client, consultation):
    return client.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()


def test_a_photograph_with_a_marker_makes_a_lesion_at_that_place(sign_in, doctor, consultation):
    response = send(sign_in(doctor), consultation, **MARKED)
    assert response.status_code == 302
    lesion = LesionImage.objects.get().lesion
    assert (lesion.view, lesion.x, lesion.y) == ("back", 0.21, 0.4)
    assert lesion.body_site.code == "left-arm"


def test_a_site_without_a_marker_is_enough(sign_in, doctor, consultation):
    send(sign_in(doctor), consultation, body_site="palm-or-sole")
    lesion = Lesion.objects.get()
    assert (lesion.body_site.code, lesion.view, lesion.x, lesion.y) == (
        "palm-or-sole", "", None, None,
    )  # fmt: skip


def test_a_photograph_that_says_nothing_still_makes_a_lesion(sign_in, doctor, consultation):
    send(sign_in(doctor), consultation)
    assert (Lesion.objects.get().view, Lesion.objects.get().body_site) == ("", None)


def test_a_photograph_of_a_known_lesion_leaves_it_where_it_is(sign_in, doctor, consultation):
    client = sign_in(doctor)
    send(client, consultation, **MARKED)
    lesion = Lesion.objects.get()
    send(client, consultation, seed=2, lesion=lesion.pk, view="front", x="0.9", y="0.9")
    lesion.refresh_from_db()
    assert (lesion.view, lesion.x) == ("back", 0.21)
    assert lesion.images.count() == 2


@pytest.mark.parametrize(
    "place",
    [
        {"view": "front"},
        {"view": "front", "x": "0.5"},
        {"x": "0.5", "y": "0.5"},
        {"view": "front", "x": "1.2", "y": "0.5"},
        {"view": "front", "x": "left", "y": "0.5"},
        {"view": "inside", "x": "0.5", "y": "0.5"},
        {"view": "front", "x": "nan", "y": "0.5"},
    ],
)
def test_half_a_place_is_refused_in_words_and_keeps_no_photograph(
    place, sign_in, doctor, consultation
):
    response = send(sign_in(doctor), consultation, **place)
    assert response.status_code == 422
    assert "Mark the place on the body map again." in response.content.decode()
    assert not LesionImage.objects.exists()
    assert not Lesion.objects.exists()


@pytest.mark.parametrize(
    "place",
    [
        {"view": "front"},
        {"view": "front", "x": 0.5},
        {"x": 0.5, "y": 0.5},
        {"view": "front", "x": 1.5, "y": 0.5},
        {"view": "front", "x": 0.5, "y": -0.1},
        {"view": "inside", "x": 0.5, "y": 0.5},
    ],
)
def test_the_database_takes_a_whole_place_on_the_figure_or_none(place, patient):
    with pytest.raises(IntegrityError), transaction.atomic():
        Lesion.objects.create(patient=patient, number=1, **place)
    assert Lesion.objects.create(patient=patient, number=1, view="front", x=0, y=1).pk


def test_every_shape_of_the_figures_stands_for_a_site_of_the_catalogue(
    sign_in, doctor, consultation
):
    drawn = set(re.findall(r'data-site="([^"]+)"', page_of(sign_in(doctor), consultation)))
    known = set(BodySite.objects.values_list("code", flat=True))
    assert drawn <= known
    # These two cannot be seen from the front or back, so only the list of sites has them.
    assert known - drawn == {"palm-or-sole"}


def test_the_sides_are_the_patient_s(sign_in, doctor, consultation):
    page = page_of(sign_in(doctor), consultation)
    front, back = page.index('data-figure="front"'), page.index('data-figure="back"')
    assert re.search(r'data-site="(\w+)-leg"', page[front:back]).group(1) == "right"
    assert re.search(r'data-site="(\w+)-leg"', page[back:]).group(1) == "left"


def test_the_visit_shows_the_patient_s_lesions_and_nobody_else_s(
    sign_in, doctor, consultation, patient, other_patient
):
    AppointmentFactory(doctor=doctor.doctor, patient=other_patient, status="no_show")
    marked = Lesion.objects.create(patient=patient, number=1, view="front", x=0.25, y=0.5)
    worded = Lesion.objects.create(patient=patient, number=2)
    gone = Lesion.objects.create(patient=patient, number=3, is_archived=True)
    foreign = Lesion.objects.create(patient=other_patient, number=1, view="back", x=0.5, y=0.5)
    page = page_of(sign_in(doctor), consultation)
    assert f'data-lesion="{marked.pk}"' in page
    assert 'data-start="25.0"' in page
    assert f'data-lesion="{worded.pk}"' not in page
    assert reverse("diagnosis:lesion", args=[worded.pk]) in page
    assert "not on the map" in page
    assert str(gone.pk) not in page
    assert str(foreign.pk) not in page


def test_a_lesion_that_is_no_longer_followed_takes_no_photograph(
    sign_in, doctor, consultation, patient
):
    gone = Lesion.objects.create(patient=patient, number=1, is_archived=True)
    assert send(sign_in(doctor), consultation, lesion=gone.pk).status_code == 422
    assert not LesionImage.objects.exists()


def test_in_a_signed_visit_the_map_is_only_read(
    sign_in, doctor, consultation, patient, image, sign
):
    Lesion.objects.filter(pk=image.lesion_id).update(view="front", x=0.25, y=0.5)
    sign(consultation)
    page = page_of(sign_in(doctor), consultation)
    assert "body-marker" in page
    assert "data-lesion" not in page
    assert "data-place-form" not in page


def edit(client, lesion, **fields):
    return post_seen(client, reverse("diagnosis:lesion_edit", args=[lesion.pk]), fields)


def test_a_doctor_puts_a_lesion_where_it_is(sign_in, doctor, image):
    lesion = image.lesion
    response = edit(
        sign_in(doctor),
        lesion,
        **MARKED,
        description="Below the scar",
        is_archived="on",
    )
    assert response.status_code == 302
    lesion.refresh_from_db()
    assert (lesion.view, lesion.x, lesion.y) == ("back", 0.21, 0.4)
    assert (lesion.description, lesion.is_archived) == ("Below the scar", True)
    event = AuditEvent.objects.get(verb="update", target_id=str(lesion.pk))
    assert set(event.detail["fields"]) == {
        "body_site_id", "view", "x", "y", "description", "is_archived",
    }  # fmt: skip
    assert event.patient == lesion.patient


def test_saving_what_is_there_already_leaves_no_trace(sign_in, doctor, image):
    edit(sign_in(doctor), image.lesion)
    assert not AuditEvent.objects.filter(verb="update", target_id=str(image.lesion_id)).exists()


def test_a_refused_place_keeps_what_was_typed(sign_in, doctor, image):
    response = edit(sign_in(doctor), image.lesion, view="front", description="Below the scar")
    assert response.status_code == 422
    assert "Mark the place" in response.content.decode()
    assert "Below the scar" in response.content.decode()


def test_a_site_that_a_signed_visit_names_stays(sign_in, doctor, image, consultation, sign):
    lesion = image.lesion
    client = sign_in(doctor)
    edit(client, lesion, body_site="back")
    edit(client, lesion, body_site="chest")
    sign(consultation)
    refused = edit(client, lesion, body_site="face")
    assert refused.status_code == 422
    assert "A signed visit names this site" in refused.content.decode()
    edit(client, lesion, body_site="chest", view="front", x="0.5", y="0.3")
    lesion.refresh_from_db()
    assert (lesion.body_site.code, lesion.view) == ("chest", "front")
