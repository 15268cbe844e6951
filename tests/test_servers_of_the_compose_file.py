"""The roles, the password and the programs of the compose file, on servers started here."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from secrets import token_hex
from tempfile import TemporaryDirectory

import pytest
import redis
import yaml

from tests.machine import free_port, missing
from tests.web_program import PRODUCTION, ROOT, WebProgram
from tests.worker import wait_until

COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
SECRET = token_hex(8)
POSTGRES = "postgres"  # the only user as whom the server starts


@pytest.fixture(scope="module")
def folder():
    """Return a folder that the user of the database may enter too, unlike those of pytest."""
    with TemporaryDirectory(prefix="skinhealth-servers-") as name:
        place = Path(name)
        place.chmod(0o755)
        yield place


@pytest.fixture(scope="module")
def database(folder):
    """Start a cluster as the image does: with an owner, and the script for a new volume."""
    if os.geteuid() or not shutil.which("runuser") or not shutil.which("initdb"):
        missing("a PostgreSQL that this user may start")
    asked = COMPOSE["postgres"]["environment"]
    data, secret = folder / "database", folder / "secret"
    data.mkdir()
    secret.write_text(SECRET)
    for each in (data, secret):
        shutil.chown(each, POSTGRES)
    programs = Path(shutil.which("initdb")).resolve().parent
    port = str(free_port())
    as_postgres = ["runuser", "-u", POSTGRES, "--"]

    def run(program, *arguments):
        subprocess.run([*as_postgres, programs / program, *arguments], check=True, cwd=data,
                       capture_output=True)  # fmt: skip

    owner = asked["POSTGRES_USER"]
    run("initdb", "-D", str(data), "-U", owner, "--auth-host=scram-sha-256", "--auth-local=trust",
        f"--pwfile={secret}", *asked["POSTGRES_INITDB_ARGS"].split())  # fmt: skip
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    run("pg_ctl", "-D", str(data), "-o", options, "-l", str(data / "log"), "-w", "start")
    try:
        run("createdb", "-h", str(data), "-p", port, "-U", owner, asked["POSTGRES_DB"])
        script = COMPOSE["postgres"]["volumes"][1].partition(":")[0]
        subprocess.run(
            [*as_postgres, "env", f"PGHOST={data}", f"PGPORT={port}", f"POSTGRES_USER={owner}",
             f"POSTGRES_DB={asked['POSTGRES_DB']}", f"SITE_ROLE={asked['SITE_ROLE']}",
             f"SITE_PASSWORD={SECRET}", "sh", "-s"],
            input=(ROOT / script).read_text(), text=True, check=True, cwd=data, capture_output=True,
        )  # fmt: skip
        yield f"@127.0.0.1:{port}/{asked['POSTGRES_DB']}"
    finally:
        run("pg_ctl", "-D", str(data), "-m", "immediate", "stop")


@pytest.fixture(scope="module")
def queue(folder):
    """Start Redis with the command of its container."""
    if not shutil.which("redis-server"):
        missing("redis-server")
    port = free_port()
    shell, flag, command = COMPOSE["redis"]["command"]
    command = f"{command.replace('$$', '$')} --port {port} --bind 127.0.0.1"
    server = subprocess.Popen(
        [shell, flag, command],
        cwd=folder,
        env={"PATH": os.environ["PATH"], "REDISCLI_AUTH": SECRET},
        stdout=subprocess.DEVNULL,
    )
    client = redis.Redis(port=port, password=SECRET)

    def answers():
        try:
            return client.ping()
        except redis.ConnectionError:
            return False

    try:
        wait_until(answers, what="Redis answers")
        yield port
    finally:
        server.terminate()
        server.wait(20)


def address(database, role):
    return f"postgres://{role}:{SECRET}{database}"


@pytest.fixture(scope="module")
def environ(folder, database, queue):
    """Return the environment of the site's programs, after the owner has migrated."""
    known = {
        **PRODUCTION,
        "PATH": os.environ["PATH"],
        "DATABASE_URL": address(database, COMPOSE["postgres"]["environment"]["SITE_ROLE"]),
        "CELERY_BROKER_URL": f"redis://:{SECRET}@127.0.0.1:{queue}/0",
        "DATA_DIR": str(folder / "data"),
    }
    owner = {
        "DATABASE_URL": address(database, COMPOSE["postgres"]["environment"]["POSTGRES_USER"]),
        "DATABASE_SITE_ROLE": COMPOSE["migrate"]["environment"]["DATABASE_SITE_ROLE"],
    }
    _run([sys.executable, "manage.py", "migrate", "--noinput"], known | owner)
    return known


def _run(command, environ):
    done = subprocess.run(
        command, cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
    return done.stdout


def test_redis_lets_nobody_in_without_the_password(queue):
    with pytest.raises(redis.AuthenticationError):
        redis.Redis(port=queue).ping()


def test_the_site_cannot_migrate_as_its_own_role(environ):
    made = "from django.db import connection; connection.cursor().execute('CREATE TABLE x (y int)')"
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-c", made],
        cwd=ROOT,
        env=environ,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode
    assert "permission denied" in done.stderr


def test_a_day_is_lived_as_the_site_s_role_and_the_trail_stays(environ, folder):
    log = folder / "worker.log"
    queues = "inference,default,training"
    with log.open("w") as output:
        worker = subprocess.Popen(
            [sys.executable, "-m", "celery", "--quiet", "-A", "skinhealth", "worker", "--queues",
             queues, "--concurrency", "1", "--without-gossip", "--without-mingle"],
            cwd=ROOT, env=environ, stdout=output, stderr=subprocess.STDOUT,
        )  # fmt: skip
    try:
        said = _run([sys.executable, "-m", "tests.a_day_in_production"], environ)
    finally:
        worker.terminate()
        worker.wait(60)
    assert said.endswith("The day is over.\n"), log.read_text()


def test_the_web_program_answers_as_the_site_s_role(environ, folder):
    servers = {name: environ[name] for name in ("DATABASE_URL", "CELERY_BROKER_URL")}
    program = WebProgram(folder / "data", **servers, WEB_WORKERS="1")
    try:
        assert program.is_alive()
    finally:
        program.stop()
