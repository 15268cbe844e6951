"""The starting weights of a network: random, published, or grown from a smaller network."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ml.bundle.architectures import NETWORKS
from ml.bundle.fusion import load_member
from ml.bundle.labels import HAM10000, Classes
from ml.bundle.manifest import Manifest, read_manifest, verify_bundle
from ml.bundle.networks import LesionNetwork, create_network
from ml.errors import BundleError, MlError, NetworkError
from ml.evaluation.evidence import load_answers
from ml.training.data import Photograph
from ml.training.growth import grow
from ml.training.parts import PartTable, load_parts


@dataclass(frozen=True)
class Start:
    """A network ready to train, and a description of its weights.

    `seconds` is how long the weights had been trained before. `unseen_lesions` are the lesions of
    their validation part and `judging_lesions` those of their judging part; both are None if the
    weights have seen no lesions at all.
    """

    network: LesionNetwork
    description: str
    seconds: float = 0.0
    unseen_lesions: frozenset[str] | None = None
    judging_lesions: frozenset[str] | None = None


def create_start(
    name: str,
    *,
    pretrained: bool,
    start: str | None,
    seed: int,
    classes: Classes = HAM10000,
) -> Start:
    """Build the network `name` with its starting weights.

    `start` is the name of a smaller network whose published weights are grown, or the folder of a
    bundle with one member whose weights are copied or grown. Raises MlError.
    """
    if start is None:
        network = create_network(name, pretrained=pretrained, classes=len(classes))
        words = "from published weights" if pretrained else "from random weights"
        return Start(network, words)
    if start in NETWORKS:
        source = create_network(start, pretrained=True, classes=len(classes))
        return Start(_grown(source, start, name, seed), f"grown from {start} with ImageNet weights")
    manifest = _read_one_member(Path(start))
    if manifest.labels != classes.names:
        raise MlError("The classes of the network of --start differ from this run's.")
    member = manifest.members[0]
    source = load_member(member.network, Path(start) / member.file, len(classes))
    verb = "continued from" if member.network == name else "grown from"
    return Start(
        _grown(source, member.network, name, seed),
        f"{verb} {member.name} ({manifest.training.description})",
        manifest.training.seconds,
        _unseen_lesions(Path(start), manifest),
        frozenset(load_parts(Path(start)).lesion_ids if manifest.data.judging else ()),
    )


def check_start(start: Start, validation: Sequence[Photograph], judging: PartTable) -> None:
    """Check that the starting network has not seen the validation or judging part.

    Raises MlError.
    """
    if start.unseen_lesions is None or start.judging_lesions is None:
        return
    if not {photograph.lesion_id for photograph in validation} <= start.unseen_lesions:
        raise MlError(
            "The network of --start was trained on another split, so it may have seen this run's "
            "validation photographs. Use the same folders, --validation and --split-seed."
        )
    if not set(judging.lesion_ids) <= start.judging_lesions:
        raise MlError(
            "The network of --start may have seen this run's judging part. Start from one that "
            "left out the same photographs, or add --judging 0."
        )


def _unseen_lesions(bundle: Path, manifest: Manifest) -> frozenset[str]:
    if manifest.metrics is None:
        return frozenset()
    return frozenset(load_answers(bundle).lesion_ids)


def _grown(source: LesionNetwork, old: str, new: str, seed: int) -> LesionNetwork:
    if old == new:
        return source
    target = create_network(new, classes=source.head.out_features)
    try:
        grow(source, target, seed=seed)
    except NetworkError as error:
        raise NetworkError(f"{new} cannot be grown from {old}: {error}") from error
    return target


def _read_one_member(bundle: Path) -> Manifest:
    manifest = read_manifest(bundle)
    verify_bundle(bundle, manifest)
    if len(manifest.members) != 1:
        raise BundleError(bundle, "a network can only start from a bundle with one member.")
    return manifest
