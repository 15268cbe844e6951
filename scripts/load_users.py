"""What fifty people do at once, for Locust: they read, book, cancel and photograph."""

import io
import json
import os
import random
import re
from collections import Counter
from datetime import date, datetime, time, timedelta
from itertools import count
from pathlib import Path
from threading import Lock
from time import sleep
from typing import Any

from locust import HttpUser, between, events, task
from locust.env import Environment
from PIL import Image

from skinhealth.demo.drawing import draw_lesion

PASSWORD = os.environ["LOAD_PASSWORD"]
PATIENTS = os.environ["LOAD_PATIENTS"].split(",")
SECRETARIES = os.environ["LOAD_SECRETARIES"].split(",")
DOCTORS = os.environ["LOAD_DOCTORS"].split(",")
UUID = "[0-9a-f-]{36}"
LESION = Image.open(io.BytesIO(draw_lesion("nv", seed=1, size=(600, 450))))

numbers = count(1)
# What the site said it had done.
told = Counter(appointments=0, cancelled=0, photographs=0)
turn = Lock()


def next_number() -> int:
    """Return a unique number."""
    with turn:
        return next(numbers)


def another_photograph() -> bytes:
    """Return a photograph that is cropped a little differently from all others."""
    number = next_number()
    width, height = LESION.width - number % 150, LESION.height - number // 150 % 150
    out = io.BytesIO()
    LESION.crop((0, 0, width, height)).save(out, "JPEG", quality=90)
    return out.getvalue()


class Person(HttpUser):
    """Somebody with a login who looks at a page for a while before the next click."""

    abstract = True
    wait_time = between(2, 6)  # type: ignore[no-untyped-call]  # seconds
    logins: list[str] = []

    def on_start(self) -> None:
        """Sign in through the form, from a separate address."""
        self.client.headers["X-Forwarded-For"] = f"198.51.100.{next_number() % 250 + 1}"
        self.client.get("/login/")
        login = self.logins[next_number() % len(self.logins)]
        answer = self.post("/login/", {"login": login, "password": PASSWORD}, name="/login/")
        if "/login/" in answer.url:
            raise RuntimeError("A made-up person cannot sign in.")

    def post(self, path: str, data: dict[str, Any], *, name: str, **options: Any) -> Any:
        """Send a form; a refusal with a message counts as a normal answer."""
        headers = {
            "X-CSRFToken": self.client.cookies.get("csrftoken") or "",
            "Referer": self.host,
            **options.pop("headers", {}),
        }
        with self.client.post(
            path, data=data, headers=headers, name=name, catch_response=True, **options
        ) as answer:
            if answer.status_code in {409, 422}:
                answer.success()
            return answer

    def post_and_count(self, what: str, path: str, data: dict[str, Any], *, name: str) -> None:
        """Send a form that redirects when it is accepted, and count those that do."""
        if self.post(path, data, name=name, allow_redirects=False).status_code == 302:
            told[what] += 1


class PatientUser(Person):
    """A patient at home who books, cancels and reads."""

    weight = 20
    logins = PATIENTS

    @task(4)
    def look(self) -> None:
        """Read their appointments and their record."""
        self.client.get("/my/visits/")
        self.client.get("/my/record/")

    @task(2)
    def book(self) -> None:
        """Book one of the free times on some day."""
        day = date.today() + timedelta(days=random.randint(1, 40))
        page = self.client.get(f"/my/book/?day={day}", name="/my/book/?day=…").text
        slots = re.findall(r'name="slot"\s+value="([^"]+)"', page)
        types = re.findall(r'<option value="(\d+)"', page)
        if slots and types:
            chosen = {"slot": random.choice(slots), "visit_type": types[0], "day": str(day)}
            self.post_and_count("appointments", "/my/book/", chosen, name="/my/book/")

    @task(1)
    def cancel(self) -> None:
        """Cancel one appointment."""
        page = self.client.get("/my/visits/").text
        addresses = re.findall(rf'action="(/my/visits/{UUID}/cancel/)"', page)
        if addresses:
            address = random.choice(addresses)
            self.post_and_count("cancelled", address, {}, name="/my/visits/…/cancel/")


class SecretaryUser(Person):
    """The desk: the day, the calendar, searches, bookings."""

    weight = 20
    logins = SECRETARIES

    @task(3)
    def see_the_day(self) -> None:
        """Look at today and at who waits."""
        self.client.get("/desk/")
        self.client.get("/waiting-room/")

    @task(2)
    def see_the_calendar(self) -> None:
        """Look at a week of all doctors."""
        first = date.today() + timedelta(days=random.randint(-20, 10))
        days = f"start={first}&end={first + timedelta(days=7)}"
        self.client.get("/calendar/?view=week")
        self.client.get(f"/calendar/events/?{days}", name="/calendar/events/?…")

    @task(3)
    def search(self) -> None:
        """Type three letters of a name."""
        letters = random.choice(("mar", "ben", "oli", "nov", "dia", "lin", "per"))
        self.client.get(f"/patients/?q={letters}", name="/patients/?q=…")

    @task(3)
    def book(self) -> None:
        """Book a quarter-hour that may or may not be free."""
        page = self.client.get("/appointments/new/?q=a", name="/appointments/new/").text
        doctors = re.findall(rf'<option value="({UUID})"', page)
        types = re.findall(r'<option value="(\d+)"', page)
        patients = re.findall(rf'value="({UUID})"', self.client.get("/patients/?q=e").text)
        patients = patients or re.findall(
            rf"/patients/({UUID})/", self.client.get("/patients/", name="/patients/").text
        )
        if not (doctors and types and patients):
            raise RuntimeError("The booking page offers no patient or doctor.")
        day = date.today() + timedelta(days=random.randint(1, 40))
        clock = time(random.randint(8, 17), random.choice((0, 15, 30, 45)))
        form = {
            "patient": random.choice(patients),
            "doctor": random.choice(doctors),
            "visit_type": random.choice(types),
            "starts_at": datetime.combine(day, clock).isoformat(timespec="minutes"),
        }
        self.post_and_count("appointments", "/appointments/new/", form, name="/appointments/new/")


class DoctorUser(Person):
    """A doctor who photographs lesions and reads the answers."""

    weight = 10
    logins = DOCTORS

    @task(2)
    def see_the_day(self) -> None:
        """Look at their day and at what waits for a review."""
        self.client.get("/day/")
        self.client.get("/to-review/")

    @task(3)
    def photograph(self) -> None:
        """Upload a photograph in an open visit and poll until the answer is there."""
        visits = re.findall(rf'href="(/visits/{UUID}/)"', self.client.get("/day/").text)
        if not visits:
            return
        visit = random.choice(visits)
        data = another_photograph()
        answer = self.post(
            f"{visit}photographs/",
            {},
            name="/visits/…/photographs/",
            files={"photograph": ("lesion.jpg", data)},
            headers={"Accept": "application/json"},
        )
        if answer.status_code != 201:
            return
        told["photographs"] += 1
        if not answer.json()["status_url"]:
            return
        address = answer.json()["status_url"]
        for _asked in range(40):
            state = self.client.get(
                address, headers={"Accept": "application/json"}, name="/predictions/…/status/"
            )
            if state.status_code != 200 or state.json()["status"] in {"done", "failed"}:
                return
            sleep(0.5)


@events.quitting.add_listener  # type: ignore[untyped-decorator]
def report(environment: Environment, **_: Any) -> None:
    """Write down how long the pages took and what failed."""
    stats = environment.stats
    pages = {
        f"{entry.method} {entry.name}": {
            "requests": entry.num_requests,
            "median_ms": entry.median_response_time,
            "p95_ms": entry.get_response_time_percentile(0.95),
        }
        for entry in sorted(stats.entries.values(), key=lambda entry: entry.name)
    }
    measured = {
        "requests": stats.total.num_requests,
        "requests_per_second": round(stats.total.total_rps, 1),
        "median_ms": stats.total.median_response_time,
        "p95_ms": stats.total.get_response_time_percentile(0.95),
        "server_errors": sum(error.occurrences for error in stats.errors.values()),
        "errors": [
            f"{error.method} {error.name}: {error.error}" for error in stats.errors.values()
        ],
        "told": dict(told),
        "pages": pages,
    }
    Path(os.environ["LOAD_REPORT"]).write_text(json.dumps(measured))
