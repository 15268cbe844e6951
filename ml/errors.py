"""Errors in the input to this package, worded for the person who supplied it."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

# Needed for training and for the torch engine, but not to classify photographs or to evaluate.
TRAINING_PACKAGES = ("torch", "torchvision", "timm", "safetensors", "onnx", "onnxscript")
INSTALL = "pip install -r requirements.txt"


class MlError(Exception):
    """The base class of every error whose message is written for people."""


class DataError(MlError):
    """A file of a collection, or one row of it, that cannot be used."""

    def __init__(self, file: Path, message: str, row: int | None = None) -> None:
        self.file = file
        self.row = row
        place = f"{file}, row {row}" if row is not None else str(file)
        super().__init__(f"{place}: {message}")


class BundleError(MlError):
    """A file of a bundle that is missing, unreadable or does not match the manifest."""

    def __init__(self, file: Path, message: str) -> None:
        self.file = file
        super().__init__(f"{file}: {message}")


class PhotographError(MlError):
    """The bytes cannot be read as a photograph.

    `code` names the reason for programs, `number` is the number in its message.
    """

    def __init__(self, message: str, *, code: str = "", number: int = 0) -> None:
        self.code = code
        self.number = number
        super().__init__(message)


class NetworkError(MlError):
    """A network or its starting weights are not available."""


def run_command(main: Callable[[], int]) -> None:
    """Run a command's `main` and exit with its code, or with 2 and one sentence on stderr."""
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
