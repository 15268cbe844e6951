"""An invitation is an email with a link that sets a password once, within two days."""

from datetime import timedelta

import pytest
from allauth.account.forms import default_token_generator
from bs4 import BeautifulSoup
from django.core import mail
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, User
from tests.factories import PASSWORD, PatientFactory
from tests.forms import post_seen
from tests.mailbox import DEAD_MAIL_SERVER, choose_password, link_in

NEW_PASSWORD = "nine purple lighthouses"


@pytest.fixture
def invited(admin, sign_in):
    """Return somebody who has an account and an email, but no password."""
    sign_in(admin).post(
        reverse("clinic:account_create"),
        {
            "role": "secretary",
            "full_name": "Nora New",
            "email": "nora@example.org",
            "language": "en",
            "password": PASSWORD,
        },
    )
    return User.objects.get(email="nora@example.org")


def invite_url(user):
    return reverse("clinic:account_invite", args=[user.pk])


def patient_invite_url(patient):
    return reverse("clinic:patient_invite", args=[patient.pk])


def signed_in_as(browser):
    return browser.session.get("_auth_user_id")


def test_the_link_sets_a_password_and_signs_the_person_in(invited, client):
    response = choose_password(client, link_in(mail.outbox[0]), NEW_PASSWORD)
    invited.refresh_from_db()
    assert invited.check_password(NEW_PASSWORD)
    assert signed_in_as(client) == str(invited.pk)
    assert response.url == reverse("home")


def test_the_chosen_password_is_in_the_audit_trail(invited, client):
    choose_password(client, link_in(mail.outbox[0]), NEW_PASSWORD)
    newest, before = AuditEvent.objects.filter(actor=invited)[:2]
    assert newest.verb == AuditEvent.Verb.SIGN_IN
    assert (before.verb, before.detail) == (AuditEvent.Verb.UPDATE, {"changed": ["password"]})


def test_a_weak_password_is_refused_in_words_and_the_link_stays_good(invited, client):
    link = link_in(mail.outbox[0])
    page = choose_password(client, link, "nora")
    assert "This password is too short" in page.content.decode()
    assert signed_in_as(client) is None
    choose_password(client, link, NEW_PASSWORD)
    assert signed_in_as(client) == str(invited.pk)


def test_the_link_works_once(invited, client, sign_in):
    link = link_in(mail.outbox[0])
    choose_password(client, link, NEW_PASSWORD)
    client.logout()
    page = client.get(link, follow=True)
    assert "This link no longer works" in page.content.decode()
    client.post(page.request["PATH_INFO"], {"password1": "x" * 12, "password2": "x" * 12})
    invited.refresh_from_db()
    assert invited.check_password(NEW_PASSWORD)


def test_the_link_is_dead_after_two_days(invited, client, monkeypatch):
    link = link_in(mail.outbox[0])

    def after(hours):
        now = timezone.make_naive(timezone.now()) + timedelta(hours=hours)
        monkeypatch.setattr(default_token_generator, "_now", lambda: now)

    after(hours=47)
    assert "Save the password" in client.get(link, follow=True).content.decode()
    after(hours=49)
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


def test_a_dead_link_offers_a_new_one_that_works(invited, client):
    page = client.get(reverse("account_reset_password_from_key", args=[invited.pk.hex, "a-b"]))
    ask = reverse("account_reset_password")
    assert f'href="{ask}"' in page.content.decode()
    client.post(ask, {"email": invited.email})
    choose_password(client, link_in(mail.outbox[-1]), NEW_PASSWORD)
    assert signed_in_as(client) == str(invited.pk)


@pytest.mark.parametrize("uid", ["nobody", "0" * 32])
def test_a_made_up_link_is_a_dead_one(client, db, uid):
    page = client.get(reverse("account_reset_password_from_key", args=[uid, "a-b"]))
    assert "This link no longer works" in page.content.decode()


def test_the_mail_names_the_clinic_and_nothing_medical(invited, settings):
    (message,) = mail.outbox
    html, kind = message.alternatives[0]
    assert kind == "text/html"
    for text in (message.body, html):
        assert "Dear Nora New," in text
        assert settings.CLINIC_NAME in text
        assert "48 hours" in text
        for word in ("diagnos", "photograph", "lesion", "prescription", "patient"):
            assert word not in text.lower()
    assert message.subject == f"Your account at {settings.CLINIC_NAME}"


def test_a_name_that_looks_like_markup_stays_a_name(admin, sign_in):
    sign_in(admin).post(
        reverse("clinic:account_create"),
        {
            "role": "secretary",
            "full_name": "<b>Bo</b> & Co",
            "email": "bo@example.org",
            "language": "en",
            "password": PASSWORD,
        },
    )
    (message,) = mail.outbox
    assert "Dear <b>Bo</b> & Co," in message.body
    assert "Dear &lt;b&gt;Bo&lt;/b&gt; &amp; Co," in message.alternatives[0][0]


def test_an_invitation_is_sent_again_until_a_password_is_set(invited, admin, client, sign_in):
    sign_in(admin).post(invite_url(invited))
    assert len(mail.outbox) == 2
    choose_password(client, link_in(mail.outbox[1]), NEW_PASSWORD)
    response = sign_in(admin).post(invite_url(invited))
    assert response.status_code == 409
    assert "has already set a password" in response.content.decode()
    assert len(mail.outbox) == 2


def test_nobody_who_is_deactivated_is_invited(invited, admin, sign_in):
    invited.is_active = False
    invited.save()
    response = sign_in(admin).post(invite_url(invited))
    assert response.status_code == 409
    assert "This account is deactivated." in response.content.decode()
    assert len(mail.outbox) == 1


def test_a_link_to_an_old_address_dies_with_the_address(invited, admin, client, sign_in):
    link = link_in(mail.outbox[0])
    post_seen(
        sign_in(admin),
        reverse("clinic:account_edit", args=[invited.pk]),
        {
            "full_name": "Nora New",
            "email": "nora.new@example.org",
            "language": "en",
            "password": PASSWORD,
        },
    )
    invited.refresh_from_db()
    assert invited.email == "nora.new@example.org"
    assert "This link no longer works" in client.get(link, follow=True).content.decode()


@pytest.mark.parametrize("role", ["secretary", "doctor", "patient"])
def test_only_admins_send_invitations_to_accounts(role, request, invited, sign_in):
    person = request.getfixturevalue(role)
    person = person.user if role == "patient" else person
    assert sign_in(person).post(invite_url(invited)).status_code == 404
    assert sign_in(person).post(invite_url(person)).status_code == 403
    assert len(mail.outbox) == 1


def test_a_look_at_an_invitation_sends_none(invited, admin, sign_in):
    assert sign_in(admin).get(invite_url(invited)).status_code == 405


def test_a_secretary_gives_a_registered_patient_a_login(secretary, sign_in, client):
    patient = PatientFactory(full_name="Rita Registered", email="Rita@example.org")
    response = sign_in(secretary).post(patient_invite_url(patient))
    assert response.status_code == 302
    assert response.url == reverse("clinic:patient_detail", args=[patient.pk])
    patient.refresh_from_db()
    assert (patient.user.email, patient.user.role) == ("rita@example.org", User.Role.PATIENT)
    choose_password(client, link_in(mail.outbox[0]), NEW_PASSWORD)
    assert signed_in_as(client) == str(patient.user.pk)


def test_an_admin_may_invite_a_registered_patient_too(admin, sign_in):
    patient = PatientFactory(email="rita@example.org")
    sign_in(admin).post(patient_invite_url(patient))
    patient.refresh_from_db()
    assert patient.user.email == "rita@example.org"


def test_a_patient_who_lost_the_mail_gets_it_again(secretary, sign_in):
    patient = PatientFactory(email="rita@example.org")
    browser = sign_in(secretary)
    browser.post(patient_invite_url(patient))
    browser.post(patient_invite_url(patient))
    assert len(mail.outbox) == 2
    assert User.objects.filter(email="rita@example.org").count() == 1


def messages_after(browser, url):
    response = browser.post(url)
    assert response.status_code == 302
    return [str(message) for message in response.wsgi_request._messages]


def test_without_an_address_there_is_no_invitation(secretary, sign_in):
    patient = PatientFactory(email="")
    (words,) = messages_after(sign_in(secretary), patient_invite_url(patient))
    assert words.startswith("The record has no email address.")
    assert mail.outbox == []


def test_two_patients_with_one_address_have_one_account(secretary, patient, sign_in):
    child = PatientFactory(email=patient.user.email)
    (words,) = messages_after(sign_in(secretary), patient_invite_url(child))
    assert words == "There is already an account with this email address."
    child.refresh_from_db()
    assert child.user is None


def test_a_patient_with_a_password_is_not_invited_again(secretary, patient, sign_in):
    (words,) = messages_after(sign_in(secretary), patient_invite_url(patient))
    assert words.startswith("This person has already set a password.")
    assert mail.outbox == []


def test_a_mail_server_that_is_down_leaves_the_patient_a_login(secretary, sign_in, settings):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    patient = PatientFactory(email="rita@example.org")
    (words,) = messages_after(sign_in(secretary), patient_invite_url(patient))
    assert "could not be sent" in words
    patient.refresh_from_db()
    assert patient.user is not None


def test_doctors_and_patients_invite_nobody(appointment, patient, other_patient, sign_in):
    doctor = appointment.doctor.user
    assert sign_in(doctor).post(patient_invite_url(patient)).status_code == 403
    assert sign_in(doctor).post(patient_invite_url(other_patient)).status_code == 404
    assert sign_in(patient.user).post(patient_invite_url(patient)).status_code == 403
    assert sign_in(patient.user).post(patient_invite_url(other_patient)).status_code == 404


def test_a_forgotten_password_is_chosen_anew(secretary, client):
    client.post(reverse("account_reset_password"), {"email": secretary.email})
    (message,) = mail.outbox
    assert message.to == [secretary.email]
    assert "Dear Sam Secretary," in message.body
    choose_password(client, link_in(message), NEW_PASSWORD)
    secretary.refresh_from_db()
    assert secretary.check_password(NEW_PASSWORD)
    assert not secretary.check_password(PASSWORD)


def text_of(page):
    return BeautifulSoup(page.content, "html.parser").get_text()


def test_asking_for_a_new_password_tells_nobody_who_has_an_account(secretary, client):
    ask = reverse("account_reset_password")
    known = client.post(ask, {"email": secretary.email}, follow=True)
    unknown = client.post(ask, {"email": "nobody@example.org"}, follow=True)
    assert known.redirect_chain == unknown.redirect_chain
    assert text_of(known).replace(secretary.email, "nobody@example.org") == text_of(unknown)
    assert mail.outbox[1].to == ["nobody@example.org"]
    assert "There is no account for it." in mail.outbox[1].body


@pytest.mark.parametrize("email", ["secretary@example.org", "nobody@example.org"])
def test_a_mail_server_that_is_down_is_said_on_the_page(secretary, client, settings, email):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    ask = reverse("account_reset_password")
    page = client.post(ask, {"email": email}, follow=True)
    assert page.redirect_chain == [(ask, 302)]
    assert "The email could not be sent." in page.content.decode()
