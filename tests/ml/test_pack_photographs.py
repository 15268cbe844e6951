import subprocess
import sys
from pathlib import Path

from ml.training.data import read_collection

SCRIPT = Path(__file__).parents[2] / "scripts" / "pack_photographs.py"


def test_a_packed_collection_reads_like_the_original(collection, tmp_path):
    packed = tmp_path / "packed"
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(collection), str(packed), "--quality", "80"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert "42 photographs" in done.stdout
    original, copy = (read_collection([folder]).photographs for folder in (collection, packed))
    assert [(one.lesion_id, one.image_id, one.label) for one in copy] == [
        (one.lesion_id, one.image_id, one.label) for one in original
    ]
    assert {one.path.suffix for one in copy} == {".webp"}


def test_a_folder_without_a_table_is_named(tmp_path):
    done = subprocess.run(
        [sys.executable, str(SCRIPT), str(tmp_path), str(tmp_path / "packed")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2
    assert "HAM10000_metadata.csv" in done.stderr
    assert "Traceback" not in done.stderr
