"""Answers held against the truth of an embedded benchmark."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ...batch import MODALITIES
from ...synthetic.world import World
from ..schema.attribute import UNKNOWN, ImageKey, Schema
from .truth import truths_of


@dataclass(frozen=True)
class Claim:
    """What a set of attributes says of one attribute."""

    value: str
    confidence: float
    completed: bool = False
    """Whether it is from another modality."""


@dataclass(frozen=True)
class Judged:
    """P pairs of an image and an attribute that its modality can show; one row each, columns (P,)."""

    attribute: npt.NDArray[np.str_]
    modality: npt.NDArray[np.str_]
    identity: npt.NDArray[np.int64]
    known: npt.NDArray[np.bool_]
    """Whether a value is said: neither unknown nor nothing."""
    right: npt.NDArray[np.bool_]
    """Whether that value is the true one."""
    confidence: npt.NDArray[np.float64]
    """In [0, 1]; 0 where nothing is said."""
    completed: npt.NDArray[np.bool_]

    def take(self, rows: npt.NDArray[np.bool_]) -> Judged:
        """The pairs where a mask (P,) holds."""
        return Judged(**{name: column[rows] for name, column in vars(self).items()})


def judge(schema: Schema, worlds: Mapping[str, World], sets: Iterable[tuple[ImageKey, Mapping[str, Claim]]]) -> Judged:
    """Hold sets of attributes against the truth.

    Pairs that nothing is said of count as unknown. Attributes that the world lacks are left out: nobody can be right there.

    Args:
        schema: of the kind of objects.
        worlds: of the splits "train" and "test".
        sets: what is said of each image; all are images of the worlds.
    """
    known = {split: _Known(schema, world) for split, world in worlds.items()}
    rows = [row for key, claims in sets for row in known[key.split].rows(key, claims)]
    columns: list[Any] = list(zip(*rows, strict=True)) if rows else [[] for _ in range(7)]
    types = (np.str_, np.str_, np.int64, np.bool_, np.bool_, np.float64, np.bool_)
    return Judged(*(np.array(column, kind) for column, kind in zip(columns, types, strict=True)))


class _Known:
    """The truth of one split, as words."""

    def __init__(self, schema: Schema, world: World) -> None:
        self._schema = schema
        self._identity = world.numbers[world.visits.row].tolist()
        self._row = {name: row for row, name in enumerate(world.names)}
        self._words = {name: np.array(truth.options)[truth.value].tolist() for name, truth in truths_of(world).items()}

    def rows(self, key: ImageKey, claims: Mapping[str, Claim]) -> Iterable[tuple[Any, ...]]:
        """One row for each attribute that the modality can show and the world has."""
        row, place = self._row[key.item], MODALITIES.index(key.modality)
        for name in self._schema.shown_in(key.modality):
            if name not in self._words:
                continue
            claim = claims.get(name, Claim(UNKNOWN, 0.0))
            said = claim.value != UNKNOWN
            right = claim.value == self._words[name][row][place]
            yield name, key.modality, self._identity[row], said, right, claim.confidence, claim.completed
