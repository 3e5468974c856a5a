"""How one image ends for one annotator, and the tally of many."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Literal

from ...common.errors import InputError
from ..schema.attribute import ImageKey
from .base import AnnotationFailed, Annotator, AnnotatorStopped, Answer, Usage
from .chat import NotAsked
from .endpoint import EndpointAnnotator

Image = tuple[ImageKey, Callable[[], bytes]]
"""Which image, and what reads the bytes of its file."""

Kind = Literal["done", "failed", "not asked"]


@dataclass(frozen=True)
class Outcome:
    """How one image ended for one annotator."""

    key: ImageKey
    annotator: str
    kind: Kind
    reason: str
    """Why it is not done; else empty."""
    record: str
    """Its line of `observations.jsonl`."""
    usage: Usage
    stopped: str | None = None


@dataclass(frozen=True)
class Tally:
    """How far an annotator is, and in the end how far it came."""

    annotator: str
    version: str
    images: int
    done: int = 0
    failed: int = 0
    """Failed with a reason that is kept; an endpoint is asked again by `retry_failed` alone."""
    not_asked: int = 0
    """In a dry run: what would be asked. Else: images left out after the annotator stopped, or that could not be read."""
    usage: Usage = field(default_factory=Usage)
    """Paid in this job; in a dry run the estimate of what would be."""
    stopped: str | None = None
    """Why the annotator gave up, in one line."""

    def with_outcome(self, outcome: Outcome) -> Tally:
        """One image further."""
        return replace(
            self,
            done=self.done + (outcome.kind == "done"),
            failed=self.failed + (outcome.kind == "failed"),
            not_asked=self.not_asked + (outcome.kind == "not asked"),
            usage=self.usage + outcome.usage,
            stopped=self.stopped or outcome.stopped,
        )


class _Unreadable(Exception):
    """The file of an image cannot be read."""


def outcome_of(annotator: Annotator, image: Image) -> Outcome:
    """What an annotator makes of an image.

    Raises:
        InputError: nothing can be kept or asked any more; never because of one image.
    """
    key, read = image

    def told() -> bytes:
        try:
            return read()
        except (InputError, OSError) as error:
            raise _Unreadable(type(error).__name__) from None

    try:
        return _done(annotator, key, annotator.annotate(key, told))
    except AnnotationFailed as error:
        return _failed(annotator, key, "failed", error.reason, error.usage)
    except AnnotatorStopped as error:
        outcome = _failed(annotator, key, "not asked", f"not asked, as the annotator had stopped: {error.line}", Usage())
        return replace(outcome, stopped=error.line)
    except NotAsked:
        estimate = annotator.estimate(key.modality) if isinstance(annotator, EndpointAnnotator) else Usage()
        return _failed(annotator, key, "not asked", "not asked yet", estimate)
    except _Unreadable as error:
        return _failed(annotator, key, "not asked", f"the image cannot be read ({error})", Usage())


def _place(annotator: Annotator, key: ImageKey) -> dict[str, str]:
    return {"split": key.split, "modality": key.modality, "item": key.item, "annotator": annotator.name}


def _done(annotator: Annotator, key: ImageKey, answer: Answer) -> Outcome:
    attributes = {name: {"value": seen.value, "confidence": seen.confidence} for name, seen in answer.attributes.items()}
    record = {**_place(annotator, key), "status": "done", "attributes": attributes}
    return Outcome(key, annotator.name, "done", "", json.dumps(record, ensure_ascii=False), answer.usage)


def _failed(annotator: Annotator, key: ImageKey, kind: Kind, reason: str, usage: Usage) -> Outcome:
    record = {**_place(annotator, key), "status": "failed", "reason": reason}
    return Outcome(key, annotator.name, kind, reason, json.dumps(record, ensure_ascii=False), usage)
