import hashlib
import itertools

import numpy as np
import pytest

from benchmarks.common import randomness
from benchmarks.common.randomness import generator, integers, mix, stream, uniform

WORD = 2**64 - 1
GOLDEN = 0x9E3779B97F4A7C15


def splitmix64(keys):
    """SplitMix64 as a hash of a chain of keys, in plain integers."""
    state = 0
    for key in keys:
        z = ((state ^ (key & WORD)) + GOLDEN) & WORD
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & WORD
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & WORD
        state = z ^ (z >> 31)
    return state


def test_one_key_gives_the_published_sequence():
    published = [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]
    states = [(1234567 + n * GOLDEN) & WORD for n in range(5)]
    assert mix(np.array(states, np.uint64)).tolist() == published
    assert int(mix(0)) == 0xE220A8397B1DCDAF


@pytest.mark.parametrize("keys", [(), (0,), (1, 2), (2, 1), (-1,), (2**63, 5), (7, 0, 0), (-(2**62), 3, 9, 27)])
def test_a_chain_of_keys_is_hashed_key_by_key(keys):
    assert int(mix(*keys)) == splitmix64(keys)


def test_keys_are_broadcast_and_each_place_depends_on_its_own_keys_alone():
    a, b = np.arange(3)[:, None], np.arange(10, 14)
    table = mix(5, a, b)
    assert table.shape == (3, 4)
    assert table.dtype == np.uint64
    for i, j in itertools.product(range(3), range(4)):
        assert int(table[i, j]) == splitmix64((5, i, 10 + j))
    order = np.array([3, 0, 2, 1])
    np.testing.assert_array_equal(mix(5, a, b[order]), table[:, order])


def test_the_order_of_keys_matters():
    assert len({int(mix(*keys)) for keys in itertools.permutations((1, 2, 3))}) == 6


def test_signed_and_unsigned_keys_are_the_same_bits():
    assert mix(np.int64(-1)) == mix(np.uint64(WORD)) == mix(-1)


def test_nothing_is_warned_of_overflow():
    with np.errstate(all="raise"):
        assert len(set(mix(np.uint64(WORD), np.arange(100)).tolist())) == 100


def test_stream_names_are_63_bits_of_blake2b():
    names = ["a", "b", "sampler", "sample", "sentences"]
    for name in names:
        digest = hashlib.blake2b(name.encode(), digest_size=8).digest()
        assert stream(name) == int.from_bytes(digest, "little") // 2
        assert 0 <= stream(name) < 2**63
    assert len({stream(name) for name in names}) == 5


def test_uniform_is_the_upper_53_bits():
    assert float(uniform(1, 2)) == (splitmix64((1, 2)) >> 11) / 2**53
    numbers = uniform(np.arange(100_000))
    assert numbers.dtype == np.float64
    assert numbers.min() >= 0
    assert numbers.max() < 1


def test_uniform_numbers_are_uniform():
    numbers = uniform(stream("test"), np.arange(100_000))
    assert numbers.mean() == pytest.approx(0.5, abs=0.005)
    assert numbers.var() == pytest.approx(1 / 12, abs=0.002)
    counts = np.bincount((numbers * 100).astype(int), minlength=100)
    chi_square = ((counts - 1000) ** 2 / 1000).sum()
    assert 50 < chi_square < 170  # 99 degrees of freedom


def test_neighbouring_keys_are_independent():
    for numbers in (uniform(1, np.arange(50_000)), uniform(np.arange(50_000), 1)):
        for lag in (1, 2, 16):
            assert abs(np.corrcoef(numbers[:-lag], numbers[lag:])[0, 1]) < 0.02
    first, second = uniform(1, np.arange(50_000)), uniform(2, np.arange(50_000))
    assert abs(np.corrcoef(first, second)[0, 1]) < 0.02


def test_each_bit_of_a_key_changes_half_the_bits():
    for bit in (0, 1, 31, 62, 63):
        changed = mix(np.arange(2000, dtype=np.uint64)) ^ mix(np.arange(2000, dtype=np.uint64) ^ np.uint64(1 << bit))
        flipped = np.unpackbits(changed.view(np.uint8)).mean()
        assert flipped == pytest.approx(0.5, abs=0.01)


def test_integers_are_uniform_below_their_bound():
    numbers = integers(7, np.arange(70_000))
    counts = np.bincount(numbers, minlength=7)
    assert len(counts) == 7
    assert counts.min() > 9500
    assert counts.max() < 10500
    assert integers(1, np.arange(100)).max() == 0
    np.testing.assert_array_equal(integers(np.array([2, 1000]), 3, np.arange(2)) < [2, 1000], True)


def test_generators_depend_on_their_keys_alone():
    draws = generator(1, 2).standard_normal(5)
    np.testing.assert_array_equal(draws, generator(1, 2).standard_normal(5))
    assert not np.array_equal(draws, generator(2, 1).standard_normal(5))
    assert generator(1, 2).permutation(10).tolist() == randomness.generator(1, 2).permutation(10).tolist()
