"""Signal against the fingerprints of its release, in loops, and in its published sizes."""

import itertools
import math
from dataclasses import replace

import pytest
import torch
from torch.nn import functional as F

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from methods.base import LearningRates
from methods.signal import (
    DeformableSampler,
    GlobalAlignment,
    LocalAlignment,
    SelectiveInteraction,
    Signal,
    SignalSettings,
)

STRIDE = {"lam_stride": 1}
"""The small grid of 4 x 2 patches has room for reference points at each patch alone."""


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fill(shape, seed, amplitude):
    """The fill rule of the fingerprints: amplitude * (frac(sin(12.9898 i + 78.233 s) * 43758.5453) - 0.5)."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    x = torch.sin(12.9898 * i + 78.233 * seed) * 43758.5453
    return amplitude * (x - x.floor() - 0.5).reshape(shape)


def set_weights(module, seeds, amplitudes=None):
    """Fill parameters in the order of their seeds."""
    with torch.no_grad():
        for name, seed in seeds.items():
            parameter = module.get_parameter(name)
            parameter.copy_(fill(parameter.shape, seed, (amplitudes or {}).get(name, 0.1)))


def inputs(samples):
    patches = torch.stack([fill((samples, 128, 512), seed, 2) for seed in (101, 102, 103)], dim=1)
    class_tokens = torch.stack([fill((samples, 512), seed, 2) for seed in (111, 112, 113)], dim=1)
    return class_tokens, patches


def test_sim_fingerprint():
    sim = SelectiveInteraction(512, 8, 80).double().eval()
    set_weights(
        sim,
        {
            "select_query.weight": 1,
            "select_query.bias": 2,
            "select_key.weight": 3,
            "select_key.bias": 4,
            "attention.attention.in_proj_weight": 5,
            "attention.attention.in_proj_bias": 6,
            "attention.attention.out_proj.weight": 7,
            "attention.attention.out_proj.bias": 8,
            "feed_forward.0.weight": 9,
            "feed_forward.0.bias": 10,
            "feed_forward.2.weight": 11,
            "feed_forward.2.bias": 12,
        },
    )
    class_tokens, patches = inputs(2)
    assert sim.select(class_tokens, patches).sum(dim=-1).t().tolist() == [[122, 120], [121, 125], [122, 120]]
    out = sim(class_tokens, patches).flatten(1)
    assert out[0, :3].tolist() == pytest.approx([0.660476, 1.254942, 0.677648], abs=6e-7)
    assert out[0, 512:515].tolist() == pytest.approx([-0.442285, -0.987010, -0.164697], abs=6e-7)
    assert out[1, -3:].tolist() == pytest.approx([0.089571, 1.243486, -0.398455], abs=6e-7)
    assert out.abs().mean().item() == pytest.approx(0.848837, abs=6e-7)


def test_gam_fingerprint():
    gam = GlobalAlignment(0.07).double()
    _, patches = inputs(4)
    features = patches.mean(dim=2)
    assert gam.volumes(features)[0, :3].tolist() == pytest.approx([0.996912, 0.998756, 0.999498], abs=6e-7)
    # The temperature is a float32 number in the model; the fingerprint's is 0.07 exactly.
    with torch.no_grad():
        gam.temperature.fill_(0.07)
    assert gam(features).item() == pytest.approx(1.366866, abs=6e-7)


def test_lam_fingerprint():
    lam = LocalAlignment(512, 3, 4).double()
    for sampler, base in zip(lam.samplers, (20, 30, 40), strict=True):
        seeds = {
            "offset.0.weight": base + 1,
            "offset.0.bias": base + 2,
            "offset.2.weight": base + 3,
            "offset.2.bias": base + 4,
            "offset.4.weight": base + 5,
            "project.weight": base + 6,
            "project.bias": base + 7,
        }
        assert set(seeds) == {name for name, _ in sampler.named_parameters()}
        set_weights(sampler, seeds, {"offset.4.weight": 5})
    _, patches = inputs(2)
    patch_maps = patches.transpose(2, 3).unflatten(-1, (16, 8))
    sampled = lam.samplers[0](patch_maps[:, 0])
    assert sampled.shape == (2, 512, 4, 2)
    expected = [0.053368, -0.858457, -0.373376, -0.180666, 0.591277, 0.434950, 0.356875, -0.496233]
    assert sampled[0, 0].flatten().tolist() == pytest.approx(expected, abs=6e-7)
    assert lam(patch_maps).item() == pytest.approx(0.419104, abs=6e-7)


def highest(scores, count):
    """Places of the highest scores, by name."""
    return {name for name, _ in sorted(scores.items(), key=lambda item: -item[1])[:count]}


@pytest.mark.parametrize("keep", [1, 2, 3, 5])
def test_selection_is_that_of_a_loop(small, loops, keep):
    B, M, N, D = 2, 3, 5, 4
    sim = small.randomise(SelectiveInteraction(D, 2, keep)).double()
    class_tokens, patches = numbers(B, M, D), numbers(B, M, N, D, seed=1)
    kept = sim.select(class_tokens, patches)
    assert kept.dtype == torch.bool
    query = sim.select_query.weight.tolist(), sim.select_query.bias.tolist()
    key = sim.select_key.weight.tolist(), sim.select_key.bias.tolist()
    for b in range(B):
        places = set()
        for m in range(M):
            g = class_tokens[b, m].tolist()
            intra = {(m, n): loops.dot(g, patches[b, m, n].tolist()) for n in range(N)}
            places |= highest(intra, keep)
            asked = loops.dense(g, *query)
            others = {
                (other, n): loops.dot(asked, loops.dense(patches[b, other, n].tolist(), *key))
                for other in range(M)
                for n in range(N)
                if other != m
            }
            places |= highest(others, min(2 * keep, 2 * N))
        assert {(m, n) for m in range(M) for n in range(N) if kept[b, m, n]} == places


def test_tokens_that_are_not_selected_stay_as_zeros(small):
    sim = small.randomise(SelectiveInteraction(4, 2, 1)).double()
    class_tokens, patches = numbers(2, 3, 4), numbers(2, 3, 9, 4, seed=1)
    kept = sim.select(class_tokens, patches)
    assert not kept.all()
    sequence = torch.where(kept[..., None], patches, 0.0).flatten(1, 2)
    x = F.layer_norm(class_tokens + sim.attention(class_tokens, sequence), (4,), sim.norm1.weight, sim.norm1.bias)
    y = F.layer_norm(x + sim.feed_forward(x), (4,), sim.norm2.weight, sim.norm2.bias)
    torch.testing.assert_close(sim(class_tokens, patches), y)


def gram_volume(r, n, t, loops):
    unit = [[value / math.hypot(*vector) for value in vector] for vector in (r, n, t)]
    g = [[loops.dot(a, b) for b in unit] for a in unit]
    determinant = (
        g[0][0] * (g[1][1] * g[2][2] - g[1][2] * g[2][1])
        - g[0][1] * (g[1][0] * g[2][2] - g[1][2] * g[2][0])
        + g[0][2] * (g[1][0] * g[2][1] - g[1][1] * g[2][0])
    )
    return math.sqrt(abs(determinant))


def test_the_global_loss_is_a_smoothed_cross_entropy_over_volumes(loops):
    gam = GlobalAlignment(0.5).double()
    features = numbers(4, 3, 6)
    r, n, t = (features[:, m].tolist() for m in range(3))
    volumes = [[gram_volume(r[i], n[j], t[j], loops) for j in range(4)] for i in range(4)]
    torch.testing.assert_close(gam.volumes(features), torch.tensor(volumes, dtype=torch.float64))
    rows = [[-value / 0.5 for value in row] for row in volumes]
    columns = [list(column) for column in zip(*rows, strict=True)]
    expected = sum(0.5 * loops.smoothed_cross_entropy(logits, range(4), 0.1) for logits in (rows, columns))
    assert gam(features).item() == pytest.approx(expected, abs=1e-12)


def test_the_temperature_is_learned_and_starts_as_set():
    gam = GlobalAlignment(0.2)
    assert gam.temperature.item() == pytest.approx(0.2)
    gam(numbers(4, 3, 6).float()).backward()
    assert gam.temperature.grad.abs() > 0


def test_the_global_loss_is_not_computed_in_half_precision():
    gam, features = GlobalAlignment(0.07), numbers(6, 3, 32).float()
    expected = gam(features)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert gam(features) == expected
    assert gam(features.bfloat16()).dtype == torch.float32


@pytest.mark.parametrize("same", [(0, 1), (1, 2), (0, 1, 2)])
def test_identical_modalities_have_finite_gradients(same):
    features = numbers(4, 3, 6)
    for m in same[1:]:
        features[:, m] = features[:, same[0]]
    features.requires_grad_()
    loss = GlobalAlignment(0.07).double()(features)
    loss.backward()
    assert loss.isfinite()
    assert features.grad.isfinite().all()


def test_a_model_fed_the_same_image_three_times_has_finite_gradients(small):
    batch = small.batch()
    same = replace(batch, images=batch.images[:, :1].repeat(1, 3, 1, 1, 1))
    model = small.build("signal", alignment=STRIDE)
    sum(model.losses(same).values()).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters() if parameter.grad is not None)


def bilinear(grid, y, x):
    """One value of a map (h x w) at normalised places in [-1, 1], whose ends are the centres of the border pixels."""
    rows, columns = len(grid), len(grid[0])
    y, x = (y + 1) / 2 * (rows - 1), (x + 1) / 2 * (columns - 1)
    top, left = min(math.floor(y), rows - 1), min(math.floor(x), columns - 1)
    down, right = y - top, x - left
    value = 0.0
    for row, column, share in (
        (top, left, (1 - down) * (1 - right)),
        (top, left + 1, (1 - down) * right),
        (top + 1, left, down * (1 - right)),
        (top + 1, left + 1, down * right),
    ):
        if row < rows and column < columns:
            value += share * grid[row][column]
    return value


def test_sampling_is_bilinear_around_the_stretched_grid(small):
    D, h, w, stride = 3, 8, 4, 2
    sampler = small.randomise(DeformableSampler(D, stride)).double()
    patch_map = numbers(2, D, h, w)
    sampled = sampler(patch_map)
    assert sampled.shape == (2, D, 4, 2)
    shift = torch.tanh(sampler.offset(sampler.project(patch_map)))[:, 0]
    for b, i, j, d in itertools.product(range(2), range(4), range(2), range(D)):
        s = shift[b, i, j].item() * 2
        y = 2 * (i + 0.5) / 3 - 1 + s / 3
        x = 2 * (j + 0.5) / 1 - 1 + s / 1
        expected = bilinear(patch_map[b, d].tolist(), min(1, max(-1, y)), min(1, max(-1, x)))
        assert sampled[b, d, i, j].item() == pytest.approx(expected, abs=1e-12)


def test_the_local_loss_is_the_mean_of_three_squared_differences(small):
    lam = small.randomise(LocalAlignment(3, 3, 2)).double()
    patch_maps = numbers(2, 3, 3, 8, 4)
    maps = [sampler(patch_maps[:, m]).flatten().tolist() for m, sampler in enumerate(lam.samplers)]
    squares = [
        sum((x - y) ** 2 for x, y in zip(maps[a], maps[b], strict=True)) / len(maps[a]) for a, b in ((1, 0), (2, 0), (2, 1))
    ]
    assert lam(patch_maps).item() == pytest.approx(sum(squares) / 3, abs=1e-12)


def test_the_local_loss_reaches_all_three_maps_and_samplers(small):
    lam = small.randomise(LocalAlignment(3, 3, 2)).double()
    patch_maps = numbers(2, 3, 3, 8, 4).requires_grad_()
    lam(patch_maps).backward()
    assert (patch_maps.grad.flatten(2).abs().sum(dim=-1) > 0).all()
    assert all(parameter.grad.abs().sum() > 0 for parameter in lam.parameters())


def test_losses_and_their_weights(small, loops):
    batch = small.batch()
    model = small.build("signal", alignment={"gam_weight": 0.3, "lam_weight": 0.7, **STRIDE})
    losses = model.losses(batch)
    assert list(losses) == ["id_class", "triplet_class", "id_sim", "triplet_sim", "gam", "lam"]
    class_tokens, patches = model.branches(batch)
    assert losses["gam"].item() == pytest.approx(0.3 * model.gam(patches.mean(dim=2)).item(), rel=1e-5)
    maps = patches.transpose(2, 3).reshape(8, 3, 48, 4, 2)
    assert losses["lam"].item() == pytest.approx(0.7 * model.lam(maps).item(), rel=1e-5)
    identity = batch.identity.tolist()
    sim = model.sim(class_tokens, patches).flatten(1)
    for name, feature in (("class", class_tokens.flatten(1)), ("sim", sim)):
        assert losses[f"triplet_{name}"].item() == pytest.approx(loops.batch_hard(feature.tolist(), identity), rel=1e-4)
    logits = model.sim_head(sim).tolist()
    assert losses["id_sim"].item() == pytest.approx(0.25 * loops.smoothed_cross_entropy(logits, identity, 0.1), rel=1e-4)


def test_one_head_for_each_modality_where_it_is_not_direct(small, loops):
    batch = small.batch()
    model = small.build("signal", direct=False, alignment=STRIDE)
    losses = model.losses(batch)
    expected = [f"{kind}_class_{m}" for m in ("RGB", "NIR", "TIR") for kind in ("id", "triplet")]
    assert list(losses) == [*expected, "id_sim", "triplet_sim", "gam", "lam"]
    class_tokens, _ = model.branches(batch)
    assert [head.neck.num_features for head in model.heads] == [48, 48, 48]
    for m, modality in enumerate(("RGB", "NIR", "TIR")):
        triplet = loops.batch_hard(class_tokens[:, m].tolist(), batch.identity.tolist())
        assert losses[f"triplet_class_{modality}"].item() == pytest.approx(triplet, rel=1e-4)
    direct = small.build("signal", alignment=STRIDE)
    assert model.embed(batch).shape == direct.embed(batch).shape == (8, 6 * 48)


@pytest.mark.parametrize(("sim", "gam", "lam"), list(itertools.product([True, False], repeat=3)))
def test_each_module_is_a_switch(small, sim, gam, lam):
    model = small.build("signal", sim={"enabled": sim}, alignment={"gam": gam, "lam": lam, **STRIDE})
    batch = small.batch()
    losses = model.losses(batch)
    assert ("id_sim" in losses, "gam" in losses, "lam" in losses) == (sim, gam, lam)
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())
    # The release builds both alignment modules for either, and so counts both.
    assert hasattr(model, "gam") == hasattr(model, "lam") == (gam or lam)
    model.eval()
    embedding = model.embed(batch)
    class_tokens, patches = model.branches(batch)
    expected = [class_tokens.flatten(1)] + ([model.sim(class_tokens, patches).flatten(1)] if sim else [])
    assert torch.equal(embedding, torch.cat(expected, dim=1))
    assert model.test_feature == ("class tokens, SIM" if sim else "class tokens")


def test_the_selection_is_never_trained_but_saved(small):
    model = small.build("signal", alignment=STRIDE)
    sum(model.losses(small.batch()).values()).backward()
    dead = ("select_query", "select_key", "select_value")
    for name, parameter in model.named_parameters():
        if any(part in name for part in dead):
            assert parameter.grad is None, name
            assert parameter.requires_grad, name
        elif parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
    assert all(any(name.startswith(f"sim.{part}.weight") for name in model.state_dict()) for part in dead)


def test_training_lowers_the_loss(small):
    model, batch = small.build("signal", alignment=STRIDE), small.batch()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    totals = small.train(model, batch, optimiser, 6)
    assert totals[-1] < totals[0] - 0.1


@pytest.mark.parametrize(("ratio", "patches", "keep"), [(0.625, 8, 5), (0.5, 8, 4), (0.01, 8, 1), (1.0, 8, 8)])
def test_the_number_of_kept_patches_is_a_share(small, ratio, patches, keep):
    assert small.build("signal", sim={"keep_ratio": ratio}, alignment=STRIDE).sim.keep == keep


@pytest.mark.parametrize(
    ("settings", "spec", "parameters"),
    [
        ({}, (171, 4, (256, 128)), 91_166_209),
        ({"direct": False, "sim": {"keep_ratio": 0.875}}, (50, 8, (128, 256)), 90_797_569),
        ({"direct": False, "sim": {"keep_ratio": 0.5}}, (155, 8, (128, 256)), 91_120_129),
        ({"sim": {"enabled": False}, "alignment": {"gam": False, "lam": False}}, (171, 4, (256, 128)), 86_407_680),
        ({"alignment": {"gam": False, "lam": False}}, (171, 4, (256, 128)), 89_562_624),
        ({"alignment": {"lam": False}}, (171, 4, (256, 128)), 91_166_209),
    ],
    ids=str,
)
def test_published_parameters(small, settings, spec, parameters):
    assert small.full_size("signal", BatchSpec(*spec), **settings) == parameters


@pytest.mark.parametrize("build", [True, False])
def test_a_grid_that_is_too_coarse_for_the_stride_is_refused(small, build):
    settings = SignalSettings.model_validate({"backbone": small.BACKBONE})
    with pytest.raises(InputError, match="lam_stride 4; lower it to 1") as error:
        Signal(settings, small.SPEC) if build else Signal.check(settings, small.SPEC)
    assert "\n" not in str(error.value)
    with pytest.raises(InputError, match="larger images"):
        Signal.check(settings, BatchSpec(4, 3, (32, 8)))
    off = SignalSettings.model_validate({"backbone": small.BACKBONE, "alignment": {"gam": False, "lam": False}})
    Signal.check(off, small.SPEC)


def test_heads_are_checked_before_the_model_is_built(small):
    settings = SignalSettings.model_validate({"backbone": small.BACKBONE, "alignment": STRIDE, "sim": {"heads": 7}})
    with pytest.raises(InputError, match="7 heads"):
        Signal.check(settings, small.SPEC)


def test_parameter_groups_hold_everything_once(small):
    model = small.build("signal", alignment=STRIDE)
    groups = {group["name"]: group for group in model.parameter_groups(LearningRates(classifier_factor=100))}
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(
        {"visual": 5e-6, "weights": 3.5e-4, "biases": 7e-4, "classifiers": 3.5e-2}
    )
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    assert len(groups["classifiers"]["params"]) == 2
    assert any(parameter is model.branches.camera for parameter in groups["weights"]["params"])
    assert any(parameter is model.gam.temperature for parameter in groups["weights"]["params"])
