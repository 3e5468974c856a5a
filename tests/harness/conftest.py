"""Tiny runs of the embedded benchmark, trained once and shared by the tests of the harness."""

from __future__ import annotations

import os
import shutil
import warnings
from functools import cache as cached
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
from small_methods import small_plan

from benchmarks.common.settings import parse
from harness.cli import main
from harness.configs import merge
from harness.inspection import write_benchmark
from harness.place import Place
from harness.records import read_queries, record_path
from harness.run import execute
from harness.suite import Suite, plans
from methods.base import METHODS

SUITE = {
    "title": "Tiny",
    "benchmarks": ["synthetic_person"],
    "benchmark": {"train_identities": 10, "train_images": 4, "test_identities": 10, "test_images": 4},
    "method": {"backbone": {"architecture": "small", "weights": "random"}},
    "runs": [{"method": "baseline"}, {"method": "next"}],
    "seeds": [0],
    "schedule": {"epochs": 2, "warmup_epochs": 0, "noise": False, "rates": {"base": 2e-3, "visual": 5e-4}},
    "data": {"identities_per_batch": 4, "images_per_identity": 2},
    "evaluation": {"every": 1},
    "profile": {"batch": 2, "warmup": 0, "repeats": 1, "pictures": 2},
    "jobs": 2,
}


def write_suite(path, **changes):
    """A suite file of tiny runs."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in {**SUITE, **changes}.items()), encoding="utf-8")
    return path


def make_plan(label="baseline", seed=0, device="cpu", name="tiny", **changes):
    """The plan of one row; `changes` are keys as for --set, with __ for the dots."""
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    (plan,) = plans(name, parse(Suite, merge(SUITE, dotted), name), seeds=[seed], only=label, device=device)
    return plan


def execute_plan(plan, work, report=lambda *_: None):
    """Run a plan in this process."""
    place = Place(work)
    return execute(plan, plan.run_id(plan.load_benchmark(None, place.cache)), place, report)


@pytest.fixture(autouse=True)
def _leave_the_process_as_it_was(monkeypatch):
    """A run sets threads and determinism for its process, a suite the environment of its children."""
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    environment = dict(os.environ)
    yield
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)
    for name in set(os.environ) - set(environment):
        del os.environ[name]
    os.environ.update(environment)


@pytest.fixture(scope="session")
def cache(tmp_path_factory):
    """Rendered pictures and encoded texts, shared by all work folders of the session."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def work(tmp_path, cache):
    """An empty work folder with the shared cache."""
    return make_work(tmp_path / "work", cache)


def make_work(path, cache):
    path.mkdir()
    (path / "cache").symlink_to(cache, target_is_directory=True)
    return path


@pytest.fixture(scope="session")
def tiny():
    """Makers of tiny runs."""
    return SimpleNamespace(
        SUITE=SUITE, write_suite=write_suite, plan=make_plan, execute=execute_plan, make_work=make_work, call=call
    )


@pytest.fixture(scope="session")
def trained(tmp_path_factory, cache):
    """The record of each tiny row, run in this process without a disturbance: by label, in one work folder."""
    work = make_work(tmp_path_factory.mktemp("trained") / "work", cache)
    rows = {}
    for label in ("baseline", "next"):
        plan = make_plan(label)
        record = execute_plan(plan, work)
        path = record_path(work, record.id)
        rows[label] = SimpleNamespace(
            plan=plan,
            record=record,
            path=path,
            queries=read_queries(path),
            checkpoint=work / "runs" / record.id / "model.pt",
            benchmark=plan.load_benchmark(None, work / "cache"),
        )
    return SimpleNamespace(work=work, **rows)


@pytest.fixture(scope="session")
def small_run(tmp_path_factory, cache):
    """The record and the work folder of a method's short run on an embedded benchmark; trained when first asked for."""

    @cached
    def run(method, benchmark):
        work = make_work(tmp_path_factory.mktemp(method) / "work", cache)
        return SimpleNamespace(work=work, record=execute_plan(small_plan(make_plan, method, benchmark), work))

    return run


@pytest.fixture(scope="session")
def finished(tmp_path_factory, cache):
    """A work folder in which the command line has run the tiny suite in processes of its own; with what it printed."""
    work = make_work(tmp_path_factory.mktemp("finished") / "work", cache)
    suite = write_suite(work.parent / "tiny.py")
    return SimpleNamespace(work=work, suite=suite, result=call("run", suite, "--work-dir", work))


def call(*arguments):
    """The command line in this process: exit status, standard output and error."""
    import contextlib
    import io

    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # pytest shows warnings on standard error as Python would
        try:
            main([str(argument) for argument in arguments])
            status = 0
        except SystemExit as end:
            status = end.code
    return SimpleNamespace(status=status, out=out.getvalue(), err=err.getvalue())


@pytest.fixture(scope="session")
def tree(tmp_path_factory):
    """A data root with a small folder in the layout of RGBNT201, captions included; not to be changed."""
    root = tmp_path_factory.mktemp("data")
    write_benchmark("synthetic_person", root, {f"benchmark.{key}": value for key, value in SUITE["benchmark"].items()})
    return root


@pytest.fixture
def tree_without_text(tmp_path, tree):
    """The same without captions."""
    root = tmp_path / "data"
    shutil.copytree(tree, root, ignore=lambda folder, names: {"text"} & set(names))
    return root


@pytest.fixture
def registry():
    """Methods that a test registers are gone after it."""
    METHODS.names()
    before = dict(METHODS._entries)
    yield METHODS
    METHODS._entries.clear()
    METHODS._entries.update(before)


@pytest.fixture
def user_module(tmp_path, monkeypatch, registry):
    """Writes a module of a user where it can be imported."""
    folder = tmp_path / "modules"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))

    def write(name, text):
        Path(folder / f"{name}.py").write_text(text, encoding="utf-8")

    yield write
