"""Doctors look things up in the atlas, and admins edit it."""

import pytest
from django.urls import reverse
from django.utils import translation

from clinic.models import AuditEvent
from clinic.people.names import folded
from diagnosis.atlas.services.atlas import find_diseases
from diagnosis.atlas.services.images import AtlasImageText, add_atlas_image
from diagnosis.models import Disease, DiseaseStage
from diagnosis.reviews.services.reviews import Diagnosis, review_prediction
from tests import photographs
from tests.forms import post_seen


@pytest.fixture
def melanoma(db):
    return Disease.objects.get(code="mel")


def form(**changes):
    """Return a disease as the page sends it."""
    return {
        "name": "Lichen planus", "icd10": "L43", "icd11": "EA91", "synonyms": "Lichen ruber\r\n",
        "clinical_description": "Wickham striae.", "plain_words": "An itching inflammation.",
        "is_active": "on",
    } | changes  # fmt: skip


def found(client, text):
    response = client.get(reverse("diagnosis:atlas_list"), {"q": text})
    return [disease.code for disease in response.context["page_obj"]]


def words_of(response):
    return " ".join(response.content.decode().split())


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("melanoma", "mel"),
        ("MÉLANOMA", "mel"),
        ("basalioma", "bcc"),
        ("bowen s", "akiec"),
        ("verruca vul", "wart"),
        ("L57.0", "akiec"),
        ("l570", "akiec"),
        ("2C32", "bcc"),
        ("ek90", "akiec"),
        ("botriomycome", "vasc"),
        ("داء بوين", "akiec"),
    ],
)
def test_a_disease_is_found_by_its_name_another_name_or_a_code(typed, code, reading):
    assert found(reading, typed) == [code]


def test_an_accent_in_the_catalogue_is_found_without_it(reading, melanoma):
    Disease.objects.filter(pk=melanoma.pk).update(synonyms="Mélanome malin")
    assert found(reading, "melanome") == ["mel"]


def test_an_arabic_name_is_found_with_letters_that_are_written_for_each_other(reading, melanoma):
    Disease.objects.filter(pk=melanoma.pk).update(translations={"ar": {"name": "شامة خبيثة"}})
    assert found(reading, "خبيثه") == ["mel"]


def test_what_nobody_has_named_is_found_nowhere(reading):
    response = reading.get(reverse("diagnosis:atlas_list"), {"q": "dragon pox"})
    assert "No disease fits" in response.content.decode()


def test_the_name_stands_in_the_language_of_the_page(reading, melanoma, settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    Disease.objects.filter(pk=melanoma.pk).update(
        translations={"fr": {"name": "Mélanome", "plain_words": "Un cancer."}}
    )
    page = reverse("diagnosis:atlas_disease", args=[melanoma.pk])
    assert found(reading, "mélanome") == ["mel"]
    assert "Melanoma" in words_of(reading.get(page))
    melanoma.refresh_from_db()
    with translation.override("fr"):
        assert str(melanoma) == "Mélanome"
        assert melanoma.local_plain_words == "Un cancer."
        assert melanoma.local_description == melanoma.clinical_description


def test_other_names_are_those_of_the_pages_language(melanoma):
    for language, names in (("en", "Malignant melanoma"), ("fr", "Mélanome malin")):
        with translation.override(language):
            assert names in melanoma.other_names
    with translation.override("de"):
        assert melanoma.other_names == ["Malignant melanoma", "Black skin cancer"]


@pytest.mark.django_db
def test_every_disease_that_has_other_names_has_some_in_each_language():
    for disease in Disease.objects.exclude(synonyms="").exclude(code="rosacea"):
        assert all(disease.translations[code].get("synonyms") for code in ("fr", "ar")), disease


def test_the_page_of_a_disease_says_what_is_known_of_it(reading, melanoma):
    page = words_of(reading.get(reverse("diagnosis:atlas_disease", args=[melanoma.pk])))
    for words in ("2C30", "C43", "Malignant melanoma", "Asymmetry of colour", "In situ (0)"):
        assert words in page
    assert "Add a stage" not in page
    assert "Propose an image" in page


def test_an_admin_adds_a_disease_that_doctors_can_choose_at_once(keeping, reading):
    response = keeping.post(reverse("diagnosis:atlas_disease_create"), form())
    disease = Disease.objects.get(code="lichen-planus")
    assert response["Location"] == reverse("diagnosis:atlas_disease", args=[disease.pk])
    assert disease.synonyms == "Lichen ruber"
    assert disease.model_class == ""
    assert found(reading, "ruber") == ["lichen-planus"]
    assert AuditEvent.objects.get(verb="create").target_id == str(disease.pk)


def test_a_disease_is_in_the_catalogue_once_whatever_its_capitals(keeping):
    keeping.post(reverse("diagnosis:atlas_disease_create"), form())
    page = keeping.post(reverse("diagnosis:atlas_disease_create"), form(name="lichen PLANUS"))
    assert page.status_code == 422
    assert "There is already a disease with this name." in page.text


def test_two_diseases_of_nearly_one_name_get_codes_of_their_own(keeping):
    for name in ("Lichen planus", "Lichen-planus"):
        keeping.post(reverse("diagnosis:atlas_disease_create"), form(name=name))
    codes = Disease.objects.filter(name__startswith="Lichen").values_list("code", flat=True)
    assert set(codes) == {"lichen-planus", "lichen-planus-2"}


def test_a_refused_disease_keeps_what_was_typed(keeping):
    response = keeping.post(reverse("diagnosis:atlas_disease_create"), form(name=""))
    assert response.status_code == 422
    assert "Wickham striae." in response.content.decode()
    assert not Disease.objects.filter(icd10="L43").exists()


def test_each_other_language_of_the_site_has_its_own_fields(keeping, melanoma, settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "Français")]
    url = reverse("diagnosis:atlas_disease_edit", args=[melanoma.pk])
    assert "name_fr" in keeping.get(url).content.decode()
    said = form(name="Melanoma", name_fr="Mélanome", plain_words_fr="")
    assert post_seen(keeping, url, said).status_code == 302
    melanoma.refresh_from_db()
    assert melanoma.translations == {"fr": {"name": "Mélanome"}}


def test_what_is_no_longer_offered_is_gone_for_doctors_and_stays_for_admins(keeping, reading):
    wart = Disease.objects.get(code="wart")
    url = reverse("diagnosis:atlas_disease_edit", args=[wart.pk])
    post_seen(keeping, url, form(name="Viral wart", is_active=""))
    assert found(reading, "viral wart") == []
    assert found(keeping, "viral wart") == ["wart"]
    assert reading.get(reverse("diagnosis:atlas_disease", args=[wart.pk])).status_code == 404


def test_what_counts_as_malignant_is_the_models_for_its_own_classes(keeping, melanoma):
    url = reverse("diagnosis:atlas_disease_edit", args=[melanoma.pk])
    assert post_seen(keeping, url, form(name="Melanoma")).status_code == 302
    melanoma.refresh_from_db()
    assert melanoma.is_malignant


def delete(client, disease):
    return client.post(reverse("diagnosis:atlas_disease_delete", args=[disease.pk]))


def test_a_disease_that_nobody_has_used_is_deleted_with_its_stages(keeping):
    acne = Disease.objects.get(code="acne")
    assert delete(keeping, acne).status_code == 302
    assert not Disease.objects.filter(code="acne").exists()
    assert not DiseaseStage.objects.filter(disease_id=acne.pk).exists()
    assert AuditEvent.objects.filter(detail__deleted="acne").exists()


def test_a_class_of_the_model_is_never_deleted(keeping, melanoma):
    response = delete(keeping, melanoma)
    assert response.status_code == 409
    assert "It is a class of the model and cannot be deleted." in response.content.decode()
    assert DiseaseStage.objects.filter(disease=melanoma).count() == 5


def test_a_disease_that_a_doctor_has_named_is_not_deleted(keeping, doctor, prediction):
    scc = Disease.objects.get(code="scc")
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc),
        reason="Keratin.",
    )
    response = delete(keeping, scc)
    assert response.status_code == 409
    assert "Doctors have used it as a diagnosis." in response.content.decode()
    assert Disease.objects.filter(pk=scc.pk).exists()


def test_a_disease_with_an_image_is_not_deleted(keeping, admin):
    acne = Disease.objects.get(code="acne")
    said = AtlasImageText(source="Us", licence="CC0")
    add_atlas_image(disease=acne, data=photographs.jpeg(), said=said, actor=admin)
    response = delete(keeping, acne)
    assert response.status_code == 409
    assert "It has images in the atlas." in response.content.decode()
    assert acne.stages.count() == 3


def names(disease):
    return list(disease.stages.values_list("name", flat=True))


def test_stages_are_added_renamed_and_put_in_their_order(keeping):
    acne = Disease.objects.get(code="acne")
    keeping.post(reverse("diagnosis:atlas_stage_add", args=[acne.pk]), {"name": "Conglobate"})
    assert names(acne) == ["Mild", "Moderate", "Severe", "Conglobate"]
    last = acne.stages.get(name="Conglobate")
    move = reverse("diagnosis:atlas_stage_move", args=[last.pk])
    keeping.post(move, {"to": "up"})
    assert names(acne) == ["Mild", "Moderate", "Conglobate", "Severe"]
    keeping.post(move, {"to": "down"})
    keeping.post(move, {"to": "down"})
    assert names(acne) == ["Mild", "Moderate", "Severe", "Conglobate"]
    edit = reverse("diagnosis:atlas_stage_edit", args=[last.pk])
    assert post_seen(keeping, edit, {"name": "Very severe"}).status_code == 302
    assert names(acne)[-1] == "Very severe"


def test_two_stages_of_a_disease_do_not_share_a_name(keeping):
    acne = Disease.objects.get(code="acne")
    url = reverse("diagnosis:atlas_stage_add", args=[acne.pk])
    response = keeping.post(url, {"name": "Mild"})
    assert response.status_code == 422
    assert "This disease already has a stage with this name." in response.content.decode()
    assert len(names(acne)) == 3


def test_a_stage_that_a_diagnosis_names_stays(keeping, doctor, prediction):
    scc = Disease.objects.get(code="scc")
    stage = scc.stages.first()
    review_prediction(
        prediction=prediction,
        actor=doctor,
        decision="corrected",
        diagnosis=Diagnosis(disease=scc, stage=stage),
        reason="Keratin.",
    )
    response = keeping.post(reverse("diagnosis:atlas_stage_delete", args=[stage.pk]))
    assert response.status_code == 409
    assert "A diagnosis uses this stage, so it cannot be deleted." in response.content.decode()
    other = scc.stages.last()
    keeping.post(reverse("diagnosis:atlas_stage_delete", args=[other.pk]))
    assert not DiseaseStage.objects.filter(pk=other.pk).exists()


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_diseases_stand_in_the_order_of_their_names(db, language):
    Disease.objects.create(code="last", name="Éczema of the hand", position=99)
    with translation.override(language):
        listed = find_diseases(among=Disease.objects.all(), text="")
        names = [folded(str(disease)) for disease in listed]
    assert names == sorted(names)
    assert len(names) > 10


def test_the_list_asks_the_database_for_little(reading, django_assert_max_num_queries):
    with django_assert_max_num_queries(8):
        reading.get(reverse("diagnosis:atlas_list"))


def test_doctors_and_admins_find_the_atlas_in_the_rail(reading, keeping):
    link = f'href="{reverse("diagnosis:atlas_list")}"'
    assert link in reading.get("/day/").content.decode()
    assert link in keeping.get("/accounts/").content.decode()
