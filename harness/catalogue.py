"""What can be named on the command line."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from rich.table import Table

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import unknown
from methods.base import METHODS

from .configs import shipped
from .efficiency.plans import efficiency_title
from .groups import read_group
from .recipes import recipe_lines
from .suite import load_suite, method_config


def _methods() -> Iterator[tuple[str, str]]:
    for name in METHODS:
        yield name, _first_line(METHODS.get(name))
        for variant in method_config(name).variants:
            yield f"{name}:{variant}", ""


def _benchmarks() -> Iterator[tuple[str, str]]:
    for name in BENCHMARKS:
        yield name, _first_line(BENCHMARKS.get(name))


def _suites() -> Iterator[tuple[str, str]]:
    for name in shipped("suites"):
        measured = efficiency_title(name)
        group = None if measured is not None else read_group(name)
        if group is not None:
            yield name, f"{group.title}: {', '.join(group.suites)}"
        else:
            yield name, load_suite(name)[1].title if measured is None else measured


_KINDS = {"methods": _methods, "benchmarks": _benchmarks, "suites": _suites, "recipes": recipe_lines}


def _first_line(thing: object) -> str:
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def catalogue(kind: str) -> Table:
    """Names of a kind with a line on each.

    Raises:
        InputError: there is no such kind.
    """
    if kind not in _KINDS:
        raise unknown("kind", kind, _KINDS)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, line in _KINDS[kind]():
        table.add_row(name, line)
    return table
