"""Too many failures lock sign-in for a while, and the trail says so once."""

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import AuditEvent
from clinic.people.services.invitations import password_link
from tests.factories import PASSWORD, with_app


def try_to_come_in(email, password="wrong horse battery", machine="192.0.2.1"):
    typed = {"login": email, "password": password}
    return Client(REMOTE_ADDR=machine).post(reverse("account_login"), typed)


def test_a_lock_is_noted_once_and_tells_unknown_from_known_to_nobody(secretary):
    answers = []
    for email in (secretary.email, "nobody@example.org"):
        for _number in range(5):
            try_to_come_in(email)
        for _number in range(3):
            answer = try_to_come_in(email, PASSWORD)
        answers.append((answer.status_code, answer.context["form"].non_field_errors()))
    assert answers[0] == answers[1]
    assert "Wait 15 minutes" in str(answers[0][1])
    noted = AuditEvent.objects.filter(detail={"reason": "locked_out"}).order_by("pk")
    assert [event.target_id for event in noted] == [str(secretary.pk), ""]
    assert "nobody" not in str(noted.values())


def test_failures_are_counted_while_redis_is_away(secretary, settings):
    settings.CACHES = {
        "default": {
            "BACKEND": "skinhealth.cache.PatientRedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "KEY_PREFIX": secretary.pk.hex,
        }
    }
    for _number in range(5):
        try_to_come_in(secretary.email)
    assert "Too many attempts" in try_to_come_in(secretary.email, PASSWORD).content.decode()


def test_a_stranger_s_failures_keep_nobody_else_out(secretary):
    for number in range(6):
        answer = try_to_come_in(secretary.email, PASSWORD if number == 5 else "wrong horse")
    assert "Too many attempts" in answer.content.decode()
    assert try_to_come_in(secretary.email, PASSWORD, machine="192.0.2.2").status_code == 302


def test_twenty_wrong_passwords_on_the_clinic_s_network_keep_no_colleague_out(secretary, doctor):
    for number in range(20):
        try_to_come_in(doctor.email if number % 2 else f"nobody{number}@example.org")
    assert try_to_come_in(secretary.email, PASSWORD).status_code == 302


def test_wrong_codes_of_second_factors_keep_no_colleague_out(secretary, doctor, admin):
    for user in (doctor, admin):
        browser = Client(REMOTE_ADDR="192.0.2.1")
        browser.post(
            reverse("account_login"), {"login": with_app(user).email, "password": PASSWORD}
        )
        for _number in range(11):
            browser.post(reverse("mfa_authenticate"), {"code": "000000"})
    assert try_to_come_in(secretary.email, PASSWORD).status_code == 302


def test_one_address_cannot_try_a_password_on_every_account(secretary):
    for number in range(100):
        try_to_come_in(f"nobody{number}@example.org")
    assert "Too many attempts" in try_to_come_in(secretary.email, PASSWORD).content.decode()
    assert try_to_come_in(secretary.email, PASSWORD, machine="192.0.2.2").status_code == 302


def test_failures_from_many_machines_close_the_door_for_all_that_are_unknown(secretary):
    for number in range(50):
        machine = f"192.0.2.{number // 4 + 1}"
        assert try_to_come_in(secretary.email, machine=machine).status_code == 200
        # The right password is not a failure, however often it is typed.
        if number % 10 == 0:
            assert try_to_come_in(secretary.email, PASSWORD, "192.0.2.90").status_code == 302
    answer = try_to_come_in(secretary.email, PASSWORD, "192.0.2.90")
    assert "Wait 15 minutes" in str(answer.context["form"].non_field_errors())


def test_a_try_that_is_refused_counts_nowhere(secretary, settings):
    for number in range(50):
        try_to_come_in(secretary.email, machine=f"192.0.2.{number // 4 + 1}")
    for _number in range(6):
        try_to_come_in(secretary.email, PASSWORD, "192.0.2.90")
    settings.ACCOUNT_RATE_LIMITS = {**settings.ACCOUNT_RATE_LIMITS, "password_anywhere": ""}
    assert try_to_come_in(secretary.email, PASSWORD, "192.0.2.90").status_code == 302


@pytest.mark.parametrize(
    ("name", "typed", "allowed"),
    [
        ("account_reset_password", {"email": "secretary@example.org"}, 5),
        (
            "account_change_password",
            {"oldpassword": "wrong", "password1": "x", "password2": "x"},
            5,
        ),
        ("account_reauthenticate", {"password": "wrong"}, 10),
    ],
)
def test_every_other_place_for_a_password_bears_so_many_tries(
    name, typed, allowed, sign_in, secretary
):
    client = Client() if name == "account_reset_password" else sign_in(secretary)
    answers = [client.post(reverse(name), typed).status_code for _try in range(allowed + 1)]
    assert 429 not in answers[:allowed]
    assert answers[-1] == 429


def test_a_link_of_a_mail_cannot_be_guessed_for_long(db):
    address = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "x-y"})
    new = {"password1": "another horse battery", "password2": "another horse battery"}
    answers = [Client().post(address, new).status_code for _try in range(21)]
    assert answers[-1] == 429


def test_wrong_links_hold_up_nobody_who_has_the_right_one(secretary):
    wrong = reverse("account_reset_password_from_key", kwargs={"uidb36": "1", "key": "x-y"})
    for _try in range(25):
        answer = Client().get(wrong)
    assert answer.status_code == 429
    assert Client().get(password_link(secretary, site_url="")).url.endswith("set-password/")
