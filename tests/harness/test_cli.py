import json
import os
import re
import signal
import subprocess
import sys
import time
from importlib.metadata import entry_points
from pathlib import Path

import numpy as np
import pytest
from filelock import FileLock

from harness import __version__, reference
from harness.cli import app
from harness.manifest import read_manifests
from harness.records import read_record, record_path

ROOT = Path(__file__).resolve().parent.parent.parent


def verbs(group=app, prefix=()):
    """Every verb of the command line, those of groups included."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from verbs(command, (*prefix, name))
        else:
            yield (*prefix, name)


@pytest.fixture
def harness(tiny):
    """The command line in this process."""
    return tiny.call


def document(result):
    """The one JSON document of a command that did what it should."""
    assert (result.status, result.err) == (0, ""), result.err
    return json.loads(result.out)


def test_there_are_all_verbs_of_the_design():
    assert {("list",), ("run",), ("evaluate",), ("rank",), ("profile",), ("check",), ("report",), ("compare",)} <= set(verbs())


@pytest.mark.parametrize("verb", list(verbs()), ids=" ".join)
def test_every_verb_has_help_with_an_example_of_itself(harness, verb):
    for option in ("--help", "-h"):
        result = harness(*verb, option)
        assert (result.status, result.err) == (0, "")
        assert re.search(rf"Example: harness {' '.join(verb)} \S", result.out)
        assert result.out.startswith(f"Usage: harness {' '.join(verb)} ")


def test_the_house_has_help_and_a_version(harness):
    result = harness("--help")
    assert result.status == 0
    assert all(verb[0] in result.out for verb in verbs())
    assert __version__ in harness("--version").out


@pytest.mark.parametrize("group", [[], ["data"]], ids=str)
def test_a_group_without_a_verb_shows_its_help(harness, group):
    result = harness(*group)
    assert (result.status, result.err) == (0, "")
    assert result.out == harness(*group, "--help").out


def test_the_console_script_is_this_command_line():
    (script,) = entry_points(group="console_scripts", name="harness")
    assert script.value == "harness.cli:main"


def test_help_answers_without_loading_torch():
    code = "import sys, harness.cli; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


def test_the_module_is_the_command_line():
    result = subprocess.run(
        [sys.executable, "-m", "harness", "run", "-h"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.startswith("Usage: harness run ")


@pytest.mark.parametrize(("kind", "name"), [("methods", "next:mgfa"), ("benchmarks", "rgbnt201"), ("suites", "embedded")])
def test_list_names_what_there_is(harness, kind, name):
    result = harness("list", kind)
    assert (result.status, result.err) == (0, "")
    assert name in result.out


def test_list_is_of_suites_where_nothing_is_said(harness):
    assert harness("list").out == harness("list", "suites").out


def test_run_says_what_it_does_in_plain_lines_and_then_what_came_out(finished):
    result = finished.result
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "tiny: 2 runs, 0 finished before"
    assert re.fullmatch(r"\[1/2\] (baseline|next) on synthetic_person, seed 0: mAP \d+\.\d", lines[1])
    assert lines[3].split()[:4] == ["row", "benchmark", "seeds", "mAP"]
    assert [line.split()[0] for line in lines[4:6]] == ["baseline", "next"]
    assert lines[-1] == f"tables and figures: harness report {finished.work}"
    (manifest,) = read_manifests(finished.work)
    assert [run.label for run in manifest.runs] == ["baseline", "next"]


def test_what_is_finished_is_not_run_again(harness, finished):
    paths = sorted((finished.work / "records").iterdir())
    before = [path.stat().st_mtime_ns for path in paths]
    result = harness("run", finished.suite, "--work-dir", finished.work)
    assert (result.status, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == "tiny: 2 runs, 2 finished before"
    assert lines[1:] == finished.result.out.splitlines()[3:]
    assert [path.stat().st_mtime_ns for path in paths] == before
    assert sorted((finished.work / "records").iterdir()) == paths


def test_another_suite_shares_the_runs_that_it_means_as_well(harness, tiny, finished, tmp_path):
    runs = [{"method": "next", "label": "(d)"}]
    other = tiny.write_suite(tmp_path / "other.py", runs=runs, table="ablation", title="Other")
    try:
        result = harness("run", other, "--work-dir", finished.work)
        assert result.out.startswith("other: 1 runs, 1 finished before\n")
        assert document(harness("compare", finished.work, "(d)", "next", "--json"))["difference"] == 0
    finally:
        (finished.work / "suites" / "other.json").unlink()


def test_compare_prints_the_document_of_the_design(harness, finished):
    found = document(harness("compare", finished.work, "next", "baseline", "--json"))
    keys = {"a", "b", "metric", "difference", "interval", "level", "unit", "queries_won", "queries_lost", "seeds"}
    assert set(found) - {"paired_seeds"} == keys
    assert (found["a"], found["b"], found["metric"], found["unit"], found["seeds"]) == (
        "next",
        "baseline",
        "mAP",
        "identity",
        1,
    )
    records = {record.label: record for record in map(read_record, (finished.work / "records").glob("*.json"))}
    assert found["difference"] == pytest.approx(records["next"].metrics.mAP - records["baseline"].metrics.mAP)
    low, high = found["interval"]
    assert low <= found["difference"] <= high
    assert " to " in harness("compare", finished.work, "next", "baseline").out


def test_check_prints_the_document_of_the_design_and_ends_with_1_where_a_figure_is_off(
    harness, finished, tmp_path, monkeypatch
):
    record = next(map(read_record, (finished.work / "records").glob("*.json")))
    header = "source,suite,benchmark,method,variant,metric,expected,tolerance\n"
    line = f"here,tiny,synthetic_person,{record.method},default,mAP"
    monkeypatch.setattr(reference, "REFERENCES", tmp_path)
    (tmp_path / "golden.csv").write_text(f"{header}{line},{100 * record.metrics.mAP},0.5\n")
    found = document(harness("check", finished.work, "--against", "golden", "--json"))
    assert set(found) == {"against", "rows", "passed"}
    (row,) = found["rows"]
    assert set(row) - {"source"} == {"run", "metric", "expected", "tolerance", "measured", "within"}
    assert (found["against"], found["passed"], row["within"]) == ("golden", True, True)
    (tmp_path / "golden.csv").write_text(f"{header}{line},{100 * record.metrics.mAP + 1},0.5\n")
    result = harness("check", finished.work, "--against", "golden", "--json")
    assert (result.status, result.err) == (1, "")
    assert json.loads(result.out)["passed"] is False
    result = harness("check", finished.work, "--against", "golden")
    assert (result.status, result.err) == (1, "")
    assert "NO" in result.out


@pytest.fixture
def directed(tiny, finished, tmp_path):
    """Runs the rows of the tiny suite once more, as a suite that expects something of NEXT; by relation and margin."""

    def run(relation, margin):
        expect = {"relation": relation, "row": "baseline", "margin": margin, "why": "For a test."}
        runs = [{"method": "baseline"}, {"method": "next", "expect": expect}]
        suite = tiny.write_suite(tmp_path / "directed.py", runs=runs)
        return tiny.call("run", suite, "--work-dir", finished.work)

    yield run
    (finished.work / "suites" / "directed.json").unlink()


def test_run_ends_with_a_line_for_each_expectation(directed, finished):
    result = directed("level", 100)
    assert (result.status, result.err) == (0, "")
    assert result.out.startswith("directed: 2 runs, 2 finished before\n")
    assert re.search(r"^held: next level with “baseline” within 100 points \([+−]\d+\.\d \[.*\]\)$", result.out, re.MULTILINE)
    assert "held" not in finished.result.out


def test_check_against_directions_ends_with_1_where_one_did_not_hold(harness, directed, finished):
    directed("level", 100)
    found = document(harness("check", finished.work, "--against", "directions", "--json"))
    assert set(found) == {"against", "rows", "passed"}
    (row,) = found["rows"]
    assert {"run", "metric", "expected", "tolerance", "measured", "within", "verdict", "why"} <= set(row)
    assert (found["against"], found["passed"], row["within"], row["verdict"]) == ("directions", True, True, "held")
    assert row["run"] == "directed/next on synthetic_person"
    directed("above", 99)
    result = harness("check", finished.work, "--against", "directions", "--json")
    assert (result.status, result.err) == (1, "")
    assert json.loads(result.out)["passed"] is False
    result = harness("check", finished.work, "--against", "directions")
    assert (result.status, result.err) == (1, "")
    assert "above “baseline” by 99 points" in result.out
    assert "not held" in result.out


def test_evaluate_prints_metrics(harness, tiny, trained):
    changes = [f"--set=benchmark.{key}={value}" for key, value in tiny.SUITE["benchmark"].items()]
    command = ["evaluate", trained.baseline.checkpoint, "--benchmark", "synthetic_person", *changes]
    found = document(harness(*command, "--json"))
    assert found == trained.baseline.record.metrics.model_dump()
    missing = document(harness(*command, "--missing", "RGB, TIR", "--json"))
    assert missing["mAP"] != found["mAP"]
    assert f"{100 * found['mAP']:.2f}" in harness(*command, "--method", "baseline").out


def test_evaluate_prints_a_row_for_each_condition(harness, tiny, trained):
    changes = [f"--set=benchmark.{key}={value}" for key, value in tiny.SUITE["benchmark"].items()]
    command = ["evaluate", trained.baseline.checkpoint, "--benchmark", "synthetic_person", *changes]
    found = document(harness(*command, "--conditions", "missing,NIR:blur:2", "--json"))
    names = [
        "undisturbed",
        "missing:RGB",
        "missing:NIR",
        "missing:TIR",
        "missing:RGB+NIR",
        "missing:RGB+TIR",
        "missing:NIR+TIR",
    ]
    assert [row.pop("condition") for row in found] == [*names, "NIR:blur:2"]
    assert found[0] == trained.baseline.record.metrics.model_dump()
    assert found[5] == document(harness(*command, "--missing", "RGB,TIR", "--json"))
    assert found[7] == document(harness(*command, "--degraded", "NIR:blur:2", "--json"))
    both = document(harness(*command, "--degraded", "NIR:blur:2", "--degraded", "RGB:noise:3", "--json"))
    assert both["mAP"] not in {row["mAP"] for row in found}
    lines = harness(*command, "--conditions", "missing:RGB,NIR:blur:2").out.splitlines()
    assert lines[0].split() == ["condition", "mAP", "R1", "R5", "R10", "mINP", "Δ", "mAP"]
    assert [line.split("  ")[0].strip() for line in lines[1:4]] == ["undisturbed", "M(RGB)", "NIR blur 2"]


def test_conditions_that_cannot_be_are_told_in_one_line(harness, trained):
    command = ["evaluate", trained.baseline.checkpoint, "--benchmark", "synthetic_person"]
    for options, message in (
        (["--conditions", "mising"], "--conditions mising: unknown condition 'mising'; did you mean 'missing'?"),
        (["--conditions", ","], "--conditions: no condition was given; as in missing:RGB+TIR"),
        (["--conditions", "missing", "--missing", "RGB"], "leave out --missing and --degraded"),
        (["--conditions", "missing", "--degraded", "RGB:blur:1"], "leave out --missing and --degraded"),
        (["--degraded", "NIR:blur"], "data: test_degraded.0: unknown strength ''; one of: 1, 2, 3"),
    ):
        result = harness(*command, *options)
        assert (result.status, result.out) == (2, "")
        assert message in result.err
        assert result.err.count("\n") == 1


@pytest.fixture
def embeddings(tmp_path):
    rng = np.random.default_rng(0)
    values = {f"{role}_embeddings": rng.normal(size=(9, 4)) for role in ("query", "gallery")}
    values |= {f"{role}_ids": np.arange(9) % 3 for role in ("query", "gallery")}
    values |= {f"{role}_cameras": np.arange(9) % 2 for role in ("query", "gallery")}
    np.savez(tmp_path / "embeddings.npz", **values)
    return tmp_path / "embeddings.npz"


def test_rank_prints_the_document_of_the_design(harness, embeddings):
    found = document(harness("rank", embeddings, "--json"))
    fractions = {"mAP", "R1", "R5", "R10", "mINP", "chance_mAP", "optimistic_mAP"}
    counts = {"queries", "skipped_queries", "tied_positives", "junk_entries"}
    assert set(found) == {*fractions, *counts, "cmc", "rerank"}
    assert all(0 <= found[name] <= 1 for name in fractions)
    assert (found["queries"], found["junk_entries"], found["rerank"]) == (9, 0, None)
    assert len(found["cmc"]) == 50
    assert [found["cmc"][k - 1] for k in (1, 5, 10)] == [found[name] for name in ("R1", "R5", "R10")]
    assert f"{100 * found['mINP']:.2f}" in harness("rank", embeddings, "--protocol", "camera").out


def test_rank_ends_the_cmc_at_the_maximum_rank(harness, embeddings):
    whole = document(harness("rank", embeddings, "--json"))
    short = document(harness("rank", embeddings, "--max-rank", 3, "--json"))
    assert short == {**whole, "cmc": whole["cmc"][:3]}
    table = harness("rank", embeddings, "--max-rank", 7).out.splitlines()
    assert table[2].split() == ["rank", "1", "2", "3", "5", "7"]
    assert table[3].split()[-1] == f"{100 * whole['cmc'][6]:.2f}"


def test_rank_writes_what_is_per_query(harness, embeddings, tmp_path):
    found = document(harness("rank", embeddings, "--per-query", tmp_path / "queries.npz", "--json"))
    with np.load(tmp_path / "queries.npz") as values:
        assert set(values.files) == {"average_precision", "inverse_negative_penalty", "first_hit", "identity"}
        assert np.nanmean(values["average_precision"]) == pytest.approx(found["mAP"])
        assert values["identity"].tolist() == [0, 1, 2] * 3


def test_rank_re_ranks_and_says_so(harness, embeddings):
    plainly = document(harness("rank", embeddings, "--json"))
    found = document(harness("rank", embeddings, "--rerank", "--rerank-k1", 3, "--rerank-weight", 0.5, "--json"))
    assert found["rerank"] == {"k1": 3, "k2": 6, "weight": 0.5}
    assert found["mAP"] != plainly["mAP"]
    line = "Re-ranked by k-reciprocal neighbours (k1 20, k2 6, weight 0.3): not comparable with figures that are not."
    assert line in harness("rank", embeddings, "--rerank").out
    assert "Re-ranked" not in harness("rank", embeddings).out


def test_rank_says_what_ties_are_worth_and_what_is_junk(harness, tmp_path):
    values = {f"{role}_embeddings": np.ones((4, 2)) for role in ("query", "gallery")}
    values |= {f"{role}_ids": np.array([0, 0, 1, -1]) for role in ("query", "gallery")}
    values |= {f"{role}_cameras": np.array([0, 1, 0, 0]) for role in ("query", "gallery")}
    np.savez(tmp_path / "collapsed.npz", **values)
    text = harness("rank", tmp_path / "collapsed.npz").out
    assert "Ties count against the query; in its favour the mAP would be 100.00." in text
    assert "Junk in the gallery, which counts for no query: 1." in text


def test_profile_prints_the_document_of_the_design(harness):
    small = ["--benchmark", "synthetic_person", "--set", "method.backbone.architecture=small"]
    found = document(harness("profile", "baseline", *small, "--json"))
    assert [(row["method"], row["variant"]) for row in found] == [
        ("baseline", "default"),
        ("baseline", "reduced"),
        ("baseline", "captions"),
    ]
    assert found[2]["gmacs"]["attention"] > found[0]["gmacs"]["attention"]  # captions are encoded at test
    assert found[2]["parameters"]["test"] > found[2]["parameters"]["trainable"] > found[0]["parameters"]["trainable"]
    for row in found:
        assert set(row) - {"memory"} == {"method", "variant", "benchmark", "parameters", "gmacs", "throughput"}
        assert {"trainable", "total", "test"} <= set(row["parameters"])
        assert all(isinstance(row["parameters"][key], int) for key in ("trainable", "total", "test"))
        assert set(row["gmacs"]) == {"attention", "published"}
        assert row["throughput"] is None
    timed = document(harness("profile", "baseline:default", *small, "--device", "cpu", "--batch", 2, "--json"))
    assert {"images_per_second", "device", "batch", "precision"} <= set(timed[0]["throughput"])
    table = harness("profile", "baseline:default", *small, "--convention", "attention").out
    assert "G (attention)" in table
    assert "G (published)" not in table
    assert f"{found[0]['parameters']['trainable']:,}" in table


def test_data_write_writes_a_folder_that_can_be_run_on(harness, tmp_path):
    changes = ["--set", "benchmark.train_identities=2", "--set", "benchmark.train_images=2"]
    changes += ["--set", "benchmark.test_identities=2", "--set", "benchmark.test_images=2"]
    result = harness("data", "write", "synthetic_person", "--out", tmp_path / "data", *changes)
    assert (result.status, result.err) == (0, "")
    assert "4 training and 4 test triplets of synthetic_person, with captions" in result.out
    assert len(list((tmp_path / "data" / "RGBNT201" / "train_171" / "NI").iterdir())) == 4


def test_report_names_the_files_that_it_wrote(harness, finished, tmp_path):
    result = harness("report", finished.work, "--format", "csv", "--out", tmp_path / "report")
    assert (result.status, result.err) == (0, "")
    assert all(Path(line).is_file() for line in result.out.split())
    assert result.out.strip()


def test_a_run_that_fails_ends_with_1_and_the_others_are_kept(harness, tiny, work, tmp_path, user_module):
    user_module(
        "cli_methods",
        "from methods.base import METHODS\nfrom methods.baseline import Baseline\n"
        '@METHODS.register("fails_for_cli")\nclass Fails(Baseline):\n'
        "    def losses(self, batch):\n        raise RuntimeError('something\\nbroke')\n",
    )
    runs = [{"method": "fails_for_cli"}, {"method": "baseline"}]
    suite = tiny.write_suite(tmp_path / "mine.py", runs=runs, custom_imports=["cli_methods"])
    result = harness("run", suite, "--work-dir", work, "--jobs", 1)
    assert result.status == 1
    assert result.err.startswith("harness: failed: fails_for_cli on synthetic_person, seed 0: RuntimeError: something")
    assert [line.split()[:3] for line in result.out.splitlines()[3:5]] == [
        ["fails_for_cli", "synthetic_person", "0"],
        ["baseline", "synthetic_person", "1"],
    ]


# ---- processes that are stopped from outside -------------------------------------------------------------------------


def start(suite, work):
    command = [sys.executable, "-m", "harness", "run", str(suite), "--work-dir", str(work)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True
    )


def wait_for(process, path):
    """Wait until a file is there."""
    for _ in range(3000):
        if path.exists():
            return
        if process.poll() is not None:
            raise AssertionError(f"ended before {path.name} was there: {process.communicate()}")
        time.sleep(0.05)
    raise AssertionError(f"{path} did not come")


@pytest.fixture
def long(tiny, tmp_path, cache):
    """A suite of a short row and one that takes some seconds, in two work folders."""
    changes = {"schedule.epochs": 8, "evaluation.every": 4}
    suite = tiny.write_suite(tmp_path / "long.py", runs=[{"method": "baseline"}, {"method": "next", "set": changes}], jobs=1)
    plan = tiny.plan("next", **{key.replace(".", "__"): value for key, value in changes.items()})
    return suite, plan, plan.run_id(plan.load_benchmark(None, None))


@pytest.mark.slow
def test_a_kill_and_a_second_start_give_the_record_of_an_undisturbed_run(tiny, long, tmp_path, cache):
    suite, plan, run_id = long
    undisturbed = tiny.execute(plan, tiny.make_work(tmp_path / "undisturbed", cache))
    work = tiny.make_work(tmp_path / "killed", cache)
    process = start(suite, work)
    folder = work / "runs" / run_id
    wait_for(process, folder / "state-0002.pt")
    process.send_signal(signal.SIGKILL)
    process.communicate()
    with FileLock(folder / "lock", timeout=60):  # the run ends with the process that asked for it
        states = sorted(path.name for path in folder.glob("state-*.pt"))
    assert states
    assert "state-0008.pt" not in states
    assert not record_path(work, run_id).exists()
    second = start(suite, work)
    out, err = second.communicate()
    assert (second.returncode, err) == (0, "")
    assert out.startswith("long: 2 runs, 1 finished before\n")
    assert read_record(record_path(work, run_id)).result_digest == undisturbed.result_digest


@pytest.mark.slow
def test_ctrl_c_ends_with_130_and_keeps_what_is_finished(tiny, long, tmp_path, cache):
    suite, plan, run_id = long
    work = tiny.make_work(tmp_path / "stopped", cache)
    process = start(suite, work)
    folder = work / "runs" / run_id
    wait_for(process, folder / "state-0001.pt")
    os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it: to the runs as well
    out, err = process.communicate()
    assert process.returncode == 130
    assert err.strip() == "harness: stopped; what is finished is kept, and the same command goes on from there"
    assert "[1/2] baseline on synthetic_person, seed 0: mAP" in out
    (kept,) = (work / "records").glob("*.json")
    assert read_record(kept).label == "baseline"
    with FileLock(folder / "lock", timeout=0):
        assert list(folder.glob("state-*.pt"))
