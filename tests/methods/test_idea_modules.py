"""The modules of IDEA against the fingerprints of its release, and in loops."""

import itertools
import math

import pytest
import torch
from torch import nn

from benchmarks.batch import BatchSpec
from methods.idea import (
    CdaSettings,
    DeformableAggregation,
    InvertedBranches,
)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fill(shape, seed, amplitude):
    """The fill rule of the fingerprints: amplitude * (frac(sin(12.9898 i + 78.233 s) * 43758.5453) - 0.5)."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    x = torch.sin(12.9898 * i + 78.233 * seed) * 43758.5453
    return amplitude * (x - x.floor() - 0.5).reshape(shape)


def set_weights(module, seeds, amplitudes=None):
    """Fill every parameter from its seed."""
    assert set(seeds) == {name for name, _ in module.named_parameters()}
    with torch.no_grad():
        for name, seed in seeds.items():
            parameter = module.get_parameter(name)
            parameter.copy_(fill(parameter.shape, seed, (amplitudes or {}).get(name, 0.1)))


@pytest.fixture(scope="module")
def full_inverse_net():
    """InverseNet at its published size."""

    class Tower(nn.Module):
        size, width = 512, 768

    return InvertedBranches(Tower(), BatchSpec(1, 1, (256, 128)), 0.1).inverse_net


def test_the_fingerprint_of_inverse_net(full_inverse_net):
    net = full_inverse_net.double().eval()
    set_weights(net, {"0.weight": 401, "0.bias": 402, "3.weight": 403, "3.bias": 404})
    out = net(fill((2, 512), 121, 2))
    assert out[0, :3].tolist() == pytest.approx([0.110652, 0.180044, 0.276472], abs=6e-7)
    assert out[1, -3:].tolist() == pytest.approx([-0.347349, -0.197654, -0.094432], abs=6e-7)


def test_the_fingerprint_of_cda():
    cda = DeformableAggregation(512, 3, CdaSettings()).double().eval()
    seeds = dict(zip(("0.0.weight", "0.0.bias", "0.2.weight", "0.2.bias", "0.4.weight"), range(411, 416), strict=True))
    seeds = {f"offset_nets.{name}": seed for name, seed in seeds.items()}
    parts = itertools.product(("query", "key", "value", "out"), ("weight", "bias"))
    seeds |= {f"{layer}.{kind}": seed for (layer, kind), seed in zip(parts, range(421, 429), strict=True)}
    set_weights(cda, seeds, {"offset_nets.0.4.weight": 5})
    maps = torch.stack([fill((2, 128, 512), seed, 2) for seed in (101, 102, 103)], dim=1).transpose(2, 3).unflatten(-1, (16, 8))
    places = cda.places(maps)
    assert places.shape == (2, 1, 7, 3, 2)
    moved = places.clamp(-1, 1)[:, 0]
    for (b, i, j), (y, x) in {(0, 0, 0): (-0.426593, 1), (0, 3, 1): (0.305431, -1), (1, 6, 2): (0.565624, 1)}.items():
        assert moved[b, i, j].tolist() == pytest.approx([x, y], abs=6e-7)
    assert cda.sample(maps).shape == (2, 63, 512)
    fused = cda(fill((2, 6, 512), 131, 2), maps)
    c_v, c_t = fused[:, :3].flatten(1), fused[:, 3:].flatten(1)
    assert c_v[0, :3].tolist() == pytest.approx([-0.817653, -0.888404, 0.292219], abs=6e-7)
    assert c_v[1, -3:].tolist() == pytest.approx([-0.812370, 0.315307, 0.318325], abs=6e-7)
    assert c_t[0, :3].tolist() == pytest.approx([0.595588, 0.512388, 0.025003], abs=6e-7)
    assert c_t[1, -3:].tolist() == pytest.approx([-0.201105, -0.575135, 0.270957], abs=6e-7)
    assert c_v.abs().mean().item() == pytest.approx(0.508064, abs=6e-7)
    assert c_t.abs().mean().item() == pytest.approx(0.502443, abs=6e-7)
    outside = (places.abs() > 1).double().mean(dim=(0, 1, 2, 3))
    assert [cda.beyond[axis].item() for axis in "xy"] == pytest.approx(outside.tolist())


@pytest.mark.parametrize(
    ("grid", "factor", "points", "reach"),
    [((16, 8), 5.0, (7, 3), (0.833, 2.5)), ((8, 16), 21.0, (3, 7), (10.5, 3.5)), ((8, 16), 25.0, (3, 7), (12.5, 4.17))],
    ids=["rgbnt201", "rgbnt100", "msvr310"],
)
def test_points_and_the_range_of_their_offsets_are_those_of_the_release(grid, factor, points, reach):
    """21 points on every benchmark; how far (y, x) an offset can move one, in half maps."""
    settings = CdaSettings(offset_factor=factor)
    assert settings.points_of(grid) == points
    cda = DeformableAggregation(8, 3, settings).double()
    with torch.no_grad():
        for parameter in cda.offset_nets.parameters():
            parameter.fill_(30.0)  # the tanh of what comes out is 1
    moved = cda.places(torch.ones(1, 3, 8, *grid, dtype=torch.float64))
    still = DeformableAggregation(8, 3, CdaSettings(points="fixed")).double().places(torch.ones(1, 3, 8, *grid).double())
    x, y = (moved - still).unbind(dim=-1)
    assert y.flatten().tolist() == pytest.approx([reach[0]] * 21, abs=5e-3)
    assert x.flatten().tolist() == pytest.approx([reach[1]] * 21, abs=5e-3)


def bilinear(grid, y, x):
    """One value of a map (h x w) at a place in patches."""
    top, left = min(int(y), len(grid) - 1), min(int(x), len(grid[0]) - 1)
    bottom, right = min(top + 1, len(grid) - 1), min(left + 1, len(grid[0]) - 1)
    down, along = y - top, x - left
    upper = grid[top][left] * (1 - along) + grid[top][right] * along
    return upper * (1 - down) + (grid[bottom][left] * (1 - along) + grid[bottom][right] * along) * down


def offset(net, maps, i, j, stride, loops):
    """Outputs (1 or 2 numbers) of an offset network at a point of one map (C x h x w), before the tanh."""
    mix, _, deep, _, last = net
    D, kernel = deep.weight.shape[0], deep.weight.shape[-1]
    total = [0.0] * D
    for u, v in itertools.product(range(kernel), range(kernel)):
        column = maps[:, stride * i + u, stride * j + v].tolist()
        mixed = [loops.gelu(value) for value in loops.dense(column, mix.weight[:, :, 0, 0].tolist(), mix.bias.tolist())]
        total = [t + deep.weight[d, 0, u, v].item() * mixed[d] for d, t in enumerate(total)]
    hidden = [loops.gelu(t + b) for t, b in zip(total, deep.bias.tolist(), strict=True)]
    return loops.dense(hidden, last.weight[:, :, 0, 0].tolist())


@pytest.mark.parametrize("points", ["shared", "separate", "fixed", "all"])
@pytest.mark.parametrize(
    ("grid", "kernel", "stride"), [((6, 8), 4, 2), ((5, 4), 2, 2), ((8, 4), 4, 2), ((4, 3), 3, 1)], ids=str
)
def test_cda_is_that_of_a_loop(small, loops, points, grid, kernel, stride):
    B, M, D, (h, w), factor = 2, 3, 4, grid, 1.5
    settings = CdaSettings(points=points, offset_factor=factor, kernel=kernel, stride=stride)
    cda = small.randomise(DeformableAggregation(D, M, settings)).double()
    maps, queries = numbers(B, M, D, h, w), numbers(B, 6, D, seed=1)
    fused, sampled = cda(queries, maps), cda.sample(maps)
    rows, columns = (h - kernel) // stride + 1, (w - kernel) // stride + 1
    assert settings.points_of(grid) == (rows, columns)
    assert sampled.shape == (B, M * (h * w if points == "all" else rows * columns), D)
    for b in range(B):
        tokens = []
        for m in range(M):
            for i, j in itertools.product(range(rows), range(columns)) if points != "all" else ():
                moves = [0.0]
                if points == "shared":
                    moves = offset(cda.offset_nets[0], maps[b].flatten(0, 1), i, j, stride, loops)
                elif points == "separate":
                    moves = offset(cda.offset_nets[m], maps[b, m], i, j, stride, loops)
                y = 2 * (stride * i + kernel // 2) / (h - 1) - 1 + math.tanh(moves[0]) * factor / max(rows - 1, 1)
                x = 2 * (stride * j + kernel // 2) / (w - 1) - 1 + math.tanh(moves[-1]) * factor / max(columns - 1, 1)
                y, x = ((min(1, max(-1, place)) + 1) / 2 * (side - 1) for place, side in ((y, h), (x, w)))
                tokens.append([bilinear(maps[b, m, d].tolist(), y, x) for d in range(D)])
            if points == "all":
                tokens += [maps[b, m, :, i, j].tolist() for i, j in itertools.product(range(h), range(w))]
        torch.testing.assert_close(sampled[b], torch.tensor(tokens, dtype=torch.float64))
        layers = {name: getattr(cda, name) for name in ("query", "key", "value", "out")}
        dense = {name: (layer.weight.tolist(), layer.bias.tolist()) for name, layer in layers.items()}
        keys, values = ([loops.dense(token, *dense[name]) for token in tokens] for name in ("key", "value"))
        for k in range(6):
            asked = loops.dense(queries[b, k].tolist(), *dense["query"])
            shares = loops.softmax([loops.dot(asked, key) / math.sqrt(D) for key in keys])
            mixed = [sum(share * value[d] for share, value in zip(shares, values, strict=True)) for d in range(D)]
            expected = [q + o for q, o in zip(queries[b, k].tolist(), loops.dense(mixed, *dense["out"]), strict=True)]
            assert fused[b, k].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("points", "nets"), [("shared", 1), ("separate", 3), ("fixed", 0), ("all", 0)])
def test_offsets_are_learned_where_there_are_any(small, points, nets):
    cda = small.randomise(DeformableAggregation(4, 3, CdaSettings(points=points, offset_factor=0.3, kernel=2))).double()
    assert len(cda.offset_nets) == nets
    maps = numbers(2, 3, 4, 6, 8).requires_grad_()
    cda(numbers(2, 6, 4, seed=1), maps).square().sum().backward()
    grads = {name: parameter.grad for name, parameter in cda.named_parameters()}
    assert all(grad.abs().sum() > 0 for name, grad in grads.items() if name != "key.bias")  # which softmax does not see
    assert (maps.grad.flatten(2).abs().sum(dim=-1) > 0).all()


def test_cda_samples_in_no_less_than_single_precision():
    torch.manual_seed(0)
    cda, maps = DeformableAggregation(8, 3, CdaSettings(kernel=2)), torch.randn(2, 3, 8, 6, 8)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert cda.places(maps).dtype == cda.sample(maps.bfloat16()).dtype == torch.float32
        assert cda(torch.randn(2, 6, 8), maps).isfinite().all()
