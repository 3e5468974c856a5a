import math

import numpy as np
import pytest

from benchmarks.captions.calibration import calibrate


def test_against_a_plain_loop():
    rng = np.random.default_rng(0)
    confidence = rng.uniform(size=500).round(2)
    right = rng.uniform(size=500) < confidence**2
    found = calibrate(confidence, right)
    error = brier = 0.0
    for number, each in enumerate(found.bins):
        rows = [(c, r) for c, r in zip(confidence, right, strict=True) if min(int(round(c * 100)) // 10, 9) == number]
        assert each.answers == len(rows)
        stated, truth = sum(c for c, _ in rows) / len(rows), sum(r for _, r in rows) / len(rows)
        assert (each.confidence, each.right) == (pytest.approx(stated), pytest.approx(truth))
        error += len(rows) / 500 * abs(stated - truth)
    for c, r in zip(confidence, right, strict=True):
        brier += (c - r) ** 2 / 500
    assert (found.answers, found.expected_error, found.brier) == (500, pytest.approx(error), pytest.approx(brier))


def test_bins_hold_their_lower_edge_and_the_last_holds_one():
    edges = np.arange(11) / 10
    assert [each.answers for each in calibrate(edges, edges > 0.5).bins] == [1] * 9 + [2]


def test_what_is_always_right_and_sure_of_it_has_no_error():
    found = calibrate(np.ones(3), np.ones(3, bool))
    assert (found.expected_error, found.brier) == (0, 0)


def test_nothing_said_is_no_error_but_nothing_known():
    found = calibrate(np.empty(0), np.empty(0, bool))
    assert found.answers == 0 and math.isnan(found.expected_error) and math.isnan(found.brier)
