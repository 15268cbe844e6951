"""Parsers for command-line values that several commands share."""

from __future__ import annotations

import argparse


def parse_proportion(text: str) -> float:
    """Parse an aspect ratio such as 4:3 into width divided by height."""
    try:
        width, height = (float(part) for part in text.split(":"))
        if width <= 0 or height <= 0:
            raise ValueError
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not an aspect ratio such as 4:3") from error
    return width / height


def parse_count(text: str) -> int:
    """Parse a whole number of at least 1."""
    if not text.isdecimal() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"{text!r} is not a whole number of at least 1")
    return int(text)


def parse_part(text: str) -> float:
    """Parse a fraction, at least 0 and less than 1."""
    try:
        value = float(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text!r} is not a number") from error
    if not 0 <= value < 1:
        raise argparse.ArgumentTypeError(f"{text} must be at least 0 and less than 1")
    return value


def parse_fold(text: str) -> tuple[int, int]:
    """Parse a fold and the number of folds, such as 1/5."""
    number, _, folds = text.partition("/")
    if not (number.isdecimal() and folds.isdecimal() and 1 <= int(number) <= int(folds) >= 2):
        raise argparse.ArgumentTypeError(f"{text!r} is not a fold such as 1/5")
    return int(number), int(folds)
