"""A password alone does not open the account of an admin or doctor."""

import time
from importlib import import_module

import pytest
from allauth.mfa.models import Authenticator
from django.apps import apps
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.people.adapters import TYPED_AT
from tests.factories import PASSWORD, TOTP_SECRET, code_of_app, with_app

LOGIN = reverse("account_login")
SECOND = reverse("mfa_authenticate")
SET_UP = reverse("mfa_activate_totp")


def come_in(user, password=PASSWORD):
    client = Client()
    client.post(LOGIN, {"login": user.email, "password": password})
    return client


def is_in(client):
    return "_auth_user_id" in client.session


@pytest.mark.parametrize("role", ["admin", "doctor"])
def test_who_must_have_one_sees_nothing_before_it_is_set_up(
    role, request, django_capture_on_commit_callbacks
):
    user = request.getfixturevalue(role)
    client = come_in(user)
    assert is_in(client)

    for name in ("home", "clinic:profile", "clinic:patient_list", "usersessions_list"):
        assert client.get(reverse(name)).url == SET_UP
    by_htmx = client.get(reverse("clinic:notification_count"), headers={"HX-Request": "true"})
    assert (by_htmx.status_code, by_htmx["HX-Redirect"]) == (200, SET_UP)

    page = client.get(SET_UP)
    assert "a password alone is not enough" in page.content.decode()
    code = code_of_app(page.context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):
        shown = client.post(SET_UP, {"code": code})
    assert shown.url == reverse("mfa_view_recovery_codes")
    assert len(client.get(shown.url).context["unused_codes"]) == 10
    assert client.get(reverse("clinic:profile")).status_code == 200
    added = AuditEvent.objects.filter(actor=user, detail__second_factor="added")
    assert {event.detail["kind"] for event in added} == {"totp", "recovery_codes"}
    [told] = mail.outbox
    assert told.to == [user.email]
    assert "has changed" in told.subject


def test_the_code_that_proved_the_app_opens_nothing_again(
    doctor, django_capture_on_commit_callbacks
):
    client = come_in(doctor)
    code = code_of_app(client.get(SET_UP).context["form"].secret)
    with django_capture_on_commit_callbacks(execute=True):
        assert client.post(SET_UP, {"code": code}).url == reverse("mfa_view_recovery_codes")

    again = come_in(doctor)
    again.post(SECOND, {"code": code})

    assert not is_in(again)


def test_a_used_code_opens_nothing_for_as_long_as_the_clock_would_take_it(doctor, monkeypatch):
    with_app(doctor)
    code = code_of_app()
    assert is_in(send_code(come_in(doctor), code))
    # The library forgets the code after half a minute.
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 29)
    for key in list(cache._cache):
        if "mfa.totp.used" in key:
            cache.delete(key.split(":", 2)[2])

    again = send_code(come_in(doctor), code)
    assert not is_in(again)
    assert not is_in(send_code(again, f"{code[:3]} {code[3:]}"))


def send_code(client, code):
    client.post(SECOND, {"code": code})
    return client


def test_the_password_is_asked_again_where_the_way_to_the_app_took_too_long(doctor):
    client = come_in(doctor)
    assert client.get(SET_UP).status_code == 200
    session = client.session
    session[TYPED_AT] -= 301
    session.save()
    assert client.get(SET_UP).url.startswith(reverse("account_reauthenticate"))


@pytest.mark.parametrize("role", ["secretary", "patient"])
def test_others_may_have_one_and_need_not(role, request):
    person = request.getfixturevalue(role)
    client = come_in(getattr(person, "user", person))
    assert client.get(reverse("clinic:profile")).status_code == 200
    assert client.get(reverse("mfa_index")).status_code == 200


def test_without_the_code_the_password_opens_nothing(doctor):
    client = come_in(with_app(doctor))
    assert not is_in(client)
    assert client.get(reverse("clinic:doctor_day")).status_code == 302

    wrong = client.post(SECOND, {"code": "000000"})
    assert "is wrong" in wrong.content.decode()
    assert not is_in(client)

    client.post(SECOND, {"code": code_of_app()})
    assert is_in(client)
    assert client.get(reverse("clinic:doctor_day")).status_code == 200
    assert AuditEvent.objects.filter(actor=doctor, detail__second_factor="failed").count() == 1


def test_a_code_of_the_app_and_a_recovery_code_work_once(doctor):
    with_app(doctor)
    code = code_of_app()
    come_in(doctor).post(SECOND, {"code": code})
    again = come_in(doctor)
    again.post(SECOND, {"code": code})
    assert not is_in(again)

    kept = Authenticator.objects.get(user=doctor, type="recovery_codes").wrap()
    recovery = kept.get_unused_codes()[0]
    for works in (True, False):
        client = come_in(doctor)
        client.post(SECOND, {"code": recovery})
        assert is_in(client) == works


def test_five_wrong_codes_lock_the_second_step(doctor):
    client = come_in(with_app(doctor))
    for _number in range(5):
        client.post(SECOND, {"code": "000000"})
    client.post(SECOND, {"code": code_of_app()})
    assert not is_in(client)


def secrets_of(user):
    """Return the app's secret and the recovery codes' seed as stored in the database."""
    data = {name: text for each in user.authenticator_set.all() for name, text in each.data.items()}
    return [data["secret"], data["seed"]]


def test_the_database_holds_no_secret_of_an_app_in_plain_text(doctor):
    assert all(text.startswith("enc1:") for text in secrets_of(with_app(doctor)))


def test_secrets_from_before_are_encrypted_where_they_are(doctor):
    migration = import_module("clinic.migrations.0030_secrets_of_second_factors_are_encrypted")
    with_app(doctor)
    migration.open_secrets(apps, None)
    assert secrets_of(doctor)[0] == TOTP_SECRET

    migration.seal_secrets(apps, None)

    assert all(text.startswith("enc1:") for text in secrets_of(doctor))
    client = come_in(doctor)
    client.post(SECOND, {"code": code_of_app()})
    assert is_in(client)


def test_an_unknown_address_is_answered_like_a_wrong_password_and_costs_as_much(
    secretary, monkeypatch
):
    from django.contrib.auth.hashers import MD5PasswordHasher

    hashed = []
    encode = MD5PasswordHasher.encode

    def counted(self, password, salt):
        hashed.append(1)
        return encode(self, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    def ask(email):
        hashed.clear()
        answer = Client().post(LOGIN, {"login": email, "password": "wrong horse battery"})
        words = [str(error) for error in answer.context["form"].non_field_errors()]
        return answer.status_code, words, len(hashed)

    known, unknown = ask(secretary.email), ask("nobody@example.org")
    assert known == unknown
    assert known[2] == 1


def test_who_must_have_one_cannot_give_up_the_last_one(doctor, secretary, sign_in):
    for user, may in ((doctor, False), (secretary, True)):
        client = come_in(with_app(user))
        cache.clear()
        client.post(SECOND, {"code": code_of_app()})
        client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
        client.post(reverse("mfa_deactivate_totp"))
        assert Authenticator.objects.filter(user=user, type="totp").exists() != may


def test_other_browsers_are_listed_and_signed_out(secretary):
    here, there = come_in(secretary), come_in(secretary)
    page = here.get(reverse("usersessions_list")).content.decode()
    assert page.count("list-row-main") == 2
    here.post(reverse("usersessions_list"))
    assert is_in(here)
    assert there.get(reverse("clinic:desk_day")).status_code == 302


def test_a_new_password_ends_the_other_sessions(secretary):
    here, there = come_in(secretary), come_in(secretary)
    new = "another horse battery"
    here.post(
        reverse("account_change_password"),
        {"oldpassword": PASSWORD, "password1": new, "password2": new},
    )
    assert here.get(reverse("clinic:desk_day")).status_code == 200
    assert there.get(reverse("clinic:desk_day")).status_code == 302


def test_a_deactivated_person_is_out_with_the_next_request(secretary, admin):
    client = come_in(secretary)
    assert client.get(reverse("clinic:desk_day")).status_code == 200
    secretary.is_active = False
    secretary.save()
    assert client.get(reverse("clinic:desk_day")).url.startswith(LOGIN)


def test_a_demo_asks_for_the_password_alone(settings, doctor):
    settings.MFA_REQUIRED = False
    client = come_in(doctor)
    assert client.get(reverse("clinic:doctor_day")).status_code == 200


def test_an_admin_helps_who_has_lost_the_telephone(doctor, admin, sign_in):
    client = come_in(with_app(doctor))
    client.post(SECOND, {"code": code_of_app()})
    page = sign_in(admin).get(reverse("clinic:account_edit", args=[doctor.pk])).content.decode()
    assert "Remove the second step" in page

    url = reverse("clinic:account_second_factor", args=[doctor.pk])
    sign_in(admin).post(url, {"password": PASSWORD})

    assert not Authenticator.objects.filter(user=doctor).exists()
    assert client.get(reverse("clinic:doctor_day")).url.startswith(LOGIN)
    event = AuditEvent.objects.get(detail__second_factor="removed")
    assert (event.actor, event.target_id) == (admin, str(doctor.pk))
    assert come_in(doctor).get(reverse("home")).url == SET_UP


def test_people_behind_one_proxy_are_not_one(settings, secretary):
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for _number in range(6):
        wrong = {"login": secretary.email, "password": "wrong"}
        Client(headers={"X-Forwarded-For": "6.6.6.6, 192.0.2.1"}).post(LOGIN, wrong)
    right = {"login": secretary.email, "password": PASSWORD}

    neighbour = Client(headers={"X-Forwarded-For": "192.0.2.2"})
    neighbour.post(LOGIN, right)
    same = Client(headers={"X-Forwarded-For": "192.0.2.1"})
    same.post(LOGIN, right)

    assert is_in(neighbour)
    assert not is_in(same)
    assert AuditEvent.objects.get(verb="sign_in").ip_address == "192.0.2.2"
