"""MambaPro in its published sizes and costs, and the rows of its ablations."""

import pytest
import torch

from benchmarks.batch import BatchSpec
from harness.profiling import count_costs, count_parameters
from harness.suite import load_suite, plans
from methods.base import METHODS
from methods.mambapro import (
    Bottleneck,
    MambaAggregation,
    MambaPro,
    MambaProSettings,
    MambaStep,
    MaSettings,
    ResidualPrompts,
    StateSpace,
)

PERSONS, CARS, MSVR = BatchSpec(171, 4, (256, 128)), BatchSpec(50, 8, (128, 256)), BatchSpec(155, 8, (128, 256))
HEADS_201 = 512 * 171 + 512 + 1536 * 171 + 1536
"""Both heads of the class tokens."""
OFF = {"enabled": False}
NO_MA = {"ma": OFF}


@pytest.mark.parametrize(
    ("spec", "settings", "parameters"),
    [
        (PERSONS, {}, 74_794_496),
        (CARS, {"direct": False}, 74_363_904),
        (MSVR, {"direct": False}, 74_740_224),
        (PERSONS, {"srp": OFF, "pfa": OFF, **NO_MA}, 3_072 + HEADS_201),  # A: 0
        (PERSONS, {"frozen": False, "srp": OFF, "pfa": OFF, **NO_MA}, 86_140_416 + 3_072 + HEADS_201),  # B: 86.14
        (PERSONS, {"srp": OFF, **NO_MA}, 28_339_200 + 3_072 + HEADS_201),  # C: 28.34
        (PERSONS, {"pfa": OFF, **NO_MA}, 28_477_440 + 3_072 + HEADS_201),  # D: 28.48
        (PERSONS, NO_MA, 56_816_640 + 3_072 + HEADS_201),  # E: 56.82
        (PERSONS, {"frozen": False}, 74_794_496 + 86_140_416),  # G
        (PERSONS, {"ma": {"layers": 3}}, 74_794_496 + 7_888_896),
        (PERSONS, {"srp": {"length": 5}}, 74_794_496 + 12 * 3 * 768),
        (PERSONS, {"srp": {"depth": 1 / 3}}, 74_794_496 - 8 * (4 * 590_976 + 9_216)),
        (PERSONS, {"pfa": {"depth": 1 / 3}}, 74_794_496 - 8 * 2_361_600),
    ],
    ids=str,
)
def test_published_parameters(small, spec, settings, parameters):
    assert small.full_size("mambapro", spec, **settings) == parameters


def test_parameters_of_each_part(small):
    """As the release has them in its own build: of a block, of a scan, of half a layer, of the reduction."""
    with torch.device("meta"):
        srp, pfa, unit = ResidualPrompts(768, 3, 4), Bottleneck(768, 1536), StateSpace(1024, 16)
        within, across = (MambaStep(512, 3, 16, (16, 8), joint=joint) for joint in (False, True))
        ma = MambaAggregation(512, 3, (16, 8), MaSettings())
    assert small.trainable(srp) == 3 * 3_072 + 4 * 590_976
    assert small.trainable(pfa) == 2_361_600
    assert small.trainable(unit) == 65_536 + 33_792 + 16_384 + 1_024 + 2_048
    assert small.trainable(within) == 3 * 1_048_576 + 3 * 12_288 + 3 * 118_784 + 524_288
    assert small.trainable(across) == small.trainable(within) - 2 * 118_784
    assert small.trainable(within) + small.trainable(across) == 7_888_896
    assert small.trainable(ma.reduce) == 3 * (2_048 + 524_800)


@pytest.mark.slow
def test_costs_at_full_size_are_the_published_ones():
    """NEXT's Table VIII: 52.4 G; 52.38 G by the releases' counters without the scan, 52.49 G by fvcore with it."""
    with torch.device("meta"):
        model = MambaPro(MambaProSettings.model_validate({"backbone": {"weights": "random"}}), PERSONS)
    model.to_empty(device="cpu")
    costs = count_costs(model, PERSONS)
    assert round(costs.published, 1) == 52.4
    assert costs.published == pytest.approx(52.3765, abs=5e-4)
    assert round(costs.attention, 3) == 52.493
    counts = count_parameters(model, PERSONS)
    assert (counts.trainable, counts.total) == (74_794_496, 160_938_496)
    # All but heads and what the first block's prompts would do with those of a block before
    assert counts.test_trainable == 74_794_496 - 616_448 - 590_976
    assert counts.test == counts.test_trainable + 86_140_416


@pytest.mark.parametrize(("suite", "rows"), [("ablation_mambapro", 7), ("ablation_mambapro_figures", 23)])
def test_rows_of_the_ablations_can_be_built_small(small, suite, rows):
    planned = plans(*load_suite(suite))
    assert len(planned) == rows
    assert len({plan.label for plan in planned}) == rows
    seen = set()
    for plan in planned:
        settings = plan.method_settings.model_copy(update={"backbone": small.BACKBONE})
        model = METHODS.get("mambapro")(settings, small.SPEC)
        seen.add(str(plan.method_settings))
        assert plan.schedule.rates.visual == 5e-6  # of a tower that learns; a frozen one has no group
        assert model.eval().embed(small.batch(samples=2)).shape == (2, 144)
    assert len(seen) == rows
