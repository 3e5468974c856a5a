"""An efficiency table from its file to its measurements: plan, check, measure what is missing, and say what is done."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, get_args

from rich.console import Console

from benchmarks.common.errors import InputError

from ..devices import check_device
from ..environment import describe
from ..executors import Task, run_local
from ..place import Place
from ..progress import SuiteProgress
from ..records import Environment, Precision
from ..session import check_writable, missing
from ..suite import row_labels
from ..summary import efficiency_tables
from .measurements import (
    MeasuredTable,
    Setting,
    collect_table,
    measurement_path,
    read_measurement,
    read_table,
    table_path,
    write_table,
)
from .plans import MeasuredSuite, MeasurePlan, known_plans, load_efficiency, measure_plans


def measure_suite(
    name: str, changes: Mapping[str, Any], work_dir: Path, console: Console, *, only: str = "", device: str = "cpu"
) -> list[str]:
    """Measure what of a table is not measured yet, one measurement after the other, and show the table.

    Args:
        name: a shipped file or the path of one.
        changes: dotted keys to values, from `--set`.
        work_dir: folder of measurements.
        console: for progress and the table.
        only: a pattern on the rows' labels; all rows where it is empty.
        device: `cpu` or `cuda`.

    Returns:
        One line for each measurement that failed.

    Raises:
        InputError: the file or a row cannot be used, or a device is missing.
    """
    measured = load_efficiency(name, changes, device)
    planned = measure_plans(measured, only=only, device=device)
    check_writable(work_dir)
    environment = describe(check_device(device))
    for plan in planned:
        plan.check()
    tasks = [Task(plan, plan.measurement_id(environment)) for plan in planned]
    table = _table(measured, tasks, environment, work_dir)
    write_table(work_dir, table)
    todo = missing(tasks, partial(measurement_path, work_dir, measured.name), read_measurement)
    finished = len({task.run_id for task in tasks}) - len(todo)
    text = f"{measured.name}, {measured.size} size on {table.device}: {finished + len(todo)} measurements, "
    console.print(f"{text}{finished} finished before", markup=False, highlight=False)
    with SuiteProgress(console, len(todo)) as progress:
        run_local(todo, Place(work_dir), 1, measured.settings.threads, progress)
    console.print(efficiency_tables(collect_table(work_dir, table)))
    if progress.input_errors:
        raise InputError("; ".join(dict.fromkeys([*progress.input_errors, *progress.failures])))
    return progress.failures


def _table(
    measured: MeasuredSuite, tasks: Sequence[Task[MeasurePlan]], environment: Environment, work_dir: Path
) -> MeasuredTable:
    """What the table shows from now on: these tasks, and what an earlier part of it left that was measured alike."""
    first = tasks[0].plan.plan
    device = environment.device if first.device == "cuda" else f"{environment.device} ({environment.processor})"
    path = table_path(work_dir, measured.name, measured.size, device)
    earlier = read_table(path).rows if path.exists() else []
    kept = {row.id for row in earlier if measurement_path(work_dir, measured.name, row.id).exists()}
    asked = {task.run_id for task in tasks}
    settings = {task.plan.setting for task in tasks} | {row.setting for row in earlier}
    known = known_plans(measured, sorted(settings, key=_order), first.device)
    rows = [plan.row(plan.measurement_id(environment)) for plan in known]
    return MeasuredTable(
        suite=measured.name,
        title=measured.settings.title,
        benchmark=first.benchmark,
        size=measured.size,
        device=device,
        reference=measured.settings.reference or row_labels(measured.suite)[0],
        rows=[row for row in rows if row.id in asked | kept],
    )


def _order(setting: Setting) -> tuple[int, bool]:
    return get_args(Precision).index(setting.precision), setting.compiled
