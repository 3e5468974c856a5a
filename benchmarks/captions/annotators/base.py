"""What an annotator is: something that says the attributes of an image, with a confidence for each (NEXT, section IV-A)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from ..schema.attribute import ImageKey, Observed


@dataclass(frozen=True)
class Usage:
    """What was paid in one call; all zero where nothing was asked of a server."""

    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0
    """In the currency of the prices of the settings."""
    requests: int = 0
    """Answers received from a server."""

    def __add__(self, other: Usage) -> Usage:
        return Usage(
            self.input_tokens + other.input_tokens,
            self.output_tokens + other.output_tokens,
            self.cost + other.cost,
            self.requests + other.requests,
        )


@dataclass(frozen=True)
class Answer:
    """What an annotator says of one image."""

    attributes: Mapping[str, Observed]
    usage: Usage = field(default_factory=Usage)


class AnnotationFailed(Exception):
    """An image that an annotator has no valid answer for.

    Args:
        reason: one line that names neither a path nor a key; it stands in the observations.
        usage: what was paid for it nevertheless.
    """

    def __init__(self, reason: str, usage: Usage | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.usage = usage or Usage()


class AnnotatorStopped(Exception):
    """An annotator that cannot answer for any image, because its endpoint refuses the key, say; the others go on.

    Args:
        line: what is wrong and what would be right, in one line.
    """

    def __init__(self, line: str) -> None:
        super().__init__(line)
        self.line = line


class Annotator(Protocol):
    """Anything that says attributes of an image; called from several threads where it is an endpoint."""

    @property
    def name(self) -> str:
        """How observations and settings name it."""

    @property
    def version(self) -> str:
        """Of model and instruction: another version may give other answers; part of the key of stored answers."""

    def annotate(self, key: ImageKey, image: Callable[[], bytes]) -> Answer:
        """Attributes of an image.

        Args:
            key: which image.
            image: reads the bytes of its file.

        Raises:
            AnnotationFailed: there is no valid answer for this image.
            AnnotatorStopped: there will be none for any.
        """
