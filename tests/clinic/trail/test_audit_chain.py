"""The audit trail is only ever added to, and every change made outside the site is found."""

import logging
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from clinic.models import AuditCheck, AuditEvent, AuditLink
from clinic.people.services.nightly_check import check_and_remember
from clinic.tasks import check_audit_trail_task, seal_audit_events_task
from clinic.trail.audit_guard import guard_audit_trail, unguard_audit_trail
from clinic.trail.audit_hash import COLUMNS, content_hash
from clinic.trail.services.audit import Origin, from_origin, record
from clinic.trail.services.audit_chain import seal_events, seal_left_behind
from clinic.trail.services.audit_check import check_audit_trail
from tests.clinic.desk import at_once

pytestmark = pytest.mark.both_engines

VIEW = AuditEvent.Verb.VIEW
WRITERS = 20
IS_POSTGRESQL = connection.vendor == "postgresql"
# SQLite has no TRUNCATE; there, a DELETE of all rows empties a table.
EMPTY_ALL = (
    "TRUNCATE clinic_auditevent, clinic_auditlink"
    if IS_POSTGRESQL
    else "DELETE FROM clinic_auditlink"
)


@contextmanager
def past_the_guard():
    """Do what the owner of the database can do: switch the triggers off."""
    with connection.cursor() as cursor:
        if IS_POSTGRESQL:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        unguard_audit_trail(connection)
        # Foreign keys as well, because the owner can switch those off too.
        if IS_POSTGRESQL:
            cursor.execute("SET session_replication_role = replica")
        else:
            cursor.execute("PRAGMA foreign_keys = OFF")
        try:
            yield cursor
        finally:
            if IS_POSTGRESQL:
                cursor.execute("SET session_replication_role = DEFAULT")
            else:
                cursor.execute("PRAGMA foreign_keys = ON")
            guard_audit_trail(connection)


@pytest.fixture
def events(doctor, patient):
    """Return six linked events, each a little different."""
    written = [
        record(VIEW, actor=doctor, patient=patient, target=patient, detail={"page": number})
        for number in range(6)
    ]
    seal_events()
    return written


def sentences():
    return check_audit_trail().problems


def test_each_event_is_linked_to_everything_before_it(events):
    links = list(AuditLink.objects.values_list("position", "event_id"))

    assert links == [(number + 1, event.pk) for number, event in enumerate(events)]
    assert AuditLink.objects.values("hash").distinct().count() == 6
    assert sentences() == []


@pytest.mark.parametrize("model", [AuditEvent, AuditLink])
def test_the_database_refuses_to_change_or_delete_a_row(events, model):
    column = "verb" if model is AuditEvent else "hash"
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        model.objects.update(**{column: "other"})
    with pytest.raises(DatabaseError, match="only ever added to"), transaction.atomic():
        model.objects.all()._raw_delete(using="default")

    assert model.objects.count() == 6
    assert not model.objects.filter(**{column: "other"}).exists()


def test_the_database_refuses_to_empty_the_table(events):
    if IS_POSTGRESQL:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    with (
        pytest.raises(DatabaseError, match="only ever added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(EMPTY_ALL)

    assert AuditEvent.objects.count() == 6


@pytest.mark.parametrize("column", ["at", "verb", "actor_role", "target_id", "ip_address"])
def test_an_edited_event_is_named(events, column):
    values = {"at": timezone.now() - timedelta(days=1), "ip_address": "203.0.113.9"}
    with past_the_guard():
        AuditEvent.objects.filter(pk=events[2].pk).update(**{column: values.get(column, "list")})

    assert sentences() == [f"Event {events[2].pk} at position 3 was edited."]


def test_another_patient_or_nobody_as_the_actor_is_an_edit_too(events, other_patient):
    with past_the_guard():
        AuditEvent.objects.filter(pk=events[1].pk).update(patient=other_patient)
        AuditEvent.objects.filter(pk=events[4].pk).update(actor=None)

    assert sentences() == [
        f"Event {events[1].pk} at position 2 was edited.",
        f"Event {events[4].pk} at position 5 was edited.",
    ]


def test_an_event_edited_together_with_its_own_hash_is_named(events):
    event = events[3]
    event.detail = {"page": 99}
    with past_the_guard():
        AuditEvent.objects.filter(pk=event.pk).update(
            detail=event.detail,
            content_hash=content_hash(getattr(event, name) for name in COLUMNS),
        )

    [sentence] = sentences()
    assert sentence.startswith(f"Event {event.pk} at position 4 does not follow")


def test_a_deleted_event_is_found_with_its_link(events):
    with past_the_guard():
        AuditLink.objects.filter(position=3)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[2].pk)._raw_delete(using="default")

    assert sentences() == ["Positions 3 to 3 are missing: rows were deleted there."]


def test_a_deleted_event_is_found_where_the_later_links_moved_up(events):
    with past_the_guard():
        AuditLink.objects.filter(position=3)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[2].pk)._raw_delete(using="default")
        for position in (4, 5, 6):
            AuditLink.objects.filter(position=position).update(position=position - 1)

    [sentence] = sentences()
    assert sentence.startswith(f"Event {events[3].pk} at position 3 does not follow")


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("index", [2, 5])
def test_an_event_deleted_from_under_its_link_is_named(doctor, index):
    keys = [record(VIEW, actor=doctor).pk for _number in range(6)]
    with past_the_guard():
        AuditEvent.objects.filter(pk=keys[index])._raw_delete(using="default")

    position = index + 1
    assert sentences() == [f"Deleted at positions {position} to {position}: event {keys[index]}."]
    with past_the_guard():
        AuditLink.objects.filter(position=position)._raw_delete(using="default")


def test_a_deleted_link_is_found(events):
    AuditEvent.objects.filter(pk=events[1].pk)
    with past_the_guard():
        AuditLink.objects.filter(position=2)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[1].pk).update(at=timezone.now() - timedelta(minutes=2))

    missing, unlinked = sentences()
    assert missing == "Positions 2 to 2 are missing: rows were deleted there."
    assert unlinked.startswith(f"Event {events[1].pk} has no link")


def swap_links(one, other):
    AuditLink.objects.filter(position=2).update(event=1_000_000)
    AuditLink.objects.filter(position=5).update(event=one)
    AuditLink.objects.filter(position=2).update(event=other)


def swap_events(one, other):
    AuditEvent.objects.filter(pk=one.pk).update(id=1_000_000)
    AuditEvent.objects.filter(pk=other.pk).update(id=one.pk)
    AuditEvent.objects.filter(pk=1_000_000).update(id=other.pk)


@pytest.mark.parametrize("swap", [swap_links, swap_events])
def test_two_rows_that_changed_places_are_named(events, swap):
    with past_the_guard():
        swap(events[1], events[4])

    [sentence] = sentences()
    assert sentence.endswith("at positions 2 and 5 were swapped.")
    assert str(events[1].pk) in sentence
    assert str(events[4].pk) in sentence


def test_two_neighbours_that_changed_places_with_their_hashes_are_named(events):
    with past_the_guard():
        AuditLink.objects.filter(position=3).update(position=1_000_000)
        AuditLink.objects.filter(position=4).update(position=3)
        AuditLink.objects.filter(position=1_000_000).update(position=4)

    [sentence] = sentences()
    assert sentence == (
        f"Events {events[3].pk} and {events[2].pk} at positions 3 and 4 were swapped."
    )


def test_an_event_that_nobody_linked_is_an_alarm_after_a_minute_and_not_before(events, doctor):
    event = record(VIEW, actor=doctor)
    assert sentences() == []

    with past_the_guard():
        AuditEvent.objects.filter(pk=event.pk).update(at=timezone.now() - timedelta(minutes=2))

    [sentence] = sentences()
    assert sentence.startswith(f"Event {event.pk} has no link")


def test_the_command_says_what_is_wrong_and_where_the_chain_ends(events, capsys):
    head = AuditLink.objects.last()
    call_command("verify_audit", expect=str(head))
    assert f"Head 6:{head.hash}" in capsys.readouterr().out

    with past_the_guard():
        AuditEvent.objects.filter(pk=events[0].pk).update(verb="list")
    with pytest.raises(CommandError) as error:
        call_command("verify_audit")

    assert error.value.returncode == 1
    assert f"Event {events[0].pk} at position 1 was edited." in capsys.readouterr().out


def test_the_command_says_twenty_sentences_and_counts_the_rest(doctor, capsys):
    for _number in range(23):
        record(VIEW, actor=doctor)
    seal_events()
    with past_the_guard():
        AuditEvent.objects.update(verb="list")

    with pytest.raises(CommandError):
        call_command("verify_audit")

    printed = capsys.readouterr().out
    assert printed.count("was edited.") == 20
    assert "... and 3 more." in printed


def test_a_head_noted_earlier_proves_that_the_end_was_cut_off(events, capsys):
    head = str(AuditLink.objects.last())
    with past_the_guard():
        AuditLink.objects.filter(position=6)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[5].pk)._raw_delete(using="default")

    # The rest is an intact chain; only somebody who noted the head can tell.
    call_command("verify_audit")
    with pytest.raises(CommandError):
        call_command("verify_audit", expect=head)

    assert "its end was cut off" in capsys.readouterr().out


def test_the_command_tells_the_badge_what_it_found_and_holds_the_chain_to_it(events):
    call_command("verify_audit")
    assert AuditCheck.objects.get().problems == 0

    with past_the_guard():
        AuditLink.objects.filter(position=6)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[5].pk)._raw_delete(using="default")
    with pytest.raises(CommandError):
        call_command("verify_audit")

    assert AuditCheck.objects.first().problems == 1


def test_a_head_that_is_none_is_refused(db):
    with pytest.raises(CommandError, match="takes a head such as"):
        call_command("verify_audit", expect="6")


def test_the_nightly_check_remembers_the_head_and_holds_the_chain_to_it(events, caplog):
    caplog.set_level(logging.INFO)
    check_audit_trail_task()
    check = AuditCheck.objects.get()
    assert (check.position, check.problems) == (6, 0)
    assert f"is intact up to {check}" in caplog.text

    with past_the_guard():
        AuditLink.objects.filter(position=6)._raw_delete(using="default")
        AuditEvent.objects.filter(pk=events[5].pk)._raw_delete(using="default")
    check_audit_trail_task()

    assert AuditCheck.objects.first().problems == 1
    assert "its end was cut off" in caplog.text
    assert check_and_remember().problems


@pytest.mark.django_db(transaction=True)
def test_an_event_is_linked_when_its_transaction_is_committed_and_never_before(doctor):
    with transaction.atomic():
        record(VIEW, actor=doctor)
        record(VIEW, actor=doctor)
        assert not AuditLink.objects.exists()

    assert AuditLink.objects.count() == 2
    record(VIEW, actor=doctor)
    assert AuditLink.objects.count() == 3


@pytest.mark.django_db(transaction=True)
def test_what_is_rolled_back_leaves_neither_event_nor_link(doctor):
    with transaction.atomic():
        with transaction.atomic():
            record(VIEW, actor=doctor)
            transaction.set_rollback(True)
        kept = record(VIEW, actor=doctor)

    assert list(AuditLink.objects.values_list("event_id", flat=True)) == [kept.pk]
    assert sentences() == []


@pytest.mark.django_db(transaction=True)
def test_the_next_event_links_one_whose_process_died(doctor, monkeypatch):
    with monkeypatch.context() as dies:
        dies.setattr("clinic.trail.services.audit.seal_after_commit", lambda event: None)
        lost = record(VIEW, actor=doctor)
    assert not AuditLink.objects.exists()

    later = record(VIEW, actor=doctor)

    assert list(AuditLink.objects.values_list("event_id", flat=True)) == [lost.pk, later.pk]


def test_the_clock_links_what_is_left_behind(doctor):
    record(VIEW, actor=doctor)

    seal_audit_events_task()

    assert AuditLink.objects.count() == 1
    assert seal_left_behind() == 0


@pytest.mark.django_db(transaction=True)
def test_a_chain_that_cannot_be_added_to_stops_nobodys_work(sign_in, secretary, patient, caplog):
    client = sign_in(secretary)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE clinic_auditlink RENAME TO clinic_auditlink_elsewhere")
    try:
        response = client.get(f"/patients/{patient.pk}/")
    finally:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE clinic_auditlink_elsewhere RENAME TO clinic_auditlink")

    assert response.status_code == 200
    assert "waiting for their links" in caplog.text
    assert AuditEvent.objects.filter(patient=patient).exists()
    seal_left_behind()
    assert sentences() == []


@pytest.mark.django_db(transaction=True)
def test_twenty_writers_at_once_make_one_whole_chain(doctor, patient):
    def write(number):
        with from_origin(Origin()), transaction.atomic():
            record(VIEW, actor=doctor, patient=patient, detail={"number": number})
            record(VIEW, actor=doctor, patient=patient, detail={"number": -number})
        record(VIEW, actor=doctor, detail={"number": number})

    at_once(WRITERS, write)

    assert AuditEvent.objects.count() == 3 * WRITERS
    assert AuditLink.objects.count() == 3 * WRITERS
    assert sentences() == []


@pytest.mark.parametrize("address", ["2001:DB8:0:0:0:0:0:1", "::ffff:192.0.2.1", "192.0.2.1", None])
def test_the_hash_is_the_same_when_the_database_gives_the_row_back(doctor, address):
    detail = {"list": (1, 2), 7: "key", "text": "é “", "share": 0.1, "none": None, "yes": True}
    with from_origin(Origin(ip_address=address)):
        event = record(VIEW, actor=doctor, detail=detail)

    read = AuditEvent.objects.get(pk=event.pk)
    assert content_hash(getattr(read, name) for name in COLUMNS) == event.content_hash
