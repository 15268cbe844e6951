"""Upload every photograph of a folder to a running site, as a doctor, and print the answers.

If a HAM10000_metadata.csv is in the folder or above it, the true class is shown next to each.
"""

import argparse
import csv
import statistics
import sys
from pathlib import Path

import requests
from site_client import Answer, DoctorClient, SiteError

FORMATS = {".jpg", ".jpeg", ".png", ".webp", ".heic", ".heif"}
NOT_SURE = "not sure"
ROW = "{:<28} {:<12} {:>7} {:>6} {:>8}  {}"


def main() -> None:
    """Sign in, open a visit, upload, wait and print a table."""
    options = _options()
    photographs = sorted(
        path for path in options.folder.glob("*") if path.suffix.lower() in FORMATS
    )
    if not photographs:
        raise SystemExit(f"There is no photograph in {options.folder}.")
    truth = _true_classes(options.folder)
    try:
        doctor = DoctorClient(options.url, email=options.email, password=options.password)
        visit = next(doctor.visits(), "")
    except (requests.RequestException, SiteError) as error:
        raise SystemExit(f"{options.url} cannot be used: {error}") from None
    if not visit:
        raise SystemExit("No patient has arrived for this doctor today, and no visit is open.")
    print(f"Visit: {visit}\n\n{ROW.format('file', 'answer', 'share', 'ms', 'seconds', 'truth')}")
    answers = {path: _try(doctor, visit, path, truth.get(path.stem, "")) for path in photographs}
    _summarise({path: answer for path, answer in answers.items() if answer}, truth)
    if not all(answers.values()):
        sys.exit(1)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, help="folder of JPEG, PNG, WebP or HEIC photographs")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="where the site is")
    parser.add_argument("--email", default="doctor@demo.example", help="a doctor's account")
    parser.add_argument("--password", default="demo-clinic-2026", help="its password")
    return parser.parse_args()


def _true_classes(folder: Path) -> dict[str, str]:
    """Read image_id and dx from the metadata of the collection, if there is any."""
    for place in (folder, folder.resolve().parent):
        path = place / "HAM10000_metadata.csv"
        if path.exists():
            with path.open(newline="") as file:
                return {row["image_id"]: row["dx"] for row in csv.DictReader(file)}
    return {}


def _try(doctor: DoctorClient, visit: str, path: Path, truth: str) -> Answer | None:
    try:
        answer = doctor.wait(doctor.upload(visit, path.name, path.read_bytes()))
    except (requests.RequestException, SiteError) as error:
        print(f"{path.name:<28} {error}", flush=True)
        return None
    if answer.status != "done":
        print(f"{path.name:<28} {answer.status}: {answer.failure}", flush=True)
        return None
    verdict = truth and f"{truth}, {_verdict(answer, truth)}"
    share, ms = f"{answer.probability:.1%}", f"{answer.milliseconds:.0f}"
    print(
        ROW.format(
            path.name, answer.label or NOT_SURE, share, ms, f"{answer.seconds:.2f}", verdict
        ),
        flush=True,
    )
    return answer


def _verdict(answer: Answer, truth: str) -> str:
    if not answer.label:
        return NOT_SURE
    return "right" if truth == answer.label else "wrong"


def _summarise(answers: dict[Path, Answer], truth: dict[str, str]) -> None:
    if not answers:
        return
    waits = sorted(answer.seconds for answer in answers.values())
    print(
        f"\n{len(answers)} answered; from upload to answer {statistics.median(waits):.2f} s "
        f"(median), {waits[-1]:.2f} s at most."
    )
    known = {path: answer for path, answer in answers.items() if path.stem in truth}
    if known:
        right = sum(truth[path.stem] == answer.label for path, answer in known.items())
        unsure = sum(not answer.label for answer in known.values())
        print(f"{right} of {len(known)} agree with the true class; {unsure} not sure.")


if __name__ == "__main__":
    main()
