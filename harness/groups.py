"""Suites that are run one after the other by one name: a config file with `suites` in the place of `runs`."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import Field
from rich.console import Console

from benchmarks.common.errors import InputError, unknown
from benchmarks.common.settings import Settings, parse

from .configs import find_config, read_config
from .place import Place
from .session import prepare, run_suite
from .suite import Suite, load_suite, plans, row_labels
from .summary import suite_table
from .verdicts import verdict_lines


class SuiteGroup(Settings):
    """A file of a group."""

    title: str
    suites: tuple[str, ...] = Field(min_length=1)
    """Shipped suites, or paths of suite files from the folder of this one."""
    set: dict[str, Any] = {}
    """Changes for every suite of the group: keys as for `--set`, which wins over them."""


@dataclass(frozen=True)
class Member:
    """A suite that is run, alone or as one of a group."""

    name: str
    """The suite's short name; with the group's name before it where the group changes settings, so that its manifest is not
    that of the suite alone."""
    suite: Suite


def read_group(name: str) -> SuiteGroup | None:
    """The group of a name or path; None where that is a suite.

    Raises:
        InputError: there is no such file, or a key or value in it is not allowed.
    """
    path = find_config("suites", name)
    values = read_config(path)
    if "suites" not in values and {"runs", "benchmarks"} & set(values):
        return None
    if {"suites", "runs"} <= set(values):
        raise InputError(f"{path}: has both runs and suites; a suite has runs, a group has suites")
    return parse(SuiteGroup, values, str(path))


def load_members(name: str, changes: Mapping[str, Any] | None = None) -> list[Member]:
    """The suite of a name, or all suites of the group of that name.

    Args:
        name: a shipped suite or group, or the path of a file.
        changes: dotted keys to values, from `--set`; in a group, what is for one method alone goes to the suites that have it.

    Raises:
        InputError: no such suite, a suite of the group is a group or named twice, or settings are not allowed.
    """
    group = read_group(name)
    if group is None:
        return [Member(*load_suite(name, changes))]
    path = find_config("suites", name)
    files = [str(path.parent / member) if member.endswith(".py") else member for member in group.suites]
    names = [Path(file).stem for file in files]
    for short, file in zip(names, files, strict=True):
        if names.count(short) > 1:
            raise InputError(f"{path}: suites: {short!r} is named twice")
        if read_group(file) is not None:
            raise InputError(f"{path}: suites: {short!r} is a group itself; name its suites")
    methods = [{entry.method for entry in load_suite(file)[1].runs} for file in files]
    prefix = f"{path.stem}-" if group.set else ""
    source = " and ".join([f"set of {path}"] * bool(group.set) + ["--set"] * bool(changes))
    members = []
    for file, own in zip(files, methods, strict=True):
        others = set().union(*methods) - own
        wanted = {key: value for key, value in {**group.set, **(changes or {})}.items() if key.partition(".")[0] not in others}
        short, suite = load_suite(file, wanted, source)
        title = f"{group.title}: {suite.title}" if group.set else suite.title
        members.append(Member(prefix + short, suite.model_copy(update={"title": title})))
    return members


def run_members(
    members: Sequence[Member], place: Place, console: Console, *, seeds: Sequence[int], only: str, device: str, jobs: int
) -> list[str]:
    """Run suites one after the other, once all of them are checked.

    Args:
        members: from `load_members`.
        place: folders.
        console: for progress and, after each suite, its table and the verdicts on what its rows expect.
        seeds: in place of the suites', where there are any.
        only: a pattern on the rows' labels; a suite of several is left out where none matches.
        device: `cpu` or `cuda`.
        jobs: runs at once; each suite's own number where it is 0.

    Returns:
        One line for each run that failed.

    Raises:
        InputError: a suite cannot be run, or no row matches; or a run met input that cannot be used, after all others were run.
    """
    chosen = _with_a_row(members, only, console)
    planned = [plans(member.name, member.suite, seeds=seeds, only=only, device=device) for member in chosen]
    tasks = iter(prepare([plan for of_member in planned for plan in of_member], place, console))
    failures, errors = [], []
    for member, of_member in zip(chosen, planned, strict=True):
        own = [next(tasks) for _ in of_member]
        here = replace(place, concurrent_runs=jobs or member.suite.jobs)
        try:
            failures += run_suite(member.name, member.suite, own, here, console)
        except InputError as error:
            errors.append(str(error))
            continue
        console.print(suite_table(own, place.work_dir))
        for line in verdict_lines(place.work_dir, member.name):
            console.print(line)
    if errors:
        raise InputError("; ".join([*errors, *failures]))
    return failures


def _with_a_row(members: Sequence[Member], only: str, console: Console) -> list[Member]:
    """The suites in which a row matches."""
    if not only:
        return list(members)
    labels = {member.name: row_labels(member.suite) for member in members}
    chosen = [member for member in members if fnmatch.filter(labels[member.name], only)]
    if not chosen:
        raise unknown("row (--only)", only, {label for of_member in labels.values() for label in of_member})
    for member in members:
        if member not in chosen:
            console.print(f"{member.name}: left out, no row matches --only {only}", markup=False, highlight=False)
    return chosen
