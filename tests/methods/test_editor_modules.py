"""The modules of EDITOR in loops: selection of tokens, masked aggregation, background and centre losses."""

import itertools
import math

import pytest
import torch
from torch import nn

from methods.editor import (
    Aggregation,
    AttentionRollout,
    Centres,
    MaskedBlock,
    attention_selection,
    background_consistency,
    frequency_selection,
)

FEW = {"head_keep": 1, "frequency_keep": 2}
"""The small grid of 4 x 2 patches is all selected with the release's numbers."""
PERSONS, VEHICLES = (256, 128), (128, 256)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def random_mask(B, N, seed=0):
    """A mask that selects some patches of every sample, not all."""
    mask = torch.rand(B, N, generator=torch.Generator().manual_seed(seed)) < 0.4
    mask[:, 1], mask[:, 2] = True, False
    return mask


def build(small, **settings):
    return small.build("editor", **{"sfts": FEW, **settings})


# -- selection


def haar(rows):
    """One level of the Haar transform along the last side: sums and differences of neighbours by the root of two."""
    even, odd = rows[..., 0::2], rows[..., 1::2]
    return (even + odd) / math.sqrt(2), (even - odd) / math.sqrt(2)


def inverse_haar(low, high):
    rows = torch.empty(*low.shape[:-1], 2 * low.shape[-1], dtype=low.dtype)
    rows[..., 0::2], rows[..., 1::2] = (low + high) / math.sqrt(2), (low - high) / math.sqrt(2)
    return rows


def wavelet_fusion(images, levels):
    """Images (M, 3, H, W) through a two-dimensional transform of some levels, averaged over M, and back."""
    if levels == 0:
        return images.mean(dim=0)
    halves = [part.transpose(-1, -2) for part in haar(images)]
    (ll, lh), (hl, hh) = (haar(half) for half in halves)
    bands = [wavelet_fusion(ll, levels - 1), *(band.mean(dim=0) for band in (lh, hl, hh))]
    low, high = (inverse_haar(a, b).transpose(-1, -2) for a, b in (bands[:2], bands[2:]))
    return inverse_haar(low, high)


@pytest.mark.parametrize("size", [PERSONS, VEHICLES])
def test_the_frequency_step_is_that_of_wavelets_fused_over_modalities(size):
    rows, columns = size[0] // 16, size[1] // 16
    images = numbers(3, 3, 3, *size) + 0.2 * numbers(3, 3, 1, 1, 1, seed=1)
    images[2] = nn.functional.interpolate(numbers(9, 1, rows, columns, seed=2), size=size, mode="bilinear").view(3, 3, *size)
    mask = frequency_selection(images, (rows, columns), 10)
    assert mask.sum(dim=1).tolist() == [10, 10, 10]
    for image, chosen in zip(images, mask, strict=True):
        fused = wavelet_fusion(image, 4)
        torch.testing.assert_close(fused, image.mean(dim=0))
        bright = fused.mean(dim=0) > 0
        counts = {
            r * columns + c: int(bright[16 * r : 16 * r + 16, 16 * c : 16 * c + 16].sum())
            for r, c in itertools.product(range(rows), range(columns))
        }
        best = sorted(counts, key=lambda n: (-counts[n], n))[:10]
        assert {n for n, is_chosen in enumerate(chosen.tolist()) if is_chosen} == set(best)


def test_patches_as_grey_as_the_missing_are_not_bright():
    images = torch.zeros(1, 3, 3, 16, 16)
    images[..., 8:, 8:] = 0.1
    assert frequency_selection(images, (2, 2), 1).tolist() == [[False, False, False, True]]


def stochastic(*shape, seed=0):
    return numbers(*shape, seed=seed).softmax(dim=-1)


def test_the_rollout_is_the_product_with_the_newest_on_the_left(loops):
    maps = [stochastic(2, 3, 4, 4, seed=seed) for seed in range(3)]
    rollout = AttentionRollout()
    for each in maps:
        rollout.add(each.requires_grad_())
    assert not rollout.product.requires_grad
    for n, h in itertools.product(range(2), range(3)):
        product = maps[0][n, h].tolist()
        for newer in maps[1:]:
            columns = list(zip(*product, strict=True))
            product = [[loops.dot(row, column) for column in columns] for row in newer[n, h].tolist()]
        torch.testing.assert_close(rollout.product[n, h], torch.tensor(product, dtype=torch.float64))


def test_attention_selects_for_each_head_of_each_modality():
    B, M, heads, N, keep = 2, 3, 2, 9, 2
    rollout = stochastic(B, M, heads, 1 + N, 1 + N)
    mask = attention_selection(rollout, keep)
    for b in range(B):
        chosen = set()
        for m, h in itertools.product(range(M), range(heads)):
            scores = rollout[b, m, h, 0, 1:].tolist()
            chosen |= set(sorted(range(N), key=lambda n: -scores[n])[:keep])
        assert {n for n in range(N) if mask[b, n]} == chosen
        assert len(chosen) < N


def test_both_selections_are_joined_and_shared_by_the_modalities(small):
    model, batch = build(small).eval(), small.batch()
    maps = []
    tokens = model.tower(batch.images.flatten(0, 1), batch.camera.repeat_interleave(3), maps.append)
    product = maps[0]
    for newer in maps[1:]:
        product = newer @ product
    by_attention = attention_selection(product.unflatten(0, (8, 3)), 1)
    by_frequency = frequency_selection(batch.images, (4, 2), 2)
    features = model.features(batch)
    assert torch.equal(features.mask, by_attention | by_frequency)
    torch.testing.assert_close(features.tokens.flatten(0, 1), tokens)
    assert not features.mask.all()
    assert features.mask.sum() > by_frequency.sum()
    shares = {name: value.item() for name, value in model.monitors().items()}
    assert shares == pytest.approx(
        {
            "selected": features.mask.float().mean().item(),
            "selected by attention": by_attention.float().mean().item(),
            "selected by frequency": 0.25,
        }
    )


# -- aggregation


def masked_block(tokens, mask, block, loops):
    """The sheet's formula for one sample: masked norm, scores of -65504, rows multiplied by the mask."""
    T, D, heads = len(tokens), len(tokens[0]), block.heads
    size = D // heads

    def masked_norm(rows, norm):
        weight, bias = norm.weight.tolist(), norm.bias.tolist()
        return [[value * kept for value in loops.layer_norm(row, weight, bias)] for row, kept in zip(rows, mask, strict=True)]

    normal = masked_norm(tokens, block.norm1)
    query, key, value = ([loops.dense(row, part.tolist()) for row in normal] for part in block.qkv.weight.detach().chunk(3))
    out = []
    for i in range(T):
        joined = []
        for h in range(heads):
            part = slice(h * size, (h + 1) * size)
            scores = [
                loops.dot(query[i][part], key[j][part]) / math.sqrt(size) if mask[i] * mask[j] else -65504.0 for j in range(T)
            ]
            shares = [share * mask[i] for share in loops.softmax(scores)]
            joined += [sum(share * v[part][d] for share, v in zip(shares, value, strict=True)) for d in range(size)]
        projected = loops.dense(joined, block.projection.weight.tolist())
        out.append([x + y for x, y in zip(tokens[i], projected, strict=True)])
    first, _, second = block.mlp
    grown = []
    for row, normal in zip(out, masked_norm(out, block.norm2), strict=True):
        hidden = [loops.gelu(value) for value in loops.dense(normal, first.weight.tolist())]
        grown.append([x + y for x, y in zip(row, loops.dense(hidden, second.weight.tolist()), strict=True)])
    return grown


@pytest.mark.parametrize("heads", [1, 2, 3])
def test_a_masked_block_is_the_formula(heads, small, loops):
    B, T, D = 2, 6, 6
    block = small.randomise(MaskedBlock(D, heads)).double()
    mask = random_mask(B, T)
    tokens = numbers(B, T, D) * mask[..., None]
    out = block(tokens, mask)
    for b in range(B):
        expected = masked_block(tokens[b].tolist(), mask[b].int().tolist(), block, loops)
        torch.testing.assert_close(out[b], torch.tensor(expected, dtype=torch.float64))
    assert (out[~mask] == 0).all()


def test_hma_is_the_formula(small, loops):
    B, M, N, D = 2, 3, 4, 6
    hma = small.randomise(Aggregation(D, M, 2)).double()
    tokens, mask = numbers(B, M, 1 + N, D), random_mask(B, N)
    own, fused = hma(tokens, mask)
    for b in range(B):
        kept = [1, *mask[b].int().tolist()]
        steps = []
        for m in range(M):
            masked = (tokens[b, m] * torch.tensor(kept)[:, None]).tolist()
            steps.append(masked_block(masked, kept, hma.blocks[m], loops))
            assert own[b, m].tolist() == pytest.approx(steps[m][0], abs=1e-12)
        joint = masked_block(sum(steps, []), kept * M, hma.joint, loops)
        weight, bias = hma.norm.weight.tolist(), hma.norm.bias.tolist()
        normal = [loops.layer_norm(row, weight, bias) for row in joint]
        expected = []
        for m in range(M):
            of_modality = normal[m * (1 + N) : (m + 1) * (1 + N)]
            chosen = [row for row, is_kept in zip(of_modality[1:], kept[1:], strict=True) if is_kept]
            mean = [sum(column) / len(chosen) for column in zip(*chosen, strict=True)]
            linear = hma.reduce[m]
            expected += loops.dense(of_modality[0] + mean, linear.weight.tolist(), linear.bias.tolist())
        assert fused[b].tolist() == pytest.approx(expected, abs=1e-11)


def test_patches_that_are_not_selected_change_nothing_behind_the_mask(small):
    hma = small.randomise(Aggregation(6, 3, 2)).double()
    tokens, mask = numbers(2, 3, 5, 6), random_mask(2, 4)
    changed = tokens.clone()
    changed[:, :, 1:][~mask[:, None].expand(-1, 3, -1)] = 7.0
    for before, after in zip(hma(tokens, mask), hma(changed, mask), strict=True):
        assert torch.equal(before, after)
    tokens.requires_grad_()
    hma(tokens, mask)[1].square().sum().backward()
    assert (tokens.grad[:, :, 1:].abs().sum(dim=(1, 3)) > 0).equal(mask)


def test_hma_starts_as_the_release_does():
    torch.manual_seed(0)
    hma = Aggregation(96, 3, 12)
    for block in (*hma.blocks, hma.joint):
        for linear in (block.qkv, block.projection, block.mlp[0], block.mlp[2]):
            assert linear.bias is None
            assert linear.weight.std().item() == pytest.approx(0.02, rel=0.05)
        assert (block.norm1.weight == 1).all()
        assert (block.norm1.eps, block.norm2.eps, hma.norm.eps) == (1e-5,) * 3
    for linear in hma.reduce:
        assert (linear.bias == 0).all()
        assert linear.weight.std().item() == pytest.approx(math.sqrt(2 / 96), rel=0.05)


# -- losses


def test_background_consistency_is_that_of_a_loop():
    B, M, N, D = 2, 3, 5, 4
    patches, mask = numbers(B, M, N, D), random_mask(B, N)
    expected = 0.0
    for first, second in ((0, 1), (0, 2), (1, 2)):
        squares = [
            0.0 if mask[b, n] else (patches[b, first, n, d] - patches[b, second, n, d]).item() ** 2
            for b, n, d in itertools.product(range(B), range(N), range(D))
        ]
        expected += sum(squares) / len(squares)
    assert background_consistency(patches, mask).item() == pytest.approx(expected, abs=1e-12)
    patches.requires_grad_()
    background_consistency(patches, mask).backward()
    assert (patches.grad.abs().sum(dim=(1, 3)) > 0).equal(~mask)


@pytest.mark.parametrize("identities", [[0, 0, 2, 2], [3, 1, 3, 3], [2, 2, 2, 2]], ids=str)
def test_centres_move_before_they_draw(identities):
    M, C, D, rate = 2, 4, 3, 0.8
    centres = Centres(D, M, C, rate).double()
    table = [[[0.0] * D for _ in range(C)] for _ in range(M)]
    for step in range(2):
        features = numbers(len(identities), M, D, seed=step)
        loss = centres(features, torch.tensor(identities))
        expected = 0.0
        for m in range(M):
            normal = [[x / math.sqrt(sum(y * y for y in row)) for x in row] for row in features[:, m].tolist()]
            for c in set(identities):
                own = [row for row, identity in zip(normal, identities, strict=True) if identity == c]
                mean = [sum(column) / len(own) for column in zip(*own, strict=True)]
                table[m][c] = [rate * new + (1 - rate) * old for new, old in zip(mean, table[m][c], strict=True)]
            squares = [
                (x - y) ** 2
                for row, identity in zip(normal, identities, strict=True)
                for x, y in zip(row, table[m][identity], strict=True)
            ]
            expected += sum(squares) / len(squares)
        assert loss.item() == pytest.approx(expected, abs=1e-12)
        torch.testing.assert_close(centres.table.data, torch.tensor(table, dtype=torch.float64))


def test_centres_have_no_gradient_and_stay_at_test():
    centres = Centres(3, 2, 4, 0.8).double()
    features = numbers(4, 2, 3).requires_grad_()
    identity = torch.tensor([0, 0, 1, 1])
    centres(features, identity).backward()
    assert features.grad.abs().sum() > 0
    assert centres.table.grad is None
    before = centres.table.clone()
    centres.eval()
    assert centres(numbers(4, 2, 3, seed=1), identity).isfinite()
    assert torch.equal(centres.table, before)
