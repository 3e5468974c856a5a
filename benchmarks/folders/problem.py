"""What is wrong with a folder: one kind, one place, one line that says what would be right."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal[
    "missing_folder",
    "empty_folder",
    "unexpected_file",
    "bad_folder",
    "bad_name",
    "identity_mismatch",
    "missing_counterpart",
    "duplicate_name",
    "wrong_split",
    "identity_overlap",
    "name_overlap",
    "image_overlap",
    "query_list",
    "query_without_match",
    "count",
    "unreadable_image",
    "wrong_mode",
    "wrong_size",
    "same_image",
    "caption_file",
    "missing_caption",
    "extra_caption",
    "duplicate_caption",
    "empty_caption",
]


class Problem(BaseModel):
    """One thing that is wrong."""

    model_config = ConfigDict(frozen=True)

    kind: Kind
    path: str
    """Relative to the data set's folder where it is inside it."""
    message: str

    @property
    def line(self) -> str:
        """The whole of it in one line."""
        return f"{self.path}: {self.message}"

    def below(self, root: Path) -> Problem:
        """The same problem with its path relative to a folder, if it lies there."""
        path = Path(self.path)
        return self.model_copy(update={"path": str(path.relative_to(root))}) if path.is_relative_to(root) else self


def problem(kind: Kind, path: Path | str, message: str) -> Problem:
    """A problem at a path."""
    return Problem(kind=kind, path=printable(str(path)), message=printable(message))


def printable(text: str) -> str:
    """A text in one line that every terminal can show: a file's name may hold line breaks, or bytes that are no UTF-8."""
    return "".join(sign if sign.isprintable() else sign.encode("unicode_escape").decode("ascii") for sign in text)
