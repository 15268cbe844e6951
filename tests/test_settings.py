"""What a start refuses, and what a web process does not load; each in a separate process."""

import os
import subprocess
import sys

import pytest
from django.conf import settings
from environ import Env

from skinhealth.timetable import timetable

PRODUCTION = {
    "SKINHEALTH_ENV": "production",
    "SECRET_KEY": "k9Wq-" * 12,
    "DATABASE_URL": "postgres://clinic@database.invalid/clinic",
    "ALLOWED_HOSTS": "clinic.example",
    "EMAIL_URL": "smtp://mail.invalid:25",
    "DATA_DIR": "/nowhere",
    "TRUSTED_PROXY_COUNT": "1",
    "DATA_KEYS": f"made-up:{'k9Wq' * 10}k9U=",
}
WEB_PROCESS = """
import sys
from skinhealth.wsgi import application
from django.urls import get_resolver

def load(patterns):
    for pattern in patterns:
        if hasattr(pattern, "url_patterns"):
            load(pattern.url_patterns)
        else:
            assert pattern.callback

load(get_resolver().url_patterns)
from django.template import engines
assert engines["django"].engine.template_context_processors
networks = {"torch", "torchvision", "timm", "onnx", "onnxruntime", "cv2"}
is_unwanted = lambda name: name in networks or name.startswith("skinhealth.demo")
print(sorted(filter(is_unwanted, sys.modules)))
"""

# Runs as the image would, which does not contain the demo clinic.
WITHOUT_THE_DEMO = """
from importlib.machinery import PathFinder

find = PathFinder.find_spec

def find_what_is_there(name, *where):
    return None if name == "skinhealth.demo" else find(name, *where)

PathFinder.find_spec = find_what_is_there
"""
THE_DOOR = """
from django.template.loader import get_template
from django.core.management import get_commands
assert get_template("account/login.html")
commands = set(get_commands())
assert "backup" in commands and not {"load_demo", "load_test", "seed_load"} & commands
"""


def run_python(code, **environ):
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=settings.BASE_DIR,
        env=inherited | {"DJANGO_SETTINGS_MODULE": "skinhealth.settings"} | environ,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_production_starts_with_a_secret_postgresql_and_its_hosts():
    started = run_python("import skinhealth.settings", **PRODUCTION)

    assert started.returncode == 0, started.stderr


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"SECRET_KEY": ""}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "short"}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "only-for-a-demo-or-a-test-" + "0" * 40}, "Set SECRET_KEY"),
        ({"SECRET_KEY": "abc" * 20}, "generated at random"),
        ({"SECRET_KEY": "django-insecure-" + "k9Wq-" * 12}, "generated at random"),
        ({"DEBUG": "on"}, "DEBUG is not allowed"),
        ({"DATABASE_URL": "sqlite:///clinic.sqlite3"}, "not SQLite"),
        ({"ALLOWED_HOSTS": ""}, "Set ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "*"}, "Set ALLOWED_HOSTS"),
        ({"TRUSTED_PROXY_COUNT": "0"}, "Set TRUSTED_PROXY_COUNT"),
        ({"TRUSTED_PROXY_COUNT": "-1"}, "Set TRUSTED_PROXY_COUNT"),
        ({"DATA_KEYS": ""}, "contains no key"),
        ({"DATA_KEYS": "short:a2V5"}, "not 32 bytes"),
        ({"DATA_KEYS": f"An id:{'k9Wq' * 10}k9U="}, "lower-case letters"),
        ({"DATA_KEYS": ",".join([f"twice:{'k9Wq' * 10}k9U="] * 2)}, "appears twice"),
        ({"EMAIL_URL": "consolemail://"}, "Set EMAIL_URL"),
        ({"SMS_BACKEND": "clinic.core.sms.ConsoleSms"}, "Set SMS_BACKEND"),
        ({"SMS_BACKEND": "clinic.sms.ConsoleSms"}, "Set SMS_BACKEND"),
        ({"METRICS_TOKEN": "short"}, "Set METRICS_TOKEN"),
        ({"STAFF_IDLE_MINUTES": "0"}, "must be at least 1"),
        ({"LOG_FORMAT": "xml"}, "must be json or plain"),
        ({"SKINHEALTH_ENV": "staging"}, "must be production, demo or test"),
    ],
)
def test_production_refuses_to_start(environ, words):
    started = run_python("import skinhealth.settings", **PRODUCTION | environ)

    assert started.returncode != 0
    assert words in started.stderr


@pytest.mark.parametrize(
    "missing",
    [
        "SECRET_KEY",
        "DATABASE_URL",
        "ALLOWED_HOSTS",
        "DATA_DIR",
        "DATA_KEYS",
        "EMAIL_URL",
        "TRUSTED_PROXY_COUNT",
    ],
)
def test_production_has_no_default_for_what_must_be_chosen(missing):
    environ = {name: value for name, value in PRODUCTION.items() if name != missing}

    assert run_python("import skinhealth.settings", **environ).returncode != 0


def test_the_key_of_demos_encrypts_nothing_in_production():
    keys = f"mine:{'k9Wq' * 10}k9U=,well-known:{settings.WELL_KNOWN_DATA_KEY}"

    started = run_python("import skinhealth.settings", **PRODUCTION | {"DATA_KEYS": keys})

    assert started.returncode != 0
    assert "a key of your own" in started.stderr


def test_no_photograph_has_an_address_of_its_own():
    assert settings.MEDIA_URL in {"", "/"}
    assert settings.STORAGES["default"]["OPTIONS"]["base_url"] is None


def test_the_web_process_loads_no_network_and_nobody_of_the_demo():
    started = run_python(WEB_PROCESS, **PRODUCTION)

    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "[]"


@pytest.mark.parametrize("environ", [PRODUCTION, {"SKINHEALTH_ENV": "demo"}])
def test_the_site_starts_where_the_demo_clinic_is_not_installed(environ):
    started = run_python(WITHOUT_THE_DEMO + WEB_PROCESS + THE_DOOR, **environ)

    assert started.returncode == 0, started.stderr
    assert started.stdout.strip() == "[]"


@pytest.mark.parametrize("rhythm", [5.0, 7200.0])
def test_a_job_waits_no_longer_than_the_rhythm_that_an_installation_sets(monkeypatch, rhythm):
    monkeypatch.setenv("NOTICE_SWEEP_EVERY", str(rhythm))
    job = timetable(Env())["send-due-notices"]
    assert job["schedule"] == job["options"]["expires"] == rhythm
