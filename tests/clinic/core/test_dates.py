"""One field for dates: typed as people type them, in the clinic's order, echoed in words."""

from datetime import date

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.test import Client
from django.urls import reverse
from django.utils import timezone, translation

from clinic.core.dates import Order, possible_dates, shown
from clinic.core.forms import moment_field
from clinic.models import Patient
from tests.clinic.portal import decide
from tests.factories import PatientFactory
from tests.forms import post_seen, sent_by

TODAY = date(2026, 11, 30)
REGISTER = reverse("clinic:patient_register")
READ = reverse("clinic:day_in_words")
NOVEMBER = date(2011, 11, 15)


def typed(**fields):
    return {
        "full_name": "Nina Neu",
        "birth_date": "1984-02-29",
        "sex": "female",
        "language": "en",
        **fields,
    }


def read(text, order=Order.DAY_FIRST, *, is_birth=True):
    return possible_dates(text, order=order, today=TODAY, is_birth=is_birth)


@pytest.mark.parametrize("order", Order)
@pytest.mark.parametrize(
    "text",
    [
        "2011-11-15", "2011/11/15", "15/11/2011", "11/15/2011", "15.11.2011", "15 11 2011",
        "15-11-2011", "15 nov 2011", "Nov 15, 2011", "15th of November 2011", "15 novembre 2011",
        "le 15 nov. 2011", "2011 November 15", "Tuesday 15 November 2011", "١٥/١١/٢٠١١",
        "۱۵ نوفمبر ۲۰۱۱", "15 تشرين الثاني 2011", "15 نونبر 2011", "20111115", "  15/11/2011 ",
        "15NOV2011", "15 NOV/NOV 2011", "mar. 15 nov. 2011", "١٥ نوفمبر ٢٠١١م",
    ],
)  # fmt: skip
def test_a_day_is_read_however_it_is_typed(text, order):
    assert read(text, order) == [NOVEMBER]


@pytest.mark.parametrize(
    ("order", "day"),
    [(Order.DAY_FIRST, date(1980, 6, 5)), (Order.MONTH_FIRST, date(1980, 5, 6))],
)
@pytest.mark.parametrize("text", ["05/06/1980", "5.6.80", "05061980", "5 6 1980", "٥/٦/١٩٨٠"])
def test_figures_are_read_in_the_order_of_the_clinic(text, order, day):
    assert read(text, order) == [day]


@pytest.mark.parametrize("text", ["29/2/84", "29 feb 1984", "29 fév. 84", "29/02/84", "290284"])
def test_a_leap_day_and_a_year_of_two_figures_are_read(text):
    assert read(text) == [date(1984, 2, 29)]


@pytest.mark.parametrize(
    "text",
    ["soon", "31/2/2000", "29/2/2001", "15/11", "1980", "", "//", "32 may 2000", "3 jui 2000",
     "15 may june 2000", "15/11/20111", "9" * 5000, "١"],
)  # fmt: skip
def test_what_is_no_day_is_none(text):
    assert read(text) == []


def test_a_year_of_two_figures_in_two_centuries_is_ambiguous_for_a_birth_alone():
    assert read("1/2/25") == [date(1925, 2, 1), date(2025, 2, 1)]
    assert read("1/2/11") == [date(2011, 2, 1)]
    assert read("1/2/27", is_birth=False) == [date(2027, 2, 1)]


def test_figures_with_the_year_last_are_ambiguous_where_the_year_comes_first():
    assert read("05/06/1980", Order.YEAR_FIRST) == [date(1980, 5, 6), date(1980, 6, 5)]
    assert read("80-05-06", Order.YEAR_FIRST) == [date(1980, 5, 6)]


def test_every_day_that_is_shown_is_read_as_itself():
    for order in Order:
        for day in (date(1900, 1, 2), date(1999, 12, 31), date(2004, 2, 29), date(2026, 3, 4)):
            assert read(shown(day, order), order) == [day]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("15/11/2011", NOVEMBER),
        ("2011-11-15", NOVEMBER),
        ("05/06/1980", date(1980, 6, 5)),
        ("29 feb 1984", date(1984, 2, 29)),
        ("٢٩/٢/٨٤", date(1984, 2, 29)),
    ],
)
@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_a_date_of_birth_does_not_depend_on_the_language(desk, secretary, text, day, language):
    secretary.language = language
    secretary.save()
    assert desk.post(REGISTER, typed(birth_date=text)).status_code == 302
    assert Patient.objects.get().birth_date == day


def test_form_and_search_read_figures_alike_in_the_order_of_the_clinic(desk):
    desk.post(REGISTER, typed(birth_date="05/06/1980"))
    patient = Patient.objects.get()
    for text in ("05/06/1980", "5.6.80", "5 june 1980", "nina 5 juin 1980"):
        found = desk.post(reverse("clinic:patient_list"), {"q": text}, follow=True)
        assert list(found.context["page_obj"]) == [patient], text
    decide(date_order="mdy")
    for text, number in (("05/06/1980", 0), ("06/05/1980", 1)):
        found = desk.post(reverse("clinic:patient_list"), {"q": text}, follow=True)
        assert len(found.context["page_obj"]) == number


def test_an_ambiguous_date_is_asked_about(desk):
    response = desk.post(REGISTER, typed(birth_date="1/2/25"))
    assert response.status_code == 422
    [words] = response.context["form"].errors["birth_date"]
    assert words.startswith("Is it 1 February 1925 or 1 February 2025?")
    assert 'value="1/2/25"' in response.content.decode()


def test_what_comes_back_from_the_server_is_echoed_in_words(desk):
    response = desk.post(REGISTER, typed(birth_date="15/11/2011", full_name=""))
    page = BeautifulSoup(response.content, "html.parser")
    field = page.find("input", attrs={"name": "birth_date"})
    assert (field["value"], field["type"]) == ("15/11/2011", "text")
    today = timezone.localdate()
    years = today.year - 2011 - ((today.month, today.day) < (11, 15))
    words = page.find("output", attrs={"for": field["id"]}).get_text(strip=True)
    assert words == f"15 November 2011, {years} years old"


def test_a_stored_date_is_shown_in_the_order_of_the_clinic_and_saved_unchanged(desk):
    patient = PatientFactory(birth_date=NOVEMBER)
    url = reverse("clinic:patient_edit", args=[patient.pk])
    for order, figures in (("dmy", "15/11/2011"), ("mdy", "11/15/2011"), ("ymd", "2011-11-15")):
        decide(date_order=order)
        sent = sent_by(desk.get(url), url)
        assert sent["birth_date"] == figures
        assert post_seen(desk, url, sent | {"insurer": order}).status_code == 302
        patient.refresh_from_db()
        assert (patient.birth_date, patient.insurer) == (NOVEMBER, order)


def test_a_date_is_read_back_while_it_is_typed_without_a_sign_in(db):
    told = Client().post(READ, {"text": "29 feb 1984", "is_birth": "1"}).json()
    assert (told["day"], told["figures"]) == ("1984-02-29", "29/02/1984")
    assert told["words"].startswith("29 February 1984, ")
    assert Client().post(READ, {"text": "5/6/2026"}).json()["words"] == "Friday 5 June 2026"
    told = Client().post(READ, {"text": "soon"}).json()
    assert told["day"] == ""
    assert told["words"] == "This is not a valid day. Write it like 17/05/1980 or 17 May 1980."


@pytest.mark.django_db
@pytest.mark.parametrize(
    "text",
    [
        "5/6/2026 10:30",
        "2026-06-05T10:30",
        "5 June 2026, 10.30",
        "٥/٦/٢٠٢٦ ١٠:٣٠",
        "5 juin 26 10h30",
    ],
)
def test_a_day_with_a_time_is_read_in_the_same_way(text):
    moment = moment_field("").clean(text)
    assert f"{timezone.localtime(moment):%Y-%m-%d %H:%M}" == "2026-06-05 10:30"
    told = Client().post(READ, {"text": text, "is_moment": "1"}).json()
    assert told["words"] == "Friday 5 June 2026, 10:30"
    assert told["figures"] == "05/06/2026 10:30"


@pytest.mark.django_db
@pytest.mark.parametrize("text", ["5/6/2026", "10:30", "5/6/2026 25:00", "tomorrow", "T10:30"])
def test_a_day_without_its_time_is_refused(text):
    with pytest.raises(ValidationError):
        moment_field("").clean(text)


def test_it_is_read_back_in_the_language_of_the_page(db):
    client = Client()
    client.cookies["django_language"] = "fr"
    told = client.post(READ, {"text": "15/11/2011", "is_birth": "1"}).json()
    assert told["words"].startswith("15 novembre 2011, ")


def test_no_form_has_the_browsers_own_field_for_a_date(things, sign_in, admin, doctor, secretary):
    pages = [
        (secretary, "clinic:patient_register"), (secretary, "clinic:calendar"),
        (secretary, "clinic:desk_day"), (secretary, "clinic:absence_add"),
        (secretary, "clinic:appointment_book"),
        (admin, "clinic:audit_list"), (admin, "clinic:account_create"),
        (doctor, "clinic:doctor_day"), (doctor, "clinic:emergency_open"),
    ]  # fmt: skip
    for user, name in pages:
        page = BeautifulSoup(sign_in(user).get(reverse(name)).content, "html.parser")
        assert page.select(".day-input"), name
        for field in page.select('input[type="date"], input[type="datetime-local"]'):
            assert field.get("form") == "", name
            assert not field.get("name"), name


def test_the_clinic_decides_about_the_order(sign_in, admin):
    url = reverse("clinic:clinic_settings")
    client = sign_in(admin)
    sent = sent_by(client.get(url), url)
    assert client.post(url, sent | {"date_order": "mdy"}).status_code == 302
    with translation.override("en"):
        assert client.post(READ, {"text": "05/06/1980"}).json()["day"] == "1980-05-06"
