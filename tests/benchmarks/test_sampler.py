from collections import Counter

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from benchmarks.sampler import IdentitySampler

P, K = 3, 4
IDENTITIES = np.repeat([7, 3, 12, 0, 5, 9], [9, 4, 2, 13, 8, 6])
"""Six identities; 12 has fewer than K images."""


def plan(sampler, epoch=0):
    sampler.set_epoch(epoch)
    return [[position for _, position in batch] for batch in sampler]


@pytest.fixture
def sampler():
    return IdentitySampler(IDENTITIES, P, K, seed=1)


@pytest.mark.parametrize("epoch", range(5))
def test_a_batch_holds_k_images_of_each_of_p_identities(sampler, epoch):
    batches = plan(sampler, epoch)
    assert batches
    for batch in batches:
        assert len(batch) == P * K
        slots = IDENTITIES[batch].reshape(P, K)
        assert (slots == slots[:, :1]).all()
        assert len(set(slots[:, 0])) == P


@pytest.mark.parametrize("epoch", range(5))
def test_no_image_is_used_twice_in_an_epoch_where_there_are_enough(sampler, epoch):
    used = Counter(position for batch in plan(sampler, epoch) for position in batch)
    counts = {identity: [used[position] for position in np.flatnonzero(identity == IDENTITIES)] for identity in (0, 3, 5, 7, 9)}
    assert all(max(of_identity) <= 1 for of_identity in counts.values())
    assert all(sum(of_identity) // K <= len(of_identity) // K for of_identity in counts.values())


def test_an_identity_with_too_few_images_draws_with_replacement(sampler):
    seen = Counter()
    for epoch in range(20):
        for batch in plan(sampler, epoch):
            few = [position for position in batch if IDENTITIES[position] == 12]
            assert len(few) in (0, K)
            seen[len(few)] += 1
            assert set(few) <= set(np.flatnonzero(IDENTITIES == 12))
    assert seen[K]


def test_drawing_ends_when_fewer_than_p_identities_have_groups(sampler):
    groups = {identity: max(1, count // K) for identity, count in Counter(IDENTITIES.tolist()).items()}
    for epoch in range(10):
        batches = plan(sampler, epoch)
        used = Counter(identity for batch in batches for identity in IDENTITIES[batch][::K].tolist())
        left = {identity: groups[identity] - used[identity] for identity in groups}
        assert min(left.values()) >= 0
        assert sum(count > 0 for count in left.values()) < P


def test_the_length_is_that_of_the_epochs_plan(sampler):
    lengths = set()
    for epoch in range(10):
        sampler.set_epoch(epoch)
        assert len(sampler) == len(list(sampler)) == len(plan(sampler, epoch))
        lengths.add(len(sampler))
    assert lengths <= {2, 3}


def test_keys_carry_the_epoch(sampler):
    sampler.set_epoch(3)
    assert {epoch for batch in sampler for epoch, _ in batch} == {3}


def test_a_plan_depends_on_seed_and_epoch_alone(sampler):
    first, second = plan(sampler, 0), plan(sampler, 1)
    assert first != second
    assert plan(sampler, 0) == first
    fresh = IdentitySampler(IDENTITIES, P, K, seed=1)
    assert plan(fresh, 1) == second
    assert list(IdentitySampler(IDENTITIES, P, K, seed=1)) == [[(0, position) for position in batch] for batch in first]
    assert plan(IdentitySampler(IDENTITIES, P, K, seed=2)) != first


def test_labels_may_be_any_numbers():
    renamed = np.unique(IDENTITIES, return_inverse=True)[1] * 1000 - 50
    assert plan(IdentitySampler(renamed, P, K, 1)) == plan(IdentitySampler(IDENTITIES, P, K, 1))


def test_every_image_is_used_sooner_or_later(sampler):
    used = {position for epoch in range(40) for batch in plan(sampler, epoch) for position in batch}
    assert used == set(range(len(IDENTITIES)))


def test_p_may_be_the_number_of_identities():
    batches = plan(IdentitySampler(IDENTITIES, 6, 2, 0))
    assert batches
    assert all(len(set(IDENTITIES[batch])) == 6 for batch in batches)


def test_too_few_identities_are_the_users_mistake():
    with pytest.raises(InputError, match="6 identities, fewer than the 7 of a batch; lower data.identities_per_batch"):
        IdentitySampler(IDENTITIES, 7, K, 0)
