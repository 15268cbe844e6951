"""Rotating the keys of everything encrypted, in a process that may be killed at any moment."""

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.core.management import CommandError, call_command
from django.db import connection

from clinic.core.encrypted_columns import batches, encrypted_columns, replace
from clinic.core.encryption import UnreadableError, key_id_of_file, new_data_key
from clinic.models import Addendum, Consultation
from clinic.office.services.data_keys import remaining
from tests.factories import code_of_app, with_app
from tests.worker import database_url

pytestmark = pytest.mark.both_engines

OLD, NEW = new_data_key("old"), new_data_key("new")
BOTH = f"{NEW},{OLD}"
FILES, TEXTS = 100, 500
PIPE = 4096  # bytes; a run whose output nobody reads blocks long before it is done


@pytest.fixture
def stored(transactional_db, consultation, settings):
    """Return files and texts encrypted with the old key, in the test's folder and database."""
    folder = Path(settings.STORAGES["default"]["OPTIONS"]["location"])
    settings.DATA_KEYS = OLD
    for path in files_of(folder):
        path.unlink()
    names = [
        default_storage.save(f"lesions/{number}.jpg", ContentFile(f"photograph {number}".encode()))
        for number in range(FILES)
    ]
    Addendum.objects.bulk_create(
        Addendum(
            consultation=consultation,
            text=f"Addendum {number}",
            written_by=consultation.doctor.user,
        )
        for number in range(TEXTS - 1)
    )
    Consultation.objects.update(notes="Itches at night")
    settings.DATA_KEYS = BOTH
    yield names
    for path in files_of(folder):
        path.unlink()


@pytest.fixture
def start(settings):
    """Start the command in a separate process, which prints a word after each file and text."""
    started = []

    def _start(*arguments, keys=BOTH):
        process = subprocess.Popen(
            [sys.executable, "manage.py", "rotate_data_keys", "--batch-size", "1", *arguments],
            cwd=settings.BASE_DIR,
            env={**os.environ, "DATABASE_URL": database_url(), "DATA_KEYS": keys},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE)
        started.append(process)
        return process

    yield _start
    for process in started:
        process.kill()
        process.communicate()


def files_of(folder):
    return [path for path in folder.rglob("*") if path.is_file()]


def assert_all_is_readable(names):
    for number, name in enumerate(names):
        with default_storage.open(name) as file:
            assert file.read() == f"photograph {number}".encode()
    texts = {addendum.text for addendum in Addendum.objects.all()}
    assert texts == {f"Addendum {number}" for number in range(TEXTS - 1)}
    assert Consultation.objects.get().notes == "Itches at night"


@pytest.mark.parametrize("lines", [1, FILES + 5])
def test_a_run_that_is_killed_leaves_everything_whole_and_the_next_goes_on(
    stored, start, settings, lines
):
    running = start()
    for _line in range(lines):
        assert "done" in running.stdout.readline()
    running.send_signal(signal.SIGKILL)
    running.wait()

    left = remaining()
    assert 0 < left.files + left.texts < FILES + TEXTS
    assert_all_is_readable(stored)
    assert start("--check").wait() == 1

    finished = start()
    said, _errors = finished.communicate()
    assert finished.returncode == 0
    assert "Everything is under the key “new”." in said
    assert start("--check", keys=NEW).wait() == 0
    settings.DATA_KEYS = NEW
    assert_all_is_readable(stored)


def test_ctrl_c_ends_the_batch_and_says_how_many_are_left(stored, start):
    running = start()
    assert "done" in running.stdout.readline()
    running.send_signal(signal.SIGINT)
    _said, errors = running.communicate()

    left = remaining()
    assert running.returncode == 1
    assert f"Left: {left.files} files and {left.texts} texts" in errors
    assert "Traceback" not in errors
    assert 0 < left.files + left.texts < FILES + TEXTS
    assert_all_is_readable(stored)


def test_what_a_killed_run_left_half_written_is_removed(stored, settings):
    half = Path(default_storage.path("lesions/.0.jpg.rewrap"))
    half.write_bytes(b"SKHENC1\nhalf")

    call_command("rotate_data_keys")

    assert not half.exists()
    assert_all_is_readable(stored)


def test_the_old_key_is_needed_until_nothing_is_left(stored, settings):
    with pytest.raises(CommandError, match=f"Left: {FILES} files and {TEXTS} texts"):
        call_command("rotate_data_keys", "--check")

    call_command("rotate_data_keys")

    call_command("rotate_data_keys", "--check")
    settings.DATA_KEYS = NEW
    assert_all_is_readable(stored)
    settings.DATA_KEYS = OLD
    with pytest.raises(UnreadableError):
        default_storage.open(stored[0])


def test_the_secrets_of_second_factors_get_the_other_key_too(stored, doctor, settings):
    settings.DATA_KEYS = OLD
    with_app(doctor)
    app, codes = [each.wrap() for each in doctor.authenticator_set.order_by("-type")]
    before = codes.get_unused_codes()
    settings.DATA_KEYS = BOTH
    assert remaining().texts == TEXTS + 2

    call_command("rotate_data_keys")

    assert not remaining()
    settings.DATA_KEYS = NEW
    for factor in (app, codes):
        factor.instance.refresh_from_db()
    assert app.instance.data["secret"].startswith("enc1:new:")
    assert app.validate_code(code_of_app())
    assert codes.get_unused_codes() == before


def test_a_second_run_changes_nothing(stored):
    call_command("rotate_data_keys")
    before = {path: path.read_bytes() for path in map(Path, map(default_storage.path, stored))}

    call_command("rotate_data_keys")

    assert {path: path.read_bytes() for path in before} == before


def test_two_runs_do_not_get_into_each_other_s_way(stored, start):
    running = start()
    assert "done" in running.stdout.readline()
    running.send_signal(signal.SIGSTOP)
    with pytest.raises(CommandError, match="Another run"):
        call_command("rotate_data_keys")
    running.send_signal(signal.SIGCONT)
    running.communicate()
    assert running.returncode == 0
    assert_all_is_readable(stored)


def test_a_damaged_file_is_named_and_does_not_hold_up_the_others(stored, capsys):
    damaged = Path(default_storage.path(stored[3]))
    content = bytearray(damaged.read_bytes())
    content[20] ^= 1
    damaged.write_bytes(content)

    with pytest.raises(CommandError, match="Left: 1 files and 0 texts"):
        call_command("rotate_data_keys")

    assert f"Not readable: {stored[3]}" in capsys.readouterr().err


def test_files_of_before_are_encrypted_only_when_asked(stored):
    plain = Path(default_storage.path("lesions/before.jpg"))
    plain.write_bytes(b"photograph of before")
    with pytest.raises(CommandError, match="1 files that are not encrypted"):
        call_command("rotate_data_keys")
    with pytest.raises(UnreadableError):
        default_storage.open("lesions/before.jpg")

    call_command("rotate_data_keys", "--plain-files")

    assert key_id_of_file(plain.read_bytes()) == "new"
    with default_storage.open("lesions/before.jpg") as file:
        assert file.read() == b"photograph of before"


def test_a_text_that_the_site_changes_meanwhile_is_kept(stored):
    column = next(each for each in encrypted_columns(apps) if each.name == "notes")
    ((cell,),) = batches(connection, column)
    Consultation.objects.update(notes="Newer words")

    assert not replace(connection, column, cell, "older words, sealed anew")

    assert Consultation.objects.get().notes == "Newer words"


def test_a_new_key_has_32_bytes_and_the_name_of_its_day(capsys, settings):
    call_command("make_data_key")
    settings.DATA_KEYS = capsys.readouterr().out.strip()
    name = default_storage.save("lesions/a.jpg", ContentFile(b"photograph"))

    with default_storage.open(name) as file:
        assert file.read() == b"photograph"
    default_storage.delete(name)
    with pytest.raises(CommandError, match="lower-case letters"):
        call_command("make_data_key", "--id", "Not so")
