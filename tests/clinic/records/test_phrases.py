"""Templates for notes and prescriptions: kept from a visit, inserted in two clicks, versioned."""

import html
import json

import pytest

from clinic.models import AuditEvent, WritingTemplate
from clinic.records.services.phrases import (
    change_template,
    create_template,
    lines_of,
    notes_content,
    prescription_content,
)
from clinic.records.services.prescriptions import DraftLine

HTMX = {"HX-Request": "true"}
LINE = DraftLine(drug="Hydrocortisone", dose="thin", frequency="daily", duration="5 days")
NOTES = {"reason": "", "examination": "Regular network.", "plan": "Watch.", "conclusion": ""}
LINES = {
    "lines-TOTAL_FORMS": 2,
    "lines-INITIAL_FORMS": 0,
    "lines-0-drug": "Hydrocortisone",
    "lines-0-dose": "thin",
    "lines-0-frequency": "daily",
    "lines-0-duration": "5 days",
}


def menu_of(browser, kind="notes"):
    response = browser.get(f"/templates/menu/{kind}/", headers=HTMX)
    assert response.status_code == 200
    return html.unescape(response.content.decode())


@pytest.fixture
def make(doctor):
    """Create a notes template, the doctor's own unless another owner is named."""

    def _make(name="Nevus", owner=doctor, kind="notes", content=None):
        return create_template(
            actor=doctor, kind=kind, owner=owner, name=name, content=content or {"plan": "Watch."}
        )

    return _make


def test_what_stands_in_the_notes_is_kept_as_a_template(doctor, sign_in):
    browser = sign_in(doctor)
    response = browser.post("/templates/keep/notes/", NOTES | {"name": "Nevus"}, headers=HTMX)
    page = html.unescape(response.content.decode())
    assert response.status_code == 200
    assert "Saved as “Nevus”." in page
    template = WritingTemplate.objects.get()
    assert (template.owner, template.kind) == (doctor, "notes")
    version = template.versions.get()
    assert (version.number, version.written_by) == (1, doctor)
    assert version.content == {"examination": "Regular network.", "plan": "Watch."}
    assert json.dumps(version.content) in page


def test_what_stands_in_the_prescription_is_kept_for_the_clinic(doctor, other_doctor, sign_in):
    data = LINES | {"name": "Eczema", "is_clinic_wide": "on"}
    sign_in(doctor).post("/templates/keep/prescription/", data, headers=HTMX)
    template = WritingTemplate.objects.get()
    assert template.is_clinic_wide
    assert [line.drug for line in lines_of(template.versions.get())] == ["Hydrocortisone"]
    assert "Eczema" in menu_of(sign_in(other_doctor), "prescription")


@pytest.mark.parametrize(
    ("kind", "data", "sentence"),
    [
        ("notes", NOTES, "Give the template a name."),
        ("notes", {"name": "Nevus"}, "There is nothing to save yet"),
        ("notes", {"name": "Nevus", "reason": "x" * 201}, "Something is missing"),
        ("prescription", {"name": "Nevus"}, "Something is missing"),
        (
            "prescription",
            {"name": "Nevus", "lines-TOTAL_FORMS": 1, "lines-INITIAL_FORMS": 0},
            "There is nothing to save yet",
        ),
        ("prescription", LINES | {"name": "x", "lines-0-dose": ""}, "Something is missing"),
    ],
)
def test_what_cannot_be_kept_is_said_in_the_menu(kind, data, sentence, doctor, sign_in):
    response = sign_in(doctor).post(f"/templates/keep/{kind}/", data, headers=HTMX)
    assert response.status_code == 422
    assert sentence in html.unescape(response.content.decode())
    assert not WritingTemplate.objects.exists()


def test_the_menu_offers_ones_own_first_and_none_of_another_doctor(
    doctor, other_doctor, make, sign_in
):
    make("A clinic one", owner=None)
    make("Mine")
    make("Of another", owner=other_doctor)
    make("For lines", kind="prescription", content=prescription_content([LINE]))
    page = menu_of(sign_in(doctor))
    assert page.index("Mine") < page.index("A clinic one")
    assert "Of another" not in page
    assert "For lines" not in page


def test_the_visit_has_the_two_menus_and_asks_for_them_when_opened(
    consultation, doctor, make, sign_in
):
    make("Mine")
    page = sign_in(doctor).get(f"/visits/{consultation.pk}/").content.decode()
    for kind in ("notes", "prescription"):
        assert f'hx-get="/templates/menu/{kind}/"' in page
    assert "Mine" not in page


def test_a_change_makes_a_new_version_and_the_old_one_stays_readable(doctor, make, sign_in):
    template = make()
    browser = sign_in(doctor)
    data = {"name": "Nevus, watched", "seen": 1, "plan": "Watch closely."}
    response = browser.post(f"/templates/{template.pk}/", data)
    assert response.url == f"/templates/{template.pk}/"
    assert [each.number for each in template.versions.all()] == [2, 1]
    page = browser.get(response.url).content.decode()
    assert "Watch closely." in page
    assert "Watch." in page
    assert "Version 1" in page
    assert "Nevus, watched" in page


def test_lines_are_changed_on_the_page_too(doctor, make, sign_in):
    template = make(kind="prescription", content=prescription_content([LINE]))
    browser = sign_in(doctor)
    assert 'value="Hydrocortisone"' in browser.get(f"/templates/{template.pk}/").content.decode()
    data = LINES | {"name": "Nevus", "seen": 1, "lines-0-duration": "10 days"}
    browser.post(f"/templates/{template.pk}/", data)
    assert [lines_of(each)[0].duration for each in template.versions.all()] == ["10 days", "5 days"]


def test_the_same_words_again_make_no_version(doctor, make, sign_in):
    template = make()
    data = {"name": "Nevus", "seen": 1, "plan": "Watch."}
    sign_in(doctor).post(f"/templates/{template.pk}/", data)
    assert template.versions.count() == 1
    assert not AuditEvent.objects.filter(verb=AuditEvent.Verb.UPDATE).exists()


def test_a_new_name_alone_makes_no_version(doctor, make, sign_in):
    template = make()
    data = {"name": "Mole", "seen": 1, "plan": "Watch."}
    sign_in(doctor).post(f"/templates/{template.pk}/", data)
    template.refresh_from_db()
    assert (template.name, template.versions.count()) == ("Mole", 1)


def test_two_doctors_do_not_overwrite_each_other(doctor, other_doctor, make, sign_in):
    template = make(owner=None)
    change_template(
        template=template, actor=other_doctor, name="Nevus", content={"plan": "Theirs"}, seen=1
    )
    data = {"name": "Nevus", "seen": 1, "plan": "Mine"}
    response = sign_in(doctor).post(f"/templates/{template.pk}/", data)
    page = response.content.decode()
    assert response.status_code == 409
    assert "Otto Other changed this template in the meantime" in page
    assert "Theirs" in page
    assert "Mine</textarea>" in page
    assert 'name="seen" value="2"' in page
    sign_in(doctor).post(f"/templates/{template.pk}/", data | {"seen": 2})
    assert template.versions.first().content == {"plan": "Mine"}


@pytest.mark.parametrize("data", [{"name": "", "plan": "x"}, {"name": "x", "plan": "  "}])
def test_an_incomplete_change_keeps_what_was_typed(data, doctor, make, sign_in):
    template = make()
    response = sign_in(doctor).post(f"/templates/{template.pk}/", data | {"seen": 1})
    assert response.status_code == 422
    assert template.versions.count() == 1


def test_a_template_is_put_away_and_brought_back(doctor, make, sign_in):
    template = make()
    browser = sign_in(doctor)
    browser.post(f"/templates/{template.pk}/archive/", {"to": "archived"})
    assert "Nevus" not in menu_of(browser)
    assert "Nevus" in browser.get("/templates/").content.decode()
    browser.post(f"/templates/{template.pk}/archive/", {"to": "offered"})
    assert "Nevus" in menu_of(browser)


def test_a_template_is_written_on_its_own_page(doctor, sign_in):
    browser = sign_in(doctor)
    assert browser.get("/templates/new/prescription/").status_code == 200
    browser.post("/templates/new/prescription/", LINES | {"name": "Eczema"})
    browser.post("/templates/new/notes/", NOTES | {"name": "Nevus"})
    assert set(WritingTemplate.objects.values_list("name", flat=True)) == {"Eczema", "Nevus"}


def test_the_admin_writes_the_clinics_templates_and_has_none_of_the_own(admin, make, sign_in):
    own = make("Of a doctor")
    browser = sign_in(admin)
    response = browser.post("/templates/new/notes/", NOTES | {"name": "Nevus"})
    assert response.status_code == 422
    assert "Only doctors can have their own templates." in response.content.decode()
    browser.post("/templates/new/notes/", NOTES | {"name": "Nevus", "is_clinic_wide": "on"})
    assert WritingTemplate.objects.get(owner=None).name == "Nevus"
    assert "Of a doctor" not in browser.get("/templates/").content.decode()
    assert browser.get(f"/templates/{own.pk}/").status_code == 404


def test_any_doctor_changes_the_clinics_template_and_no_stranger_ones_own(
    doctor, other_doctor, make, sign_in
):
    own, shared = make("Mine"), make("Shared", owner=None)
    browser = sign_in(other_doctor)
    assert browser.get(f"/templates/{own.pk}/").status_code == 404
    assert browser.post(f"/templates/{own.pk}/archive/").status_code == 404
    data = {"name": "Shared", "seen": 1, "plan": "Theirs"}
    assert browser.post(f"/templates/{shared.pk}/", data).status_code == 302
    assert shared.versions.first().written_by == other_doctor


def test_there_is_no_other_kind_of_template(doctor, sign_in):
    browser = sign_in(doctor)
    for path in ("menu", "new"):
        assert browser.get(f"/templates/{path}/letters/").status_code == 404
    assert browser.post("/templates/keep/letters/").status_code == 404


def test_a_list_without_templates_says_what_to_do(doctor, sign_in):
    assert "No templates yet" in sign_in(doctor).get("/templates/").content.decode()


def test_a_template_keeps_only_what_says_something():
    assert notes_content({"plan": " Watch. ", "history": "  ", "version": "3"}) == {
        "plan": "Watch."
    }
    assert prescription_content([]) == {}


def test_more_templates_cost_no_more_queries(doctor, make, sign_in, django_assert_max_num_queries):
    browser = sign_in(doctor)
    make("First")
    with django_assert_max_num_queries(15) as one:
        browser.get("/templates/")
    with django_assert_max_num_queries(15) as menu:
        menu_of(browser)
    for number in range(5):
        make(f"Another {number}")
    with django_assert_max_num_queries(len(one.captured_queries)):
        browser.get("/templates/")
    with django_assert_max_num_queries(len(menu.captured_queries)):
        menu_of(browser)
