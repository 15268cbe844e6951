"""The door to the networks: the only module of the site that loads one.

The web process calls `installed_model` alone, which reads a small JSON file.
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
    """Reads what is installed, or gives nothing where no bundle lies."""
    if not (settings.MODEL_BUNDLE / "manifest.json").exists():
        return None
    manifest = read_manifest(settings.MODEL_BUNDLE)
    if manifest.labels != LABELS:
        raise BundleError(
            settings.MODEL_BUNDLE, f"the site stores answers in the classes {', '.join(LABELS)}."
        )
    return manifest


def installed_model_version() -> str:
    """Names the installed version; empty where none can be read."""
    try:
        manifest = installed_model()
    except BundleError:
        return ""
    return manifest.version if manifest else ""


def verify_installed_model() -> None:
    """Compares every file of the bundle with its manifest; a BundleError names a wrong one."""
    manifest = installed_model()
    if manifest is not None:
        verify_bundle(settings.MODEL_BUNDLE, manifest)


@cache
def get_ensemble() -> Ensemble:
    """Loads the networks once per process; raises BundleError where there are none."""
    from ml.bundle.ensemble import load_ensemble

    installed_model()  # refuses classes that cannot be stored
    return load_ensemble(
        settings.MODEL_BUNDLE,
        engine=settings.MODEL_ENGINE,
        threads=settings.MODEL_THREADS or None,
        views=settings.MODEL_VIEWS or None,
    )
