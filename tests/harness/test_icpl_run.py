"""ICPL-ReID through whole runs of the embedded benchmark: its prototypes are made anew in every epoch, and after a resume."""

import pytest

from harness.records import record_path

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself

EPOCHS = 5
CHANGES = {
    "runs": [{"method": "icpl"}],
    "method__backbone": {"architecture": "small", "weights": "shipped"},
    "method__stages": {"swap_after": 3},
    "method__prototypes": {"plain_epochs": 1},
    "schedule__epochs": EPOCHS,
    "data__augmentation": {"pad": 3, "erase_probability": 0.1},
    "evaluation": {"every": 0, "conditions": ["missing"]},
}
"""The images to prototypes until the third epoch, to prompts after it."""


@pytest.fixture(scope="module")
def undisturbed(tiny, tmp_path_factory, cache):
    work = tiny.make_work(tmp_path_factory.mktemp("icpl") / "work", cache)
    plan = tiny.plan("icpl", **CHANGES)
    return plan, tiny.execute(plan, work)


def test_training_lowers_the_losses_and_beats_chance(undisturbed):
    _, record = undisturbed
    first, last = record.history[0].losses, record.history[-1].losses
    for kind in ("id", "contrast"):
        assert all(last[f"{kind}_{name}"] < first[f"{kind}_{name}"] for name in ("RGB", "NIR", "TIR")), kind
    assert record.metrics.mAP > record.metrics.chance_mAP + 0.1
    assert record.embedding_size == 3 * (64 + 48)


def test_it_is_tested_with_every_set_of_modalities(undisturbed):
    _, record = undisturbed
    assert len(record.conditions) == 6
    assert record.missing_filling == "zeros"
    assert len({metrics.mAP for metrics in record.conditions.values()}) > 1


def test_the_two_losses_change_places(undisturbed):
    _, record = undisturbed
    third, fourth = (record.history[epoch - 1].losses for epoch in (3, 4))
    assert fourth["prototype_RGB"] < third["prototype_RGB"] / 3
    assert fourth["prompt_RGB"] > third["prompt_RGB"] * 3


@pytest.mark.parametrize("epoch", [1, 3])
def test_a_stop_and_a_resume_give_the_record_of_an_undisturbed_run(tiny, undisturbed, work, epoch):
    plan, expected = undisturbed

    def stop(phase, done, total, text):
        if (phase, done) == ("train", epoch):
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        tiny.execute(plan, work, stop)
    assert not record_path(work, expected.id).exists()
    assert tiny.execute(plan, work).result_digest == expected.result_digest


def test_vehicles_with_one_model_for_all_modalities(tiny, work):
    changes = {**CHANGES, "method__backbone": {"architecture": "small_wide", "weights": "shipped"}, "schedule__epochs": 2}
    changes["benchmark"] = {**tiny.SUITE["benchmark"], "train_images": 6, "test_images": 6}
    record = tiny.execute(tiny.plan("icpl", benchmarks=["synthetic_vehicle"], method__shared=True, **changes), work)
    assert record.metrics.mAP > record.metrics.chance_mAP
    assert record.counts["query"]["samples"] > 0
