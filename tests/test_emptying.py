"""A test without a surrounding transaction leaves the database as migrations made it."""

import pytest
from django.db import DatabaseError

from clinic.models import AuditEvent, Symptom, User
from clinic.trail.services.audit import record
from tests.emptying import Database
from tests.factories import UserFactory


def rows(database):
    return {table: sorted(rows, key=repr) for table, rows in database.made.items()}


@pytest.mark.django_db(transaction=True)
def test_what_a_test_made_goes_and_what_migrations_made_comes_back():
    migrated = Database()
    assert "clinic_symptom" in migrated.made
    record(AuditEvent.Verb.VIEW, actor=UserFactory())
    Symptom.objects.all().delete()

    migrated.restore()

    assert not User.objects.exists()
    assert rows(Database()) == rows(migrated)


@pytest.mark.django_db(transaction=True)
def test_the_audit_trail_is_guarded_again():
    Database().restore()
    event = record(AuditEvent.Verb.VIEW, actor=UserFactory())

    with pytest.raises(DatabaseError, match="only ever added to"):
        AuditEvent.objects.filter(pk=event.pk)._raw_delete(using="default")
