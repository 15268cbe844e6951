"""The text of a consent can be read later, word for word."""

import hashlib
import json
from dataclasses import asdict

import pytest
from django.conf import settings
from django.urls import reverse

from clinic.models import Consent
from clinic.people.consent_texts import CONSENT_TEXTS, DOCUMENT_VERSION, consent_words
from clinic.people.services.consents import give_consent
from tests.factories import ConsentFactory

# A published text never changes: add a version and its fingerprint instead.
PUBLISHED = {
    "1": "0ab5e1552d0328513de459e9cf86690d515249334a0ca4d7e65aea96a32daa56",
}


def test_a_published_text_is_never_edited():
    fingerprints = {
        version: hashlib.sha256(
            json.dumps(
                {
                    language: {purpose: asdict(words) for purpose, words in texts.items()}
                    for language, texts in languages.items()
                },
                sort_keys=True,
                ensure_ascii=False,
            ).encode()
        ).hexdigest()
        for version, languages in CONSENT_TEXTS.items()
    }

    assert fingerprints == PUBLISHED
    assert DOCUMENT_VERSION in PUBLISHED


@pytest.mark.parametrize("version", PUBLISHED)
def test_every_purpose_has_its_text_in_every_language(version):
    texts = CONSENT_TEXTS[version]

    assert set(texts) == set(dict(settings.LANGUAGES))
    for language in texts:
        assert set(texts[language]) == set(Consent.Purpose.values)


def test_a_consent_keeps_the_language_in_which_it_was_read(patient, secretary, sign_in):
    patient.language = "ar"
    patient.save()
    on_paper = give_consent(patient=patient, purpose="care", method="paper", actor=secretary)
    patient.user.language = "fr"
    patient.user.save()
    sign_in(patient.user).post(reverse("clinic:my_consent_give", args=["teaching"]))
    in_portal = Consent.objects.get(purpose="teaching")

    assert (on_paper.language, in_portal.language) == ("ar", "fr")
    assert on_paper.words == consent_words("care", language="ar", version="1")
    assert in_portal.words == consent_words("teaching", language="fr", version="1")


def test_desk_and_patient_read_later_what_was_agreed_to(patient, secretary, sign_in):
    ConsentFactory(patient=patient, purpose="care", language="fr", recorded_by=secretary)
    said = CONSENT_TEXTS["1"]["fr"]["care"].meaning

    own = sign_in(patient.user).get(reverse("clinic:my_consents")).content.decode()
    desk = sign_in(secretary).get(reverse("clinic:patient_detail", args=[patient.pk]))

    assert said in own
    assert said in desk.content.decode()


def test_a_text_that_is_not_ours_is_not_made_up(patient, secretary):
    consent = ConsentFactory(
        patient=patient, purpose="care", document_version="2019/b", recorded_by=secretary
    )

    assert consent.words is None
