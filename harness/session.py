"""A suite from its file to its records: plan, check, run what is missing, and say what is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks.base import Benchmark
from benchmarks.common.errors import InputError

from .devices import check_device
from .executors import Task, run_local
from .manifest import write_manifest
from .place import Place
from .plan import Plan
from .progress import SuiteProgress
from .records import read_record, record_path
from .suite import Suite, manifest


def prepare(planned: Sequence[Plan], place: Place) -> list[Task]:
    """Load every benchmark once, check every plan, and give each its id.

    Raises:
        InputError: data, weights or a device is missing, or a plan cannot be run.
    """
    _check_writable(place.work_dir)
    for device in {plan.device for plan in planned}:
        check_device(device)
    loaded: dict[str, Benchmark] = {}
    tasks = []
    for plan in planned:
        key = f"{plan.benchmark} {plan.benchmark_settings!r}"  # not as JSON, which drops the folders of paths
        if key not in loaded:
            loaded[key] = plan.load_benchmark(place.data_root, place.cache)
        plan.check(loaded[key])
        tasks.append(Task(plan, plan.run_id(loaded[key])))
    return tasks


def _check_writable(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --work-dir") from None


def missing(tasks: Sequence[Task], work_dir: Path) -> list[Task]:
    """Tasks without a record, each run once however many rows share it.

    Raises:
        InputError: there is a file in the place of a record that is none.
    """
    todo: dict[str, Task] = {}
    for task in tasks:
        path = record_path(work_dir, task.run_id)
        if path.exists():
            read_record(path)
        else:
            todo.setdefault(task.run_id, task)
    return list(todo.values())


def run_suite(name: str, suite: Suite, tasks: Sequence[Task], place: Place, console: Console) -> list[str]:
    """Run the tasks of a suite that have no record yet.

    Args:
        name: the suite's short name.
        suite: its settings.
        tasks: from `prepare`.
        place: folders, and how many runs at once.
        console: for progress.

    Returns:
        One line for each run that failed.

    Raises:
        InputError: a run met input that cannot be used; the others were run nevertheless.
    """
    write_manifest(place.work_dir, manifest(name, suite, [(task.plan, task.run_id) for task in tasks]))
    todo = missing(tasks, place.work_dir)
    done = len({task.run_id for task in tasks}) - len(todo)
    console.print(f"{name}: {done + len(todo)} runs, {done} finished before", markup=False, highlight=False)
    if not todo:
        return []
    place = replace(place, concurrent_runs=min(place.concurrent_runs, len(todo)))
    with SuiteProgress(console, len(todo)) as progress:
        run_local(todo, place, place.concurrent_runs, suite.threads, progress)
    if progress.input_errors:
        raise InputError("; ".join(dict.fromkeys([*progress.input_errors, *progress.failures])))
    return progress.failures
