"""The site in French and Arabic: its texts, emails, papers and catalogues."""

import re

import pytest
from babel.messages.pofile import read_po
from bs4 import BeautifulSoup
from django.conf import settings
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import translation

from clinic.core.mail import send_mail_to
from clinic.models import BodySite, Consultation, Prescription, Symptom
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescriptions import DraftLine, save_prescription
from diagnosis.models import Disease
from scripts import messages
from tests.full_visit import check_by_hand
from tests.papers import text_of

PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w+\}")
CREAM = DraftLine(
    drug="Hydrocortisone", form="cream", strength="1 %", dose="1", frequency="2", duration="3"
)
languages = pytest.mark.parametrize("language", ["fr", "ar"])


def catalogue(language):
    path = settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"
    with path.open("rb") as file:
        return read_po(file, locale=language)


def texts(catalog):
    return {(message.context, message.id) for message in catalog if message.id}


def said_by(patient, language):
    patient.user.language = language
    patient.user.save()
    return patient.user


@languages
def test_every_text_of_the_site_is_in_the_catalogue_and_no_other(language):
    # `make messages` repairs it.
    assert texts(catalogue(language)) == texts(messages.messages_in_use())


@languages
def test_every_text_is_translated_and_none_is_guessed(language):
    lacking = [
        message.id
        for message in catalogue(language)
        if message.id and (message.fuzzy or not messages.is_translated(message.string))
    ]
    assert lacking == []


@languages
def test_a_translation_names_the_values_that_its_text_names(language):
    for message in catalogue(language):
        if isinstance(message.id, str):
            assert set(PLACEHOLDER.findall(message.string)) == set(PLACEHOLDER.findall(message.id))
        else:
            known = set(PLACEHOLDER.findall(message.id[1]))
            assert all(set(PLACEHOLDER.findall(form)) <= known for form in message.string)


@pytest.mark.parametrize(
    ("language", "direction", "words"),
    [("fr", "ltr", "Mes rendez-vous"), ("ar", "rtl", "زياراتي"), ("en", "ltr", "My visits")],
)
def test_pages_speak_the_language_of_the_profile_and_run_its_way(
    language, direction, words, patient, sign_in
):
    page = sign_in(said_by(patient, language)).get(reverse("clinic:my_appointments"))
    html = BeautifulSoup(page.content, "html.parser").html
    assert (html["lang"], html["dir"]) == (language, direction)
    assert words in html.text


@pytest.mark.django_db
def test_who_has_no_account_chooses_the_language_at_the_door():
    browser = Client()
    door = browser.get("/login/")
    assert door.status_code == 200
    names = [
        button.text.strip()
        for button in BeautifulSoup(door.content, "html.parser").select(".languages button")
    ]
    assert names == ["English", "Français", "العربية"]
    answer = browser.post("/language/", {"language": "ar", "next": "/login/"})
    assert answer["Location"] == "/login/"
    html = BeautifulSoup(browser.get("/login/").content, "html.parser").html
    assert (html["lang"], html["dir"]) == ("ar", "rtl")
    assert "تسجيل الدخول" in html.text


@pytest.mark.django_db
def test_the_door_speaks_what_the_browser_asks_for_where_the_clinic_offers_it():
    page = Client(headers={"Accept-Language": "fr-FR,fr;q=0.9,en;q=0.5"}).get("/login/")
    assert "Se connecter" in page.content.decode()
    page = Client(headers={"Accept-Language": "de"}).get("/login/")
    assert "Sign in" in page.content.decode()


def test_the_choice_of_a_language_leads_to_no_other_site(db):
    answer = Client().post("/language/", {"language": "fr", "next": "https://elsewhere.example/"})
    assert "elsewhere" not in answer["Location"]


@pytest.mark.parametrize(
    ("language", "direction", "subject", "words"),
    [
        ("fr", "ltr", "Un nouveau mot de passe", "Choisir un nouveau mot de passe"),
        ("ar", "rtl", "كلمة مرور جديدة", "اختيار كلمة مرور جديدة"),
    ],
)
def test_a_mail_is_in_the_language_of_its_reader(language, direction, subject, words, patient):
    context = {"password_reset_url": "https://clinic.example/x", "hours": 48}
    send_mail_to(said_by(patient, language), "password_reset_key", context)
    [message] = mail.outbox
    [(html, _kind)] = message.alternatives
    page = BeautifulSoup(html, "html.parser").html
    assert message.subject.startswith(subject)
    assert (page["lang"], page["dir"]) == (language, direction)
    assert words in page.text


@pytest.fixture
def signed(consultation, doctor):
    save_prescription(consultation=consultation, actor=doctor, lines=[CREAM])
    Consultation.objects.filter(pk=consultation.pk).update(notes="written")
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    return Prescription.objects.get()


def test_a_prescription_is_printed_in_french(signed, patient, sign_in):
    response = sign_in(said_by(patient, "fr")).get(f"/prescriptions/{signed.pk}/pdf/")
    text = text_of(response).replace("\u200b", "")
    for words in ("Ordonnance", "Sans renouvellement", "Page 1 sur 1", "17 mai 1980"):
        assert words in text


def test_a_prescription_is_printed_in_arabic_with_its_drugs_in_their_own_letters(
    signed, patient, sign_in
):
    response = sign_in(said_by(patient, "ar")).get(f"/prescriptions/{signed.pk}/pdf/")
    text = text_of(response)
    assert "Hydrocortisone" in text
    assert patient.record_number in text
    assert any("\u0600" <= letter <= "\u06ff" for letter in text)
    assert "\ufffd" not in text


@languages
def test_the_first_catalogues_are_in_every_language(language, db):
    for row in (*BodySite.objects.all(), *Symptom.objects.all()):
        assert row.translations[language]["name"]
    for disease in Disease.objects.all():
        assert disease.translations[language]["name"]
        assert disease.translations[language]["plain_words"]
    with translation.override(language):
        assert str(Symptom.objects.get(code="itching")) in ("Démangeaisons", "حكة")


# Keys of a keyboard and units are the same in every language.
SAME_EVERYWHERE = {"Esc", "Tab Enter", "px"}
NO_TEXT = (
    r"{% comment.*?endcomment %}|{#.*?#}|{% blocktranslate.*?endblocktranslate %}"
    r"|{% block (page_class|icon) %}.*?{% endblock \1 %}|<(svg|script|style)\b.*?</\2>"
    r"|{%.*?%}|{{.*?}}|<[^>]*>|&\w+;"
)


def test_no_template_shows_words_that_are_not_translated():
    found = {}
    for path in (settings.BASE_DIR / "templates").rglob("*.html"):
        text = re.sub(NO_TEXT, "", path.read_text(), flags=re.DOTALL)
        lines = {line.strip() for line in text.splitlines() if re.search("[A-Za-z]{2}", line)}
        if words := lines - SAME_EVERYWHERE:
            found[path.name] = words
    assert found == {}
