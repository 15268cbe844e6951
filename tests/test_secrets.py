"""No secret gets into the repository unnoticed."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings

ROOT = Path(settings.BASE_DIR)
# Assembled here, so that this file contains none.
SECRETS = {
    "a key of a cloud": "key = 'AKIA" + "QYLPMN5HHHFPZAM2'\n",
    "a private key": "-----BEGIN RSA " + "PRIVATE KEY-----\n",
    "a password in an address": "DATABASE_URL=postgres://clinic:" + "h7Gf2kPq9x@db:5432/clinic\n",
    "a secret of the site": "SECRET_KEY = '" + "Vb7x0QmZ2rT9wLk4" + "'\n",
}


@pytest.fixture
def repository(tmp_path):
    """Return a repository with this project's scan and its known findings."""
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "check_secrets.py", tmp_path / "scripts")
    shutil.copy(ROOT / ".secrets.baseline", tmp_path)
    subprocess.run(["git", "init", "--quiet"], cwd=tmp_path, check=True)
    return tmp_path


def check(repository, *options):
    return subprocess.run(
        [sys.executable, "scripts/check_secrets.py", *options],
        cwd=repository,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("kind", SECRETS)
def test_a_secret_is_found_and_its_line_named_without_it(kind, repository):
    assert check(repository).returncode == 0
    (repository / "config.py").write_text(f"# Settings\n{SECRETS[kind]}")
    checked = check(repository)
    assert checked.returncode == 1
    assert "config.py:2: " in checked.stdout
    assert SECRETS[kind].strip() not in checked.stdout + checked.stderr


def test_what_was_judged_is_not_asked_about_again_wherever_it_moves(repository):
    path = repository / "config.py"
    path.write_text(SECRETS["a secret of the site"])
    check(repository, "--accept")
    path.write_text("# A line before it\n" + SECRETS["a secret of the site"])
    assert check(repository).returncode == 0


def test_the_scan_is_part_of_the_check():
    makefile = (ROOT / "Makefile").read_text()
    assert "\ncheck: $(CHECKS) " in makefile
    assert "check-secrets" in makefile.partition("\nCHECKS = ")[2].partition("\n")[0].split()
    assert "\ncheck-secrets:\n\t$(PY) scripts/check_secrets.py\n" in makefile
