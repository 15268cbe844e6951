"""Print how fast the list pages of a large clinic are on SQLite and PostgreSQL, as JSON.

Called by `make bench-web`; PATIENTS and APPOINTMENTS in the environment make the clinic smaller.
Each page is requested through the whole site, middleware and templates included, without network.
"""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
from bench import POSTGRESQL, environ_for, say

ROOT = Path(__file__).resolve().parent.parent
DATABASE = f"skinhealth_bench_web_{os.getpid()}"
SIZE = (
    *("--patients", os.environ.get("PATIENTS", "50000")),
    *("--appointments", os.environ.get("APPOINTMENTS", "500000")),
)


def main() -> None:
    """Fill one database after the other and measure the pages on it."""
    print(json.dumps({"pages": on_both(measure)}, indent=2))


def on_both(measure: Callable[[dict[str, str]], object]) -> dict[str, object]:
    """Measure on SQLite and, where a server answers, on PostgreSQL."""
    measured: dict[str, object] = {}
    with tempfile.TemporaryDirectory(prefix="skinhealth-bench-") as folder:
        measured["sqlite"] = measure({"DATA_DIR": folder})
        with postgresql() as address:
            measured["postgresql"] = (
                measure({"DATA_DIR": folder, "DATABASE_URL": address}) if address else None
            )
    return measured


def measure(environ: dict[str, str]) -> object:
    """Fill a database and return the pages' times and queries on it."""
    name = "PostgreSQL" if "DATABASE_URL" in environ else "SQLite"
    say(f"{name}: filling the clinic, which takes some minutes")
    run(environ, "manage.py", "migrate", "--verbosity", "0")
    run(environ, "manage.py", "seed_load", *SIZE)
    say(f"{name}: requesting the pages")
    return json.loads(run(environ, "manage.py", "measure_pages"))


def run(environ: dict[str, str], *command: str) -> str:
    """Run a Python program of this project to its end and return its output."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=ROOT,
        # As in service: templates in debug mode are slower.
        env=environ_for(environ) | {"DEBUG": "off"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    return done.stdout


@contextmanager
def postgresql() -> Iterator[str]:
    """Provide the address of a separate database, or "" if no server answers."""
    try:
        server = psycopg.connect(POSTGRESQL, autocommit=True, connect_timeout=3)
    except psycopg.Error as error:
        say(f"left out: PostgreSQL does not answer ({type(error).__name__})")
        yield ""
        return
    with server:
        server.execute(f"CREATE DATABASE {DATABASE}")
        try:
            yield f"{POSTGRESQL.rpartition('/')[0]}/{DATABASE}"
        finally:
            server.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


if __name__ == "__main__":
    main()
