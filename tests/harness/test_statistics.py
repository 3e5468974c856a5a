import math

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.statistics import (
    QueryValues,
    bootstrap_mean,
    paired_difference,
    resample_counts,
    seed_summary,
)


def make_row(name="a", seeds=(0, 1, 2), identities=(5, 5, 9, 9, 9, 2, 2), skipped=(3,), rng=None):
    rng = rng or np.random.default_rng(7)
    values = rng.uniform(size=(len(seeds), len(identities)))
    values[:, list(skipped)] = np.nan
    return QueryValues(name, tuple(seeds), values, np.array(identities, dtype=np.int64))


def draw(rng, items, resamples):
    """The indices behind `resample_counts`, drawn as it draws them."""
    return rng.integers(items, size=(resamples, items))


def loop_mean(row, seed_indices, identity_indices, identities):
    total, count = 0.0, 0
    for s in seed_indices:
        for k in identity_indices:
            for q in range(len(row.identity)):
                if row.identity[q] == identities[k] and not math.isnan(row.values[s, q]):
                    total += row.values[s, q]
                    count += 1
    return total / count


def loop_interval(means, level):
    return np.quantile(means, (1 - level) / 2), np.quantile(means, (1 + level) / 2)


def test_counts_are_those_of_the_drawn_indices():
    counts = resample_counts(np.random.default_rng(3), 4, 6)
    indices = draw(np.random.default_rng(3), 4, 6)
    assert counts.tolist() == [[list(drawn).count(item) for item in range(4)] for drawn in indices]


@pytest.mark.parametrize("level", [0.95, 0.5])
def test_interval_is_that_of_plain_loops(level):
    row = make_row()
    interval = bootstrap_mean(row, np.random.default_rng(11), level=level, resamples=40)
    rng = np.random.default_rng(11)
    drawn_identities, drawn_seeds = draw(rng, 3, 40), draw(rng, 3, 40)
    means = [loop_mean(row, s, k, (2, 5, 9)) for s, k in zip(drawn_seeds, drawn_identities, strict=True)]
    assert (interval.low, interval.high) == pytest.approx(loop_interval(means, level))
    assert interval.estimate == pytest.approx(np.nanmean(row.values))
    assert interval.level == level


@pytest.mark.parametrize("seeds", [(0, 1, 2), (4, 5)])
def test_difference_is_that_of_plain_loops(seeds):
    first, second = make_row(), make_row("b", seeds, rng=np.random.default_rng(8))
    result = paired_difference(first, second, np.random.default_rng(12), resamples=40)
    rng = np.random.default_rng(12)
    drawn_identities, drawn_seeds = draw(rng, 3, 40), draw(rng, 3, 40)
    other_seeds = drawn_seeds if seeds == first.seeds else draw(rng, len(seeds), 40)
    means = [
        loop_mean(first, s, k, (2, 5, 9)) - loop_mean(second, t, k, (2, 5, 9))
        for s, t, k in zip(drawn_seeds, other_seeds, drawn_identities, strict=True)
    ]
    assert (result.interval.low, result.interval.high) == pytest.approx(loop_interval(means, 0.95))
    assert result.interval.estimate == pytest.approx(np.nanmean(first.values) - np.nanmean(second.values))
    assert result.paired_seeds == (seeds == first.seeds)


def test_queries_won_lost_and_tied_are_counted_on_the_mean_over_seeds():
    identity = np.array([1, 1, 2, 2])
    first = QueryValues("a", (0, 1), np.array([[0.1, 0.5, 0.3, np.nan], [0.5, 0.5, 0.3, np.nan]]), identity)
    second = QueryValues("b", (0, 1), np.array([[0.3, 0.4, 0.5, np.nan], [0.3, 0.4, 0.5, np.nan]]), identity)
    result = paired_difference(first, second, np.random.default_rng(0))
    assert (result.won, result.lost, result.tied) == (1, 1, 1)


def test_a_row_against_itself_is_a_tie_everywhere():
    result = paired_difference(make_row(), make_row(), np.random.default_rng(0))
    assert (result.interval.estimate, result.interval.low, result.interval.high) == (0, 0, 0)
    assert (result.won, result.lost, result.tied) == (0, 0, 6)
    assert not result.interval.excludes_zero


def clustered(rng, identities=40, per_identity=8, truth=0.6):
    """Values of queries that share most of what makes them easy or hard with their identity."""
    identity = np.repeat(np.arange(identities), per_identity)
    values = truth + rng.normal(0, 0.2, identities)[identity] + rng.normal(0, 0.05, len(identity))
    return QueryValues("a", (0,), values[None], identity)


def test_coverage_is_near_the_level_for_identities_and_too_small_for_queries():
    rng, covered, query_covered, runs = np.random.default_rng(5), 0, 0, 300
    for _ in range(runs):
        row = clustered(rng)
        by_query = QueryValues("a", (0,), row.values, np.arange(row.values.shape[1]))
        interval, narrow = bootstrap_mean(row, rng, resamples=300), bootstrap_mean(by_query, rng, resamples=300)
        covered += interval.low <= 0.6 <= interval.high
        query_covered += narrow.low <= 0.6 <= narrow.high
    assert 0.90 <= covered / runs <= 0.98
    assert query_covered / runs < 0.70


def test_paired_coverage_is_near_the_level():
    rng, covered, runs = np.random.default_rng(6), 0, 300
    for _ in range(runs):
        row = clustered(rng)
        better = QueryValues("b", (0,), row.values + 0.03 + rng.normal(0, 0.1, 40)[row.identity], row.identity)
        interval = paired_difference(better, row, rng, resamples=300).interval
        covered += interval.low <= 0.03 <= interval.high
    assert 0.90 <= covered / runs <= 0.98


def test_pairing_narrows_the_difference_of_rows_that_share_their_hard_identities():
    rng = np.random.default_rng(1)
    row = clustered(rng)
    better = QueryValues("b", (0,), row.values + 0.02 + rng.normal(0, 0.01, row.values.shape), row.identity)
    paired = paired_difference(better, row, np.random.default_rng(0)).interval
    single = bootstrap_mean(row, np.random.default_rng(0))
    assert paired.excludes_zero
    assert paired.high - paired.low < 0.1 * (single.high - single.low)


def test_spread_over_seeds_widens_the_interval():
    row = clustered(np.random.default_rng(2))
    spread = QueryValues("b", (0, 1, 2), row.values + np.array([[-0.2], [0.0], [0.2]]), row.identity)
    narrow, wide = (bootstrap_mean(values, np.random.default_rng(0)) for values in (row, spread))
    assert wide.estimate == pytest.approx(narrow.estimate)
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_one_seed_needs_no_seed_resampling():
    row = make_row(seeds=(3,))
    interval = bootstrap_mean(row, np.random.default_rng(0))
    assert interval.low < interval.estimate < interval.high


def test_one_identity_has_an_estimate_and_no_interval():
    row = make_row(identities=(4, 4, 4, 4))
    interval = bootstrap_mean(row, np.random.default_rng(0))
    assert interval.estimate == pytest.approx(np.nanmean(row.values))
    assert math.isnan(interval.low)
    assert math.isnan(interval.high)
    difference = paired_difference(row, row, np.random.default_rng(0)).interval
    assert math.isnan(difference.low)
    assert not difference.excludes_zero


@pytest.mark.filterwarnings("error")
def test_all_skipped_is_not_a_number_and_no_warning():
    row = make_row(skipped=range(7))
    assert math.isnan(bootstrap_mean(row, np.random.default_rng(0)).estimate)
    result = paired_difference(row, row, np.random.default_rng(0))
    assert math.isnan(result.interval.estimate)
    assert (result.won, result.lost, result.tied) == (0, 0, 0)


def test_an_identity_whose_queries_are_all_skipped_does_not_count():
    row = make_row(identities=(1, 1, 2, 2, 3), skipped=(4,))
    without = QueryValues("a", row.seeds, row.values[:, :4], row.identity[:4])
    assert bootstrap_mean(row, np.random.default_rng(0)) == bootstrap_mean(without, np.random.default_rng(0))


def test_equal_generators_give_equal_intervals():
    first, again, other = (bootstrap_mean(make_row(), np.random.default_rng(seed)) for seed in (1, 1, 2))
    assert first == again
    assert first != other


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (make_row("b", identities=(5, 5, 9), skipped=()), "'a' and 'b' cannot be paired: 7 and 3 queries"),
        (make_row("b", identities=(5, 5, 9, 9, 9, 2, 1)), "identity differs at 1 of 7"),
        (make_row("b", skipped=(2,)), "2 of 7 queries are skipped in one"),
    ],
)
def test_rows_over_different_queries_are_refused(other, message):
    with pytest.raises(InputError, match=message):
        paired_difference(make_row(), other, np.random.default_rng(0))


def test_shapes_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"shape \(1, 2\), the seeds and identities \(1, 3\)"):
        QueryValues("a", (0,), np.zeros((1, 2)), np.zeros(3, dtype=np.int64))
    with pytest.raises(ValueError, match="skip different queries"):
        QueryValues("a", (0, 1), np.array([[0.5, np.nan], [0.5, 0.5]]), np.array([1, 2]))


def test_seed_summary():
    summary = seed_summary([0.5, 0.6, 0.7])
    assert (summary.mean, summary.deviation, summary.seeds) == (pytest.approx(0.6), pytest.approx(0.1), 3)
    single, none = seed_summary([0.5]), seed_summary([])
    assert single.mean == 0.5
    assert math.isnan(single.deviation)
    assert math.isnan(none.mean)
