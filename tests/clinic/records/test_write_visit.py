"""Writing a visit: typed text is kept, and two windows never overwrite each other."""

import pytest
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, BodySite, Symptom
from clinic.records.services.facts import facts_fingerprint
from tests.factories import AppointmentFactory
from tests.full_visit import written_up

HTMX = {"HX-Request": "true"}


def save_url(consultation):
    return f"/visits/{consultation.pk}/save/"


def facts_url(consultation):
    return f"/visits/{consultation.pk}/facts/"


def notes(version=0, **fields):
    return {"version": version, "reason": "", "notes": "", "conclusion": "", **fields}


def facts(patient, **fields):
    return {"facts_seen": facts_fingerprint(patient), "phototype": "", **fields}


@pytest.fixture
def in_care_of_other_doctor(other_doctor, patient):
    AppointmentFactory(
        doctor=other_doctor.doctor, patient=patient, status=Appointment.Status.NO_SHOW
    )
    return other_doctor


@pytest.fixture
def signed(consultation, doctor):
    consultation.signed_at, consultation.signed_by = timezone.now(), doctor
    consultation.notes = "Signed text"
    consultation.save()
    return consultation


def test_a_visit_is_written_up(consultation, doctor, sign_in):
    itching, bleeding = Symptom.objects.filter(code__in=["itching", "bleeding"])
    back = BodySite.objects.get(code="back")
    response = sign_in(doctor).post(
        save_url(consultation),
        notes(
            reason="A mole that grew",
            symptoms=[itching.pk, bleeding.pk],
            body_site=back.pk,
            history="It has grown since the spring.",
            examination="6 mm, irregular border",
            assessment="A nevus, to be watched",
            plan="Photograph again",
            notes="Works outdoors",
            conclusion="We look at it again in three months.",
            follow_up_weeks=12,
        ),
    )
    assert response.url == f"/visits/{consultation.pk}/"
    consultation.refresh_from_db()
    assert consultation.reason == "A mole that grew"
    assert set(consultation.symptoms.all()) == {itching, bleeding}
    assert consultation.body_site == back
    assert consultation.history == "It has grown since the spring."
    assert consultation.examination == "6 mm, irregular border"
    assert consultation.assessment == "A nevus, to be watched"
    assert consultation.plan == "Photograph again"
    assert consultation.notes == "Works outdoors"
    assert consultation.follow_up_weeks == 12
    assert consultation.conclusion == "We look at it again in three months."
    assert consultation.version == 1


def test_a_quiet_save_says_when_and_brings_the_next_version(consultation, doctor, sign_in):
    response = sign_in(doctor).post(save_url(consultation), notes(notes="a"), headers=HTMX)
    assert response.status_code == 200
    page = response.content.decode()
    assert "Saved" in page
    assert 'data-token-name="version"' in page
    assert 'data-token-value="1"' in page
    assert "<html" not in page


def test_each_save_is_noted_without_its_text(consultation, doctor, patient, sign_in):
    sign_in(doctor).post(save_url(consultation), notes(notes="secret words"))
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.UPDATE)
    assert (event.actor, event.patient) == (doctor, patient)
    assert event.detail == {"fields": ["notes"], "version": 1}


def test_a_save_without_a_change_changes_nothing(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="a"))
    response = browser.post(save_url(consultation), notes(version=1, notes="a"), headers=HTMX)
    assert 'data-token-value="1"' in response.content.decode()
    assert AuditEvent.objects.filter(verb=AuditEvent.Verb.UPDATE).count() == 1


def test_a_save_sent_again_after_its_answer_was_lost_is_no_conflict(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="a"), headers=HTMX)
    response = browser.post(save_url(consultation), notes(notes="a"), headers=HTMX)
    assert response.status_code == 200
    assert 'data-token-value="1"' in response.content.decode()


def test_a_stale_window_is_told_and_both_texts_are_shown(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="Text of the first window"))
    response = browser.post(
        save_url(consultation), notes(notes="Text of the second window"), headers=HTMX
    )
    page = response.content.decode()
    assert response.status_code == 409
    assert "Dr Dora Doctor saved this visit in another window" in page
    assert "Text of the first window" in page
    assert "Text of the second window" in page
    assert 'data-keep-value="1"' in page
    consultation.refresh_from_db()
    assert consultation.notes == "Text of the first window"


@pytest.mark.parametrize(
    "field", ["history", "examination", "assessment", "plan", "follow_up_weeks"]
)
def test_two_windows_are_compared_in_every_field(field, consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(**{field: "3"}))
    response = browser.post(save_url(consultation), notes(**{field: "4"}), headers=HTMX)
    page = response.content.decode()
    assert response.status_code == 409
    assert page.count("<h4>") == 1
    consultation.refresh_from_db()
    assert str(getattr(consultation, field)) == "3"


@pytest.mark.parametrize("weeks", ["0", "521", "soon"])
def test_a_follow_up_outside_ten_years_is_said_at_its_field(weeks, consultation, doctor, sign_in):
    response = sign_in(doctor).post(save_url(consultation), notes(follow_up_weeks=weeks))
    assert response.status_code == 422
    assert 'id="notes_follow_up_weeks_error"' in response.content.decode()


def test_a_stale_window_without_scripts_keeps_its_text_in_the_form(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="Text of the first window"))
    response = browser.post(save_url(consultation), notes(notes="Text of the second window"))
    page = response.content.decode()
    assert response.status_code == 409
    assert "<html" in page
    assert "Text of the first window" in page
    assert "Text of the second window</textarea>" in page
    assert '<input type="hidden" name="version" value="1">' in page


def test_a_stale_window_can_keep_its_own_text(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="Text of the first window"))
    browser.post(save_url(consultation), notes(notes="Text of the second window"))
    browser.post(save_url(consultation), notes(version=1, notes="Text of the second window"))
    consultation.refresh_from_db()
    assert consultation.notes == "Text of the second window"
    assert consultation.version == 2


def test_a_stale_window_does_not_touch_the_symptoms(consultation, doctor, sign_in):
    symptom = Symptom.objects.first()
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="a"))
    browser.post(save_url(consultation), notes(symptoms=[symptom.pk]))
    assert not consultation.symptoms.exists()


def test_a_signed_visit_refuses_every_word(signed, doctor, sign_in):
    for headers in ({}, HTMX):
        response = sign_in(doctor).post(
            save_url(signed), notes(notes="Typed after the signature"), headers=headers
        )
        page = response.content.decode()
        assert response.status_code == 409
        assert "This visit is signed" in page
        assert "Typed after the signature" in page
        signed.refresh_from_db()
        assert signed.notes == "Signed text"
        assert signed.version == 0


def test_a_visit_signed_between_reading_and_writing_refuses(consultation, doctor, monkeypatch):
    """The row itself decides, not the earlier check."""
    from clinic.records.services import consultations
    from clinic.records.services.visit_guard import VisitSignedError

    before = type(consultation).objects.get(pk=consultation.pk)
    type(consultation).objects.update(signed_at=timezone.now(), signed_by=doctor)
    monkeypatch.setattr(consultations.Consultation.objects, "get", lambda **_: before)
    with pytest.raises(VisitSignedError):
        written_up(consultation, doctor, notes="late", version=0)


def test_a_reason_that_is_too_long_is_said_at_its_field(consultation, doctor, sign_in):
    response = sign_in(doctor).post(save_url(consultation), notes(reason="x" * 201, notes="kept"))
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="notes_reason_error"' in page
    assert "kept</textarea>" in page


def test_an_invalid_form_keeps_the_version_that_was_read(consultation, doctor, sign_in):
    browser = sign_in(doctor)
    browser.post(save_url(consultation), notes(notes="Text of the first window"))
    response = browser.post(save_url(consultation), notes(reason="x" * 201))
    assert '<input type="hidden" name="version" value="0">' in response.content.decode()


def test_a_symptom_outside_the_catalogue_is_refused(consultation, doctor, sign_in):
    response = sign_in(doctor).post(save_url(consultation), notes(symptoms=[999999]))
    assert response.status_code == 422


def test_a_symptom_no_longer_offered_stays_in_its_visit(consultation, doctor, sign_in):
    symptom = Symptom.objects.first()
    consultation.symptoms.add(symptom)
    Symptom.objects.filter(pk=symptom.pk).update(is_active=False)
    sign_in(doctor).post(save_url(consultation), notes(symptoms=[symptom.pk], notes="a"))
    assert consultation.symptoms.get() == symptom


def test_a_save_without_a_version_is_refused(consultation, doctor, sign_in):
    response = sign_in(doctor).post(save_url(consultation), {"notes": "a"})
    assert response.status_code == 422


@pytest.mark.parametrize("url", [save_url, facts_url])
def test_strangers_find_no_visit(url, consultation, other_doctor, other_patient, sign_in):
    for user in (other_doctor, other_patient.user):
        assert sign_in(user).post(url(consultation)).status_code == 404


@pytest.mark.parametrize("url", [save_url, facts_url])
def test_the_desk_and_the_admin_find_no_visit(url, consultation, secretary, admin, sign_in):
    for user in (secretary, admin):
        assert sign_in(user).post(url(consultation)).status_code == 404


@pytest.mark.parametrize("url", [save_url, facts_url])
def test_another_doctor_in_care_reads_but_does_not_write(
    url, consultation, in_care_of_other_doctor, sign_in
):
    assert sign_in(in_care_of_other_doctor).post(url(consultation)).status_code == 403


@pytest.mark.parametrize("url", [save_url, facts_url])
def test_patients_do_not_write_in_their_record(url, consultation, doctor, patient, sign_in):
    browser = sign_in(patient.user)
    assert browser.post(url(consultation)).status_code == 404
    type(consultation).objects.update(signed_at=timezone.now(), signed_by=doctor)
    assert browser.post(url(consultation)).status_code == 403


def test_the_phototype_is_written_down(consultation, doctor, patient, sign_in):
    response = sign_in(doctor).post(facts_url(consultation), facts(patient, phototype=2))
    assert response.url == f"/visits/{consultation.pk}/"
    patient.refresh_from_db()
    assert patient.phototype == 2
    event = AuditEvent.objects.get(verb=AuditEvent.Verb.UPDATE)
    assert event.detail == {"fields": ["phototype"]}


def test_facts_that_changed_meanwhile_are_not_overwritten(consultation, doctor, patient, sign_in):
    browser = sign_in(doctor)
    stale = facts(patient, phototype=5)
    browser.post(facts_url(consultation), facts(patient, phototype=2))
    response = browser.post(facts_url(consultation), stale)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Somebody changed these facts in the meantime" in page
    assert '<option value="5" selected>' in page
    patient.refresh_from_db()
    assert patient.phototype == 2
    assert f'name="facts_seen" value="{facts_fingerprint(patient)}"' in page


def test_a_signed_visit_takes_no_facts(signed, doctor, patient, sign_in):
    response = sign_in(doctor).post(facts_url(signed), facts(patient, phototype=2))
    assert response.status_code == 409
    assert "This visit is signed" in response.content.decode()
    patient.refresh_from_db()
    assert patient.phototype is None


def test_a_reason_that_was_pasted_in_lines_is_kept_on_one(consultation, doctor, sign_in):
    client = sign_in(doctor)
    assert '<textarea name="reason"' in client.get(consultation.get_absolute_url()).content.decode()
    client.post(save_url(consultation), notes(reason="A mole\r\nthat grew"))
    consultation.refresh_from_db()
    assert consultation.reason == "A mole that grew"
