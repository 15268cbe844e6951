"""Link the existing events into the chain; from then on the database refuses to change them.

A migration in which Django rebuilds one of the two tables on SQLite has to call `guard_audit_trail` again.
"""

from itertools import islice

from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor
from django.db.migrations.state import StateApps

from clinic.audit_guard import guard_audit_trail, unguard_audit_trail
from clinic.audit_hash import COLUMNS, START, content_hash, link_hash

BATCH = 2_000


def link_events(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    events = apps.get_model("clinic", "AuditEvent").objects.order_by("pk")
    links = apps.get_model("clinic", "AuditLink")
    rows, position, last = events.iterator(BATCH), 0, START
    while batch := list(islice(rows, BATCH)):
        chain = []
        for event in batch:
            event.content_hash = content_hash(getattr(event, name) for name in COLUMNS)
            position, last = position + 1, link_hash(last, event.pk, event.content_hash)
            chain.append(links(position=position, event=event, hash=last))
        events.bulk_update(batch, ["content_hash"])
        links.objects.bulk_create(chain)


def guard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    if editor.connection.vendor == "postgresql":
        editor.execute("SET CONSTRAINTS ALL IMMEDIATE")
    guard_audit_trail(editor.connection)


def unguard(apps: StateApps, editor: BaseDatabaseSchemaEditor) -> None:
    unguard_audit_trail(editor.connection)


class Migration(migrations.Migration):
    dependencies = [("clinic", "0020_audit_trail_is_a_chain")]

    operations = [
        migrations.RunPython(link_events, migrations.RunPython.noop),
        migrations.RunPython(guard, unguard),
    ]
