"""What a header, a calendar or a text message keeps of a text."""

import pytest
from django.apps import apps
from django.core import mail
from django.core.exceptions import ValidationError
from django.db import models
from django.urls import reverse
from icalendar import Calendar

from clinic.core.encrypted_fields import EncryptedCharField
from clinic.core.line_fields import OneLineField
from clinic.core.mail import send_mail
from clinic.core.plain_text import one_line, visible_line, without_controls
from clinic.models import ClinicSettings, Patient
from clinic.people.services.patients import register_patient, update_patient
from clinic.scheduling.ics import PUBLISH, calendar_of

UNSEEN = "\u00ad\u061c\u180e\u200b\u200e\u200f\u202a\u202e\u2060\u2066\u2069\u3164\ufeff\x07"
TYPED = {
    "clinic.Appointment": {"note", "overbooked_reason"},
    "clinic.AppointmentTransition": {"reason"},
    "clinic.Absence": {"reason"},
    "clinic.BodySite": {"name"},
    "clinic.ClinicSettings": {"name", "address"},
    "clinic.Doctor": {"speciality", "licence_number"},
    "clinic.Patient": {
        "full_name",
        "preferred_name",
        "national_id",
        "insurer",
        "emergency_contact",
    },
    "clinic.Symptom": {"name"},
    "clinic.User": {"full_name"},
    "clinic.VisitType": {"name"},
    "clinic.WritingTemplate": {"name"},
    "diagnosis.AtlasImage": {"caption", "source", "licence", "decline_reason", "archived_reason"},
    "diagnosis.Disease": {"name", "icd10", "icd11"},
    "diagnosis.DiseaseStage": {"name"},
}


def test_a_text_on_one_line_keeps_its_words_alone():
    assert one_line(" a\r\nb\u2028c\td\x00\x1be ") == "a b c de"
    assert without_controls("a\r\nb\x01\tc") == "a\nb c"


def test_a_clinic_whose_name_has_a_line_break_still_sends_mails_and_calendars(db):
    clinic = ClinicSettings.objects.current()
    clinic.name = "Clinic\r\nBcc: all@example.org\x01"
    clinic.save()
    context = {"password_reset_url": "https://clinic.example/x", "hours": 48}
    assert send_mail("password_reset_key", to="a@example.org", language="en", context=context)
    [message] = mail.outbox
    assert "Clinic Bcc" in message.from_email
    assert message.recipients() == ["a@example.org"]
    calendar = Calendar.from_ical(calendar_of([], method=PUBLISH))
    assert calendar["x-wr-calname"] == "Clinic Bcc: all@example.org"


def test_a_name_keeps_what_is_seen_and_the_joiners_that_spell_it():
    assert visible_line(f"Ol{UNSEEN}ga\r\nOther") == "Olga Other"
    for name in ("می\u200cخواهم", "क्\u200dष", "👩\u200d⚕️", "O’Neil-Müller", "محمد"):
        assert visible_line(name) == name
    assert visible_line("\u200c \u3164\u200d") == ""


def test_every_name_that_somebody_types_is_on_one_line_and_seen():
    found = {
        model._meta.label: names
        for model in apps.get_models()
        if (names := {f.name for f in model._meta.fields if isinstance(f, OneLineField)})
    }
    assert found == TYPED
    for model in apps.get_models():
        for field in model._meta.fields:
            if isinstance(field, OneLineField | EncryptedCharField):
                assert field.to_python(f"a{UNSEEN}b") == "ab"


def test_a_patient_is_registered_and_found_without_marks_in_a_name(desk):
    typed = {
        "full_name": "Nina\u200b Neu",
        "preferred_name": "N\u200fini",
        "birth_date": "1984-02-29",
        "sex": "female",
        "phone": "+33612345678",
        "language": "en",
    }
    desk.post(reverse("clinic:patient_register"), typed)

    patient = Patient.objects.get()
    assert (patient.full_name, patient.preferred_name) == ("Nina Neu", "Nini")
    assert patient.search_name == "nina neu nini"


def test_a_name_of_nothing_but_unseen_characters_is_no_name(patient, secretary):
    with pytest.raises(ValidationError, match="full_name"):
        update_patient(patient=patient, actor=secretary, full_name="\u202e\u200d")


def test_the_same_name_with_unseen_characters_is_the_same_person(patient, secretary):
    with pytest.raises(ValidationError):
        register_patient(
            actor=secretary, full_name="Paul\u200b Pat\u200eient", birth_date=patient.birth_date
        )


def test_what_is_stored_past_the_forms_is_without_them_too(patient):
    Patient.objects.filter(pk=patient.pk).update(full_name="Pa\u202eul")

    assert Patient.objects.get(pk=patient.pk).full_name == "Paul"
    assert isinstance(Patient._meta.get_field("full_name"), models.CharField)
