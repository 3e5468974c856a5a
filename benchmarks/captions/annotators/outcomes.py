"""How one image ends for one annotator, and the tally of many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Literal

from ...common.errors import InputError
from ..json_lines import as_line
from ..schema.attribute import ImageKey
from .base import AnnotationFailed, Annotator, AnnotatorStopped, Usage
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
    """What is to be written of it."""
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


def attempt(key: ImageKey, name: str, act: Callable[[], tuple[str, Usage]], estimate: Callable[[], Usage]) -> Outcome:
    """What comes of asking about one image.

    Args:
        key: which image.
        name: who is asked.
        act: asks; returns the record and what was paid.
        estimate: what asking would cost, for a dry run.

    Returns:
        An outcome; without a record where there is a reason.

    Raises:
        InputError: nothing can be kept or asked any more; never because of one image.
    """
    try:
        record, usage = act()
    except AnnotationFailed as error:
        return Outcome(key, name, "failed", error.reason, "", error.usage)
    except AnnotatorStopped as error:
        reason = f"not asked, as the annotator had stopped: {error.line}"
        return Outcome(key, name, "not asked", reason, "", Usage(), error.line)
    except NotAsked:
        return Outcome(key, name, "not asked", "not asked yet", "", estimate())
    except _Unreadable as error:
        return Outcome(key, name, "not asked", f"the image cannot be read ({error})", "", Usage())
    return Outcome(key, name, "done", "", record, usage)


def outcome_of(annotator: Annotator, image: Image) -> Outcome:
    """What an annotator makes of an image; the record is a line of `observations.jsonl`."""
    key, read = image
    place = {**vars(key), "annotator": annotator.name}

    def act() -> tuple[str, Usage]:
        answer = annotator.annotate(key, partial(_read, read))
        attributes = {name: {"value": seen.value, "confidence": seen.confidence} for name, seen in answer.attributes.items()}
        return as_line({**place, "status": "done", "attributes": attributes}), answer.usage

    def estimate() -> Usage:
        return annotator.estimate(key.modality) if isinstance(annotator, EndpointAnnotator) else Usage()

    outcome = attempt(key, annotator.name, act, estimate)
    failed = as_line({**place, "status": "failed", "reason": outcome.reason})
    return replace(outcome, record=failed) if outcome.reason else outcome


def _read(read: Callable[[], bytes]) -> bytes:
    try:
        return read()
    except (InputError, OSError) as error:
        raise _Unreadable(type(error).__name__) from None  # its message names a path of this machine
