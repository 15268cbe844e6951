"""Finds oddities in a collection: near-duplicates, outliers and doubtful labels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

from ml.bundle.labels import HAM10000
from ml.bundle.preprocessing import Pixels

Floats = npt.NDArray[np.float64]
Labels = npt.NDArray[np.int64]
Hashes = npt.NDArray[np.uint64]

NEIGHBOURS = 10
# Of 256 bits. 99 % of the copies that were scaled, blurred, tinted or saved as a poor JPEG differ
# in no more bits, and so do 15 of a million pairs of different lesions; the thumbnails exclude
# those.
NEAREST_BITS = 24
LEAST_LIKENESS = 0.99
_SIDE = 24
_ROWS_AT_ONCE = 256


@dataclass(frozen=True)
class Pair:
    """The indices of two photographs, and the correlation of their thumbnails, -1..1."""

    first: int
    second: int
    likeness: float


@dataclass(frozen=True)
class Doubt:
    """The index of a photograph whose neighbours in feature space have another class.

    `share`, 0..1, is the weighted share of the neighbours with its own label; `other` is the index
    of the class with the largest share.
    """

    place: int
    share: float
    other: int


def hash_picture(pixels: Pixels) -> Hashes:
    """Return the difference hash of an h x w x 3 photograph, 256 bits as four numbers.

    Each bit compares the brightness of two neighbouring points of a 16 x 16 grid, so size,
    compression and light change few bits. Source: N. Krawetz, "Kind of Like That", 2013.
    """
    grey = cv2.cvtColor(pixels, cv2.COLOR_RGB2GRAY)
    small = cv2.resize(grey, (17, 16), interpolation=cv2.INTER_AREA).astype(np.int16)
    bits = np.packbits(small[:, 1:] > small[:, :-1])
    return np.frombuffer(bits.tobytes(), dtype=np.uint64)


def describe_picture(pixels: Pixels) -> npt.NDArray[np.float32]:
    """Return a tiny copy of an h x w x 3 photograph; each channel has mean 0 and deviation 1."""
    small = cv2.resize(pixels, (_SIDE, _SIDE), interpolation=cv2.INTER_AREA).astype(np.float32)
    small -= small.mean(axis=(0, 1))
    small /= np.maximum(small.std(axis=(0, 1)), 1e-6)
    return small.ravel()


def find_near_duplicates(
    hashes: Hashes, tiny: Sequence[npt.NDArray[np.float32]], groups: Sequence[str]
) -> list[Pair]:
    """Find pairs of photographs from different groups that hardly differ, the most alike first.

    Takes n x 4 hashes, n tiny copies and n groups.
    """
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    pairs = []
    for start in range(0, len(hashes), _ROWS_AT_ONCE):
        rows = hashes[start : start + _ROWS_AT_ONCE]
        differing = sum(
            np.bitwise_count(rows[:, None, word] ^ hashes[None, :, word]).astype(np.int16)
            for word in range(hashes.shape[1])
        )
        is_near = np.asarray(differing) <= NEAREST_BITS
        is_near &= numbers[start : start + len(rows), None] != numbers[None]
        for row, column in np.argwhere(is_near):
            if start + row < column:
                likeness = float((tiny[start + row] * tiny[column]).mean())
                pairs.append(Pair(int(start + row), int(column), likeness))
    return sorted(
        (pair for pair in pairs if pair.likeness >= LEAST_LIKENESS),
        key=lambda pair: -pair.likeness,
    )


def find_neighbours(features: Floats, groups: Sequence[str]) -> tuple[Labels, Floats]:
    """Return the indices and cosine distances, 0..2, of each row's nearest in other groups.

    Takes n x k features; both results are n x m, the nearest first, with m at most 10. Rows of the
    same group are left out because another photograph of the same lesion proves nothing about
    its label.
    """
    scaled = features - features.mean(axis=0)
    scaled /= np.maximum(np.linalg.norm(scaled, axis=1, keepdims=True), 1e-12)
    numbers = np.unique(np.asarray(groups), return_inverse=True)[1]
    count = min(NEIGHBOURS, max(1, len(scaled) - int(np.bincount(numbers).max())))
    places, distances = [], []
    for start in range(0, len(scaled), _ROWS_AT_ONCE):
        rows = scaled[start : start + _ROWS_AT_ONCE]
        away = 1.0 - rows @ scaled.T
        away[numbers[start : start + len(rows), None] == numbers[None]] = np.inf
        nearest = np.argsort(away, axis=1, kind="stable")[:, :count]
        places.append(nearest)
        distances.append(np.take_along_axis(away, nearest, axis=1))
    return np.concatenate(places), np.concatenate(distances)


def find_outliers(distances: Floats) -> list[int]:
    """Order n photographs by the distance of the last of their neighbours, the farthest first."""
    return [int(place) for place in np.argsort(-distances[:, -1], kind="stable")]


def find_doubts(labels: Labels, neighbours: Labels, classes: int = len(HAM10000)) -> list[Doubt]:
    """List the photographs most of whose neighbours have another label, the most doubtful first.

    Neighbours of common classes count less; otherwise every rare lesion among nevi would be
    doubted.
    """
    counts = np.bincount(labels, minlength=classes).astype(np.float64)
    weights = 1 / np.maximum(counts, 1)
    votes = np.zeros((len(labels), classes))
    rows = np.arange(len(labels))
    for column in neighbours.T:
        near = labels[column]
        np.add.at(votes, (rows, near), weights[near])
    votes /= votes.sum(axis=1, keepdims=True)
    share, other = votes[rows, labels], votes.argmax(axis=1)
    doubted = np.flatnonzero(other != labels)
    order: npt.NDArray[Any] = np.argsort(share[doubted], kind="stable")
    return [Doubt(int(row), float(share[row]), int(other[row])) for row in doubted[order]]
