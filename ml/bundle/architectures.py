"""The networks that can be members of the ensemble, by name. This module does not need torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkSpec:
    """How to build a network and where its starting weights come from."""

    timm_name: str | None
    package: str | None = None
    hub_tag: str | None = None
    dropout: float = 0.2


NETWORKS: Mapping[str, NetworkSpec] = {
    "efficientnet_b1": NetworkSpec("tf_efficientnet_b1", hub_tag="ns_jft_in1k", dropout=0.3),
    "efficientnet_b5": NetworkSpec("tf_efficientnet_b5", hub_tag="ns_jft_in1k", dropout=0.4),
    "efficientnet_lite0": NetworkSpec("tf_efficientnet_lite0", package="EfficientnetLite0"),
    "efficientnet_lite1": NetworkSpec("tf_efficientnet_lite1", package="EfficientnetLite1"),
    "efficientnet_lite2": NetworkSpec("tf_efficientnet_lite2", package="EfficientnetLite2"),
    # Only compared in docs/classifier.md; none of them is in the shipped ensemble.
    "mobilenetv2": NetworkSpec("mobilenetv2_100", hub_tag="ra_in1k"),
    "densenet121": NetworkSpec("densenet121", hub_tag="ra_in1k"),
    "resnet50": NetworkSpec("resnet50", hub_tag="a1_in1k"),
    "xception": NetworkSpec("legacy_xception", hub_tag="tf_in1k"),
    "plain_cnn": NetworkSpec(None),
    # For the tests, because it trains in seconds.
    "small_cnn": NetworkSpec(None),
}
