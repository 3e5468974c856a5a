from typing import get_args

import pytest

from benchmarks.base import BENCHMARKS
from benchmarks.common.errors import InputError
from harness import reference
from harness.records import Gmacs, Parameters
from harness.reference import Against, Expectation, check_records, read_references
from harness.rows import collect
from harness.suite import method_config
from methods.base import METHODS


@pytest.fixture
def references(monkeypatch):
    """Sets the reference figures: (metric, expected, tolerance) of the method NEXT on RGBNT201, or with changes."""
    known = []

    def add(metric, expected, tolerance=1.0, **changes):
        values = {"source": "paper", "suite": "", "benchmark": "RGBNT201", "method": "next", "variant": "default", **changes}
        known.append(Expectation(metric=metric, expected=expected, tolerance=tolerance, **values))

    monkeypatch.setattr(reference, "read_references", lambda against: known)
    return add


@pytest.fixture
def work(folder):
    return folder.row("NEXT", 0.6, method="next").row("Baseline", 0.5, method="baseline").write()


def mean_map(work):
    return 100 * collect(work)[0].benchmarks[0].rows[0].average_precision.mean


def test_a_figure_is_the_mean_over_the_seeds_in_percent(work, references):
    references("mAP", 60, 10)
    (row,) = check_records(work, "published").rows
    assert row.measured == pytest.approx(mean_map(work))
    assert (row.run, row.metric, row.expected, row.tolerance, row.source) == ("main/NEXT on RGBNT201", "mAP", 60, 10, "paper")


def test_no_reference_is_of_a_row_that_was_re_ranked(folder, references):
    references("mAP", 60, 10)
    folder.row("NEXT", 0.6, method="next")
    work = folder.row("re-ranked", 0.6, method="next", settings={"evaluation": {"rerank": {"k1": 20}}}).write()
    assert [row.run for row in check_records(work, "published").rows] == ["main/NEXT on RGBNT201"]


def test_no_published_figure_is_of_a_row_with_changes_of_its_own(folder, references):
    folder.row("2 layers", 0.6, method="next", changed=True)
    work = folder.row("NEXT", 0.5, method="next").write()
    references("mAP", 60, 30)
    assert [row.run for row in check_records(work, "published").rows] == ["main/NEXT on RGBNT201"]
    references("mAP", 60, 30, suite="main")
    assert {row.run for row in check_records(work, "golden").rows} == {"main/NEXT on RGBNT201", "main/2 layers on RGBNT201"}


def test_within_and_outside_of_the_tolerance(work, references):
    measured = mean_map(work)
    for offset, within in ((0.9, True), (-0.9, True), (1.1, False), (-1.1, False)):
        references("mAP", measured + offset, 1.0)
        result = check_records(work, "golden")
        assert result.rows[-1].within is within
    assert [row.within for row in result.rows] == [True, True, False, False]
    assert result.passed is False
    assert result.against == "golden"


def test_all_within_is_passed(work, references):
    references("mAP", mean_map(work), 0.0)
    assert check_records(work, "published").passed is True


@pytest.mark.parametrize(("measured", "expected", "tolerance"), [(86.4, 86.3, 0.1), (88.3, 88.25, 0.05), (0.3, 0.1, 0.2)])
def test_a_distance_that_is_the_tolerance_as_written_is_within(folder, references, measured, expected, tolerance):
    gmacs = Gmacs(attention=0.0, published=measured)
    work = folder.row("NEXT", 0.6, seeds=(0,), method="next", gmacs=gmacs).write()
    references("gmacs_published", expected, tolerance)
    references("gmacs_published", expected - 1e-4, tolerance)
    assert [row.within for row in check_records(work, "published").rows] == [True, False]


def test_sizes_and_costs_have_their_units(folder, references):
    sizes = Parameters(trainable=94_828_559, total=1, test=2, test_trainable=3)
    costs = Gmacs(attention=45.95, published=44.806)
    work = folder.row("NEXT", 0.6, method="next", parameters=sizes, gmacs=costs).write()
    for metric in ("params_M", "gmacs_attention", "gmacs_published"):
        references(metric, 1.0)
    assert [row.measured for row in check_records(work, "published").rows] == [94.828559, 45.95, 44.806]


def test_a_figure_of_a_suite_is_held_against_that_suite_alone(folder, references):
    folder.row("NEXT", 0.6, method="next").write("embedded")
    work = folder.row("NEXT", 0.6, method="next").write("other")
    references("mAP", 60, suite="embedded")
    assert [row.run for row in check_records(work, "golden").rows] == ["embedded/NEXT on RGBNT201"]
    references("R1", 60)
    assert [row.run.partition("/")[0] for row in check_records(work, "golden").rows] == ["embedded", "embedded", "other"]


@pytest.mark.parametrize("named", [("draw 1", "RGBNT201"), ("person", "RGBNT201")])
def test_a_benchmark_under_a_label_of_its_own_has_no_reference(folder, references, named):
    folder.row("NEXT", 0.6, method="next").row("NEXT", 0.6, method="next", benchmark=named[0], name=named[1])
    references("mAP", 60)
    assert [row.run for row in check_records(folder.write(), "golden").rows] == ["main/NEXT on RGBNT201"]


@pytest.mark.parametrize(
    "changes", [{"method": "signal"}, {"variant": "mgfa"}, {"benchmark": "MSVR310"}, {"suite": "embedded"}]
)
def test_nothing_to_check_is_told_with_what_there_is(work, references, changes):
    references("mAP", 60, **changes)
    known = changes.get("suite") or changes.get("benchmark") or "RGBNT201"
    with pytest.raises(InputError, match=f"no finished row has a published reference; there are some for: {known}"):
        check_records(work, "published")


def test_rows_that_are_not_finished_are_not_checked(folder, references):
    folder.row("NEXT", 0.6, method="next", finished=())
    work = folder.row("Signal", 0.6, method="signal", finished=(1,)).write()
    references("mAP", 60)
    references("mAP", 60, 30, method="signal")
    (row,) = check_records(work, "published").rows
    assert row.run == "main/Signal on RGBNT201"


def test_reference_files_are_read_with_their_types(tmp_path, monkeypatch):
    text = "source,suite,benchmark,method,variant,metric,expected,tolerance\n"
    text += '"a, b",,rgbnt201,next,default,mAP,82.4,2\nabc123,embedded,x,y,z,params_M,1,0.05\n'
    (tmp_path / "golden.csv").write_text(text, encoding="utf-8")
    monkeypatch.setattr(reference, "REFERENCES", tmp_path)
    first, second = read_references("golden")
    assert (first.source, first.suite, first.expected, first.tolerance) == ("a, b", "", 82.4, 2.0)
    assert (second.suite, second.metric) == ("embedded", "params_M")


METRICS = {"mAP", "R1", "R5", "R10", "mINP", "params_M", "gmacs_attention", "gmacs_published"}


@pytest.mark.parametrize("against", get_args(Against))
def test_shipped_references_are_of_known_metrics_and_named_once(against):
    references = read_references(against)
    keys = [(each.suite, each.benchmark, each.method, each.variant, each.metric) for each in references]
    assert {each.metric for each in references} <= METRICS
    assert len(set(keys)) == len(keys)
    assert all(each.tolerance > 0 and each.source for each in references)
    assert all(each.expected <= 100 for each in references if not each.metric.startswith(("params", "gmacs")))


def test_published_figures_are_of_methods_and_variants_that_there_are():
    for each in read_references("published"):
        assert each.benchmark in BENCHMARKS.names(), each
        assert each.method in METHODS.names(), each
        assert each.variant in {"default", *method_config(each.method).variants}, each
