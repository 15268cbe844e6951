"""The clinic's settings: one row that every page, email, paper and calendar follows."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, ClinicSettings
from clinic.office.services.clinic_settings import SettingsChangedError, change_clinic_settings
from clinic.scheduling.services.feeds import visit_file
from clinic.scheduling.services.slots import free_slots
from tests.calendar_files import event_of
from tests.clinic.desk import at_once, booked, clocks, coming, visit_type, works

URL = reverse("clinic:clinic_settings")


@pytest.fixture
def decided(db):
    """Return settings that differ from the environment's."""
    return ClinicSettings.objects.create(
        pk=1,
        name="Clinique Saint-Élie",
        address="1 rue de la Peau, Lyon",
        phone="+33123456789",
        slot_minutes=20,
        cancellation_notice_hours=4,
        reminder_first_hours=72,
        reminder_last_hours=3,
    )


def in_hours(hours):
    return timezone.now().replace(second=0, microsecond=0) + timedelta(hours=hours)


def test_there_is_one_row(decided):
    with pytest.raises(IntegrityError), transaction.atomic():
        ClinicSettings.objects.create(pk=2, name="Another")


def test_before_the_first_change_the_environment_decides(sign_in, settings, patient):
    settings.CLINIC_NAME = "Clinic of the environment"
    page = sign_in(patient.user).get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinic of the environment" in page
    assert not ClinicSettings.objects.exists()


def test_pages_and_calendar_files_bear_the_clinics_name(sign_in, decided, doctor, patient):
    visit = booked(doctor, patient, in_hours(72))
    page = sign_in(patient.user).get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinique Saint-Élie" in page
    _method, event = event_of(visit_file(visit).content)
    assert event["summary"] == "Visit at Clinique Saint-Élie"
    assert event["location"] == "Clinique Saint-Élie, 1 rue de la Peau, Lyon"


def test_the_grid_follows_the_slot_length(decided, doctor):
    day = coming(0)
    works(doctor, day, "09:00", "10:00")
    slots = free_slots(doctor=doctor.doctor, day=day, visit_type=visit_type())
    assert clocks(slots) == ["09:00", "09:20", "09:40"]


@pytest.mark.parametrize(("hours", "status"), [(5, 302), (3, 409)])
def test_patients_cancel_within_the_clinics_notice(
    sign_in, decided, doctor, patient, hours, status
):
    visit = booked(doctor, patient, in_hours(hours))
    url = reverse("clinic:my_appointment_cancel", args=[visit.pk])
    response = sign_in(patient.user).post(url)
    assert response.status_code == status
    if status == 409:
        assert "Please call us on +33 1 23 45 67 89." in response.content.decode()


def test_a_request_reads_the_row_once(sign_in, decided, doctor, patient):
    for hours in (30, 60, 90):
        booked(doctor, patient, in_hours(hours))
    client = sign_in(patient.user)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(reverse("clinic:my_appointments"))
    assert sum("clinic_clinicsettings" in query["sql"] for query in queries) == 1


def test_the_next_request_sees_what_another_process_wrote(sign_in, decided, patient):
    client = sign_in(patient.user)
    client.get(reverse("clinic:my_appointments"))
    ClinicSettings.objects.update(name="Clinique Sainte-Anne")
    page = client.get(reverse("clinic:my_appointments")).content.decode()
    assert "Clinique Sainte-Anne" in page


def typed(**changes):
    """Return the page's form as a browser sends it before the clinic has changed anything."""
    form = {
        "version": 0,
        "name": "SkinHealth Clinic",
        "address": "",
        "phone": "",
        "time_zone": "Europe/Paris",
        "languages": ["en", "fr", "ar"],
        "slot_minutes": 15,
        "cancellation_notice_hours": 24,
        "reminder_first_hours": 48,
        "reminder_last_hours": 2,
        "portal_booking": "request",
        "retention_years": 10,
    }
    return form | changes


@pytest.fixture
def browser(sign_in, admin):
    return sign_in(admin)


def test_an_admin_changes_the_settings_and_the_site_follows(browser):
    response = browser.post(URL, typed(name="Clinique Saint-Élie", phone="01 23 45 67 89"))
    assert response.url == URL
    page = browser.get(URL).content.decode()
    assert "The settings are saved." in page
    assert BeautifulSoup(page, "html.parser").select_one(".brand").text.strip() == (
        "Clinique Saint-Élie"
    )
    row = ClinicSettings.objects.get()
    assert (row.pk, row.version, str(row.phone)) == (1, 1, "+33123456789")


def test_the_trail_keeps_old_and_new_of_what_changed(browser, admin):
    browser.post(URL, typed(slot_minutes=20, time_zone="Asia/Tokyo", portal_booking="off"))
    event = AuditEvent.objects.get(verb="update")
    assert (event.actor, event.target_type) == (admin, "clinic.clinicsettings")
    assert event.detail == {
        "slot_minutes": [15, 20],
        "time_zone": ["Europe/Paris", "Asia/Tokyo"],
        "portal_booking": ["request", "off"],
    }


def test_a_save_that_changes_nothing_leaves_the_environment_in_charge(browser):
    assert browser.post(URL, typed()).status_code == 302
    assert not ClinicSettings.objects.exists()
    assert not AuditEvent.objects.filter(verb="update").exists()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"name": ""}, "Write the name of the clinic."),
        ({"phone": "12"}, "This is not a complete phone number."),
        ({"time_zone": "Mars/Olympus"}, "Mars/Olympus is not one of the available choices."),
        ({"languages": []}, "Offer at least one language."),
        ({"slot_minutes": 4}, "greater than or equal to 5"),
        ({"cancellation_notice_hours": 169}, "less than or equal to 168"),
        ({"reminder_first_hours": 2}, "The last reminder must be sent after the first."),
        ({"reminder_last_hours": 0}, "greater than or equal to 1"),
        ({"retention_years": 4}, "greater than or equal to 5"),
    ],
)
def test_what_does_not_do_is_refused_beside_its_field(browser, changes, words):
    response = browser.post(URL, typed(address="Kept where it was typed", **changes))
    page = response.content.decode()
    assert response.status_code == 422
    assert words in page
    assert "Kept where it was typed" in page
    assert not ClinicSettings.objects.exists()


def test_of_two_admins_the_second_is_told(browser, decided):
    ClinicSettings.objects.update(version=3)
    first = browser.post(URL, typed(version=3, name="First"))
    assert first.status_code == 302
    second = browser.post(URL, typed(version=3, name="Second"))
    page = second.content.decode()
    assert second.status_code == 409
    assert "Somebody else has changed the settings in the meantime." in page
    assert 'value="Second"' in page
    assert 'name="version" value="4"' in page
    assert ClinicSettings.objects.get().name == "First"
    browser.post(URL, typed(version=4, name="Second"))
    assert ClinicSettings.objects.get().name == "Second"


@pytest.mark.django_db(transaction=True)
def test_of_admins_at_once_one_wins(admin):
    def change(number):
        try:
            change_clinic_settings(actor=admin, version=0, values={"name": f"Name {number}"})
        except SettingsChangedError:
            return 0
        return 1

    assert sum(at_once(4, change)) == 1
    assert ClinicSettings.objects.get().version == 1
    assert AuditEvent.objects.filter(verb="update").count() == 1


def effects(client, **changes):
    response = client.post(reverse("clinic:clinic_settings_preview"), typed(**changes))
    assert response.status_code == 200
    assert not ClinicSettings.objects.exists()
    return " ".join(response.content.decode().split())


def test_before_saving_the_page_says_what_follows(browser, doctor, patient):
    booked(doctor, patient, in_hours(72))
    assert "Nothing yet." in effects(browser)
    words = effects(
        browser, slot_minutes=20, time_zone="Asia/Tokyo", portal_booking="instant",
        is_sign_up_open="on", cancellation_notice_hours=4,
    )  # fmt: skip
    for sentence in (
        "Free times start every 20 minutes. Existing bookings stay where they are.",
        "1 upcoming appointment keeps its actual time: 09:00 today will read 1",
        "Weekly hours keep their figures and follow the new clock.",
        "A free time that a patient chooses is booked at once.",
        "Anyone who opens the sign-in page can create a patient account.",
        "Patients can cancel until 4 hours before the visit",
    ):
        assert sentence in words


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("name", "Clinique"),
        ("address", "1 rue"),
        ("phone", "+33123456789"),
        ("languages", ["en"]),
        ("time_zone", "UTC"),
        ("slot_minutes", 20),
        ("cancellation_notice_hours", 4),
        ("is_overbooking_allowed", "on"),
        ("reminder_first_hours", 50),
        ("reminder_last_hours", 3),
        ("portal_booking", "off"),
        ("is_sign_up_open", "on"),
        ("retention_years", 6),
    ],
)
def test_the_preview_says_what_each_setting_does(browser, name, value):
    assert "Nothing yet." not in effects(browser, **{name: value})


def test_the_words_come_for_what_can_be_read_of_a_wrong_form(browser):
    words = effects(browser, slot_minutes="many", name="Clinique")
    assert "Pages, emails and newly printed papers show it from now on" in words
    assert "Free times" not in words


def test_the_desk_reads_and_changes_nothing(sign_in, secretary, decided):
    desk = sign_in(secretary)
    page = desk.get(URL).content.decode()
    assert "Clinique Saint-Élie" in page
    assert "+33 1 23 45 67 89" in page
    assert "settings-form" not in page
    assert desk.post(URL, typed(name="Ours")).status_code == 403
    assert ClinicSettings.objects.get().name == "Clinique Saint-Élie"


def test_the_rail_shows_admins_the_way(browser, sign_in, secretary):
    link = f'href="{URL}"'
    assert browser.get(URL).content.decode().count(link) >= 2
    assert link in sign_in(secretary).get(reverse("clinic:desk_day")).content.decode()


def test_the_page_takes_few_queries(browser, decided, django_assert_max_num_queries):
    with django_assert_max_num_queries(6):
        browser.get(URL)


# --- Languages ---


@pytest.fixture
def trilingual(settings):
    settings.LANGUAGES = [("en", "English"), ("fr", "French"), ("ar", "Arabic")]


def choices(response):
    return [code for code, _name in response.context["form"].fields["language"].choices]


def test_people_choose_among_the_languages_that_the_clinic_offers(
    trilingual, browser, sign_in, secretary
):
    profile = reverse("clinic:profile")
    assert choices(browser.get(profile)) == ["en", "fr", "ar"]
    browser.post(URL, typed(languages=["en", "fr"]))
    assert choices(browser.get(profile)) == ["en", "fr"]
    for page in ("clinic:account_create",):
        assert choices(browser.get(reverse(page))) == ["en", "fr"]
    assert choices(sign_in(secretary).get(reverse("clinic:patient_register"))) == ["en", "fr"]


def test_who_has_chosen_another_language_keeps_it(trilingual, browser, secretary, sign_in):
    secretary.language = "ar"
    secretary.save()
    browser.post(URL, typed(languages=["fr"]))
    assert choices(sign_in(secretary).get(reverse("clinic:profile"))) == ["fr", "ar"]


def test_all_languages_are_no_choice_so_that_new_ones_are_offered_too(
    trilingual, browser, settings
):
    browser.post(URL, typed(languages=["en"]))
    browser.post(URL, typed(version=1, languages=["en", "fr", "ar"]))
    assert ClinicSettings.objects.get().languages == []
    settings.LANGUAGES = [*settings.LANGUAGES, ("de", "German")]
    assert "de" in choices(browser.get(reverse("clinic:profile")))


def test_a_clinic_without_english_begins_with_its_first_language(trilingual, browser):
    browser.post(URL, typed(languages=["fr", "ar"]))
    form = browser.get(reverse("clinic:account_create")).context["form"]
    assert form["language"].value() == "fr"
