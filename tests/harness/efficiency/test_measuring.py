"""Measurements of small methods: whole, resumed, told where compilation fails, and never judged by their times."""

import json
from types import SimpleNamespace

import pytest
import torch
from test_efficiency_plans import TABLE

from benchmarks.common.errors import InputError
from harness.efficiency import measuring
from harness.efficiency.measurements import collect_efficiency, measurement_path, read_measurement
from harness.efficiency.plans import load_efficiency, measure_plans
from harness.place import Place


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    path = tmp_path_factory.mktemp("table") / "table.py"
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in TABLE.items()))
    return path


@pytest.fixture(scope="module")
def measured(tiny, table, tmp_path_factory):
    """A work folder in which the command line has measured one row, and then the others."""
    work = tmp_path_factory.mktemp("measured")
    first = tiny.call("run", table, "--only", "baseline", "--work-dir", work)
    kept = {path: path.read_bytes() for path in (work / "efficiency").rglob("*.json") if path.parent.name != "tables"}
    second = tiny.call("run", table, "--work-dir", work)
    return SimpleNamespace(work=work, first=first, second=second, kept=kept)


def test_every_row_is_measured_in_a_process_of_its_own(measured):
    assert (measured.second.status, measured.second.err) == (0, "")
    (results,) = collect_efficiency(measured.work)
    assert results.labels == ["baseline", "no text", "next"]
    assert (results.table.size, results.table.reference, results.table.benchmark) == ("small", "baseline", "rgbnt201")
    assert "CPU" in results.table.device
    found = results.measurements.values()
    assert len(found) == 3
    for each in found:
        assert each.throughput.batch == 2
        assert each.throughput.images_per_second == pytest.approx(3 * each.throughput.triplets_per_second)
        assert each.throughput.concurrent_runs == 1
        assert each.training.triplets_per_second == pytest.approx(4 / each.training.seconds)
        assert each.training_memory.peak_bytes >= each.test_memory.peak_bytes > 0
        assert each.parameters.total >= each.parameters.trainable > 0
        assert each.gmacs.attention > 0
        assert not each.environment.deterministic
        assert not each.problems
        assert each.settings["method"]["backbone"]["architecture"] == "small"
    text, without = results.any_of("next"), results.any_of("no text")
    assert text.parameters.trainable == without.parameters.trainable
    assert text.parameters.total > without.parameters.total


def test_what_is_finished_is_not_measured_again(measured):
    assert ": 1 measurements, 0 finished before" in measured.first.out
    assert ": 3 measurements, 1 finished before" in measured.second.out
    assert all(path.read_bytes() == data for path, data in measured.kept.items())
    assert len(measured.kept) == 1


def test_the_table_has_ratios_to_the_reference(measured):
    lines = measured.second.out.splitlines()
    rows = [line for line in lines if line.startswith(("baseline", "no text", "next"))]
    assert len(rows) == 6
    assert all(row.count("(1.00)") == 5 for row in rows if row.startswith("baseline"))
    assert any("images/s" in line and "step" in line for line in lines)


def test_the_table_says_how_it_was_measured(measured):
    told = " ".join(measured.second.out.split())
    assert "images of 64 x 32, 171 identities (rgbnt201); test: batches of 2 triplets, " in told
    assert "; training: 2 x 2 triplets, new captions in each step; median of 2 after 1 for warm-up; random weights, " in told


def test_a_part_keeps_what_is_measured_of_the_others(tiny, measured, table):
    again = tiny.call("run", table, "--only", "next", "--work-dir", measured.work)
    assert ": 1 measurements, 1 finished before" in again.out
    (results,) = collect_efficiency(measured.work)
    assert results.labels == ["baseline", "no text", "next"]


def test_a_measurement_has_no_path_in_it(measured):
    for path in (measured.work / "efficiency").rglob("*.json"):
        assert str(measured.work) not in path.read_text()
        assert json.loads(path.read_text())["schema_version"] == 1


@pytest.mark.parametrize(
    ("option", "value"), [("--seeds", ["1"]), ("--jobs", ["2"]), ("--data-root", ["data"]), ("--skip-corrupt", [])]
)
def test_options_that_mean_nothing_here_are_refused(tiny, table, tmp_path, option, value):
    result = tiny.call("run", table, "--work-dir", tmp_path, option, *value)
    assert result.status == 2
    assert option in result.err


def test_a_method_that_is_not_there_is_one_line(tiny, table, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(table.read_text() + "runs = [dict(method='nexd')]\nreference = ''\n")
    result = tiny.call("run", path, "--work-dir", tmp_path)
    assert (result.status, len(result.err.splitlines())) == (2, 1)
    assert "unknown method 'nexd'; did you mean 'next'?" in result.err


def plan_of(table, **changes):
    dotted = {key.replace("__", "."): value for key, value in changes.items()}
    return measure_plans(load_efficiency(str(table), dotted), only="baseline")[0]


@pytest.fixture
def tf32():
    """What a measurement sets for its process."""
    before = torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32
    limit = torch._dynamo.config.fail_on_recompile_limit_hit
    yield
    torch.backends.cuda.matmul.allow_tf32, torch.backends.cudnn.allow_tf32 = before
    torch._dynamo.config.fail_on_recompile_limit_hit = limit


def measure(plan, work):
    words = measuring.measure(plan, "id", Place(work), lambda *_: None)
    return words, read_measurement(measurement_path(work, plan.plan.suite, "id"))


def test_a_failed_compilation_is_told_and_the_rest_is_measured(table, tmp_path, monkeypatch, tf32):
    def broken(function):
        def call(*inputs):
            raise RuntimeError("backend 'inductor' found no /usr/local/bin/compiler\nand much more")

        return call if isinstance(function, torch.nn.Module) else function

    monkeypatch.setattr(torch, "compile", broken)
    words, found = measure(plan_of(table, measure__compiled=[True]), tmp_path)
    assert found.problems == {"test": "RuntimeError: backend 'inductor' found no compiler"}
    assert (found.throughput, found.test_memory) == (None, None)
    assert found.training.seconds > 0
    assert words.startswith("test not compiled, step ")


def test_without_compilation_an_error_is_an_error(table, tmp_path, monkeypatch, tf32):
    def broken(*_, **__):
        raise RuntimeError("out of memory")

    monkeypatch.setattr(measuring, "measure_training", broken)
    with pytest.raises(RuntimeError, match="out of memory"):
        measure(plan_of(table), tmp_path)
    assert not list((tmp_path / "efficiency").rglob("*.json"))


def test_compilation_is_asked_of_both_parts(table, tmp_path, monkeypatch, tf32):
    asked = []
    monkeypatch.setattr(torch, "compile", lambda function: asked.append(function) or function)
    _, found = measure(plan_of(table, measure__compiled=[True]), tmp_path)
    assert len(asked) == 2
    assert found.compiled
    assert found.graph_breaks == {"test": 0, "training": 0}


def test_damaged_measurements_are_named(measured, tmp_path):
    path = tmp_path / "x.json"
    path.write_text("{")
    with pytest.raises(InputError, match="x.json: not a measurement"):
        read_measurement(path)
    path.write_text('{"schema_version": 99}')
    with pytest.raises(InputError, match="schema 99 is newer than 1"):
        read_measurement(path)
