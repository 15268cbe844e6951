"""Pages on a phone, in the languages with the longest words or the other direction."""

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from clinic.models import Notification
from clinic.records.services.consultations import sign_visit
from clinic.scheduling.services.portal_booking import Wish, request_appointment
from clinic.trail.services.notifications import notify
from tests.clinic.desk import booked, coming, visit_type, works
from tests.clinic.portal import decide
from tests.e2e.door import come_in
from tests.factories import PASSWORD
from tests.full_visit import written_up

pytestmark = pytest.mark.django_db(transaction=True)
TELEPHONE = {"width": 360, "height": 740}


def width_of(page):
    return page.evaluate("document.documentElement.scrollWidth")


def on_telephone(open_browser, user, language):
    user.language = language
    user.save()
    page = open_browser(user.full_name)
    page.set_viewport_size(TELEPHONE)
    come_in(page, user.email)
    return page


def test_long_french_badges_fit_a_telephone(open_browser, patient, doctor):
    decide(portal_booking="request")
    day = coming(0)
    works(doctor, day)
    wish = Wish(first_day=day, last_day=day)
    request_appointment(patient=patient, visit_type=visit_type(), wish=wish, actor=patient.user)
    page = on_telephone(open_browser, patient.user, "fr")
    page.goto("/my/visits/")
    expect(page.get_by_text("En attente de la réponse de la clinique")).to_be_visible()
    assert width_of(page) == 360


def test_a_long_french_tag_next_to_a_time_fits_a_telephone(open_browser, appointment, doctor):
    page = on_telephone(open_browser, doctor, "fr")
    page.goto("/day/")
    expect(page.get_by_text("Allergies pas encore demandées")).to_be_visible()
    assert width_of(page) == 360


def test_a_telephone_number_keeps_its_order_in_arabic(open_browser, patient, secretary):
    page = on_telephone(open_browser, secretary, "ar")
    page.goto(f"/patients/{patient.pk}/")
    number = page.locator("a[href^='tel:']").first
    expect(number).to_have_css("direction", "ltr")
    expect(number).to_have_css("unicode-bidi", "isolate")
    assert width_of(page) == 360


def test_the_code_of_the_second_step_stands_on_white_on_a_dark_page(open_browser, patient):
    page = open_browser("patient", color_scheme="dark")
    come_in(page, patient.user.email)
    page.goto("/security/totp/activate/")
    page.locator("input[type=password]").fill(PASSWORD)
    page.get_by_role("button", name="Continue").click()
    expect(page.locator(".security-code")).to_have_css("background-color", "rgb(255, 255, 255)")


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
@pytest.mark.parametrize("reader", ["secretary", "doctor"])
def test_three_actions_have_room_next_to_each_other(
    reader, language, open_browser, appointment, patient, request
):
    page = on_telephone(open_browser, request.getfixturevalue(reader), language)
    page.goto(f"/patients/{patient.pk}/")
    buttons = page.locator(".page-action > *").all()
    places = [button.bounding_box() for button in buttons]
    assert len(places) == 3
    assert all(place["x"] >= 16 and place["x"] + place["width"] <= 360 - 16 for place in places)
    assert not [
        button.inner_text()
        for button in buttons
        if button.evaluate("button => button.scrollWidth > button.clientWidth")
    ]


@pytest.mark.parametrize("language", ["en", "fr", "ar"])
def test_the_actions_and_the_mark_of_a_signed_visit_fit_a_telephone(
    language, open_browser, doctor, consultation
):
    saved = written_up(consultation, doctor, notes="Seen.", conclusion="Nothing to fear.")
    sign_visit(consultation=saved, actor=doctor)
    page = on_telephone(open_browser, doctor, language)
    page.goto(f"/visits/{consultation.pk}/")
    shown = page.locator(".page-action > *, .page-head .badge-status").all()
    assert len(shown) >= 3
    for each in shown:
        place = each.bounding_box()
        assert place["x"] >= 16
        assert place["x"] + place["width"] <= 360 - 16
        assert not each.evaluate("element => element.scrollWidth > element.clientWidth")
    assert width_of(page) == 360


@pytest.mark.parametrize("reader", ["secretary", "doctor", "admin", "patient"])
def test_every_word_of_the_french_rail_fits_into_it_on_a_tablet(reader, open_browser, request):
    person = request.getfixturevalue(reader)
    page = on_telephone(open_browser, person.user if reader == "patient" else person, "fr")
    page.set_viewport_size({"width": 1024, "height": 768})
    links = page.locator(".rail a")
    expect(links.first).to_be_visible()
    assert (
        links.evaluate_all(
            "links => links.filter((each) => each.scrollWidth > each.clientWidth)"
            ".map((each) => each.innerText)"
        )
        == []
    )


def test_a_number_of_two_digits_stays_on_one_line_in_the_bell(open_browser, doctor):
    for number in range(10):
        notify(
            recipients=[doctor],
            kind=Notification.Kind.BOOKED,
            url_name="clinic:appointment_detail",
            object_key=number,
        )
    page = on_telephone(open_browser, doctor, "en")
    count = page.locator(".bell-count")
    expect(count).to_have_text("10")
    assert count.bounding_box()["height"] == 20


def test_who_waits_comes_first_on_a_telephone(
    open_browser, doctor, secretary, patient, other_patient
):
    noon = timezone.localtime().replace(hour=12, minute=0, second=0, microsecond=0)
    booked(doctor, other_patient, noon)
    later = noon + timedelta(hours=1)
    booked(doctor, patient, later, status="arrived", arrived_at=timezone.now())
    page = on_telephone(open_browser, secretary, "en")
    page.goto("/waiting-room/")
    waiting, expected = (
        page.locator(f".board-{place}").bounding_box()["y"] for place in ("waiting", "expected")
    )
    assert waiting < expected


@pytest.mark.parametrize("language", ["en", "fr"])
def test_the_choice_of_a_doctor_is_not_cut_in_the_calendar(
    language, open_browser, secretary, doctor, other_doctor
):
    page = on_telephone(open_browser, secretary, language)
    page.goto("/calendar/")
    assert not page.locator(".calendar-bar select").evaluate(
        """select => {
          const copy = select.cloneNode(true);
          copy.style.position = "absolute";
          copy.style.width = "auto";
          copy.style.maxWidth = "none";
          select.parentElement.append(copy);
          return copy.offsetWidth > select.offsetWidth;
        }"""
    )
