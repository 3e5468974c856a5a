"""TOP-ReID from training to record on the embedded benchmarks, with missing modalities as conditions."""

import pytest

CHANGES = {"runs": [{"method": "topreid"}], "evaluation__conditions": ["missing"], "profile__throughput": False}
SMALL = {
    **{"method.backbone.architecture": "small", "method.backbone.weights": "random", "benchmark.image_size": "[64,32]"},
    **{"schedule.epochs": 1, "schedule.warmup_epochs": 0, "evaluation.every": 0, "profile.throughput": False},
    **{"data.identities_per_batch": 4, "data.images_per_identity": 2, "data.workers": 0},
}


def stop(phase, done, *_):
    """A listener that stops a run after its first epoch."""
    if (phase, done) == ("train", 1):
        raise KeyboardInterrupt


@pytest.mark.slow
def test_a_run_that_is_stopped_goes_on_to_the_same_record_with_the_six_settings(tiny, cache, tmp_path):
    plan = tiny.plan("topreid", method__backbone__weights="shipped", **CHANGES)
    record = tiny.execute(plan, tiny.make_work(tmp_path / "undisturbed", cache))
    assert (record.missing_filling, record.test_feature) == ("reconstruction", "class tokens after TPM")
    assert len(record.conditions) == 6
    assert len({metrics.mAP for metrics in [*record.conditions.values(), record.metrics]}) == 7
    assert record.parameters.test < record.parameters.trainable
    stopped = tiny.make_work(tmp_path / "stopped", cache)
    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan, stopped, stop)
    assert tiny.execute(plan, stopped).result_digest == record.result_digest


@pytest.mark.slow
def test_vehicles_run_as_persons(tiny, work):
    images = {"benchmark__train_images": 6, "benchmark__test_images": 6}  # of a vehicle, more than there are cameras
    backbone = {"architecture": "small_wide", "weights": "shipped"}
    plan = tiny.plan("topreid", benchmarks=["synthetic_vehicle"], method__backbone=backbone, **images, **CHANGES)
    assert len(tiny.execute(plan, work).conditions) == 6


def test_the_filling_is_that_of_the_variant(tiny, work):
    rows = [{"method": "topreid", "variant": "tpm", "label": "topreid"}]
    record = tiny.execute(tiny.plan("topreid", runs=rows, schedule__epochs=1, profile__throughput=False), work)
    assert record.missing_filling == "zeros"


@pytest.mark.slow
def test_a_row_of_the_ablation_runs_small(tiny, tree, tmp_path):
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    options = ["--data-root", tree, "--work-dir", tmp_path / "work", "--seeds", "1", "--only", "TPM, AL"]
    result = tiny.call("run", "ablation_topreid", *options, *changes)
    assert result.status == 0, result.err
