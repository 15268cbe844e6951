import pytest
from django.urls import reverse

from clinic.models import AuditEvent, User
from clinic.people.services.account_search import find_accounts
from tests.factories import PatientFactory, UserFactory

pytestmark = pytest.mark.both_engines

ACCOUNTS = reverse("clinic:account_list")
AUDIT = reverse("clinic:audit_list")
SPELLINGS = [
    ("Pat O’Brien", "obrien"),
    ("Pat OBrien", "o'brien"),
    ("Pat OBrien", "o brien"),
    ("Jeanpierre Martin", "jean-pierre"),
    ("Anna Müller", "mueller"),
    ("Anna Müller", "mue"),
    ("Søren Ågård", "soeren aagaard"),
    ("فاطمة الزهراء", "فاطمه"),
    ("فاطمة الزهراء", "زهراء"),
    ("عبد الله حسن", "عبدالله"),
    ("Oscar Meyer", "oskar"),
    ("John Smith", "jhon"),
]


def person(role, full_name):
    user = UserFactory(role=role, full_name=full_name, email="somebody@example.org")
    if role == User.Role.PATIENT:
        PatientFactory(user=user, full_name=full_name)
    return user


@pytest.mark.parametrize("role", ["doctor", "patient"])
@pytest.mark.parametrize(("name", "text"), SPELLINGS)
def test_an_account_is_found_in_another_spelling(admin, sign_in, role, name, text):
    account = person(role, name)
    UserFactory(full_name="Luc Petit", role=role)
    response = sign_in(admin).post(ACCOUNTS, {"words": text})
    assert list(response.context["page_obj"]) == [account]


@pytest.mark.parametrize(("name", "text"), SPELLINGS)
def test_the_person_of_the_trail_is_found_in_another_spelling(admin, sign_in, name, text):
    account = person("secretary", name)
    response = sign_in(admin).post(AUDIT, {"person": text})
    assert response["Location"] == f"{AUDIT}?actor={account.pk}"


@pytest.mark.parametrize("role", ["doctor", "patient"])
def test_each_word_may_be_of_the_name_or_the_address(admin, sign_in, role):
    account = person(role, "Anna Müller")
    UserFactory(full_name="Anna Petit", role=role)
    client = sign_in(admin)
    for text in ("mueller somebody@", "SOMEBODY@example anna", "body@example.org"):
        assert list(client.post(ACCOUNTS, {"words": text}).context["page_obj"]) == [account]


@pytest.mark.parametrize("text", ["!!", "ann luc", "nobody", "4711"])
def test_what_fits_no_account_finds_none(admin, text):
    person("doctor", "Anna Müller")
    UserFactory(full_name="Luc Petit")
    assert not find_accounts(among=User.objects.all(), text=text).exists()


def test_the_search_of_accounts_takes_few_queries(admin, sign_in, django_assert_max_num_queries):
    for number in range(30):
        UserFactory(full_name=f"Person {number:02}", role="secretary")
    client = sign_in(admin)
    with django_assert_max_num_queries(15):
        client.post(ACCOUNTS, {"words": "person"})
    assert AuditEvent.objects.filter(verb="list").exists()
