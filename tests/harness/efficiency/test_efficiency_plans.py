import pytest

from benchmarks.common.errors import InputError
from harness.catalogue import catalogue
from harness.efficiency.measurements import Setting
from harness.efficiency.plans import efficiency_title, known_plans, load_efficiency, measure_plans
from harness.groups import load_members
from harness.records import Environment

TABLE = {
    "title": "Tiny table",
    "reference": "baseline",
    "recipe": "published",
    "method": {"backbone": {"weights": "random"}},
    "runs": [{"method": "baseline"}, {"method": "next", "variant": "no_text", "label": "no text"}, {"method": "next"}],
    "measure": {"benchmark": "rgbnt201", "batch": 2, "identities": 2, "images": 2, "warmup": 1, "repeats": 2},
    "full": {"measure.precisions": ["fp32", "bf16"], "measure.compiled": [False, True]},
    "small": {"method.backbone.architecture": "small", "benchmark.image_size": [64, 32]},
}
ENVIRONMENT = Environment(
    python="3.11",
    platform="Linux",
    processor="one",
    device="CPU",
    threads=1,
    deterministic=False,
    versions={"torch": "2.6"},
    commit="a",
)


@pytest.fixture
def write(tmp_path):
    """The path of a file with some of its keys replaced; None leaves one out."""

    def write_table(**changes):
        path = tmp_path / "table.py"
        values = {key: value for key, value in {**TABLE, **changes}.items() if value is not None}
        path.write_text("".join(f"{key} = {value!r}\n" for key, value in values.items()))
        return str(path)

    return write_table


def plans_of(path, changes=None, device="cpu", only=""):
    return measure_plans(load_efficiency(path, changes, device), only=only, device=device)


def ids(path, changes=None, environment=ENVIRONMENT, device="cpu"):
    return [plan.measurement_id(environment) for plan in plans_of(path, changes, device)]


def test_a_file_of_this_kind_is_told_by_its_section(write):
    assert efficiency_title(write()) == "Tiny table"
    assert efficiency_title("embedded") is None
    assert efficiency_title("embedded_hour") is None


def test_rows_are_unfolded_over_precisions_and_compilation(write):
    shown = [plan.shown for plan in plans_of(write(), device="cuda")]
    assert len(shown) == 3 * 2 * 2
    assert shown[:4] == ["baseline, fp32", "no text, fp32", "next, fp32", "baseline, fp32, torch.compile"]
    assert shown[-1] == "next, bf16, torch.compile"


def test_the_device_chooses_the_size_unless_it_is_said(write):
    (small, *_), (full, *_) = plans_of(write()), plans_of(write(), device="cuda")
    assert (small.size, small.spec.image_size) == ("small", (64, 32))
    assert (full.size, full.spec.image_size) == ("full", (256, 128))
    assert small.plan.method_settings.backbone.architecture == "small"
    assert full.plan.method_settings.backbone.architecture == "vit_b_16"
    assert plans_of(write(), {"size": "full"})[0].spec.image_size == (256, 128)
    assert plans_of(write(size="small"), device="cuda")[0].size == "small"


def test_what_is_set_wins_over_the_size(write):
    plan = plans_of(write(), {"benchmark.image_size": [32, 16], "measure.batch": 5, "next.tmse.experts": 1})[-1]
    assert (plan.spec.image_size, plan.measure.batch) == ((32, 16), 5)
    assert plan.plan.method_settings.tmse.experts == 1


def test_the_recipe_gives_optimiser_and_rates(write):
    plan = plans_of(write(runs=[{"method": "baseline", "recipe": "published/topreid"}, {"method": "next"}]))
    assert [each.plan.schedule.optimizer for each in plan] == ["sgd", "adam"]
    (settings, _) = (each.resolved()["schedule"] for each in plan)
    assert set(settings) == {"optimizer", "rates"}


def test_facts_of_the_benchmark_need_no_data(write):
    spec = plans_of(write())[0].spec
    assert (spec.identities, spec.cameras) == (171, 4)


def test_one_row_alone(write):
    assert [plan.plan.label for plan in plans_of(write(), only="no*")] == ["no text"]


def test_an_id_is_of_what_is_measured_of_the_machine_and_of_the_versions(write):
    first = ids(write())
    assert len(set(first)) == 3
    assert ids(write(title="Another")) == first
    assert ids(write(), environment=ENVIRONMENT.model_copy(update={"commit": "b"})) == first
    other = [
        ids(write(), {"measure.batch": 3}),
        ids(write(), {"measure.repeats": 9}),
        ids(write(), {"threads": 2}),
        ids(write(), {"schedule.optimizer": "sgd"}),
        ids(write(), {"benchmark.image_size": [32, 16]}),
        ids(write(), environment=ENVIRONMENT.model_copy(update={"processor": "two"})),
        ids(write(), environment=ENVIRONMENT.model_copy(update={"versions": {"torch": "2.7"}})),
    ]
    assert all(not set(found) & set(first) for found in other)


def test_other_precisions_leave_the_ids_of_the_first_alone(write):
    assert ids(write(), {"measure.precisions": ["fp32", "bf16"]})[:3] == ids(write())


def test_what_an_earlier_table_may_hold_leaves_out_methods_that_are_not_here(write):
    measured = load_efficiency(write(runs=[*TABLE["runs"], {"method": "not_here"}]))
    known = known_plans(measured, [Setting("bf16", True)], "cpu")
    assert [plan.plan.label for plan in known] == ["baseline", "no text", "next"]
    assert {(plan.precision, plan.compiled) for plan in known} == {("bf16", True)}


def refusal(path, changes=None):
    """What is said of a file or a measurement that cannot be used."""
    with pytest.raises(InputError) as error:
        for plan in plans_of(path, changes):
            plan.check()
    return str(error.value)


def test_a_method_that_is_not_there_is_named(write):
    path = write(runs=[{"method": "baseline"}, {"method": "nexd"}])
    assert "table: nexd: unknown method 'nexd'; did you mean 'next'?" in refusal(path)
    assert len(plans_of(path, only="baseline")) == 1


def test_keys_that_would_do_nothing_are_refused(write):
    of_schedule = refusal(write(), {"schedule.epochs": 3})
    assert "unknown key 'schedule.epochs'" in of_schedule
    assert "schedule.optimizer" in of_schedule
    of_row = write(runs=[{"method": "next", "set": {"schedule.epochs": 3}}], reference="")
    assert "unknown key 'schedule.epochs'" in refusal(of_row)
    assert "unknown key 'schedule.epochs'" in refusal(write(schedule={"epochs": 3}))
    assert "unknown key 'data'" in refusal(write(), {"data.test_batch": 3})
    assert "unknown key 'seeds'" in refusal(write(seeds=[0]))
    assert "unknown key 'measure.batches'; did you mean 'measure.batch'" in refusal(write(), {"measure.batches": 3})
    assert "--set small.measure.batch: the section 'small' is the file's own; give measure.batch without it" in refusal(
        write(), {"small.measure.batch": 3}
    )
    of_size = refusal(write(), {"size": "big"})
    assert "size: " in of_size
    assert "received 'big'" in of_size
    assert "unknown row (reference) 'nexd'" in refusal(write(reference="nexd"))


def test_what_cannot_be_measured_is_told_first(write):
    assert "fp16 needs --device cuda" in refusal(write(), {"measure.precisions": ["fp16"]})
    assert "measure.identities: rgbnt201 has 171 (received 172)" in refusal(write(), {"measure.identities": 172})
    assert "not divisible by the patch" in refusal(write(), {"benchmark.image_size": [30, 30]})


def test_the_shipped_table_has_the_baseline_as_its_reference_and_random_weights():
    measured = load_efficiency("table_efficiency", device="cuda")
    assert measured.settings.reference == "baseline"
    planned = measure_plans(measured, device="cuda")
    assert {plan.precision for plan in planned} == {"fp32", "fp16", "bf16"}
    assert {plan.compiled for plan in planned} == {False, True}
    assert all(plan.plan.method_settings.backbone.weights == "random" for plan in planned)
    assert {plan.plan.label for plan in planned} >= {"baseline", "signal", "next", "next without text"}


def test_the_catalogue_lists_it_and_a_group_is_no_place_for_it(write, tmp_path):
    assert "table_efficiency" in list(catalogue("suites").columns[0].cells)
    write()
    (tmp_path / "group.py").write_text("title = 'Group'\nsuites = ['table.py']\n")
    with pytest.raises(InputError, match="unknown key 'measure'"):
        load_members(str(tmp_path / "group.py"))
