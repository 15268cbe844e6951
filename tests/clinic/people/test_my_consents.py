"""Patients see, give and withdraw their consents, and choose language and reminders."""

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, Consent
from clinic.people.consent_texts import consent_words
from clinic.people.services.consents import has_consent
from tests.factories import ConsentFactory
from tests.forms import post_seen

URL = reverse("clinic:my_consents")
PREFERENCES = reverse("clinic:my_preferences")
Purpose = Consent.Purpose


def give_url(purpose):
    return reverse("clinic:my_consent_give", args=[purpose])


def withdraw_url(purpose):
    return reverse("clinic:my_consent_withdraw", args=[purpose])


@pytest.fixture
def training(patient, secretary):
    return ConsentFactory(patient=patient, purpose=Purpose.TRAINING, recorded_by=secretary)


def test_every_purpose_is_there_in_plain_words(portal, training):
    page = portal.get(URL).content.decode()
    for purpose in Purpose:
        assert str(purpose.label) in page
        assert consent_words(purpose, language="en").meaning in page
    assert "Signed on paper · text version 1" in page


def test_the_profile_leads_there_for_patients_alone(portal, sign_in, secretary):
    profile = reverse("clinic:profile")
    assert URL in portal.get(profile).content.decode()
    assert URL not in sign_in(secretary).get(profile).content.decode()


@pytest.mark.parametrize("purpose", Purpose)
def test_a_patient_gives_and_withdraws_each_purpose(portal, patient, purpose):
    portal.post(give_url(purpose))
    consent = Consent.objects.get(patient=patient)
    assert (consent.purpose, consent.method) == (purpose, Consent.Method.PORTAL)
    assert consent.recorded_by == patient.user

    portal.post(withdraw_url(purpose))
    consent.refresh_from_db()
    assert consent.withdrawn_by == patient.user
    assert not has_consent(patient=patient, purpose=purpose)


def test_withdrawal_is_asked_about_before_it_happens(portal, patient, training):
    page = portal.get(withdraw_url(Purpose.TRAINING)).content.decode()
    assert consent_words(Purpose.TRAINING, language="en").without in page
    assert has_consent(patient=patient, purpose=Purpose.TRAINING)


def test_withdrawal_takes_effect_at_once_and_is_on_the_record(portal, patient, training):
    portal.post(withdraw_url(Purpose.TRAINING))
    assert not has_consent(patient=patient, purpose=Purpose.TRAINING)
    event = AuditEvent.objects.get(target_id=str(training.pk))
    assert event.actor == patient.user
    assert event.detail == {"purpose": "training", "withdrawn": True}


def test_another_patients_consent_stays(portal, other_patient, secretary):
    theirs = ConsentFactory(patient=other_patient, purpose=Purpose.TRAINING, recorded_by=secretary)
    portal.post(withdraw_url(Purpose.TRAINING))
    theirs.refresh_from_db()
    assert theirs.withdrawn_at is None


def test_an_unknown_purpose_is_not_there(portal):
    for url in (give_url("world-peace"), withdraw_url("world-peace")):
        assert portal.post(url).status_code == 404


def test_the_patient_chooses_where_reminders_go(portal, patient, settings):
    settings.SMS_BACKEND = "clinic.core.sms.ConsoleSms"
    post_seen(portal, PREFERENCES, {"language": "en", "has_sms_reminders": "on"}, on=URL)
    patient.refresh_from_db()
    assert (patient.has_email_reminders, patient.has_sms_reminders) == (False, True)
    post_seen(portal, PREFERENCES, {"language": "en"}, on=URL)
    patient.refresh_from_db()
    assert (patient.has_email_reminders, patient.has_sms_reminders) == (False, False)


def test_where_no_text_messages_are_sent_nobody_is_asked_about_them(portal, patient, settings):
    settings.SMS_BACKEND = ""
    assert "text message" not in portal.get(URL).content.decode()
    post_seen(portal, PREFERENCES, {"language": "en", "has_email_reminders": "on"}, on=URL)
    patient.refresh_from_db()
    assert (patient.has_email_reminders, patient.has_sms_reminders) == (True, True)


def test_a_language_that_the_site_does_not_speak_is_refused(portal, patient):
    response = post_seen(portal, PREFERENCES, {"language": "xx"}, on=URL)
    assert response.status_code == 422
    assert response.context["form"].errors["language"]


def test_the_page_asks_the_database_little(portal, training, django_assert_max_num_queries):
    with django_assert_max_num_queries(15):
        portal.get(URL)
