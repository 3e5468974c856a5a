import multiprocessing
import os
from types import SimpleNamespace

import pytest
from filelock import FileLock

from harness.executors import Task, run_local
from harness.place import Place
from harness.records import read_record, record_path

METHODS = """
import os
import torch
from benchmarks.common.errors import InputError
from methods.base import METHODS
from methods.baseline import Baseline


@METHODS.register("raises_for_tests")
class Raises(Baseline):
    def losses(self, batch):
        print("a word before the end")
        raise RuntimeError("something broke")


@METHODS.register("dies_for_tests")
class Dies(Baseline):
    def losses(self, batch):
        os._exit(9)


@METHODS.register("refuses_for_tests")
class Refuses(Baseline):
    def losses(self, batch):
        raise InputError("the data is of the wrong kind")


@METHODS.register("says_for_tests")
class Says(Baseline):
    def monitors(self):
        return {"process": torch.tensor(float(os.getpid())), "threads": torch.tensor(float(torch.get_num_threads()))}
"""


@pytest.fixture
def task(tiny):
    """A task of the tiny suite, of a shipped method or of one that a user brought."""

    def make(method="baseline", seed=0, **changes):
        imports = ["executor_methods"] if method.endswith("_for_tests") else []
        plan = tiny.plan(method, seed, runs=[{"method": method}], custom_imports=imports, profile__throughput=False, **changes)
        return Task(plan, plan.run_id(plan.load_benchmark(None, None)))

    return make


@pytest.fixture
def run(work):
    """Run tasks and give their last events by label and seed."""

    def run_tasks(*tasks, jobs=2):
        events = []
        run_local(tasks, Place(work, concurrent_runs=jobs), jobs, 1, events.append)
        ends = {(event.task.plan.label, event.task.plan.seed): event for event in events if event.kind != "progress"}
        return SimpleNamespace(events=events, ends=ends, work=work)

    return run_tasks


def test_runs_in_processes_give_the_records_of_this_process(trained, finished):
    """The whole tiny suite, run by the command line."""
    assert finished.result.status == 0, finished.result.err
    for row in (trained.baseline, trained.next):
        record = read_record(record_path(finished.work, row.record.id))
        assert record.result_digest == row.record.result_digest


def test_a_run_that_fails_does_not_stop_the_others(task, run, user_module):
    user_module("executor_methods", METHODS)
    import executor_methods  # noqa: F401

    tasks = [task(f"{kind}_for_tests") for kind in ("raises", "dies", "refuses", "says")]
    found = run(*tasks)
    ends = {label.removesuffix("_for_tests"): event for (label, _), event in found.ends.items()}
    assert {kind: event.kind for kind, event in ends.items()} == {
        "raises": "failed",
        "dies": "failed",
        "refuses": "input error",
        "says": "finished",
    }
    log = found.work / "runs" / tasks[0].run_id / "log.txt"
    assert ends["raises"].text == f"RuntimeError: something broke; see {log}"
    assert "a word before the end" in log.read_text()
    assert "Traceback" in log.read_text()
    assert ends["dies"].text == "its process ended with status 9"
    assert ends["refuses"].text == "the data is of the wrong kind"
    assert [record_path(found.work, each.run_id).exists() for each in tasks] == [False, False, False, True]
    monitors = read_record(record_path(found.work, tasks[3].run_id)).monitors
    assert monitors["process"] not in {float(os.getpid()), 0.0}
    assert monitors["threads"] == 1


def test_a_run_that_another_process_works_on_is_told(task, run, work):
    busy = task()
    folder = Place(work).run_folder(busy.run_id)
    folder.mkdir(parents=True)
    with FileLock(folder / "lock"):
        event = run(busy).ends["baseline", 0]
    assert (event.kind, event.text) == ("input error", "another process is working on this run; wait for it or stop it")


def test_progress_is_told_in_order(task, run):
    found = run(task(), task(seed=1), jobs=2)
    for seed in (0, 1):
        own = [event for event in found.events if event.task.plan.seed == seed]
        assert [(event.kind, event.phase, event.done, event.total) for event in own] == [
            ("progress", "train", 1, 2),
            ("progress", "train", 2, 2),
            ("progress", "test", 0, 0),
            ("progress", "profile", 0, 0),
            ("finished", "", 0, 0),
        ]
        assert own[-1].text.startswith("mAP ")


def test_a_stop_ends_the_runs_under_way(task, work):
    def stop(event):
        raise KeyboardInterrupt

    before = set(multiprocessing.active_children())
    with pytest.raises(KeyboardInterrupt):
        run_local([task(schedule__epochs=500), task(seed=1)], Place(work), 2, 1, stop)
    assert set(multiprocessing.active_children()) <= before
    for each in (task(schedule__epochs=500), task(seed=1)):
        assert not record_path(work, each.run_id).exists()
        with FileLock(Place(work).run_folder(each.run_id) / "lock", timeout=0):
            pass


def test_no_tasks_are_no_work(run):
    assert run().events == []
