"""Admins manage the lists of symptoms and body sites; records keep what they have chosen."""

import pytest
from django.urls import reverse
from django.utils import translation

from clinic.models import AuditEvent, BodySite, Symptom
from clinic.office.views.catalogue import CatalogueNameForm
from clinic.records.services.catalogue import move_symptom
from tests.clinic.desk import at_once
from tests.forms import post_seen

SYMPTOMS = reverse("clinic:symptom_list")
NEW = reverse("clinic:symptom_create")
BODY_SITES = reverse("clinic:body_site_list")


@pytest.fixture(autouse=True)
def english(settings, db):
    """Set up a site in one language, whose lists nobody has translated."""
    settings.LANGUAGES = [("en", "English")]
    Symptom.objects.update(translations={})
    BodySite.objects.update(translations={})


@pytest.fixture
def french(settings, english):
    """Set up a site that is also in French."""
    settings.LANGUAGES = [("en", "English"), ("fr", "French")]


@pytest.fixture
def browser(sign_in, admin):
    return sign_in(admin)


@pytest.fixture
def itching(db):
    return Symptom.objects.get(code="itching")


@pytest.fixture
def back(db):
    return BodySite.objects.get(code="back")


def url(stem, entry):
    return reverse(f"clinic:{stem}", args=[entry.pk])


def visit_page(sign_in, consultation):
    response = sign_in(consultation.doctor.user).get(
        reverse("diagnosis:visit", args=[consultation.pk])
    )
    assert response.status_code == 200
    return response.content.decode()


def names(client):
    return [entry.name for entry, _others, _missing in client.get(SYMPTOMS).context["rows"]]


def test_an_admin_adds_a_symptom_that_doctors_are_offered(browser, sign_in, consultation):
    response = browser.post(NEW, {"name": "Hair loss"})
    assert response.url == SYMPTOMS
    assert names(browser)[-1] == "Hair loss"
    assert Symptom.objects.get(name="Hair loss").code == "hair-loss"
    assert "Hair loss" in visit_page(sign_in, consultation)
    event = AuditEvent.objects.get(verb="create")
    assert event.detail == {"code": "hair-loss", "name": "Hair loss", "translations": {}}


@pytest.mark.parametrize("name", ["حكة", "Itching again"])
def test_every_symptom_has_a_code_of_its_own(browser, name):
    Symptom.objects.create(code="symptom", name="A")
    Symptom.objects.create(code="itching-again", name="B")
    browser.post(NEW, {"name": name})
    assert Symptom.objects.get(name=name).code in {"symptom-2", "itching-again-2"}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Write a name."),
        ("  ", "Write a name."),
        ("iTching", "This name is already in the list."),
    ],
)
def test_a_name_that_does_not_do_is_refused_in_words(browser, name, words):
    response = browser.post(NEW, {"name": name})
    assert response.status_code == 422
    assert words in response.content.decode()


def test_a_renamed_symptom_stays_the_same_one_in_records(browser, sign_in, consultation, itching):
    consultation.symptoms.add(itching)
    post_seen(browser, url("symptom_edit", itching), {"name": "Pruritus"})
    assert consultation.symptoms.get().code == "itching"
    page = visit_page(sign_in, consultation)
    assert "Pruritus" in page
    assert "Itching" not in page
    event = AuditEvent.objects.get(verb="update")
    assert event.detail == {"name": ["Itching", "Pruritus"]}


def test_a_save_that_changes_nothing_leaves_no_trace(browser, itching):
    post_seen(browser, url("symptom_edit", itching), {"name": "Itching"})
    assert not AuditEvent.objects.filter(verb="update").exists()


def test_doctors_read_symptoms_in_their_language(
    french, browser, sign_in, consultation, itching, back
):
    post_seen(
        browser, url("symptom_edit", itching), {"name": "Itching", "name_fr": "Démangeaisons"}
    )
    post_seen(browser, url("body_site_edit", back), {"name": "Back", "name_fr": "Dos"})
    consultation.doctor.user.language = "fr"
    consultation.doctor.user.save()
    page = visit_page(sign_in, consultation)
    assert "Démangeaisons" in page
    assert ">Dos<" in page
    assert "Itching" not in page
    # Untranslated names are shown as they are.
    assert "Bleeding" in page


def test_a_regional_language_reads_its_own(itching):
    itching.translations = {"fr": {"name": "Démangeaisons"}}
    for language, label in (("fr", "Démangeaisons"), ("fr-ca", "Démangeaisons"), ("ar", "Itching")):
        with translation.override(language):
            assert (itching.label, str(itching)) == (label, label)
    with translation.override(None):
        assert itching.label == "Itching"


def test_the_list_says_what_is_not_translated(french, browser, itching):
    post_seen(
        browser, url("symptom_edit", itching), {"name": "Itching", "name_fr": "Démangeaisons"}
    )
    rows = {entry.code: (others, missing) for entry, others, missing in
            browser.get(SYMPTOMS).context["rows"]}  # fmt: skip
    assert rows["itching"] == ("Démangeaisons", "")
    assert rows["pain"] == ("", "French")


def test_an_emptied_translation_is_gone(french, browser, itching):
    for typed in ("Démangeaisons", ""):
        post_seen(browser, url("symptom_edit", itching), {"name": "Itching", "name_fr": typed})
    itching.refresh_from_db()
    assert itching.translations == {}


def test_a_site_of_one_language_asks_for_one_name(itching):
    assert list(CatalogueNameForm(entry=itching).fields) == ["name", "seen"]


def test_what_is_no_longer_offered_stays_in_records(browser, sign_in, consultation, itching, back):
    consultation.symptoms.add(itching)
    consultation.body_site = back
    consultation.save()
    browser.post(url("symptom_offer", itching))
    browser.post(url("body_site_offer", back))
    page = visit_page(sign_in, consultation)
    assert "Itching" in page
    assert f'<option value="{back.pk}" selected>Back</option>' in page
    consultation.symptoms.clear()
    consultation.body_site = None
    consultation.save()
    page = visit_page(sign_in, consultation)
    assert "Itching" not in page
    assert f'<option value="{back.pk}"' not in page
    browser.post(url("symptom_offer", itching), {"is_active": "1"})
    assert "Itching" in visit_page(sign_in, consultation)
    details = [event.detail for event in AuditEvent.objects.filter(verb="update").order_by("pk")]
    assert details == [{"is_active": [True, False]}] * 2 + [{"is_active": [False, True]}]


def test_stopping_twice_is_stopping_once(browser, itching):
    for _click in range(2):
        assert browser.post(url("symptom_offer", itching)).status_code == 302
    assert AuditEvent.objects.filter(verb="update").count() == 1


def test_the_order_is_the_clinics(browser):
    before = names(browser)
    third = Symptom.objects.get(name=before[2])
    browser.post(url("symptom_move", third), {"direction": "up"})
    assert names(browser)[:3] == [before[0], before[2], before[1]]
    browser.post(url("symptom_move", third), {"direction": "down"})
    assert names(browser) == before
    event = AuditEvent.objects.filter(verb="update").first()
    assert event.detail == {"position": [1, 2]}


@pytest.mark.parametrize(("number", "direction"), [(0, "up"), (-1, "down"), (3, "sideways")])
def test_nothing_moves_past_the_ends(browser, number, direction):
    before = names(browser)
    symptom = Symptom.objects.get(name=before[number])
    assert browser.post(url("symptom_move", symptom), {"direction": direction}).status_code == 302
    assert names(browser) == before
    assert not AuditEvent.objects.filter(verb="update").exists()


@pytest.mark.django_db(transaction=True)
def test_moves_at_once_leave_every_symptom_a_place_of_its_own(admin):
    symptoms = list(Symptom.objects.all())
    at_once(4, lambda number: move_symptom(actor=admin, symptom=symptoms[number + 2], steps=-1))
    positions = sorted(Symptom.objects.values_list("position", flat=True))
    assert positions == list(range(len(symptoms)))


def test_the_lists_do_not_ask_more_for_more_rows(browser, django_assert_max_num_queries):
    for number in range(30):
        Symptom.objects.create(code=f"more-{number}", name=f"More {number}")
    for page in (SYMPTOMS, BODY_SITES):
        with django_assert_max_num_queries(6):
            browser.get(page)


def test_a_list_without_rows_says_what_to_do(browser):
    Symptom.objects.all().delete()
    page = browser.get(SYMPTOMS).content.decode()
    assert "No symptoms yet" in page
    assert f'href="{NEW}"' in page
