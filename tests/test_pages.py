"""The frame of every page, sign-in, and the pages that say that something does not exist."""

import re

import pytest
from django import forms
from django.template.loader import render_to_string
from django.test import Client, override_settings
from django.urls import resolve

from skinhealth.context_processors import frame
from skinhealth.demo.sign_in import DEMO_PASSWORD, DEMO_PEOPLE


class OneForm(forms.Form):
    name = forms.CharField(help_text="As in the passport.")
    role = forms.ChoiceField(choices=[("a", "A"), ("b", "B")])
    note = forms.CharField(required=False, widget=forms.Textarea)
    colours = forms.MultipleChoiceField(
        choices=[("r", "Red")], widget=forms.CheckboxSelectMultiple, required=False
    )
    is_sure = forms.BooleanField(required=False)
    key = forms.CharField(widget=forms.HiddenInput, required=False)


@pytest.mark.django_db
@override_settings(IS_DEMO=True)
def test_a_demo_offers_its_four_people_at_the_door():
    page = Client().get("/login/").content.decode()

    for person in DEMO_PEOPLE:
        assert person.email in page
        assert person.full_name in page
    assert page.count(DEMO_PASSWORD) == len(DEMO_PEOPLE)


@pytest.mark.django_db
def test_outside_a_demo_the_door_offers_nobody():
    page = Client().get("/login/").content.decode()

    assert DEMO_PASSWORD not in page
    assert "@demo.example" not in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    "path",
    [
        "/login/",
        "/signup/",
        "/inactive/",
        "/password/reset/",
        "/password/reset/key/done/",
        "/password/reset/key/abc-used/",
    ],
)
def test_the_pages_before_sign_in_wear_the_clinic_s_frame(path):
    response = Client().get(path)

    assert response.status_code == 200
    page = response.content.decode()
    assert "css/tokens.css" in page
    assert page.count("<h1") == 1


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/logout/", "/password/change/", "/reauthenticate/"])
def test_the_account_s_own_pages_wear_the_clinic_s_frame(path, sign_in, secretary):
    response = sign_in(secretary).get(path, follow=True)

    assert response.status_code == 200
    page = response.content.decode()
    assert "css/tokens.css" in page
    assert page.count("<h1") == 1


@pytest.mark.django_db
def test_the_rail_marks_the_way_that_the_page_belongs_to(sign_in, doctor):
    page = sign_in(doctor).get("/day/").content.decode()

    marked = re.findall(r'href="([^"]+)"\s+aria-current="page"', page)
    assert set(marked) == {"/day/"}


@pytest.mark.django_db
def test_the_bar_of_telephones_keeps_under_more_what_has_no_room(sign_in, secretary, patient):
    desk = sign_in(secretary).get("/requests/").content.decode().split('class="bottom-bar"')[1]
    assert desk.index("More") < desk.index('href="/requests/"')
    assert desk.index('href="/waiting-room/"') < desk.index("More")

    own = sign_in(patient.user).get("/my/visits/").content.decode()
    assert "<summary" not in own.split('class="bottom-bar"')[1]


@pytest.mark.django_db
def test_no_page_carries_an_inline_script_style_or_handler(sign_in, doctor):
    page = sign_in(doctor).get("/day/").content.decode()

    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)


@pytest.mark.django_db
def test_a_page_that_is_not_there_says_so_in_the_frame(sign_in, doctor):
    response = sign_in(doctor).get("/nothing-here/")

    assert response.status_code == 404
    assert "There is nothing here" in response.content.decode()


@pytest.mark.parametrize("status", [400, 403, 404, 409, 500, 503])
def test_pages_of_trouble_need_neither_a_request_nor_the_database(status):
    page = render_to_string(f"{status}.html")

    assert page.count("<h1") == 1
    assert "css/tokens.css" in page


def test_a_form_draws_its_fields_with_the_classes_of_the_style_sheet():
    page = str(OneForm())

    assert '<textarea name="note"' in page
    assert page.count("form-control") == 2
    assert page.count("form-select") == 1
    assert page.count("form-check-input") == 1
    assert 'class="choice"' in page


def test_a_wrong_field_says_what_is_wrong_and_is_tied_to_the_words():
    page = str(OneForm({"name": "", "role": "a"}))

    assert 'aria-invalid="true"' in page
    assert 'aria-describedby="id_name_helptext id_name_error"' in page
    assert 'id="id_name_error"' in page
    assert 'id="id_name_helptext"' in page
    assert page.count("is-invalid") == 1


def test_a_field_that_may_stay_empty_says_so():
    page = str(OneForm())

    assert page.count("optional") >= 2
    assert page.count('class="field-optional"') == 2


@pytest.mark.django_db
@pytest.mark.parametrize("role", ["admin", "secretary", "doctor"])
def test_the_frame_asks_the_database_nothing_before_it_is_drawn(
    role, rf, request, django_assert_num_queries
):
    asked = rf.get("/")
    asked.user = request.getfixturevalue(role)
    asked.resolver_match = resolve("/desk/")
    with django_assert_num_queries(0):
        drawn = frame(asked)
    assert drawn["rail"]
