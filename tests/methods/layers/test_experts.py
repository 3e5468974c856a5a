import math

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from methods.layers.experts import Expert, GroupedLinear, TokenRouter

D = 4


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def test_an_expert_is_equation_1(small, loops):
    expert = small.randomise(Expert(D, 6, 0.1)).double().eval()
    tokens = numbers(2, 3, D)
    out = expert(tokens)
    for token, result in zip(tokens.flatten(0, 1).tolist(), out.flatten(0, 1).tolist(), strict=True):
        normal = loops.layer_norm(token, expert.norm.weight.tolist(), expert.norm.bias.tolist())
        expected = [y + x for y, x in zip(loops.feed_forward(normal, expert.mlp), token, strict=True)]
        assert result == pytest.approx(expected, abs=1e-12)


def test_dropout_of_an_expert_is_behind_the_mlp_and_spares_the_residual(small):
    expert = small.randomise(Expert(64, 64, 0.1), scale=1).double()
    tokens = numbers(50, 64)
    whole = expert.eval()(tokens) - tokens
    torch.manual_seed(0)
    inner = expert.train()(tokens) - tokens
    dropped = inner.abs() < 1e-12
    assert dropped.double().mean().item() == pytest.approx(0.1, abs=0.02)
    torch.testing.assert_close(inner[~dropped], whole[~dropped] / 0.9)


def test_an_expert_of_the_published_size_has_526336_parameters(small):
    assert small.trainable(Expert(512, 512, 0.1)) == 526_336


def test_grouped_linear_is_separate_linear_layers():
    layer = GroupedLinear(3, 5, 2).double()
    rows = numbers(3, 7, 5)
    out = layer(rows)
    for group in range(3):
        expected = F.linear(rows[group], layer.weight[group].t(), layer.bias[group, 0])
        torch.testing.assert_close(out[group], expected)


def test_groups_do_not_see_each_other():
    layer = GroupedLinear(3, 5, 2).double()
    rows = numbers(3, 7, 5)
    before = layer(rows)
    with torch.no_grad():
        layer.weight[1] += 1
    changed = (layer(rows) != before).flatten(1).any(dim=1)
    assert changed.tolist() == [False, True, False]


def test_grouped_linear_starts_as_nn_linear_does():
    torch.manual_seed(0)
    grouped, single = GroupedLinear(4, 50, 300), nn.Linear(50, 1200)
    bound = 1 / math.sqrt(50)
    for ours, theirs in ((grouped.weight, single.weight), (grouped.bias, single.bias)):
        assert ours.abs().max() <= bound
        assert ours.abs().max().item() == pytest.approx(bound, rel=0.01)
        assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.05)
        assert abs(ours.mean().item()) < 0.01


@pytest.mark.parametrize(("experts", "scopes"), [(2, 3), (2, 1), (1, 3), (3, 1)])
def test_a_router_is_a_network_for_each_expert_and_scope(experts, scopes, small, loops):
    router = small.randomise(TokenRouter(experts, scopes, D)).double()
    tokens = numbers(3, 5, D)
    scores = router(tokens)
    assert scores.shape == (3, experts, 5)
    for m in range(3):
        scope = m if scopes == 3 else 0
        for e in range(experts):
            hidden = slice(e * D, (e + 1) * D)
            first = router.fc1.weight[scope, :, hidden].t().tolist(), router.fc1.bias[scope, 0, hidden].tolist()
            group = scope * experts + e
            second = router.fc2.weight[group].t().tolist(), router.fc2.bias[group, 0].tolist()
            for token, score in zip(tokens[m].tolist(), scores[m, e].tolist(), strict=True):
                inner = [loops.gelu(value) for value in loops.dense(token, *first)]
                assert score == pytest.approx(loops.dense(inner, *second)[0], abs=1e-12)


def test_a_shared_router_treats_all_modalities_alike():
    router = TokenRouter(2, 1, D).double()
    tokens = numbers(1, 5, D).repeat(3, 1, 1)
    scores = router(tokens)
    assert torch.equal(scores[0], scores[1])
    assert torch.equal(scores[0], scores[2])
    apart = TokenRouter(2, 3, D).double()(tokens)
    assert (apart[0] != apart[1]).all()


def test_parameters_of_routers(small):
    assert small.trainable(TokenRouter(3, 3, 512)) == 9 * 263_169
    assert small.trainable(TokenRouter(3, 1, 512)) == 3 * 263_169
