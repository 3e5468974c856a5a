"""DeMo through the harness: runs, recipes, the suite of its ablation, and published cost."""

import pytest

from benchmarks.batch import BatchSpec
from harness.profiling import count_costs, count_parameters
from harness.recipes import recipe_sections
from harness.rows import collect
from harness.suite import method_settings
from methods.demo import Demo, DemoSettings
from methods.pretrained import BackboneSettings

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself

GATES = {f"gate/{name}" for name in ("RGB", "NIR", "TIR", "RGB+NIR", "RGB+TIR", "NIR+TIR", "RGB+NIR+TIR")}


@pytest.mark.parametrize("benchmark", ["synthetic_person", "synthetic_vehicle"])
def test_a_run_records_its_gate(small_run, benchmark):
    record = small_run("demo", benchmark).record
    assert set(record.monitors) == GATES
    assert sum(record.monitors.values()) == pytest.approx(1)
    assert all(epoch.gradients["atmoe.gate"] > 0 for epoch in record.history)
    assert record.gmacs.published > record.gmacs.attention


@pytest.mark.parametrize(
    ("benchmark", "direct", "heads"),
    [
        ("rgbnt201", True, 4),
        ("rgbnt100", False, 8),
        ("msvr310", False, 8),
        ("market_mm", True, 4),
        ("wmveid863", False, 8),
    ],
)
def test_recipes_have_the_heads_of_the_benchmark(benchmark, direct, heads):
    for recipe in ("published", "clean"):
        sections = recipe_sections(recipe, "demo", benchmark, "here")
        settings = method_settings("demo", "default", sections["method"], "here")
        assert (settings.direct, settings.atmoe.heads) == (direct, heads)


@pytest.mark.slow
def test_the_ablation_runs_small(tiny, work):
    changes = ['benchmarks=["synthetic_person"]', "method.backbone.architecture=small", "method.backbone.weights=shipped"]
    changes += [f"benchmark.{key}={value}" for key, value in tiny.SUITE["benchmark"].items()]
    changes += ["schedule.epochs=2", "schedule.warmup_epochs=1", "data.identities_per_batch=4", "data.workers=0", "jobs=2"]
    changes += ["profile.throughput=False", "profile.pictures=0", "threads=1"]
    options = [option for change in changes for option in ("--set", change)]
    result = tiny.call("run", "ablation_demo", "--work-dir", work, "--seeds", "0", *options)
    assert result.status == 0, result.err
    rows = collect(work)[0].rows
    assert [row.label for row in rows] == ["A", "B", "C", "D", "E"]
    features = ["class tokens", "PIFE features", "HDM", "ATMoE", "PIFE features, ATMoE"]
    assert [row.records[0].test_feature for row in rows] == features


def without_pife(model):
    model.pife = None


def without_experts(model):
    model.atmoe = None


def without_decoupling(model):
    model.config = model.config.model_copy(update={"feature": "original"})


@pytest.mark.slow
def test_size_and_costs_at_full_size_are_the_published_ones():
    """Rows E, C, B and A of the ablation, G in the published convention and without element-wise operations; built once."""
    spec = BatchSpec(171, 4, (256, 128))
    model = Demo(DemoSettings(backbone=BackboneSettings(weights="random")), spec)
    parameters = count_parameters(model, spec)
    assert (parameters.trainable, parameters.total, parameters.test) == (98_792_960, 98_798_080, 97_912_320)
    for switch_off, published, attention in (
        (lambda model: None, 35.098, 35.030),
        (without_experts, 35.094, 35.026),
        (without_decoupling, 34.277, 34.209),
        (without_pife, 34.275, 34.207),
    ):
        switch_off(model)
        costs = count_costs(model, spec)
        assert (round(costs.published, 3), round(costs.attention, 3)) == (published, attention)
