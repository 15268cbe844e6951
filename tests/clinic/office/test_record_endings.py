"""A shorter retention period: counted, listed, confirmed by two people, announced a day ahead."""

from datetime import timedelta
from unittest import mock

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format

from clinic.models import (
    AuditEvent,
    ClinicSettings,
    ErasureRequest,
    Notification,
    Patient,
    RecordEnding,
    RetentionProposal,
)
from clinic.office.services.clinic_settings import (
    change_clinic_settings,
    confirm_proposal,
    settle_proposal,
    withdraw_proposal,
)
from clinic.office.services.record_endings import expired_patients, foresee
from clinic.office.services.retention import (
    ask_for_erasure,
    confirm_erasure,
    decide_erasure,
    pseudonymise_expired,
    take_back_erasure,
)
from clinic.office.services.settings_effects import effects_of
from clinic.people.services.accounts import deactivate_account
from tests.factories import PASSWORD, AppointmentFactory, ConsentFactory, PatientFactory

pytestmark = [pytest.mark.both_engines, pytest.mark.usefixtures("media")]


def seen(doctor, name, *, years_ago, days_ago=0):
    patient = PatientFactory(full_name=name)
    AppointmentFactory(
        patient=patient,
        doctor=doctor.doctor,
        starts_at=timezone.now() - timedelta(days=365.25 * years_ago + days_ago),
        status="completed",
    )
    return patient


@pytest.fixture
def old_patients(doctor):
    """Return patients affected by six years: one at once, one within a year, and one not at all."""
    return {
        "long": seen(doctor, "Lena Longgone", years_ago=8),
        "soon": seen(doctor, "Sven Soon", years_ago=5.5),
        "new": seen(doctor, "Nora New", years_ago=1),
    }


def propose(admin, years):
    clinic = ClinicSettings.objects.current()
    change_clinic_settings(actor=admin, version=clinic.version, values={"retention_years": years})


def years_kept():
    return ClinicSettings.objects.current().retention_years


def settings_form(**said):
    clinic = ClinicSettings.objects.current()
    form = {
        "version": clinic.version,
        "name": clinic.name,
        "time_zone": clinic.time_zone,
        "languages": ["en", "fr", "ar"],
        "slot_minutes": clinic.slot_minutes,
        "cancellation_notice_hours": clinic.cancellation_notice_hours,
        "reminder_first_hours": clinic.reminder_first_hours,
        "reminder_last_hours": clinic.reminder_last_hours,
        "portal_booking": clinic.portal_booking,
        "retention_years": clinic.retention_years,
    }
    return form | said


def test_the_preview_counts_and_names_whoever_loses_the_name(old_patients, admin, sign_in):
    office = sign_in(admin)
    page = office.post(
        reverse("clinic:clinic_settings_preview"), settings_form(retention_years=6)
    ).content.decode()

    assert "deletes nothing" not in page
    assert "Lena Longgone" in page
    assert "1 record loses name" in page
    assert "1 more follows within a year" in page
    assert "Nora New" not in page
    listed = office.get(reverse("clinic:record_endings") + "?years=6").content.decode()
    assert "Lena Longgone" in listed
    assert "Sven Soon" in listed
    assert "Nora New" not in listed
    assert AuditEvent.objects.filter(detail__of="record_endings").count() == 2


def test_what_is_foreseen_is_what_is_announced(old_patients, admin, other_admin):
    found = foresee(6)
    propose(admin, 6)
    confirm_proposal(actor=other_admin)

    assert RecordEnding.objects.planned().count() == found.now == 1
    assert RecordEnding.objects.get().patient == old_patients["long"]


def test_the_preview_says_why_a_number_is_refused(admin, sign_in):
    page = sign_in(admin).post(
        reverse("clinic:clinic_settings_preview"), settings_form(retention_years=1)
    )

    assert "greater than or equal to 5" in page.content.decode()


@pytest.mark.parametrize("years", [1, 4])
def test_no_clinic_keeps_records_for_less_than_five_years(admin, years):
    with pytest.raises(ValidationError):
        propose(admin, years)
    with pytest.raises(IntegrityError):
        ClinicSettings.objects.create(pk=1, name="Clinic", retention_years=years)


def test_fewer_years_change_nothing_before_a_second_admin_confirms(
    old_patients, admin, other_admin, sign_in
):
    office = sign_in(admin)
    office.post(reverse("clinic:clinic_settings"), settings_form(name="New", retention_years=6))
    assert (years_kept(), ClinicSettings.objects.current().name) == (10, "New")
    assert pseudonymise_expired() == 0
    assert not RecordEnding.objects.exists()
    assert Notification.objects.filter(kind="retention_proposed").get().recipient == other_admin

    own = office.post(reverse("clinic:retention_confirm"), {"password": PASSWORD})
    assert own.status_code == 422
    second = sign_in(other_admin)
    wrong = second.post(reverse("clinic:retention_confirm"), {"password": "not mine"})
    assert wrong.status_code == 422
    assert years_kept() == 10
    assert AuditEvent.objects.filter(detail__reason="own_password").exists()
    second.post(reverse("clinic:retention_confirm"), {"password": PASSWORD})

    assert years_kept() == 6
    assert pseudonymise_expired() == 0
    ending = RecordEnding.objects.get()
    assert ending.due_at >= timezone.now() + timedelta(hours=23)
    announced = office.get(reverse("clinic:record_endings")).content.decode()
    assert "Lena Longgone" in announced
    RecordEnding.objects.update(due_at=timezone.now())
    assert pseudonymise_expired() == 1
    assert Patient.objects.get(pk=old_patients["long"].pk).has_ended
    assert Patient.objects.ended().count() == 1


def test_the_database_lets_nobody_confirm_alone(admin):
    propose(admin, 6)
    with pytest.raises(IntegrityError, match="second_person"):
        RetentionProposal.objects.update(
            outcome="confirmed", decided_by=admin, decided_at=timezone.now()
        )


def test_a_clinic_with_one_admin_waits_a_week(old_patients, admin):
    propose(admin, 6)
    with pytest.raises(ValidationError, match="second admin"):
        confirm_proposal(actor=admin)
    RetentionProposal.objects.update(proposed_at=timezone.now() - timedelta(days=6))
    settle_proposal()
    assert years_kept() == 10
    RetentionProposal.objects.update(proposed_at=timezone.now() - timedelta(days=8))
    settle_proposal()

    assert years_kept() == 6
    assert RetentionProposal.objects.get().outcome == "waited"


def test_the_week_counts_from_the_day_on_which_an_admin_is_alone(
    old_patients, admin, other_admin, sign_in
):
    propose(admin, 6)
    RetentionProposal.objects.update(proposed_at=timezone.now() - timedelta(days=80))
    deactivate_account(actor=admin, user=other_admin)
    settle_proposal()
    assert years_kept() == 10
    day = date_format(timezone.localtime() + timedelta(days=7), "j F Y")
    page = sign_in(admin).get(reverse("clinic:record_endings")).content.decode()
    assert f"It takes effect on {day}" in page

    with mock.patch("django.utils.timezone.now", return_value=timezone.now() + timedelta(days=8)):
        settle_proposal()
    assert years_kept() == 6


def test_a_week_is_not_enough_where_a_second_admin_is_there(admin, other_admin):
    propose(admin, 6)
    RetentionProposal.objects.update(proposed_at=timezone.now() - timedelta(days=80))
    settle_proposal()

    assert years_kept() == 10


def test_a_proposal_can_be_withdrawn_and_more_years_hold_at_once(
    old_patients, admin, other_admin, sign_in
):
    propose(admin, 6)
    sign_in(admin).post(reverse("clinic:retention_withdraw"))
    with pytest.raises(ValidationError, match="There is nothing"):
        confirm_proposal(actor=other_admin)
    propose(admin, 6)
    confirm_proposal(actor=other_admin)
    assert RecordEnding.objects.planned().count() == 1

    propose(admin, 20)

    assert years_kept() == 20
    assert pseudonymise_expired() == 0
    assert not RecordEnding.objects.planned().exists()
    withdraw_proposal(actor=admin)
    assert RetentionProposal.objects.count() == 2


def test_whoever_proposed_fewer_years_hears_that_they_were_refused(admin, other_admin, sign_in):
    propose(admin, 6)
    page = reverse("clinic:record_endings")
    assert "Withdraw it" in sign_in(admin).get(page).content.decode()
    second = sign_in(other_admin)
    shown = second.get(page).content.decode()
    assert "Refuse" in shown
    assert "Withdraw it" not in shown

    second.post(reverse("clinic:retention_withdraw"))

    told = Notification.objects.get(kind="retention_refused")
    assert told.recipient == admin
    opened = sign_in(admin).post(reverse("clinic:notification_open", args=[told.pk]))
    assert opened.url == page


def test_nobody_is_told_of_a_proposal_that_they_withdrew_themselves(admin, other_admin):
    propose(admin, 6)
    withdraw_proposal(actor=admin)
    assert not Notification.objects.filter(kind="retention_refused").exists()


@pytest.mark.parametrize("url", ["clinic:retention_confirm", "clinic:retention_withdraw"])
def test_deciding_when_nothing_waits_any_more_says_so(admin, other_admin, sign_in, url):
    propose(admin, 6)
    confirm_proposal(actor=other_admin)
    page = sign_in(other_admin).post(reverse(url), {"password": PASSWORD}, follow=True)
    assert "There is nothing here for you to confirm any more." in page.content.decode()
    assert "Nothing changes" not in page.content.decode()
    assert years_kept() == 6


def test_whoever_comes_again_after_the_announcement_is_kept(doctor):
    patient = seen(doctor, "Lena Longgone", years_ago=12)
    assert pseudonymise_expired() == 0
    RecordEnding.objects.update(due_at=timezone.now())
    AppointmentFactory(patient=patient, doctor=doctor.doctor, status="completed")

    assert pseudonymise_expired() == 0
    assert not RecordEnding.objects.planned().exists()
    assert not Patient.objects.get(pk=patient.pk).has_ended


def test_records_end_as_years_go_by_only_when_announced(doctor, admin):
    seen(doctor, "Lena Longgone", years_ago=12)

    assert pseudonymise_expired() == 0
    assert pseudonymise_expired() == 0
    assert Notification.objects.filter(kind="records_will_end", recipient=admin).count() == 1


def granted(patient, admin):
    asked = ask_for_erasure(patient=patient, actor=patient.user)
    return decide_erasure(request=asked, actor=admin, decision="granted", reason="It may be.")


@pytest.mark.parametrize("password", ["", "not mine"])
def test_granting_takes_the_password_again(patient, admin, sign_in, password):
    asked = ask_for_erasure(patient=patient, actor=patient.user)
    response = sign_in(admin).post(
        reverse("clinic:erasure_decide", args=[asked.pk]),
        {"decision": "granted", "reason": "It may be.", "password": password},
    )

    assert response.status_code == 422
    assert ErasureRequest.objects.waiting().exists()
    assert not RecordEnding.objects.exists()


def test_what_one_admin_grants_waits_a_day_or_for_a_second(patient, admin, other_admin):
    asked = granted(patient, admin)
    assert not Patient.objects.get(pk=patient.pk).has_ended
    with pytest.raises(ValidationError, match="second admin"):
        confirm_erasure(request=asked, actor=admin)
    assert pseudonymise_expired() == 0
    assert Notification.objects.get(kind="erasure_granted").recipient == other_admin
    RecordEnding.objects.update(due_at=timezone.now())

    assert pseudonymise_expired() == 1
    assert Patient.objects.get(pk=patient.pk).has_ended
    with pytest.raises(ValidationError, match="There is nothing"):
        take_back_erasure(request=asked, actor=admin)


def test_what_was_granted_can_be_taken_back(patient, admin, other_admin, sign_in):
    asked = granted(patient, admin)
    sign_in(other_admin).post(reverse("clinic:erasure_take_back", args=[asked.pk]))
    RecordEnding.objects.update(due_at=timezone.now())

    assert pseudonymise_expired() == 0
    assert ErasureRequest.objects.waiting().get() == asked
    assert Notification.objects.get(kind="erasure_taken_back").recipient == admin
    assert asked.reason
    again = decide_erasure(request=asked, actor=admin, decision="granted", reason="After all.")
    confirm_erasure(request=again, actor=other_admin)
    assert Patient.objects.get(pk=patient.pk).has_ended


def test_asking_again_while_it_waits_is_the_same_request(patient, admin):
    asked = granted(patient, admin)

    assert ask_for_erasure(patient=patient, actor=patient.user) == asked
    assert ErasureRequest.objects.count() == 1


def test_a_visit_that_was_booked_meanwhile_is_told_to_the_admins(patient, doctor, admin):
    granted(patient, admin)
    AppointmentFactory(patient=patient, doctor=doctor.doctor)
    RecordEnding.objects.update(due_at=timezone.now())

    assert pseudonymise_expired() == 0
    assert RecordEnding.objects.get().trouble == "coming"
    assert Notification.objects.filter(recipient=admin, kind="record_not_ended").exists()


def test_nobody_s_record_ends_while_a_visit_is_open(doctor):
    patient = seen(doctor, "Lena Longgone", years_ago=12)
    patient.appointments.update(status="in_consultation")

    assert not expired_patients(10).exists()


@pytest.mark.parametrize("is_allowed", [True, False])
def test_every_setting_has_its_sentence(db, is_allowed):
    before = ClinicSettings(name="Clinic", is_overbooking_allowed=not is_allowed)
    [effect] = effects_of(before, {"is_overbooking_allowed": is_allowed})

    assert effect.sentence


def test_the_preview_counts_the_reminders_that_leave_at_once(doctor, secretary, admin):
    patient = PatientFactory(email="lena@example.org", phone="")
    ConsentFactory(patient=patient, purpose="reminders", recorded_by=secretary)
    starts_at = timezone.now() + timedelta(hours=60)
    booked = AppointmentFactory(patient=patient, doctor=doctor.doctor, starts_at=starts_at)
    type(booked).objects.filter(pk=booked.pk).update(created_at=timezone.now() - timedelta(days=9))

    [effect] = effects_of(ClinicSettings.objects.current(), {"reminder_first_hours": 72})

    assert "1 reminder is then due" in effect.sentence
