import math

import pytest
import torch

from methods.layers.reduction import QuickGELU, Reduce, quick_gelu


def test_quick_gelu_is_its_formula():
    x = torch.linspace(-5, 5, 23, dtype=torch.float64)
    expected = [value / (1 + math.exp(-1.702 * value)) for value in x.tolist()]
    assert quick_gelu(x).tolist() == pytest.approx(expected, abs=1e-14)
    assert torch.equal(QuickGELU()(x), quick_gelu(x))


@pytest.mark.parametrize("activation", [True, False])
def test_reduction_is_linear_on_class_and_mean_patch_with_quick_gelu_or_without(small, loops, activation):
    D, N = 3, 4
    reduce = small.randomise(Reduce(D, activation=activation)).double()
    generator = torch.Generator().manual_seed(0)
    token = torch.randn(2, D, generator=generator, dtype=torch.float64)
    patches = torch.randn(2, N, D, generator=generator, dtype=torch.float64)
    out = reduce(token, patches)
    for b in range(2):
        mean = [sum(patches[b, n, d].item() for n in range(N)) / N for d in range(D)]
        normal = loops.layer_norm([*token[b].tolist(), *mean], reduce.norm.weight.tolist(), reduce.norm.bias.tolist())
        x = loops.dense(normal, reduce.linear.weight.tolist(), reduce.linear.bias.tolist())
        expected = [value / (1 + math.exp(-1.702 * value)) for value in x] if activation else x
        assert out[b].tolist() == pytest.approx(expected, abs=1e-12)


def test_the_published_size_has_526848_parameters(small):
    assert small.trainable(Reduce(512)) == 526_848
