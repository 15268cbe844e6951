"""The only module of the site that loads networks.

The web process calls only `installed_model`, which reads a small JSON file.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings

from ml.bundle.labels import LABELS
from ml.bundle.manifest import Manifest, read_manifest, verify_bundle
from ml.errors import BundleError

if TYPE_CHECKING:
    from ml.bundle.ensemble import Ensemble
    from ml.bundle.ensemble import EnsemblePrediction as EnsemblePrediction


def installed_model() -> Manifest | None:
    """Read the manifest of the installed bundle; return None if there is none."""
    if not (settings.MODEL_BUNDLE / "manifest.json").exists():
        return None
    manifest = read_manifest(settings.MODEL_BUNDLE)
    if manifest.labels != LABELS:
        raise BundleError(
            settings.MODEL_BUNDLE, f"the site stores answers in the classes {', '.join(LABELS)}."
        )
    return manifest


def installed_model_version() -> str:
    """Return the installed version, or "" if none can be read."""
    try:
        manifest = installed_model()
    except BundleError:
        return ""
    return manifest.version if manifest else ""


def verify_installed_model() -> None:
    """Check every file of the bundle against its manifest; raise BundleError on a mismatch."""
    manifest = installed_model()
    if manifest is not None:
        verify_bundle(settings.MODEL_BUNDLE, manifest)


@cache
def get_ensemble() -> Ensemble:
    """Load the networks once per process; raise BundleError if there are none."""
    from ml.bundle.ensemble import load_ensemble

    installed_model()  # rejects classes that cannot be stored
    return load_ensemble(
        settings.MODEL_BUNDLE,
        engine=settings.MODEL_ENGINE,
        threads=settings.MODEL_THREADS or None,
        views=settings.MODEL_VIEWS or None,
    )
