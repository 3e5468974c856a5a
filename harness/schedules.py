"""Learning rates as a pure function of the epoch, so that a resumed run cannot disagree with an undisturbed one."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

import torch
from pydantic import Field, model_validator

from benchmarks.common.settings import Settings
from methods.base import LearningRates, ParameterGroup

from .records import Precision


class Schedule(Settings):
    """Optimiser, epochs and how the learning rates move; the defaults are the published recipe of NEXT, DeMo and Signal.

    Two habits of that recipe are options, because nobody would invent them: the warm-up starts every group at the same
    rate, so that the image tower's rate *falls* during warm-up; and each epoch's rates are multiplied by pseudo-random noise.
    """

    optimizer: Literal["adam", "adamw", "sgd"] = "adam"
    epochs: int = Field(50, ge=1)
    rates: LearningRates = LearningRates()
    decay: Literal["cosine", "step", "constant"] = "cosine"
    floor_factor: float = Field(1e-3, ge=0)
    """The cosine ends at this times the base rate, for every group."""
    milestones: tuple[int, ...] = ()
    """Epochs from which on `step` has multiplied the rates by `gamma`, once more at each."""
    gamma: float = Field(0.1, gt=0)
    warmup_epochs: int = Field(10, ge=0)
    warmup_factor: float = Field(0.1, ge=0)
    warmup: Literal["shared", "proportional"] = "shared"
    """`shared`: every group starts at `warmup_factor` times the *base* rate. `proportional`: at that times its own."""
    noise: bool = True
    """Multiply the rates of every epoch but the last by 1 + n, n normal with |n| < 0.67, seeded by 42 + epoch."""
    precision: Precision = "fp32"

    @model_validator(mode="after")
    def _warmup_fits(self) -> Schedule:
        if self.warmup_epochs and self.warmup_epochs >= self.epochs:
            raise ValueError(f"warmup_epochs {self.warmup_epochs} must be fewer than epochs {self.epochs}")
        return self


def make_optimizer(schedule: Schedule, groups: Sequence[ParameterGroup]) -> torch.optim.Optimizer:
    """The optimiser of a schedule over the groups of a method; SGD with momentum 0.9."""
    kind = {"adam": torch.optim.Adam, "adamw": torch.optim.AdamW, "sgd": torch.optim.SGD}[schedule.optimizer]
    return kind(list(groups), **({"momentum": 0.9} if schedule.optimizer == "sgd" else {}))


def learning_rate(schedule: Schedule, peak: float, epoch: int) -> float:
    """The learning rate of a parameter group in an epoch.

    Args:
        schedule: how rates move.
        peak: the group's own rate.
        epoch: from 1 to `schedule.epochs`.
    """
    rate = _warming(schedule, peak, epoch) if epoch < schedule.warmup_epochs else _decayed(schedule, peak, epoch)
    return rate * (1 + noise(epoch)) if schedule.noise and epoch < schedule.epochs else rate


def _warming(schedule: Schedule, peak: float, epoch: int) -> float:
    start = schedule.warmup_factor * (schedule.rates.base if schedule.warmup == "shared" else peak)
    return start + epoch * (peak - start) / schedule.warmup_epochs


def _decayed(schedule: Schedule, peak: float, epoch: int) -> float:
    if schedule.decay == "cosine":
        floor = min(peak, schedule.floor_factor * schedule.rates.base)
        return floor + 0.5 * (peak - floor) * (1 + math.cos(math.pi * epoch / schedule.epochs))
    if schedule.decay == "step":
        return peak * schedule.gamma ** sum(epoch >= milestone for milestone in schedule.milestones)
    return peak


def noise(epoch: int) -> float:
    """The published noise of an epoch: a standard normal number, drawn again until it is within 0.67 of zero."""
    draw = torch.Generator().manual_seed(42 + epoch)
    while True:
        number = float(torch.randn(1, generator=draw))
        if abs(number) < 0.67:
            return number
