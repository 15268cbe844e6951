"""`manage.py measure_pages`: time the list pages on a clinic that seed_load has filled."""

import json
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.management import BaseCommand, CommandError
from django.db import connection, reset_queries
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from clinic.people.models.patient import Patient
from clinic.people.models.user import User
from clinic.people.second_factor import SESSION_KEY

ROUNDS = 40
COUNTED = 5
NOTHING: dict[str, str] = {}
TRANSACTIONS = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
BACKEND = "allauth.account.auth_backends.AuthenticationBackend"

# The parameters of a page in its nth round.
Query = Callable[[int], dict[str, str]]


def nothing(_number: int) -> dict[str, str]:
    """Ask for a page without parameters."""
    return {}


def day(number: int) -> dict[str, str]:
    """Return a different day of the calendar each time."""
    return {"date": (timezone.localdate() + timedelta(days=number % 30 - 20)).isoformat()}


def calendar_days(days: int) -> Query:
    """Return some days of the calendar, from a different part of it each time."""

    def query(number: int) -> dict[str, str]:
        first = timezone.localdate() + timedelta(days=number % 30 - 20)
        return {"start": first.isoformat(), "end": (first + timedelta(days=days)).isoformat()}

    return query


def page_of_list(number: int) -> dict[str, str]:
    """Return a different page of a long list each time, including distant ones."""
    return {"page": str(1 + number * 37)}


def name(number: int) -> dict[str, str]:
    """Return a search for a name without accents, as people type it."""
    return {"q": ("mercier", "awa", "etienne 7", "nguyen", "paul abadie", "zimmer")[number % 6]}


def phone(number: int) -> dict[str, str]:
    """Return a search for a phone number."""
    return {"q": f"06 {number:02d} 00" if number % 2 else f"+336{number * 991:08d}"}


PAGES: tuple[tuple[str, str, str, Query], ...] = (
    ("desk day", User.Role.SECRETARY, "clinic:desk_day", day),
    ("calendar", User.Role.SECRETARY, "clinic:calendar", nothing),
    ("calendar's day", User.Role.SECRETARY, "clinic:calendar_events", calendar_days(1)),
    ("calendar's week", User.Role.SECRETARY, "clinic:calendar_events", calendar_days(7)),
    ("calendar's month", User.Role.SECRETARY, "clinic:calendar_events", calendar_days(42)),
    ("waiting room", User.Role.SECRETARY, "clinic:waiting_room", nothing),
    ("requests", User.Role.SECRETARY, "clinic:request_list", nothing),
    ("patients", User.Role.SECRETARY, "clinic:patient_list", page_of_list),
    ("patients by name", User.Role.SECRETARY, "clinic:patient_list", name),
    ("patients by phone", User.Role.SECRETARY, "clinic:patient_list", phone),
    ("booking", User.Role.SECRETARY, "clinic:appointment_book", nothing),
    ("doctor's day", User.Role.DOCTOR, "clinic:doctor_day", day),
    ("doctor's patients", User.Role.DOCTOR, "clinic:patient_list", page_of_list),
    ("doctor's patients by name", User.Role.DOCTOR, "clinic:patient_list", name),
    ("to review", User.Role.DOCTOR, "diagnosis:to_review", nothing),
    ("accounts", User.Role.ADMIN, "clinic:account_list", nothing),
    ("own booking", User.Role.PATIENT, "clinic:my_book", nothing),
    ("own appointments", User.Role.PATIENT, "clinic:my_appointments", nothing),
    ("own record", User.Role.PATIENT, "diagnosis:my_record", nothing),
)


class Command(BaseCommand):
    """Requests every page in turn, each round with different parameters."""

    help = "Prints JSON: the 95th percentile of the times of each list page, and its queries."

    def handle(self, *args: Any, **options: Any) -> None:
        if not User.objects.filter(email__endswith="@load.example").exists():
            raise CommandError("Fill this database with seed_load first.")
        measured = {
            title: measure(client_of(role), reverse(url_name), query)
            for title, role, url_name, query in PAGES
        }
        measured["a patient's page"] = measure_patients()
        self.stdout.write(json.dumps(measured))


def client_of(role: str) -> Client:
    """Return a client signed in as somebody with this role."""
    client = Client(raise_request_exception=True)
    client.force_login(User.objects.filter(role=role).order_by("email")[0], backend=BACKEND)
    session = client.session
    session[SESSION_KEY] = True  # as after the second step
    session.save()
    return client


def measure(client: Client, path: str, query: Query) -> dict[str, float]:
    """Return the 95th percentile of the times, and the highest number of queries."""
    return measure_all(client, [(path, query(number)) for number in range(-COUNTED, ROUNDS)])


def measure_patients() -> dict[str, float]:
    """Return the measurements for patients from all over the register."""
    total, rounds = Patient.objects.count(), ROUNDS + COUNTED
    keys = [Patient.objects.order_by("pk")[number * total // rounds].pk for number in range(rounds)]
    pages = [(reverse("clinic:patient_detail", args=[key]), NOTHING) for key in keys]
    return measure_all(client_of(User.Role.SECRETARY), pages)


def measure_all(client: Client, pages: list[tuple[str, dict[str, str]]]) -> dict[str, float]:
    """Count the queries of the first pages, and time the others without counting."""
    most = max(count_queries(client, *page) for page in pages[:COUNTED])
    times = [time_answer(client, *page) for page in pages[COUNTED:]]
    return {"p95_ms": round(statistics.quantiles(times, n=20)[-1], 1), "queries": most}


def time_answer(client: Client, path: str, query: dict[str, str]) -> float:
    """Return the milliseconds that a page takes."""
    started = time.perf_counter()
    response = client.get(path, query, HTTP_HOST="localhost")
    milliseconds = 1000 * (time.perf_counter() - started)
    if response.status_code != 200:
        raise CommandError(f"{path} answers {response.status_code}.")
    return milliseconds


def count_queries(client: Client, path: str, query: dict[str, str]) -> int:
    """Return the number of queries for a page, without those that begin and end transactions."""
    reset_queries()
    with CaptureQueriesContext(connection) as queries:
        time_answer(client, path, query)
    return sum(not each["sql"].startswith(TRANSACTIONS) for each in queries.captured_queries)
