"""The notification centre shows each person only their own news."""

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone

from clinic.models import Appointment, AuditEvent, Notification
from clinic.trail.services.notifications import notify
from tests.clinic.desk import booked
from tests.factories import AppointmentFactory, PatientFactory

LIST = reverse("clinic:notification_list")
COUNT = reverse("clinic:notification_count")
READ_ALL = reverse("clinic:notification_read_all")
Kind = Notification.Kind
Status = Appointment.Status


def url_of(name, notification):
    return reverse(f"clinic:notification_{name}", args=[notification.pk])


def rows_of(response):
    page = BeautifulSoup(response.content, "html.parser")
    return [" ".join(row.get_text(" ").split()) for row in page.select(".list-row")]


@pytest.fixture
def told():
    """Return somebody's notification about an appointment."""

    def _told(user, appointment, kind=Kind.BOOKED):
        notify(
            recipients=[user],
            kind=kind,
            url_name="clinic:appointment_detail",
            object_key=appointment.pk,
        )
        return Notification.objects.get(recipient=user, kind=kind, object_key=str(appointment.pk))

    return _told


def test_the_list_names_the_patient_to_who_may_see_that_patient(
    sign_in, doctor, other_doctor, patient, appointment, told
):
    told(doctor, appointment)
    told(other_doctor, appointment)
    (row,) = rows_of(sign_in(doctor).get(LIST))
    assert "New appointment" in row
    assert patient.full_name in row
    assert "Unread" in row
    (row,) = rows_of(sign_in(other_doctor).get(LIST))
    assert "New appointment" in row
    assert patient.full_name not in row


def test_reading_names_leaves_a_trace(sign_in, doctor, appointment, told):
    told(doctor, appointment)
    sign_in(doctor).get(LIST)
    event = AuditEvent.objects.get(verb="list")
    assert (event.actor, event.detail) == (doctor, {"list": "notifications", "count": 1})


def test_looking_marks_nothing(sign_in, doctor, appointment, told):
    news = told(doctor, appointment)
    browser = sign_in(doctor)
    for url in (LIST, COUNT):
        assert browser.get(url).status_code == 200
    for url in (url_of("open", news), url_of("read", news), READ_ALL):
        assert browser.get(url).status_code == 405
    news.refresh_from_db()
    assert not news.is_read


def test_opening_marks_it_read_and_goes_on(sign_in, doctor, appointment, told):
    news = told(doctor, appointment)
    response = sign_in(doctor).post(url_of("open", news))
    assert response.url == reverse("clinic:appointment_detail", args=[appointment.pk])
    news.refresh_from_db()
    assert news.is_read


def test_what_is_no_longer_there_is_said_in_words(sign_in, other_doctor, appointment, told):
    news = told(other_doctor, appointment)
    response = sign_in(other_doctor).post(url_of("open", news), follow=True)
    assert response.redirect_chain == [(LIST, 302)]
    assert "can no longer open the page" in response.content.decode()
    news.refresh_from_db()
    assert news.is_read


def test_marking_one_keeps_filter_and_page_and_the_first_moment(sign_in, doctor, appointment, told):
    news = told(doctor, appointment)
    browser = sign_in(doctor)
    response = browser.post(url_of("read", news) + "?show=unread&page=2")
    assert response.url == f"{LIST}?show=unread&page=2"
    news.refresh_from_db()
    first = news.read_at
    browser.post(url_of("read", news))
    news.refresh_from_db()
    assert news.read_at == first is not None


def test_a_stranger_can_neither_open_nor_mark_it(sign_in, doctor, other_doctor, appointment, told):
    news = told(doctor, appointment)
    browser = sign_in(other_doctor)
    assert rows_of(browser.get(LIST)) == []
    for name in ("open", "read"):
        assert browser.post(url_of(name, news)).status_code == 404
    browser.post(READ_ALL, {"until": timezone.now().isoformat()})
    news.refresh_from_db()
    assert not news.is_read


def test_marking_all_leaves_what_came_after_the_list_was_drawn(sign_in, doctor, appointment, told):
    seen = told(doctor, appointment)
    browser = sign_in(doctor)
    page = BeautifulSoup(browser.get(LIST).content, "html.parser")
    until = page.select_one('input[name="until"]')["value"]
    unseen = told(doctor, appointment, Kind.MOVED)
    browser.post(READ_ALL, {"until": until})
    for news in (seen, unseen):
        news.refresh_from_db()
    assert (seen.is_read, unseen.is_read) == (True, False)


def test_a_broken_form_marks_nothing_and_says_so(sign_in, doctor, appointment, told):
    news = told(doctor, appointment)
    response = sign_in(doctor).post(READ_ALL, {"until": "yesterday"}, follow=True)
    assert "Nothing was marked" in response.content.decode()
    news.refresh_from_db()
    assert not news.is_read


def test_the_filter_shows_what_is_unread(sign_in, doctor, appointment, told):
    browser = sign_in(doctor)
    browser.post(url_of("read", told(doctor, appointment)))
    told(doctor, appointment, Kind.MOVED)
    (row,) = rows_of(browser.get(f"{LIST}?show=unread"))
    assert "was moved" in row
    newest, oldest = rows_of(browser.get(LIST))
    assert "was moved" in newest
    assert "Read" in oldest.split()


def test_a_wish_shows_no_time_that_nobody_has_agreed_to(sign_in, secretary, patient, doctor, told):
    wish = AppointmentFactory(patient=patient, doctor=doctor.doctor, status=Status.REQUESTED)
    told(secretary, wish, Kind.REQUESTED)
    (row,) = rows_of(sign_in(secretary).get(LIST))
    assert patient.full_name in row
    assert "Visit:" not in row


def test_an_empty_list_says_what_it_is_for(sign_in, admin):
    page = sign_in(admin).get(LIST).content.decode()
    assert "No notifications yet" in page
    assert "Mark all as read" not in page
    assert "Nothing unread" in sign_in(admin).get(f"{LIST}?show=unread").content.decode()


def test_the_bell_counts_what_is_unread(sign_in, doctor, appointment, told):
    browser = sign_in(doctor)
    assert "bell-count" not in browser.get(COUNT).content.decode()
    told(doctor, appointment)
    told(doctor, appointment, Kind.MOVED)
    assert "2 unread" in " ".join(browser.get(COUNT).content.decode().split())
    assert "2 unread" in " ".join(
        browser.get(reverse("clinic:doctor_day")).content.decode().split()
    )


def test_the_bell_counts_no_further_than_anybody_reads(sign_in, doctor):
    Notification.objects.bulk_create(
        Notification(
            recipient=doctor, kind=Kind.BOOKED, url_name="clinic:appointment_detail",
            object_key=str(number), fact_key=str(number),
        )
        for number in range(120)
    )  # fmt: skip
    assert "99+" in sign_in(doctor).get(COUNT).content.decode()


def test_the_bell_costs_one_query_beside_who_asks(sign_in, doctor, django_assert_num_queries):
    browser = sign_in(doctor)
    browser.get(COUNT)
    # The session, the person, the clinic's clock, and the number itself.
    with django_assert_num_queries(4):
        browser.get(COUNT)


def test_asking_for_the_number_does_not_touch_the_session(sign_in, doctor):
    browser = sign_in(doctor)
    response = browser.get(COUNT)
    assert "sessionid" not in response.cookies


def test_a_full_page_asks_the_database_for_little(
    sign_in, doctor, told, django_assert_max_num_queries
):
    browser = sign_in(doctor)
    for number in range(30):
        starts_at = timezone.now() + timedelta(hours=number)
        told(doctor, booked(doctor, PatientFactory(), starts_at))
    with django_assert_max_num_queries(12):
        response = browser.get(LIST)
    assert len(rows_of(response)) == 25
    assert len(rows_of(browser.get(f"{LIST}?page=2"))) == 5
