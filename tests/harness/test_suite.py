import math
import sys

import pytest

from benchmarks.common.errors import InputError
from harness.configs import CONFIGS, shipped
from harness.efficiency.plans import efficiency_title, load_efficiency, measure_plans
from harness.groups import load_members, read_group
from harness.suite import load_suite, manifest, method_settings, plans


@pytest.fixture
def load(tiny, tmp_path):
    """Plans of the tiny suite with some of its keys replaced, and with --set."""

    def load_with(changes=None, options=None, **replaced):
        return plans(*load_suite(str(tiny.write_suite(tmp_path / "mine.py", **replaced)), changes), **(options or {}))

    return load_with


def labels(planned):
    return [plan.label for plan in planned]


@pytest.mark.parametrize("name", shipped("suites"))
def test_every_shipped_suite_unfolds(name):
    if efficiency_title(name) is not None:
        assert measure_plans(load_efficiency(name))
        return
    for member in load_members(name):
        planned = plans(member.name, member.suite)
        assert member.name.startswith(name) or read_group(name)
        points = math.prod(map(len, member.suite.grid.values()))
        assert len(planned) == len(member.suite.benchmarks) * len(member.suite.runs) * points * len(member.suite.seeds)
        assert {plan.suite for plan in planned} == {member.name}


def test_caption_sets_and_qualities_are_axes_of_the_quality_study():
    planned = plans(*load_suite("caption_quality"), seeds=[0])
    found = [(plan.benchmark_label, plan.method, plan.data.word_quality) for plan in planned]
    sets = {"own captions": 1.0, "captions 70 % true": 0.7}
    assert found == [(name, method, share) for name in sets for method in ("idea", "next") for share in (0.35, 0.7, 1.0)]
    assert {plan.benchmark_label: plan.benchmark_settings.caption_quality for plan in planned} == sets
    assert {plan.method_settings.cda.kernel for plan in planned if plan.method == "idea"} == {2}


def test_caption_folders_of_the_real_quality_study_are_named_on_the_command_line():
    entry = {"name": "rgbnt201", "label": "mine", "set": {"benchmark.captions": "mine"}}
    name, suite = load_suite("caption_quality_rgbnt201", {"benchmarks": [entry]})
    assert {plan.benchmark_settings.captions for plan in plans(name, suite)} == {"mine"}


def test_the_runs_stand_in_the_order_of_the_tables(load):
    planned = load(seeds=[3, 1], runs=[{"method": "next", "variant": "mgfa"}, {"method": "baseline", "label": "Base"}])
    assert [(plan.label, plan.seed) for plan in planned] == [("next:mgfa", 3), ("next:mgfa", 1), ("Base", 3), ("Base", 1)]
    assert [plan.name for plan in planned[::2]] == ["next:mgfa", "baseline"]


def test_settings_come_from_defaults_variant_suite_and_row_in_that_order(load):
    runs = [
        {"method": "next", "variant": "mgfa_tmse", "label": "variant"},
        {"method": "next", "variant": "mgfa_tmse", "label": "row", "set": {"method.csse.enabled": True, "schedule.epochs": 7}},
    ]
    variant, row = load(runs=runs, method={"backbone": {"architecture": "small", "weights": "random"}, "csse.experts": 5})
    assert (variant.method_settings.csse.enabled, row.method_settings.csse.enabled) == (False, True)
    assert variant.method_settings.csse.experts == 5
    assert variant.method_settings.tmse.experts == 3
    assert (variant.schedule.epochs, row.schedule.epochs) == (2, 7)
    assert variant.method_settings.backbone.architecture == "small"


def test_set_changes_everything_and_a_row_wins_over_it(load):
    runs = [{"method": "baseline", "set": {"data.images_per_identity": 3}}, {"method": "next"}]
    first, second = load({"data.images_per_identity": 4, "title": "New", "schedule.rates.base": "1e-3"}, runs=runs)
    assert (first.data.images_per_identity, second.data.images_per_identity) == (3, 4)
    assert first.schedule.rates.base == 1e-3
    assert first.schedule.rates.visual == 5e-4


def test_set_for_a_method_changes_its_rows_alone_and_wins_over_the_row(load):
    runs = [{"method": "baseline"}, {"method": "next", "set": {"method.tmse.experts": 4}}]
    baseline, changed = load({"next.tmse.experts": 2, "baseline.fusion": "reduced"}, runs=runs)
    assert changed.method_settings.tmse.experts == 2
    assert baseline.method_settings.fusion == "reduced"


def test_seeds_rows_and_device_can_be_chosen(load):
    planned = load(options={"seeds": [7, 5], "only": "n*", "device": "cuda"})
    assert [(plan.label, plan.seed, plan.device) for plan in planned] == [("next", 7, "cuda"), ("next", 5, "cuda")]
    with pytest.raises(InputError, match=r"unknown row \(--only\) 'nxt'; did you mean 'next'\?"):
        load(options={"only": "nxt"})


def test_a_grid_unfolds_to_rows_with_labels_and_columns(load):
    planned = load(
        runs=[{"method": "next", "columns": {"kind": "full"}}],
        grid={"method.tmse.experts": [1, 2], "data.identities_per_batch": [3, 4]},
    )
    assert labels(planned)[:2] == [
        "next experts=1, identities_per_batch=3",
        "next experts=1, identities_per_batch=4",
    ]
    assert len(planned) == 4
    assert planned[3].columns == {"kind": "full", "experts": "2", "identities_per_batch": "4"}
    assert (planned[3].method_settings.tmse.experts, planned[3].data.identities_per_batch) == (2, 4)


def test_a_grid_wins_over_its_row(load):
    runs = [{"method": "next", "set": {"method.tmse.experts": 5, "schedule.epochs": 4}}]
    planned = load(runs=runs, grid={"method.tmse.experts": [1, 2]})
    assert [(plan.method_settings.tmse.experts, plan.schedule.epochs) for plan in planned] == [(1, 4), (2, 4)]


def test_grid_keys_that_end_alike_are_told_apart(load):
    planned = load(runs=[{"method": "next"}], grid={"method.tmse.experts": [1, 2], "method.csse.experts": [1, 2]})
    assert len(set(labels(planned))) == 4
    assert planned[1].columns == {"method.tmse.experts": "1", "method.csse.experts": "2"}


def test_several_benchmarks_give_every_row_on_each(load, tmp_path):
    planned = load(benchmarks=["rgbnt201", "synthetic_person"], benchmark={"image_size": [64, 32]})
    assert [(plan.benchmark, plan.label) for plan in planned] == [
        ("rgbnt201", "baseline"),
        ("rgbnt201", "next"),
        ("synthetic_person", "baseline"),
        ("synthetic_person", "next"),
    ]


DRAW = {"name": "synthetic_person", "label": "draw 1", "set": {"benchmark.draw": 1}}


def test_one_benchmark_may_stand_in_a_suite_under_several_labels(load):
    bare, draw = load(benchmarks=["synthetic_person", DRAW], runs=[{"method": "baseline"}])
    assert [(plan.benchmark, plan.benchmark_label) for plan in (bare, draw)] == [
        ("synthetic_person", "synthetic_person"),
        ("synthetic_person", "draw 1"),
    ]
    assert (bare.benchmark_settings.draw, draw.benchmark_settings.draw) == (0, 1)
    assert bare.benchmark_settings.train_identities == draw.benchmark_settings.train_identities == 10


def test_a_benchmark_with_changes_and_no_label_is_named_by_them(load):
    changes = {"benchmark.draw": 1, "data.test_missing": ["TIR"]}
    (plan,) = load(benchmarks=[{"name": "synthetic_person", "set": changes}], runs=[{"method": "baseline"}])
    assert plan.benchmark_label == "synthetic_person draw=1, test_missing=['TIR']"
    assert plan.data.test_missing == ("TIR",)


def test_a_benchmark_wins_over_the_suite_and_a_row_over_the_benchmark(load):
    changes = {"schedule.epochs": 3, "data.images_per_identity": 3, "method.fusion": "reduced"}
    runs = [{"method": "baseline"}, {"method": "baseline", "label": "own", "set": {"schedule.epochs": 4, "benchmark.draw": 5}}]
    planned = load({"data.images_per_identity": 4, "benchmark.cameras": 3}, benchmarks=[{**DRAW, "set": changes}], runs=runs)
    assert [(plan.schedule.epochs, plan.data.images_per_identity) for plan in planned] == [(3, 3), (4, 3)]
    assert [(plan.benchmark_settings.draw, plan.benchmark_settings.cameras) for plan in planned] == [(0, 3), (5, 3)]
    assert {plan.method_settings.fusion for plan in planned} == {"reduced"}


def test_set_acts_on_every_benchmark_that_does_not_say_otherwise(load):
    other = {**DRAW, "label": "other", "set": {"benchmark.cameras": 3}}
    planned = load({"benchmark.draw": 7}, benchmarks=["synthetic_person", other, DRAW], runs=[{"method": "baseline"}])
    assert [plan.benchmark_settings.draw for plan in planned] == [7, 7, 1]


def test_the_manifest_holds_name_and_label_of_a_benchmark(tiny, tmp_path):
    name, suite = load_suite(str(tiny.write_suite(tmp_path / "mine.py", benchmarks=["synthetic_person", DRAW])))
    runs = manifest(name, suite, [(plan, "id") for plan in plans(name, suite, only="next")]).runs
    assert [(run.benchmark, run.benchmark_label) for run in runs] == [
        ("synthetic_person", "synthetic_person"),
        ("synthetic_person", "draw 1"),
    ]


def test_the_manifest_tells_which_rows_have_changes_of_their_own(tiny, tmp_path):
    rows = [{"method": "next"}, {"method": "next", "label": "2", "set": {"method.tmse.experts": 2}}, {"method": "baseline"}]
    path = str(tiny.write_suite(tmp_path / "mine.py", runs=rows))
    name, suite = load_suite(path, {"baseline.supervision.id_weight": 0.5, "schedule.epochs": 1})
    runs = manifest(name, suite, [(plan, "id") for plan in plans(name, suite)]).runs
    assert {run.label: run.changed for run in runs} == {"next": False, "2": True, "baseline": True}


@pytest.fixture
def recipe(tmp_path):
    """The path of a recipe with settings in every section."""
    path = tmp_path / "recipe.py"
    sections = {
        "method": {"supervision": {"id_weight": 0.5}},
        "benchmark": {"cameras": 3},
        "schedule": {"epochs": 9, "rates": {"visual": None}},
        "data": {"images_per_identity": 3},
    }
    path.write_text("".join(f"{key} = {value!r}\n" for key, value in sections.items()))
    return str(path)


def test_a_recipe_wins_over_the_sections_of_the_suite_and_leaves_the_rest(load, recipe):
    (plan,) = load(recipe=recipe, runs=[{"method": "baseline"}])
    assert (plan.schedule.epochs, plan.schedule.rates.visual, plan.data.images_per_identity) == (9, None, 3)
    assert (plan.benchmark_settings.cameras, plan.method_settings.supervision.id_weight) == (3, 0.5)
    assert (plan.schedule.rates.base, plan.data.identities_per_batch, plan.evaluation.every) == (2e-3, 4, 1)
    assert (plan.benchmark_settings.train_identities, plan.method_settings.backbone.architecture) == (10, "small")


def test_over_a_recipe_lie_set_then_the_benchmark_then_the_row_then_the_grid(load, recipe):
    def epochs(changes=None, **replaced):
        return [plan.schedule.epochs for plan in load(changes, recipe=recipe, **{"runs": [{"method": "baseline"}], **replaced})]

    benchmarks = ["synthetic_person", {**DRAW, "set": {"schedule.epochs": 12}}]
    runs = [{"method": "baseline"}, {"method": "baseline", "label": "own", "set": {"schedule.epochs": 13}}]
    assert epochs() == [9]
    assert epochs(set={"schedule.epochs": 10}) == epochs(set={"schedule": {"epochs": 10}}) == [10]
    assert epochs({"schedule.epochs": 11}, set={"schedule.epochs": 10, "schedule.warmup_epochs": 1}) == [11]
    assert epochs({"schedule.epochs": 11}, benchmarks=benchmarks) == [11, 12]
    assert epochs({"schedule.epochs": 11}, benchmarks=benchmarks, runs=runs) == [11, 13, 12, 13]
    assert epochs({"schedule.epochs": 11}, runs=runs, grid={"schedule.epochs": [14]}) == [14, 14]


def test_a_row_may_name_a_recipe_of_its_own(load, recipe):
    runs = [{"method": "baseline"}, {"method": "baseline", "label": "own", "recipe": recipe}]
    assert [plan.schedule.epochs for plan in load(runs=runs)] == [2, 9]
    assert [plan.schedule.epochs for plan in load(runs=runs, recipe="published")] == [50, 9]
    assert [plan.schedule.noise for plan in load({"recipe": "clean"}, runs=runs, recipe="published")] == [False, False]
    assert [plan.schedule.epochs for plan in load({"schedule.epochs": 20}, runs=runs)] == [20, 20]


def test_set_is_held_against_what_the_recipe_says(load):
    """Signal has no warm-up on MSVR310: what does not fit the suite's own sections may fit the recipe."""
    name, suite = load_suite("msvr310", {"schedule.epochs": 5})
    assert {plan.schedule.epochs for plan in plans(name, suite, only="signal")} == {5}
    with pytest.raises(InputError, match=r"msvr310: next: schedule: warmup_epochs 10 must be fewer than epochs 5"):
        plans(name, suite, only="next")


def test_set_wins_over_the_published_recipe_in_every_section():
    changes = {
        "benchmark.image_size": [64, 32],
        "method.backbone.weights": "random",
        "method.supervision.id_weight": 1.0,
        "signal.alignment.lam_stride": 2,
        "schedule.epochs": 1,
        "schedule.warmup_epochs": 0,
        "data.identities_per_batch": 2,
    }
    for plan in plans(*load_suite("rgbnt201", changes)):
        assert (plan.schedule.epochs, plan.schedule.warmup_epochs, plan.schedule.warmup) == (1, 0, "shared")
        assert (plan.data.identities_per_batch, plan.data.images_per_identity) == (2, 8)
        assert (plan.benchmark_settings.image_size, plan.method_settings.supervision.id_weight) == ((64, 32), 1.0)
        assert plan.method_settings.backbone.weights == "random"
        assert plan.method != "signal" or plan.method_settings.alignment.lam_stride == 2


def test_rows_of_one_recipe_and_of_equal_settings_are_the_same_run(load, recipe):
    runs = [{"method": "baseline", "recipe": recipe}]
    changes = {"schedule.epochs": 9, "schedule.rates.visual": None, "data.images_per_identity": 3}
    changes |= {"benchmark.cameras": 3, "method.supervision.id_weight": 0.5}
    (by_recipe,), (by_set,) = load(runs=runs), load(changes, runs=[{"method": "baseline"}])
    assert by_recipe.resolved() == by_set.resolved()


@pytest.mark.parametrize(
    ("replaced", "message"),
    [
        ({"recipe": "publishd"}, "mine: baseline: unknown recipe 'publishd'; did you mean 'published'"),
        ({"runs": [{"method": "next", "recipe": "clen"}]}, "mine: next: unknown recipe 'clen'; did you mean 'clean'"),
        ({"set": {"title": "x"}}, "mine: unknown key 'title'"),
        ({"set": {"schedule.epoch": 3}}, "mine: baseline: unknown key 'schedule.epoch'; did you mean 'schedule.epochs'"),
        ({"benchmarks": [DRAW, DRAW]}, "mine: two benchmarks are labelled 'draw 1'; give each a label of its own"),
        ({"benchmarks": ["synthetic_person", "synthetic_person"]}, "two benchmarks are labelled 'synthetic_person'"),
        ({"benchmarks": [{**DRAW, "label": "synthetic_person"}]}, "with changes needs a label that is not its name"),
        ({"benchmarks": [{"nam": "x"}]}, "unknown key 'benchmarks.0.nam'; did you mean 'benchmarks.0.name'"),
        ({"benchmarks": [{**DRAW, "set": {"benchmrk.draw": 1}}]}, "mine: draw 1: unknown key 'benchmrk'; did you mean 'benchm"),
        ({"benchmarks": [{**DRAW, "set": {"benchmark.drw": 1}}]}, "synthetic_person: unknown key 'drw'; did you mean 'draw'"),
        ({"benchmarks": [{**DRAW, "set": {"benchmark": 1}}]}, "mine: draw 1: benchmark: expected settings"),
        ({"benchmarks": [3]}, r"benchmarks.0: .*valid dictionary"),
        ({"runs": [{"method": "baselin"}]}, "mine: baselin: unknown method 'baselin'; did you mean 'baseline'"),
        ({"runs": [{"method": "next", "variant": "mfga"}]}, "unknown variant of next 'mfga'; did you mean 'mgfa'"),
        ({"benchmarks": ["synthetic_persn"]}, "unknown benchmark 'synthetic_persn'; did you mean 'synthetic_person'"),
        ({"benchmarks": []}, "benchmarks: .* at least 1 item"),
        ({"runs": []}, "runs: .* at least 1 item"),
        ({"seeds": []}, "seeds: .* at least 1 item"),
        ({"seeds": [1, 2, 1]}, "seeds 1, 2, 1: expected different numbers"),
        ({"seeds": [-1]}, "seeds -1: expected different numbers from 0 to 4294967295"),
        ({"seeds": [2**32]}, "seeds 4294967296: expected different numbers"),
        ({"titel": "x"}, "unknown key 'titel'; did you mean 'title'"),
        ({"schedule": {"epoch": 3}}, "unknown key 'schedule.epoch'; did you mean 'schedule.epochs'"),
        ({"data": {"augmentation": {"padd": 3}}}, "unknown key 'data.augmentation.padd'; did you mean 'data.augmentation.pad'"),
        ({"benchmark": {"train_identity": 3}}, "unknown key 'train_identity'; did you mean 'train_identities'"),
        ({"runs": [{"method": "next", "varient": "mgfa"}]}, "unknown key 'runs.0.varient'; did you mean 'runs.0.variant'"),
        ({"runs": [{"method": "next", "set": {"metod.x": 1}}]}, "mine: next: unknown key 'metod'; did you mean 'method'"),
        ({"runs": [{"method": "next", "set": {"method.tmse.expert": 1}}]}, "unknown key 'tmse.expert'; did you mean 'tmse.ex"),
        ({"runs": [{"method": "next", "set": {"method": 1}}]}, "method: expected settings"),
        ({"runs": [{"method": "next", "set": {"schedule": 1}}]}, "schedule: expected settings"),
        ({"grid": {"method.tmse.expert": [1]}, "runs": [{"method": "next"}]}, "unknown key 'tmse.expert'"),
        ({"grid": {"method.tmse.experts": []}}, "grid.method.tmse.experts: .* at least 1 item"),
        ({"grid": {"method.tmse.experts": 2}}, "grid.method.tmse.experts: .* valid list"),
        ({"runs": [{"method": "next"}, {"method": "next"}]}, "two rows are labelled 'next'; give each a label of its own"),
        ({"runs": [{"method": "next"}, {"method": "baseline", "label": "next"}]}, "two rows are labelled 'next'"),
        ({"reference": "basline"}, r"mine: unknown row \(reference\) 'basline'; did you mean 'baseline'"),
        ({"table": "comparision"}, "table: .* did you mean 'comparison'"),
        ({"custom_imports": ["nothing_of_that_name"]}, "mine.py: custom_imports: No module named 'nothing_of_that_name'"),
        ({"custom_imports": 3}, "mine.py: custom_imports: .* valid tuple .received 3"),
    ],
)
def test_a_mistake_in_a_suite_file_is_answered(load, replaced, message):
    with pytest.raises(InputError, match=message) as error:
        load(**replaced)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("key", "message"),
    [
        ("shedule.epochs", "--set: unknown key 'shedule'; did you mean 'schedule'"),
        ("schedule.epoch", "with --set: unknown key 'schedule.epoch'; did you mean 'schedule.epochs'"),
        ("method.tmse.expert", "mine: baseline: baseline: unknown key 'tmse'"),
        ("next.tmse.expert", "mine: next: next: unknown key 'tmse.expert'; did you mean 'tmse.experts'"),
        ("nxt.tmse.experts", "--set: unknown key 'nxt'; did you mean 'next'"),
        ("signal.sim.enabled", "--set: mine: unknown method 'signal'; one of: baseline, next"),
        ("next", "mine: next: method: expected settings"),
        ("method", "method: input should be a valid dictionary"),
        ("schedule", "schedule: input should be a valid dictionary"),
        ("schedule.epochs", "schedule.epochs: .* valid integer.*received 'x'"),
    ],
)
def test_a_mistake_in_set_is_answered(load, key, message):
    with pytest.raises(InputError, match=message):
        load({key: "x"})


def test_a_suite_of_a_user_may_stand_on_a_shipped_one(tmp_path):
    path = tmp_path / "mine.py"
    path.write_text(f'_base_ = ["{CONFIGS}/suites/embedded.py"]\ntitle = "Mine"\nseeds = [5]\nschedule = dict(epochs=3)\n')
    name, suite = load_suite(str(path))
    planned = plans(name, suite)
    assert (name, suite.title, suite.jobs) == ("mine", "Mine", 2)
    assert [(plan.label, plan.seed, plan.schedule.epochs) for plan in planned] == [
        ("baseline", 5, 3),
        ("signal", 5, 3),
        ("next", 5, 3),
    ]
    assert planned[0].schedule.rates == load_suite("embedded")[1].schedule.rates


METHOD = """
from methods.base import METHODS
from methods.baseline import Baseline

@METHODS.register("mine_for_tests")
class Mine(Baseline):
    "A method of a user."
"""


def test_custom_imports_bring_a_method_of_a_user(load, user_module):
    user_module("user_methods_1", METHOD)
    (plan,) = load(custom_imports=["user_methods_1"], runs=[{"method": "mine_for_tests", "set": {"method.fusion": "reduced"}}])
    assert (plan.name, plan.method_settings.fusion) == ("mine_for_tests", "reduced")
    assert "user_methods_1" in sys.modules
    with pytest.raises(InputError, match="unknown variant of mine_for_tests 'x'; one of: default"):
        load(custom_imports=["user_methods_1"], runs=[{"method": "mine_for_tests", "variant": "x"}])


def test_custom_imports_may_come_from_the_command_line(tiny, tmp_path, user_module):
    user_module("user_methods_2", METHOD.replace("mine_for_tests", "mine_by_option"))
    path = str(tiny.write_suite(tmp_path / "mine.py", runs=[{"method": "mine_by_option"}]))
    (plan,) = plans(*load_suite(path, {"custom_imports": ["user_methods_2"]}))
    assert (plan.method, plan.imports) == ("mine_by_option", ("user_methods_2",))


def test_the_manifest_lists_the_runs_with_what_tables_show(load, tiny, tmp_path):
    path = tiny.write_suite(tmp_path / "mine.py", reference="next", table="ablation")
    name, suite = load_suite(str(path))
    planned = plans(name, suite, seeds=[0, 1])
    written = manifest(name, suite, [(plan, f"id {index}") for index, plan in enumerate(planned)])
    assert (written.suite, written.title, written.table, written.reference) == ("mine", "Tiny", "ablation", "next")
    assert [(run.id, run.label, run.seed) for run in written.runs][1:3] == [("id 1", "baseline", 1), ("id 2", "next", 0)]


def test_the_manifest_names_no_reference_that_was_left_out(tiny, tmp_path):
    name, suite = load_suite(str(tiny.write_suite(tmp_path / "mine.py", reference="next")))
    written = manifest(name, suite, [(plan, "id") for plan in plans(name, suite, only="baseline")])
    assert written.reference == ""


def test_settings_of_a_method_say_where_a_wrong_key_is():
    with pytest.raises(InputError, match=r"here: signal: unknown key 'sim.enabld'; did you mean 'sim.enabled'"):
        method_settings("signal", "default", {"sim.enabld": True}, "here")
