"""PromptMA part by part, and the features of a whole sample, in plain loops."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch import nn

from methods.promptma import (
    PbtsSettings,
    attention_rollout,
    fusion_query,
    select_patches,
)

OFF = {"enabled": False}
NO_FUSION = {"pbts": OFF, "pbmf": OFF}
NO_PROMPTS = {"prompts": OFF, **NO_FUSION}
KEPT = {"prompts": {"exchange": False}}
ONE_BLOCK = {"prompts": {"depth": 1 / 3}}
M, N, D = 3, 8, 64


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def off_diagonal():
    return [(m, j) for m, j in itertools.product(range(M), range(M)) if m != j]


class Loops:
    """Blocks of a CLIP over lists of numbers."""

    def __init__(self, loops):
        self.loops = loops

    def norm(self, token, norm):
        return self.loops.layer_norm(token, norm.weight.tolist(), norm.bias.tolist())

    def attention(self, block, queries, sequence):
        """Attention of queries over a sequence, both already normed: outputs, and shares averaged over heads."""
        attn, size = block.attn, len(queries[0])
        weight, bias = attn.in_proj_weight.tolist(), attn.in_proj_bias.tolist()
        parts = [(weight[k * size : (k + 1) * size], bias[k * size : (k + 1) * size]) for k in range(3)]
        keys = [self.loops.dense(token, *parts[1]) for token in sequence]
        width = size // attn.num_heads
        shares = []
        for query in queries:
            q = self.loops.dense(query, *parts[0])
            scores = [
                [self.loops.dot(q[a : a + width], key[a : a + width]) / math.sqrt(width) for key in keys]
                for a in range(0, size, width)
            ]
            each = [self.loops.softmax(row) for row in scores]
            shares.append([sum(head[t] for head in each) / len(each) for t in range(len(sequence))])
        return self.loops.cross_attention(queries, sequence, attn, attn.num_heads), shares

    def rest(self, block, token, attended):
        """Residual of the attention, then the MLP of one token."""
        token = [x + y for x, y in zip(token, attended, strict=True)]
        added = self.loops.feed_forward(self.norm(token, block.ln_2), block.mlp)
        return [x + y for x, y in zip(token, added, strict=True)]

    def block(self, block, tokens):
        normed = [self.norm(token, block.ln_1) for token in tokens]
        attended, shares = self.attention(block, normed, normed)
        return [self.rest(block, token, each) for token, each in zip(tokens, attended, strict=True)], shares


def rollout_in_loops(maps, weight):
    """Product of weight * A + (1 - weight) * I, the first block's on the right."""
    size = range(len(maps[0]))
    steps = [[[weight * row[t] + (1 - weight) * (s == t) for t in size] for s, row in enumerate(each)] for each in maps]
    product = steps[0]
    for step in steps[1:]:
        product = [[sum(step[s][k] * product[k][t] for k in size) for t in size] for s in size]
    return product


def selection_in_loops(product, m, rows, keep):
    """Patches of modality m, which stands at the m-th of the last M places itself."""
    patches = range(1, len(product) - M)
    count = int(keep * len(patches))
    by_class = [product[0][t] for t in patches]
    foreign = [len(product) - M + j for j in range(M) if j != m]
    by_prompts = [sum(product[place][t] for place in foreign) for t in patches]
    chosen = set()
    for name, scores in (("class", by_class), ("prompts", by_prompts)):
        if rows in (name, "both"):
            chosen |= set(sorted(patches, key=lambda t: -scores[t - 1])[:count])
    return [t in chosen for t in patches]


def features_in_loops(model, batch, loops):
    """Class tokens of the modalities and the fused feature of the one sample of a batch."""
    visual, config, over = model.encoder.tower.visual, model.config, Loops(loops)
    blocks, P = visual.transformer.resblocks, model.encoder.prompted
    streams = model.encoder.tower.stem(batch.images[0]).tolist()
    prompts = model.encoder.prompts.tolist()
    maps, depths = [[] for _ in range(M)], []
    for number, block in enumerate(blocks):
        if number >= P:
            depths.append([stream[1:] for stream in streams])
            streams = [over.block(block, stream)[0] for stream in streams]
            continue
        updated = []
        for m in range(M):
            tokens, shares = over.block(block, streams[m] + prompts[m])
            streams[m], maps[m] = tokens[: 1 + N], [*maps[m], shares]
            updated.append(tokens[1 + N :])
        for m, j in itertools.product(range(M), range(M)):
            prompts[m][j] = updated[j][m] if config.prompts.exchange else updated[m][j]
    places = off_diagonal()
    query = [sum(prompts[m][j][d] for m, j in places) / len(places) for d in range(D)]
    kept = [[True] * N] * M
    if config.pbts.enabled:
        products = [rollout_in_loops(each, config.pbts.attention_weight) for each in maps]
        kept = [selection_in_loops(products[m], m, config.pbts.rows, config.pbts.keep_ratio) for m in range(M)]
    for block, depth in zip(model.pbmf.blocks, depths, strict=True):
        tokens = [[x * kept[m][n] for x in depth[m][n]] for m in range(M) for n in range(N)]
        normed = [over.norm(token, block.ln_1) for token in tokens]
        attended, _ = over.attention(block, [over.norm(query, block.ln_1)], normed)
        query = over.rest(block, query, attended[0])
    return [*(over.norm(stream[0], visual.ln_post) for stream in streams), over.norm(query, model.pbmf.norm)]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        ONE_BLOCK,
        KEPT,
        {"pbts": OFF},
        {"pbts": {"rows": "class", "keep_ratio": 0.25, "attention_weight": 0.8}},
        {"pbts": {"rows": "prompts"}, **ONE_BLOCK},
    ],
    ids=str,
)
def test_the_features_of_a_sample_in_plain_loops(small, loops, settings):
    model = small.randomise(small.build("promptma", **settings), scale=0.15).double().eval()
    batch = small.batch(samples=1, per_identity=1)
    batch = replace(batch, images=batch.images.double())
    with torch.no_grad():
        features = model.features(batch)
    for feature, expected in zip(features, features_in_loops(model, batch, loops), strict=True):
        assert feature[0].tolist() == pytest.approx(expected, abs=1e-9)


# -- prompts


class Unchanged(nn.Module):
    def forward(self, x):
        return x


@pytest.mark.parametrize("blocks", [1, 2, 3])
def test_every_modality_hands_each_other_one_prompt_after_each_block(small, blocks):
    model = small.build("promptma", prompts={"depth": blocks / 3}, **NO_FUSION)
    transformer = model.encoder.tower.visual.transformer
    transformer.resblocks = nn.ModuleList(Unchanged() for _ in range(3))
    with torch.no_grad():
        model.encoder.prompts.copy_(torch.arange(9.0).view(3, 3, 1).expand(3, 3, D))
        prompts = model.encoder(small.batch(samples=2).images, maps=False).prompts
    expected = [[0, 3, 6], [1, 4, 7], [2, 5, 8]] if blocks % 2 else [[0, 1, 2], [3, 4, 5], [6, 7, 8]]
    assert prompts[1, :, :, 0].tolist() == expected
    kept = small.build("promptma", prompts={"depth": blocks / 3, "exchange": False}, **NO_FUSION)
    kept.encoder.tower, kept.encoder.prompts = model.encoder.tower, model.encoder.prompts
    assert kept.encoder(small.batch().images, maps=False).prompts[0, 1, :, 0].tolist() == [3, 4, 5]


def test_prompts_start_as_the_release_draws_them(small):
    table = small.build("promptma").encoder.prompts
    assert table.shape == (3, 3, 64)
    assert table.std().item() == pytest.approx(1, rel=0.1)
    assert table.mean().item() == pytest.approx(0, abs=0.15)


def test_without_prompts_the_tower_is_that_of_clip(small):
    model, batch = small.build("promptma", **NO_PROMPTS).eval(), small.batch()
    tower = model.encoder.tower
    for m, feature in enumerate(model.features(batch)):
        tokens = tower.visual.transformer(tower.stem(batch.images[:, m]))
        torch.testing.assert_close(feature, tower.visual.ln_post(tokens)[:, 0], atol=1e-5, rtol=1e-5)


def test_a_modality_sees_the_others_through_the_prompts_alone(small):
    batch = small.batch()
    images = batch.images.clone()
    images[:, 2] += 1
    for settings, changes in (({}, True), (KEPT, False), ({**ONE_BLOCK, **NO_FUSION}, False), (NO_PROMPTS, False)):
        model = small.build("promptma", **settings).eval()
        before, after = model.features(batch)[0], model.features(replace(batch, images=images))[0]
        assert torch.equal(before, after) != changes, settings  # what one block hands over, no other block takes


# -- selection


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.5, 1.0])
def test_the_rollout_in_a_plain_loop(weight):
    maps = [numbers(2, 3, 6, 6, seed=seed).softmax(dim=-1) for seed in range(3)]
    rollout = attention_rollout(maps, weight)
    for b, m in itertools.product(range(2), range(3)):
        expected = rollout_in_loops([each[b, m].tolist() for each in maps], weight)
        for row, wanted in zip(rollout[b, m].tolist(), expected, strict=True):
            assert row == pytest.approx(wanted, abs=1e-12)


def test_a_rollout_needs_attention():
    with pytest.raises(ValueError, match="one block at least"):
        attention_rollout([], 0.5)


@pytest.mark.parametrize("rows", ["both", "class", "prompts"])
@pytest.mark.parametrize("keep", [0.5, 0.3, 1.0])
def test_selection_in_a_plain_loop(rows, keep):
    rollout = numbers(4, 3, 1 + 10 + 3, 1 + 10 + 3).softmax(dim=-1)
    mask = select_patches(rollout, PbtsSettings(rows=rows, keep_ratio=keep))
    assert (mask.shape, mask.dtype) == ((4, 3, 10), torch.bool)
    for b, m in itertools.product(range(4), range(3)):
        assert mask[b, m].tolist() == selection_in_loops(rollout[b, m].tolist(), m, rows, keep)


def test_a_modality_does_not_select_by_the_prompt_that_it_kept():
    rollout = torch.zeros(1, 3, 12, 12)
    for m, j in itertools.product(range(3), range(3)):
        rollout[0, m, 9 + j, 1 + j] = 1 + 9 * (m == j)  # place j of modality m attends to the j-th patch, its own one most
    mask = select_patches(rollout, PbtsSettings(rows="prompts", keep_ratio=0.25))
    assert mask[0].nonzero().tolist() == [[0, 1], [0, 2], [1, 0], [1, 2], [2, 0], [2, 1]]


def test_one_patch_is_kept_at_least():
    rollout = numbers(2, 3, 12, 12).softmax(dim=-1)
    assert select_patches(rollout, PbtsSettings(rows="class", keep_ratio=0.01)).sum(dim=-1).tolist() == [[1] * 3] * 2


def test_shares_of_selected_patches_are_monitored(small):
    model, batch = small.build("promptma"), small.batch()
    assert model.monitors() == {}
    model.losses(batch)
    monitors = model.monitors()
    assert list(monitors) == ["selected/RGB", "selected/NIR", "selected/TIR"]
    assert all(0.5 <= share <= 1 for share in monitors.values())
    assert model.patches == 8
    rows = small.build("promptma", pbts={"rows": "class", "keep_ratio": 0.375})
    rows.embed(batch)
    assert [float(share) for share in rows.monitors().values()] == [0.375] * 3
    for settings in ({"pbts": OFF}, NO_FUSION):
        without = small.build("promptma", **settings)
        without.losses(batch)
        assert without.monitors() == {}


# -- fusion


def test_the_query_is_the_mean_of_prompts_that_are_away_from_home():
    prompts = numbers(2, 3, 3, 5)
    query = fusion_query(prompts)
    for b in range(2):
        expected = [sum(prompts[b, m, j, d].item() for m, j in off_diagonal()) / 6 for d in range(5)]
        assert query[b, 0].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(("settings", "copied"), [({}, [2]), (ONE_BLOCK, [1, 2])], ids=str)
def test_fusion_starts_as_the_last_blocks_of_the_tower(small, settings, copied):
    model = small.build("promptma", **settings)
    visual = model.encoder.tower.visual
    assert len(model.pbmf.blocks) == len(copied)
    for number, block in zip(copied, model.pbmf.blocks, strict=True):
        pairs = list(zip(block.parameters(), visual.transformer.resblocks[number].parameters(), strict=True))
        assert all(torch.equal(one, other) and one is not other for one, other in pairs)
    assert torch.equal(model.pbmf.unused_class_token_copy, visual.class_embedding)
    assert torch.equal(model.pbmf.unused_spare_class_token, visual.class_embedding)


def test_patches_that_are_not_selected_stay_as_zeros(small):
    fusion = small.randomise(small.build("promptma").pbmf, scale=0.3).double().eval()
    query, patches = numbers(2, 1, D), numbers(2, M, N, D, seed=1)
    mask = torch.rand(2, M, N, generator=torch.Generator().manual_seed(3)) > 0.5
    fused = fusion(query, [patches], mask)
    other = torch.where(mask[..., None], patches, numbers(2, M, N, D, seed=2))
    assert torch.equal(fused, fusion(query, [other], mask))
    assert torch.equal(fused, fusion(query, [torch.where(mask[..., None], patches, 0)], None))
    assert not torch.allclose(fused, fusion(query, [patches], None))
