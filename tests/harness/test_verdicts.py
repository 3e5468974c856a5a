import math

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.directions import Direction
from harness.rows import collect
from harness.statistics import Interval, bootstrap_mean, paired_difference
from harness.verdicts import check_directions, judge, measured_text, verdict, verdict_lines

NAN = math.nan


def interval(low, high):
    return Interval((low + high) / 2, low, high, 0.95)


@pytest.mark.parametrize(
    ("relation", "margin", "low", "high", "expected"),
    [
        ("above", 0.0, 0.01, 0.03, "held"),
        ("above", 0.0, -0.01, 0.03, "not resolved"),
        ("above", 0.0, -0.03, -0.01, "not held"),
        ("above", 0.02, 0.03, 0.04, "held"),
        ("above", 0.02, 0.01, 0.03, "not resolved"),
        ("above", 0.02, 0.005, 0.01, "not held"),
        ("above", 0.0, NAN, NAN, "not resolved"),
        ("below", 0.0, -0.03, -0.01, "held"),
        ("below", 0.0, -0.01, 0.03, "not resolved"),
        ("below", 0.0, 0.01, 0.03, "not held"),
        ("below", 0.02, -0.04, -0.03, "held"),
        ("below", 0.02, -0.03, -0.01, "not resolved"),
        ("below", 0.02, -0.01, -0.005, "not held"),
        ("level", 0.02, -0.01, 0.02, "held"),
        ("level", 0.02, -0.01, 0.03, "not resolved"),
        ("level", 0.02, -0.04, 0.01, "not resolved"),
        ("level", 0.02, 0.03, 0.04, "not held"),
        ("level", 0.02, -0.04, -0.03, "not held"),
        ("level", 0.02, NAN, NAN, "not resolved"),
    ],
)
def test_a_difference_is_judged_by_its_interval(relation, margin, low, high, expected):
    assert verdict(relation, margin, interval(low, high)) == expected


@pytest.mark.parametrize(
    ("low", "high", "margin", "chance", "expected"),
    [
        (0.01, 0.03, 0.0, 0.02, "held"),
        (0.03, 0.04, 0.0, 0.02, "not held"),
        (0.00, 0.01, 0.0, 0.02, "not held"),
        (0.03, 0.04, 0.01, 0.02, "held"),
        (0.00, 0.01, 0.01, 0.02, "held"),
        (0.04, 0.05, 0.01, 0.02, "not held"),
        (0.01, 0.03, 0.0, None, "not resolved"),
        (NAN, NAN, 0.0, 0.02, "not resolved"),
    ],
)
def test_chance_is_judged_by_the_interval_of_the_map(low, high, margin, chance, expected):
    assert verdict("chance", margin, interval(low, high), chance) == expected


def expecting(folder, label, level, *directions, **options):
    """A row with expectations; a direction is (relation, row, margin)."""
    count = len(folder.runs)
    folder.row(label, level, **options)
    expect = tuple(Direction(relation=r, row=row, margin=m, why="Because.") for r, row, m in directions)
    folder.runs[count:] = [run.model_copy(update={"expect": expect}) for run in folder.runs[count:]]
    return folder


@pytest.fixture
def work(folder):
    """Rows at 50 and 60 mAP; one of three expectations holds, one does not, one is not resolved."""
    folder.row("low", 0.5)
    return expecting(folder, "high", 0.6, ("above", "low", 2), ("below", "low", 0), ("level", "low", 10)).write()


def test_every_expectation_is_judged_by_the_paired_difference(work):
    (suite,) = collect(work)
    (group,) = suite.benchmarks
    low, high = (row.average_precision for row in group.rows)
    expected = paired_difference(high, low, np.random.default_rng(0)).interval
    found = judge(group)
    assert [each.verdict for each in found] == ["held", "not held", "not resolved"]
    assert all(each.measured == expected and each.row.label == "high" and each.chance is None for each in found)
    assert measured_text(found[0]).startswith(f"+{100 * expected.estimate:.1f} [{100 * expected.low:.1f}, ")


def with_chance(fake, value):
    queries = fake.make_queries(0.5, 0)
    mean = float(np.nanmean(queries.average_precision))
    metrics = {"mAP": mean, "R1": 0, "R5": 0, "R10": 0, "mINP": 0, "queries": 1, "skipped_queries": 2, "tied_positives": 0}
    return queries, {"queries": queries, "metrics": {**metrics, "chance_mAP": value}}


@pytest.mark.parametrize(("offset", "expected"), [(0.0, "held"), (0.2, "not held"), (None, "not resolved")])
def test_chance_is_that_of_the_record(folder, fake, offset, expected):
    queries, _ = with_chance(fake, None)
    value = None if offset is None else float(np.nanmean(queries.average_precision)) + offset
    work = expecting(folder, "a", 0.5, ("chance", "", 0), seeds=(0,), **with_chance(fake, value)[1]).write()
    (group,) = collect(work)[0].benchmarks
    (found,) = judge(group)
    assert (found.verdict, found.chance) == (expected, value)
    assert found.measured == bootstrap_mean(group.rows[0].average_precision, np.random.default_rng(0))
    assert (f", chance {100 * value:.1f}" if value is not None else "") in measured_text(found)


def test_what_is_not_finished_is_said_so_and_not_checked(folder):
    folder.row("low", 0.5, finished=())
    expecting(folder, "high", 0.6, ("above", "low", 0), ("above", "other", 0), ("level", "third", 50))
    expecting(folder, "none", 0.6, ("chance", "", 0), finished=())
    work = folder.row("third", 0.6).write()
    (group,) = collect(work)[0].benchmarks
    assert [each.verdict for each in judge(group)] == ["not finished", "not finished", "held", "not finished"]
    assert verdict_lines(work, "main")[0] == "not finished: high above “low”"
    assert [row.row for row in check_directions(work).rows] == ["third"]


def test_rows_are_compared_on_their_own_benchmark(folder):
    for benchmark, level in (("RGBNT201", 0.6), ("MSVR310", 0.4)):
        folder.row("a", 0.5, benchmark=benchmark)
        expecting(folder, "b", level, ("above", "a", 0), benchmark=benchmark)
    lines = verdict_lines(folder.write(), "main")
    assert [line.split(":")[0] for line in lines] == ["held", "not held"]
    assert [line.rpartition(" on ")[2] for line in lines] == ["RGBNT201", "MSVR310"]


def test_a_check_is_in_points_and_fails_where_one_did_not_hold(work):
    result = check_directions(work)
    assert (result.against, result.passed) == ("directions", False)
    above, below, level = result.rows
    assert [row.within for row in result.rows] == [True, False, True]
    assert [row.verdict for row in result.rows] == ["held", "not held", "not resolved"]
    assert [(row.expected, row.tolerance) for row in result.rows] == [(2, 0), (0, 0), (0, 10)]
    assert {(row.run, row.metric, row.row, row.why) for row in result.rows} == {
        ("main/high on RGBNT201", "mAP difference", "low", "Because.")
    }
    low, high = above.interval
    assert 2 < low < above.measured == below.measured < high
    assert level.words == "level with “low” within 10 points"


def test_a_check_of_what_holds_passes_and_gives_chance_as_what_is_expected(folder, fake):
    mean = float(np.nanmean(with_chance(fake, None)[0].average_precision))
    work = expecting(folder, "a", 0.5, ("chance", "", 1), seeds=(0,), **with_chance(fake, mean)[1]).write()
    result = check_directions(work)
    assert result.passed
    assert (result.rows[0].expected, result.rows[0].tolerance) == (pytest.approx(100 * mean), 1)
    assert result.rows[0].measured == pytest.approx(100 * mean)


def test_nothing_to_judge_is_told(folder):
    with pytest.raises(InputError, match="no finished row has an expectation; `harness run embedded_controls` runs some"):
        check_directions(folder.row("a", 0.5).write())
