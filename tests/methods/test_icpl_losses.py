"""The losses of ICPL-ReID between images, prototypes and prompts, in plain loops."""

import math

import pytest
import torch
from torch.nn import functional as F

from methods.icpl import (
    mutual_contrast,
    prompt_loss,
    prototype_loss,
    updated_prototypes,
)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def unit(vector):
    return [value / math.hypot(*vector) for value in vector]


def cosine(one, other, loops):
    return loops.dot(unit(one), unit(other))


def negative_log_share(scores, target, loops):
    return -math.log(loops.softmax(scores)[target])


def test_image_to_prototype_in_a_loop(loops):
    features, prototypes, identity = numbers(6, 5), F.normalize(numbers(4, 5, seed=1), dim=-1), [0, 3, 3, 1, 0, 1]
    expected = 0.0
    for feature, target in zip(features.tolist(), identity, strict=True):
        scores = [cosine(feature, prototype, loops) / 0.05 for prototype in prototypes.tolist()]
        expected += negative_log_share(scores, target, loops) / 6
    found = prototype_loss(features, prototypes, torch.tensor(identity), 0.05)
    assert found.item() == pytest.approx(expected, abs=1e-12)


def test_image_to_prompt_in_a_loop(loops):
    features, texts, identity = numbers(6, 5), numbers(4, 5, seed=1), [0, 3, 3, 1, 0, 1]
    expected = 0.0
    for feature, target in zip(features.tolist(), identity, strict=True):
        expected += negative_log_share([loops.dot(feature, text) for text in texts.tolist()], target, loops) / 6
    assert prompt_loss(features, texts, torch.tensor(identity)).item() == pytest.approx(expected, abs=1e-12)


def test_the_contrast_goes_both_ways_in_a_loop(loops):
    first, second = numbers(4, 5).tolist(), numbers(4, 5, seed=1).tolist()
    expected = 0.0
    for one, other in ((first, second), (second, first)):
        for i, row in enumerate(one):
            expected += negative_log_share([loops.dot(row, column) for column in other], i, loops) / 4
    assert mutual_contrast(torch.tensor(first), torch.tensor(second)).item() == pytest.approx(expected, abs=1e-6)


def test_prototypes_move_sample_by_sample():
    prototypes, features, identity = F.normalize(numbers(2, 3, 4), dim=-1), numbers(5, 2, 4, seed=1), [2, 0, 2, 2, 0]
    expected = prototypes.tolist()
    for b, place in enumerate(identity):
        for m in range(2):
            sample = unit(features[b, m].tolist())
            expected[m][place] = unit([0.1 * p + 0.9 * x for p, x in zip(expected[m][place], sample, strict=True)])
    kept = prototypes.clone()
    found = updated_prototypes(prototypes, features, torch.tensor(identity), 0.1)
    torch.testing.assert_close(found, torch.tensor(expected, dtype=torch.float64))
    assert torch.equal(prototypes, kept)
