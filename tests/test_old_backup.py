"""A backup from before the code was split into rooms, restored by the present code.

The code of that time made it with its own factories, services and `manage.py backup`, on SQLite.
Processes with their own database restore it, whatever the engine of the suite.
"""

import base64
import hashlib
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path

import pytest
from django.conf import settings

from tests.access_table import ROLES, TABLE

BACKUP = Path(__file__).parent / "backups" / "2026-11-30-before-the-rooms.tar.xz"
KEY = base64.b64encode(hashlib.sha256(b"the key of a clinic long ago").digest()).decode()
READ = """
import json
import django
django.setup()
from django.test import Client
from django.urls import reverse
from clinic.people.models.user import User
from clinic.records.models.consultation import Consultation
from diagnosis.lesions.models import LesionImage

visit = Consultation.objects.get()
photograph = LesionImage.objects.get()
pages = {
    "patient": visit.patient.get_absolute_url(),
    "visit": visit.get_absolute_url(),
    "photograph": reverse("diagnosis:image_file", args=[photograph.pk]),
}
people = {
    "admn": "admin", "secr": "secretary", "doct": "doctor", "doc2": "other-doctor",
    "pati": "patient", "pat2": "other-patient",
}
clients = {"anon": Client()}
for role, name in people.items():
    clients[role] = Client()
    clients[role].force_login(User.objects.get(email=f"{name}@example.org"))
seen = {
    page: {role: client.get(address).status_code for role, client in clients.items()}
    for page, address in pages.items()
}
allergy = visit.patient.allergies.get()
print(json.dumps({
    "seen": seen,
    "words": [visit.reason, visit.notes, visit.conclusion, allergy.substance, allergy.reaction],
    "pixels": [photograph.width, photograph.height],
    "jpeg": photograph.file.read()[:2].hex(),
}))
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return a function that runs Python on the restored and migrated backup."""
    folder = tmp_path_factory.mktemp("old")
    with tarfile.open(BACKUP) as archive:
        archive.extractall(folder / "backup", filter="data")

    def run(*words):
        inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        done = subprocess.run(
            [sys.executable, *map(str, words)],
            cwd=settings.BASE_DIR,
            env=inherited
            | {
                "DJANGO_SETTINGS_MODULE": "skinhealth.settings",
                "SKINHEALTH_ENV": "demo",
                "DATA_DIR": str(folder),
                "DATA_KEYS": f"long-ago:{KEY}",
            },
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("manage.py", "restore", folder / "backup")
    run("manage.py", "migrate")
    return run


@pytest.fixture(scope="module")
def read(site):
    """Return a function that asks the restored site."""
    return json.loads(site("-c", READ).splitlines()[-1])


def test_encrypted_columns_and_files_read_what_was_written(read):
    assert read["words"] == [
        "A mole that has changed",
        "Asymmetric, two colours.",
        "To be cut out.",
        "Penicillin",
        "rash",
    ]
    assert read["pixels"] == [320, 240]
    assert read["jpeg"] == "ffd8"


@pytest.mark.parametrize(
    ("address", "of"),
    [
        ("clinic:patient_detail", "patient"),
        ("diagnosis:visit", "visit"),
        ("diagnosis:image_file", "photograph"),
    ],
)
def test_everybody_sees_what_the_access_table_says(read, address, of):
    row = next(row for row in map(str.split, TABLE.splitlines()) if row[:3] == [address, "GET", of])
    told = ["302" if word == "in" else word for word in row[3:]]
    assert read["seen"][of] == dict(zip(ROLES, map(int, told), strict=True))


def test_the_chain_of_the_audit_trail_holds(site):
    assert "Every row is as it was written." in site("manage.py", "verify_audit")
