"""A test without a surrounding transaction leaves the database as migrations made it."""

import threading
import time

import pytest
from django.core.signals import request_finished, request_started
from django.db import DatabaseError, connection

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


@pytest.mark.django_db(transaction=True)
def test_what_a_late_request_writes_goes_too():
    database = Database()
    began = threading.Event()

    def answer():
        request_started.send(sender=None, environ={})
        began.set()
        time.sleep(0.3)  # the page that asked is closed by now
        UserFactory()
        request_finished.send(sender=None)
        connection.close()

    late = threading.Thread(target=answer)
    late.start()
    began.wait()

    database.restore()

    late.join()
    assert not User.objects.exists()
