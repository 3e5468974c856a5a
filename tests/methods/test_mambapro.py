"""MambaPro in loops, and trained."""

import math
from dataclasses import replace

import pytest
import torch
from open_clip.transformer import ResidualAttentionBlock
from torch import nn

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from methods.base import LearningRates
from methods.mambapro import (
    Bottleneck,
    MambaAggregation,
    MambaPro,
    MambaProSettings,
    MambaStep,
    MaSettings,
    PfaSettings,
    PromptedTransformer,
    ResidualPrompts,
    SrpSettings,
    StateSpace,
    scan_each,
)

NO_MA = {"ma": {"enabled": False}}
BLOCKS = "branches.tower.visual.transformer"
OFF = {"enabled": False}


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def bottleneck(x, module, loops):
    """Linear, QuickGELU, Linear."""
    first, _, second = module
    hidden = loops.dense(x, first.weight.tolist(), first.bias.tolist())
    hidden = [value / (1 + math.exp(-1.702 * value)) for value in hidden]
    return loops.dense(hidden, second.weight.tolist(), second.bias.tolist())


def add(*vectors):
    return [sum(values) for values in zip(*vectors, strict=True)]


def silu(value):
    return value / (1 + math.exp(-value))


def softplus(value):
    return math.log1p(math.exp(value))


# Prompts and adapters


def test_prompts_of_a_stream_in_a_loop(small, loops):
    M, k, D, B = 3, 2, 4, 2
    srp = small.randomise(ResidualPrompts(D, M, k)).double()
    tables = srp.prompts.tolist()
    last = numbers(B, M, k, D)
    for given in (None, last):
        out = srp(B, given)
        assert out.shape == (B, M, M * k, D)
        for b in range(B):
            for stream in range(M):
                expected = []
                for source in range(M):
                    for i in range(k):
                        prompt = tables[source][i]
                        if source != stream:
                            expected.append(add(prompt, bottleneck(prompt, srp.cross[source], loops)))
                        elif given is None:
                            expected.append(prompt)
                        else:
                            before = last[b, stream, i].tolist()
                            expected.append(add(before, bottleneck(before, srp.residual, loops), prompt))
                torch.testing.assert_close(out[b, stream], torch.tensor(expected, dtype=torch.float64))


def transformer(small, blocks=2, width=8, srp=True, pfa=True, length=2, srp_depth=1.0, pfa_depth=1.0):
    layers = nn.ModuleList(ResidualAttentionBlock(width, 2, 2.0) for _ in range(blocks))
    settings = SrpSettings(enabled=srp, length=length, depth=srp_depth), PfaSettings(enabled=pfa, depth=pfa_depth)
    return small.randomise(PromptedTransformer(layers, width, 3, *settings), scale=0.3).double().eval()


def clip_block(tokens, block, adapter, loops):
    """x + attention, then + MLP of the normalised and + adapter of the plain token."""
    weights = [(norm.weight.tolist(), norm.bias.tolist()) for norm in (block.ln_1, block.ln_2)]
    normal = [loops.layer_norm(token, *weights[0]) for token in tokens]
    tokens = [add(a, b) for a, b in zip(tokens, loops.cross_attention(normal, normal, block.attn, 2), strict=True)]
    out = []
    for token in tokens:
        parts = [token, loops.feed_forward(loops.layer_norm(token, *weights[1]), block.mlp)]
        out.append(add(*parts, *([bottleneck(token, adapter, loops)] if adapter is not None else [])))
    return out


@pytest.mark.parametrize(
    ("srp", "pfa", "srp_depth", "pfa_depth"),
    [(True, True, 1.0, 1.0), (True, False, 1.0, 1.0), (False, True, 1.0, 1.0), (True, True, 0.5, 1.0), (True, True, 1.0, 0.5)],
)
def test_the_blocks_are_those_of_a_loop(small, loops, srp, pfa, srp_depth, pfa_depth):
    B, M, L, D, k = 2, 3, 3, 8, 2
    model = transformer(small, srp=srp, pfa=pfa, srp_depth=srp_depth, pfa_depth=pfa_depth)
    x = numbers(B * M, L, D, seed=3)
    out = model(x)
    streams, last = x.tolist(), None
    for place, block in enumerate(model.resblocks):
        has_srp, has_pfa = srp and place >= 2 - 2 * srp_depth, pfa and place >= 2 - 2 * pfa_depth
        prompts = model.srp[place - 2](B, last).flatten(0, 1).tolist() if has_srp else [[] for _ in streams]
        adapter = model.pfa[place - 2] if has_pfa else None
        found = [clip_block(tokens + more, block, adapter, loops) for tokens, more in zip(streams, prompts, strict=True)]
        streams = [tokens[:L] for tokens in found]
        if has_srp:
            groups = [[tokens[L + g * k : L + (g + 1) * k] for g in range(M)] for tokens in found]
            means = [[[value / M for value in add(*(group[i] for group in of))] for i in range(k)] for of in groups]
            last = torch.tensor(means, dtype=torch.float64).unflatten(0, (B, M))
    torch.testing.assert_close(out, torch.tensor(streams, dtype=torch.float64))


def test_without_prompts_and_adapters_the_blocks_are_those_of_clip(small):
    model = transformer(small, srp=False, pfa=False)
    x = expected = numbers(6, 3, 8)
    for block in model.resblocks:
        expected = block(expected)
    torch.testing.assert_close(model(x), expected)


@pytest.mark.parametrize(
    ("depth", "blocks", "count"), [(1, 12, 12), (4 / 12, 12, 4), (7 / 12, 12, 7), (10 / 12, 12, 10), (0.1, 3, 1)]
)
def test_depth_is_a_share_of_the_last_blocks(small, depth, blocks, count):
    model = transformer(small, blocks=blocks, srp_depth=depth, pfa_depth=depth)
    assert len(model.srp) == len(model.pfa) == count
    model = transformer(small, blocks=blocks, srp=False, pfa_depth=depth)
    assert (len(model.srp), len(model.pfa)) == (0, count)


def test_modalities_meet_in_the_prompts_alone(small):
    """What one stream sees changes another through nothing but the learned prompts, which are no function of the image."""
    model = transformer(small)
    x = numbers(3, 3, 8)
    changed = torch.cat([x[:1] + 1, x[1:]])
    difference = (model(changed) - model(x)).abs().amax(dim=(1, 2))
    assert difference[0] > 0.01
    assert (difference[1:] == 0).all()


# Mamba aggregation


def test_coefficients_of_a_scan_in_a_loop(small, loops):
    unit = small.randomise(StateSpace(33, 4)).double()
    assert unit.rank == 2
    u = numbers(2, 3, 33)
    delta, B, C = unit.coefficients(u)
    for b in range(2):
        for t in range(3):
            row = loops.dense(u[b, t].tolist(), unit.project.weight.tolist())
            step = [softplus(value) for value in loops.dense(row[:2], unit.step.weight.tolist(), unit.step.bias.tolist())]
            assert delta[b, t].tolist() == pytest.approx(step)
            assert [*B[b, t].tolist(), *C[b, t].tolist()] == pytest.approx(row[2:])


def scanned(sequence, unit, loops):
    """y of one sequence (L x channels) by one unit, with its norm."""
    rates = [[-math.exp(value) for value in row] for row in unit.log_rates.tolist()]
    skip, channels, N = unit.skip.tolist(), len(rates), unit.states
    state, out = [[0.0] * N for _ in range(channels)], []
    for u in sequence:
        row = loops.dense(u, unit.project.weight.tolist())
        steps = loops.dense(row[: unit.rank], unit.step.weight.tolist(), unit.step.bias.tolist())
        B, C = row[unit.rank : unit.rank + N], row[unit.rank + N :]
        y = []
        for d in range(channels):
            step = softplus(steps[d])
            state[d] = [math.exp(step * rates[d][n]) * state[d][n] + step * u[d] * B[n] for n in range(N)]
            y.append(loops.dot(C, state[d]) + skip[d] * u[d])
        out.append(loops.layer_norm(y, unit.norm.weight.tolist(), unit.norm.bias.tolist()))
    return out


def test_each_sequence_is_scanned_by_its_own_unit(small, loops):
    units = [small.randomise(StateSpace(4, 3), seed=seed).double() for seed in range(3)]
    u = numbers(2, 3, 5, 4)
    y = scan_each(units, u)
    for b in range(2):
        for g in range(3):
            expected = torch.tensor(scanned(u[b, g].tolist(), units[g], loops), dtype=torch.float64)
            torch.testing.assert_close(y[b, g], expected)


def mamba_step(patches, step, grid, joint, loops):
    """One sample: patches [M][N][D]."""
    h, w = grid
    sequences, gates = [], []
    for tokens, project, (conv, norm, _) in zip(patches, step.inputs, step.convolutions, strict=True):
        rows = [loops.dense(token, project.weight.tolist()) for token in tokens]
        channels = len(rows[0]) // 2
        kernel, bias = conv.weight.tolist(), conv.bias.tolist()
        sequence = []
        for y in range(h):
            for x in range(w):
                values = []
                for d in range(channels):
                    total = bias[d]
                    for i in range(3):
                        for j in range(3):
                            if 0 <= y + i - 1 < h and 0 <= x + j - 1 < w:
                                total += kernel[d][0][i][j] * rows[(y + i - 1) * w + x + j - 1][d]
                    scale = norm.weight[d].item() / math.sqrt(norm.running_var[d].item() + 1e-5)
                    values.append(silu((total - norm.running_mean[d].item()) * scale + norm.bias[d].item()))
                sequence.append(values)
        sequences.append(sequence)
        gates.append([[silu(value) for value in row[channels:]] for row in rows])
    if joint:
        whole, N = scanned(sum(sequences, []), step.units[0], loops), h * w
        outputs = [whole[m * N : (m + 1) * N] for m in range(len(patches))]
    else:
        outputs = [scanned(sequence, unit, loops) for sequence, unit in zip(sequences, step.units, strict=True)]
    out = step.output.weight.tolist()
    return [
        [
            add(token, loops.dense([a * b for a, b in zip(y, gate, strict=True)], out))
            for token, y, gate in zip(*of_modality, strict=True)
        ]
        for of_modality in zip(patches, outputs, gates, strict=True)
    ]


@pytest.mark.parametrize("joint", [False, True])
def test_a_step_of_mamba_is_that_of_a_loop(small, loops, joint):
    grid = (3, 2)
    step = small.randomise(MambaStep(2, 3, 2, grid, joint=joint)).double().eval()
    for m, (_, norm, _) in enumerate(step.convolutions):
        norm.running_mean.copy_(numbers(4, seed=m))
        norm.running_var.copy_(numbers(4, seed=9 + m).square() + 0.1)
    patches = numbers(2, 3, 6, 2)
    out = step(patches)
    for b in range(2):
        expected = mamba_step(patches[b].tolist(), step, grid, joint, loops)
        torch.testing.assert_close(out[b], torch.tensor(expected, dtype=torch.float64))


def test_aggregation_is_two_steps_a_layer_and_a_reduction(small, loops):
    ma = small.randomise(MambaAggregation(2, 3, (3, 2), MaSettings(layers=2, states=2))).double().eval()
    assert [step.joint for step in ma.steps] == [False, True, False, True]
    class_tokens, patches = numbers(2, 3, 2, seed=4), numbers(2, 3, 6, 2)
    out = ma(class_tokens, patches)
    for b in range(2):
        tokens = patches[b].tolist()
        for step in ma.steps:
            tokens = mamba_step(tokens, step, (3, 2), step.joint, loops)
        expected = []
        for m, (norm, linear) in enumerate((each.norm, each.linear) for each in ma.reduce):
            mean = [value / 6 for value in add(*tokens[m])]
            normal = loops.layer_norm([*class_tokens[b, m].tolist(), *mean], norm.weight.tolist(), norm.bias.tolist())
            expected += loops.dense(normal, linear.weight.tolist(), linear.bias.tolist())
        assert out[b].tolist() == pytest.approx(expected, rel=1e-9)


# Starts


def test_new_parts_start_as_in_the_release():
    torch.manual_seed(0)
    ma = MambaAggregation(48, 3, (4, 2), MaSettings())
    srp, adapter = ResidualPrompts(48, 3, 4), Bottleneck(48, 96)
    assert (srp.prompts == 0).all()
    for module in (ma, srp, adapter):
        for layer in module.modules():
            if isinstance(layer, nn.Linear):
                assert layer.weight.std().item() == pytest.approx(0.02, rel=0.15)
                assert layer.bias is None or (layer.bias == 0).all()
    for step in ma.steps:
        for unit in step.units:
            assert unit.log_rates.exp()[0].tolist() == pytest.approx(range(1, 17))
            assert (unit.log_rates == unit.log_rates[0]).all()
            assert (unit.skip == 1).all()
            assert unit.coefficients(torch.zeros(1, 1, 96))[0].mean().item() == pytest.approx(math.log(2))


def test_all_prompts_learn_from_zero(small):
    model = small.build("mambapro")
    sum(model.losses(small.batch()).values()).backward()
    for srp in model.branches.tower.visual.transformer.srp:
        assert (srp.prompts.grad.abs().sum(dim=(1, 2)) > 0).all()


# Losses and features


def test_losses_are_those_of_class_tokens_and_aggregation(small, loops):
    model, batch = small.build("mambapro"), small.batch()
    losses = model.losses(batch)
    assert list(losses) == ["id_class", "triplet_class", "id_ma", "triplet_ma"]
    class_tokens, patches = model.branches(batch)
    identity = batch.identity.tolist()
    features = {"class": (model.direct_head, class_tokens.flatten(1)), "ma": (model.ma_head, model.ma(class_tokens, patches))}
    for name, (head, feature) in features.items():
        assert losses[f"triplet_{name}"].item() == pytest.approx(loops.batch_hard(feature.tolist(), identity), rel=1e-4)
        entropy = loops.smoothed_cross_entropy(head(feature).tolist(), identity, 0.1)
        assert losses[f"id_{name}"].item() == pytest.approx(0.25 * entropy, rel=1e-4)


def test_one_head_for_all_modalities_where_it_is_not_direct(small, loops):
    model, batch = small.build("mambapro", direct=False), small.batch()
    losses = model.losses(batch)
    expected = [f"{kind}_class_{m}" for m in ("RGB", "NIR", "TIR") for kind in ("id", "triplet")]
    assert list(losses) == [*expected, "id_ma", "triplet_ma"]
    class_tokens, _ = model.branches(batch)
    identity = batch.identity.tolist()
    for m, modality in enumerate(("RGB", "NIR", "TIR")):
        token = class_tokens[:, m]
        triplet = loops.batch_hard(token.tolist(), identity)
        assert losses[f"triplet_class_{modality}"].item() == pytest.approx(triplet, rel=1e-4)
        entropy = loops.smoothed_cross_entropy(model.modality_head(token).tolist(), identity, 0.1)
        assert losses[f"id_class_{modality}"].item() == pytest.approx(0.25 * entropy, rel=1e-4)


@pytest.mark.parametrize("direct", [True, False])
def test_the_feature_is_that_of_mamba_or_the_class_tokens(small, direct):
    batch = small.batch()
    model = small.build("mambapro", direct=direct).eval()
    assert torch.equal(model.embed(batch), model.ma(*model.branches(batch)))
    assert model.test_feature == "MA"
    model = small.build("mambapro", direct=direct, **NO_MA).eval()
    assert torch.equal(model.embed(batch), model.branches(batch)[0].flatten(1))
    assert model.test_feature == "class tokens"


def test_a_frozen_tower_without_prompts_and_adapters_is_the_baseline(small):
    batch = small.batch()
    model = small.build("mambapro", srp=OFF, pfa=OFF, **NO_MA).eval()
    baseline = small.build("baseline").eval()
    with torch.no_grad():
        model.branches.camera.copy_(baseline.branches.camera)
    torch.testing.assert_close(model.embed(batch), baseline.embed(batch))


# What learns


@pytest.mark.parametrize("direct", [True, False])
@pytest.mark.parametrize("frozen", [True, False])
def test_gradients_reach_all_but_the_frozen_and_the_dead(small, frozen, direct):
    model = small.build("mambapro", frozen=frozen, direct=direct)
    sum(model.losses(small.batch()).values()).backward()
    dead = ("modality_head" if direct else "direct_head", f"{BLOCKS}.srp.0.residual")
    for name, parameter in model.named_parameters():
        tower = name.startswith("branches.tower") and not name.startswith((f"{BLOCKS}.srp", f"{BLOCKS}.pfa"))
        assert parameter.requires_grad == (not name.endswith("neck.bias") and not (tower and frozen)), name
        learns = parameter.requires_grad and not name.startswith(dead)
        assert (parameter.grad is not None) == learns, name
        assert not learns or parameter.grad.isfinite().all(), name


@pytest.mark.parametrize(
    "settings", [{}, {"direct": False}, {"frozen": False}, {"srp": OFF, **NO_MA}, {"pfa": OFF, **NO_MA}], ids=str
)
def test_training_lowers_the_loss_and_leaves_a_frozen_tower(small, settings):
    model, batch = small.build("mambapro", **settings), small.batch()
    before = {name: parameter.detach().clone() for name, parameter in model.named_parameters()}
    optimiser = torch.optim.Adam([parameter for parameter in model.parameters() if parameter.requires_grad], 3e-3)
    totals = small.train(model, batch, optimiser, 8)
    assert totals[-1] < totals[0] - 0.1
    frozen = [name for name, parameter in model.named_parameters() if not parameter.requires_grad]
    assert all(torch.equal(model.get_parameter(name), before[name]) for name in frozen)


def test_parameter_groups_hold_everything_once(small):
    for frozen in (True, False):
        model = small.build("mambapro", frozen=frozen)
        groups = {group["name"]: group for group in model.parameter_groups(LearningRates(classifier_factor=10, prompts=1e-3))}
        rates = {"visual": 5e-6, "weights": 3.5e-4, "biases": 7e-4, "prompts": 1e-3, "classifiers": 3.5e-3}
        if frozen:
            del rates["visual"]
        assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(rates)
        counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
        assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
        assert len(groups["prompts"]["params"]) == 3
        assert len(groups["classifiers"]["params"]) == 3
        adapter = model.branches.tower.visual.transformer.pfa[0][0]
        assert any(parameter is adapter.weight for parameter in groups["weights"]["params"])
        assert any(parameter is adapter.bias for parameter in groups["biases"]["params"])


# At test


def test_saved_weights_give_the_same_embedding(small, tmp_path):
    model, batch = small.build("mambapro"), small.batch()
    sum(model.losses(batch).values()).backward()  # moves the running means
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other = small.build("mambapro", seed=1)
    assert not torch.equal(other.eval().embed(batch), model.eval().embed(batch))
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    assert torch.equal(other.embed(batch), model.embed(batch))


@pytest.mark.parametrize("samples", [1, 3, 7])
def test_any_number_of_samples_at_test(small, samples):
    model, batch = small.build("mambapro").eval(), small.batch()
    some = replace(
        batch,
        **{
            name: getattr(batch, name)[:samples]
            for name in ("images", "present", "identity", "camera", "scene", "index", "draw")
        },
        captions=None,
    )
    torch.testing.assert_close(model.embed(some), model.embed(batch)[:samples], atol=1e-5, rtol=1e-4)


def test_unseen_cameras_and_missing_modalities_have_finite_features(small):
    model, batch = small.build("mambapro").eval(), small.batch()
    unseen = replace(batch, camera=batch.camera + 50)
    assert model.embed(unseen).isfinite().all()
    present = batch.present.clone()
    present[:, 1:] = False
    missing = replace(batch, present=present, images=batch.images * present[..., None, None, None])
    assert model.embed(missing).isfinite().all()
    assert model.missing_filling == "zeros"


@pytest.mark.parametrize("cameras", [1, 5])
@pytest.mark.parametrize("size", [(16, 32), (32, 16), (8, 8)])
def test_upright_wide_and_tiny_images(small, size, cameras):
    spec = BatchSpec(identities=4, cameras=cameras, image_size=size)
    model = small.build("mambapro", spec=spec)
    losses = model.losses(small.batch(spec))
    assert all(loss.isfinite() for loss in losses.values())
    assert model.eval().embed(small.batch(spec)).shape == (8, 3 * 48)


def test_an_image_size_without_whole_patches_is_refused_before_building(small):
    with pytest.raises(InputError, match="60 x 32"):
        MambaPro.check(MambaProSettings(backbone=small.BACKBONE), BatchSpec(4, 3, (60, 32)))
