"""The cast: one person per role, a second patient and a second doctor, and browsers for them."""

from unittest import mock

import pytest
from django.db import connection
from django.test import Client, TransactionTestCase

from clinic.models import Appointment, User
from clinic.people.second_factor import SESSION_KEY
from tests.access_table import ROLES
from tests.emptying import Database
from tests.factories import (
    AppointmentFactory,
    ConsultationFactory,
    DoctorFactory,
    PatientFactory,
    UserFactory,
)
from tests.migrated_database import MigratedDatabase
from tests.one_of_everything import one_of_everything
from tests.strict_templates import be_strict, missing
from tests.worker import end_tidily, forget_queues, start_worker, worker  # noqa: F401

be_strict()


def pytest_collection_modifyitems(items):
    """Mark what is to be seen on both engines: commits, locks and other processes."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        has_transaction = bool(marker and marker.kwargs.get("transaction"))
        is_page = "live_server" in item.fixturenames  # pages look alike on both
        if not is_page and (has_transaction or "transactional_db" in item.fixturenames):
            item.add_marker(pytest.mark.both_engines)


@pytest.fixture(autouse=True)
def templates_are_given_what_they_read():
    """Fails a test whose pages read a name that nobody gave."""
    missing.clear()
    yield
    assert not missing, "\n".join(sorted(set(missing)))


@pytest.fixture(scope="session")
def migrated(request, django_db_modify_db_settings_parallel_suffix):
    """The migrated database that this run's own one is copied from."""
    database = MigratedDatabase(request.config.cache.mkdir("migrated"))
    database.offer()
    return database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated):
    """Take the copy before Django makes a database."""


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, migrated):
    """Keep the copied file of SQLite, which Django would otherwise replace."""
    return django_db_keepdb or (migrated.is_ready and connection.vendor == "sqlite")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, migrated):
    """Make the database once for each process of a run."""
    migrated.keep()
    with django_db_blocker.unblock():
        database = Database()
    # TestCase has a method of its own, which rolls back and empties nothing.
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", database.restore):
        yield


@pytest.fixture
def admin(db):
    return UserFactory(email="admin@example.org", full_name="Ada Admin", role=User.Role.ADMIN)


@pytest.fixture
def other_admin(db):
    """A second admin, who confirms what one alone may not do."""
    return UserFactory(
        email="other-admin@example.org", full_name="Abel Admin", role=User.Role.ADMIN
    )


@pytest.fixture
def secretary(db):
    return UserFactory(
        email="secretary@example.org", full_name="Sam Secretary", role=User.Role.SECRETARY
    )


@pytest.fixture
def doctor(db):
    """A doctor's account; `doctor.doctor` is the profile."""
    return DoctorFactory(user__email="doctor@example.org", user__full_name="Dora Doctor").user


@pytest.fixture
def other_doctor(db):
    return DoctorFactory(user__email="other-doctor@example.org", user__full_name="Otto Other").user


@pytest.fixture
def patient(db):
    """A patient with a login; `patient.user` is the account."""
    user = UserFactory(email="patient@example.org", full_name="Paul Patient")
    return PatientFactory(user=user, full_name="Paul Patient", email=user.email)


@pytest.fixture
def other_patient(db):
    user = UserFactory(email="other-patient@example.org", full_name="Olga Other")
    return PatientFactory(user=user, full_name="Olga Other", email=user.email)


@pytest.fixture
def appointment(doctor, patient):
    """A booked appointment of the patient with the doctor, now."""
    return AppointmentFactory(doctor=doctor.doctor, patient=patient)


@pytest.fixture
def consultation(doctor, patient):
    """An open visit of the patient with the doctor."""
    return ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        appointment__status=Appointment.Status.IN_CONSULTATION,
    )


@pytest.fixture
def cast(admin, secretary, doctor, other_doctor, patient, other_patient):
    """Who asks: nobody known, the four roles, a doctor and a patient who are strangers here."""
    people = [None, admin, secretary, doctor, other_doctor, patient.user, other_patient.user]
    return dict(zip(ROLES, people, strict=True))


@pytest.fixture
def media(settings, tmp_path):
    """Files of a test lie in a folder of its own."""
    folder = tmp_path / "media"
    storage = settings.STORAGES["default"] | {"OPTIONS": {"location": folder, "base_url": None}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return folder


@pytest.fixture
def things(media, admin, doctor, patient, secretary, settings):
    """One of everything that an address of the site may name."""
    settings.SITE_URL = "http://testserver"
    return one_of_everything(admin=admin, doctor=doctor, patient=patient, secretary=secretary)


@pytest.fixture
def sign_in():
    """Gives a browser in which somebody has signed in."""

    def _sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        # Where a second factor must be, it was given: `test_second_factor.py` tries it out.
        session = client.session
        session[SESSION_KEY] = True
        session.save()
        return client

    return _sign_in
