"""Types of visit: added, renamed, no longer offered, and kept while there are visits of them."""

from datetime import timedelta

import pytest
from django.urls import reverse

from clinic.models import AuditEvent, User, VisitType
from tests.clinic.desk import at, booked, coming, visit_type, works
from tests.clinic.portal import decide
from tests.forms import post_seen

LIST = reverse("clinic:visit_type_list")
ADD = reverse("clinic:visit_type_add")
BOOK = reverse("clinic:appointment_book")


def typed(**fields):
    return {"name": "Laser", "duration_minutes": "45", "is_active": "on", **fields}


def edit_url(one):
    return reverse("clinic:visit_type_edit", args=[one.pk])


def remove_url(one):
    return reverse("clinic:visit_type_remove", args=[one.pk])


def test_a_new_type_can_be_booked(desk, secretary, doctor, patient):
    assert desk.post(ADD, typed()).url == LIST
    laser = VisitType.objects.get(name="Laser")
    assert (laser.duration_minutes, laser.is_active, laser.code) == (45, True, "laser")
    assert list(VisitType.objects.all())[-1] == laser
    assert AuditEvent.objects.get(verb="create").actor == secretary
    day = coming(0)
    works(doctor, day)
    fields = {
        "patient": patient.pk,
        "doctor": doctor.doctor.pk,
        "visit_type": laser.pk,
        "starts_at": f"{day}T09:00",
    }
    desk.post(BOOK, fields)
    appointment = laser.appointments.get()
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=45)


def test_a_name_that_no_code_can_be_made_of_is_as_good(desk):
    for name in ("ليزر", "فحص"):
        assert desk.post(ADD, typed(name=name)).status_code == 302
    assert set(
        VisitType.objects.filter(code__startswith="visit").values_list("code", flat=True)
    ) == {
        "visit",
        "visit-2",
    }


def test_another_length_leaves_what_is_booked_as_it_is(desk, doctor, patient):
    appointment = booked(doctor, patient, at(coming(0), "09:00"))
    one = visit_type()
    fields = typed(name="Control", duration_minutes="20")
    assert post_seen(desk, edit_url(one), fields).url == LIST
    one.refresh_from_db()
    assert (one.name, one.duration_minutes, one.code) == ("Control", 20, "follow-up")
    appointment.refresh_from_db()
    assert appointment.ends_at - appointment.starts_at == timedelta(minutes=15)


def test_what_is_not_offered_is_not_on_the_booking_page(desk):
    one = visit_type()
    assert one.name in desk.get(BOOK).content.decode()
    post_seen(desk, edit_url(one), {"name": one.name, "duration_minutes": "15"})
    assert f">{one.name}" not in desk.get(BOOK).content.decode()
    page = desk.get(LIST).content.decode()
    assert one.name in page
    assert "Not offered" in page


def test_patients_choose_among_the_types_that_are_offered_to_them(desk, sign_in, patient):
    decide(portal_booking="instant")
    one = visit_type("full-skin-check")
    VisitType.objects.update(is_offered_to_patients=False)
    fields = {"name": one.name, "duration_minutes": "30", "is_active": "on"}
    post_seen(desk, edit_url(one), {**fields, "is_offered_to_patients": "on"})
    assert "Patients may choose it" in desk.get(LIST).content.decode()
    portal = sign_in(patient.user)
    assert one.name in portal.get(reverse("clinic:my_book")).content.decode()
    post_seen(desk, edit_url(one), fields)
    assert "Patients may choose it" not in desk.get(LIST).content.decode()
    assert one.name not in portal.get(reverse("clinic:my_book")).content.decode()


@pytest.mark.parametrize(
    ("fields", "field", "words"),
    [
        ({"name": ""}, "name", "This field is required."),
        ({"name": "FIRST visit"}, "name", "There is already a type of visit with this name."),
        (
            {"duration_minutes": "3"},
            "duration_minutes",
            "Ensure this value is greater than or equal to 5.",
        ),
        (
            {"duration_minutes": "300"},
            "duration_minutes",
            "Ensure this value is less than or equal to 240.",
        ),
    ],
)
def test_what_is_wrong_with_a_type_is_said_at_its_field(desk, fields, field, words):
    before = VisitType.objects.count()
    for url in (ADD, edit_url(visit_type())):
        response = post_seen(desk, url, typed(**fields))
        assert response.status_code == 422
        assert response.context["form"].errors == {field: [words]}
    assert VisitType.objects.count() == before
    assert visit_type().name == "Follow-up"


def test_a_type_that_was_never_booked_is_removed(desk):
    one = visit_type("full-skin-check")
    assert "Remove type" in desk.get(edit_url(one)).content.decode()
    assert desk.post(remove_url(one)).url == LIST
    assert not VisitType.objects.filter(pk=one.pk).exists()
    assert AuditEvent.objects.get(verb="update").detail["removed"] is True


def test_a_type_of_a_visit_is_never_removed(desk, doctor, patient):
    booked(doctor, patient, at(coming(0), "09:00"), status="cancelled")
    one = visit_type()
    assert "Remove type" not in desk.get(edit_url(one)).content.decode()
    response = desk.post(remove_url(one))
    assert response.status_code == 422
    assert "cannot be removed" in response.content.decode()
    assert VisitType.objects.filter(pk=one.pk).exists()
    assert not AuditEvent.objects.filter(verb="update").exists()


def test_a_clinic_without_types_is_told_the_next_step(desk):
    VisitType.objects.all().delete()
    assert "No types of visit yet" in desk.get(LIST).content.decode()


def test_doctors_and_patients_do_not_change_types(sign_in, admin, doctor, patient):
    one = visit_type()
    for user in (doctor, patient.user):
        client = sign_in(user)
        for url in (LIST, ADD, edit_url(one)):
            assert client.get(url).status_code == 403
        assert client.post(remove_url(one)).status_code == 403
    assert sign_in(admin).post(ADD, typed()).status_code == 302


def test_a_type_of_visit_is_called_in_the_reader_s_language(desk, patient, sign_in):
    desk.post(
        reverse("clinic:visit_type_add"),
        {"name": "Wound check", "duration_minutes": 15, "is_active": "on",
         "is_offered_to_patients": "on", "name_fr": "Contrôle de plaie"},
    )  # fmt: skip
    added = VisitType.objects.get(name="Wound check")
    assert added.translations == {"fr": {"name": "Contrôle de plaie"}}
    page = desk.get(reverse("clinic:visit_type_edit", args=[added.pk]))
    assert page.context["form"]["name_fr"].value() == "Contrôle de plaie"

    for language, words in (
        ("fr", "Contrôle de plaie"),
        ("en", "Wound check"),
        ("ar", "Wound check"),
    ):
        User.objects.filter(pk=patient.user.pk).update(language=language)
        offered = sign_in(patient.user).get(reverse("clinic:my_book")).content.decode()
        assert words in offered


def test_the_first_types_of_visit_come_in_every_language(db):
    for code in ("first-visit", "follow-up", "full-skin-check"):
        translations = VisitType.objects.get(code=code).translations
        assert {language for language in translations if translations[language]["name"]} == {
            "fr",
            "ar",
        }
