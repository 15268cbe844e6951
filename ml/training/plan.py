"""The plan of a training run. This module does not need torch."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from ml.bundle.labels import HAM10000, Classes
from ml.bundle.preprocessing import Recipe
from ml.training.augmentation import STANDARD, Augmentation
from ml.training.parts import JUDGING_SEED, Division

# Combining two of these costs several points of balanced accuracy, so they are a single option.
BALANCERS = ("balanced-softmax", "class-weights", "sampler", "none")


@dataclass(frozen=True)
class Schedule:
    """How long and how fast a network learns; `warm_up` is a fraction of the run, 0..1.

    `soft_weight`, 0..1, is the weight of the teachers' predictions relative to the labels. The
    teachers' and the student's logits are divided by `temperature` before they are compared.
    """

    epochs: int = 12
    batch_size: int = 32
    lr: float = 1e-3
    weight_decay: float = 0.01
    warm_up: float = 0.15
    ema: float = 0.998
    balance: str = "balanced-softmax"
    mixup: float = 0.0
    soft_weight: float = 0.0
    temperature: float = 1.0
    per_class: int | None = None
    frozen_epochs: int = 0
    freeze_batch_norm: bool = False
    patience: int | None = None
    validate_every: int = 1
    workers: int = 0

    def __post_init__(self) -> None:
        """Check temperature and soft weight. Raises ValueError."""
        if self.temperature <= 0 or not 0 <= self.soft_weight <= 1:
            raise ValueError("the temperature must be over 0 and the soft weight from 0 to 1")


@dataclass(frozen=True)
class TrainingPlan:
    """What one network is trained on, how, and where the run is stored.

    `data` are folders in the layout of HAM10000; folders in `training_only` are never used for
    validation. `leave_out` is a table of photographs to test on later. `start` is the name of a
    smaller network or the folder of a bundle. `soft` is a file of teachers' predictions. `device`
    is auto, cpu or cuda; 0 `threads` means the default number.
    """

    data: tuple[Path, ...]
    out: Path
    training_only: tuple[Path, ...] = ()
    classes: Classes = HAM10000
    division: Division = field(default=Division(0.15, 2018, 0.1, JUDGING_SEED))
    leave_out: Path | None = None
    network: str = "efficientnet_lite1"
    pretrained: bool = True
    start: str | None = None
    recipe: Recipe = field(default=Recipe())
    schedule: Schedule = field(default=Schedule())
    augmentation: Augmentation = STANDARD
    soft: Path | None = None
    seed: int = 1
    version: str | None = None
    resume: bool = False
    device: str = "auto"
    threads: int = 0

    def __post_init__(self) -> None:
        """Check that the options do not contradict each other. Raises ValueError."""
        division = self.division
        if division.validation + division.judging >= 1:
            raise ValueError("the validation and judging parts leave nothing to train on")
        if division.include_validation and (self.schedule.patience or division.fold):
            raise ValueError(
                "a run that trains on the validation part can neither stop early nor leave out a "
                "fold"
            )
        if self.leave_out and self.soft:
            raise ValueError(
                "photographs cannot be left out with soft targets, because the teachers were "
                "trained on them"
            )
