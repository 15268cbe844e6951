"""The container files: the commands of the Procfile, few rights, no secret."""

import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import requests
import yaml
from django.conf import settings
from django.core.management import CommandError, call_command

from diagnosis.predictions.services.heartbeats import beat
from tests.machine import free_port, missing
from tests.worker import wait_until

ROOT = Path(settings.BASE_DIR)
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
SITE = {"migrate", "web", "inference", "worker", "beat"}


def procfile():
    lines = (ROOT / "Procfile").read_text().splitlines()
    return {
        name: command.strip() for name, _colon, command in (line.partition(":") for line in lines)
    }


def shell_command(service):
    shell, option, command = COMPOSE["services"][service]["command"]
    assert (shell, option) == ("sh", "-c")
    return command.replace("$$", "$")


@pytest.mark.parametrize("program", ["web", "inference", "worker", "beat"])
def test_a_container_runs_what_the_procfile_says(program):
    assert shell_command(program) == procfile()[program]


def test_every_program_of_the_procfile_has_a_container_and_the_image_starts_the_web_program():
    assert set(procfile()) == SITE - {"migrate"}
    assert procfile()["web"] in (ROOT / "Dockerfile").read_text()


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_container_has_no_more_rights_than_it_needs(name):
    service = COMPOSE["services"][name]
    assert service["read_only"] is True
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service
    assert service["restart"] == ("no" if name == "migrate" else "unless-stopped")
    assert ("ports" in service) == (name == "proxy")
    if name in SITE:
        assert service["cap_drop"] == ["ALL"]


@pytest.mark.parametrize("name", sorted(set(COMPOSE["services"]) - {"migrate", "beat", "web"}))
def test_a_container_says_whether_it_is_well(name):
    assert COMPOSE["services"][name]["healthcheck"]["test"][0] == "CMD"


def test_database_and_queue_are_reached_from_inside_alone():
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    for name in ("postgres", "redis"):
        assert COMPOSE["services"][name]["networks"] == ["inside"]


def test_the_proxy_lets_go_of_an_idle_connection_before_the_web_program_does():
    kept = re.search(r"keepalive (\d+)s", (ROOT / "deploy" / "Caddyfile").read_text())[1]
    served = re.search(r"^keepalive = (\d+)$", (ROOT / "skinhealth/serve.py").read_text(), re.M)[1]
    assert int(kept) < int(served)


def test_the_image_runs_as_a_normal_user_with_the_files_collected():
    dockerfile = (ROOT / "Dockerfile").read_text()
    served = dockerfile.partition(" AS serve\n")[2].partition("\nFROM ")[0]
    assert re.search(r"^USER 10001", served, re.MULTILINE)
    assert "HEALTHCHECK" in served
    assert "npm ci" in dockerfile
    assert "collectstatic" in dockerfile
    assert "npm" not in served


def test_the_image_serves_without_torch_and_another_target_trains():
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert dockerfile.rstrip().endswith("\nFROM serve")
    assert {COMPOSE["services"][name]["build"]["target"] for name in SITE} == {"serve"}
    assert dockerfile.count("-r requirements.txt") == 1
    assert (
        "-r requirements.txt"
        in dockerfile.partition(" AS training-libraries\n")[2].partition("\nFROM ")[0]
    )
    assert "\nFROM serve AS train\nCOPY --from=training-libraries" in dockerfile


def test_the_image_leaves_out_tests_docs_and_the_demo_clinic():
    left_out = (ROOT / ".dockerignore").read_text().splitlines()
    assert {"tests", "docs", "skinhealth/demo"} <= set(left_out)


def test_the_database_tools_of_the_image_fit_the_server():
    client = re.search(r"postgresql-client-(\d+)", (ROOT / "Dockerfile").read_text())[1]
    assert COMPOSE["services"]["postgres"]["image"].startswith(f"postgres:{client}-")


def test_the_site_runs_as_a_role_that_owns_nothing_and_redis_asks_for_a_password():
    site, migrate = (COMPOSE["services"][name]["environment"] for name in ("web", "migrate"))
    assert site["DATABASE_URL"].startswith("postgres://skinhealth:")
    assert migrate["DATABASE_URL"].startswith("postgres://skinhealth_owner:")
    assert migrate["DATABASE_SITE_ROLE"] == "skinhealth"
    assert COMPOSE["services"]["postgres"]["environment"]["POSTGRES_USER"] == "skinhealth_owner"
    assert "REDIS_PASSWORD" in site["CELERY_BROKER_URL"]
    assert "requirepass" in COMPOSE["services"]["redis"]["command"][2]
    assert "${" not in COMPOSE["services"]["redis"]["command"][2]


def test_secrets_come_from_a_file_that_is_not_committed():
    example = (ROOT / ".env.production.example").read_text()
    for name in ("SECRET_KEY", "DATA_KEYS", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "EMAIL_URL"):
        assert re.search(rf"^{name}=$", example, re.MULTILINE), name
    for path in (".env", ".env.production"):
        ignored = subprocess.run(
            ["git", "check-ignore", "--quiet", path], cwd=ROOT, check=False, capture_output=True
        )
        assert ignored.returncode == 0, path
    assert "\n.env.*\n" in (ROOT / ".dockerignore").read_text()


def compose():
    """Return this machine's command for compose files, or nothing if there is none."""
    docker, old = shutil.which("docker"), shutil.which("docker-compose")
    if (
        docker
        and not subprocess.run(
            [docker, "compose", "version"], capture_output=True, check=False
        ).returncode
    ):
        return [docker, "compose"]
    return [old] if old else []


def test_docker_compose_takes_the_file(tmp_path):
    command = compose() or missing("docker compose")
    shutil.copy(ROOT / "docker-compose.yml", tmp_path)
    example = (ROOT / ".env.production.example").read_text()
    (tmp_path / ".env.production").write_text(
        re.sub(r"=$", "=made-up", example, flags=re.MULTILINE)
    )
    checked = subprocess.run(
        [*command, "--env-file", ".env.production", "config"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert checked.returncode == 0, checked.stderr
    told = yaml.safe_load(checked.stdout)["services"]["web"]["environment"]
    assert told["DATABASE_URL"] == "postgres://skinhealth:made-up@postgres:5432/skinhealth"
    assert told["ALLOWED_HOSTS"] == "clinic.example"


class Echo(BaseHTTPRequestHandler):
    """A web program that echoes what it received."""

    protocol_version = "HTTP/1.1"
    posts = 0

    def do_GET(self):
        said = json.dumps(dict(self.headers)).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def do_POST(self):
        Echo.posts += 1
        left = int(self.headers["Content-Length"])
        while left > 0 and (read := len(self.rfile.read(min(left, 1 << 20)))):
            left -= read
        self.do_GET()

    def log_message(self, *_words):
        """Log nothing."""


@pytest.fixture
def proxy(tmp_path):
    """Return the address of a proxy with the site's own file in front of a web program."""
    if not shutil.which("caddy"):
        missing("caddy")
    web = ThreadingHTTPServer(("127.0.0.1", 0), Echo)
    threading.Thread(target=web.serve_forever, daemon=True).start()
    address = f"http://127.0.0.1:{free_port()}"
    environ = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "SITE_NAME": address,
        "WEB": f"127.0.0.1:{web.server_port}",
    }
    file = ROOT / "deploy" / "Caddyfile"
    command = ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]
    caddy = subprocess.Popen(command, env=environ, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: answers(f"{address}/healthz"), what="the proxy answers")
        yield address
    finally:
        caddy.terminate()
        caddy.wait(10)
        web.shutdown()
        web.server_close()


def answers(address):
    try:
        return requests.get(address, timeout=2).ok
    except requests.ConnectionError:
        return False


def test_the_proxy_says_who_asks_and_keeps_what_is_for_the_inside_from_the_outside(proxy):
    claimed = {"X-Forwarded-For": "203.0.113.9", "X-Forwarded-Proto": "https"}
    told = requests.get(f"{proxy}/login/", headers=claimed, timeout=5).json()
    assert told["X-Forwarded-For"] == "127.0.0.1"
    assert told["X-Forwarded-Proto"] == "http"
    for path in ("/readyz", "/metrics"):
        assert requests.get(proxy + path, timeout=5).status_code == 404
    assert requests.post(proxy, data=bytes(1 << 20), timeout=30).status_code == 200


def test_the_web_program_hears_of_a_photograph_when_the_proxy_has_all_of_it(proxy):
    host, port = proxy.removeprefix("http://").split(":")
    body, before = bytes(15 * 1024**2), Echo.posts
    with socket.create_connection((host, int(port)), timeout=20) as slow:
        slow.sendall(b"POST / HTTP/1.1\r\nHost: %s\r\n" % host.encode())
        slow.sendall(b"Content-Length: %d\r\n\r\n" % len(body) + body[:-1])
        time.sleep(1)
        assert Echo.posts == before
        slow.sendall(body[-1:])
        assert b" 200 " in slow.recv(4096)
    assert Echo.posts == before + 1


def test_the_proxy_waits_for_nobody_for_ever():
    if not shutil.which("caddy"):
        missing("caddy")
    command = ["caddy", "adapt", "--adapter", "caddyfile", "--config", "deploy/Caddyfile"]
    environ = {"PATH": os.environ["PATH"], "SITE_NAME": "clinic.example"}
    told = subprocess.run(
        command, cwd=ROOT, env=environ, stdout=subprocess.PIPE, check=True, timeout=30
    )
    for server in json.loads(told.stdout)["apps"]["http"]["servers"].values():
        seconds = {name: value / 10**9 for name, value in server.items() if "timeout" in name}
        assert seconds["read_header_timeout"] <= 30
        assert 300 <= seconds["read_timeout"] <= 900
        assert {"write_timeout", "idle_timeout"} <= set(seconds)
        assert server["max_header_bytes"] <= 64 * 1024


@pytest.mark.django_db
def test_a_container_finds_the_heartbeat_of_its_own_worker(monkeypatch):
    monkeypatch.setattr("socket.gethostname", lambda: "this-one")
    beat(name="inference@another-one", queues=["inference"], model_version="1")
    with pytest.raises(CommandError, match="No worker of the queue inference"):
        call_command("worker_alive", "inference")
    beat(name="inference@this-one", queues=["inference"], model_version="1")
    call_command("worker_alive", "inference")
