"""Nobody can become a doctor, or silence an alarm, through another account.

Each test is the complete attempt of one role; `SECURITY.md` lists the same ways.
"""

import re
from datetime import timedelta
from io import StringIO

import pytest
from allauth.mfa.utils import is_mfa_enabled
from django.core import mail
from django.core.exceptions import ValidationError
from django.core.management import call_command
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.models import (
    Appointment,
    AuditEvent,
    EmergencyAccess,
    RetentionProposal,
    User,
    VisitType,
)
from clinic.office.services.clinic_settings import confirm_proposal
from clinic.office.services.retention import ask_for_erasure, confirm_erasure, decide_erasure
from tests.clinic import test_chains_to_a_record
from tests.clinic.chains import (
    ABSENCE,
    BOOK,
    NEW_PASSWORD,
    SECURITY,
    THIEF,
    change_account,
    hire,
    invite,
    reads,
    record_of,
    remove_factor,
    told,
)
from tests.clinic.desk import at, booked, coming, works
from tests.clinic.leave import decided, key, leave, name
from tests.factories import PASSWORD, AppointmentFactory, ConsultationFactory, UserFactory, with_app
from tests.mailbox import choose_password, link_in

pytestmark = pytest.mark.usefixtures("mails_leave_at_once")


# An admin tries to become a doctor.


def test_an_unattended_admin_page_turns_no_address(doctor, sign_in, admin):
    browser = sign_in(admin)
    for password in ("", "not the password"):
        assert change_account(browser, doctor, password=password).status_code == 422
    doctor.refresh_from_db()
    assert doctor.email == "doctor@example.org"
    assert AuditEvent.objects.filter(verb="denied", detail__reason="own_password").count() == 1


def test_a_new_address_of_a_doctor_is_told_and_ends_the_sessions(
    doctor, sign_in, admin, other_admin
):
    of_the_doctor = Client()
    of_the_doctor.post(reverse("account_login"), {"login": doctor.email, "password": PASSWORD})
    assert change_account(sign_in(admin), doctor).status_code == 302
    (message,) = mail.outbox
    assert message.to == ["doctor@example.org"]
    assert THIEF not in message.body
    assert told("account_changed") == {other_admin.email}
    assert "_auth_user_id" not in of_the_doctor.session


def test_the_second_factor_outlives_a_new_address_and_a_new_password(doctor, sign_in, admin):
    with_app(doctor)
    change_account(sign_in(admin), doctor)
    browser = Client()
    browser.post(reverse("account_reset_password"), {"email": THIEF})
    choose_password(browser, link_in(mail.outbox[-1]), NEW_PASSWORD)
    assert browser.get(reverse("clinic:doctor_day")).status_code == 302
    assert "_auth_user_id" not in browser.session


def test_whoever_turned_the_address_does_not_take_the_second_factor(
    doctor, sign_in, admin, other_admin
):
    with_app(doctor)
    browser = sign_in(admin)
    change_account(browser, doctor)
    assert remove_factor(browser, doctor).status_code == 409
    assert is_mfa_enabled(doctor)
    mail.outbox.clear()
    assert remove_factor(sign_in(other_admin), doctor).status_code == 302
    assert {message.to[0] for message in mail.outbox} == {THIEF, "doctor@example.org"}


def test_whoever_took_the_second_factor_does_not_turn_the_address(doctor, sign_in, admin):
    with_app(doctor)
    browser = sign_in(admin)
    remove_factor(browser, doctor)
    assert change_account(browser, doctor).status_code == 422
    doctor.refresh_from_db()
    assert doctor.email == "doctor@example.org"


def test_an_admin_made_for_the_purpose_is_no_second_admin(doctor, sign_in, admin, other_admin):
    with_app(doctor)
    browser = sign_in(admin)
    hire(browser, "admin", "puppet@example.org")
    puppet = User.objects.get(email="puppet@example.org")
    change_account(browser, doctor)
    puppet.set_password(PASSWORD)
    puppet.save()
    assert remove_factor(sign_in(puppet), doctor).status_code == 409
    assert told("account_made") == {other_admin.email}


def test_an_only_admin_waits_a_day_in_which_the_old_address_can_object(
    doctor, sign_in, admin, later
):
    with_app(doctor)
    browser = sign_in(admin)
    change_account(browser, doctor)
    refused = remove_factor(browser, doctor)
    assert refused.status_code == 409
    assert "The old address has been notified" in refused.content.decode()
    later(hours=25)
    mail.outbox.clear()
    assert remove_factor(sign_in(admin), doctor).status_code == 302
    assert ["doctor@example.org"] in [message.to for message in mail.outbox]


def test_whoever_shuts_out_the_other_admin_waits_a_day_from_then_on(
    doctor, sign_in, admin, other_admin, later
):
    with_app(doctor)
    change_account(sign_in(admin), doctor)
    later(hours=25)
    sign_in(admin).post(reverse("clinic:account_deactivate", args=[other_admin.pk]))
    assert not User.objects.get(pk=other_admin.pk).is_active
    assert remove_factor(sign_in(admin), doctor).status_code == 409
    later(hours=50)
    assert remove_factor(sign_in(admin), doctor).status_code == 302


def test_an_admin_does_not_take_the_own_second_factor(admin, other_admin, sign_in):
    with_app(admin)
    assert remove_factor(sign_in(admin), admin).status_code == 409
    assert remove_factor(sign_in(other_admin), admin).status_code == 302


@pytest.mark.parametrize("role", ["doctor", "secretary", "admin"])
def test_the_other_admins_hear_of_every_new_account_of_staff(role, sign_in, admin, other_admin):
    assert hire(sign_in(admin), role, "new@example.org", password="").status_code == 422
    hire(sign_in(admin), role, "new@example.org")
    assert told("account_made") == {other_admin.email}
    page = sign_in(other_admin).get(reverse("clinic:notification_list")).content.decode()
    assert "Nora New" in page


def test_where_there_is_no_other_admin_the_doctors_hear_of_it(sign_in, admin, doctor):
    hire(sign_in(admin), "doctor", "new@example.org")
    assert told("account_made") == {doctor.email}


def test_an_admin_made_on_the_server_is_heard_of(admin):
    call_command("create_admin", "new@example.org", "Nora New", stdout=StringIO())
    assert told("account_made") == {admin.email}


def test_letting_somebody_back_in_needs_the_password_and_is_heard_of(
    doctor, sign_in, admin, other_admin
):
    User.objects.filter(pk=doctor.pk).update(is_active=False)
    browser, url = sign_in(admin), reverse("clinic:account_reactivate", args=[doctor.pk])
    assert browser.post(url, {"password": "not the password"}).status_code == 422
    assert not User.objects.get(pk=doctor.pk).is_active
    browser.post(url, {"password": PASSWORD})
    assert User.objects.get(pk=doctor.pk).is_active
    assert told("account_changed") == {other_admin.email}


def test_an_admin_who_shuts_out_another_is_heard_of(sign_in, admin, other_admin):
    third = UserFactory(role=User.Role.ADMIN)
    sign_in(admin).post(reverse("clinic:account_deactivate", args=[other_admin.pk]))
    assert told("account_changed") == {third.email}
    assert mail.outbox[-1].to == [other_admin.email]


# An admin tries to silence an alarm.


def emergency_of(doctor, patient):
    started = timezone.now() - timedelta(hours=2)
    return EmergencyAccess.objects.create(
        doctor=doctor,
        patient=patient,
        reason="Brought in unconscious.",
        started_at=started,
        ends_at=started + timedelta(hours=1),
    )


def judge(browser, access):
    said = {"verdict": "justified", "note": "All was well."}
    return browser.post(reverse("clinic:emergency_review", args=[access.pk]), said)


def test_whoever_made_a_doctor_does_not_judge_what_she_opened(sign_in, admin, other_admin, patient):
    hire(sign_in(admin), "doctor", "new@example.org")
    access = emergency_of(User.objects.get(email="new@example.org"), patient)
    refused = judge(sign_in(admin), access)
    assert refused.status_code == 409
    assert "another admin has to review this access" in refused.content.decode()
    assert judge(sign_in(other_admin), access).status_code == 302


def test_whoever_changed_a_doctor_does_not_judge_what_she_opened(sign_in, admin, doctor, patient):
    browser = sign_in(admin)
    change_account(browser, doctor, email=doctor.email, phone="+33611223344")
    assert judge(browser, emergency_of(doctor, patient)).status_code == 409


def test_a_second_admin_made_for_the_purpose_confirms_nothing(sign_in, admin, patient):
    hire(sign_in(admin), "admin", "puppet@example.org")
    puppet = User.objects.get(email="puppet@example.org")
    asked = ask_for_erasure(patient=patient, actor=patient.user)
    granted = decide_erasure(request=asked, actor=admin, decision="granted", reason="Asked.")
    with pytest.raises(ValidationError, match="somebody else has to confirm it"):
        confirm_erasure(request=granted, actor=puppet)
    RetentionProposal.objects.create(years=6, proposed_by=admin)
    with pytest.raises(ValidationError, match="somebody else has to confirm it"):
        confirm_proposal(actor=puppet)


# A doctor tries to become a patient's doctor.


def test_a_doctor_books_no_patient_whom_she_does_not_treat(sign_in, other_doctor, known):
    day = coming(0)
    works(other_doctor, day)
    said = {
        "patient": known.pk,
        "doctor": other_doctor.doctor.pk,
        "visit_type": VisitType.objects.get(code="follow-up").pk,
        "starts_at": at(day, "09:00").isoformat(),
        "slot": f"{other_doctor.doctor.pk}/{at(day, '09:00').isoformat()}",
    }
    assert sign_in(other_doctor).post(BOOK, said).status_code == 422
    assert sign_in(other_doctor).get(record_of(known)).status_code == 404


def test_an_admin_moves_no_visit_to_a_doctor_whom_he_made(sign_in, admin, doctor, known, day):
    browser = sign_in(admin)
    hire(browser, "doctor", "puppet@example.org")
    puppet = User.objects.get(email="puppet@example.org")
    works(puppet, day)
    visit = booked(doctor, known, at(day, "09:00"))
    page = browser.post(ABSENCE, leave(doctor, day))
    chosen = decided(page, **{name(visit): key(puppet, at(day, "09:00"))})
    answer = browser.post(ABSENCE, chosen)
    assert "the desk has to move the visit" in answer.content.decode()
    assert sign_in(puppet).get(record_of(known)).status_code == 404


def test_an_admin_leaves_no_patients_to_a_doctor_whom_he_made(sign_in, admin, doctor, known):
    browser = sign_in(admin)
    hire(browser, "doctor", "puppet@example.org")
    puppet = User.objects.get(email="puppet@example.org")
    said = {"successor": puppet.doctor.pk, "decision": puppet.doctor.pk}
    url = reverse("clinic:account_deactivate", args=[doctor.pk])
    answer = browser.post(url, said)
    assert answer.status_code == 409
    assert "ask another admin" in answer.content.decode()
    doctor.refresh_from_db()
    assert doctor.is_active
    assert sign_in(puppet).get(record_of(known)).status_code == 404


def test_a_doctor_made_by_the_inviting_admin_opens_no_record_for_him(known, sign_in, admin):
    browser = sign_in(admin)
    hire(browser, "doctor", "puppet@example.org")
    puppet = User.objects.get(email="puppet@example.org")
    appointment = AppointmentFactory(
        doctor=puppet.doctor,
        patient=known,
        status=Appointment.Status.IN_CONSULTATION,
        starts_at=timezone.now() - timedelta(hours=3),
    )
    ConsultationFactory(appointment=appointment)
    account = invite(browser, known)
    for url in ("clinic:record_code_hand_out", "clinic:record_open"):
        assert sign_in(puppet).post(reverse(url, args=[known.pk])).status_code == 409
    assert not reads(sign_in(account), known)


def test_the_list_of_chains_names_a_test_for_each():
    listed = set(re.findall(r"`(test_\w+)`", SECURITY.read_text()))
    files = globals() | vars(test_chains_to_a_record)
    here = {each for each in files if each.startswith("test_")}
    assert listed <= here
    assert len(listed) >= 15
