"""A prescription: drafted line by line, signed with the visit, then only revoked or renewed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, Consultation, Prescription
from clinic.records.services.consultations import sign_visit
from clinic.records.services.prescriptions import (
    DraftLine,
    lines_fingerprint,
    revoke_prescription,
    save_prescription,
    stored_lines,
)
from clinic.records.services.visit_guard import VisitSignedError
from tests.factories import AppointmentFactory, ConsultationFactory
from tests.full_visit import check_by_hand

HTMX = {"HX-Request": "true"}
IBUPROFEN = {
    "drug": "Ibuprofen",
    "form": "tablet",
    "strength": "400 mg",
    "dose": "1 tablet",
    "frequency": "three times a day",
    "duration": "5 days",
}
CREAM = {
    "drug": "Hydrocortisone",
    "dose": "a thin layer",
    "frequency": "twice a day",
    "duration": "2 weeks",
}


def url(consultation):
    return f"/visits/{consultation.pk}/prescription/"


def post_data(*lines, seen=(), **more):
    data = {
        "lines_seen": lines_fingerprint(seen),
        "lines-TOTAL_FORMS": len(lines),
        "lines-INITIAL_FORMS": 0,
    }
    for index, line in enumerate(lines):
        data |= {f"lines-{index}-{name}": value for name, value in line.items()}
    return data | more


@pytest.fixture
def signed(consultation, doctor):
    """Return a signed prescription with one line."""
    save_prescription(consultation=consultation, actor=doctor, lines=[DraftLine(**IBUPROFEN)])
    Consultation.objects.filter(pk=consultation.pk).update(notes="written")
    check_by_hand(consultation, doctor)
    sign_visit(consultation=consultation, actor=doctor)
    return Prescription.objects.get()


@pytest.fixture
def open_visit(signed, doctor, patient):
    """Return the patient's next visit with the same doctor, still open."""
    return ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        appointment__starts_at=timezone.now() + timedelta(days=30),
        appointment__status=Appointment.Status.IN_CONSULTATION,
    )


def test_a_draft_is_written_line_by_line(consultation, doctor, sign_in):
    first = IBUPROFEN | {
        "route": "by mouth",
        "quantity": "15 tablets",
        "refills": 2,
        "is_substitution_allowed": "on",
        "is_as_needed": "on",
        "note": "with food",
    }
    response = sign_in(doctor).post(url(consultation), post_data(first, CREAM))
    assert response.url == f"/visits/{consultation.pk}/"
    prescription = consultation.prescription
    assert prescription.status == Prescription.Status.DRAFT
    ibuprofen, cream = prescription.lines.all()
    assert (ibuprofen.drug, ibuprofen.refills, ibuprofen.note) == ("Ibuprofen", 2, "with food")
    assert ibuprofen.is_substitution_allowed
    assert ibuprofen.is_as_needed
    assert (cream.drug, cream.refills) == ("Hydrocortisone", 0)
    assert not cream.is_substitution_allowed


def test_a_quiet_save_brings_the_mark_of_the_lines(consultation, doctor, sign_in):
    response = sign_in(doctor).post(url(consultation), post_data(CREAM), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 200
    assert 'data-token-name="lines_seen"' in page
    assert lines_fingerprint(stored_lines(consultation)) in page


def test_blank_and_removed_lines_are_left_out(consultation, doctor, sign_in):
    blank = {"drug": "  ", "refills": "0", "is_substitution_allowed": "on"}
    removed = IBUPROFEN | {"DELETE": "on"}
    data = post_data(blank, CREAM, removed, {}, blank)
    sign_in(doctor).post(url(consultation), data)
    assert [line.drug for line in consultation.prescription.lines.all()] == ["Hydrocortisone"]


@pytest.mark.parametrize(
    ("missing", "sentence"),
    [
        ("drug", "Name the drug."),
        ("dose", "Say how much."),
        ("frequency", "Say how often."),
        ("duration", "Say how long."),
    ],
)
def test_what_a_line_needs_is_said_at_its_field(missing, sentence, consultation, doctor, sign_in):
    line = {name: value for name, value in IBUPROFEN.items() if name != missing}
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(url(consultation), post_data(CREAM, line), headers=headers)
        page = response.content.decode()
        assert response.status_code == 422
        assert sentence in page
        assert f'id="id_lines-1-{missing}_error"' in page
        assert 'value="400 mg"' in page
    assert not Prescription.objects.exists()


def test_more_lines_than_anybody_reads_are_refused(consultation, doctor, sign_in):
    response = sign_in(doctor).post(url(consultation), post_data(*[CREAM] * 31))
    assert response.status_code == 422
    assert "at most 30 lines" in response.content.decode()


def test_a_form_without_its_count_is_refused(consultation, doctor, sign_in):
    assert sign_in(doctor).post(url(consultation), {}).status_code == 422


def test_a_draft_without_a_line_is_no_draft(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(url(consultation), post_data(CREAM))
    browser.post(url(consultation), post_data({}, seen=stored_lines(consultation)))
    assert not Prescription.objects.exists()


def test_the_same_lines_again_change_nothing(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(url(consultation), post_data(CREAM))
    response = browser.post(url(consultation), post_data(CREAM), headers=HTMX)
    assert response.status_code == 200
    assert AuditEvent.objects.count() == 1


def test_a_stale_window_is_told_and_both_are_shown(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(url(consultation), post_data(CREAM))
    for headers in ({}, HTMX):
        response = browser.post(url(consultation), post_data(IBUPROFEN), headers=headers)
        page = response.content.decode()
        assert response.status_code == 409
        assert "Dr Dora Doctor saved this visit in another window" in page
        assert "Hydrocortisone: a thin layer" in page
        assert "Ibuprofen tablet 400 mg: 1 tablet" in page
        assert lines_fingerprint(stored_lines(consultation)) in page
    assert [line.drug for line in stored_lines(consultation)] == ["Hydrocortisone"]


def test_a_stale_window_can_keep_its_own_lines(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(url(consultation), post_data(CREAM))
    browser.post(url(consultation), post_data(IBUPROFEN, seen=stored_lines(consultation)))
    assert [line.drug for line in stored_lines(consultation)] == ["Ibuprofen"]


def test_a_signed_prescription_is_never_edited(signed, doctor, sign_in):
    consultation = signed.consultation
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(
            url(consultation), post_data(CREAM, seen=stored_lines(consultation)), headers=headers
        )
        page = response.content.decode()
        assert response.status_code == 409
        assert "This visit is signed" in page
        assert "Hydrocortisone" in page
    assert [line.drug for line in stored_lines(consultation)] == ["Ibuprofen"]


def test_the_service_refuses_lines_for_a_signed_visit(signed, doctor):
    with pytest.raises(VisitSignedError):
        save_prescription(consultation=signed.consultation, actor=doctor, lines=[])
    assert signed.lines.count() == 1


def test_strangers_find_no_prescription(signed, other_doctor, other_patient, sign_in):
    for user in (other_doctor, other_patient.user):
        browser = sign_in(user)
        assert browser.post(url(signed.consultation), post_data(CREAM)).status_code == 404
        assert browser.post(f"/prescriptions/{signed.pk}/revoke/").status_code == 404
        assert browser.post(f"/prescriptions/{signed.pk}/renew/").status_code == 404


def test_the_desk_and_the_admin_find_no_prescription(signed, secretary, admin, sign_in):
    for user in (secretary, admin):
        browser = sign_in(user)
        assert browser.post(url(signed.consultation), post_data(CREAM)).status_code == 404
        assert browser.post(f"/prescriptions/{signed.pk}/revoke/").status_code == 404
        assert browser.post(f"/prescriptions/{signed.pk}/renew/").status_code == 404


def test_patients_neither_write_nor_revoke_nor_renew(signed, patient, sign_in):
    browser = sign_in(patient.user)
    assert browser.post(url(signed.consultation), post_data(CREAM)).status_code == 403
    assert browser.post(f"/prescriptions/{signed.pk}/revoke/").status_code == 403
    assert browser.post(f"/prescriptions/{signed.pk}/renew/").status_code == 403


def test_another_doctor_in_care_neither_writes_nor_revokes(signed, other_doctor, patient, sign_in):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Appointment.Status.NO_SHOW
    )
    browser = sign_in(other_doctor)
    assert browser.post(url(signed.consultation), post_data(CREAM)).status_code == 403
    response = browser.post(f"/prescriptions/{signed.pk}/revoke/", {"reason": "a"})
    assert response.status_code == 403
    signed.refresh_from_db()
    assert signed.status == Prescription.Status.SIGNED


def test_a_signed_prescription_is_revoked_with_a_reason(signed, doctor, sign_in):
    response = sign_in(doctor).post(
        f"/prescriptions/{signed.pk}/revoke/", {"reason": "Rash after two days"}
    )
    assert response.url == f"/visits/{signed.consultation.pk}/"
    signed.refresh_from_db()
    assert signed.status == Prescription.Status.REVOKED
    assert signed.revoked_by == doctor
    assert signed.revoked_reason == "Rash after two days"
    assert signed.lines.count() == 1
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.TRANSITION, target_id=str(signed.pk))
    assert event.detail == {"from": "signed", "to": "revoked"}


def test_revoking_needs_a_reason(signed, doctor, sign_in):
    response = sign_in(doctor).post(f"/prescriptions/{signed.pk}/revoke/", {"reason": " "})
    assert response.status_code == 422
    assert "Say in a few words why" in response.content.decode()
    signed.refresh_from_db()
    assert signed.status == Prescription.Status.SIGNED


def test_a_second_click_on_revoke_keeps_the_first_reason(signed, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(f"/prescriptions/{signed.pk}/revoke/", {"reason": "first"})
    assert (
        browser.post(f"/prescriptions/{signed.pk}/revoke/", {"reason": "second"}).status_code == 302
    )
    signed.refresh_from_db()
    assert signed.revoked_reason == "first"


def test_a_draft_is_not_revoked(consultation, doctor, sign_in):
    draft = save_prescription(
        consultation=consultation, actor=doctor, lines=[DraftLine(**IBUPROFEN)]
    )
    response = sign_in(doctor).post(f"/prescriptions/{draft.pk}/revoke/", {"reason": "a"})
    assert response.status_code == 409
    assert "Only a signed prescription can be revoked" in response.content.decode()


def test_a_prescription_is_renewed_into_the_open_visit(signed, open_visit, doctor, sign_in):
    response = sign_in(doctor).post(f"/prescriptions/{signed.pk}/renew/")
    assert response.url == f"/visits/{open_visit.pk}/"
    draft = open_visit.prescription
    assert (draft.status, draft.renewed_from) == (Prescription.Status.DRAFT, signed)
    assert stored_lines(open_visit) == stored_lines(signed.consultation)


def test_a_second_click_on_renew_copies_nothing_twice(signed, open_visit, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(f"/prescriptions/{signed.pk}/renew/")
    browser.post(f"/prescriptions/{signed.pk}/renew/")
    assert len(stored_lines(open_visit)) == 1


def test_renewed_lines_follow_those_that_are_written(signed, open_visit, doctor, sign_in):
    save_prescription(consultation=open_visit, actor=doctor, lines=[DraftLine(**CREAM)])
    sign_in(doctor).post(f"/prescriptions/{signed.pk}/renew/")
    drugs = [line.drug for line in stored_lines(open_visit)]
    assert drugs == ["Hydrocortisone", "Ibuprofen"]


def test_without_an_open_visit_nothing_is_renewed(signed, doctor, sign_in):
    response = sign_in(doctor).post(f"/prescriptions/{signed.pk}/renew/")
    assert response.status_code == 409
    assert "has no open visit with you" in response.content.decode()
    assert Prescription.objects.count() == 1


def test_another_doctors_open_visit_is_not_written_into(
    signed, open_visit, other_doctor, patient, sign_in
):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Appointment.Status.NO_SHOW
    )
    response = sign_in(other_doctor).post(f"/prescriptions/{signed.pk}/renew/")
    assert response.status_code == 409
    assert stored_lines(open_visit) == []


def test_a_revoked_prescription_is_not_renewed(signed, open_visit, doctor, sign_in):
    revoke_prescription(prescription=signed, actor=doctor, reason="Rash")
    response = sign_in(doctor).post(f"/prescriptions/{signed.pk}/renew/")
    assert response.status_code == 409
    assert "Only a signed prescription can be renewed" in response.content.decode()


def test_a_draft_renews_one_prescription_at_a_time(signed, open_visit, doctor, sign_in):
    older = Prescription.objects.create(
        consultation=ConsultationFactory(
            appointment__doctor=doctor.doctor,
            appointment__patient=signed.consultation.patient,
            appointment__starts_at=timezone.now() - timedelta(days=30),
        ),
        status=Prescription.Status.SIGNED,
        signed_at=timezone.now(),
        signed_by=doctor,
    )
    Consultation.objects.filter(prescription=older).update(
        signed_at=timezone.now(), signed_by=doctor
    )
    browser = sign_in(doctor)
    browser.post(f"/prescriptions/{signed.pk}/renew/")
    response = browser.post(f"/prescriptions/{older.pk}/renew/")
    assert response.status_code == 409
    assert "already renews another one" in response.content.decode()


def test_a_renewed_draft_can_be_changed_and_signed(signed, open_visit, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(f"/prescriptions/{signed.pk}/renew/")
    longer = IBUPROFEN | {"duration": "10 days", "is_substitution_allowed": "on"}
    browser.post(url(open_visit), post_data(longer, seen=stored_lines(open_visit)))
    Consultation.objects.filter(pk=open_visit.pk).update(notes="written")
    check_by_hand(open_visit, doctor)
    sign_visit(consultation=open_visit, actor=doctor)
    renewal = Prescription.objects.get(consultation=open_visit)
    assert (renewal.status, renewal.renewed_from) == (Prescription.Status.SIGNED, signed)
    assert renewal.lines.get().duration == "10 days"
    assert signed.lines.get().duration == "5 days"
