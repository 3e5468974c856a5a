"""A caption that the parser cannot read."""

from __future__ import annotations


class Unparsed(ValueError):
    """A caption is not in the published style.

    Attributes:
        text: of the caption.
        cause: why it cannot be read, in words that are the same for captions of one fault.
    """

    def __init__(self, text: str, cause: str) -> None:
        super().__init__(f"{cause}: {text!r}")
        self.text, self.cause = text, cause
