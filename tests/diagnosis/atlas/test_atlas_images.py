"""Images of the atlas: proposed by doctors, decided by admins, next to a patient's photograph."""

import io
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import translation
from PIL import Image

from clinic.models import AuditEvent
from diagnosis.atlas.services.images import AtlasImageText, add_atlas_image
from diagnosis.models import AtlasImage, Disease
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests import photographs
from tests.forms import post_seen


@pytest.fixture
def nevus(db):
    return Disease.objects.get(code="nv")


@pytest.fixture
def shown(nevus, admin):
    """Put this many images of the nevus into the atlas."""

    def _shown(count, disease=nevus, **said):
        return [
            add_atlas_image(
                disease=disease,
                data=photographs.jpeg(seed=100 + seed, size=(96, 72)),
                said=AtlasImageText(
                    source="Our archive", licence="CC BY 4.0", caption=f"Number {seed}", **said
                ),
                actor=admin,
                is_accepted=True,
            )
            for seed in range(count)
        ]

    return _shown


@pytest.fixture
def proposal(nevus, doctor):
    said = AtlasImageText(source="A book", licence="CC0")
    return add_atlas_image(disease=nevus, data=photographs.jpeg(seed=7), said=said, actor=doctor)


def upload(client, disease, data=None, **said):
    fields = {
        "image": SimpleUploadedFile("x.jpg", photographs.jpeg() if data is None else data),
        "source": "Our archive", "licence": "CC0", "caption": "A symmetrical one",
    } | said  # fmt: skip
    return client.post(reverse("diagnosis:atlas_image_add", args=[disease.pk]), fields)


def stored_files(media):
    return [path for path in Path(media).rglob("*") if path.is_file()]


def page_of(client, disease, **asked):
    return client.get(reverse("diagnosis:atlas_disease", args=[disease.pk]), asked)


def test_an_admins_image_is_shown_at_once_with_source_and_licence(keeping, reading, nevus):
    assert upload(keeping, nevus).status_code == 302
    image = AtlasImage.objects.get()
    page = page_of(reading, nevus).content.decode()
    assert reverse("diagnosis:atlas_image_thumbnail", args=[image.pk]) in page
    assert "Our archive · CC0" in page
    assert "A symmetrical one" in page


def test_caption_and_source_stand_in_the_language_of_the_page(keeping, admin, shown):
    [image] = shown(1)
    read, edit = (
        reverse(f"diagnosis:{name}", args=[image.pk])
        for name in ("atlas_image", "atlas_image_edit")
    )
    said = {"source": "Our archive", "licence": "CC0", "caption": "A symmetrical one"}
    said |= {"caption_fr": "Symétrique", "source_fr": "Nos archives", "caption_ar": ""}
    assert post_seen(keeping, edit, said, on=read).status_code == 302
    image.refresh_from_db()
    assert image.translations == {"fr": {"caption": "Symétrique", "source": "Nos archives"}}
    admin.language = "fr"
    admin.save()
    assert "Symétrique" in keeping.get(read).content.decode()
    assert "Nos archives · CC0" in page_of(keeping, image.disease).content.decode()
    with translation.override("ar"):
        assert (str(image), image.local_source) == ("A symmetrical one", "Our archive")


@pytest.mark.parametrize("missing", ["source", "licence"])
def test_without_source_and_licence_nothing_comes_in(missing, keeping, nevus, media):
    response = upload(keeping, nevus, **{missing: ""})
    assert response.status_code == 422
    assert "A symmetrical one" in response.content.decode()
    assert not AtlasImage.objects.exists()
    assert not stored_files(media)


def test_an_image_is_stored_anew_under_a_name_that_says_nothing(keeping, nevus):
    upload(keeping, nevus, photographs.with_gps_lying_on_its_side())
    image = AtlasImage.objects.get()
    data = image.file.read()
    assert Image.open(io.BytesIO(data)).size == (240, 320)
    assert not Image.open(io.BytesIO(data)).getexif()
    assert b"A NAME IN A COMMENT" not in data
    assert "nv" not in image.file.name.split("/")[-1].split("-")[0][:2]


@pytest.mark.parametrize(
    "attack",
    [
        photographs.svg(), photographs.html_named_jpg(), photographs.polyglot_page(),
        photographs.polyglot_archive(), photographs.decompression_bomb(), photographs.truncated(),
        photographs.moving(), b"",
    ],
)  # fmt: skip
def test_what_is_no_image_is_refused_with_a_sentence_and_leaves_no_file(
    attack, keeping, nevus, media
):
    response = upload(keeping, nevus, attack)
    assert response.status_code == 422
    assert response.context["form"].errors["image"]
    assert not AtlasImage.objects.exists()
    assert not stored_files(media)


def test_the_same_image_is_with_a_disease_once(keeping, nevus, media):
    upload(keeping, nevus)
    before = stored_files(media)
    response = upload(keeping, nevus)
    assert response.status_code == 422
    assert "This disease already has this image." in response.content.decode()
    assert stored_files(media) == before


def test_a_stage_of_another_disease_is_no_choice(keeping, nevus):
    stage = Disease.objects.get(code="mel").stages.first()
    assert upload(keeping, nevus, stage=stage.pk).status_code == 422


def test_a_doctor_proposes_and_others_see_it_once_an_admin_has_accepted(
    reading, keeping, sign_in, other_doctor, nevus
):
    assert upload(reading, nevus).status_code == 302
    image = AtlasImage.objects.get()
    address = reverse("diagnosis:atlas_image", args=[image.pk])
    other = sign_in(other_doctor)
    assert other.get(address).status_code == 404
    assert "Your proposals" in page_of(reading, nevus).content.decode()
    assert "1 proposal" in keeping.get(reverse("diagnosis:atlas_list")).content.decode()
    assert address in keeping.get(reverse("diagnosis:atlas_proposals")).content.decode()
    keeping.post(reverse("diagnosis:atlas_image_accept", args=[image.pk]))
    assert other.get(address).status_code == 200


def test_a_proposal_is_declined_with_a_reason_that_its_doctor_reads(
    reading, keeping, nevus, proposal
):
    url = reverse("diagnosis:atlas_image_decline", args=[proposal.pk])
    assert keeping.post(url, {"decline-reason": " "}).status_code == 422
    keeping.post(url, {"decline-reason": "Out of focus"})
    assert "Out of focus" in page_of(reading, nevus).content.decode()
    again = keeping.post(reverse("diagnosis:atlas_image_accept", args=[proposal.pk]))
    assert again.status_code == 409
    assert "This image has already been decided on." in again.content.decode()
    proposal.refresh_from_db()
    assert proposal.status == "declined"


def test_an_archived_image_is_gone_from_the_atlas_and_kept_on_disk(
    reading, keeping, nevus, shown, media
):
    [image] = shown(1)
    url = reverse("diagnosis:atlas_image_archive", args=[image.pk])
    before = stored_files(media)
    assert keeping.post(url, {"archive-reason": ""}).status_code == 422
    keeping.post(url, {"archive-reason": "Wrong disease"})
    assert "No images yet" in page_of(reading, nevus).content.decode()
    assert reading.get(reverse("diagnosis:atlas_image_file", args=[image.pk])).status_code == 404
    assert keeping.get(reverse("diagnosis:atlas_image_file", args=[image.pk])).status_code == 200
    assert stored_files(media) == before
    assert AuditEvent.objects.filter(target_id=str(image.pk), detail__archived=True).exists()


def test_the_gallery_shows_twelve_a_page_and_goes_by_stage(reading, shown):
    melanoma = Disease.objects.get(code="mel")
    stage = melanoma.stages.first()
    shown(14, disease=melanoma)
    AtlasImage.objects.filter(caption="Number 3").update(stage=stage)
    first = page_of(reading, melanoma)
    assert len(first.context["page_obj"]) == 12
    assert len(page_of(reading, melanoma, page=2).context["page_obj"]) == 2
    only = page_of(reading, melanoma, stage=stage.pk)
    assert [image.caption for image in only.context["page_obj"]] == ["Number 3"]


def test_a_page_of_images_asks_as_little_as_a_page_of_one(
    reading, nevus, shown, django_assert_max_num_queries
):
    shown(12)
    with django_assert_max_num_queries(10):
        page_of(reading, nevus)


def test_the_large_view_leads_to_the_one_before_and_the_one_after(reading, shown):
    first, second, third = shown(3)
    page = reading.get(reverse("diagnosis:atlas_image", args=[second.pk])).content.decode()
    assert "Source: Our archive. Licence: CC BY 4.0." in page
    for neighbour in (first, third):
        assert f'href="{reverse("diagnosis:atlas_image", args=[neighbour.pk])}"' in page


@pytest.mark.parametrize("view", ["atlas_image_file", "atlas_image_thumbnail"])
def test_files_go_to_doctors_and_admins_alone(
    view, shown, client, sign_in, doctor, admin, secretary, patient
):
    [image] = shown(1)
    url = reverse(f"diagnosis:{view}", args=[image.pk])
    for reader in (doctor, admin):
        response = sign_in(reader).get(url)
        assert response["Content-Type"] == "image/jpeg"
        assert response["Cache-Control"].startswith("private")
        assert response["X-Content-Type-Options"] == "nosniff"
    for stranger in (secretary, patient.user):
        assert sign_in(stranger).get(url).status_code == 403
    assert client.get(url).status_code == 302


def compare(client, image, is_part=True, **asked):
    headers = {"HX-Request": "true"} if is_part else {}
    return client.get(reverse("diagnosis:atlas_compare", args=[image.pk]), asked, headers=headers)


def test_the_visit_offers_the_comparison_and_loads_it_on_demand(
    reading, consultation, prediction, shown
):
    page = reading.get(reverse("diagnosis:visit", args=[consultation.pk])).content.decode()
    assert f'hx-get="{reverse("diagnosis:atlas_compare", args=[prediction.image_id])}"' in page
    assert "/atlas/images/" not in page


def test_the_patients_photograph_stands_before_the_atlas_images_of_the_proposed_class(
    reading, answer_with, image, shown
):
    answer_with(nv=0.9, mel=0.1)
    first, second = shown(2)
    part = compare(reading, image).content.decode()
    mine = reverse("diagnosis:image_thumbnail", args=[image.pk])
    atlas = reverse("diagnosis:atlas_image_thumbnail", args=[first.pk])
    assert part.index(mine) < part.index(atlas)
    assert "<html" not in part
    assert "1 / 2" in part
    nevus = Disease.objects.get(code="nv")
    following = compare(reading, image, disease=nevus.pk, number=2).content.decode()
    assert reverse("diagnosis:atlas_image_thumbnail", args=[second.pk]) in following


def test_the_doctors_word_goes_before_the_models(reading, doctor, answer_with, image):
    scc = Disease.objects.get(code="scc")
    prediction = answer_with(nv=0.9, mel=0.1)
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    response = compare(reading, image)
    assert response.context["disease"] == scc
    assert "The atlas has no image of this disease yet." in response.content.decode()


def test_where_the_model_is_not_sure_the_doctor_chooses_what_to_compare_with(
    reading, answer_with, image
):
    answer_with(nv=0.4, mel=0.3, uncertain_below=0.5)
    response = compare(reading, image)
    assert response.context["disease"] is None
    assert "Choose the disease to compare with." in response.content.decode()


def test_without_a_script_the_comparison_is_a_page_of_its_own(reading, answer_with, image, shown):
    answer_with(nv=0.9, mel=0.1)
    [atlas] = shown(1)
    page = compare(reading, image, is_part=False).content.decode()
    assert page.count("<h1") == 1
    assert reverse("diagnosis:atlas_image_file", args=[atlas.pk]) in page


def test_proposals_are_not_compared_with(reading, answer_with, image, proposal):
    answer_with(nv=0.9, mel=0.1)
    assert compare(reading, image).context["shown"] is None


def test_strangers_compare_nothing(image, sign_in, other_doctor, admin, secretary, patient):
    for stranger in (other_doctor, admin, secretary, patient.user):
        assert compare(sign_in(stranger), image).status_code == 404
