"""Calibrates averaged probabilities with a temperature."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]


def calibrate(probabilities: Floats, temperature: float) -> Floats:
    """Divide the logarithms of n x c averaged probabilities by the temperature and renormalise."""
    logits = np.log(np.clip(probabilities, 1e-12, None)) / temperature
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), dtype=np.float64)
