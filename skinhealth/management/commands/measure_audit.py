"""`manage.py measure_audit`: time the audit trail with a million rows in an empty database."""

import json
import statistics
import time
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from itertools import islice
from typing import Any
from uuid import uuid4

from django.conf import settings
from django.core.management import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.trail.audit_hash import COLUMNS, START, content_hash, link_hash
from clinic.trail.models.audit import AuditEvent, AuditLink
from clinic.trail.services.audit import record
from clinic.trail.services.audit_check import check_audit_trail
from ml.arguments import parse_count

BATCH = 10_000
PATIENTS = 2_000
WRITES = 500
PAGES = 40
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"
VERBS = (AuditEvent.Verb.VIEW, AuditEvent.Verb.DOWNLOAD, AuditEvent.Verb.UPDATE)


class Command(BaseCommand):
    """Fills an empty database with events and prints the trail's timings as JSON."""

    help = "Times verification, writing and the list of the audit trail; needs an empty database."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rows", type=parse_count, default=1_000_000)

    def handle(self, *args: Any, **options: Any) -> None:
        if settings.IS_PRODUCTION or User.objects.exists():
            raise CommandError("Give measure_audit its own, empty database.")
        admin = User.objects.create_user(
            "admin@load.example", full_name="Load Admin", role=User.Role.ADMIN
        )
        patients = Patient.objects.bulk_create(
            Patient(
                record_number=f"P-{number:06d}",
                full_name=f"Load {number}",
                birth_date=date(1980, 1, 1),
            )
            for number in range(1, PATIENTS + 1)
        )
        fill(options["rows"], admin, patients)
        with connection.cursor() as cursor:
            cursor.execute("ANALYZE")
        started = time.perf_counter()
        findings = check_audit_trail()
        verify_s = time.perf_counter() - started
        if findings.problems:
            raise CommandError(findings.problems[0])
        client = Client()
        client.force_login(admin, backend=BACKEND)
        page = reverse("clinic:audit_list")
        measured = {
            "rows": findings.head.position,
            "verify_s": round(verify_s, 1),
            "write_ms": times(WRITES, lambda number: write(admin, patients[number])),
            "list_ms": times(PAGES, lambda number: client.get(page)),
            "list_of_patient_ms": times(
                PAGES, lambda number: client.get(page, {"patient": str(patients[number].pk)})
            ),
        }
        self.stdout.write(json.dumps(measured))


def write(actor: User, patient: Patient) -> None:
    """Write one event as a page does: commit it, then link it."""
    with transaction.atomic():
        record(AuditEvent.Verb.VIEW, actor=actor, patient=patient, target=patient)


def times(rounds: int, work: Callable[[int], object]) -> dict[str, float]:
    """Return median and 95th percentile in milliseconds, after one round that is not counted."""
    work(0)
    taken = []
    for number in range(rounds):
        started = time.perf_counter()
        work(number)
        taken.append((time.perf_counter() - started) * 1000)
    taken.sort()
    p95 = taken[int(len(taken) * 0.95)]
    return {"median": round(statistics.median(taken), 2), "p95": round(p95, 2)}


def fill(rows: int, actor: User, patients: list[Patient]) -> None:
    """Write events with their links in bulk, as `record` would have written them."""
    position, last = 0, START
    made = events(rows, actor, patients)
    while batch := list(islice(made, BATCH)):
        links = []
        for event in batch:
            event.content_hash = content_hash(getattr(event, name) for name in COLUMNS)
        AuditEvent.objects.bulk_create(batch)
        for event in batch:
            position, last = position + 1, link_hash(last, event.pk, event.content_hash)
            links.append(AuditLink(position=position, event=event, hash=last))
        AuditLink.objects.bulk_create(links)


def events(rows: int, actor: User, patients: list[Patient]) -> Iterator[AuditEvent]:
    """Make events for the last hundred days, spread over patients and kinds."""
    first = timezone.now() - timedelta(days=100)
    for number in range(rows):
        patient = patients[number * 7919 % len(patients)]
        yield AuditEvent(
            at=first + timedelta(days=100) * number / rows,
            verb=VERBS[number % len(VERBS)],
            actor=actor,
            actor_role=actor.role,
            patient=patient,
            target_type="clinic.patient",
            target_id=str(patient.pk),
            detail={"of": "patients", "count": number % 100},
            request_id=uuid4(),
            ip_address="192.0.2.7",
        )
