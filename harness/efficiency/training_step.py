"""Time of a training step on random images, with captions that no step has seen before."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import torch

from benchmarks.batch import Batch, BatchSpec, Caption
from benchmarks.common import randomness
from methods.base import Method

from ..devices import autocast
from ..profiling import median_seconds
from ..schedules import Schedule, make_optimizer
from .measurements import TrainingStep

_STREAM = randomness.stream("captions of timed steps")
_COLOURS = ("black", "white", "red", "blue", "green", "grey", "brown", "yellow", "pink", "purple", "orange", "beige")
_SENTENCES = (
    "An adult {female male} seen from the {front back side} during {daytime nighttime} in {dim normal bright} lighting.",
    "The person is wearing a {colour} {jacket shirt coat dress sweater} with {colour} {trousers shorts jeans skirt}.",
    "The outfit is paired with {colour} {casual formal worn} {sneakers boots sandals shoes}.",
    "{Long Short Medium} {straight curly wavy} {colour} hair and not wearing glasses.",
    "The person is holding a {colour} {bottle bag phone umbrella} in the {left right} hand.",
)
"""What captions of persons are made of, about 45 words together as in NEXT-Text, with a choice of words in each bracket."""
_CHOICE = re.compile(r"{([^}]+)}")


def made_caption(*keys: int) -> Caption:
    """A plausible caption drawn by keys; there are some 10^10 of them."""
    draw = randomness.generator(_STREAM, *keys)

    def word(choice: re.Match[str]) -> str:
        options = _COLOURS if choice[1] == "colour" else tuple(choice[1].split())
        return options[int(draw.integers(len(options)))]

    return tuple(_CHOICE.sub(word, sentence) for sentence in _SENTENCES)


def training_batch(spec: BatchSpec, identities: int, images: int, device: torch.device) -> Batch:
    """A batch of random images of P identities with K triplets each, without captions."""
    B, M = identities * images, len(spec.modalities)
    draw = torch.Generator().manual_seed(0)
    batch = Batch(
        images=torch.randn(B, M, 3, *spec.image_size, generator=draw),
        present=torch.ones(B, M, dtype=torch.bool),
        identity=torch.arange(identities).repeat_interleave(images),
        camera=torch.randint(spec.cameras, (B,), generator=draw),
        scene=torch.zeros(B, dtype=torch.int64),
        index=torch.arange(B),
        draw=torch.arange(B),
    )
    return batch.to(device)


def with_texts(batch: Batch, step: int) -> Batch:
    """The batch with the captions and draws of a step, so that each step encodes texts as the first epoch of training does."""
    B, M = batch.images.shape[:2]
    captions = tuple(tuple(made_caption(step, sample, modality) for modality in range(M)) for sample in range(B))
    draws = randomness.mix(_STREAM, np.uint64(step), np.arange(B)) >> np.uint64(1)
    return replace(batch, captions=captions, draw=torch.from_numpy(draws.astype(np.int64)).to(batch.draw.device))


def measure_training(
    method: Method,
    spec: BatchSpec,
    schedule: Schedule,
    *,
    identities: int,
    images: int,
    precision: str,
    warmup: int,
    repeats: int,
    compiled: bool,
) -> TrainingStep:
    """Time losses, gradients and optimiser step of batches that lie on the device.

    Args:
        method: on the device that is timed; it is changed.
        spec: image size, modalities, cameras.
        schedule: optimiser and learning rates.
        identities: P in a batch.
        images: K triplets of each.
        precision: "fp32", or the autocast type "fp16" (with scaled losses) or "bf16".
        warmup: steps that are not timed.
        repeats: steps that are timed; the median counts.
        compiled: whether torch.compile compiles the losses first, during the first steps.
    """
    device = next(method.parameters()).device
    optimizer = make_optimizer(schedule, method.train().parameter_groups(schedule.rates))
    scaler = torch.amp.GradScaler(device.type, enabled=precision == "fp16")
    losses: Any = torch.compile(method.losses) if compiled else method.losses
    plain = training_batch(spec, identities, images, device)
    batches = [with_texts(plain, step) for step in range(warmup + repeats)]

    def step(number: int) -> None:
        with autocast(device, precision):
            total = torch.stack(list(losses(batches[number]).values())).sum()
        torch.autograd.backward(scaler.scale(total))
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()

    seconds = median_seconds(step, device, warmup, repeats)
    return TrainingStep(
        seconds=seconds,
        triplets_per_second=identities * images / seconds,
        identities=identities,
        images=images,
        precision=precision,
        optimizer=schedule.optimizer,
        warmup=warmup,
        repeats=repeats,
    )
