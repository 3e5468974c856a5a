"""Conditions of a test: modalities that are missing or degraded, for queries and gallery alike, while training saw them whole.

The six settings of the field's missing-modality tables, M(RGB) to M(NIR+TIR), are from TOP-ReID (AAAI 2024) and DeMo (AAAI
2025): M(X) says that X is missing. A degraded modality is there and is worse than in training; what each kind does to an
image stands in `benchmarks.degradations`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, TypeVar, get_args

from pydantic import BeforeValidator, ValidationError, field_validator, model_serializer, model_validator

from .common.errors import InputError, unknown
from .common.settings import Settings
from .modalities import MODALITIES, Modality

Kind = Literal["misalignment", "occlusion", "darkness", "flare", "blur", "noise"]
Strength = Literal[1, 2, 3]

KINDS: tuple[Kind, ...] = get_args(Kind)
"""From the scene to the sensor, which is the order in which several kinds are applied to one image."""
STRENGTHS: tuple[Strength, ...] = get_args(Strength)

UNDISTURBED = "undisturbed"

_FORMS = "missing:RGB+TIR, NIR:blur:2, or a group: missing, degraded, degraded:NIR, degraded:blur"

Given = TypeVar("Given")
Parsed = TypeVar("Parsed")


class Degradation(Settings):
    """One kind of degradation of one modality; in files and records it is a text, as in `NIR:blur:2`."""

    modality: Modality
    kind: Kind
    strength: Strength

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return _told(_degradation_fields, value) if isinstance(value, str) else value

    @model_serializer
    def _as_text(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """As in `NIR:blur:2`."""
        return f"{self.modality}:{self.kind}:{self.strength}"

    @property
    def name(self) -> str:
        """For tables, as in "NIR blur 2"."""
        return f"{self.modality} {self.kind} {self.strength}"


def in_order(degradations: Sequence[Degradation]) -> tuple[Degradation, ...]:
    """Degradations in the order in which they are applied.

    Raises:
        ValueError: a modality has one kind twice.
    """
    ordered = sorted(degradations, key=lambda each: (MODALITIES.index(each.modality), KINDS.index(each.kind)))
    for first, second in itertools.pairwise(ordered):
        if (first.modality, first.kind) == (second.modality, second.kind):
            raise ValueError(f"a modality has one strength of a kind, not {first.text} and {second.text}")
    return tuple(ordered)


def check_disjoint(missing: Sequence[str], degraded: Sequence[Degradation]) -> None:
    """A modality that is missing cannot be degraded as well.

    Raises:
        ValueError: one is both.
    """
    for each in degraded:
        if each.modality in missing:
            raise ValueError(f"the modality of {each.text} is missing, so it cannot be degraded")


class Condition(Settings):
    """All that is missing or degraded in one test; in files and records it is a text, as in `missing:RGB+TIR`."""

    missing: tuple[Modality, ...] = ()
    degraded: tuple[Degradation, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, value: Any) -> Any:
        return _told(_condition_fields, value) if isinstance(value, str) else value

    @field_validator("missing")
    @classmethod
    def _some_present(cls, missing: tuple[Modality, ...]) -> tuple[Modality, ...]:
        if set(missing) == set(MODALITIES):
            raise ValueError(f"all modalities are missing; leave at least one of {', '.join(MODALITIES)}")
        return tuple(modality for modality in MODALITIES if modality in missing)

    @field_validator("degraded")
    @classmethod
    def _in_order(cls, degraded: tuple[Degradation, ...]) -> tuple[Degradation, ...]:
        return in_order(degraded)

    @model_validator(mode="after")
    def _disjoint(self) -> Condition:
        check_disjoint(self.missing, self.degraded)
        return self

    @model_serializer
    def _as_text(self) -> str:
        return self.text

    @property
    def text(self) -> str:
        """The one short text of a condition, which `parse_conditions` reads; the key of its metrics in a record."""
        parts = [f"missing:{'+'.join(self.missing)}"] if self.missing else []
        return "/".join([*parts, *(each.text for each in self.degraded)]) or UNDISTURBED

    @property
    def name(self) -> str:
        """For tables, as in "M(RGB+TIR)" or "NIR blur 2"."""
        parts = [f"M({'+'.join(self.missing)})"] if self.missing else []
        return ", ".join([*parts, *(each.name for each in self.degraded)]) or UNDISTURBED


def _told(function: Callable[[Given], Parsed], given: Given) -> Parsed:
    """What a function reads, its complaint as pydantic wants to be told of it."""
    try:
        return function(given)
    except InputError as error:
        raise ValueError(str(error)) from None


def _degradation_fields(text: str) -> dict[str, Any]:
    modality, _, rest = text.partition(":")
    kind, _, strength = rest.partition(":")
    if modality not in MODALITIES:
        raise unknown("modality", modality, MODALITIES)
    if kind not in KINDS:
        raise unknown("kind of degradation", kind, KINDS)
    if strength not in map(str, STRENGTHS):
        raise unknown("strength", strength, map(str, STRENGTHS))
    return {"modality": modality, "kind": kind, "strength": int(strength)}


def _condition_fields(text: str) -> dict[str, Any]:
    missing: list[str] = []
    degraded = []
    for part in text.split("/"):
        head, _, rest = part.partition(":")
        if head == "missing":
            missing += rest.split("+")
        elif head in MODALITIES:
            degraded.append(_degradation_fields(part))
        else:
            raise unknown("condition", head, ["missing", "degraded", *MODALITIES])
    for modality in missing:
        if modality not in MODALITIES:
            raise unknown("modality", modality, MODALITIES)
    return {"missing": missing, "degraded": degraded}


def missing_settings() -> list[Condition]:
    """The six settings of the field: each modality missing, then each pair (TEST.MISS r, n, t, rn, rt, nt)."""
    return [Condition(missing=chosen) for count in (1, 2) for chosen in itertools.combinations(MODALITIES, count)]


def degraded_settings(words: Sequence[str] = ()) -> list[Condition]:
    """Every modality, kind and strength, one at a time, or those that are of all the words.

    Raises:
        InputError: a word is neither a modality nor a kind nor a strength, or two exclude each other.
    """
    known = [*MODALITIES, *KINDS, *map(str, STRENGTHS)]
    for word in words:
        if word not in known:
            raise unknown("modality, kind or strength", word, known)
    every = (
        Degradation(modality=modality, kind=kind, strength=strength)
        for modality, kind, strength in itertools.product(MODALITIES, KINDS, STRENGTHS)
    )
    found = [Condition(degraded=(each,)) for each in every if set(words) <= set(each.text.split(":"))]
    if not found:
        raise InputError(f"degraded:{':'.join(words)} names no condition; give one modality, one kind or one strength")
    return found


def _condition(value: Any) -> Condition:
    """One condition; pydantic's report of a mistake, which has many lines, cut to what is wrong."""
    try:
        return Condition.model_validate(value)
    except ValidationError as error:
        raise ValueError(error.errors()[0]["msg"].removeprefix("Value error, ")) from None


def _expand(text: str) -> list[Condition]:
    """What a text names: a group or a single condition."""
    head, *words = text.split(":")
    if text == "missing":
        return missing_settings()
    if head == "degraded":
        return _told(degraded_settings, words)
    return [_condition(text)]


def _listed(values: Any) -> list[Condition]:
    """Conditions from texts (with commas, groups among them), settings, or a list of these; each once."""
    given = values.split(",") if isinstance(values, str) else [values] if isinstance(values, dict) else values
    found: list[Condition] = []
    for value in given:
        found += _expand(value.strip()) if isinstance(value, str) else [_condition(value)]
    if Condition() in found:
        raise ValueError(f"a condition names what is missing or degraded, as in {_FORMS}")
    return list(dict.fromkeys(found))


Conditions = Annotated[tuple[Condition, ...], BeforeValidator(_listed)]
"""Conditions in a suite file: texts of groups and of single conditions, expanded."""


def parse_conditions(text: str, where: str) -> list[Condition]:
    """Conditions from a text with commas, groups among them.

    Args:
        text: as in `missing,NIR:blur:2`.
        where: the option that it comes from, for the message.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    if not text.strip(" ,"):
        raise InputError(f"{where}: no condition was given; as in {_FORMS}")
    try:
        return _listed(text.strip(" ,"))
    except ValueError as error:
        raise InputError(f"{where} {text}: {error}") from None
