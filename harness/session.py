"""A suite from its file to its records: plan, check, run what is missing, and say what is done."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TypeVar

from rich.console import Console

from benchmarks.base import Benchmark
from benchmarks.common.errors import InputError

from .devices import check_device
from .executors import Task, Work, run_local
from .manifest import ManifestRun, manifest_path, read_manifest, write_manifest
from .place import Place
from .plan import Plan
from .progress import SuiteProgress
from .records import Record, read_record, record_path
from .suite import Suite, manifest, plans

_LEFT_OUT_SHOWN = 10

Planned = TypeVar("Planned", bound=Work)


def prepare(planned: Sequence[Plan], place: Place, console: Console | None = None) -> list[Task[Plan]]:
    """Load every benchmark once, check every plan, and give each its id.

    Args:
        planned: the runs.
        place: folders.
        console: for what a user should know of the data.

    Raises:
        InputError: data, weights or a device is missing, or a plan cannot be run.
    """
    check_writable(place.work_dir)
    for device in {plan.device for plan in planned}:
        check_device(device)
    loaded: dict[str, Benchmark] = {}
    tasks = []
    for plan in planned:
        # not as JSON, which drops the folders of paths
        key = f"{plan.benchmark} {plan.benchmark_settings!r} {plan.data.word_quality}"
        if key not in loaded:
            loaded[key] = plan.load_benchmark(place.data_root, place.cache)
        plan.check(loaded[key])
        tasks.append(Task(plan, plan.run_id(loaded[key])))
    if console:
        # once, where a benchmark is loaded with several qualities of its captions
        for line in dict.fromkeys(line for benchmark in loaded.values() for line in _remarks(benchmark)):
            console.print(line, markup=False, highlight=False, soft_wrap=True)
    return tasks


def _remarks(benchmark: Benchmark) -> list[str]:
    """What a user should know of the data, and which samples are left out."""
    shown = [*benchmark.remarks, *(f"left out: {line}" for line in benchmark.left_out[:_LEFT_OUT_SHOWN])]
    more = len(benchmark.left_out) - _LEFT_OUT_SHOWN
    lines = [*shown, *([f"left out: {more} more; records list them"] if more > 0 else [])]
    return [f"{benchmark.facts.name}: {line}" for line in lines]


def check_writable(folder: Path) -> None:
    """Find out before anything runs whether a work folder can be written.

    Raises:
        InputError: it cannot.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / ".writable"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise InputError(f"{folder}: cannot be written ({error.strerror}); choose another --work-dir") from None


def missing(
    tasks: Sequence[Task[Planned]], path_of: Callable[[str], Path], read: Callable[[Path], object]
) -> list[Task[Planned]]:
    """Tasks without a result, each run once however many rows share it.

    Args:
        tasks: what is asked for.
        path_of: where the result of an id lies.
        read: reads one.

    Raises:
        InputError: there is a file in the place of a result that is none.
    """
    todo: dict[str, Task[Planned]] = {}
    for task in tasks:
        path = path_of(task.run_id)
        if path.exists():
            read(path)
        else:
            todo.setdefault(task.run_id, task)
    return list(todo.values())


def _with_earlier(name: str, suite: Suite, tasks: Sequence[Task[Plan]], work_dir: Path) -> tuple[list[tuple[Plan, str]], int]:
    """What the tables of a suite show from now on, in its order: these tasks, and what is finished of its other rows and seeds.

    Args:
        name: the suite's short name.
        suite: its settings.
        tasks: what is asked for now, perhaps a part of the suite alone.
        work_dir: where an earlier manifest may lie.

    Returns:
        Plans with their run ids; and how many finished runs of the earlier manifest are no longer among them.
    """
    now = {_place_in_table(task.plan): task.run_id for task in tasks}
    path = manifest_path(work_dir, name)
    runs = read_manifest(path).runs if path.exists() else []
    earlier = {_place_in_table(run): run.id for run in runs if record_path(work_dir, run.id).exists()}
    seeds = sorted({seed for _, _, seed in [*now, *earlier]})
    listed = []
    for plan in plans(name, suite, seeds=seeds, device=tasks[0].plan.device):
        row = _place_in_table(plan)
        if row in now:
            listed.append((plan, now[row]))
        elif row in earlier and _is_of(plan, read_record(record_path(work_dir, earlier[row]))):
            listed.append((plan, earlier[row]))
    ids = {run_id for _, run_id in listed}
    return listed, sum(run_id not in ids for run_id in earlier.values())


def _place_in_table(run: Plan | ManifestRun) -> tuple[str, str, int]:
    return run.benchmark_label, run.label, run.seed


def _is_of(plan: Plan, record: Record) -> bool:
    """Whether a record has the settings of a plan; the variant's name is none of them."""
    settings = [json.loads(json.dumps(values)) for values in (plan.resolved(), record.settings)]
    for values in settings:
        del values["method"]["variant"]
    return bool(settings[0] == settings[1])


def run_suite(name: str, suite: Suite, tasks: Sequence[Task[Plan]], place: Place, console: Console) -> list[str]:
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
    listed, left_out = _with_earlier(name, suite, tasks, place.work_dir)
    write_manifest(place.work_dir, manifest(name, suite, listed))
    if left_out:
        console.print(
            f"{name}: {left_out} earlier runs are of other rows or settings and leave its tables; their records stay",
            markup=False,
            highlight=False,
        )
    todo = missing(tasks, partial(record_path, place.work_dir), read_record)
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
