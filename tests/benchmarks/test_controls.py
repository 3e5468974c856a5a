import dataclasses

import numpy as np
import pytest

from benchmarks.base import Benchmark, Facts, Sample, Split
from benchmarks.common.errors import InputError
from benchmarks.controls import other_identities, random_order, shuffle_captions
from benchmarks.protocol import Protocol


def make_split(identities, captions=True):
    texts = [tuple((f"{m} {i}.",) for m in "RNT") if captions else None for i in range(len(identities))]
    return Split(
        tuple(
            Sample(f"{i}.jpg", identity, 0, 0, text) for i, (identity, text) in enumerate(zip(identities, texts, strict=True))
        ),
        int,
    )


def make_benchmark(test=(5, 5, 6, 6, 7, 7), gallery=None, **options):
    train, query = make_split([1] * 4 + [2] * 4 + [3] * 4, **options), make_split(test, **options)
    facts = Facts("toy", "person", 3, 1, (8, 4), Protocol.CAMERA)
    return Benchmark(facts, train, query, make_split(gallery) if gallery else query)


def test_a_random_order_is_a_permutation_by_name_and_size():
    order = random_order("one", 50)
    assert sorted(order.tolist()) == list(range(50))
    assert np.array_equal(order, random_order("one", 50))
    assert not np.array_equal(order, random_order("other", 50))
    assert (order != np.arange(50)).sum() > 40


@pytest.mark.parametrize("sizes", [[1, 1], [3, 3], [5, 4, 1], [8] * 20, [1] * 30, [2, 1, 1], [10, 1, 2, 3, 4]])
def test_nobody_receives_from_the_own_identity_and_everything_is_given_once(sizes):
    identities = np.repeat(np.arange(len(sizes)), sizes)
    for seed in range(5):
        mixed = np.random.default_rng(seed).permutation(identities)
        given = other_identities(mixed, "x")
        assert (mixed[given] != mixed).all()
        assert sorted(given.tolist()) == list(range(len(mixed)))


def test_what_one_identity_had_is_scattered():
    """Given as a whole to one other identity, captions would still tell identities apart."""
    identities = np.repeat(np.arange(30), 8)
    given = identities[other_identities(identities, "x")]
    assert all(len(set(given[identities == identity].tolist())) >= 4 for identity in range(30))


def test_an_identity_with_more_than_half_of_the_samples_is_refused():
    with pytest.raises(InputError, match="x: one identity has more than half of the 5 samples"):
        other_identities(np.array([1, 1, 1, 2, 3]), "x")


def test_captions_go_to_other_identities_within_each_split():
    benchmark = make_benchmark()
    shuffled = shuffle_captions(benchmark)
    for role in ("train", "query"):
        before, after = getattr(benchmark, role).samples, getattr(shuffled, role).samples
        owner = {sample.captions: sample.identity for sample in before}
        assert sorted(sample.captions for sample in after) == sorted(owner)
        assert all(owner[sample.captions] != sample.identity for sample in after)
        for old, new in zip(before, after, strict=True):
            assert dataclasses.replace(new, captions=old.captions) == old
            assert [caption[0][0] for caption in new.captions] == ["R", "N", "T"]
    assert shuffled.gallery is shuffled.query
    assert shuffled == shuffle_captions(benchmark)


def test_the_split_stays_what_it_is_and_the_captions_do_not():
    benchmark = make_benchmark()
    shuffled = shuffle_captions(benchmark)
    assert shuffled.split_fingerprint == benchmark.split_fingerprint
    assert shuffled.caption_fingerprint != benchmark.caption_fingerprint


def test_a_gallery_of_its_own_is_shuffled_on_its_own():
    shuffled = shuffle_captions(make_benchmark(gallery=(5, 5, 6, 6, 7, 7)))
    assert shuffled.gallery is not shuffled.query
    assert shuffled.gallery != shuffled.query


def test_without_captions_there_is_nothing_to_shuffle():
    with pytest.raises(InputError, match="data.shuffle_captions: toy has no captions here"):
        shuffle_captions(make_benchmark(captions=False))
