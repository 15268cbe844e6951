"""Typed text that was not sent is kept for its owner for twelve hours, and for nobody else."""

import json
from datetime import timedelta

import pytest
from django.db import connection
from django.urls import reverse
from django.utils import timezone

from clinic.models import AuditEvent, UnsentForm
from clinic.people.services.unsent_forms import MOST_FORMS, find_unsent, keep_unsent
from clinic.people.tasks import forget_what_is_over_task

pytestmark = pytest.mark.django_db

PLACE = '["/patients/new/",""]'
REGISTER = reverse("clinic:patient_register")


def keep(client, fields, place=PLACE):
    return client.post(
        reverse("clinic:unsent_keep"), {"place": place, "fields": json.dumps(fields)}
    )


def find(client, *places):
    answer = client.post(reverse("clinic:unsent_find"), {"places": json.dumps(places or [PLACE])})
    assert answer.status_code == 200
    return {place: kept["fields"] for place, kept in answer.json().items()}


def test_text_is_found_again_by_its_owner_alone(sign_in, secretary, admin):
    desk = sign_in(secretary)
    assert keep(desk, {"full_name": "Paula Half"}).status_code == 204
    assert keep(desk, {"full_name": "Paula Halfway"}).status_code == 204

    assert find(sign_in(secretary)) == {PLACE: {"full_name": "Paula Halfway"}}
    assert find(sign_in(admin)) == {}
    assert find(desk, "another") == {}


def test_nobody_reads_it_in_the_database(sign_in, secretary):
    place = '["/patients/0b9d61f2-0000-4000-8000-000000000000/edit/",""]'
    keep(sign_in(secretary), {"full_name": "Paula Half"}, place)

    with connection.cursor() as cursor:
        cursor.execute(f"SELECT * FROM {UnsentForm._meta.db_table}")
        stored = str(cursor.fetchall())
    assert "Paula" not in stored
    assert "0b9d61f2" not in stored
    assert "Paula" not in str(list(AuditEvent.objects.values()))


def test_it_lasts_twelve_hours_and_is_removed_then(sign_in, secretary):
    keep(sign_in(secretary), {"full_name": "Paula Half"})
    UnsentForm.objects.update(kept_at=timezone.now() - timedelta(hours=11, minutes=59))
    assert find(sign_in(secretary))

    UnsentForm.objects.update(kept_at=timezone.now() - timedelta(hours=12, minutes=1))
    assert find(sign_in(secretary)) == {}
    forget_what_is_over_task()
    assert not UnsentForm.objects.exists()


@pytest.mark.parametrize(("name", "is_kept"), [("", True), ("Paula Pattern", False)])
def test_a_form_that_is_accepted_is_forgotten_and_a_refused_one_is_not(
    sign_in, secretary, name, is_kept
):
    desk = sign_in(secretary)
    keep(desk, {"full_name": "Paula"})
    details = {"full_name": name, "birth_date": "15 November 1980", "sex": "female"}
    answer = desk.post(REGISTER, {**details, "language": "en", "unsent": PLACE})

    assert answer.status_code == (422 if is_kept else 302)
    assert bool(find(desk)) is is_kept


def test_only_the_newest_forms_are_kept(secretary):
    for number in range(MOST_FORMS + 3):
        keep_unsent(owner=secretary, place=str(number), fields={"notes": "x"})
    assert UnsentForm.objects.count() == MOST_FORMS
    assert not find_unsent(owner=secretary, places=["0"])


@pytest.mark.parametrize(
    ("values", "status"),
    [
        ({"place": PLACE, "fields": "["}, 400),
        ({"place": PLACE, "fields": "[" * 100_000}, 400),
        ({"place": PLACE, "fields": '{"a": 1}'}, 400),
        ({"place": "", "fields": "{}"}, 400),
        ({"place": PLACE, "fields": json.dumps({"a": "x" * 70_000})}, 422),
        ({"place": "\x00\u202e", "fields": '{"a": "\\ud800\\u0000"}'}, 204),
    ],
)
def test_what_no_page_sends_is_refused_quietly(sign_in, secretary, values, status):
    assert sign_in(secretary).post(reverse("clinic:unsent_keep"), values).status_code == status


def test_a_place_of_half_characters_is_not_found(sign_in, secretary):
    answer = sign_in(secretary).post(reverse("clinic:unsent_find"), {"places": '["\\ud800"]'})
    assert answer.json() == {}
