import io
import json
import shutil
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from rich.console import Console

from benchmarks.common.errors import InputError
from harness.executors import Event, Task
from harness.manifest import read_manifests
from harness.place import Place
from harness.records import read_record, record_path
from harness.session import missing, prepare, run_suite
from harness.suite import load_suite, plans

RECORD = Path(__file__).parent / "data" / "record_v1.json"


@pytest.fixture
def suite(tiny, tmp_path):
    """A suite with two rows that are one run, and one of its own."""
    runs = [{"method": "baseline"}, {"method": "baseline", "label": "again"}, {"method": "baseline", "variant": "reduced"}]
    name, settings = load_suite(str(tiny.write_suite(tmp_path / "mine.py", runs=runs, seeds=[0, 1])))
    return SimpleNamespace(name=name, settings=settings, plans=plans(name, settings))


@pytest.fixture
def ran(monkeypatch):
    """What is handed to the processes; each event of `ends` is told of one task."""
    calls = SimpleNamespace(tasks=[], ends={})

    def run_local(tasks, place, jobs, threads, listen):
        calls.tasks, calls.place, calls.jobs, calls.threads = list(tasks), place, jobs, threads
        for task in tasks:
            kind, text = calls.ends.get(task.plan.label, ("finished", "mAP 1.0"))
            listen(Event(task, kind, text=text))

    monkeypatch.setattr("harness.session.run_local", run_local)
    return calls


def run(suite, work, **options):
    out = io.StringIO()
    place = Place(work, **{"concurrent_runs": 2, **options})
    failures = run_suite(suite.name, suite.settings, prepare(suite.plans, place), place, Console(file=out, width=200))
    return failures, out.getvalue()


def test_every_plan_becomes_a_task_with_its_id(suite, tmp_path):
    tasks = prepare(suite.plans, Place(tmp_path / "new" / "work"))
    assert [task.plan for task in tasks] == suite.plans
    ids = [task.run_id for task in tasks]
    assert ids[0:2] == ids[2:4]
    assert len(set(ids)) == 4
    assert list((tmp_path / "new" / "work").iterdir()) == []


def test_a_benchmark_is_loaded_once_for_all_rows(suite, tmp_path, monkeypatch):
    loaded = []
    load = type(suite.plans[0]).load_benchmark
    monkeypatch.setattr(type(suite.plans[0]), "load_benchmark", lambda *each: (loaded.append(1), load(*each))[1])
    prepare(suite.plans, Place(tmp_path))
    assert len(loaded) == 1


def test_qualities_of_captions_are_told_apart(tiny, tmp_path):
    rows = [{"method": "next", "label": str(quality), "set": {"data.word_quality": quality}} for quality in (1.0, 0.7, 0.35)]
    name, suite = load_suite(str(tiny.write_suite(tmp_path / "mine.py", runs=rows)))
    tasks = prepare(plans(name, suite), Place(tmp_path / "work"))
    assert len({task.run_id for task in tasks}) == 3
    loaded = [task.plan.load_benchmark(None, None) for task in tasks]
    assert [task.run_id for task in tasks] == [task.plan.run_id(each) for task, each in zip(tasks, loaded, strict=True)]


def test_folders_of_one_name_are_told_apart(tiny, tmp_path, tree):
    """Caption folders `a/text` and `b/text` are two benchmarks, though records keep the last part of the path alone."""
    source = tree / "RGBNT201" / "text"
    for name in ("a", "b"):
        folder = tmp_path / name / "text"
        folder.mkdir(parents=True)
        for path in source.iterdir():
            entries = json.loads(path.read_text(encoding="utf-8"))
            entries[0]["description"] = f"Caption of {name}."
            (folder / path.name).write_text(json.dumps(entries), encoding="utf-8")
    runs = [{"method": "baseline", "label": n, "set": {"benchmark.captions": str(tmp_path / n / "text")}} for n in "ab"]
    path = tiny.write_suite(tmp_path / "mine.py", benchmarks=["rgbnt201"], benchmark={"image_size": [64, 32]}, runs=runs)
    tasks = prepare(plans(*load_suite(str(path))), Place(tmp_path / "work", tree))
    assert tasks[0].run_id != tasks[1].run_id
    for task in tasks:
        assert task.run_id == task.plan.run_id(task.plan.load_benchmark(tree, None))


def test_a_plan_that_cannot_run_stops_the_suite_before_anything_runs(tiny, tmp_path):
    plan = tiny.plan(data__identities_per_batch=11)
    with pytest.raises(InputError, match="10 training identities are fewer than the 11 of a batch"):
        prepare([tiny.plan(), plan], Place(tmp_path))


def test_cuda_that_is_absent_is_told_before_anything_is_loaded(tiny, tmp_path):
    if torch.cuda.is_available():
        pytest.skip("there is a CUDA device")
    with pytest.raises(InputError, match="--device cuda: torch sees no CUDA device"):
        prepare([tiny.plan(device="cuda")], Place(tmp_path))


def test_a_file_in_the_place_of_the_work_folder_is_told(suite, tmp_path):
    (tmp_path / "work").write_text("a file")
    with pytest.raises(InputError, match=r"work: cannot be written \(.*\); choose another --work-dir"):
        prepare(suite.plans, Place(tmp_path / "work"))


def test_runs_that_rows_share_are_run_once(suite, tmp_path, ran):
    failures, out = run(suite, tmp_path)
    assert failures == []
    assert [(task.plan.label, task.plan.seed) for task in ran.tasks] == [
        ("baseline", 0),
        ("baseline", 1),
        ("baseline:reduced", 0),
        ("baseline:reduced", 1),
    ]
    assert out.splitlines() == [
        "mine: 4 runs, 0 finished before",
        "[1/4] baseline on synthetic_person, seed 0: mAP 1.0",
        "[2/4] baseline on synthetic_person, seed 1: mAP 1.0",
        "[3/4] baseline:reduced on synthetic_person, seed 0: mAP 1.0",
        "[4/4] baseline:reduced on synthetic_person, seed 1: mAP 1.0",
    ]


def test_the_manifest_is_written_before_the_runs(suite, tmp_path, ran):
    run(suite, tmp_path)
    (manifest,) = read_manifests(tmp_path)
    assert [run.label for run in manifest.runs] == ["baseline"] * 2 + ["again"] * 2 + ["baseline:reduced"] * 2
    assert manifest.runs[0].id == manifest.runs[2].id == ran.tasks[0].run_id


def test_processes_are_no_more_than_runs(suite, tmp_path, ran):
    suite.plans = suite.plans[:1]
    run(suite, tmp_path, concurrent_runs=5)
    assert (ran.jobs, ran.place.concurrent_runs, ran.threads) == (1, 1, 1)
    suite.plans = plans(suite.name, suite.settings)
    run(suite, tmp_path, concurrent_runs=3)
    assert (ran.jobs, ran.place.concurrent_runs) == (3, 3)


def test_what_has_a_record_is_not_run_again(suite, tmp_path, ran):
    tasks = prepare(suite.plans, Place(tmp_path))
    path = record_path(tmp_path, tasks[0].run_id)
    path.parent.mkdir()
    path.write_text(RECORD.read_text())
    todo = missing(tasks, partial(record_path, tmp_path), read_record)
    assert [task.plan.label for task in todo] == ["baseline", "baseline:reduced", "baseline:reduced"]
    _, out = run(suite, tmp_path)
    assert tasks[0].run_id not in {task.run_id for task in ran.tasks}
    assert out.startswith("mine: 4 runs, 1 finished before\n")


def test_nothing_is_started_where_all_is_finished(suite, tmp_path, ran):
    for task in prepare(suite.plans, Place(tmp_path)):
        path = record_path(tmp_path, task.run_id)
        path.parent.mkdir(exist_ok=True)
        path.write_text(RECORD.read_text())
    ran.tasks = None
    assert run(suite, tmp_path) == ([], "mine: 4 runs, 4 finished before\n")
    assert ran.tasks is None


def test_a_record_of_a_newer_schema_is_not_overwritten(suite, tmp_path, ran):
    task = prepare(suite.plans, Place(tmp_path))[0]
    path = record_path(tmp_path, task.run_id)
    path.parent.mkdir()
    path.write_text('{"schema_version": 2}')
    with pytest.raises(InputError, match="record schema 2 is newer than 1"):
        run(suite, tmp_path)
    assert ran.tasks == []


def test_failures_are_given_back_and_input_errors_raised_with_them(suite, tmp_path, ran):
    ran.ends = {"baseline": ("failed", "RuntimeError: x; see log.txt")}
    failures, out = run(suite, tmp_path)
    assert failures == [f"baseline on synthetic_person, seed {seed}: RuntimeError: x; see log.txt" for seed in (0, 1)]
    assert "[3/4] baseline:reduced" in out
    assert "RuntimeError" not in out
    ran.ends["baseline:reduced"] = ("input error", "the file is gone")
    with pytest.raises(InputError, match=r"^baseline:reduced .* seed 0: the file is gone; .*; baseline on .*RuntimeError: x"):
        run(suite, tmp_path)


def test_tasks_are_equal_by_what_they_run(tiny):
    assert Task(tiny.plan(), "id") == Task(tiny.plan(), "id")


@pytest.fixture
def copy(tmp_path, finished):
    """A work folder of one's own in which the tiny suite is finished."""
    shutil.copytree(finished.work, tmp_path / "copy", symlinks=True)
    return tmp_path / "copy"


def table(work):
    """What the tables of the one suite show: label and seed, and whether there is a record."""
    (manifest,) = read_manifests(work)
    return {(run.label, run.seed): record_path(work, run.id).exists() for run in manifest.runs}


def test_a_part_of_a_suite_leaves_its_other_rows_in_the_tables(tiny, finished, copy):
    result = tiny.call("run", finished.suite, "--work-dir", copy, "--only", "next")
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("tiny: 1 runs, 1 finished before\n")
    assert table(copy) == {("baseline", 0): True, ("next", 0): True}


def test_further_seeds_join_those_that_are_finished(tiny, finished, copy):
    result = tiny.call("run", finished.suite, "--work-dir", copy, "--only", "baseline", "--seeds", "1")
    assert (result.status, result.err) == (0, "")
    assert table(copy) == {("baseline", 0): True, ("baseline", 1): True, ("next", 0): True}


def test_rows_of_other_settings_leave_the_tables_and_keep_their_records(tiny, finished, copy):
    records = {path.name for path in (copy / "records").glob("*.json")}
    result = tiny.call("run", finished.suite, "--work-dir", copy, "--only", "baseline", "--set", "schedule.epochs=1")
    assert (result.status, result.err) == (0, "")
    line = "tiny: 2 earlier runs are of other rows or settings and leave its tables; their records stay"
    assert result.out.splitlines()[0] == line
    assert table(copy) == {("baseline", 0): True}
    assert records < {path.name for path in (copy / "records").glob("*.json")}
    again = tiny.call("run", finished.suite, "--work-dir", copy)
    assert "tiny: 2 runs, 2 finished before" in again.out
    assert table(copy) == {("baseline", 0): True, ("next", 0): True}
