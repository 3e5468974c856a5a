from __future__ import annotations

import numpy as np
import pytest

from benchmarks.synthetic.draws import Draws

KEYS = np.arange(20_000)


def test_draws_are_functions_of_their_names_and_keys() -> None:
    one, same, other = Draws("person", "benchmark", 0), Draws("person", "benchmark", 0), Draws("person", "benchmark", 1)
    np.testing.assert_array_equal(one.uniform("a", 0, 1, KEYS), same.uniform("a", 0, 1, KEYS))
    np.testing.assert_array_equal(one.uniform("a", 0, 1, KEYS)[7:9], one.uniform("a", 0, 1, KEYS[7:9]))
    for different in (
        one.uniform("b", 0, 1, KEYS),
        other.uniform("a", 0, 1, KEYS),
        Draws("person", "pretraining", 0).uniform("a", 0, 1, KEYS),
    ):
        assert abs(np.corrcoef(one.uniform("a", 0, 1, KEYS), different)[0, 1]) < 0.03


def test_uniform_stays_in_its_interval() -> None:
    values = Draws("person", "benchmark", 0).uniform("a", -2, 3, KEYS)
    assert values.dtype == np.float32
    assert values.min() >= -2
    assert values.max() <= 3
    assert values.mean() == pytest.approx(0.5, abs=0.05)


def test_choice_follows_its_weights() -> None:
    drawn = Draws("person", "benchmark", 0).choice("a", (1, 0, 3), KEYS)
    np.testing.assert_allclose(np.bincount(drawn, minlength=3) / len(KEYS), (0.25, 0, 0.75), atol=0.02)


def test_integers_and_chance() -> None:
    draws = Draws("person", "benchmark", 0)
    assert set(draws.integers("a", 4, KEYS).tolist()) == {0, 1, 2, 3}
    assert draws.chance("b", 0.3, KEYS).mean() == pytest.approx(0.3, abs=0.02)
    assert not draws.chance("b", 0.0, KEYS).any()
