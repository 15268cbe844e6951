"""The training loop: trains one network and averages its weights; resumable after each epoch."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import nn
from tqdm import tqdm

from ml.bundle.networks import LesionNetwork
from ml.bundle.preprocessing import Pixels, Recipe, normalise
from ml.bundle.results import Metrics
from ml.evaluation.metrics import measure
from ml.evaluation.results import EpochRecord
from ml.training.augmentation import Augmentation, augment
from ml.training.data import LoadedPhotographs, count_by_label
from ml.training.losses import Distillation, create_loss
from ml.training.mixup import draw_mixture
from ml.training.plan import TrainingPlan
from ml.training.state import TrainerState, Weights

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class TrainingMaterial:
    """What one network learns from, and what it is validated on.

    `teachers` are the teachers' probabilities for the n training photographs, n x c.
    """

    training: LoadedPhotographs
    validation: LoadedPhotographs
    teachers: Floats | None = None


class AugmentedPhotographs(torch.utils.data.Dataset[tuple[Pixels, int]]):
    """Augmented photographs; the draw depends only on the seed, the epoch and the position.

    A resumed run therefore sees exactly what an uninterrupted one sees, with any number of workers.
    """

    def __init__(
        self,
        loaded: LoadedPhotographs,
        order: Sequence[int],
        size: int,
        seed: tuple[int, int],
        settings: Augmentation,
    ) -> None:
        self.loaded, self.order, self.size = loaded, order, size
        self.seed, self.settings = seed, settings

    def __len__(self) -> int:
        """Count the photographs of this epoch."""
        return len(self.order)

    def __getitem__(self, position: int) -> tuple[Pixels, int]:
        """Return the pixels at a position in this epoch's order, and the photograph's index."""
        index = self.order[position]
        rng = np.random.default_rng((*self.seed, position))
        pixels = augment(self.loaded.pixels[index], self.size, rng, self.settings)
        return pixels, index


class Trainer:
    """Trains one network as planned and keeps an exponential moving average of its weights."""

    def __init__(
        self,
        network: LesionNetwork,
        plan: TrainingPlan,
        material: TrainingMaterial,
        device: torch.device,
    ) -> None:
        schedule, classes = plan.schedule, plan.classes
        photographs, teachers = material.training, material.teachers
        self.schedule, self.classes, self.recipe = schedule, classes, plan.recipe
        self.augmentation, self.seed, self.device = plan.augmentation, plan.seed, device
        self.photographs, self.validation = photographs, material.validation
        self.network = network.to(device=device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.average = copy.deepcopy(self.network).eval()
        self.average.requires_grad_(False)
        labels = [photograph.label for photograph in photographs.photographs]
        self.labels = torch.tensor(labels, device=device)
        self.by_label = [
            np.flatnonzero(np.asarray(labels) == label) for label in range(len(classes))
        ]
        counts = count_by_label(photographs.photographs, len(classes))
        if schedule.per_class is not None:
            counts = tuple(min(count, schedule.per_class) for count in counts)
        self.counts = counts
        self.loss = create_loss(schedule.balance, counts).to(device)
        self.distillation = Distillation(schedule.balance, counts, schedule.temperature).to(device)
        self.teachers = None if teachers is None else torch.from_numpy(teachers).float().to(device)
        self.optimizer = torch.optim.AdamW(
            _parameter_groups(self.network, schedule.weight_decay), lr=schedule.lr
        )
        self.steps_per_epoch = max(1, sum(counts) // schedule.batch_size)
        self.epoch = 0
        self.history: list[EpochRecord] = []
        self.best: float | None = None
        self.best_weights: Weights | None = None
        self.bad_validations = 0

    @property
    def is_finished(self) -> bool:
        """Return whether all epochs are done or the validation has stopped improving."""
        patience = self.schedule.patience
        if patience is not None and self.bad_validations >= patience:
            return True
        return self.epoch >= self.schedule.epochs

    def run_epoch(self) -> EpochRecord:
        """Train for one epoch, validate if that is due, and return the result."""
        started = time.perf_counter()
        # Dropout uses the global generator; seeding it here makes epochs reproducible on resuming.
        torch.manual_seed(self.seed * 100_003 + self.epoch)
        self._set_mode()
        total, batches = 0.0, 0
        progress = tqdm(
            self._batches(),
            total=self.steps_per_epoch,
            desc=f"epoch {self.epoch + 1}/{self.schedule.epochs}",
            unit="batch",
        )
        rate = self.schedule.lr
        for batch, (images, rows) in enumerate(progress):
            step = self.epoch * self.steps_per_epoch + batch
            rate = self._set_rate(step)
            mixture = draw_mixture(
                self.schedule.mixup, len(rows), (self.seed, self.epoch, batch), self.device
            )
            with torch.autocast(
                self.device.type, dtype=torch.bfloat16, enabled=self.device.type == "cuda"
            ):
                logits = self.network(mixture.images(images)).logits.float()
            loss = mixture.loss(self._measure_loss, logits, rows)
            self.optimizer.zero_grad(set_to_none=True)
            loss.backward()  # type: ignore[no-untyped-call]
            nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
            self.optimizer.step()
            self._update_average(step)
            total, batches = total + loss.item(), batches + 1
            if batch % 10 == 0:
                progress.set_postfix(loss=f"{total / batches:.3f}", lr=f"{rate:.1e}")
        self.epoch += 1
        metrics = self._validate() if self._validation_is_due() else None
        record = EpochRecord(
            epoch=self.epoch,
            loss=total / max(batches, 1),
            lr=rate,
            seconds=time.perf_counter() - started,
            balanced_accuracy=metrics.balanced_accuracy if metrics else None,
            accuracy=metrics.accuracy if metrics else None,
        )
        self.history.append(record)
        return record

    def chosen_weights(self) -> Weights:
        """Return the averaged weights: with early stopping the best ones, otherwise the last."""
        if self.schedule.patience is not None and self.best_weights is not None:
            return self.best_weights
        return dict(self.average.state_dict())

    def state(self) -> TrainerState:
        """Return everything that a resumed run needs."""
        return TrainerState(
            epoch=self.epoch,
            network=self.network.state_dict(),
            average=self.average.state_dict(),
            optimizer=self.optimizer.state_dict(),
            history=tuple(self.history),
            best=self.best,
            best_weights=self.best_weights,
            bad_validations=self.bad_validations,
        )

    def restore(self, state: TrainerState) -> None:
        """Resume from a state."""
        self.epoch = state.epoch
        self.network.load_state_dict(state.network)
        self.average.load_state_dict(state.average)
        self.optimizer.load_state_dict(state.optimizer)
        self.history = list(state.history)
        self.best = state.best
        self.best_weights = state.best_weights
        self.bad_validations = state.bad_validations

    def _order(self) -> list[int]:
        """Draw this epoch's photographs: all, at most `per_class` per class, or evenly by class."""
        rng = np.random.default_rng((self.seed, self.epoch))
        if self.schedule.balance == "sampler":
            present = [members for members in self.by_label if len(members)]
            share = sum(self.counts) // len(present) + 1
            drawn = [rng.choice(members, share, replace=True) for members in present]
        else:
            drawn = [
                rng.permutation(members)[:count]
                for members, count in zip(self.by_label, self.counts, strict=True)
            ]
        return [int(index) for index in rng.permutation(np.concatenate(drawn))]

    def _batches(self) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
        order = self._order()
        batch_size = min(self.schedule.batch_size, len(order))
        dataset = AugmentedPhotographs(
            self.photographs,
            order[: self.steps_per_epoch * batch_size],
            self.recipe.size,
            (self.seed, self.epoch),
            self.augmentation,
        )
        loader = torch.utils.data.DataLoader(
            dataset,
            batch_size=batch_size,
            num_workers=self.schedule.workers,
            collate_fn=_stack,
            worker_init_fn=_use_one_thread,
            pin_memory=self.device.type == "cuda",
            generator=torch.Generator().manual_seed(self.seed),
        )
        mean = torch.tensor(self.recipe.mean, device=self.device)
        std = torch.tensor(self.recipe.std, device=self.device)
        for pixels, rows in loader:
            images = pixels.to(self.device, non_blocking=True).float().div_(255.0)
            # n x h x w x 3 viewed as n x 3 x h x w is already channels last.
            yield (
                images.sub_(mean).div_(std).permute(0, 3, 1, 2),
                rows.to(self.device, non_blocking=True),
            )

    def _measure_loss(self, logits: torch.Tensor, rows: torch.Tensor) -> torch.Tensor:
        """Return the loss of n x c logits for the photographs in `rows`."""
        loss: torch.Tensor = self.loss(logits, self.labels[rows])
        if self.teachers is None:
            return loss
        from_teachers: torch.Tensor = self.distillation(logits, self.teachers[rows])
        return loss.lerp(from_teachers, self.schedule.soft_weight)

    def _set_mode(self) -> None:
        self.network.train()
        frozen = self.epoch < self.schedule.frozen_epochs
        self.network.backbone.requires_grad_(not frozen)
        if frozen or self.schedule.freeze_batch_norm:
            for module in self.network.backbone.modules():
                if isinstance(module, nn.BatchNorm2d):
                    module.eval()

    def _set_rate(self, step: int) -> float:
        """Set the rate of one cycle: linear warm-up, then cosine decay (Smith 2018)."""
        done = step / (self.schedule.epochs * self.steps_per_epoch)
        warm_up = self.schedule.warm_up
        if done < warm_up:
            factor = 0.04 + 0.96 * done / warm_up
        else:
            factor = (1 + math.cos(math.pi * (done - warm_up) / (1 - warm_up))) / 2
        for group in self.optimizer.param_groups:
            group["lr"] = self.schedule.lr * factor
        return self.schedule.lr * factor

    @torch.no_grad()
    def _update_average(self, step: int) -> None:
        # Early steps count more; otherwise the starting weights would dominate short runs.
        decay = min(self.schedule.ema, (1 + step) / (10 + step))
        own = self.network.state_dict()
        for name, mean in self.average.state_dict().items():
            if mean.dtype.is_floating_point:
                mean.lerp_(own[name], 1 - decay)
            else:
                mean.copy_(own[name])

    def _validation_is_due(self) -> bool:
        last = self.epoch == self.schedule.epochs
        return last or self.epoch % self.schedule.validate_every == 0

    def _validate(self) -> Metrics | None:
        if not self.validation.photographs:
            return None
        probabilities = predict_probabilities(
            self.average, self.validation.pixels, self.recipe, self.device
        )
        labels = [photograph.label for photograph in self.validation.photographs]
        metrics = measure(np.asarray(labels), probabilities, None, self.classes)
        if self.best is None or metrics.balanced_accuracy > self.best:
            self.best, self.bad_validations = metrics.balanced_accuracy, 0
            if self.schedule.patience is not None:
                self.best_weights = copy.deepcopy(self.average.state_dict())
        else:
            self.bad_validations += 1
        return metrics


def _stack(batch: Sequence[tuple[Pixels, int]]) -> tuple[torch.Tensor, torch.Tensor]:
    """Stack photographs as bytes, which is a quarter of the data that floats would be."""
    pixels = torch.from_numpy(np.stack([pixels for pixels, _ in batch]))
    return pixels, torch.tensor([row for _, row in batch])


def _use_one_thread(_worker: int) -> None:
    cv2.setNumThreads(0)


@torch.inference_mode()
def predict_probabilities(
    network: LesionNetwork,
    pixels: Sequence[Pixels],
    recipe: Recipe,
    device: torch.device,
    batch_size: int = 32,
) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Return the softmax output of a network in evaluation mode for n photographs, n x c."""
    rows = []
    for start in range(0, len(pixels), batch_size):
        images = torch.from_numpy(normalise(pixels[start : start + batch_size], recipe))
        images = images.to(device, memory_format=torch.channels_last)
        rows.append(network(images).logits.double().softmax(dim=1).cpu().numpy())
    return np.concatenate(rows)


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Exclude biases and batch norm from weight decay."""
    decayed = [parameter for parameter in network.parameters() if parameter.ndim > 1]
    others = [parameter for parameter in network.parameters() if parameter.ndim <= 1]
    return [
        {"params": decayed, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
