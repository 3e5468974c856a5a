import math

import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.layers.losses import (
    MarginSupervisionSettings,
    SupervisionSettings,
    at_least_float32,
    batch_hard_triplet,
    cross_entropy,
)

IDENTITY = torch.tensor([3, 3, 0, 0, 0, 2, 1, 1])


@pytest.fixture
def features():
    return torch.randn(8, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)


@pytest.mark.parametrize("smoothing", [0.0, 0.1, 0.5])
def test_cross_entropy_is_the_smoothed_formula(smoothing, loops):
    logits = 3 * torch.randn(8, 5, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    expected = loops.smoothed_cross_entropy(logits.tolist(), IDENTITY.tolist(), smoothing)
    assert cross_entropy(logits, IDENTITY, smoothing).item() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("identities", "heads", "floor"), [(171, 1, 0.834), (171, 2, 1.67), (171, 4, 3.34), (50, 4, 2.81)])
def test_smoothed_cross_entropy_has_the_floor_that_the_log_of_topreid_shows(identities, heads, floor):
    """The entropy of the smoothed target, which logits of exactly its shares reach."""
    shares = torch.full((1, identities), 0.1 / identities, dtype=torch.float64)
    shares[0, 0] += 0.9
    lowest = cross_entropy(shares.log(), torch.tensor([0]), 0.1).item()
    assert heads * lowest == pytest.approx(floor, abs=5e-3 if heads > 1 else 5e-4)
    assert cross_entropy(2 * shares.log(), torch.tensor([0]), 0.1) > lowest


def test_triplet_is_batch_hard_with_a_soft_margin(features, loops):
    expected = loops.batch_hard(features.tolist(), IDENTITY.tolist())
    # The anchor of identity 2 is alone: its hardest positive is itself, at 1e-6 where the distance is clamped.
    assert batch_hard_triplet(features, IDENTITY).item() == pytest.approx(expected, abs=1e-6)
    assert batch_hard_triplet(10 * features, IDENTITY) > 2 * batch_hard_triplet(features, IDENTITY)


@pytest.mark.parametrize("margin", [0.0, 0.3, 2.0])
def test_triplet_with_a_margin_in_a_loop(features, margin, loops):
    found = batch_hard_triplet(0.3 * features, IDENTITY, margin).item()
    assert found == pytest.approx(loops.batch_hard((0.3 * features).tolist(), IDENTITY.tolist(), margin), abs=1e-6)
    assert found > 0


def test_triplet_of_one_identity_is_zero_and_has_finite_gradients(features):
    features = (1e6 * features).requires_grad_()
    loss = batch_hard_triplet(features, torch.zeros(8, dtype=torch.long))
    loss.backward()
    assert loss.item() == 0
    assert features.grad.abs().max() == 0


def test_triplet_gradient_is_finite_where_samples_coincide():
    same = torch.tensor([[1.0, 2.0, 3.0]]).repeat(8, 1).requires_grad_()
    loss = batch_hard_triplet(same, IDENTITY)
    loss.backward()
    assert loss.item() == pytest.approx(math.log(2))
    assert same.grad.isfinite().all()


def test_triplet_gradient_pulls_positives_and_pushes_negatives():
    features = torch.tensor([[0.0], [1.0], [3.0]], dtype=torch.float64, requires_grad=True)
    batch_hard_triplet(features, torch.tensor([0, 0, 1])).backward()
    near, far = (1 / (1 + math.exp(-margin)) / 3 for margin in (1 - 3, 1 - 2))
    alone = 1 / (1 + math.exp(2)) / 3
    # Anchor 0: positive 1, negative 2. Anchor 1: positive 0, negative 2. Anchor 2: negative 1.
    expected = [-near + near - far, near + far + far + alone, -near - far - alone]
    assert features.grad[:, 0].tolist() == pytest.approx(expected, abs=1e-6)


@pytest.mark.parametrize("dtype", [torch.float16, torch.bfloat16])
def test_half_precision_is_raised_to_float32(dtype, features):
    half = features.to(dtype)
    assert batch_hard_triplet(half, IDENTITY).dtype == torch.float32
    assert batch_hard_triplet(half, IDENTITY) == batch_hard_triplet(half.float(), IDENTITY)
    assert cross_entropy(half, IDENTITY, 0.1) == cross_entropy(half.float(), IDENTITY, 0.1)
    assert at_least_float32(half).dtype == torch.float32


def test_double_precision_stays(features):
    assert at_least_float32(features) is features
    assert batch_hard_triplet(features, IDENTITY).dtype == torch.float64


def test_autocast_does_not_lower_the_precision_of_losses(features):
    features = (5 + 3 * features).float()
    expected = batch_hard_triplet(features, IDENTITY), cross_entropy(features, IDENTITY, 0.1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        inside = batch_hard_triplet(features, IDENTITY), cross_entropy(features, IDENTITY, 0.1)
    assert inside == expected


def test_default_weights_are_those_of_the_clip_releases():
    settings = SupervisionSettings()
    assert (settings.id_weight, settings.triplet_weight, settings.label_smoothing) == (0.25, 1.0, 0.1)


def test_the_margin_is_that_of_the_releases_that_have_one():
    settings = MarginSupervisionSettings()
    assert (settings.margin, settings.id_weight) == (0.3, 0.25)
    assert MarginSupervisionSettings(margin=None).margin is None


@pytest.mark.parametrize("wrong", [{"id_weight": -1}, {"label_smoothing": 1.0}, {"triplet": 1}])
def test_settings_out_of_range_are_refused(wrong):
    with pytest.raises(InputError, match=next(iter(wrong))):
        parse(SupervisionSettings, wrong, "config.py")
