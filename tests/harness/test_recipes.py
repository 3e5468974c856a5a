"""Recipes (harness/recipes.py and configs/recipes), held against the tables of the releases."""

import io

import pytest
from rich.console import Console

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from benchmarks.loading import DataSettings
from harness.catalogue import catalogue
from harness.configs import merge
from harness.recipes import recipe_files, recipe_sections
from harness.schedules import Schedule, learning_rate
from harness.suite import load_suite, method_settings, plans
from methods.base import METHODS

BENCHMARK_NAMES = ("rgbnt201", "market_mm", "msvr310", "rgbnt100", "wmveid863")
CLIP, ADAM = ("adam", 3.5e-4, 5e-6, 1e-4), ("adam", 3.5e-4, None, 1e-4)
ICPL_63 = ("adam", 3.5e-4, None, 5e-4)
PUBLISHED = {
    # batch, images of an identity; optimiser, base rate, rate of the image tower, weight decay; epochs, warm-up;
    # where the warm-up starts for weights, where the cosine ends (nothing for steps); noise
    ("topreid", "rgbnt201"): (128, 16, "sgd", 9e-3, None, 1e-4, 120, 10, 9e-5, 9e-6, False),
    ("topreid", "rgbnt100"): (128, 16, "sgd", 9e-3, None, 1e-4, 120, 10, 9e-5, 9e-6, False),
    ("topreid", "msvr310"): (128, 16, "sgd", 1e-3, None, 1e-4, 1000, 100, 1e-5, 1e-6, False),
    ("editor", "rgbnt201"): (128, 16, "sgd", 1e-3, None, 1e-4, 70, 10, 1e-5, 1e-6, False),
    ("editor", "market_mm"): (128, 16, "sgd", 1e-3, None, 1e-4, 70, 10, 1e-5, 1e-6, False),
    ("editor", "rgbnt100"): (128, 16, "sgd", 1e-3, None, 1e-4, 70, 10, 1e-5, 1e-6, False),
    ("editor", "msvr310"): (128, 16, "sgd", 1e-3, None, 1e-4, 1000, 100, 1e-5, 1e-6, False),
    ("mambapro", "rgbnt201"): (64, 4, *CLIP, 60, 10, 3.5e-6, 3.5e-7, False),
    ("mambapro", "rgbnt100"): (128, 16, *CLIP, 30, 5, 3.5e-6, 3.5e-7, False),
    ("mambapro", "msvr310"): (64, 4, *CLIP, 60, 10, 3.5e-6, 3.5e-7, False),
    ("demo", "rgbnt201"): (64, 8, *CLIP, 50, 10, 3.5e-5, 3.5e-7, True),
    ("demo", "rgbnt100"): (128, 16, *CLIP, 30, 5, 3.5e-5, 3.5e-7, True),
    ("demo", "msvr310"): (64, 4, *CLIP, 50, 10, 3.5e-5, 3.5e-7, True),
    ("idea", "rgbnt201"): (64, 8, "adam", 3.5e-6, None, 1e-4, 50, 10, 3.5e-5, 3.5e-7, True),
    ("idea", "rgbnt100"): (128, 16, "adam", 3.5e-6, None, 1e-4, 50, 10, 3.5e-5, 3.5e-7, True),
    ("idea", "msvr310"): (64, 8, "adam", 3.5e-6, None, 1e-4, 50, 10, 3.5e-5, 3.5e-7, True),
    ("signal", "rgbnt201"): (64, 8, *CLIP, 50, 10, 3.5e-5, 3.5e-7, True),
    ("signal", "rgbnt100"): (128, 16, "adam", 7e-4, 5e-6, 1e-4, 30, 5, 7e-5, 7e-7, True),
    ("signal", "msvr310"): (64, 4, "adam", 5e-6, 5e-6, 1e-4, 50, 0, None, None, False),
    ("icpl", "rgbnt201"): (64, 4, "adam", 3e-4, None, 5e-4, 50, 10, 3e-5, None, False),
    ("icpl", "msvr310"): (64, 4, *ADAM, 50, 10, 3.5e-5, None, False),
    ("icpl", "rgbnt100"): (64, 4, *ICPL_63, 120, 10, 3.5e-5, None, False),
    ("icpl", "wmveid863"): (64, 4, *ICPL_63, 120, 10, 3.5e-5, None, False),
    ("promptma", "rgbnt201"): (32, 4, "adam", 2e-5, None, 1e-4, 60, 10, 2e-6, None, False),
    ("promptma", "msvr310"): (8, 4, "adam", 1e-5, None, 1e-4, 60, 10, 1e-6, None, False),
    ("promptma", "rgbnt100"): (64, 4, "adam", 1e-5, None, 1e-4, 60, 10, 1e-6, None, False),
    ("promptma", "market_mm"): (64, 4, "adam", 2e-5, None, 1e-4, 60, 10, 2e-6, None, False),
    ("transreid", "market_mm"): (64, 4, "sgd", 8e-3, None, 1e-4, 120, 5, 8e-5, 1.6e-5, False),
}
# Their papers leave it open: that of DeMo
PUBLISHED |= {
    (own, name): PUBLISHED["demo", name] for own in ("next", "baseline") for name in ("rgbnt201", "rgbnt100", "msvr310")
}
METHOD_NAMES = sorted({method for method, _ in PUBLISHED})
EVERY = [(method, benchmark) for method in METHOD_NAMES for benchmark in BENCHMARK_NAMES]
ONE_RATE_FOR_ALL = {"idea", ("promptma", "msvr310")}


def resolved(method, benchmark, recipe="published"):
    """Sections, schedule and data of a recipe."""
    sections = recipe_sections(recipe, method, benchmark, "here")
    return sections, parse(Schedule, sections["schedule"], "here"), parse(DataSettings, sections["data"], "here")


def curve(method, benchmark, peak, recipe="published"):
    """Rates of a group without the noise, from epoch 0, which is none."""
    schedule = resolved(method, benchmark, recipe)[1].model_copy(update={"noise": False})
    return [float("nan"), *(learning_rate(schedule, peak, epoch) for epoch in range(1, schedule.epochs + 1))]


@pytest.mark.parametrize(("method", "benchmark"), PUBLISHED, ids="-".join)
def test_a_recipe_is_that_of_the_release(method, benchmark):
    batch, images, optimizer, base, visual, decay, epochs, warmup, start, end, noise = PUBLISHED[method, benchmark]
    _, schedule, data = resolved(method, benchmark)
    assert (data.identities_per_batch * data.images_per_identity, data.images_per_identity) == (batch, images)
    assert (schedule.optimizer, schedule.epochs, schedule.warmup_epochs, schedule.noise) == (optimizer, epochs, warmup, noise)
    assert (schedule.rates.base, schedule.rates.visual, schedule.rates.weight_decay) == (base, visual, decay)
    assert schedule.rates.bias_factor == (1 if {method, (method, benchmark)} & ONE_RATE_FOR_ALL else 2)
    assert schedule.decay == ("step" if end is None else "cosine")
    rates = curve(method, benchmark, base)
    assert warmup == 0 or rates[1] == pytest.approx(start + (base - start) / warmup)
    assert end is None or rates[-1] == pytest.approx(end)


@pytest.mark.parametrize(("method", "benchmark"), EVERY, ids="-".join)
def test_every_method_has_a_recipe_on_every_benchmark(method, benchmark):
    sections, schedule, data = resolved(method, benchmark)
    assert schedule.precision == "fp32"  # fp16 needs a GPU
    assert data.augmentation.train_resize != data.augmentation.test_resize
    assert (data.augmentation.flip_probability, data.augmentation.pad, data.augmentation.erase_probability) == (0.5, 10, 0.5)
    assert data.augmentation.independent
    assert (method, benchmark) in PUBLISHED or f"published/{method}/default" in recipe_files()
    if method in METHODS.names():
        method_settings(method, "default", sections["method"], "here")


@pytest.mark.parametrize(("method", "benchmark"), EVERY, ids="-".join)
def test_two_releases_have_vehicles_upright_as_persons(method, benchmark):
    wanted = {"image_size": (256, 128)} if method in {"topreid", "promptma"} else {}
    assert resolved(method, benchmark)[0]["benchmark"] == wanted


def test_every_recipe_is_reached():
    """A file under a name that no method or benchmark has would never be read."""
    known = {f"published/{method}/{name}" for method in METHOD_NAMES for name in (*BENCHMARK_NAMES, "default")}
    assert set(recipe_files()) <= {"clean", *known}
    assert set(BENCHMARK_NAMES) <= set(BENCHMARKS.names())


def test_all_rates_of_idea_are_those_of_its_log():
    rates = curve("idea", "rgbnt201", 3.5e-6)
    assert rates[1] == pytest.approx(3.19e-5, abs=6e-8)
    assert rates[2] == pytest.approx(2.87e-5, abs=6e-8)
    assert rates[9] == pytest.approx(6.65e-6)
    assert rates[10] == pytest.approx(3.20e-6, abs=6e-9)
    assert rates[50] == pytest.approx(3.5e-7)


@pytest.mark.parametrize("method", ["demo", "signal", "next"])
def test_the_image_tower_falls_from_a_warmup_above_its_own_rate(method):
    rates = curve(method, "rgbnt201", 5e-6)
    assert rates[1] == pytest.approx(3.2e-5)
    assert rates[9] == pytest.approx(8e-6)
    assert rates[1:] == sorted(rates[1:], reverse=True)
    assert rates[10] == pytest.approx(5e-6, rel=0.1)


@pytest.mark.parametrize("method", ["demo", "signal", "idea", "next"])
def test_the_noise_is_that_of_the_release(method):
    schedule = resolved(method, "rgbnt201")[1]
    published = [0.35, 1.06, 1.03, 0.87, 1.58, 1.52, 1.06, 1.46, 1.31, 0.85]
    quiet = curve(method, "rgbnt201", 1e-6)
    noisy = [learning_rate(schedule, 1e-6, epoch) / quiet[epoch] for epoch in range(1, 11)]
    assert noisy == pytest.approx(published, abs=0.006)


def test_signal_on_msvr310_falls_in_steps():
    _, schedule, _ = resolved("signal", "msvr310")
    rates = curve("signal", "msvr310", 5e-6)
    assert [rates[epoch] for epoch in (1, 19, 20, 39, 40, 50)] == pytest.approx([5e-6, 5e-6, 5e-7, 5e-7, 5e-8, 5e-8])
    assert schedule.rates.base * schedule.rates.classifier_factor == pytest.approx(5e-4)


def test_icpl_warms_each_group_by_a_share_of_its_rate_and_falls_in_steps():
    _, schedule, _ = resolved("icpl", "rgbnt201")
    assert (schedule.rates.prompts, schedule.rates.prompt_weight_decay) == (3.5e-4, 1e-4)
    for peak in (3e-4, 3.5e-4, 6e-4):
        rates = curve("icpl", "rgbnt201", peak)
        assert rates[1:10] == pytest.approx([peak * (0.1 * (1 - e / 10) + e / 10) for e in range(1, 10)])
        assert [rates[epoch] / peak for epoch in (10, 29, 30, 49, 50)] == pytest.approx([1, 1, 0.1, 0.1, 0.01])


def test_biases_of_topreid_start_where_weights_start():
    weights, biases = (curve("topreid", "rgbnt201", peak) for peak in (9e-3, 18e-3))
    assert weights[1] == pytest.approx(9.81e-4)
    assert biases[1] == pytest.approx(9e-5 + (18e-3 - 9e-5) / 10)


@pytest.mark.parametrize(
    ("benchmark", "direct", "kept", "gam", "lam"),
    [
        ("rgbnt201", True, 80, 0.2, 0.2),
        ("rgbnt100", False, 112, 0.1, 0.1),
        ("msvr310", False, 64, 0.2, 0.01),
        ("market_mm", True, 80, 0.2, 0.2),
        ("wmveid863", False, 80, 0.2, 0.2),
    ],
)
def test_signal_has_heads_selection_and_weights_of_the_benchmark(benchmark, direct, kept, gam, lam):
    settings = method_settings("signal", "default", resolved("signal", benchmark)[0]["method"], "here")
    assert (settings.direct, settings.sim.keep_ratio * 128) == (direct, kept)
    assert (settings.alignment.gam_weight, settings.alignment.lam_weight) == (gam, lam)
    assert (settings.supervision.id_weight, settings.supervision.triplet_weight) == (0.25, 1.0)


@pytest.mark.parametrize(("method", "benchmark"), EVERY, ids="-".join)
def test_a_clean_recipe_has_none_of_the_habits(method, benchmark):
    _, schedule, data = resolved(method, benchmark, "clean")
    assert (schedule.warmup, schedule.noise, schedule.rates.bias_factor) == ("proportional", False, 1.0)
    assert data.augmentation.train_resize == data.augmentation.test_resize
    for peak in {schedule.rates.base, schedule.rates.visual or schedule.rates.base}:
        rates = curve(method, benchmark, peak, "clean")
        warming = rates[1 : schedule.warmup_epochs]
        assert warming == sorted(warming)
        assert max(rates[1:]) <= peak * (1 + 1e-9)


@pytest.mark.parametrize(("method", "benchmark"), EVERY, ids="-".join)
def test_a_clean_recipe_is_the_published_one_in_all_else(method, benchmark):
    published, clean = (resolved(method, benchmark, recipe)[0] for recipe in ("published", "clean"))
    habits = {"warmup": 0, "warmup_factor": 0, "noise": 0, "rates": {"bias_factor": 0}}
    without = {"schedule": habits, "data": {"augmentation": {"train_resize": 0, "test_resize": 0}}}
    assert merge(published, without) == merge(clean, without)


def test_a_recipe_of_another_method_may_be_named():
    of_idea = {name: {**resolved("idea", name)[0], "method": {}} for name in ("rgbnt100", "market_mm")}
    assert recipe_sections("published/idea", "next", "rgbnt100", "here") == of_idea["rgbnt100"]
    assert recipe_sections("published/idea", "next", "market_mm", "here") == of_idea["market_mm"]
    assert recipe_sections("published/idea/rgbnt100", "next", "rgbnt201", "here") == of_idea["rgbnt100"]
    borrowed, own = (recipe_sections("published/signal", method, "rgbnt100", "here") for method in ("next", "signal"))
    assert own["method"]["direct"] is False
    assert borrowed == {**own, "method": {}}
    assert recipe_sections("", "next", "rgbnt201", "here") == {}


def test_a_recipe_of_a_user_may_lie_over_a_shipped_one(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text('over = "clean"\nschedule = dict(epochs=7, warmup_epochs=2)\n')
    sections = recipe_sections(str(path), "signal", "rgbnt100", "here")
    assert sections == merge(resolved("signal", "rgbnt100", "clean")[0], {"schedule": {"epochs": 7, "warmup_epochs": 2}})


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("publishd", "here: unknown recipe 'publishd'; did you mean 'published'"),
        ("cleen", "here: unknown recipe 'cleen'; did you mean 'clean'"),
        ("published/dmo", "here: unknown recipe 'published/dmo'; did you mean 'published/demo'"),
        ("../schedules/small", "here: unknown recipe"),
        ("none.py", "none.py: no such config file"),
        ("published", "here: no published recipe for mine; there are some for: baseline, demo, .*transreid"),
        ("clean", "here: no published recipe for mine"),
    ],
)
def test_a_recipe_that_is_not_there_is_answered(name, message):
    with pytest.raises(InputError, match=message) as error:
        recipe_sections(name, "mine", "rgbnt201", "here")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("shedule = dict(epochs=3)", r"mine.py: unknown key 'shedule'; did you mean 'schedule'"),
        ("schedule = 3", r"mine.py: schedule: .*valid dictionary"),
        ('over = "nothing"', "here: unknown recipe 'nothing'"),
        ('over = "{path}"', "mine.py: over: the recipe lies over itself"),
    ],
)
def test_a_recipe_that_cannot_be_used_is_answered(tmp_path, text, message):
    path = tmp_path / "mine.py"
    path.write_text(text.format(path=path))
    with pytest.raises(InputError, match=message) as error:
        recipe_sections(str(path), "next", "rgbnt201", "here")
    assert "\n" not in str(error.value)


def test_the_list_has_a_line_for_each_method():
    out = io.StringIO()
    Console(file=out, width=400).print(catalogue("recipes"))
    lines = {line.split()[0]: line for line in out.getvalue().splitlines()}
    assert list(lines) == ["clean", *(f"published/{method}" for method in METHOD_NAMES)]
    assert "DeMo: Adam" in lines["published/demo"]
    assert "of its own on msvr310, rgbnt100, rgbnt201" in lines["published/demo"]


@pytest.mark.parametrize("benchmark", BENCHMARK_NAMES)
@pytest.mark.parametrize(("suffix", "recipe"), [("", "published"), ("_clean", "clean")])
def test_the_suites_of_a_benchmark_train_each_method_by_its_recipe(benchmark, suffix, recipe):
    planned = plans(*load_suite(benchmark + suffix))
    assert [plan.method for plan in planned[::3]] == ["baseline", "signal", "next"]
    for plan in planned:
        sections, schedule, data = resolved(plan.method, benchmark, recipe)
        assert (plan.benchmark, plan.schedule, plan.data) == (benchmark, schedule, data)
        assert plan.method_settings == method_settings(plan.method, "default", sections["method"], "here")
        assert plan.benchmark_settings.image_size in ((256, 128), (128, 256))
