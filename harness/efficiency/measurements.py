"""What an efficiency table is made of: one versioned JSON file a measurement, and which of them belong to a table now."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from benchmarks.common.files import write_text

from ..records import Environment, Gmacs, Memory, Parameters, Throughput
from ..sections import Section, read_section

MEASUREMENT_VERSION = 1

_FOLDER, _TABLES = "efficiency", "tables"

Size = Literal["full", "small"]

Part = Literal["test", "training"]
"""What is timed: the test path, or a step of training."""


@dataclass(frozen=True)
class Setting:
    """A precision, compiled or not."""

    precision: str
    compiled: bool

    @property
    def shown(self) -> str:
        """In words."""
        return f"{self.precision}, torch.compile" if self.compiled else self.precision


class TrainingStep(Section):
    """Duration of a training step: losses, gradients and optimiser on a batch that lies on the device. Median after warm-up."""

    seconds: float
    triplets_per_second: float
    identities: int
    """P identities in the batch."""
    images: int
    """K triplets of each."""
    precision: str
    optimizer: str
    warmup: int
    repeats: int


class Measurement(Section):
    """One method in one precision, compiled or not, measured in a process of its own."""

    schema_version: int = MEASUREMENT_VERSION
    id: str
    suite: str
    method: str
    variant: str
    size: Size
    precision: str
    compiled: bool
    settings: dict[str, Any]
    """All that decides what is measured."""
    parameters: Parameters
    gmacs: Gmacs
    throughput: Throughput | None
    """None where torch.compile failed."""
    test_memory: Memory | None
    training: TrainingStep | None
    """None where torch.compile failed."""
    training_memory: Memory | None
    problems: dict[Part, str] = {}
    """Why torch.compile failed, in a line."""
    graph_breaks: dict[Part, int] = {}
    """How often torch.compile gave up and left a part of the work to Python."""
    load: float | None = None
    """Load average of the machine before the measurement; None where the system does not tell."""
    tf32: bool = False
    """Whether fp32 products were allowed to be rounded to TF32."""
    durations: dict[str, float]
    environment: Environment

    @property
    def setting(self) -> Setting:
        """Under what it was measured."""
        return Setting(self.precision, self.compiled)


class MeasuredRow(Section):
    """One measurement of a table."""

    id: str
    label: str
    method: str
    variant: str
    precision: str
    compiled: bool
    columns: dict[str, str] = {}

    @property
    def setting(self) -> Setting:
        """Under what it is measured."""
        return Setting(self.precision, self.compiled)


class MeasuredTable(Section):
    """A table as it was last asked for on a device."""

    schema_version: int = MEASUREMENT_VERSION
    suite: str
    title: str
    benchmark: str
    size: Size
    device: str
    reference: str
    """Label of the row that ratios are taken to."""
    rows: list[MeasuredRow]


@dataclass(frozen=True)
class EfficiencyResults:
    """A table with what is measured of it."""

    table: MeasuredTable
    measurements: dict[str, Measurement]
    """By id."""

    @property
    def labels(self) -> list[str]:
        """Rows in their order."""
        return list(dict.fromkeys(row.label for row in self.table.rows))

    @property
    def settings(self) -> list[Setting]:
        """Precisions with and without compilation, in their order."""
        return list(dict.fromkeys(row.setting for row in self.table.rows))

    @cached_property
    def _found(self) -> dict[tuple[str, Setting], Measurement]:
        return {(row.label, row.setting): self.measurements[row.id] for row in self.table.rows if row.id in self.measurements}

    def at(self, label: str, setting: Setting) -> Measurement | None:
        """The measurement of a row, if it is finished."""
        return self._found.get((label, setting))

    def any_of(self, label: str) -> Measurement | None:
        """Some measurement of a row: size and cost are the same in all."""
        return next((found for (name, _), found in self._found.items() if name == label), None)

    @property
    def conditions(self) -> str:
        """Under what everything was measured, as a sentence; empty where nothing is."""
        found = next(iter(self.measurements.values()), None)
        if found is None:
            return ""
        measure, (height, width) = found.settings["measure"], found.settings["batch"]["image_size"]
        count = found.settings["threads"]
        threads = f", {count} thread{'s' * (count != 1)}" if "CPU" in self.table.device else ""
        return (
            f"{self.table.device}{threads}; images of {height} x {width}, {found.settings['batch']['identities']} identities "
            f"({self.table.benchmark}); test: batches of {measure['batch']} triplets, captions of 77 tokens encoded anew; "
            f"training: {measure['identities']} x {measure['images']} triplets, new captions in each step; median of "
            f"{measure['repeats']} after {measure['warmup']} for warm-up; random weights, random images that lie on the device."
        )


def measurement_path(work_dir: Path, suite: str, measurement_id: str) -> Path:
    """Where a measurement lies."""
    return work_dir / _FOLDER / suite / f"{measurement_id}.json"


def table_path(work_dir: Path, suite: str, size: str, device: str) -> Path:
    """Where it is kept which measurements belong to a table; each size and device has a table of its own."""
    name = "".join(sign if sign.isalnum() else "-" for sign in f"{size} {device}".lower())
    return work_dir / _FOLDER / suite / _TABLES / f"{name}.json"


def write_measurement(work_dir: Path, measurement: Measurement) -> None:
    """Write a measurement whole or not at all."""
    path = measurement_path(work_dir, measurement.suite, measurement.id)
    write_text(path, measurement.model_dump_json(indent=1) + "\n")


def write_table(work_dir: Path, table: MeasuredTable) -> None:
    """Write which measurements belong to a table, whole or not at all."""
    write_text(table_path(work_dir, table.suite, table.size, table.device), table.model_dump_json(indent=1) + "\n")


def read_measurement(path: Path) -> Measurement:
    """Read a measurement.

    Raises:
        InputError: the file is none, or of a newer schema.
    """
    return read_section(Measurement, path, "measurement", MEASUREMENT_VERSION)


def read_table(path: Path) -> MeasuredTable:
    """Read which measurements belong to a table.

    Raises:
        InputError: the file is none, or of a newer schema.
    """
    return read_section(MeasuredTable, path, "efficiency table", MEASUREMENT_VERSION)


def collect_efficiency(work_dir: Path) -> list[EfficiencyResults]:
    """All efficiency tables of a work folder, sorted by suite, size and device; none where nothing was measured.

    Raises:
        InputError: a file is damaged.
    """
    tables = [read_table(path) for path in sorted((work_dir / _FOLDER).glob(f"*/{_TABLES}/*.json"))]
    return [collect_table(work_dir, table) for table in tables]


def collect_table(work_dir: Path, table: MeasuredTable) -> EfficiencyResults:
    """A table with the measurements that are finished.

    Raises:
        InputError: one of them is damaged.
    """
    paths = _existing(measurement_path(work_dir, table.suite, row.id) for row in table.rows)
    return EfficiencyResults(table, {found.id: found for found in map(read_measurement, paths)})


def _existing(paths: Iterable[Path]) -> list[Path]:
    return [path for path in dict.fromkeys(paths) if path.exists()]
