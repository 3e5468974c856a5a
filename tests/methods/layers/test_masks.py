import pytest
import torch

from methods.layers.masks import threshold_mask, top_mask, top_patches


@pytest.fixture
def score():
    return torch.randn(2, 3, 5, generator=torch.Generator().manual_seed(0), dtype=torch.float64).requires_grad_()


@pytest.fixture
def threshold():
    return 0.3 * torch.randn(2, 3, 1, generator=torch.Generator().manual_seed(1), dtype=torch.float64).requires_grad_()


def weights(like):
    return torch.randn(like.shape, generator=torch.Generator().manual_seed(2), dtype=like.dtype)


def logistic(x, temperature):
    return 1 / (1 + (-x / temperature).exp())


@pytest.mark.parametrize("dtype", [torch.float64, torch.float32, torch.bfloat16])
def test_the_straight_through_mask_is_the_hard_mask_bit_by_bit(score, threshold, dtype):
    score, threshold = score.to(dtype), threshold.to(dtype)
    mask = threshold_mask(score, threshold, gradient="ste", temperature=1.0, training=True)
    assert mask.dtype == dtype
    for place, value in enumerate(mask.flatten().tolist()):
        expected = score.flatten()[place].item() > threshold.expand_as(score).flatten()[place].item()
        assert value == (1.0 if expected else 0.0)
    assert 0 < mask.mean() < 1


def test_a_score_at_its_threshold_does_not_pass():
    score = torch.tensor([0.25, 0.5, 0.75])
    mask = threshold_mask(score, torch.tensor([0.5]), gradient="ste", temperature=1.0, training=False)
    assert mask.tolist() == [0, 0, 1]


@pytest.mark.parametrize("temperature", [1.0, 0.2, 3.0])
def test_the_straight_through_gradient_is_that_of_the_sigmoid(score, threshold, temperature):
    leaf = threshold.detach().requires_grad_()
    mask = threshold_mask(score, leaf, gradient="ste", temperature=temperature, training=True)
    w = weights(mask)
    (mask * w).sum().backward()
    S = logistic(score.detach() - leaf.detach(), temperature)
    expected = w * S * (1 - S) / temperature
    torch.testing.assert_close(score.grad, expected)
    torch.testing.assert_close(leaf.grad, -expected.sum(dim=-1, keepdim=True))


def test_the_soft_mask_is_the_sigmoid_in_training_and_hard_at_test(score, threshold):
    soft = threshold_mask(score, threshold, gradient="soft", temperature=0.5, training=True)
    torch.testing.assert_close(soft, logistic(score - threshold, 0.5))
    hard = threshold_mask(score, threshold, gradient="soft", temperature=0.5, training=False)
    assert torch.equal(hard, (score > threshold).double())


def test_the_gumbel_mask_is_noisy_in_training_and_hard_at_test(score, threshold):
    hard = threshold_mask(score, threshold, gradient="gumbel", temperature=1.0, training=False)
    assert torch.equal(hard, (score > threshold).double())
    torch.manual_seed(0)
    draws = torch.stack([threshold_mask(score, 0.0, gradient="gumbel", temperature=1.0, training=True) for _ in range(2000)])
    assert set(draws.unique().tolist()) == {0.0, 1.0}
    # A logistic variable exceeds -x with probability sigmoid(x).
    torch.testing.assert_close(draws.mean(dim=0), logistic(score, 1.0), atol=0.05, rtol=0)
    draws[0].sum().backward()
    assert (score.grad > 0).all()


def test_a_number_is_a_threshold(score):
    mask = threshold_mask(score, 0.2, gradient="ste", temperature=1.0, training=True)
    assert torch.equal(mask, (score > 0.2).double())
    mask.sum().backward()
    assert (score.grad > 0).all()


@pytest.mark.parametrize("count", [1, 3, 4, 5])
def test_top_mask_keeps_exactly_the_highest(score, count):
    mask = top_mask(score, count, temperature=1.0)
    for row, kept in zip(score.flatten(0, 1).tolist(), mask.flatten(0, 1).tolist(), strict=True):
        highest = sorted(range(5), key=lambda place: -row[place])[:count]
        assert kept == [float(place in highest) for place in range(5)]


def test_top_mask_is_exact_where_scores_are_equal():
    assert top_mask(torch.zeros(2, 6), 4, temperature=1.0).sum(dim=-1).tolist() == [4, 4]


def test_the_gradient_of_the_top_mask_is_around_the_border(score):
    mask = top_mask(score, 2, temperature=0.5)
    w = weights(mask)
    (mask * w).sum().backward()
    leaf = score.detach().requires_grad_()
    ordered = leaf.sort(dim=-1, descending=True).values
    border = (ordered[..., 1:2] + ordered[..., 2:3]) / 2
    (logistic(leaf - border, 0.5) * w).sum().backward()
    torch.testing.assert_close(score.grad, leaf.grad)
    assert score.grad.abs().min() > 0


def test_of_equal_scores_the_first_are_taken():
    scores = torch.tensor([[3, 5, 5, 5, 1], [0, 0, 0, 0, 0]])
    assert top_patches(scores, 2).tolist() == [[False, True, True, False, False], [True, True, False, False, False]]
    assert top_patches(scores.float(), 4).tolist() == [[True] * 4 + [False]] * 2
