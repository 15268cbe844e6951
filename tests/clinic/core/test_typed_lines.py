"""What is typed into one line: digits of any script, nothing unseen, phones with extensions."""

from datetime import date, time
from decimal import Decimal
from pathlib import Path

import pytest
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from bs4 import BeautifulSoup
from django import forms
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import get_resolver, reverse
from django.utils import timezone, translation

from clinic.core.ages import age_in_words
from clinic.core.digits import western
from clinic.core.forms import clock_field
from clinic.core.phones import PhoneInput
from clinic.models import ClinicSettings, Patient
from clinic.people.services.emergency import find_exactly
from clinic.people.services.patients import possible_duplicates, register_patient
from clinic.people.services.register_search import find_patients
from clinic.records.drugs.words import tokens
from tests.clinic.people.test_sign_up import ask_for_code, code_in
from tests.clinic.portal import decide
from tests.factories import PASSWORD, PatientFactory, code_of_app, with_app
from tests.forms import post_seen

ARABIC = str.maketrans("0123456789", "٠١٢٣٤٥٦٧٨٩")
PERSIAN = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
REGISTER = reverse("clinic:patient_register")


def typed(**fields):
    return {
        "full_name": "Nina Neu",
        "birth_date": "1984-02-29",
        "sex": "female",
        "language": "en",
        **fields,
    }


@pytest.mark.parametrize("digits", [ARABIC, PERSIAN])
def test_the_code_of_a_sign_up_is_typed_in_the_digits_of_the_keyboard(db, digits):
    decide(is_sign_up_open=True)
    browser = Client()
    code = code_in(ask_for_code(browser)).translate(digits)
    response = browser.post(reverse("clinic:sign_up_code"), {"code": code})
    assert response.url == reverse("clinic:sign_up_details")


@pytest.mark.parametrize("digits", [ARABIC, PERSIAN])
def test_the_code_of_the_app_is_typed_in_the_digits_of_the_keyboard(doctor, digits):
    with_app(doctor)
    client = Client()
    client.post(reverse("account_login"), {"login": doctor.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code_of_app().translate(digits)})
    assert "_auth_user_id" in client.session


def test_digits_of_every_script_are_read():
    assert western("٠١٢ ۳۴۵ ６７８ ९") == "012 345 678 9"
    assert clock_field("").clean("٠٩:٣٠") == time(9, 30)
    assert tokens("٥٠ ملغ")[0] == "50"


def of_every_form():
    """Return the fields of every form of the site, by name."""
    get_resolver().url_patterns  # noqa: B018  loads every form
    waiting, known = [forms.BaseForm], {}
    while waiting:
        form = waiting.pop()
        waiting += form.__subclasses__()
        if form.__module__.partition(".")[0] in {"clinic", "diagnosis", "skinhealth", "allauth"}:
            for name, field in getattr(form, "base_fields", {}).items():
                known[f"{form.__name__}.{name}"] = field
    return known


def numerals(field):
    """Return texts in digits that a field may take."""
    if isinstance(field, forms.DateField):
        return ["17/05/2026", "17.5.2026", "2026-05-17"]
    if isinstance(field, forms.DateTimeField):
        return ["17/05/2026 09:30", "2026-05-17T09:30"]
    if isinstance(field, forms.TimeField):
        return ["09:30"]
    if isinstance(field, forms.FloatField | forms.DecimalField):
        return ["0.5", "0,5"]
    if isinstance(field, forms.IntegerField):
        return ["5", "15"]
    is_code = field.widget.attrs.get("autocomplete") == "one-time-code"
    is_code = is_code or field.widget.attrs.get("inputmode") == "numeric"
    if is_code:
        return ["123456"]
    return ["06 98 76 54 32"] if isinstance(field, PhoneInput) else []


def read(field, text):
    try:
        return field.clean(text)
    except ValidationError as error:
        return error.messages


@pytest.mark.parametrize("digits", [ARABIC, PERSIAN])
def test_every_field_for_digits_reads_those_of_every_keyboard(db, digits):
    fields = {name: field for name, field in of_every_form().items() if numerals(field)}
    for name, field in fields.items():
        for text in numerals(field):
            assert read(field, text.translate(digits)) == read(field, text), name
    known = {"HoursForm.starts_at", "SizeForm.size_mm", "VisitNotesForm.follow_up_weeks"}
    known |= {"PrescriptionLineForm.refills", "ClinicSettingsForm.retention_years"}
    known |= {"BufferForm.buffer_minutes", "VisitTypeForm.duration_minutes", "SignUpCodeForm.code"}
    known |= {"AuthenticateForm.code", "ActivateTOTPForm.code", "PatientForm.phone"}
    assert known <= set(fields)


def test_a_fraction_has_the_comma_of_any_language_and_a_whole_number_none():
    fields = of_every_form()
    for text in ("2.5", "2,5", "٢٫٥", "۲٫۵"):
        assert read(fields["SizeForm.size_mm"], text) == Decimal("2.5")
    assert read(fields["ClinicSettingsForm.slot_minutes"], "1,000") == ["Enter a whole number."]


@pytest.mark.parametrize("digits", [ARABIC, PERSIAN])
def test_a_recovery_code_is_typed_in_the_digits_of_the_keyboard(doctor, digits):
    with_app(doctor)
    code = RecoveryCodes.activate(doctor).get_unused_codes()[0]
    client = Client()
    client.post(reverse("account_login"), {"login": doctor.email, "password": PASSWORD})
    client.post(reverse("mfa_authenticate"), {"code": code.translate(digits)})
    assert "_auth_user_id" in client.session


def test_a_record_is_found_by_its_number_in_arabic_digits(patient):
    Patient.objects.filter(pk=patient.pk).update(record_number="P-004711")
    assert find_exactly(record_number="P-٠٠٤٧١١") == patient


def test_a_phone_is_typed_in_arabic_digits(desk):
    assert desk.post(REGISTER, typed(phone="٠٦ ٩٨ ٧٦ ٥٤ ٣٢")).status_code == 302
    assert str(Patient.objects.get().phone) == "+33698765432"


@pytest.mark.parametrize("field", ["full_name", "insurer", "email", "emergency_contact"])
@pytest.mark.parametrize("unseen", ["\u202e", "\x1b", "\r\n", "\u2067", "\u2028", "\x85"])
def test_what_turns_or_breaks_a_line_is_refused_with_a_sentence(desk, field, unseen):
    value = f"nina{unseen}neu@example.org" if field == "email" else f"Nina{unseen}Neu"
    response = desk.post(REGISTER, typed() | {field: value})
    assert response.status_code == 422
    assert "cannot be seen" in response.context["form"].errors[field][0]
    assert not Patient.objects.exists()


def test_a_name_of_unseen_characters_alone_is_refused_with_a_sentence(desk):
    response = desk.post(REGISTER, typed(full_name="\u200b"))
    assert response.context["form"].errors["full_name"] == [
        "Nothing in it can be seen. Please type it again."
    ]


def test_marks_that_only_keyboards_leave_are_no_reason_to_refuse(desk):
    desk.post(REGISTER, typed(full_name="Ni\u200fna\tNeu ", phone="\u202a+33 6 98 76 54 32\u202c"))
    patient = Patient.objects.get()
    assert (patient.full_name, str(patient.phone)) == ("Nina Neu", "+33698765432")


def test_a_phone_keeps_its_extension(desk, secretary):
    desk.post(REGISTER, typed(phone="01 23 45 67 89 ext. 12"))
    patient = Patient.objects.get()
    assert str(patient.phone) == "+33123456789;ext=12"
    page = desk.get(reverse("clinic:patient_detail", args=[patient.pk])).content.decode()
    assert "+33 1 23 45 67 89 ext. 12" in page
    assert patient.phone.as_rfc3966 == "tel:+33-1-23-45-67-89;ext=12"
    assert list(find_patients(among=Patient.objects.all(), text="0123456789")) == [patient]
    edit = reverse("clinic:patient_edit", args=[patient.pk])
    shown = desk.get(edit).context["form"]["phone"].value()
    assert post_seen(desk, edit, typed(phone=str(shown))).status_code == 302
    patient.refresh_from_db()
    assert str(patient.phone) == "+33123456789;ext=12"
    # Two people behind one switchboard are two people.
    other = {"full_name": "Otto Other", "birth_date": date(1950, 1, 1)}
    assert possible_duplicates(**other, phone="+33123456789;ext=13") == []
    assert possible_duplicates(**other, phone="+33123456789;ext=12") == [patient]
    assert register_patient(actor=secretary, **other, phone="+33123456789;ext=13").phone.extension


@pytest.mark.parametrize(
    ("birth", "words"),
    [
        (date(2026, 11, 30), "0 days"),
        (date(2026, 11, 29), "1 day"),
        (date(2026, 11, 17), "13 days"),
        (date(2026, 11, 16), "2 weeks"),
        (date(2026, 9, 1), "12 weeks"),
        (date(2026, 8, 30), "3 months"),
        (date(2024, 12, 1), "23 months"),
        (date(2024, 11, 30), "2 years"),
        (date(1926, 12, 1), "99 years"),
    ],
)
def test_the_age_of_a_small_child_is_in_days_weeks_or_months(birth, words):
    assert age_in_words(birth, date(2026, 11, 30)) == words


def test_an_infant_is_not_0_on_the_page_of_the_desk(desk):
    infant = PatientFactory(birth_date=timezone.localdate())
    page = desk.get(reverse("clinic:patient_detail", args=[infant.pk])).content.decode()
    assert "0 days" in page
    assert "(0)" not in page


def test_phone_numbers_read_from_left_to_right_in_arabic(desk, patient):
    desk.cookies["django_language"] = "ar"
    page = BeautifulSoup(desk.get(reverse("clinic:patient_list")).content, "html.parser")
    number = page.find(string=lambda text: text and "+33 6" in text).parent
    assert number["dir"] == "ltr"
    clinic = ClinicSettings(phone="+33123456789")
    with translation.override("ar"):
        assert clinic.phone_in_words == "\u2066+33 1 23 45 67 89\u2069"
    assert clinic.phone_in_words == "+33 1 23 45 67 89"


def test_names_in_the_calendar_lose_their_end_in_every_script():
    script = Path("static/js/calendar.js").read_text()
    assert script.count('node("span", "calendar-who"') == 1
    assert 'made.dir = "auto";' in script
