"""Nobody can reach a record by becoming its patient: each test is one role's complete attempt.

`SECURITY.md` lists the same ways.
"""

import re
from datetime import date, timedelta
from importlib import import_module

import pytest
from django.apps import apps
from django.core import mail
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import Patient, RecordCode, User
from tests.access_table import ROLES
from tests.clinic.chains import (
    MY_CODE,
    MY_RECORD,
    NEW_PASSWORD,
    THIEF,
    WRONG_CODE,
    change_account,
    change_address,
    code_for,
    invite,
    reads,
    record_of,
    told,
)
from tests.clinic.portal import decide
from tests.factories import PASSWORD, AppointmentFactory, ConsultationFactory, UserFactory
from tests.mailbox import choose_password, link_in
from tests.test_access_matrix import ROWS, address

pytestmark = pytest.mark.usefixtures("mails_leave_at_once")


# The desk tries to become a patient.


def test_the_desk_that_typed_an_address_does_not_invite_it(known, desk):
    change_address(desk, known)
    page = desk.get(record_of(known)).content.decode()
    assert "You changed this patient’s email address" in page
    assert reverse("clinic:patient_invite", args=[known.pk]) not in page
    assert invite(desk, known) is None
    assert not [message for message in mail.outbox if message.to == [THIEF]]


def test_two_of_the_desk_together_still_lack_the_code(
    known, desk, sign_in, other_secretary, doctor, admin, settings
):
    settings.SMS_BACKEND = "clinic.core.sms.ConsoleSms"
    change_address(desk, known)
    assert [message.to for message in mail.outbox] == [["paul@example.org"]]
    assert THIEF not in mail.outbox[0].body

    thief = invite(sign_in(other_secretary), known)
    browser = Client()
    choose_password(browser, link_in(mail.outbox[-1]), NEW_PASSWORD)

    assert browser.session["_auth_user_id"] == str(thief.pk)
    assert not reads(browser, known)
    assert browser.post(MY_CODE, {"code": WRONG_CODE}).status_code == 422
    assert told("login_made") == {doctor.email, admin.email}
    seen = sign_in(doctor).get(reverse("clinic:patient_access", args=[known.pk])).content.decode()
    assert "Login of the patient" in seen


def test_the_old_phone_hears_of_a_new_phone_and_of_a_login(known, desk, settings, capfd):
    settings.SMS_BACKEND = "clinic.core.sms.ConsoleSms"
    invite(desk, known)
    assert "+33612345678" in capfd.readouterr().out
    known.phone = "+33699999999"
    change_address(desk, known, email=known.email)
    out = capfd.readouterr().out
    assert "+33612345678" in out
    assert "+33699999999" not in out


def test_where_no_old_address_hears_of_it_doctors_and_admins_do(known, desk, doctor, admin):
    Patient.objects.update(email="")
    known.refresh_from_db()
    change_address(desk, known)
    assert told("contact_changed") == {doctor.email, admin.email}


def test_the_desk_cannot_print_a_code_nor_open_a_record(known, desk):
    invite(desk, known)
    for url in ("clinic:record_code_hand_out", "clinic:record_open"):
        assert desk.post(reverse(url, args=[known.pk])).status_code == 403
    assert not RecordCode.objects.exists()


def test_the_code_from_the_paper_opens_the_record_once(known, desk, sign_in, doctor):
    account = invite(desk, known)
    code = code_for(sign_in(doctor), known)
    browser = sign_in(account)
    assert browser.get(MY_RECORD).url == MY_CODE
    assert browser.post(MY_CODE, {"code": code.lower().replace("-", " ")}).url == MY_RECORD
    assert reads(browser, known)
    Patient.objects.update(record_opened_at=None, record_opened_how="")
    assert browser.post(MY_CODE, {"code": code}).status_code == 422
    assert code not in str(list(RecordCode.objects.values()))


def test_five_wrong_codes_end_the_code(known, desk, sign_in, doctor):
    browser = sign_in(invite(desk, known))
    code = code_for(sign_in(doctor), known)
    for _number in range(5):
        assert browser.post(MY_CODE, {"code": WRONG_CODE}).status_code == 422
    assert browser.post(MY_CODE, {"code": code}).status_code == 422
    assert not reads(browser, known)


def test_a_code_of_ninety_days_ago_opens_nothing(known, desk, sign_in, doctor):
    browser = sign_in(invite(desk, known))
    code = code_for(sign_in(doctor), known)
    RecordCode.objects.update(ends_at=timezone.now())
    assert browser.post(MY_CODE, {"code": code}).status_code == 422


def test_a_code_of_somebody_else_opens_no_record(known, sign_in, doctor, other_patient):
    Patient.objects.filter(pk=other_patient.pk).update(
        record_opened_at=None, record_opened_how="", birth_date=date(1970, 1, 1)
    )
    code = code_for(sign_in(doctor), known)
    browser = sign_in(other_patient.user)
    assert browser.post(MY_CODE, {"code": code}).status_code == 422
    assert not reads(browser, known)


def test_a_doctor_opens_the_record_of_a_patient_who_is_there(known, desk, sign_in, doctor):
    account = invite(desk, known)
    sign_in(doctor).post(reverse("clinic:record_open", args=[known.pk]))
    assert reads(sign_in(account), known)


def test_a_doctor_without_a_visit_today_opens_nothing(known, sign_in, doctor):
    known.consultations.update(started_at=timezone.now() - timedelta(days=2))
    for url in ("clinic:record_code_hand_out", "clinic:record_open"):
        assert sign_in(doctor).post(reverse(url, args=[known.pk])).status_code == 403


def test_a_new_address_of_an_account_closes_the_record_again(known, desk, sign_in, doctor, admin):
    account = invite(desk, known)
    sign_in(doctor).post(reverse("clinic:record_open", args=[known.pk]))
    change_account(sign_in(admin), account)
    account.refresh_from_db()
    assert account.email == THIEF
    assert not reads(sign_in(account), known)


def test_no_address_of_the_site_tells_a_closed_record(things, patient, sign_in):
    Patient.objects.update(record_opened_at=None, record_opened_how="")
    browser = sign_in(patient.user)
    told_to_patients = [
        row
        for row in ROWS
        if row.method == "GET"
        and row.of not in {"-", "appointment"}
        and row.expected[ROLES.index("pati")] == "200"
    ]
    assert len(told_to_patients) >= 6
    for row in told_to_patients:
        assert browser.get(address(row, things)).status_code == 404, row


# Somebody who signs up tries to become a patient.


def sign_up(email, **said):
    decide(is_sign_up_open=True)
    browser = Client()
    browser.post(reverse("account_signup"), {"email": email})
    (code,) = re.findall(r"^\d{6}$", mail.outbox[-1].body, re.MULTILINE)
    browser.post(reverse("clinic:sign_up_code"), {"code": code})
    details = {
        "full_name": "Paul Patient",
        "birth_date": "1980-05-17",
        "sex": "male",
        "phone": "+33612345678",
        "language": "en",
        "password1": NEW_PASSWORD,
        "password2": NEW_PASSWORD,
        "agrees_to_care": "on",
    }
    return browser, browser.post(reverse("clinic:sign_up_details"), details | said)


def test_a_sign_up_under_the_address_of_a_record_does_not_get_the_record(known, desk):
    change_address(desk, known)
    browser, _answer = sign_up(THIEF)
    known.refresh_from_db()
    assert known.user is None
    assert User.objects.get(email=THIEF).patient.is_possible_duplicate
    assert not reads(browser, known)


def test_a_record_made_by_a_sign_up_stays_closed_when_the_real_patient_is_seen_under_it(
    doctor, sign_in
):
    browser, _answer = sign_up(THIEF)
    made = User.objects.get(email=THIEF).patient
    appointment = AppointmentFactory(doctor=doctor.doctor, patient=made, status="in_consultation")
    visit = ConsultationFactory(appointment=appointment, conclusion="A harmless spot.")
    visit.signed_at, visit.signed_by = timezone.now(), doctor
    visit.save()
    assert not reads(browser, made)


def test_a_sign_up_with_the_code_from_a_visit_gets_the_record(known, sign_in, doctor, admin):
    code = code_for(sign_in(doctor), known)
    browser, _answer = sign_up("new@example.org", record_code=code)
    known.refresh_from_db()
    assert known.user.email == "new@example.org"
    assert Patient.objects.count() == 1
    assert reads(browser, known)
    assert told("login_made") == {doctor.email, admin.email}


@pytest.mark.parametrize("said", [{"record_code": WRONG_CODE}, {"birth_date": "1980-05-18"}])
def test_a_sign_up_with_a_code_that_does_not_fit_gets_nothing(known, sign_in, doctor, said):
    code = code_for(sign_in(doctor), known)
    _browser, answer = sign_up(THIEF, **({"record_code": code} | said))
    assert answer.status_code == 422
    assert "This code is wrong" in answer.content.decode()
    assert not User.objects.filter(email=THIEF).exists()


def test_whoever_registered_anew_moves_to_the_old_record_with_its_code(known, sign_in, doctor):
    browser, _answer = sign_up("new@example.org")
    code = code_for(sign_in(doctor), known)
    browser.post(MY_CODE, {"code": code})
    known.refresh_from_db()
    assert known.user.email == "new@example.org"
    assert reads(browser, known)
    left = Patient.objects.get(user=None)
    assert left.is_possible_duplicate


# An admin tries to become a patient.


def test_an_admin_gives_a_record_of_before_no_address_of_his_own(known, sign_in, admin):
    said = {
        "role": "patient",
        "full_name": known.full_name,
        "email": THIEF,
        "language": "en",
        "birth_date": known.birth_date.isoformat(),
        "record_number": known.record_number,
        "password": PASSWORD,
    }
    answer = sign_in(admin).post(reverse("clinic:account_create"), said)
    assert answer.status_code == 422
    assert "The record has a different email address." in answer.content.decode()
    known.refresh_from_db()
    assert known.user is None


def test_an_admin_who_turned_a_patients_address_does_not_invite_it(known, desk, sign_in, admin):
    account = invite(desk, known)
    browser = sign_in(admin)
    change_account(browser, account)
    page = browser.get(reverse("clinic:account_edit", args=[account.pk])).content.decode()
    assert "You changed this patient’s email address" in page
    assert reverse("clinic:account_invite", args=[account.pk]) not in page
    mail.outbox.clear()
    browser.post(reverse("clinic:account_invite", args=[account.pk]))
    assert mail.outbox == []


# Existing records and accounts.


def test_accounts_in_use_keep_their_record_and_unused_ones_prove_themselves(known, patient):
    migration = import_module("clinic.migrations.0043_records_in_use_stay_open")
    Patient.objects.update(record_opened_at=None, record_opened_how="")
    known.user = UserFactory()
    known.save()
    User.objects.filter(pk=patient.user.pk).update(last_login=timezone.now())
    migration.keep_open(apps, None)
    known.refresh_from_db()
    patient.refresh_from_db()
    assert (patient.record_opened_how, known.record_opened_how) == ("before", "")
