"""IDEA in the harness: its cost, its recipes and rows, and what a run records and keeps."""

import pytest

from benchmarks.batch import BatchSpec
from harness.configs import find_config, read_config
from harness.inspection import evaluate_checkpoint
from harness.profiling import count_costs, count_parameters
from harness.recipes import recipe_sections
from harness.suite import load_suite, method_settings, plans
from methods.idea import Idea, IdeaSettings
from methods.pretrained import BackboneSettings

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself


@pytest.mark.slow
def test_published_costs():
    """43.7 G in the paper, 43.73 in the release's log; three texts of 77 tokens are in it."""
    spec = BatchSpec(171, 4, (256, 128))
    model = Idea(IdeaSettings(backbone={"architecture": "vit_b_16", "weights": "random"}), spec)
    costs, counts = count_costs(model, spec), count_parameters(model, spec)
    assert round(costs.published, 2) == 43.73
    assert round(costs.attention, 3) == 43.637
    assert (counts.trainable, counts.total) == (91_673_601, 155_107_841)
    classifiers = 4 * (262_656 + 1_536)
    assert (counts.test, counts.test_trainable) == (154_044_928, counts.trainable - classifiers - 1)


@pytest.mark.parametrize(
    ("benchmark", "direct", "prompts", "descriptor", "factor"),
    [
        ("rgbnt201", True, 2, True, 5),
        ("rgbnt100", False, 1, False, 21),
        ("msvr310", True, 1, True, 25),
        ("market_mm", True, 2, True, 5),
        ("wmveid863", True, 1, True, 25),
    ],
)
def test_recipes_have_heads_prompts_and_offsets_of_the_benchmark(benchmark, direct, prompts, descriptor, factor):
    settings = method_settings("idea", "default", recipe_sections("published", "idea", benchmark, "here")["method"], "here")
    assert (settings.direct, settings.text.prompts, settings.text.descriptor) == (direct, prompts, descriptor)
    assert (settings.cda.offset_factor, settings.cda.points, settings.feature) == (factor, "shared", "c_t")


@pytest.mark.parametrize("variant", read_config(find_config("methods", "idea"))["variants"])
def test_every_variant_is_built_and_says_another_thing_than_the_default(variant):
    recipe = recipe_sections("published", "idea", "rgbnt100", "here")["method"]
    settings, default = (method_settings("idea", name, recipe, "here") for name in (variant, "default"))
    assert settings != default  # a recipe wins over a variant: no recipe may undo one
    Idea.check(
        settings.model_copy(update={"backbone": BackboneSettings(architecture="small", weights="random")}),
        BatchSpec(4, 3, (64, 32)),
    )


def test_the_rows_of_the_ablation_differ():
    planned = plans(*load_suite("ablation_idea"))[::3]
    assert all(plan.schedule.rates.base == 3.5e-6 for plan in planned)
    assert len({str(plan.resolved() | {"label": None}) for plan in planned}) == len({plan.label for plan in planned}) == 24
    assert len({tuple(plan.columns.items()) for plan in planned}) == 24
    assert len({tuple(plan.columns) for plan in planned}) == 1


VEHICLES = {
    "benchmark.train_identities": 10,
    "benchmark.train_images": 6,
    "benchmark.test_identities": 10,
    "benchmark.test_images": 6,
}


def test_a_run_records_its_captions_offsets_and_gradients(small_run):
    record = small_run("idea", "synthetic_person").record
    assert record.captions.over_context > 0  # with its prefix
    assert set(record.monitors) == {"border/x", "border/y"}
    assert set(record.history[0].gradients) == {"prompts", "inverse_net", "cda.offset_nets"}
    assert record.history[0].gradients["prompts"] > 0


def test_a_run_on_the_embedded_vehicles_is_tested_again_from_its_checkpoint(small_run):
    """Another grid, and prefixes that speak of vehicles, after loading as well."""
    run = small_run("idea", "synthetic_vehicle")
    record, checkpoint = run.record, run.work / "runs" / run.record.id / "model.pt"
    assert 0 < record.conditions["missing:NIR"].mAP < 1
    again = evaluate_checkpoint(checkpoint, "synthetic_vehicle", VEHICLES, [], None, "cpu")
    assert again.mAP == record.metrics.mAP
