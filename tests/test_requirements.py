"""What each list of requirements adds, and that the shortest one runs the site."""

import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from django.conf import settings

from tests import photographs

ROOT = Path(settings.BASE_DIR)
LISTS = ["requirements.txt", *(f"requirements-{name}.txt" for name in ("serve", "npm", "dev"))]
LINE = re.compile(
    r"[A-Za-z0-9_-]+(\[[a-z,]+\])?==[0-9][0-9a-z.]*  +# \S.*"  # a package, pinned, what for
    r"|-r requirements[a-z-]*\.txt|#.*|"
)
# Runs as an installation of requirements-serve.txt would, without what the other lists add.
WITHOUT = """
import sys
from importlib.machinery import PathFinder

find = PathFinder.find_spec

def find_what_is_there(name, *where):
    return None if name.partition(".")[0] in {missing!r} else find(name, *where)

PathFinder.find_spec = find_what_is_there
"""
EVERY_MODULE = """
import pkgutil
import django
django.setup()
for package in ("skinhealth", "clinic", "diagnosis"):
    for module in pkgutil.walk_packages(__import__(package).__path__, package + "."):
        if not module.name.startswith("skinhealth.settings_"):
            __import__(module.name)
"""
ONE_PHOTOGRAPH = """
import django
django.setup()
from diagnosis.predictions.inference import get_ensemble
from pathlib import Path
print(get_ensemble().predict(Path(sys.argv[1]).read_bytes()).label)
"""


def names_in(list_name):
    text = (ROOT / list_name).read_text()
    return {
        re.sub("[-_.]+", "-", line.partition("==")[0].partition("[")[0]).lower()
        for line in text.splitlines()
        if "==" in line
    }


def run_as_installed_to_serve(code, *arguments):
    """Run code in a process that finds no package of the longer lists."""
    longer = names_in("requirements.txt") | names_in("requirements-dev.txt")
    missing = {
        module
        for module, distributions in packages_distributions().items()
        if {re.sub("[-_.]+", "-", name).lower() for name in distributions} & longer
    }
    assert {"torch", "timm", "onnx", "pytest", "playwright"} <= missing
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT.format(missing=missing) + code, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("name", LISTS)
def test_every_requirement_is_pinned_and_says_what_for(name):
    wrong = [line for line in (ROOT / name).read_text().splitlines() if not LINE.fullmatch(line)]
    assert not wrong


def test_every_module_of_the_site_can_be_imported_without_torch_and_test_tools():
    run_as_installed_to_serve(EVERY_MODULE)


def test_a_photograph_is_answered_without_torch(tmp_path):
    photograph = tmp_path / "lesion.jpg"
    photograph.write_bytes(photographs.jpeg(seed=1))
    assert run_as_installed_to_serve(ONE_PHOTOGRAPH, str(photograph)).strip()
