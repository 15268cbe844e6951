"""Print the timings of a million audit rows on SQLite and PostgreSQL, as JSON.

Called by `make bench-audit`; ROWS in the environment makes it smaller.
"""

import json
import os

from bench import say
from bench_web import on_both, run

ROWS = os.environ.get("ROWS", "1000000")


def main() -> None:
    """Fill one database after the other and measure the trail on it."""
    print(json.dumps({"audit": on_both(measure)}, indent=2))


def measure(environ: dict[str, str]) -> object:
    """Fill a database and return the times measured on it."""
    # With DEBUG, Django keeps every query in memory.
    environ = environ | {"DEBUG": "false"}
    say(f"{'PostgreSQL' if 'DATABASE_URL' in environ else 'SQLite'}: {ROWS} rows")
    run(environ, "manage.py", "migrate", "--verbosity", "0")
    return json.loads(run(environ, "manage.py", "measure_audit", "--rows", ROWS))


if __name__ == "__main__":
    main()
