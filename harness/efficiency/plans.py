"""Files of the third kind, told by their section `measure`: rows whose size, cost, speed and memory are measured.

Nothing is trained and no data is read: a benchmark gives the number of identities and cameras and the size of images.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal, get_args

from pydantic import Field

from benchmarks.base import BENCHMARKS
from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError, unknown
from benchmarks.common.settings import Settings, parse
from methods.base import METHODS

from ..configs import find_config, merge, read_config
from ..devices import check_precision
from ..executors import Report
from ..place import Place
from ..plan import Plan
from ..records import Environment, Precision
from ..suite import RowEntry, Suite, import_modules, parse_suite, plans
from .measurements import MEASUREMENT_VERSION, MeasuredRow, Setting, Size


class Measure(Settings):
    """How rows are measured: all alike."""

    benchmark: str
    """Decides identities, cameras and image size; its data is not read."""
    batch: int = Field(64, ge=1)
    """Triplets in a pass of the test path."""
    identities: int = Field(8, ge=2)
    """P identities in a batch of training."""
    images: int = Field(8, ge=2)
    """K triplets of each."""
    warmup: int = Field(10, ge=1)
    """Passes and steps that are not timed; torch.compile works in the first ones."""
    repeats: int = Field(30, ge=1)
    """Passes and steps that are timed; the median counts."""
    precisions: tuple[Precision, ...] = Field(("fp32",), min_length=1)
    compiled: tuple[bool, ...] = Field((False,), min_length=1)
    """Whether torch.compile compiles the test path and the losses: without, with, or both."""


class Efficiency(Settings):
    """A file."""

    title: str
    reference: str = ""
    """Label of the row that ratios are taken to; the first row where it is empty."""
    measure: Measure
    recipe: str = ""
    """The recipe that gives every row its method's settings, optimiser and learning rates; batch and epochs are not its."""
    benchmark: dict[str, Any] = {}
    method: dict[str, Any] = {}
    """Settings of every method."""
    schedule: dict[str, Any] = {}
    """`optimizer` and `rates`."""
    runs: tuple[RowEntry, ...] = Field(min_length=1)
    size: Literal["", "full", "small"] = ""
    """Which of the changes below holds: `full` on CUDA and `small` on a CPU where it is empty."""
    full: dict[str, Any] = {}
    """Keys as for `--set`, which wins over them."""
    small: dict[str, Any] = {}
    threads: int = Field(1, ge=1)
    """CPU threads of each measurement."""
    custom_imports: tuple[str, ...] = ()


_OF_A_SUITE = set(Efficiency.model_fields) & set(Suite.model_fields)
"""Keys that mean the same in both kinds of files."""
_OF_ROWS = {"method", "benchmark", "schedule"}
_OF_A_SCHEDULE = ("optimizer", "rates")


@dataclass(frozen=True)
class MeasuredSuite:
    """A file, read for a device."""

    name: str
    settings: Efficiency
    suite: Suite
    """Its rows, as those of a suite."""
    size: Size


@dataclass(frozen=True)
class MeasurePlan:
    """One measurement, resolved."""

    size: Size
    measure: Measure
    plan: Plan
    precision: str
    compiled: bool

    @property
    def shown(self) -> str:
        """For people: row, precision, compilation."""
        return f"{self.plan.label}, {self.setting.shown}"

    @property
    def setting(self) -> Setting:
        """Precision and compilation."""
        return Setting(self.precision, self.compiled)

    @property
    def imports(self) -> tuple[str, ...]:
        """Modules that register what a user brought."""
        return self.plan.imports

    @cached_property
    def spec(self) -> BatchSpec:
        """What the method must know of the batches."""
        return BENCHMARKS.get(self.plan.benchmark).facts(self.plan.benchmark_settings).spec

    def resolved(self) -> dict[str, Any]:
        """All that decides what is measured, as plain values."""
        plan = self.plan
        schedule = plan.schedule.model_dump(mode="json", include=set(_OF_A_SCHEDULE))
        return {
            "method": {"name": plan.method, **plan.method_settings.model_dump(mode="json")},
            "batch": json.loads(json.dumps(vars(self.spec))),
            "schedule": schedule,
            "measure": self.measure.model_dump(mode="json", exclude={"precisions", "compiled"}),
            "precision": self.precision,
            "compiled": self.compiled,
            "device": plan.device,
            "threads": plan.threads,
        }

    def measurement_id(self, environment: Environment) -> str:
        """sha256 of what is measured, of the machine and of the versions; not of the commit, which most changes leave alike."""
        where = environment.model_dump(mode="json", exclude={"commit", "threads", "deterministic"})
        return hashlib.sha256(json.dumps([self.resolved(), where, MEASUREMENT_VERSION], sort_keys=True).encode()).hexdigest()

    def check(self) -> None:
        """Find out before anything is measured whether it can be.

        Raises:
            InputError: it cannot.
        """
        METHODS.get(self.plan.method).check(self.plan.method_settings, self.spec)
        check_precision(self.precision, self.plan.device, "measure.precisions")
        wanted, there = self.measure.identities, self.spec.identities
        if wanted > there:
            raise InputError(f"measure.identities: {self.plan.benchmark} has {there} (received {wanted})")

    def execute(self, run_id: str, place: Place, report: Report) -> str:
        """Measure, and leave the measurement."""
        from .measuring import measure  # in the process that measures

        return measure(self, run_id, place, report)

    def row(self, measurement_id: str) -> MeasuredRow:
        """Its place in the table."""
        return MeasuredRow(
            id=measurement_id,
            label=self.plan.label,
            method=self.plan.method,
            variant=self.plan.variant,
            precision=self.precision,
            compiled=self.compiled,
            columns=dict(self.plan.columns),
        )


def efficiency_title(name: str) -> str | None:
    """The title of a file of this kind; None where it is a suite or a group.

    Raises:
        InputError: there is no such file.
    """
    values = read_config(find_config("suites", name))
    return str(values.get("title", "")) if "measure" in values else None


def load_efficiency(name: str, changes: Mapping[str, Any] | None = None, device: str = "cpu") -> MeasuredSuite:
    """Read a file for a device.

    Args:
        name: a shipped file or the path of one.
        changes: dotted keys to values, from `--set`; keys that begin with a method's name are for that method alone.
        device: `cpu` or `cuda`, which decides the size where nothing else does.

    Raises:
        InputError: no such file, an unknown key, or a value that is not allowed.
    """
    path = find_config("suites", name)
    values = read_config(path)
    for key in changes or {}:
        section, _, rest = key.partition(".")
        if section in get_args(Size):
            raise InputError(f"--set {key}: the section {section!r} is the file's own; give {rest or 'its keys'} without it")
    import_modules({**values, **(changes or {})}, path)
    written = parse(Efficiency, values, str(path))
    chosen = (changes or {}).get("size") or written.size
    size: Size = parse(Efficiency, {**values, "size": chosen}, "--set").size or ("full" if device == "cuda" else "small")
    wanted = {**getattr(written, size), **(changes or {})}
    own = {key: value for key, value in wanted.items() if _is_of_file(key)}
    settings = parse(Efficiency, merge(values, own), f"{path} with --set" if changes else str(path))
    shared = settings.model_dump(include=_OF_A_SUITE) | {"benchmarks": [settings.measure.benchmark]}
    of_rows = {key: value for key, value in wanted.items() if key not in own}
    for key in [
        *of_rows,
        *(f"schedule.{key}" for key in settings.schedule),
        *(key for run in settings.runs for key in run.set),
    ]:
        _check_schedule(key, str(path))
    return MeasuredSuite(path.stem, settings, parse_suite(path, shared, of_rows, f"{path.stem}: {size} or --set"), size)


def _is_of_file(key: str) -> bool:
    """Whether a change is one of the file's own keys, and none of its rows.

    Raises:
        InputError: it is neither.
    """
    head = key.partition(".")[0]
    if head in _OF_ROWS or (head in METHODS.names() and head not in Efficiency.model_fields):
        return False
    if head not in Efficiency.model_fields:
        raise unknown("key", head, [*Efficiency.model_fields, *METHODS.names()], "--set")
    return True


def _check_schedule(key: str, where: str) -> None:
    head, _, rest = key.partition(".")
    if head == "schedule" and rest.partition(".")[0] not in _OF_A_SCHEDULE:
        raise unknown("key", key, [f"schedule.{name}" for name in _OF_A_SCHEDULE], where)


def measure_plans(measured: MeasuredSuite, *, only: str = "", device: str = "cpu") -> list[MeasurePlan]:
    """The measurements of a file: every row in every precision, without compilation and with it.

    Args:
        measured: from `load_efficiency`.
        only: a pattern on the rows' labels; all rows where it is empty.
        device: `cpu` or `cuda`.

    Raises:
        InputError: a method is not there, a name or key is unknown, or `only` matches none.
    """
    measure = measured.settings.measure
    settings = [Setting(precision, compiled) for precision in measure.precisions for compiled in measure.compiled]
    return _unfold(measured, measured.suite, settings, only, device)


def known_plans(measured: MeasuredSuite, settings: Sequence[Setting], device: str) -> list[MeasurePlan]:
    """What an earlier table may hold: all rows whose method is here, under some settings."""
    known = tuple(entry for entry in measured.suite.runs if entry.method in METHODS.names())
    return _unfold(measured, measured.suite.model_copy(update={"runs": known, "reference": ""}), settings, "", device)


def _unfold(measured: MeasuredSuite, suite: Suite, settings: Sequence[Setting], only: str, device: str) -> list[MeasurePlan]:
    rows = plans(measured.name, suite, seeds=[0], only=only, device=device)
    measure = measured.settings.measure
    return [
        MeasurePlan(measured.size, measure, row, setting.precision, setting.compiled) for setting in settings for row in rows
    ]
