import numpy as np
import pytest

from harness.ragged import places, ranges


@pytest.mark.parametrize("seed", range(10))
def test_ranges_and_places_against_plain_loops(seed):
    rng = np.random.default_rng(seed)
    starts = rng.integers(0, 20, size=rng.integers(0, 8))
    stops = starts + rng.integers(0, 4, size=len(starts))
    expected = [(owner, number) for owner, (a, b) in enumerate(zip(starts, stops, strict=True)) for number in range(a, b)]
    owners, numbers = ranges(starts, stops)
    assert list(zip(owners, numbers, strict=True)) == expected
    assert places(owners, len(starts)).tolist() == [number - starts[owner] for owner, number in expected]
