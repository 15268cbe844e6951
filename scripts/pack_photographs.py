"""Copy a collection with its photographs as WebP, a fifth of the size, for another machine.

The copy is a folder that ml.train reads like the original: the table, and images/*.webp.
"""

import argparse
import io
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from PIL import Image
from tqdm import tqdm

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from ml.errors import run_command
from ml.training.data import find_table, read_collection


def main() -> int:
    """Pack the folder named on the command line and print the resulting size."""
    options = _options()
    photographs = read_collection([options.folder]).photographs
    images: Path = options.out / "images"
    images.mkdir(parents=True, exist_ok=True)
    table, _columns = find_table(options.folder)
    shutil.copyfile(table, options.out / table.name)

    def pack(source: Path) -> int:
        buffer = io.BytesIO()
        with Image.open(source) as image:
            image.convert("RGB").save(buffer, "WEBP", quality=options.quality, method=6)
        (images / f"{source.stem}.webp").write_bytes(buffer.getvalue())
        return buffer.tell()

    with ThreadPoolExecutor() as pool:
        paths = [photograph.path for photograph in photographs]
        sizes = list(tqdm(pool.map(pack, paths), total=len(paths), unit="photo"))
    print(f"{len(sizes)} photographs, {sum(sizes) / 2**20:.1f} MiB in {options.out}")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="in the layout of HAM10000, or with labels.csv")
    parser.add_argument("out", type=Path, help="the folder to write")
    parser.add_argument("--quality", type=int, default=85, help="of WebP, 1 to 100 (default: 85)")
    return parser.parse_args()


if __name__ == "__main__":
    run_command(main)
