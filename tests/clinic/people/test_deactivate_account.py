"""Accounts are deactivated, never deleted; deactivated people are out within one request."""

import threading

import pytest
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import connections
from django.urls import reverse

from clinic.models import Appointment, AuditEvent, User
from clinic.people.services.accounts import deactivate_account
from tests.factories import PASSWORD, AppointmentFactory, UserFactory
from tests.mailbox import DEAD_MAIL_SERVER, choose_password, link_in

PROFILE = reverse("clinic:profile")
LOGIN = reverse("account_login")


def deactivate_url(user):
    return reverse("clinic:account_deactivate", args=[user.pk])


def reactivate_url(user):
    return reverse("clinic:account_reactivate", args=[user.pk])


def test_the_page_asks_first(admin, secretary, sign_in):
    page = sign_in(admin).get(deactivate_url(secretary))
    assert "Deactivate the account of Sam Secretary?" in page.content.decode()
    secretary.refresh_from_db()
    assert secretary.is_active


def test_the_page_counts_the_visits_that_are_still_booked(admin, doctor, sign_in):
    AppointmentFactory(doctor=doctor.doctor)
    AppointmentFactory(doctor=doctor.doctor, status=Appointment.Status.CANCELLED)
    page = sign_in(admin).get(deactivate_url(doctor)).content.decode()
    assert "1 upcoming appointment with this doctor." in page


def test_a_deactivated_person_is_signed_out_at_once(admin, secretary, sign_in):
    working = sign_in(secretary)
    assert working.get(PROFILE).status_code == 200
    response = sign_in(admin).post(deactivate_url(secretary))
    assert response.url == reverse("clinic:account_list")
    assert working.get(PROFILE).status_code == 302
    assert User.objects.filter(pk=secretary.pk).exists()


def test_an_ended_session_does_not_come_back_with_the_account(admin, secretary, sign_in):
    working = sign_in(secretary)
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    browser.post(reactivate_url(secretary), {"password": PASSWORD})
    assert working.get(PROFILE).status_code == 302


def test_a_deactivated_person_cannot_sign_in_and_is_told_no_more_than_others(
    admin, secretary, sign_in, client
):
    sign_in(admin).post(deactivate_url(secretary))
    known = client.post(LOGIN, {"login": secretary.email, "password": PASSWORD})
    unknown = client.post(LOGIN, {"login": "nobody@example.org", "password": PASSWORD})
    words = "Wrong email address or password."
    assert words in known.content.decode()
    assert words in unknown.content.decode()
    assert "_auth_user_id" not in client.session


def test_a_password_that_outlives_the_account_opens_nothing(secretary, client):
    User.objects.filter(pk=secretary.pk).update(is_active=False)
    response = client.post(LOGIN, {"login": secretary.email, "password": PASSWORD})
    assert response.status_code == 200
    assert "Wrong email address or password" in response.content.decode()


def test_a_deactivated_person_gets_no_link_for_a_new_password(admin, secretary, sign_in, client):
    client.post(reverse("account_reset_password"), {"email": secretary.email})
    link = link_in(mail.outbox[0])
    sign_in(admin).post(deactivate_url(secretary))
    assert "This link no longer works" in client.get(link, follow=True).content.decode()
    client.post(reverse("account_reset_password"), {"email": secretary.email})
    assert "There is no account for it." in mail.outbox[1].body


def test_the_change_is_audited_with_old_and_new(admin, secretary, sign_in):
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    browser.post(reactivate_url(secretary), {"password": PASSWORD})
    details = AuditEvent.objects.filter(target_id=str(secretary.pk)).order_by("pk")
    assert [(event.actor, event.detail) for event in details] == [
        (admin, {"is_active": [True, False]}),
        (admin, {"is_active": [False, True]}),
        (admin, {"invitation": "sent"}),
    ]


def test_a_second_click_changes_nothing(admin, secretary, sign_in):
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    assert browser.post(deactivate_url(secretary)).status_code == 302
    assert AuditEvent.objects.filter(target_id=str(secretary.pk)).count() == 1


def test_the_last_admin_stays(admin, sign_in):
    browser = sign_in(admin)
    response = browser.post(deactivate_url(admin))
    assert response.status_code == 409
    assert "This is the last admin who can sign in" in response.content.decode()
    admin.refresh_from_db()
    assert admin.is_active
    assert browser.get(PROFILE).status_code == 200


def test_an_admin_who_never_set_a_password_does_not_count(admin, sign_in):
    User.objects.create_user("new@example.org", None, full_name="New", role="admin")
    UserFactory(role="admin", is_active=False)
    assert sign_in(admin).post(deactivate_url(admin)).status_code == 409


def test_one_of_two_admins_can_go(admin, sign_in):
    other = UserFactory(role="admin")
    assert sign_in(admin).post(deactivate_url(other)).status_code == 302
    other.refresh_from_db()
    assert not other.is_active


def test_a_reactivated_person_sets_a_new_password(admin, secretary, sign_in, client):
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    browser.post(reactivate_url(secretary), {"password": PASSWORD})
    secretary.refresh_from_db()
    assert secretary.is_active
    assert not secretary.check_password(PASSWORD)
    choose_password(client, link_in(mail.outbox[0]), "nine purple lighthouses")
    assert client.session["_auth_user_id"] == str(secretary.pk)


def test_a_mail_server_that_is_down_does_not_stop_the_reactivation(
    admin, secretary, sign_in, settings
):
    settings.EMAIL_BACKEND = DEAD_MAIL_SERVER
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    page = browser.post(
        reactivate_url(secretary), {"password": PASSWORD}, follow=True
    ).content.decode()
    assert "the email could not be sent" in page
    assert "Send the invitation again" in page


def test_an_account_that_is_active_is_not_reactivated(admin, secretary, sign_in):
    response = sign_in(admin).post(reactivate_url(secretary), {"password": PASSWORD})
    assert response.status_code == 409
    assert "has already set a password" in response.content.decode()
    secretary.refresh_from_db()
    assert secretary.check_password(PASSWORD)


@pytest.mark.parametrize("role", ["secretary", "doctor", "patient"])
@pytest.mark.parametrize("url_of", [deactivate_url, reactivate_url])
def test_only_admins_close_and_open_accounts(role, url_of, request, other_doctor, sign_in):
    person = request.getfixturevalue(role)
    person = person.user if role == "patient" else person
    browser = sign_in(person)
    assert browser.post(url_of(other_doctor)).status_code == 404
    assert browser.post(url_of(person)).status_code == 403
    assert User.objects.filter(is_active=True).count() == 2


def test_a_look_at_the_reactivation_reactivates_nobody(admin, secretary, sign_in):
    browser = sign_in(admin)
    browser.post(deactivate_url(secretary))
    assert browser.get(reactivate_url(secretary)).status_code == 200
    secretary.refresh_from_db()
    assert not secretary.is_active


@pytest.mark.django_db(transaction=True)
def test_two_admins_who_shut_each_other_out_at_once_leave_one():
    first, second = UserFactory(role="admin"), UserFactory(role="admin")
    start, refused = threading.Barrier(2), []

    def shut_out(actor, user):
        start.wait()
        try:
            deactivate_account(actor=actor, user=user)
        except ValidationError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [
        threading.Thread(target=shut_out, args=pair) for pair in [(first, second), (second, first)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert User.objects.filter(role="admin", is_active=True).count() == 1
