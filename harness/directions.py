"""What a row of a suite is expected to show, as data: the direction of an effect, and why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, ConfigDict, Field, model_validator

from benchmarks.common.errors import InputError, unknown

from .sections import Section

Relation = Literal["chance", "above", "below", "level"]


class Direction(Section):
    """One expectation of a row, about its mAP; see `harness.verdicts` for when it holds."""

    relation: Relation
    """`chance`: the row is at chance; `above`, `below`: it differs from another row that way; `level`: it does not differ."""
    row: str = ""
    """Label of the row that it is compared with, on the same benchmark; empty for `chance`."""
    margin: float = Field(0.0, ge=0)
    """Points of mAP: how far at least (`above`, `below`), or at most (`level`, `chance`)."""
    why: str = Field(min_length=1)
    """One short sentence."""

    @model_validator(mode="after")
    def _complete(self) -> Direction:
        if (self.relation == "chance") != (not self.row):
            raise ValueError(f"{self.relation}: {'chance is of no other row' if self.row else 'name the row to compare with'}")
        if self.relation == "level" and self.margin == 0:
            raise ValueError("level: give a margin above 0; no interval lies inside one of 0")
        return self

    @property
    def words(self) -> str:
        """What is expected, as in "above “baseline” by 2 points"."""
        within = f" within {self.margin:g} points" if self.margin else ""
        by = f" by {self.margin:g} points" if self.margin else ""
        return {
            "chance": f"at chance{within}",
            "above": f"above “{self.row}”{by}",
            "below": f"below “{self.row}”{by}",
            "level": f"level with “{self.row}”{within}",
        }[self.relation]


class _Expected(Direction):
    """The same in a suite file, where a mistyped key is refused."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


def _listed(value: Any) -> Any:
    return [value] if isinstance(value, Mapping) else value


Directions = Annotated[tuple[_Expected, ...], BeforeValidator(_listed)]
"""The expectations of a row in a suite file: one, or a list."""


def at_point(directions: Sequence[Direction], suffix: str) -> tuple[Direction, ...]:
    """The expectations of a row at one point of a grid: the rows compared with are those of the same point.

    Args:
        directions: as the suite says them.
        suffix: what the grid adds to labels; empty without a grid.
    """
    if not suffix:
        return tuple(directions)
    return tuple(each.model_copy(update={"row": f"{each.row} {suffix}"}) if each.row else each for each in directions)


def check_rows(expected: Mapping[str, Sequence[Direction]], where: str) -> None:
    """Every row that is compared with must exist, and be another one.

    Args:
        expected: expectations by label, of all rows of a suite.
        where: the suite, for the message.

    Raises:
        InputError: a label is unknown, or a row is compared with itself.
    """
    for label, directions in expected.items():
        for direction in directions:
            if direction.row == label:
                raise InputError(f"{where}: {label}: expect: the row is compared with itself; name another one")
            if direction.row and direction.row not in expected:
                raise unknown("row", direction.row, expected, f"{where}: {label}: expect")
