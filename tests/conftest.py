"""The cast: one person per role, a second patient and a second doctor, and their browsers."""

import gc
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
    """Mark tests for both engines: those with commits, locks and other processes."""
    for item in items:
        marker = item.get_closest_marker("django_db")
        has_transaction = bool(marker and marker.kwargs.get("transaction"))
        is_page = "live_server" in item.fixturenames  # pages look alike on both
        if not is_page and (has_transaction or "transactional_db" in item.fixturenames):
            item.add_marker(pytest.mark.both_engines)


def pytest_collection_finish():
    """Keep Python from looking through a million lasting objects again and again.

    That took a fifth of the suite's processor time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


@pytest.fixture(autouse=True)
def templates_are_given_what_they_read():
    """Fail a test if its pages read a missing variable."""
    missing.clear()
    yield
    assert not missing, "\n".join(sorted(set(missing)))


@pytest.fixture(scope="session")
def migrated(request, django_db_modify_db_settings_parallel_suffix):
    """Return the migrated database that this run copies."""
    database = MigratedDatabase(request.config.cache.mkdir("migrated"))
    database.offer()
    return database


@pytest.fixture(scope="session")
def django_db_modify_db_settings(migrated):
    """Make the copy before Django creates a database."""


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb, migrated):
    """Keep the copied SQLite file, which Django would otherwise replace."""
    return django_db_keepdb or (migrated.is_ready and connection.vendor == "sqlite")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker, migrated):
    """Prepare the database once for each process of a run."""
    migrated.keep()
    with django_db_blocker.unblock():
        database = Database()
    # TestCase has its own method, which rolls back and empties nothing.
    with mock.patch.object(TransactionTestCase, "_fixture_teardown", database.restore):
        yield


@pytest.fixture
def admin(db):
    return UserFactory(email="admin@example.org", full_name="Ada Admin", role=User.Role.ADMIN)


@pytest.fixture
def other_admin(db):
    """Return a second admin, who confirms what one must not do alone."""
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
    """Return a doctor; `doctor.doctor` is the profile."""
    return DoctorFactory(user__email="doctor@example.org", user__full_name="Dora Doctor").user


@pytest.fixture
def other_doctor(db):
    return DoctorFactory(user__email="other-doctor@example.org", user__full_name="Otto Other").user


@pytest.fixture
def patient(db):
    """Return a patient with a login; `patient.user` is the account."""
    user = UserFactory(email="patient@example.org", full_name="Paul Patient")
    return PatientFactory(user=user, full_name="Paul Patient", email=user.email)


@pytest.fixture
def other_patient(db):
    user = UserFactory(email="other-patient@example.org", full_name="Olga Other")
    return PatientFactory(user=user, full_name="Olga Other", email=user.email)


@pytest.fixture
def appointment(doctor, patient):
    """Return a booked appointment of the patient with the doctor, now."""
    return AppointmentFactory(doctor=doctor.doctor, patient=patient)


@pytest.fixture
def consultation(doctor, patient):
    """Return an open visit of the patient with the doctor."""
    return ConsultationFactory(
        appointment__doctor=doctor.doctor,
        appointment__patient=patient,
        appointment__status=Appointment.Status.IN_CONSULTATION,
    )


@pytest.fixture
def cast(admin, secretary, doctor, other_doctor, patient, other_patient):
    """Return everybody who makes requests: nobody, the four roles, another doctor and patient."""
    people = [None, admin, secretary, doctor, other_doctor, patient.user, other_patient.user]
    return dict(zip(ROLES, people, strict=True))


@pytest.fixture
def media(settings, tmp_path):
    """Keep a test's files in a separate folder."""
    folder = tmp_path / "media"
    storage = settings.STORAGES["default"] | {"OPTIONS": {"location": folder, "base_url": None}}
    settings.STORAGES = settings.STORAGES | {"default": storage}
    return folder


@pytest.fixture
def things(media, admin, doctor, patient, secretary, settings):
    """Return one of everything that an address of the site can name."""
    settings.SITE_URL = "http://testserver"
    return one_of_everything(admin=admin, doctor=doctor, patient=patient, secretary=secretary)


@pytest.fixture
def sign_in():
    """Return a function that gives a browser in which somebody is signed in."""

    def _sign_in(user):
        client = Client()
        client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
        # A required second factor counts as given; `test_second_factor.py` tests it.
        session = client.session
        session[SESSION_KEY] = True
        session.save()
        return client

    return _sign_in
