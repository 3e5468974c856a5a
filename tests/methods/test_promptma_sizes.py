"""PromptMA in its published sizes and costs, and the rows of its ablation."""

import pytest
import torch

from benchmarks.batch import BatchSpec
from harness.profiling import count_costs, count_parameters
from harness.recipes import recipe_sections
from harness.suite import load_suite, method_settings, plans
from methods.base import METHODS
from methods.promptma import PromptMA, PromptMASettings, prompted_blocks

PERSONS, MSVR, CARS = BatchSpec(171, 4, (256, 128)), BatchSpec(155, 8, (256, 128)), BatchSpec(50, 8, (256, 128))
TOWER, BLOCK, PROMPTS = 86_140_416, 7_087_872, 9 * 768
OFF = {"enabled": False}
NO_FUSION = {"pbts": OFF, "pbmf": OFF}


def head(identities):
    return 768 + 768 * identities


@pytest.mark.parametrize(
    ("spec", "settings", "parameters"),
    [
        (PERSONS, {}, 107_942_400),
        (MSVR, {"prompts": {"depth": 0.5}}, 129_156_864),
        (CARS, {"prompts": {"depth": 0.5}}, 128_834_304),
        (PERSONS, {"prompts": {"exchange": False}}, 107_942_400),
        (PERSONS, {"pbts": OFF}, 107_942_400),
        (PERSONS, {"prompts": {"depth": 0.25}}, 107_942_400 + 6 * BLOCK),
        (PERSONS, NO_FUSION, TOWER + PROMPTS + 3 * head(171)),
        (PERSONS, {"prompts": OFF, **NO_FUSION}, TOWER + 3 * head(171)),
    ],
    ids=str,
)
def test_published_parameters(small, spec, settings, parameters):
    assert small.full_size("promptma", spec, **settings) == parameters


def test_parameters_of_each_part():
    with torch.device("meta"):
        model = PromptMA(PromptMASettings.model_validate({"backbone": {"weights": "random"}}), PERSONS)
    counted = {
        name: sum(parameter.numel() for parameter in part.parameters() if parameter.requires_grad)
        for name, part in (("tower", model.encoder.tower), ("blocks", model.pbmf.blocks), ("norm", model.pbmf.norm))
    }
    assert counted == {"tower": TOWER, "blocks": 3 * BLOCK, "norm": 2 * 768}
    assert model.encoder.prompts.numel() == PROMPTS
    assert model.pbmf.unused_class_token_copy.numel() == model.pbmf.unused_spare_class_token.numel() == 768
    assert [sum(p.numel() for p in each.parameters() if p.requires_grad) for each in model.heads] == [head(171)] * 4


@pytest.mark.slow
def test_costs_at_full_size_are_the_published_ones():
    """NEXT's Table VIII: 36.2 G; 36.182 G with element-wise operations, 36.104 G by fvcore without them."""
    with torch.device("meta"):
        model = PromptMA(PromptMASettings.model_validate({"backbone": {"weights": "random"}}), PERSONS)
    model.to_empty(device="cpu")
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
    costs = count_costs(model, PERSONS)
    assert (round(costs.published, 3), round(costs.attention, 3)) == (36.182, 36.104)
    counts = count_parameters(model, PERSONS)
    # Left out at test: classifiers, the projection of the tower, both unused class tokens. The biases of the necks are frozen.
    assert (counts.trainable, counts.total) == (107_942_400, 107_942_400 + 4 * 768)
    assert counts.test_trainable == 107_942_400 - 4 * 768 * 171 - 768 * 512 - 2 * 768
    assert counts.test == counts.test_trainable + 4 * 768


@pytest.mark.parametrize(
    ("benchmark", "prompted"), [("rgbnt201", 9), ("market_mm", 9), ("msvr310", 6), ("rgbnt100", 6), ("wmveid863", 6)]
)
def test_recipes_have_the_prompts_of_the_benchmark(benchmark, prompted):
    for recipe in ("published", "clean"):
        sections = recipe_sections(recipe, "promptma", benchmark, "here")
        assert prompted_blocks(method_settings("promptma", "default", sections["method"], "here"), 12) == prompted


def test_rows_of_the_ablation_can_be_built_small(small):
    planned = plans(*load_suite("ablation_promptma"), seeds=[1111])
    assert len(planned) == len({str(plan.method_settings) for plan in planned}) == 10
    for plan in planned:
        settings = plan.method_settings
        marks = {
            "Prompts": settings.prompts.enabled,
            "Exchange": settings.prompts.enabled and settings.prompts.exchange,
            "PBTS": settings.pbts.enabled,
            "PBMF": settings.pbmf.enabled,
        }
        assert {name: bool(plan.columns[name]) for name in marks} == marks
        if settings.prompts.enabled:
            assert prompted_blocks(settings, 12) == int(plan.columns["P"])
        if settings.pbts.enabled:
            named = {"both": "both", "class token": "class", "prompts": "prompts"}
            assert settings.pbts.rows == named[plan.columns["PBTS"]]
        model = METHODS.get("promptma")(settings.model_copy(update={"backbone": small.BACKBONE}), small.SPEC)
        assert model.eval().embed(small.batch(samples=2)).shape == (2, 64 * (3 + settings.pbmf.enabled))
