"""Nobody reaches a record, or silences an alarm, by becoming somebody else: one test a chain.

Each test is the whole way that a person of one role would go; `SECURITY.md` lists the same ways.
"""

import re
from datetime import date, timedelta
from importlib import import_module
from io import StringIO
from types import SimpleNamespace

import pytest
from allauth.mfa.utils import is_mfa_enabled
from django.apps import apps
from django.conf import settings as site
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
    Notification,
    Patient,
    RecordCode,
    RetentionProposal,
    User,
    VisitType,
)
from clinic.services import contact_news
from clinic.services.clinic_settings import confirm_proposal
from clinic.services.record_access import LETTERS
from clinic.services.retention import ask_for_erasure, confirm_erasure, decide_erasure
from tests.access_table import ROLES
from tests.clinic.desk import at, booked, coming, works
from tests.clinic.leave import decided, key, leave, name
from tests.clinic.portal import decide
from tests.factories import (
    PASSWORD,
    AppointmentFactory,
    ConsultationFactory,
    PatientFactory,
    UserFactory,
    with_app,
)
from tests.mailbox import choose_password, link_in
from tests.test_access_matrix import ROWS, address

THIEF = "thief@example.org"
NEW_PASSWORD = "nine purple lighthouses"
MY_CODE = reverse("clinic:my_record_code")
MY_RECORD = reverse("diagnosis:my_record")
CLINICAL_PAGES = (
    "diagnosis:my_record",
    "clinic:my_documents",
    "clinic:my_access",
    "clinic:my_erasure",
)
ABSENCE = reverse("clinic:absence_add")
BOOK = reverse("clinic:appointment_book")
SECURITY = site.BASE_DIR / "SECURITY.md"
WRONG_CODE = "AAAAA-AAAAA"


@pytest.fixture
def known(doctor, media):
    """A patient without a login, with a signed visit of a month ago and a visit of today."""
    patient = PatientFactory(
        full_name="Paul Patient", email="paul@example.org", birth_date=date(1980, 5, 17)
    )
    for days in (30, 0):
        appointment = AppointmentFactory(
            doctor=doctor.doctor,
            patient=patient,
            status=Appointment.Status.IN_CONSULTATION,
            starts_at=timezone.now() - timedelta(days=days),
        )
        visit = ConsultationFactory(appointment=appointment, conclusion="A harmless spot.")
    visit.signed_at, visit.signed_by = timezone.now(), doctor
    visit.save()
    return patient


@pytest.fixture
def other_admin(db):
    return UserFactory(email="other-admin@example.org", role=User.Role.ADMIN)


@pytest.fixture
def other_secretary(db):
    return UserFactory(email="other-secretary@example.org", role=User.Role.SECRETARY)


@pytest.fixture(autouse=True)
def _mails_leave(monkeypatch):
    """A test has one long transaction: what would be told after each request is told at once."""
    at_once = SimpleNamespace(on_commit=lambda send: send())
    monkeypatch.setattr(contact_news, "transaction", at_once)


@pytest.fixture
def later(monkeypatch):
    """Lets hours pass."""
    now = timezone.now

    def _later(hours):
        monkeypatch.setattr(timezone, "now", lambda: now() + timedelta(hours=hours))

    return _later


def change_address(browser, patient, email=THIEF):
    said = {
        "full_name": patient.full_name,
        "birth_date": patient.birth_date.isoformat(),
        "sex": patient.sex,
        "phone": str(patient.phone),
        "language": patient.language,
        "email": email,
    }
    page = browser.get(reverse("clinic:patient_edit", args=[patient.pk]))
    hidden = {field.name: field.value() or "" for field in page.context["form"] if field.is_hidden}
    return browser.post(reverse("clinic:patient_edit", args=[patient.pk]), hidden | said)


def invite(browser, patient):
    browser.post(reverse("clinic:patient_invite", args=[patient.pk]))
    patient.refresh_from_db()
    return patient.user


def change_account(browser, user, email=THIEF, password=PASSWORD, **said):
    url = reverse("clinic:account_edit", args=[user.pk])
    page = browser.get(url)
    known = {field.name: field.value() or "" for field in page.context["form"]}
    return browser.post(url, known | {"email": email, "password": password} | said)


def remove_factor(browser, user, password=PASSWORD):
    url = reverse("clinic:account_second_factor", args=[user.pk])
    return browser.post(url, {"password": password})


def hire(browser, role, email, password=PASSWORD):
    said = {"role": role, "full_name": "Nora New", "email": email, "language": "en"}
    return browser.post(reverse("clinic:account_create"), said | {"password": password})


def code_for(browser, patient):
    """The code on the paper that a doctor prints."""
    url = reverse("clinic:record_code_hand_out", args=[patient.pk])
    page = browser.post(url, follow=True)
    assert page.status_code == 200
    return re.search(rf"[{LETTERS}]{{5}}-[{LETTERS}]{{5}}", page.content.decode())[0]


def reads(browser, patient):
    """Whether anything clinical of the patient comes out of any page of the portal."""
    pages = [browser.get(reverse(url), follow=True).content.decode() for url in CLINICAL_PAGES]
    visits = patient.consultations.values_list("pk", flat=True)
    letters = [browser.get(reverse("diagnosis:my_visit", args=[pk])).status_code for pk in visits]
    papers = [
        browser.get(reverse("diagnosis:visit_report", args=[pk])).status_code for pk in visits
    ]
    return 200 in letters + papers or any("Dora Doctor" in page for page in pages)


def record_of(patient):
    return reverse("clinic:patient_detail", args=[patient.pk])


def told(kind):
    return set(Notification.objects.filter(kind=kind).values_list("recipient__email", flat=True))


# The desk becomes a patient.


def test_the_desk_that_typed_an_address_does_not_invite_it(known, desk):
    change_address(desk, known)
    page = desk.get(record_of(known)).content.decode()
    assert "You changed this patient’s e-mail address" in page
    assert reverse("clinic:patient_invite", args=[known.pk]) not in page
    assert invite(desk, known) is None
    assert not [message for message in mail.outbox if message.to == [THIEF]]


def test_two_of_the_desk_together_still_lack_the_code(
    known, desk, sign_in, other_secretary, doctor, admin, settings
):
    settings.SMS_BACKEND = "clinic.sms.ConsoleSms"
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
    settings.SMS_BACKEND = "clinic.sms.ConsoleSms"
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


# Whoever signs up becomes a patient.


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
    assert "This code is not right" in answer.content.decode()
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


# An admin becomes a patient.


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
    assert "The record has another e-mail address." in answer.content.decode()
    known.refresh_from_db()
    assert known.user is None


def test_an_admin_who_turned_a_patients_address_does_not_invite_it(known, desk, sign_in, admin):
    account = invite(desk, known)
    browser = sign_in(admin)
    change_account(browser, account)
    page = browser.get(reverse("clinic:account_edit", args=[account.pk])).content.decode()
    assert "You changed this patient’s e-mail address" in page
    assert reverse("clinic:account_invite", args=[account.pk]) not in page
    mail.outbox.clear()
    browser.post(reverse("clinic:account_invite", args=[account.pk]))
    assert mail.outbox == []


# An admin becomes a doctor.


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
    assert "The old address has been told" in refused.content.decode()
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


# An admin silences an alarm.


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
    assert "another admin reviews what it opened" in refused.content.decode()
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
    with pytest.raises(ValidationError, match="Somebody else confirms it"):
        confirm_erasure(request=granted, actor=puppet)
    RetentionProposal.objects.create(years=6, proposed_by=admin)
    with pytest.raises(ValidationError, match="Somebody else confirms it"):
        confirm_proposal(actor=puppet)


# A doctor becomes the doctor of a patient.


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
    assert "The desk moves the visit" in answer.content.decode()
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


# What was there before.


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


def test_the_list_of_chains_names_a_test_for_each():
    listed = set(re.findall(r"`(test_\w+)`", SECURITY.read_text()))
    here = {each for each in globals() if each.startswith("test_")}
    assert listed <= here
    assert len(listed) >= 15
