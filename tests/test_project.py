"""Promises about the project as a whole."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

pytestmark = pytest.mark.both_engines


@pytest.mark.django_db
def test_no_migration_is_missing():
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.parametrize("argument", ["--fast", "tests/ml", "-k", "--install --fast"])
def test_the_whole_check_refuses_what_it_does_not_know(argument):
    asked = subprocess.run(
        [settings.BASE_DIR / ".ci/run", *argument.split()],
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert asked.returncode == 2
    assert asked.stderr == "usage: .ci/run [--install]\n"
    assert not asked.stdout


@pytest.mark.parametrize("missing", ["make", "chromium", "firefox-esr"])
def test_the_pipeline_installs_nothing_on_a_machine_that_did_not_ask_for_it(tmp_path, missing):
    for program in ("bash", "chmod", "dirname", "mktemp", "rm"):
        (tmp_path / program).symlink_to(shutil.which(program))
    (tmp_path / "python3.11").symlink_to(Path(sys.executable).resolve())
    for program in {"make", "chromium", "firefox-esr"} - {missing}:
        (tmp_path / program).symlink_to(shutil.which("false"))
    asked = subprocess.run(
        [tmp_path / "bash", settings.BASE_DIR / ".ci/run"],
        capture_output=True,
        text=True,
        env={"PATH": str(tmp_path)},
        check=False,
    )
    assert asked.returncode == 1
    assert f"{missing} is not on this machine; .ci/run --install installs it." in asked.stderr
    assert "Installing" not in asked.stdout
