"""TransReID from training to record on the embedded benchmarks, with missing modalities as conditions."""

import pytest

CHANGES = {"runs": [{"method": "transreid"}], "evaluation__conditions": ["missing"], "profile__throughput": False}
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
    plan = tiny.plan("transreid", method__backbone__weights="shipped", **CHANGES)
    record = tiny.execute(plan, tiny.make_work(tmp_path / "undisturbed", cache))
    assert (record.missing_filling, record.test_feature) == ("zeros", "class tokens, JPM parts")
    assert len(record.weights_fingerprint) == 64
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
    plan = tiny.plan("transreid", benchmarks=["synthetic_vehicle"], method__backbone=backbone, **images, **CHANGES)
    assert len(tiny.execute(plan, work).conditions) == 6


@pytest.mark.slow
@pytest.mark.parametrize(("suite", "row"), [("ablation_transreid", "TransReID?"), ("ablation_transreid_training", "positions")])
def test_a_row_of_each_ablation_runs_small(suite, row, tiny, tree, tmp_path):
    changes = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    options = ["--data-root", tree, "--work-dir", tmp_path / "work", "--seeds", "1", "--only", row]
    result = tiny.call("run", suite, *options, *changes)
    assert result.status == 0, result.err
