"""`scripts/try_photographs.py`: a folder in, a table out, through the running site."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings as site_settings

from clinic.models import Appointment, Consent
from skinhealth.demo.drawing import draw_lesion
from tests.factories import PASSWORD, AppointmentFactory, ConsentFactory

pytestmark = [pytest.mark.worker, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def try_photographs(live_server, doctor, settings):
    # The script is for demos, which only ask for the password.
    settings.MFA_REQUIRED = False

    def _try_photographs(folder):
        script = Path(site_settings.BASE_DIR, "scripts", "try_photographs.py")
        options = ["--url", live_server.url, "--email", doctor.email, "--password", PASSWORD]
        return subprocess.run(
            [sys.executable, script, folder, *options],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    return _try_photographs


@pytest.fixture
def folder(tmp_path):
    """Return a folder with two photographs of known class, and a file that is not a photograph."""
    folder = tmp_path / "photographs"
    folder.mkdir()
    for label in ("nv", "vasc"):
        (folder / f"lesion-{label}.jpg").write_bytes(draw_lesion(label, seed=1, size=(400, 300)))
    (folder / "note.jpg").write_text("This is not a photograph.")
    (tmp_path / "HAM10000_metadata.csv").write_text("image_id,dx\nlesion-nv,nv\nlesion-vasc,vasc\n")
    return folder


def test_a_folder_of_photographs_is_answered_as_a_table(
    worker, try_photographs, folder, doctor, patient, secretary
):
    AppointmentFactory(doctor=doctor.doctor, patient=patient, status=Appointment.Status.ARRIVED)
    for purpose in (Consent.Purpose.PHOTOGRAPHY, Consent.Purpose.AI_ANALYSIS):
        ConsentFactory(patient=patient, purpose=purpose, recorded_by=secretary)

    tried = try_photographs(folder)

    assert tried.returncode == 1, tried.stderr
    rows = {line.split()[0]: line for line in tried.stdout.splitlines() if line.strip()}
    for label in ("nv", "vasc"):
        verdicts = tuple(f"{label}, {verdict}" for verdict in ("right", "wrong", "not sure"))
        assert rows[f"lesion-{label}.jpg"].endswith(verdicts)
    assert "JPEG, PNG, WebP or HEIC" in rows["note.jpg"]
    assert "2 answered" in tried.stdout
    assert "of 2 agree with the true class" in tried.stdout


def test_it_says_what_is_missing(try_photographs, folder, tmp_path):
    nobody_came = try_photographs(folder)
    assert "No patient has arrived" in nobody_came.stderr

    (tmp_path / "empty").mkdir()
    nothing = try_photographs(tmp_path / "empty")
    assert "There is no photograph" in nothing.stderr
    assert "Traceback" not in nobody_came.stderr + nothing.stderr
