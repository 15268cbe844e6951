"""A database that stops, a disk that is full: with real servers, real processes, a real disk."""

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from datetime import date, timedelta
from itertools import count
from pathlib import Path

import psycopg
import pytest
import requests
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from diagnosis.models import LesionImage, Prediction
from tests import photographs
from tests.factories import PASSWORD
from tests.machine import free_port, missing
from tests.worker import wait_until

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
SECRETARY = "desk@clinic.example"
PREPARE = f"""
from django.core.management import call_command
call_command("migrate", verbosity=0)
from clinic.models import User
User.objects.create_user("{SECRETARY}", "{PASSWORD}", full_name="Dana Desk", role="secretary")
"""


def listens(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class OwnPostgreSQL:
    """A server for these tests only, which they may stop and start."""

    def __init__(self, programs, folder):
        self.programs = programs
        self.folder = folder
        self.port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self.port}/postgres"
        # PostgreSQL refuses to run as root.
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []

    def run(self, *command):
        subprocess.run(
            [*self.user, *command], cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60
        )

    def create(self):
        self.folder.mkdir()
        if self.user:
            shutil.chown(self.folder, "postgres")
        locale = ("--encoding=UTF8", "--locale=C.UTF-8")
        program = self.programs / "initdb"
        self.run(program, "-D", self.folder, "-U", "postgres", "--auth=trust", *locale)

    def start(self):
        options = f"-p {self.port} -c listen_addresses=127.0.0.1 -c unix_socket_directories="
        log = ("-l", self.folder / "log")
        self.run(
            self.programs / "pg_ctl", "-D", self.folder, "-s", "-w", *log, "-o", options, "start"
        )

    def stop(self):
        """Stop at once, in the middle of everything, like a power cut."""
        self.run(self.programs / "pg_ctl", "-D", self.folder, "-s", "-m", "immediate", "stop")
        wait_until(lambda: not listens(self.port), what="the database is gone")


@pytest.fixture(scope="module")
def own_postgresql():
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
    if not folders:
        missing("PostgreSQL")
    # Not in pytest's own folders, which only the user who runs the tests may read.
    parent = Path(tempfile.mkdtemp(prefix="skinhealth-database-"))
    parent.chmod(0o711)
    server = OwnPostgreSQL(folders[-1], parent / "data")
    server.create()
    server.start()
    yield server
    server.stop()
    shutil.rmtree(parent)


@pytest.fixture(scope="module")
def site(own_postgresql, tmp_path_factory):
    """Return the address of a web server on that database."""
    port = free_port()
    environ = {
        **os.environ,
        "SKINHEALTH_ENV": "demo",
        "DEBUG": "off",
        "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
        "DATA_DIR": str(tmp_path_factory.mktemp("site")),
        "DATABASE_URL": own_postgresql.url,
    }
    subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", PREPARE],
        cwd=settings.BASE_DIR,
        env=environ,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    command = ["-m", "gunicorn", "skinhealth.wsgi", "--bind", f"127.0.0.1:{port}"]
    command += ["--config", "python:skinhealth.serve", "--threads", "4", "--no-control-socket"]
    web = subprocess.Popen(
        [sys.executable, *command], cwd=settings.BASE_DIR, env=environ, stderr=subprocess.DEVNULL
    )
    address = f"http://127.0.0.1:{port}"

    wait_until(lambda: listens(port), seconds=40, what="the web server answers")
    yield address
    web.terminate()
    web.wait(20)


class Desk:
    """A secretary's browser that registers one patient after the other."""

    def __init__(self, site):
        self.site = site
        self.session = requests.Session()
        self.answers = Counter()
        self.numbers = count()
        login = f"{site}/login/"
        self.session.get(login, timeout=20)
        self.post(login, login=SECRETARY, password=PASSWORD)
        assert self.session.get(f"{site}/patients/", timeout=20).status_code == 200

    def post(self, url, **fields):
        token = self.session.cookies.get("csrftoken")
        headers = {"X-CSRFToken": token, "Referer": self.site}
        return self.session.post(
            url, data=fields, headers=headers, timeout=20, allow_redirects=False
        )

    def register(self):
        number = next(self.numbers)
        answer = self.post(
            f"{self.site}/patients/new/",
            full_name=f"{LETTERS[number // 26 % 26]}{LETTERS[number % 26]} Person {number}",
            birth_date=str(date(1950, 1, 1) + timedelta(days=number * 97 % 26_000)),
            sex="female",
            language="en",
        )
        self.answers[answer.status_code] += 1
        return answer


def test_a_database_that_stops_gives_a_plain_page_and_leaves_no_half_of_anything(
    own_postgresql, site
):
    desk = Desk(site)
    is_over = threading.Event()

    def work():
        while not is_over.is_set():
            desk.register()

    at_work = threading.Thread(target=work)
    at_work.start()
    wait_until(lambda: desk.answers[302] >= 5, what="some patients are registered")
    own_postgresql.stop()
    wait_until(lambda: desk.answers[503] >= 2, what="the site says that it cannot")
    page = requests.get(f"{site}/login/", timeout=20)
    own_postgresql.start()
    before = desk.answers[302]
    wait_until(lambda: desk.answers[302] >= before + 5, what="the desk goes on by itself")
    is_over.set()
    at_work.join(30)

    assert set(desk.answers) == {302, 503}
    if page.status_code != 200:
        assert page.status_code == 503
        assert "Retry-After" in page.headers
    with psycopg.connect(own_postgresql.url) as database:

        def number_of(query):
            return database.execute(query).fetchone()[0]

        patients = number_of("SELECT count(*) FROM clinic_patient")
        # A response may be lost on its way after everything was stored.
        assert desk.answers[302] <= patients <= desk.answers[302] + 1
        assert patients == number_of(
            "SELECT count(*) FROM clinic_auditevent"
            " WHERE verb = 'create' AND target_type = 'clinic.patient'"
        )
        assert number_of("SELECT count(DISTINCT record_number) FROM clinic_patient") == patients


@pytest.fixture
def small_disk(tmp_path, settings):
    """Store photographs on a separate disk that is nearly full."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", folder],
        check=False,
        capture_output=True,
    )
    if mount.returncode:
        missing("The right to mount a disk")
    storage = settings.STORAGES["default"]
    settings.STORAGES = settings.STORAGES | {
        "default": storage | {"OPTIONS": {"location": folder, "base_url": None}}
    }
    yield folder
    subprocess.run(["umount", folder], check=True)


def fill(path):
    """Write until there is no space left."""
    file = os.open(path, os.O_CREAT | os.O_WRONLY)
    with suppress(OSError):
        while os.write(file, bytes(4096)):
            pass
    os.close(file)


@pytest.mark.django_db(transaction=True)
def test_a_full_disk_leaves_no_row_without_a_file_and_no_file_without_a_row(
    small_disk, sign_in, doctor, consultation
):
    client = sign_in(doctor)
    url = reverse("diagnosis:image_upload", args=[consultation.pk])

    def upload(seed, **options):
        data = photographs.jpeg(seed, **options)
        return client.post(url, {"photograph": SimpleUploadedFile("lesion.jpg", data)})

    def stored():
        return {path.name for path in small_disk.rglob("*") if path.is_file()}

    def told():
        rows = LesionImage.objects.all()
        return {Path(field.name).name for row in rows for field in (row.file, row.thumbnail)}

    assert upload(1).status_code == 302
    kept = stored()
    assert kept == told()

    fill(small_disk / "something-else")
    refused = upload(2)
    assert refused.status_code == 422
    assert "could not be stored" in refused.content.decode()
    (small_disk / "something-else").unlink()
    assert stored() == told() == kept
    assert Prediction.objects.count() <= 1

    again = upload(2)
    assert again.status_code == 302
    assert stored() == told()
    assert LesionImage.objects.count() == 2


def test_the_pages_of_trouble_come_at_once(own_postgresql, site):
    """Nobody should wait a minute for a dead database."""
    own_postgresql.stop()
    started = time.monotonic()
    answer = requests.get(f"{site}/patients/", cookies={"sessionid": "x" * 32}, timeout=30)
    assert answer.status_code == 503
    assert time.monotonic() - started < 10
    own_postgresql.start()
    wait_until(
        lambda: requests.get(f"{site}/login/", timeout=30).status_code == 200, what="it is back"
    )
