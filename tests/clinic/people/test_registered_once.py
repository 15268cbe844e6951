"""One person is registered once: at the same moment, and under another spelling."""

from datetime import date
from importlib import import_module

import pytest
from django.apps import apps
from django.core.exceptions import ValidationError
from django.db import IntegrityError
from django.urls import reverse

from clinic.models import AuditEvent, Patient, SignUpCode, User
from clinic.people.names import name_columns
from clinic.people.services.accounts import NewAccount, create_account
from clinic.people.services.patients import (
    PossibleDuplicateError,
    possible_duplicates,
    register_patient,
    update_patient,
)
from clinic.people.services.sign_up import NewPatient, complete_sign_up
from tests.clinic.desk import at_once
from tests.clinic.portal import decide
from tests.factories import PASSWORD, PatientFactory
from tests.forms import post_seen

pytestmark = pytest.mark.both_engines

BORN = date(1984, 2, 29)
REGISTER = reverse("clinic:patient_register")


def of(full_name, **fields):
    return {"full_name": full_name, "birth_date": BORN, **fields}


def told(work):
    """Return what a piece of work returned, or the refusal."""
    try:
        return work()
    except ValidationError as refusal:
        return refusal


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("names", [("Pat O’Brien", "Pat O’Brien"), ("Oscar Meyer", "Oskar Meier")])
def test_two_desks_that_register_somebody_at_once_make_one_patient(secretary, names):
    for day in (BORN, date(1951, 11, 3), date(1979, 8, 16), date(2003, 12, 25)):
        at_once(
            2,
            lambda number, day=day: told(
                lambda: register_patient(actor=secretary, full_name=names[number], birth_date=day)
            ),
        )
        assert Patient.objects.filter(birth_date=day).count() == 1


def proved(email):
    return SignUpCode.objects.create(email=email, verified_at="2999-01-01T00:00:00Z")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["desk", "account", "sign-up"])
def test_somebody_who_signs_up_while_the_clinic_registers_them_is_noticed(secretary, admin, other):
    decide(is_sign_up_open=True)
    person = NewPatient(
        **of("Nina Müller"), sex="female", phone="", language="en", password=PASSWORD
    )
    code, second = proved("nina@example.org"), proved("nina2@example.org")
    account = NewAccount(
        role=User.Role.PATIENT, **of("Nina Mueller"), email="nina3@example.org", language="en"
    )
    others = {
        "desk": lambda: register_patient(actor=secretary, **of("Nina Mueller")),
        "account": lambda: create_account(actor=admin, account=account),
        "sign-up": lambda: complete_sign_up(code=second, person=person),
    }
    works = [lambda: complete_sign_up(code=code, person=person), others[other]]
    results = at_once(2, lambda number: told(works[number]))
    # Whoever comes second is refused at the desk, or shown to it as a possible duplicate.
    refused = [result for result in results if isinstance(result, PossibleDuplicateError)]
    flagged = Patient.objects.filter(is_possible_duplicate=True).count()
    assert not [each for each in results if isinstance(each, Exception) and each not in refused]
    assert len(refused) + flagged == 1


@pytest.mark.django_db(transaction=True)
def test_two_corrections_at_once_make_no_double(secretary):
    one = register_patient(actor=secretary, **of("Ann One"))
    two = register_patient(actor=secretary, **of("Ben Two"))
    at_once(
        2,
        lambda number: told(
            lambda: update_patient(
                patient=(one, two)[number], actor=secretary, told_apart=(), full_name="Cy Three"
            )
        ),
    )
    assert Patient.objects.filter(full_name="Cy Three").count() == 1


def test_the_database_has_the_last_word(secretary):
    patient = register_patient(actor=secretary, **of("Pat O’Brien"))
    patient.pk, patient.record_number = None, "P-999999"
    with pytest.raises(IntegrityError):
        patient.save(force_insert=True)


def test_people_who_were_told_apart_have_numbers_of_their_own(secretary):
    reasons = ["", "Another", "A third"]
    people = [
        register_patient(actor=secretary, **of("Pat O’Brien"), duplicate_reason=reason)
        for reason in reasons
    ]
    assert [patient.namesake for patient in people] == [0, 1, 2]


@pytest.mark.parametrize(
    ("known", "typed"),
    [
        ("Pat OBrien", "Pat O'Brien"),
        ("Anna Mueller", "Anna Müller"),
        ("Oscar Meyer", "Oskar Meyer"),
        ("Katrin Maier", "Catherine Meyer"),
        ("Jean-Pierre Martin", "Jean Martin"),
        ("Zoé Dupont", "Dupont-Ångström Zoé"),
        ("Jean Pierre Martin", "Jeanpierre Martin"),
        ("Mohamed Ali", "Muhammad Aly"),
        ("فاطمة الزهراء", "فاطمه الزهراء"),
        ("أحمد علي", "احمد على"),
        ("عبد الله حسن", "عبدالله حسن"),
        ("Søren Ågård", "Soeren Aagaard"),
        ("John Smith", "J. Smith"),
    ],
)
def test_another_spelling_is_the_same_person(desk, known, typed):
    PatientFactory(full_name=known, birth_date=BORN, phone="")
    response = desk.post(
        REGISTER, {"full_name": typed, "birth_date": "1984-02-29", "sex": "other", "language": "en"}
    )
    assert response.status_code == 422
    assert known.replace("'", "&#x27;") in response.content.decode()
    assert Patient.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("day", "is_near"),
    [
        (date(1980, 4, 6), True),  # the day
        (date(1980, 5, 4), True),  # day and month
        (date(1980, 4, 5), True),
        (date(1981, 4, 5), True),
        (date(1908, 4, 5), True),  # two digits exchanged
        (date(1991, 11, 27), False),
    ],
)
def test_a_date_that_is_a_slip_away_is_the_same_birthday(day, is_near):
    known = PatientFactory(full_name="Zoé Dupont", birth_date=date(1980, 4, 5), phone="")
    found = possible_duplicates(full_name="ZOE DUPONT", birth_date=day)
    assert found == ([known] if is_near else [])


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("full_name", "day"),
    [
        ("Max Huber", BORN),
        ("Anna Schmidt", BORN),
        ("Mia Huber", date(1950, 6, 1)),
        ("Lia Hubert", date(1984, 2, 28)),
    ],
)
def test_somebody_else_is_somebody_else(full_name, day):
    PatientFactory(full_name="Mia Huber", birth_date=BORN, phone="")
    assert possible_duplicates(full_name=full_name, birth_date=day) == []


def edited(desk, patient, **fields):
    """Send the correction of a patient, as the page shows it otherwise."""
    url = reverse("clinic:patient_edit", args=[patient.pk])
    form = desk.get(url).context["form"]
    shown = {name: value or "" for name, value in form.initial.items()}
    return post_seen(desk, url, shown | {"birth_date": "1984-02-29"} | fields)


def test_editing_somebody_into_anothers_double_asks_why(desk, secretary):
    other = register_patient(actor=secretary, **of("Pat O’Brien"))
    patient = register_patient(actor=secretary, **of("Una Other"))
    response = edited(desk, patient, full_name="Pat Obrien")
    page = response.content.decode()
    assert response.status_code == 422
    assert other.record_number in page
    assert f'name="told_apart" value="{other.pk}"' in page
    patient.refresh_from_db()
    assert patient.full_name == "Una Other"
    fields = {"full_name": "Pat Obrien", "told_apart": str(other.pk)}
    assert edited(desk, patient, **fields, new_reason=" ").status_code == 422
    assert edited(desk, patient, **fields, new_reason="Cousins").status_code == 302
    patient.refresh_from_db()
    assert (patient.full_name, patient.duplicate_reason) == ("Pat Obrien", "Cousins")
    event = AuditEvent.objects.get(verb="update", patient=patient)
    assert event.detail["looks_like"] == [str(other.pk)]


def test_what_a_doctor_makes_a_double_of_a_stranger_comes_to_the_desk(
    sign_in, doctor, secretary, appointment
):
    register_patient(actor=secretary, **of("Pat O’Brien"))
    patient = appointment.patient
    Patient.objects.filter(pk=patient.pk).update(birth_date=BORN)
    response = edited(sign_in(doctor), patient, full_name="Pat Obrien")
    patient.refresh_from_db()
    assert response.status_code == 302
    assert patient.is_possible_duplicate


def test_an_old_reason_does_not_answer_for_a_new_double(desk, secretary):
    register_patient(actor=secretary, **of("Pat O’Brien"))
    third = register_patient(actor=secretary, **of("Una Other"))
    twin = register_patient(actor=secretary, **of("Pat O’Brien"), duplicate_reason="Cousins")
    response = edited(desk, twin, full_name="Una Other", duplicate_reason="Cousins")
    assert response.status_code == 422
    assert third.record_number in response.content.decode()


def test_a_double_that_was_told_apart_is_not_asked_about_again(desk, secretary):
    register_patient(actor=secretary, **of("Pat O’Brien"))
    twin = register_patient(actor=secretary, **of("Pat O’Brien"), duplicate_reason="Cousins")
    assert edited(desk, twin, full_name="Pat OBrien", insurer="Mutual").status_code == 302


@pytest.mark.django_db
def test_a_register_from_before_is_folded_and_its_namesakes_are_told_apart():
    people = [
        PatientFactory(full_name=name, birth_date=BORN) for name in ("Zoé Müller", "ZOE MUELLER")
    ]
    Patient.objects.update(folded_name="", joined_names="")
    import_module("clinic.migrations.0051_patient_is_registered_once").fill(apps, None)
    found = [Patient.objects.get(pk=patient.pk) for patient in people]
    assert [patient.namesake for patient in found] == [0, 1]
    assert {patient.name_key for patient in found} == {name_columns("Zoe Muller")["name_key"]}
    assert all(" muller " in patient.folded_name for patient in found)
