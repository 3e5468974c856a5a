"""A simulated annotator: it looks at no pixel, but knows what each picture shows, and errs as its settings say."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from ...batch import MODALITIES
from ...synthetic.draws import Ints
from ...synthetic.world import World
from ..annotators.base import AnnotationFailed, Answer
from ..schema.attribute import UNKNOWN, AttributeType, ImageKey, Observed, Schema
from .settings import SimulatedSettings
from .truth import Truth, truths_of

VERSION = 1
"""Changes when an answer of any simulated annotator changes."""
_EDGE = 0.01
"""How near the probability to be right comes to 0 and 1: its logit is finite."""


@dataclass(frozen=True)
class Said:
    """Answers about one attribute of N samples in M modalities."""

    value: Ints
    """(N, M) position among the options of the truth; -1 for unknown."""
    confidence: npt.NDArray[np.float64]
    """(N, M) as stated, in hundredths."""


class SimulatedAnnotator:
    """Annotates the samples of an embedded benchmark.

    What is visible is told with a probability p to be right, which is drawn around the accuracy of the attribute's group, less
    what the modality takes off; now and then it is missed and called unknown. What is not visible is called unknown, or
    guessed, all options alike. The stated confidence is sigmoid(sharpness * logit(p) + bias), so it is calibrated at
    sharpness 1 and bias 0, up to rounding, for all that is told by itself.

    Attributes that are read off one thing (what is carried, footwear) are told together: p is that of the thing, and so is the
    confidence. The wrong thing may still give a right value: a handbag is no backpack, and neither is a suitcase.

    Args:
        settings: accuracy, confidence.
        schema: of the kind of objects.
        worlds: of the splits "train" and "test".
    """

    def __init__(self, settings: SimulatedSettings, schema: Schema, worlds: Mapping[str, World]) -> None:
        self.name = settings.name
        self._settings, self._schema, self._worlds = settings, schema, worlds

    @cached_property
    def version(self) -> str:
        """Of settings, worlds and code."""
        worlds = {split: world.fingerprint for split, world in self._worlds.items()}
        text = json.dumps([VERSION, self._settings.model_dump(mode="json"), worlds], sort_keys=True)
        return f"simulated {hashlib.sha256(text.encode()).hexdigest()[:16]}"

    @cached_property
    def _rows(self) -> dict[tuple[str, str], int]:
        return {(split, name): row for split, world in self._worlds.items() for row, name in enumerate(world.names)}

    @cached_property
    def _said(self) -> dict[str, dict[str, tuple[tuple[str, ...], Said]]]:
        """What is said of all samples, by split and attribute, with the options."""
        return {split: self._of_world(world) for split, world in self._worlds.items()}

    def _of_world(self, world: World) -> dict[str, tuple[tuple[str, ...], Said]]:
        truths = truths_of(world)
        kinds = {name: kind for name, kind in self._schema.attributes.items() if name in truths}
        return {name: (truths[name].options, say(self._settings, kind, truths[name], world)) for name, kind in kinds.items()}

    def annotate(self, key: ImageKey, image: Callable[[], bytes]) -> Answer:
        """What it says of an image of the worlds.

        Args:
            key: of the image.
            image: its bytes, which are not looked at.

        Raises:
            AnnotationFailed: the image is none of the worlds'.
        """
        row = self._rows.get((key.split, key.item))
        if row is None:
            raise AnnotationFailed(f"no image of the embedded benchmark's {key.split} split")
        place = MODALITIES.index(key.modality)
        attributes = {
            name: self._observed(options, said, row, place)
            for name, (options, said) in self._said[key.split].items()
            if key.modality in self._schema.attributes[name].frequency
        }
        return Answer(attributes)

    def _observed(self, options: tuple[str, ...], said: Said, row: int, place: int) -> Observed:
        position = int(said.value[row, place])
        value = options[position] if position >= 0 else UNKNOWN
        return Observed(value=value, confidence=float(said.confidence[row, place]), annotator=self.name)


def say(settings: SimulatedSettings, kind: AttributeType, truth: Truth, world: World) -> Said:
    """What an annotator says of one attribute of all samples of a world.

    Args:
        settings: of the annotator.
        kind: the attribute.
        truth: of the attribute, for the N samples of the world.
        world: the world, for its keys.
    """
    keys = world.visits.key[:, None], np.arange(len(MODALITIES))

    about = truth.thing or kind.name

    def unit(name: str) -> npt.NDArray[np.float64]:
        return world.draws.uniform(f"annotator/{settings.name}/{name}/{about}", 0, 1, *keys).astype(np.float64)

    loss = np.array([settings.loss[modality] for modality in MODALITIES])
    mean = settings.accuracy[kind.group] - loss + settings.spread * (2 * unit("ease") - 1)
    options = len(truth.options)
    probability = np.where(truth.visible, mean, 1 / options).clip(_EDGE, 1 - _EDGE)
    step = 1 + world.draws.integers(f"annotator/{settings.name}/wrong/{about}", options - 1, *keys)
    value = np.where(unit("right") < probability, truth.value, (truth.value + step) % options)
    unknown = np.where(truth.visible, unit("seen") < settings.miss, unit("guess") >= settings.guess)
    low, high = settings.unknown_confidence
    confidence = np.where(unknown, low + (high - low) * unit("unsure"), stated(settings, probability))
    return Said(np.where(unknown, -1, value), confidence.round(2))


def stated(settings: SimulatedSettings, probability: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The confidence that goes with a probability in (0, 1) to be right: sigmoid(sharpness * logit(p) + bias)."""
    logit = np.log(probability / (1 - probability))
    return np.asarray(1 / (1 + np.exp(-(settings.sharpness * logit + settings.bias))))
