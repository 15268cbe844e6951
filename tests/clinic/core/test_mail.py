"""Emails and text messages say what they are given, with the clinic's own data at the end."""

import pytest
from django.core import mail

from clinic.core.mail import send_mail, send_text
from clinic.core.models.clinic_settings import ClinicSettings
from tests.factories import UserFactory

NAME = "Peau & Santé d'Oran"
# The templates that ask for no more than a person and a code.
SIMPLE = ("contact_changed", "sign_in_changed", "sign_up_code", "sign_up_known", "unknown_account")

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def clinic():
    return ClinicSettings.objects.create(
        pk=1, name=NAME, address="1 rue de l'Abbé, Oran", phone="+33144556677"
    )


def sent(name, **context):
    values = {"code": "123456", "minutes": 10, "login_url": "/a/", "reset_url": "/b/", **context}
    values.setdefault("person", UserFactory.build(full_name="Zoë O'Brien"))
    assert send_mail(name, to="zoe@example.org", language="en", context=values)
    return mail.outbox[-1]


@pytest.mark.parametrize("name", SIMPLE)
def test_nothing_is_escaped_in_a_subject_or_a_plain_text(name):
    message = sent(name)
    assert "&amp;" not in message.subject + message.body
    assert "&#x27;" not in message.subject + message.body
    assert "Zoë O'Brien" in message.body
    assert NAME in message.subject


def test_a_declined_request_names_the_clinic_as_it_is_written():
    assert sent("appointment_declined", request={"decline_reason": ""}).subject == (
        f"Your request at {NAME}"
    )


def test_a_name_is_no_markup_in_the_other_form_of_a_mail():
    person = UserFactory.build(full_name="Zoë <b>O'Brien</b>")
    assert "<b>" not in sent("contact_changed", person=person).alternatives[0][0]


@pytest.mark.parametrize("name", SIMPLE)
def test_a_mail_ends_with_where_the_clinic_is_and_its_phone(name):
    message = sent(name)
    for words in ("1 rue de l'Abbé, Oran", "+33 1 44 55 66 77"):
        assert words in message.body
    assert "33 1 44 55 66 77" in message.alternatives[0][0]


def test_a_text_message_is_not_escaped(settings, capsys):
    settings.SMS_BACKEND = "clinic.core.sms.ConsoleSms"
    assert send_text("contact_changed", to="+33600000000", language="en", context={})
    assert NAME in capsys.readouterr().out


@pytest.mark.parametrize(
    ("minutes", "words"), [(1, "لدقيقة واحدة"), (10, "10 دقائق"), (30, "30 دقيقة")]
)
def test_minutes_have_their_arabic_plural(minutes, words):
    values = {"code": "123456", "minutes": minutes}
    send_mail("sign_up_code", to="zoe@example.org", language="ar", context=values)
    assert words in mail.outbox[-1].body
