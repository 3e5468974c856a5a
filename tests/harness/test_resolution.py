import json
import math

import numpy as np
import pytest
from scipy.stats import t as student_t

from harness.resolution import Deviation, detectable, detectable_over_draws, deviation, late_gain, pooled, resolution
from harness.rows import collect


def group_of(folder, **options):
    return collect(folder.write(**options))[0].benchmarks[0]


def maps(folder, fake, label, seeds=(0, 1, 2), benchmark="RGBNT201"):
    """mAP by seed straight from the files."""
    paths = [folder.path / "records" / f"{fake.sha(label, benchmark, seed)}.json" for seed in seeds]
    return [json.loads(path.read_text())["metrics"]["mAP"] for path in paths]


def sample_deviation(values):
    mean = sum(values) / len(values)
    return math.sqrt(sum((value - mean) ** 2 for value in values) / (len(values) - 1))


def test_a_deviation_has_one_degree_of_freedom_fewer_than_values():
    assert deviation([1.0, 2.0, 6.0]) == Deviation(pytest.approx(math.sqrt((4 + 1 + 9) / 2)), 2)
    for values in ([], [3.0]):
        assert deviation(values).degrees == 0
        assert math.isnan(deviation(values).value)


def test_deviations_are_pooled_as_variances_by_degrees_of_freedom():
    found = pooled([Deviation(2.0, 1), Deviation(math.nan, 0), Deviation(1.0, 3)])
    assert found.value == pytest.approx(math.sqrt((1 * 4 + 3 * 1) / 4))
    assert (found.low, found.high, found.degrees) == (1.0, 2.0, 4)
    nothing = pooled([Deviation(math.nan, 0)])
    assert math.isnan(nothing.value)
    assert nothing.degrees == 0


def test_noise_is_that_of_plain_sums(folder, fake):
    found = resolution(group_of(folder.row("a", 0.5).row("b", 0.6, seeds=(0, 1)).row("c", 0.55, seeds=(1, 2, 7))))
    a, b, c = (maps(folder, fake, label, seeds) for label, seeds in (("a", (0, 1, 2)), ("b", (0, 1)), ("c", (1, 2, 7))))
    assert [row.seed.value for row in found.rows] == pytest.approx([sample_deviation(values) for values in (a, b, c)])
    of_b = sample_deviation([b[0] - a[0], b[1] - a[1]])
    of_c = sample_deviation([c[0] - a[1], c[1] - a[2]])
    assert [row.paired.value for row in found.rows[1:]] == pytest.approx([of_b, of_c])
    assert (found.rows[0].paired.degrees, found.paired.degrees, found.seed.degrees) == (0, 2, 5)
    assert found.paired.value == pytest.approx(math.sqrt((of_b**2 + of_c**2) / 2))
    assert (found.paired.low, found.paired.high) == pytest.approx((min(of_b, of_c), max(of_b, of_c)))
    squares = 2 * sample_deviation(a) ** 2 + sample_deviation(b) ** 2 + 2 * sample_deviation(c) ** 2
    assert found.seed.value == pytest.approx(math.sqrt(squares / 5))


def test_a_run_that_two_rows_share_says_nothing_of_noise(folder):
    folder.row("a", 0.5).row("b", 0.6)
    folder.runs += [run.model_copy(update={"label": "again"}) for run in folder.runs[:3]]
    found = resolution(group_of(folder))
    assert found.rows[2].row.label == "again"
    assert [row.paired.degrees for row in found.rows] == [0, 2, 0]
    assert found.paired.value == found.rows[1].paired.value


def identity_half_width(values, identity, resamples=2000):
    """Half of the interval of the mean over queries from resampled identities, in plain loops over resamples."""
    rng = np.random.default_rng(0)
    names = np.unique(identity[~np.isnan(values)])
    drawn = rng.integers(len(names), size=(resamples, len(names)))
    by_identity = [values[(identity == name) & ~np.isnan(values)] for name in names]
    means = [np.concatenate([by_identity[index] for index in indices]).mean() for indices in drawn]
    low, high = np.quantile(means, [0.025, 0.975])
    return (high - low) / 2


def test_identities_are_resampled_with_the_seeds_fixed(folder, fake):
    found = resolution(group_of(folder.row("a", 0.5).row("b", 0.6)))
    arrays = {
        label: [np.load(folder.path / "records" / f"{fake.sha(label, 'RGBNT201', seed)}.npz") for seed in range(3)]
        for label in "ab"
    }
    a, b = (np.mean([each["average_precision"] for each in arrays[label]], axis=0) for label in "ab")
    identity = arrays["a"][0]["identity"]
    expected = [identity_half_width(values, identity) for values in (a, b)]
    assert [row.half_width for row in found.rows] == pytest.approx(expected)
    assert found.half_width == pytest.approx(np.median(expected))
    assert found.paired_half_width == found.rows[1].paired_half_width == pytest.approx(identity_half_width(b - a, identity))
    assert math.isnan(found.rows[0].paired_half_width)


@pytest.mark.parametrize("rows", [[("a", (0, 1))], [("a", (0,)), ("b", (0,))], [("a", ()), ("b", (0, 1))], []])
def test_one_row_or_single_seeds_have_no_resolution(folder, rows):
    folder.row("never", 0.5, finished=())
    for label, seeds in rows:
        folder.row(label, 0.5, finished=seeds)
    assert resolution(group_of(folder)) is None


def test_without_the_reference_there_is_seed_noise_alone(folder):
    found = resolution(group_of(folder.row("a", 0.5, finished=()).row("b", 0.5).row("c", 0.5)))
    assert [row.row.label for row in found.rows] == ["b", "c"]
    assert found.seed.degrees == 4
    assert found.paired.degrees == 0
    assert math.isnan(found.paired.value)
    assert math.isnan(found.paired_half_width)


def test_the_detectable_difference_is_that_of_printed_quantiles():
    assert detectable(0.7, 3) == pytest.approx((4.303 + 1.061) * 0.7 / math.sqrt(3), rel=1e-3)
    assert detectable(0.7, 10) == pytest.approx((2.262 + 0.883) * 0.7 / math.sqrt(10), rel=1e-3)
    over_draws = detectable_over_draws(0.9, 0.6, draws=5, seeds=3)
    assert over_draws == pytest.approx((2.776 + 0.941) * math.sqrt(0.81 / 5 + 0.36 / 15), rel=1e-3)
    assert math.isnan(detectable(math.nan, 3))


def power(samples):
    """Share of repetitions in which a two-sided t test at 5 % finds a mean that is not 0. samples (repetitions, n)."""
    count = samples.shape[1]
    statistic = samples.mean(axis=1) / (samples.std(axis=1, ddof=1) / math.sqrt(count))
    return float((np.abs(statistic) > student_t.ppf(0.975, count - 1)).mean())


@pytest.mark.parametrize(("seeds", "expected"), [(3, 0.77), (5, 0.79), (10, 0.80), (20, 0.80)])
def test_a_t_test_finds_the_detectable_difference_with_the_stated_power(seeds, expected):
    rng = np.random.default_rng(seeds)
    samples = rng.normal(detectable(0.02, seeds), 0.02, size=(200_000, seeds))
    assert power(samples) == pytest.approx(expected, abs=0.005)


def test_a_t_test_over_draws_finds_the_detectable_difference_over_draws():
    rng = np.random.default_rng(0)
    draws, seeds, true = 5, 3, detectable_over_draws(0.01, 0.02, 5, 3)
    of_draw = rng.normal(true, 0.01, size=(200_000, draws))
    means = of_draw + rng.normal(0, 0.02, size=(200_000, draws, seeds)).mean(axis=2)
    assert power(means) == pytest.approx(0.79, abs=0.005)


def curve(record, points, epochs):
    """The record with a learning curve: mAP by epoch."""
    first = record.history[0]
    metrics = {epoch: record.metrics.model_copy(update={"mAP": value}) for epoch, value in points.items()}
    entries = [first.model_copy(update={"epoch": epoch, "metrics": metrics.get(epoch)}) for epoch in range(1, epochs + 1)]
    return record.model_copy(update={"history": entries})


@pytest.fixture
def record(folder):
    return group_of(folder.row("a", 0.5)).rows[0].records[0]


def test_late_gain_is_from_seventy_percent_of_training_to_its_end(record):
    first = curve(record, {3: 0.2, 7: 0.5, 8: 0.55, 10: 0.6}, 10)
    second = curve(record, {3: 0.2, 7: 0.4, 8: 0.55, 10: 0.53}, 10)
    found = late_gain([first, second])
    assert found.gain == pytest.approx((0.1 + 0.13) / 2)
    assert (found.epoch, found.epochs) == (7, 10)
    assert late_gain([curve(record, {6: 0.4, 8: 0.5, 10: 0.45}, 10)]).gain == pytest.approx(0.05)


@pytest.mark.parametrize("points", [{}, {3: 0.1}, {8: 0.5, 10: 0.6}, {3: 0.1, 9: 0.4}], ids=["none", "early", "late", "no end"])
def test_a_curve_that_lacks_a_point_says_nothing(record, points):
    assert late_gain([curve(record, points, 10)]) is None
    assert late_gain([curve(record, {3: 0.1, 10: 0.2}, 10), curve(record, points, 10)]) is None


def test_curves_of_different_epochs_are_not_averaged(record):
    assert late_gain([curve(record, {3: 0.1, 10: 0.2}, 10), curve(record, {4: 0.1, 10: 0.2}, 10)]) is None
    assert late_gain([]) is None
