"""Errors in the input of this package, worded for the person who gave it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

# Training and the torch engine need it; answering and measuring do not.
TRAINING_PACKAGES = ("torch", "torchvision", "timm", "safetensors", "onnx", "onnxscript")
INSTALL = "pip install -r requirements.txt"


class MlError(Exception):
    """The base of every error whose message is meant to be read by a person."""


class DataError(MlError):
    """Names the file of a collection, and the row where there is one, that cannot be used."""

    def __init__(self, file: Path, message: str, row: int | None = None) -> None:
        self.file = file
        self.row = row
        place = f"{file}, row {row}" if row is not None else str(file)
        super().__init__(f"{place}: {message}")


class BundleError(MlError):
    """Names the file of a bundle that is missing, unreadable or not what the manifest says."""

    def __init__(self, file: Path, message: str) -> None:
        self.file = file
        super().__init__(f"{file}: {message}")


class PhotographError(MlError):
    """Why bytes cannot be read as a photograph."""


class NetworkError(MlError):
    """Why a network or its starting weights cannot be had."""


def run_command(main: Callable[[], int]) -> None:
    """Run a command's `main` and leave with its exit code, or with 2 and one sentence on stderr."""
    try:
        code = main()
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in TRAINING_PACKAGES:
            raise
        print(f"error: This needs the package {package}: {INSTALL}", file=sys.stderr)
        code = 2
    except MlError as error:
        print(f"error: {error}", file=sys.stderr)
        code = 2
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        code = 130
    sys.exit(code)
