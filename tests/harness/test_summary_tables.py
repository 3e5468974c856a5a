import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from benchmarks.conditions import Condition
from harness.comparison import Comparison
from harness.executors import Task
from harness.records import Metrics
from harness.reference import CheckResult, CheckRow
from harness.summary import check_table, comparison_table, conditions_table, metrics_table, profile_table, suite_table


def cells(table):
    """Rows of cells of a table as it is printed."""
    out = io.StringIO()
    Console(file=out, width=250).print(table)
    return [[cell for cell in line.split("  ") if cell.strip()] for line in out.getvalue().splitlines()]


def stripped(table):
    return [[cell.strip() for cell in row] for row in cells(table)]


def test_metrics_are_in_percent_beside_their_counts():
    values = {"mAP": 0.12345, "R1": 0.5, "R5": 1.0, "R10": 1.0, "mINP": 0.1}
    table = metrics_table(Metrics(**values, queries=10, skipped_queries=2, tied_positives=3))
    assert stripped(table)[1] == ["12.35", "50.00", "100.00", "100.00", "10.00", "10", "2", "3"]


def test_conditions_stand_with_their_difference_to_the_first():
    values = {"R1": 0.5, "R5": 1.0, "R10": 1.0, "mINP": 0.1, "queries": 1, "skipped_queries": 0, "tied_positives": 0}
    given = [(Condition(), 0.5), (Condition(missing=("RGB", "TIR")), 0.25), (Condition.model_validate("NIR:blur:2"), 0.51)]
    rows = stripped(conditions_table([(condition, Metrics(mAP=mAP, **values)) for condition, mAP in given]))
    assert [(row[0], row[1], row[-1]) for row in rows[1:]] == [
        ("undisturbed", "50.00", "+0.00"),
        ("M(RGB+TIR)", "25.00", "-25.00"),
        ("NIR blur 2", "51.00", "+1.00"),
    ]


def tasks_of(folder):
    return [Task(SimpleNamespace(label=run.label, benchmark_label=run.benchmark_label), run.id) for run in folder.runs]


def test_a_suite_shows_mean_and_deviation_over_the_finished_seeds(folder, fake):
    folder.row("A", 0.5, finished=(0, 2)).row("B", 0.6, seeds=(0,)).row("C", 0.6, finished=())
    rows = stripped(suite_table(tasks_of(folder), folder.path))
    assert rows[0][:4] == ["row", "benchmark", "seeds", "mAP"]
    assert rows[1][:3] == ["A", "RGBNT201", "2"]
    assert " ± " in rows[1][3]
    assert rows[2][:3] == ["B", "RGBNT201", "1"]
    assert " ± " not in " ".join(rows[2])
    assert rows[2][-3:] == ["94.829", "45.950", "275"]
    assert rows[3] == ["C", "RGBNT201", "0"]


def test_one_row_on_two_benchmarks_has_two_lines(folder):
    folder.row("A", 0.5, seeds=(0,)).row("A", 0.5, seeds=(0,), benchmark="MSVR310", throughput=None)
    rows = stripped(suite_table(tasks_of(folder), folder.path))
    assert [row[:3] for row in rows[1:]] == [["A", "RGBNT201", "1"], ["A", "MSVR310", "1"]]
    assert rows[2][-1] == "45.950"


PROFILE = {
    "method": "next",
    "variant": "mgfa",
    "benchmark": "rgbnt201",
    "parameters": {"trainable": 88_509_440, "total": 2, "test": 3, "test_trainable": 4},
    "gmacs": {"attention": 35.0, "published": 33.53},
    "throughput": None,
    "memory": None,
}
TIMED = {
    "throughput": {"images_per_second": 123.45, "device": "CPU", "batch": 8, "precision": "bf16"},
    "memory": {"peak_bytes": 3 * 2**20},
}


def test_a_profile_shows_both_conventions_or_the_one_that_is_asked_for():
    assert stripped(profile_table([PROFILE], None))[1] == ["next:mgfa", "88,509,440", "2", "3", "35.000", "33.530"]
    assert stripped(profile_table([{**PROFILE, "variant": "default"}], "published"))[1][0::4] == ["next", "33.530"]


def test_a_profile_with_timing_says_how_it_was_measured():
    rows = stripped(profile_table([{**PROFILE, **TIMED}], "attention"))
    assert rows[0][-5:] == ["images/s", "device", "batch", "precision", "peak MiB"]
    assert rows[1][-5:] == ["123.5", "CPU", "8", "bf16", "3"]


@pytest.mark.parametrize(("within", "word"), [(True, "yes"), (False, "NO")])
def test_a_check_shows_every_figure(within, word):
    row = CheckRow(run="s/A on B", metric="mAP", expected=82.4, tolerance=2, measured=81.23456, within=within, source="paper")
    rows = stripped(check_table(CheckResult(against="published", rows=[row], passed=within)))
    assert rows[1] == ["s/A on B", "mAP", "82.4", "2", "81.235", word]


def test_a_comparison_is_in_points_with_signs():
    values = {"level": 0.95, "queries_won": 7, "queries_lost": 2, "seeds": 3, "paired_seeds": True}
    table = comparison_table(Comparison(a="NEXT", b="Base", difference=0.0123, interval=(-0.001, 0.02), **values))
    assert stripped(table)[1] == ["NEXT", "Base", "+1.23", "-0.10 to +2.00", "7 / 2", "3"]
