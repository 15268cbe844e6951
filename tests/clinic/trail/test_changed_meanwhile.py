"""A form loaded before a colleague's correction cannot undo it unnoticed."""

import pytest
from django.db import transaction
from django.urls import reverse

from clinic.models import Patient
from clinic.people.services.patients import update_patient
from tests.access_table import ROLES
from tests.clinic.desk import at_once
from tests.forms import sent_by
from tests.test_access_matrix import ROWS, Row, address

OLD, MINE, THEIRS = "+33612345678", "+33687654321", "+33655555555"


@pytest.fixture
def edit(desk, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    return url, sent_by(desk.get(url), url)


def test_a_stale_form_is_told_what_changed_and_by_whom(desk, edit, patient, doctor):
    url, typed = edit
    update_patient(patient=patient, actor=doctor, phone=THEIRS)
    answer = desk.post(url, typed | {"phone": MINE, "insurer": "Mutual"})
    assert answer.status_code == 422
    text = answer.content.decode()
    assert "Dora Doctor changed this on" in text
    assert "Now stored: +33 6 55 55 55 55" in text
    kept = sent_by(answer, url)
    assert (kept["phone"], kept["insurer"]) == ("06 87 65 43 21", "Mutual")
    patient.refresh_from_db()
    assert (str(patient.phone), patient.insurer) == (THEIRS, "")


def test_the_next_click_decides(desk, edit, patient, doctor):
    url, typed = edit
    update_patient(patient=patient, actor=doctor, phone=THEIRS)
    answer = desk.post(url, typed | {"phone": MINE})
    assert desk.post(url, sent_by(answer, url)).status_code == 302
    patient.refresh_from_db()
    assert str(patient.phone) == MINE


def test_what_was_not_touched_takes_over_what_is_stored(desk, edit, patient, doctor):
    url, typed = edit
    update_patient(patient=patient, actor=doctor, phone=THEIRS)
    answer = desk.post(url, typed | {"insurer": "Mutual"})
    assert "Changed in the meantime." in answer.content.decode()
    desk.post(url, sent_by(answer, url))
    patient.refresh_from_db()
    assert (str(patient.phone), patient.insurer) == (THEIRS, "Mutual")


def test_a_third_change_is_told_again(desk, edit, patient, doctor):
    url, typed = edit
    update_patient(patient=patient, actor=doctor, phone=THEIRS)
    answer = desk.post(url, typed | {"phone": MINE})
    update_patient(patient=patient, actor=doctor, phone="+33644444444")
    assert desk.post(url, sent_by(answer, url)).status_code == 422


@pytest.mark.parametrize("forged", [{"seen": ""}, {"seen": "phone:0123 full_name"}, {"seen": None}])
def test_a_form_that_says_not_what_it_showed_is_stale(desk, edit, patient, forged):
    url, typed = edit
    data = {name: value for name, value in (typed | forged).items() if value is not None}
    assert desk.post(url, data | {"phone": MINE}).status_code == 422
    patient.refresh_from_db()
    assert str(patient.phone) == OLD


def test_a_second_click_is_no_conflict_with_oneself(desk, edit):
    url, typed = edit
    sent = typed | {"phone": MINE}
    assert desk.post(url, sent).status_code == 302
    assert desk.post(url, sent).status_code == 302


def test_another_fact_of_the_same_row_is_no_conflict(desk, edit, patient):
    url, typed = edit
    Patient.objects.filter(pk=patient.pk).update(has_no_known_allergies=True)
    assert desk.post(url, typed | {"phone": MINE}).status_code == 302


@pytest.mark.django_db(transaction=True)
def test_of_two_who_save_at_once_one_is_told(sign_in, secretary, patient):
    url = reverse("clinic:patient_edit", args=[patient.pk])
    clients = [sign_in(secretary), sign_in(secretary)]
    typed = sent_by(clients[0].get(url), url)
    answers = at_once(
        2, lambda number: clients[number].post(url, typed | {"phone": (MINE, THEIRS)[number]})
    )
    assert sorted(answer.status_code for answer in answers) == [302, 422]


def test_a_profile_is_not_undone_by_an_older_page(portal, patient, secretary):
    url = reverse("clinic:profile")
    typed = sent_by(portal.get(url), url)
    update_patient(patient=patient, actor=secretary, phone=THEIRS)
    assert portal.post(url, typed | {"language": "fr"}).status_code == 422
    patient.refresh_from_db()
    assert (str(patient.phone), patient.language) == (THEIRS, "en")


# Every form that changes a lasting row: who sends it, from which page, and what they change.
EDITS = {
    "clinic:profile": ("secr", None, {"phone": MINE}),
    "clinic:my_preferences": ("pati", ("clinic:my_consents", "-"), {"language": "fr"}),
    "clinic:account_edit": ("admn", None, {"title": "Prof."}),
    "clinic:patient_edit": ("secr", None, {"phone": MINE}),
    "clinic:clinic_settings": ("admn", None, {"name": "Another name"}),
    "clinic:symptom_edit": ("admn", None, {"name": "Prickling"}),
    "clinic:body_site_edit": ("admn", None, {"name": "Whole back"}),
    "clinic:visit_type_edit": ("secr", None, {"duration_minutes": "25"}),
    "clinic:doctor_buffer": ("secr", ("clinic:doctor_hours", "doctor"), {"buffer_minutes": "7"}),
    "clinic:template_edit": ("doct", None, {"plan": "Wait"}),
    "diagnosis:lesion_edit": ("doct", None, {"description": "Below the scar"}),
    "diagnosis:image_size": ("doct", ("diagnosis:visit", "visit"), {"size_mm": "4"}),
    "diagnosis:atlas_disease_edit": ("admn", None, {"plain_words": "A dark mole."}),
    "diagnosis:atlas_stage_edit": ("admn", None, {"name": "Late"}),
    "diagnosis:atlas_image_edit": (
        "admn", ("diagnosis:atlas_image", "atlas_image"), {"caption": "A mole"},
    ),
}  # fmt: skip
# Only its owner can rename a passkey.
NOT_SHARED = {"mfa_edit_webauthn"}
MARKS = {"seen", "version"}


def test_every_form_that_changes_a_lasting_row_is_tried_here():
    edits = {row.url for row in ROWS if row.method == "POST" and row.url.endswith("_edit")}
    assert edits - NOT_SHARED <= EDITS.keys()


@pytest.mark.parametrize("url", EDITS)
def test_a_form_is_taken_only_with_the_mark_of_what_it_showed(url, cast, things, sign_in):
    role, page, changes = EDITS[url]
    assert role in ROLES
    row = next(row for row in ROWS if (row.url, row.method) == (url, "POST"))
    client, action = sign_in(cast[role]), address(row, things)
    shown = address(Row(page[0], "GET", page[1], ()), things) if page else action
    typed = sent_by(client.get(shown), action) | changes
    without = {name: value for name, value in typed.items() if name not in MARKS}
    assert len(without) < len(typed)

    def answer(data):
        with transaction.atomic():
            response = client.post(action, data, headers={"HX-Request": "true"} if page else {})
            transaction.set_rollback(True)
        return response.status_code

    assert answer(without) in {409, 422}
    assert answer(typed) in {200, 302}
