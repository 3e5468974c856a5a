"""Splits to batches: reading, augmentation, missing modalities, collation."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import torch
from pydantic import AfterValidator, Field, model_validator
from torch.utils.data import DataLoader, Dataset

from .base import Benchmark, Facts, Split
from .batch import MODALITIES, Batch, Caption
from .common import randomness
from .common.errors import ImageError, InputError, unknown
from .common.settings import Settings
from .conditions import Condition, Degradation, check_disjoint, in_order
from .controls import random_order
from .decoded import keep_decoded
from .degradations import degrade
from .sampler import IdentitySampler
from .transforms import Augmentation, Pixels, Resizing, augment, normalise

_STREAM = randomness.stream("sample")


class DataSettings(Settings):
    """How batches are made."""

    identities_per_batch: int = Field(8, ge=1)
    """P: identities of a training batch."""
    images_per_identity: int = Field(8, ge=1)
    """K: images of each of them."""
    test_batch: int = Field(128, ge=1)
    workers: int = Field(0, ge=0)
    """Loader processes; results do not depend on it."""
    decoded_cache: bool = False
    """Keep the decoded and resized images of a benchmark that is read from files in the work folder, mapped into memory, so
    that only the first epoch of the first run decodes; results do not depend on it. 295 KB a triplet at 256 x 128."""
    augmentation: Augmentation = Augmentation()
    train_missing: tuple[str, ...] = ()
    """Modalities that training does not see: zeros after normalisation."""
    test_missing: tuple[str, ...] = ()
    """Modalities that neither queries nor gallery have at test: zeros after normalisation."""
    missing_captions: Literal["withheld", "kept"] = "withheld"
    """What becomes of the captions of a missing modality: they tell of its image, so without it there are none, which is the
    empty text; `kept` gives them all the same."""
    test_degraded: Annotated[tuple[Degradation, ...], AfterValidator(in_order)] = ()
    """How modalities of queries and gallery are degraded at test, as in `NIR:blur:2`; captions stay as they are."""
    shuffle_train_labels: bool = False
    """A control: give the training identities to the wrong samples, so that nothing can be learned."""
    shuffle_test_identities: bool = False
    """A control: give the test identities, each with its camera and scene, to the wrong samples: nothing can be found."""
    shuffle_captions: bool = False
    """A control: give the captions, in training and at test, to samples of other identities."""
    word_quality: float = Field(1.0, ge=0, le=1)
    """Share of the words of a caption that stay, in training and at test; noise words take the place of the others. It is about
    words that tell nothing, not about words that are wrong, which `benchmark.caption_quality` of an embedded benchmark sets."""
    validation_identities: int = Field(0, ge=0)
    """Training identities that are held out to choose an epoch on."""

    @model_validator(mode="after")
    def _disjoint(self) -> DataSettings:
        check_disjoint(self.test_missing, self.test_degraded)
        return self

    @property
    def captions_kept(self) -> bool:
        """Whether missing modalities have their captions."""
        return self.missing_captions == "kept"

    def under(self, condition: Condition) -> DataSettings:
        """The same for a test under a condition, which says all that is missing or degraded there."""
        return self.model_copy(update={"test_missing": condition.missing, "test_degraded": condition.degraded})


def check_missing(missing: Sequence[str], where: str) -> None:
    """Refuse modalities that cannot be missing.

    Args:
        missing: their names.
        where: the row or setting, for the message.

    Raises:
        InputError: one is unknown, or none is left.
    """
    for name in missing:
        if name not in MODALITIES:
            raise unknown("modality", name, MODALITIES, where)
    if set(missing) == set(MODALITIES):
        raise InputError(f"{where}: all modalities are missing; leave at least one of {', '.join(MODALITIES)}")


@dataclass(frozen=True)
class _Item:
    pixels: Pixels
    sample: int
    draw: int


@dataclass(frozen=True)
class _Unreadable:
    """Takes the place of a sample whose image cannot be read, and then of its batch.

    Errors that loader processes raise would come with a traceback for a message.
    """

    message: str


class TripletLoader(DataLoader[_Item | _Unreadable]):
    """A loader that raises InputError in this process for an image that cannot be read, wherever it was read."""

    def __iter__(self) -> Iterator[Batch]:  # type: ignore[override]
        """Batches."""
        for batch in super().__iter__():
            if isinstance(batch, _Unreadable):
                raise InputError(batch.message)
            yield batch


class TripletDataset(Dataset[_Item | _Unreadable]):
    """Samples of a split as network input.

    Args:
        split: the samples.
        labels: (N,) identity of each sample as the batch shall carry it.
        image_size: height and width.
        settings: resizing and augmentation.
        training: whether to augment.
        missing: modalities that are absent.
        seed: seed of the run.
        degraded: how modalities are degraded, after resizing.
        captions_kept: whether missing modalities have their captions.
    """

    metainfo: dict[str, Any] = {}

    def __init__(
        self,
        split: Split,
        labels: Sequence[int],
        image_size: tuple[int, int],
        settings: Augmentation,
        *,
        training: bool,
        missing: Sequence[str],
        seed: int,
        degraded: Sequence[Degradation] = (),
        captions_kept: bool = False,
    ) -> None:
        self.split, self.labels, self.image_size, self.settings = split, labels, image_size, settings
        self.training, self.seed, self.degraded = training, seed, degraded
        self.resizing = resizing(settings, image_size, training=training)
        check_missing(missing, "training" if training else "test")
        self.present = np.array([name not in missing for name in MODALITIES])
        self.captioned = self.present | captions_kept

    def __len__(self) -> int:
        return len(self.split)

    def __getitem__(self, key: tuple[int, int] | int) -> _Item | _Unreadable:
        """One sample; in training the key is (epoch, position)."""
        epoch, position = key if isinstance(key, tuple) else (0, key)
        draw = int(randomness.mix(_STREAM, self.seed, epoch, position) >> np.uint64(1))
        try:
            images = self.resizing(self.split.read(position))
        except InputError as error:
            hint = " (--skip-corrupt leaves such images out)" if isinstance(error, ImageError) else ""
            return _Unreadable(f"{error}{hint}")
        images = degrade(images, self.degraded, self.split.samples[position].name)
        pixels = augment(images, self.settings, draw) if self.training else normalise(images)
        pixels[~self.present] = 0
        return _Item(pixels, position, draw)

    def collate(self, found: Sequence[_Item | _Unreadable]) -> Batch | _Unreadable:
        """Items as a batch."""
        items = [item for item in found if isinstance(item, _Item)]
        if len(items) < len(found):
            return next(item for item in found if isinstance(item, _Unreadable))
        samples = [self.split.samples[item.sample] for item in items]
        captions = [self._captions(sample.captions) for sample in samples if sample.captions is not None]
        return Batch(
            images=torch.from_numpy(np.stack([item.pixels for item in items])),
            present=torch.from_numpy(np.tile(self.present, (len(items), 1))),
            identity=torch.tensor([int(self.labels[item.sample]) for item in items]),
            camera=torch.tensor([sample.camera for sample in samples]),
            scene=torch.tensor([sample.scene for sample in samples]),
            index=torch.tensor([item.sample for item in items]),
            draw=torch.tensor([item.draw for item in items]),
            captions=tuple(captions) if len(captions) == len(samples) else None,
        )

    def _captions(self, captions: Sequence[Caption]) -> tuple[Caption, ...]:
        """The captions of a sample as the batch shall carry them."""
        return tuple(caption if captioned else () for caption, captioned in zip(captions, self.captioned, strict=True))


def resizing(settings: Augmentation, image_size: tuple[int, int], *, training: bool) -> Resizing:
    """How images are resized, in training or at test."""
    return Resizing(image_size, settings.train_resize if training else settings.test_resize, settings.aspect)


def decode_once(benchmark: Benchmark, settings: DataSettings, cache: Path) -> Benchmark:
    """The benchmark with decoded and resized images in a folder, where the settings ask for it."""
    if not settings.decoded_cache:
        return benchmark
    return benchmark.changed(
        lambda split, role: _decoded_once(split, benchmark.facts, settings, cache, training=role == "train")
    )


def _decoded_once(split: Split, facts: Facts, settings: DataSettings, cache: Path, *, training: bool) -> Split:
    """A split with decoded and resized images in a folder."""
    to_size = resizing(settings.augmentation, facts.image_size, training=training)
    return keep_decoded(split, to_size, len(facts.modalities), cache)


def training_labels(split: Split, *, shuffled: bool) -> list[int]:
    """Class (N,) of each training sample: the position of its identity among the sorted identities.

    Args:
        split: the training split.
        shuffled: permute the labels over the samples, in the same way for every method and seed (a control).
    """
    classes = np.unique(split.identities, return_inverse=True)[1]
    if shuffled:
        classes = classes[random_order("shuffled labels", len(split))]
    return [int(label) for label in classes]


def train_loader(benchmark: Benchmark, settings: DataSettings, seed: int, *, pin: bool = False) -> TripletLoader:
    """Batches of P x K augmented samples; call `loader.batch_sampler.set_epoch` before an epoch."""
    labels = training_labels(benchmark.train, shuffled=settings.shuffle_train_labels)
    dataset = TripletDataset(
        benchmark.train,
        labels,
        benchmark.facts.image_size,
        settings.augmentation,
        training=True,
        missing=settings.train_missing,
        seed=seed,
        captions_kept=settings.captions_kept,
    )
    sampler = IdentitySampler(np.array(labels), settings.identities_per_batch, settings.images_per_identity, seed)
    return TripletLoader(
        dataset,
        batch_sampler=sampler,  # it yields the (epoch, position) keys that the data set takes
        num_workers=settings.workers,
        collate_fn=dataset.collate,
        pin_memory=pin,
        persistent_workers=settings.workers > 0,
    )


def survey_loader(benchmark: Benchmark, settings: DataSettings, cache: Path, *, pin: bool = False) -> TripletLoader:
    """The training split in its own order, its images as at test and its labels as in training: for a look between epochs.

    Its batches have the size of training batches, because no setting of the test shall change what is learned.

    Args:
        benchmark: not one from `decode_once`, whose training images are resized as in training.
        settings: how batches are made.
        cache: folder of decoded images.
        pin: whether batches lie in page-locked memory.
    """
    split = benchmark.train
    if settings.decoded_cache:
        split = _decoded_once(split, benchmark.facts, settings, cache, training=False)
    dataset = TripletDataset(
        split,
        training_labels(split, shuffled=settings.shuffle_train_labels),
        benchmark.facts.image_size,
        settings.augmentation,
        training=False,
        missing=settings.train_missing,
        seed=0,
        captions_kept=settings.captions_kept,
    )
    return TripletLoader(
        dataset,
        batch_size=settings.identities_per_batch * settings.images_per_identity,
        num_workers=settings.workers,
        collate_fn=dataset.collate,
        pin_memory=pin,
        generator=torch.Generator(),  # so that nothing is drawn from the global one
    )


def test_loader(split: Split, image_size: tuple[int, int], settings: DataSettings, *, pin: bool = False) -> TripletLoader:
    """Batches of a split in its own order, without augmentation."""
    dataset = TripletDataset(
        split,
        split.identities.tolist(),
        image_size,
        settings.augmentation,
        training=False,
        missing=settings.test_missing,
        seed=0,
        degraded=settings.test_degraded,
        captions_kept=settings.captions_kept,
    )
    return TripletLoader(
        dataset,
        batch_size=settings.test_batch,
        num_workers=settings.workers,
        collate_fn=dataset.collate,
        pin_memory=pin,
    )
