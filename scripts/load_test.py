"""Let fifty people use a demo clinic at once; print what they met and what the database says.

`make load` runs it on PostgreSQL and Redis. USERS and SECONDS in the environment make it smaller.
It fails if anybody met a server error, or if anything was lost or stored twice.
"""

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from bench import environ_for, free_port, say, servers
from demo import HOST, Clinic, start_web, start_worker, wait_until_it_answers

ROOT = Path(__file__).resolve().parent.parent
USERS = os.environ.get("USERS", "50")
SECONDS = os.environ.get("SECONDS", "180")


def main() -> None:
    """Open the clinic, run the simulated people, and check that what they were told is true."""
    with servers() as environ, tempfile.TemporaryDirectory(prefix="skinhealth-load-") as folder:
        if not environ:
            raise SystemExit("PostgreSQL and Redis must be running.")
        clinic = Clinic(
            environ_for(environ | {"DATA_DIR": folder, "TRUSTED_PROXY_COUNT": "1"}),
            output=sys.stderr.fileno(),
        )
        port = free_port()
        try:
            say("demo clinic")
            logins = clinic.run("preparation", "manage.py", "load_demo", "--migrate")
            people = json.loads(clinic.run("logins", "manage.py", "load_test", "prepare"))
            before = json.loads(clinic.run("count", "manage.py", "load_test", "count"))
            start_web(clinic, port)
            start_worker(clinic, "inference worker", "--queues", "inference")
            start_worker(clinic, "worker", "--queues", "default,training", "--beat")
            wait_until_it_answers(clinic, port)
            say(f"{USERS} people for {SECONDS} seconds")
            met = let_in(f"http://{HOST}:{port}", people, logins.split()[-1], Path(folder))
            say("counting what is there")
            after = json.loads(clinic.run("count", "manage.py", "load_test", "count"))
        finally:
            clinic.stop()
    found = {name: after[name] - before[name] for name in met["told"]}
    measured = {**met, "found": found, "double": after["double"], "open": after["open"]}
    print(json.dumps(measured, indent=2))
    if met["server_errors"] or met["told"] != found or after["double"] or after["open"]:
        raise SystemExit("Something failed, was lost or was stored twice.")


def let_in(address: str, people: dict[str, str], password: str, folder: Path) -> dict[str, Any]:
    """Run Locust to its end and return the answers that the simulated people got."""
    report = folder / "answers.json"
    subprocess.run(
        [
            *(sys.executable, "-m", "locust", "-f", str(ROOT / "scripts" / "load_users.py")),
            *("--headless", "--users", USERS, "--spawn-rate", "5", "--run-time", f"{SECONDS}s"),
            *("--stop-timeout", "40", "--host", address, "--only-summary"),
        ],
        cwd=ROOT,
        env=os.environ | people | {"LOAD_PASSWORD": password, "LOAD_REPORT": str(report)},
        stdout=sys.stderr,
        check=False,
    )
    answers: dict[str, Any] = json.loads(report.read_text())
    return answers


if __name__ == "__main__":
    main()
