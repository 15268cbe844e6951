"""Look for secrets in what git tracks; with `--accept`, accept what is there once it is judged.

.secrets.baseline lists the fingerprints of what looks like a secret but clearly is not one.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

from detect_secrets.core import baseline
from detect_secrets.core.secrets_collection import SecretsCollection
from detect_secrets.settings import configure_settings_from_baseline

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / ".secrets.baseline"


def tracked_files() -> list[str]:
    """Return the names of every file that git tracks or would add."""
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = listed.stdout.split("\0")
    return [name for name in names if name != BASELINE.name and (ROOT / name).is_file()]


def scan() -> SecretsCollection:
    """Find everything that looks like a secret."""
    # Relative names, because the list has to work in every folder it is cloned to.
    os.chdir(ROOT)
    found = SecretsCollection()
    found.scan_files(*tracked_files())
    return found


def main() -> int:
    """Print new findings and return 1, or return 0 if there are none."""
    told = json.loads(BASELINE.read_text())
    configure_settings_from_baseline(told, filename=BASELINE.name)
    found = scan()
    if "--accept" in sys.argv:
        baseline.save_to_file(found, str(BASELINE))
        return 0
    news = list(found - baseline.load(told))
    for name, secret in news:
        print(f"{name}:{secret.line_number}: {secret.type}")
    if news:
        print(
            "Take it out and change it wherever it is used. If it clearly is not a secret: "
            "python scripts/check_secrets.py --accept",
            file=sys.stderr,
        )
    return 1 if news else 0


if __name__ == "__main__":
    raise SystemExit(main())
