"""MambaPro through whole runs on the embedded benchmarks, with shipped weights and missing modalities."""

import pytest

PLACES = {"synthetic_person": "small", "synthetic_vehicle": "small_wide"}


@pytest.fixture
def plan(tiny):
    def make(benchmark="synthetic_person", **changes):
        return tiny.plan(
            "mambapro",
            runs=[{"method": "mambapro"}],
            benchmarks=[benchmark],
            benchmark={**tiny.SUITE["benchmark"], "train_images": 6, "test_images": 6},
            method={"backbone": {"architecture": PLACES[benchmark], "weights": "shipped"}},
            **changes,
        )

    return make


@pytest.mark.slow
@pytest.mark.parametrize("benchmark", PLACES)
def test_a_run_under_conditions(tiny, plan, work, benchmark):
    record = tiny.execute(plan(benchmark, schedule__epochs=4, evaluation__conditions=["missing"]), work)
    assert (record.test_feature, record.embedding_size, record.missing_filling) == ("MA", 3 * 48, "zeros")
    assert len(record.conditions) == 6
    assert all(0 < metrics.mAP <= 1 for metrics in (record.metrics, *record.conditions.values()))
    assert sum(record.history[-1].losses.values()) < sum(record.history[0].losses.values())
    assert record.gmacs.attention > 0
    assert record.parameters.total - record.parameters.trainable > 100_000  # the tower is frozen


@pytest.mark.slow
def test_a_stop_and_a_resume_change_nothing(tiny, plan, work, tmp_path, cache):
    def stop(phase, *numbers):
        if phase == "train" and numbers[0] == 1:
            raise KeyboardInterrupt

    undisturbed = tiny.execute(plan(), work)
    other = tiny.make_work(tmp_path / "other", cache)
    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan(), other, stop)
    assert tiny.execute(plan(), other).result_digest == undisturbed.result_digest
