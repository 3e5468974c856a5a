"""ICPL-ReID through a whole run of the embedded benchmark: the losses of its two stages, and what it learns."""

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself


def test_training_lowers_the_losses_and_beats_chance(small_run):
    record = small_run("icpl", "synthetic_person").record
    first, last = record.history[0].losses, record.history[-1].losses
    for kind in ("id", "contrast"):
        assert all(last[f"{kind}_{name}"] < first[f"{kind}_{name}"] for name in ("RGB", "NIR", "TIR")), kind
    assert record.metrics.mAP > record.metrics.chance_mAP + 0.1


def test_the_two_losses_change_places_after_the_third_epoch(small_run):
    record = small_run("icpl", "synthetic_person").record
    third, fourth = (record.history[epoch - 1].losses for epoch in (3, 4))
    assert fourth["prototype_RGB"] < third["prototype_RGB"] / 3
    assert fourth["prompt_RGB"] > third["prompt_RGB"] * 3
