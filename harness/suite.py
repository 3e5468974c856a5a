"""A suite file to a list of runs: methods x variants x benchmarks x seeds. An ablation is data: a base and a grid."""

from __future__ import annotations

import fnmatch
import importlib
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from benchmarks.base import BENCHMARKS, BenchmarkSettings
from benchmarks.common.errors import InputError, unknown
from benchmarks.common.settings import Settings, parse
from benchmarks.loading import DataSettings
from methods.base import METHODS, MethodSettings

from .benchmark_entry import BenchmarkEntry
from .configs import find_config, merge, merge_sections, read_config
from .directions import Directions, at_point, check_rows
from .manifest import Manifest, ManifestRun, TableForm
from .plan import Evaluation, Plan, Profile
from .recipes import recipe_sections
from .records import variant_name
from .schedules import Schedule


class RowEntry(Settings):
    """One row of a table: a method with its settings."""

    method: str
    variant: str = "default"
    recipe: str = ""
    """A shipped recipe or the path of one, in place of the suite's; see `harness.recipes`."""
    label: str = ""
    """The row's name in tables; `method` or `method:variant` where it is empty."""
    columns: dict[str, str] = {}
    """What the row says of itself in further columns, as in {"MGFA": "✓"}."""
    set: dict[str, Any] = {}
    """Changes for this row alone: keys as for `--set`."""


class RunEntry(RowEntry):
    """One row of a suite."""

    expect: Directions = ()
    """What the row is expected to show: one expectation or a list; see `harness.directions`."""


class Suite(Settings):
    """A suite file."""

    title: str
    table: TableForm = "comparison"
    reference: str = ""
    """Label of the row against which differences are given; the first row where it is empty."""
    benchmarks: tuple[BenchmarkEntry, ...] = Field(min_length=1)
    benchmark: dict[str, Any] = {}
    """Settings of every benchmark."""
    method: dict[str, Any] = {}
    """Settings of every method."""
    recipe: str = ""
    """The recipe of every row that names none; what it says wins over the sections of the suite."""
    set: dict[str, Any] = {}
    """Changes for every row, which win over recipes: keys as for `--set`, which is laid over them."""
    runs: tuple[RunEntry, ...] = Field(min_length=1)
    grid: dict[str, Annotated[list[Any], Field(min_length=1)]] = {}
    """Keys as for `--set` to lists of values: every row is run with every combination."""
    seeds: tuple[int, ...] = Field((0, 1, 2), min_length=1)
    schedule: Schedule = Schedule()
    data: DataSettings = DataSettings()
    evaluation: Evaluation = Evaluation()
    profile: Profile = Profile()
    jobs: int = Field(1, ge=1)
    """Runs at once, one process each."""
    threads: int = Field(1, ge=1)
    """CPU threads of each run."""
    custom_imports: tuple[str, ...] = ()
    """Modules to import first, which register methods or benchmarks of a user."""


class MethodConfig(Settings):
    """A file in `configs/methods`: settings that differ from the typed defaults, and named variants."""

    settings: dict[str, Any] = {}
    variants: dict[str, dict[str, Any]] = {}


class _Imports(Settings):
    """The key of a file that is read before the others are checked."""

    custom_imports: tuple[str, ...] = ()


class _Sections(Settings):
    """The settings of a run that are the same for all methods and benchmarks."""

    schedule: Schedule
    data: DataSettings
    evaluation: Evaluation
    profile: Profile


_OF_A_RUN = {"method", "benchmark", *_Sections.model_fields}
"""Keys of a suite that rows, benchmarks and recipes may change."""


def load_suite(name: str, changes: Mapping[str, Any] | None = None, source: str = "--set") -> tuple[str, Suite]:
    """Read a suite.

    Args:
        name: a shipped suite or the path of a file.
        changes: dotted keys to values, from `--set`; keys that begin with a method's name are for that method alone.
        source: where the changes come from, for messages.

    Returns:
        The suite's short name and its settings; changes of runs are in its `set`, those for one method in its rows.

    Raises:
        InputError: no such suite, an unknown key, or a value that is not allowed.
    """
    path = find_config("suites", name)
    return path.stem, parse_suite(path, read_config(path), changes or {}, source)


def parse_suite(path: Path, values: Mapping[str, Any], changes: Mapping[str, Any], source: str) -> Suite:
    """A suite from the values of its file.

    Args:
        path: of the file, for messages.
        values: nested plain values.
        changes: see `load_suite`.
        source: likewise.

    Raises:
        InputError: an unknown key, or a value that is not allowed.
    """
    import_modules({**values, **changes}, path)
    of_suite: dict[str, Any] = {}
    of_runs: dict[str, Any] = {}
    special: dict[str, Any] = {}
    for key, value in changes.items():
        head = key.partition(".")[0]
        if head in METHODS.names() and head not in Suite.model_fields:
            special[key] = value
        elif head not in Suite.model_fields:
            raise unknown("key", head, [*Suite.model_fields, *METHODS.names()], source)
        else:
            (of_runs if head in _OF_A_RUN else of_suite)[key] = value
    where = str(path) if not changes else f"{path} with {source}"
    values = merge(values, of_suite)
    # Where no recipe comes between, a mistake shows at once; where one does, only with it can it be told what fits.
    suite = parse(Suite, values if _names_recipes(values) else merge(values, of_runs), where)
    methods = {entry.method for entry in suite.runs}
    for head in (key.partition(".")[0] for key in special):
        if head not in methods:
            raise unknown("method", head, methods, f"{source}: {path.stem}")
    runs = tuple(_with_special(entry, special) for entry in suite.runs)
    return suite.model_copy(update={"set": merge(merge({}, suite.set), of_runs), "runs": runs})


def import_modules(values: Mapping[str, Any], path: Path) -> None:
    """Import what registers the methods and benchmarks of a user, before their names are looked for.

    Args:
        values: of a file.
        path: of it, for the message.

    Raises:
        InputError: a module cannot be imported, or the key is no list of names.
    """
    given = {key: value for key, value in values.items() if key == "custom_imports"}
    for module in parse(_Imports, given, str(path)).custom_imports:
        try:
            importlib.import_module(module)
        except ImportError as error:
            raise InputError(f"{path}: custom_imports: {error}") from None


def _names_recipes(values: Mapping[str, Any]) -> bool:
    """Whether a suite that is not checked yet, or a row of it, names a recipe."""
    runs = values.get("runs")
    rows = runs if isinstance(runs, list | tuple) else ()
    return bool(values.get("recipe")) or any(isinstance(row, Mapping) and row.get("recipe") for row in rows)


def _with_special(entry: RunEntry, special: Mapping[str, Any]) -> RunEntry:
    own = {"method." + key.partition(".")[2]: value for key, value in special.items() if key.partition(".")[0] == entry.method}
    return entry.model_copy(update={"set": {**entry.set, **own}})


def method_settings(method: str, variant: str, changes: Mapping[str, Any], where: str) -> MethodSettings:
    """Settings of a method: typed defaults, its config file, the variant, then changes.

    Raises:
        InputError: method, variant or a key is unknown.
    """
    cls = METHODS.get(method, where)
    config = method_config(method)
    if variant != "default" and variant not in config.variants:
        raise unknown(f"variant of {method}", variant, ["default", *config.variants], where)
    values = merge(merge(config.settings, config.variants.get(variant, {})), changes)
    return parse(cls.Config, values, f"{where}: {method}")


def method_config(method: str) -> MethodConfig:
    """The config file of a method; empty where it has none (a method of a user)."""
    try:
        path = find_config("methods", method)
    except InputError:
        return MethodConfig()
    return parse(MethodConfig, read_config(path), str(path))


def benchmark_settings(benchmark: str, changes: Mapping[str, Any], where: str) -> BenchmarkSettings:
    """Settings of a benchmark: typed defaults, then changes.

    Raises:
        InputError: benchmark or a key is unknown.
    """
    return parse(BENCHMARKS.get(benchmark, where).Config, changes, f"{where}: {benchmark}")


def plans(name: str, suite: Suite, *, seeds: Sequence[int] = (), only: str = "", device: str = "cpu") -> list[Plan]:
    """The runs of a suite, in the order of its tables.

    Args:
        name: the suite's short name.
        suite: its settings.
        seeds: in place of the suite's, where there are any.
        only: a pattern on the rows' labels, as in `next*`; all rows where it is empty.
        device: `cpu` or `cuda`.

    Raises:
        InputError: a name or key is unknown, two rows or two benchmarks have one label, or `only` matches none.
    """
    rows = list(_rows(suite))
    labels = [label for label, _, _ in rows]
    check_rows({label: entry.expect for label, entry, _ in rows}, name)
    if only:
        kept = [row for row in rows if fnmatch.fnmatch(row[0], only)]
        if not kept:
            raise unknown("row (--only)", only, labels)
        rows = kept
    repeated = next((label for label in labels if labels.count(label) > 1), None)
    if repeated is not None:
        raise InputError(f"{name}: two rows are labelled {repeated!r}; give each a label of its own")
    shown = [benchmark.shown for benchmark in suite.benchmarks]
    repeated = next((label for label in shown if shown.count(label) > 1), None)
    if repeated is not None:
        raise InputError(f"{name}: two benchmarks are labelled {repeated!r}; give each a label of its own")
    chosen = tuple(seeds or suite.seeds)
    if len(set(chosen)) < len(chosen) or not all(0 <= seed < 2**32 for seed in chosen):
        raise InputError(f"{name}: seeds {', '.join(map(str, chosen))}: expected different numbers from 0 to {2**32 - 1}")
    reference = suite.reference
    if reference and reference not in labels:
        raise unknown("row (reference)", reference, labels, name)
    unseeded = [
        _plan(name, suite, benchmark, label, entry, changes, device)
        for benchmark in suite.benchmarks
        for label, entry, changes in rows
    ]
    return [replace(plan, seed=seed) for plan in unseeded for seed in chosen]


def row_labels(suite: Suite) -> list[str]:
    """Labels of all rows, in the order of the tables."""
    return [label for label, _, _ in _rows(suite)]


def _rows(suite: Suite) -> Iterator[tuple[str, RunEntry, dict[str, Any]]]:
    """Label, entry and changes of every row, the grid unfolded."""
    last = [key.rpartition(".")[2] for key in suite.grid]
    names = [key if last.count(short) > 1 else short for key, short in zip(suite.grid, last, strict=True)]
    for entry in suite.runs:
        label = entry.label or variant_name(entry.method, entry.variant)
        for values in itertools.product(*suite.grid.values()):
            point = dict(zip(suite.grid, values, strict=True))
            columns = dict(zip(names, map(str, values), strict=True))
            suffix = ", ".join(f"{key}={value}" for key, value in columns.items())
            own = {"columns": {**entry.columns, **columns}, "expect": at_point(entry.expect, suffix)}
            yield f"{label} {suffix}".strip(), entry.model_copy(update=own), {**entry.set, **point}


def _plan(
    name: str,
    suite: Suite,
    benchmark: BenchmarkEntry,
    label: str,
    entry: RunEntry,
    changes: Mapping[str, Any],
    device: str,
) -> Plan:
    """A row on a benchmark, with the seed still to be set; settings in the order in which they win over one another."""
    where = f"{name}: {label}"
    METHODS.get(entry.method, where)  # before a recipe is looked for, which a method that is not there has not either
    values = {"method": suite.method, "benchmark": suite.benchmark}
    values |= {section: getattr(suite, section).model_dump() for section in _Sections.model_fields}
    recipe = recipe_sections(entry.recipe or suite.recipe, entry.method, benchmark.name, where)
    layers = ((recipe, where), (suite.set, name), (benchmark.set, f"{name}: {benchmark.shown}"), (changes, where))
    for layer, source in layers:
        values = merge_sections(values, layer, source)
    sections = parse(_Sections, {key: values[key] for key in _Sections.model_fields}, where)
    return Plan(
        suite=name,
        label=label,
        columns=entry.columns,
        method=entry.method,
        variant=entry.variant,
        method_settings=method_settings(entry.method, entry.variant, values["method"], where),
        benchmark=benchmark.name,
        benchmark_label=benchmark.shown,
        benchmark_settings=benchmark_settings(benchmark.name, values["benchmark"], where),
        schedule=sections.schedule,
        data=sections.data,
        evaluation=sections.evaluation,
        profile=sections.profile,
        seed=0,
        threads=suite.threads,
        device=device,
        imports=suite.custom_imports,
        expect=tuple(entry.expect),
        changed=bool(changes),
    )


def manifest(name: str, suite: Suite, planned: Sequence[tuple[Plan, str]]) -> Manifest:
    """The manifest of a suite from its plans and their run ids."""
    return Manifest(
        suite=name,
        title=suite.title,
        table=suite.table,
        reference=suite.reference if any(plan.label == suite.reference for plan, _ in planned) else "",
        runs=[
            ManifestRun(
                id=run_id,
                label=plan.label,
                method=plan.method,
                variant=plan.variant,
                benchmark=plan.benchmark,
                benchmark_label=plan.benchmark_label,
                seed=plan.seed,
                changed=plan.changed,
                columns=dict(plan.columns),
                expect=plan.expect,
            )
            for plan, run_id in planned
        ],
    )
