"""PromptMA from training to record on the embedded benchmarks, whole or stopped."""

import pytest

from harness.rows import collect

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself

ARCHITECTURES = {"synthetic_person": "small", "synthetic_vehicle": "small_wide"}


def plan_of(tiny, benchmark, **changes):
    changes |= {"method__backbone__architecture": ARCHITECTURES[benchmark], "method__backbone__weights": "shipped"}
    if benchmark == "synthetic_vehicle":  # which has two sessions, and needs more images than cameras
        changes |= {"benchmark__train_images": 6, "benchmark__test_images": 6}
    return tiny.plan("promptma", runs=[{"method": "promptma"}], benchmarks=[benchmark], schedule__epochs=3, **changes)


@pytest.mark.parametrize("benchmark", ARCHITECTURES)
def test_a_run_learns_and_is_tested_with_missing_modalities(tiny, work, benchmark):
    record = tiny.execute(plan_of(tiny, benchmark, evaluation__conditions=["missing"]), work)
    totals = [epoch.losses["total"] for epoch in record.history]
    assert totals[-1] < totals[0]
    assert record.test_feature == "class tokens, PBMF, after the necks"
    assert (record.embedding_size, record.missing_filling) == (4 * 64, "zeros")
    assert record.metrics.mAP > record.metrics.chance_mAP
    assert len(record.conditions) == 6
    assert len({metrics.mAP for metrics in [record.metrics, *record.conditions.values()]}) > 1
    assert set(record.monitors) == {f"selected/{name}" for name in ("RGB", "NIR", "TIR")}
    assert all(0.5 <= share < 1 for share in record.monitors.values())
    unused = 64 * 48 + 2 * 64
    assert record.parameters.trainable - record.parameters.test_trainable == 4 * 64 * 10 + unused
    assert record.gmacs.published > record.gmacs.attention > 0


def test_a_stop_and_a_resume_give_the_record_of_an_undisturbed_run(tiny, cache, tmp_path):
    plan = plan_of(tiny, "synthetic_person")
    works = [tiny.make_work(tmp_path / name, cache) for name in ("whole", "stopped")]

    def stop(phase, done, total, text):
        if (phase, done) == ("train", 1):
            raise KeyboardInterrupt

    undisturbed = tiny.execute(plan, works[0])
    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan, works[1], stop)
    assert tiny.execute(plan, works[1]).result_digest == undisturbed.result_digest


@pytest.mark.slow
def test_a_row_of_the_ablation_runs_small(tiny, work):
    changes = ['benchmarks=["synthetic_person"]', "method.backbone.architecture=small", "method.backbone.weights=shipped"]
    changes += ["benchmark.image_size=[64,32]", *(f"benchmark.{key}={value}" for key, value in tiny.SUITE["benchmark"].items())]
    changes += ["schedule.epochs=1", "schedule.warmup_epochs=0", "data.identities_per_batch=4", "data.images_per_identity=2"]
    changes += ["data.workers=0", "threads=1", "profile.throughput=False", "profile.pictures=0"]
    options = [option for change in changes for option in ("--set", change)]
    result = tiny.call("run", "ablation_promptma", "--work-dir", work, "--seeds", "1", "--only", "(f), P = 3", *options)
    assert result.status == 0, result.err
    (row,) = collect(work)[0].rows
    assert (row.label, row.records[0].embedding_size) == ("(f), P = 3", 4 * 64)
