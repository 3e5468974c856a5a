"""Each method from training to its record on both embedded benchmarks: whole, with missing modalities, stopped and resumed."""

from fnmatch import fnmatch

import pytest
from small_methods import ARCHITECTURES, CASES, small_plan

from harness.records import record_path
from harness.rows import collect
from methods.base import METHODS

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself

MISSING = {f"missing:{names}" for names in ("RGB", "NIR", "TIR", "RGB+NIR", "RGB+TIR", "NIR+TIR")}
ROWS = [
    ("ablation_promptma", "(f), P = 3", 4 * 64),
    ("ablation_topreid", "TPM, AL", 192),
    ("ablation_transreid", "TransReID?", 960),
    ("ablation_transreid_training", "positions", 192),
]
SMALL = {
    **{"method.backbone.architecture": "small", "method.backbone.weights": "shipped", "benchmark.image_size": "[64,32]"},
    **{"schedule.epochs": 1, "schedule.warmup_epochs": 0, "evaluation.every": 0},
    **{"data.identities_per_batch": 4, "data.images_per_identity": 2, "data.workers": 0},
    **{"profile.throughput": False, "profile.pictures": 0, "threads": 1},
}


def of_method(method, *values):
    """Values of a test of one method, in the order of the table, marked as its runs are."""
    return pytest.param(method, *values, marks=[pytest.mark.slow] if CASES[method].slow else [])


EVERY_RUN = [of_method(method, benchmark) for method in CASES for benchmark in ARCHITECTURES]


def test_every_method_is_in_the_table():
    assert sorted(CASES) == sorted(METHODS.names()), "tests/harness/small_methods.py has one row a method"


@pytest.mark.parametrize(("method", "benchmark"), EVERY_RUN)
def test_a_run_learns_and_its_record_says_what_was_tested(small_run, method, benchmark):
    case, record = CASES[method], small_run(method, benchmark).record
    assert record.history[-1].losses["total"] < record.history[0].losses["total"]
    assert (record.test_feature, record.embedding_size, record.missing_filling) == (case.feature, case.size, case.filling)
    assert len(record.weights_fingerprint) == 64
    assert record.counts["query"]["samples"] > 0
    assert not case.beats_chance or record.metrics.mAP > record.metrics.chance_mAP
    assert min(record.gmacs.published, record.gmacs.attention) > 0
    assert record.parameters.test_trainable < record.parameters.trainable
    assert (record.parameters.test < record.parameters.trainable) is not case.frozen
    assert (record.parameters.total - record.parameters.trainable > 100_000) is case.frozen


@pytest.mark.parametrize(("method", "benchmark"), EVERY_RUN)
def test_each_set_of_missing_modalities_is_a_condition_with_results_of_its_own(small_run, method, benchmark):
    record = small_run(method, benchmark).record
    assert set(record.conditions) == MISSING
    results = [record.metrics.mAP, *(metrics.mAP for metrics in record.conditions.values())]
    assert all(0 < mAP <= 1 for mAP in results)
    assert len(set(results)) == 7


@pytest.mark.parametrize(("method", "epoch"), [of_method(method, epoch) for method in CASES for epoch in CASES[method].stops])
def test_a_stop_and_a_resume_give_the_record_of_an_undisturbed_run(tiny, small_run, work, method, epoch):
    undisturbed = small_run(method, "synthetic_person").record
    plan = small_plan(tiny.plan, method, "synthetic_person")

    def stop(phase, done, *_):
        if (phase, done) == ("train", epoch):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan, work, stop)
    assert not record_path(work, undisturbed.id).exists()
    assert tiny.execute(plan, work).result_digest == undisturbed.result_digest


@pytest.mark.slow
@pytest.mark.parametrize(("suite", "label", "size"), ROWS, ids=[suite for suite, *_ in ROWS])
def test_a_row_of_the_ablation_runs_small(tiny, tree, work, suite, label, size):
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    result = tiny.call("run", suite, "--data-root", tree, "--work-dir", work, "--seeds", "1", "--only", label, *changes)
    assert result.status == 0, result.err
    (row,) = collect(work)[0].rows
    assert fnmatch(row.label, label)
    assert row.records[0].embedding_size == size


@pytest.mark.slow
def test_one_command_compares_all_methods_on_one_split_of_folders(tiny, tree, work):
    changes = {**SMALL, "benchmarks": '["rgbnt201"]', "seeds": "[1]", "jobs": 2}
    changes |= {"signal.alignment.lam_stride": 2, "idea.cda.kernel": 2}
    options = [part for key, value in changes.items() for part in ("--set", f"{key}={value}")]
    result = tiny.call("run", "table_methods", "--data-root", tree, "--work-dir", work, *options)
    assert result.status == 0, result.err
    (suite,) = collect(work)
    (benchmark,) = suite.benchmarks
    assert {row.label for row in benchmark.rows} == set(METHODS.names())
    assert len({record.split_fingerprint for row in benchmark.rows for record in row.records}) == 1
