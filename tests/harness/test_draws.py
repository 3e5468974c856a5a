import math

import numpy as np
import pytest

from harness.draws import DrawnDifference, draws
from harness.resolution import Deviation, deviation, pooled
from harness.rows import collect


def add_draw(folder, label, draw, rows, settings=None, name="person", seeds=(0, 1, 2)):
    """A draw of a benchmark with rows, by label and level."""
    values = {"benchmark": {"name": name, "draw": draw, "cameras": 4}, "schedule": {"epochs": 12}, **(settings or {})}
    for row, level in rows.items():
        folder.row(row, level, benchmark=label, name=name, split=label, settings=values, seeds=seeds)
    return folder


@pytest.fixture
def suite(folder):
    add_draw(folder, "person", 0, {"a": 0.5, "b": 0.55, "c": 0.5})
    add_draw(folder, "draw 1", 1, {"a": 0.5, "b": 0.6})
    return collect(add_draw(folder, "draw 2", 2, {"a": 0.5, "b": 0.52, "c": 0.51}).write())[0]


def differences(suite, label, draw):
    """By seed, straight from the records."""
    rows = {row.label: row for row in suite.rows if row.benchmark == draw}
    others = {record.seed: record.metrics.mAP for record in rows["a"].records}
    return [record.metrics.mAP - others[record.seed] for record in rows[label].records]


def test_draws_of_one_benchmark_are_found_with_their_labels(suite):
    (found,) = draws(suite)
    assert (found.benchmark, found.labels, found.row_labels) == ("person", ["person", "draw 1", "draw 2"], ["a", "b", "c"])


def test_differences_are_averaged_over_seeds_in_each_draw(suite):
    b, c = draws(suite)[0].differences
    assert (b.label, c.label) == ("b", "c")
    assert b.means == pytest.approx({draw: np.mean(differences(suite, "b", draw)) for draw in ("person", "draw 1", "draw 2")})
    assert list(c.means) == ["person", "draw 2"]
    assert (b.seeds, c.seeds) == ((3, 3, 3), (3, 3))
    by_draw = [differences(suite, "b", draw) for draw in b.means]
    assert b.within == pooled(deviation(values) for values in by_draw)
    assert b.within.degrees == 6


def test_noise_over_all_rows_is_pooled(suite):
    found = draws(suite)[0]
    b, c = found.differences
    assert found.draw_noise == pytest.approx(math.sqrt(max(0, (2 * b.excess + 1 * c.excess) / 3)))
    assert found.seed_noise.value == pytest.approx(math.sqrt((6 * b.within.value**2 + 4 * c.within.value**2) / 10))


def difference(means, within, seeds=3):
    labelled = {f"draw {index}": mean for index, mean in enumerate(means)}
    return DrawnDifference("b", labelled, (seeds,) * len(means), pooled([Deviation(within, 2)]))


def test_draw_noise_is_what_seeds_do_not_explain():
    found = difference([0.01, 0.03, 0.08], 0.012)
    variance = ((0.03) ** 2 + 0.01**2 + 0.04**2) / 2
    assert found.excess == pytest.approx(variance - 0.012**2 / 3)
    assert found.deviation == pytest.approx(math.sqrt(variance - 0.012**2 / 3))


def test_draw_noise_is_zero_where_seeds_explain_all():
    found = difference([0.01, 0.012], 0.05)
    assert found.excess < 0
    assert found.deviation == 0


@pytest.mark.parametrize("found", [difference([0.01], 0.05), DrawnDifference("b", {"x": 0.1, "y": 0.2}, (1, 1), pooled([]))])
def test_one_draw_or_single_seeds_leave_draw_noise_unknown(found):
    assert math.isnan(found.excess)
    assert math.isnan(found.deviation)


def test_the_interval_is_students_over_the_draws():
    found = difference([0.01, 0.03, 0.08], 0.012).interval
    half = 4.303 * math.sqrt((0.03**2 + 0.01**2 + 0.04**2) / 2 / 3)
    assert (found.estimate, found.low, found.high) == pytest.approx((0.04, 0.04 - half, 0.04 + half), abs=1e-5)
    single = difference([0.01], 0.05).interval
    assert single.estimate == 0.01
    assert math.isnan(single.low)


def test_the_method_of_moments_finds_the_noise_that_was_put_in():
    rng = np.random.default_rng(0)
    draw_noise, seed_noise, seeds = 0.02, 0.03, 3
    excess = []
    for _ in range(4000):
        values = rng.normal(0, draw_noise, size=(4, 1)) + rng.normal(0, seed_noise, size=(4, seeds))
        within = pooled(deviation(list(of_draw)) for of_draw in values)
        labelled = {str(index): float(mean) for index, mean in enumerate(values.mean(axis=1))}
        excess.append(DrawnDifference("b", labelled, (seeds,) * 4, within).excess)
    assert np.mean(excess) == pytest.approx(draw_noise**2, rel=0.05)


def test_two_conditions_of_a_benchmark_are_no_draws_of_it(folder):
    add_draw(folder, "person", 0, {"a": 0.5, "b": 0.55})
    add_draw(folder, "without TIR", 1, {"a": 0.5, "b": 0.55}, settings={"data": {"test_missing": ["TIR"]}})
    assert draws(collect(folder.write())[0]) == []


def test_two_benchmarks_and_one_draw_twice_are_no_draws(folder):
    add_draw(folder, "person", 0, {"a": 0.5, "b": 0.55})
    add_draw(folder, "again", 0, {"a": 0.5, "b": 0.55})
    add_draw(folder, "vehicle", 1, {"a": 0.5, "b": 0.55}, name="vehicle")
    assert draws(collect(folder.write())[0]) == []


def test_a_draw_whose_reference_is_not_finished_is_left_out(folder):
    add_draw(folder, "person", 0, {"a": 0.5, "b": 0.55})
    folder.row("a", 0.5, benchmark="draw 1", name="person", finished=())
    assert draws(collect(folder.write())[0]) == []
