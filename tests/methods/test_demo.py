"""DeMo against the fingerprints of its release, in loops, and in its published sizes."""

import itertools
import math
from dataclasses import replace

import pytest
import torch

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.base import LearningRates
from methods.demo import Demo, DemoSettings, GatedExperts, HierarchicalDecoupling, subsets
from methods.layers.reduction import Reduce

SETS = ["RGB", "NIR", "TIR", "RGB+NIR", "RGB+TIR", "NIR+TIR", "RGB+NIR+TIR"]
NO_EXPERTS = {"atmoe": {"enabled": False}}
NO_DECOUPLING = {"hdm": {"enabled": False}, **NO_EXPERTS}


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def fill(shape, seed, amplitude=0.1):
    """The fill rule of the fingerprints: amplitude * (frac(sin(12.9898 i + 78.233 s) * 43758.5453) - 0.5)."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    x = torch.sin(12.9898 * i + 78.233 * seed) * 43758.5453
    return amplitude * (x - x.floor() - 0.5).reshape(shape)


@pytest.fixture(scope="module")
def printed():
    """What each module makes of the inputs of the fingerprints: features, decoupled features, gates, fused feature."""
    patches = torch.stack([fill((2, 128, 512), seed, 2) for seed in (101, 102, 103)], dim=1)
    class_tokens = torch.stack([fill((2, 512), seed, 2) for seed in (111, 112, 113)], dim=1)
    pife = [Reduce(512).double() for _ in range(3)]
    hdm, atmoe = HierarchicalDecoupling(512, 3, 8, 0.1).double().eval(), GatedExperts(512, 7, 4).double().eval()
    seeds = {}
    for m, module in enumerate(pife):
        seeds |= {module.linear.weight: 201 + 2 * m, module.linear.bias: 202 + 2 * m}
    for j, module in enumerate(hdm.attentions):
        attention, first = module.attention, 220 + 4 * j
        seeds |= {attention.in_proj_weight: first, attention.in_proj_bias: first + 1}
        seeds |= {attention.out_proj.weight: first + 2, attention.out_proj.bias: first + 3}
    seeds |= {atmoe.reduction.weight: 260, atmoe.reduction.bias: 261, atmoe.query.weight: 262, atmoe.key.weight: 263}
    with torch.no_grad():
        for parameter, seed in seeds.items():
            parameter.copy_(fill(parameter.shape, seed))
        for j in range(7):
            hdm.tokens[j] = fill((1, 512), 211 + j, 2)
        for a, k in itertools.product(range(4), range(7)):
            seed = 300 + 2 * (7 * a + k)
            atmoe.experts.weight[4 * k + a] = fill((128, 128), seed).t()
            atmoe.experts.bias[4 * k + a, 0] = fill((128,), seed + 1)
        features = torch.stack([module(class_tokens[:, m], patches[:, m]) for m, module in enumerate(pife)], dim=1)
        decoupled = hdm(features, patches)
        gates = atmoe.gates(decoupled)
        return features, decoupled, gates, atmoe(decoupled, gates)


def test_pife_fingerprint(printed):
    features = printed[0]
    assert features[0, 0, :3].tolist() == pytest.approx([-0.141198, -0.157951, -0.163007], abs=6e-7)
    assert features[1, 2, -3:].tolist() == pytest.approx([1.188143, -0.162444, 0.577498], abs=6e-7)


def test_hdm_fingerprint(printed):
    expected = [
        *(0.045560, 0.005954),
        *(-0.030288, 0.068496),
        *(-0.022849, 0.037683),
        *(-0.007169, -0.016991),
        *(-0.000154, -0.028676),
        *(-0.020544, 0.024102),
        *(0.035812, 0.053674),
    ]
    assert printed[1][0, :, :2].flatten().tolist() == pytest.approx(expected, abs=6e-7)


def test_gate_fingerprint(printed):
    expected = [0.142799, 0.142807, 0.142950, 0.142873, 0.142817, 0.142987, 0.142767]
    assert printed[2][1, 3].tolist() == pytest.approx(expected, abs=6e-7)


def test_fused_fingerprint(printed):
    fused = printed[3]
    assert fused.shape == (2, 3584)
    assert fused[0, :3].tolist() == pytest.approx([0.003402, 0.000883, -0.001478], abs=6e-7)
    assert fused[0, 512:515].tolist() == pytest.approx([-0.001221, 0.004615, 0.000707], abs=6e-7)
    assert fused[1, -3:].tolist() == pytest.approx([-0.001312, -0.002754, 0.002313], abs=6e-7)
    assert fused.abs().mean().item() == pytest.approx(0.001883, abs=6e-7)


def test_the_sets_are_single_modalities_then_pairs_then_all():
    names = ["RGB", "NIR", "TIR"]
    assert ["+".join(names[m] for m in subset) for subset in subsets(3)] == SETS


def test_each_query_attends_to_the_tokens_of_its_set(small, loops):
    B, N, D = 2, 3, 4
    hdm = small.randomise(HierarchicalDecoupling(D, 3, 2, 0.1)).double().eval()
    features, patches = numbers(B, 3, D), numbers(B, 3, N, D, seed=1)
    decoupled = hdm(features, patches)
    assert decoupled.shape == (B, 7, D)
    for b, (k, subset) in itertools.product(range(B), enumerate(((0,), (1,), (2,), (0, 1), (0, 2), (1, 2), (0, 1, 2)))):
        sequence = [token for m in subset for token in (features[b, m].tolist(), *patches[b, m].tolist())]
        (expected,) = loops.cross_attention(hdm.tokens[k].tolist(), sequence, hdm.attentions[k].attention, heads=2)
        assert decoupled[b, k].tolist() == pytest.approx(expected, abs=1e-12)


def test_queries_start_at_the_scale_of_the_release():
    tokens = HierarchicalDecoupling(512, 3, 8, 0.1).tokens
    assert tokens.std().item() == pytest.approx(512**-0.5, rel=0.05)
    assert tokens.mean().item() == pytest.approx(0, abs=0.005)


def test_attention_weights_are_dropped_in_training_alone(small):
    hdm = small.randomise(HierarchicalDecoupling(4, 3, 2, 0.5)).double()
    features, patches = numbers(2, 3, 4), numbers(2, 3, 3, 4, seed=1)
    assert not torch.equal(hdm(features, patches), hdm(features, patches))
    hdm.eval()
    assert torch.equal(hdm(features, patches), hdm(features, patches))
    assert small.build("demo", hdm={"dropout": 0.3}).hdm.attentions[6].attention.dropout == 0.3


def quick_gelu(value):
    return value / (1 + math.exp(-1.702 * value))


def batch_norm(column, mean, variance, weight, bias):
    return [(value - mean) / math.sqrt(variance + 1e-5) * weight + bias for value in column]


def norm_columns(rows, norm):
    """Batch normalisation of rows (B x C), by the batch in training and by what was learned at test."""
    columns = []
    for c, column in enumerate(zip(*rows, strict=True)):
        mean, variance = norm.running_mean[c].item(), norm.running_var[c].item()
        if norm.training:
            mean = sum(column) / len(column)
            variance = sum((value - mean) ** 2 for value in column) / len(column)
        columns.append(batch_norm(column, mean, variance, norm.weight[c].item(), norm.bias[c].item()))
    return [list(row) for row in zip(*columns, strict=True)]


@pytest.fixture
def atmoe(small):
    """Experts on three features of four numbers, with two heads; no weight and no statistic is at its start."""
    atmoe = small.randomise(GatedExperts(4, 3, 2)).double()
    for seed, norm in enumerate((atmoe.norm, atmoe.expert_norm)):
        norm.running_mean.copy_(numbers(norm.num_features, seed=10 + seed))
        norm.running_var.copy_(numbers(norm.num_features, seed=20 + seed).square() + 0.5)
    return atmoe


@pytest.mark.parametrize("training", [True, False])
def test_gates_are_attention_of_all_features_over_each(atmoe, loops, training):
    decoupled = numbers(5, 3, 4)
    norm = atmoe.norm.train(training)
    weight, bias = atmoe.reduction.weight.tolist(), atmoe.reduction.bias.tolist()
    reduced = [[quick_gelu(x) for x in loops.dense(sample.flatten().tolist(), weight, bias)] for sample in decoupled]
    reduced = norm_columns(reduced, norm)
    gates = atmoe.gates(decoupled)
    for b, head in itertools.product(range(5), range(2)):
        part = slice(2 * head, 2 * head + 2)
        query = loops.dense(reduced[b], atmoe.query.weight.tolist())[part]
        keys = [loops.dense(feature.tolist(), atmoe.key.weight.tolist())[part] for feature in decoupled[b]]
        expected = loops.softmax([loops.dot(query, key) / math.sqrt(2) for key in keys])
        assert gates[b, head].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("training", [True, False])
def test_experts_are_separate_networks_times_their_gates(atmoe, loops, training):
    B, K, A = 5, 3, 2
    decoupled, gates = numbers(B, K, 4), numbers(B, A, K, seed=1)
    norm = atmoe.expert_norm.train(training)
    rows = []
    for b in range(B):
        row = []
        for k, a in itertools.product(range(K), range(A)):
            weight = atmoe.experts.weight[A * k + a].t().tolist()
            chunk = decoupled[b, k, 2 * a : 2 * a + 2].tolist()
            row += [quick_gelu(x) for x in loops.dense(chunk, weight, atmoe.experts.bias[A * k + a, 0].tolist())]
        rows.append(row)
    rows = norm_columns(rows, norm)
    fused = atmoe(decoupled, gates)
    for b in range(B):
        scales = [gates[b, a, k].item() for k, a in itertools.product(range(K), range(A)) for _ in range(2)]
        assert fused[b].tolist() == pytest.approx([s * x for s, x in zip(scales, rows[b], strict=True)], abs=1e-12)


def test_an_expert_sees_its_chunk_of_its_feature_alone(atmoe):
    atmoe.eval()
    decoupled, gates = numbers(1, 3, 4).requires_grad_(), numbers(1, 2, 3, seed=1)
    fused = atmoe(decoupled, gates).unflatten(1, (3, 2, 2))
    for k, a in itertools.product(range(3), range(2)):
        (gradient,) = torch.autograd.grad(fused[0, k, a].sum(), decoupled, retain_graph=True)
        seen = gradient[0].unflatten(1, (2, 2)).abs().sum(dim=-1) > 0
        assert seen.nonzero().tolist() == [[k, a]]


def test_the_feature_is_that_of_the_modalities_and_the_fused_one(small):
    model, batch = small.build("demo").eval(), small.batch()
    class_tokens, patches = model.branches(batch)
    features = torch.stack([model.pife[m](class_tokens[:, m], patches[:, m]) for m in range(3)], dim=1)
    decoupled = model.hdm(features, patches)
    fused = model.atmoe(decoupled, model.atmoe.gates(decoupled))
    embedding = model.embed(batch)
    assert embedding.shape == (8, 10 * 48)
    assert torch.equal(embedding, torch.cat([features.flatten(1), fused], dim=1))
    assert model.test_feature == "PIFE features, ATMoE"


CASES = [
    # settings, test feature and its size in D; names of the supervised features
    ({}, "PIFE features, ATMoE", 10, "original decoupled"),
    ({"feature": "original"}, "PIFE features", 3, "original decoupled"),
    ({"feature": "decoupled"}, "ATMoE", 7, "original decoupled"),
    ({"pife": False}, "class tokens, ATMoE", 10, "original decoupled"),
    (NO_EXPERTS, "PIFE features, HDM", 10, "original decoupled"),
    ({"pife": False, "feature": "decoupled", **NO_EXPERTS}, "HDM", 7, "original decoupled"),
    (NO_DECOUPLING, "PIFE features", 3, "original"),
    ({"pife": False, **NO_DECOUPLING}, "class tokens", 3, "original"),
    ({"direct": False}, "PIFE features, ATMoE", 10, "original_RGB original_NIR original_TIR decoupled"),
    ({"direct": False, **NO_DECOUPLING}, "PIFE features", 3, "original_RGB original_NIR original_TIR"),
    ({"hdm": {"heads": 2}, "atmoe": {"heads": 8}}, "PIFE features, ATMoE", 10, "original decoupled"),
]


@pytest.mark.parametrize(("settings", "feature", "size", "supervised"), CASES, ids=str)
def test_each_module_is_a_switch(small, settings, feature, size, supervised):
    model, batch = small.build("demo", **settings), small.batch()
    losses = model.losses(batch)
    assert list(losses) == [f"{kind}_{name}" for name in supervised.split() for kind in ("id", "triplet")]
    sum(losses.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad != name.endswith("neck.bias"), name
        assert (parameter.grad is not None and bool(parameter.grad.isfinite().all())) == parameter.requires_grad, name
    assert model.test_feature == feature
    model.eval()
    assert model.embed(batch).shape == (8, size * 48)


@pytest.mark.parametrize(("feature", "part"), [("original", slice(0, 144)), ("decoupled", slice(144, None))])
def test_a_test_feature_is_a_part_of_both(small, feature, part):
    both, one = small.build("demo").eval(), small.build("demo", feature=feature).eval()
    assert torch.equal(one.embed(small.batch()), both.embed(small.batch())[:, part])


def test_without_experts_the_decoupled_features_stand_as_they_are(small):
    model, batch = small.build("demo", feature="decoupled", **NO_EXPERTS).eval(), small.batch()
    assert torch.equal(model.embed(batch), model.hdm(*model._features(batch)).flatten(1))


@pytest.mark.parametrize("direct", [True, False])
def test_losses_are_those_of_each_feature(small, loops, direct):
    supervision = {"id_weight": 0.4, "triplet_weight": 0.7, "label_smoothing": 0.2}
    model, batch = small.build("demo", direct=direct, supervision=supervision, hdm={"dropout": 0.0}), small.batch()
    losses = model.losses(batch)
    features, patches = model._features(batch)
    wanted = {"decoupled": (model.decoupled_head, model._decoupled(features, patches))}
    if direct:
        wanted["original"] = model.heads[0], features.flatten(1)
    else:
        wanted |= {f"original_{name}": (model.heads[m], features[:, m]) for m, name in enumerate(("RGB", "NIR", "TIR"))}
    assert {name.partition("_")[2] for name in losses} == set(wanted)
    identity = batch.identity.tolist()
    for name, (head, feature) in wanted.items():
        triplet = 0.7 * loops.batch_hard(feature.tolist(), identity)
        entropy = 0.4 * loops.smoothed_cross_entropy(head(feature).tolist(), identity, 0.2)
        assert losses[f"triplet_{name}"].item() == pytest.approx(triplet, rel=1e-4)
        assert losses[f"id_{name}"].item() == pytest.approx(entropy, rel=1e-4)


def test_weights_of_the_losses_are_those_of_the_release():
    supervision = DemoSettings().supervision
    assert (supervision.id_weight, supervision.triplet_weight, supervision.label_smoothing) == (0.25, 1.0, 0.1)


def gradients_of(small, *names):
    """Names of parameters that the named losses reach with a gradient that is not zero everywhere."""
    model = small.build("demo")
    losses = model.losses(small.batch())
    sum(losses[name] for name in names).backward()
    return {name for name, parameter in model.named_parameters() if parameter.grad is not None and parameter.grad.any()}


def test_the_loss_of_the_modalities_reaches_neither_decoupling_nor_experts(small):
    reached = gradients_of(small, "id_original", "triplet_original")
    assert not {name for name in reached if name.startswith(("hdm", "atmoe", "decoupled"))}
    assert {name.split(".")[0] for name in reached} == {"branches", "pife", "heads"}


def test_the_loss_of_the_fused_feature_reaches_all_but_the_other_head(small):
    reached = gradients_of(small, "id_decoupled", "triplet_decoupled")
    assert {name.split(".")[0] for name in reached} == {"branches", "pife", "hdm", "atmoe", "decoupled_head"}
    modules = {"reduction", "norm", "query", "key", "experts", "expert_norm"}
    assert {name.split(".")[1] for name in reached if name.startswith("atmoe")} == modules


def test_training_lowers_the_loss(small):
    model, batch = small.build("demo"), small.batch()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    totals = small.train(model, batch, optimiser, 8)
    assert totals[-1] < totals[0] - 0.1


def test_weights_that_are_saved_give_the_same_embedding(small, tmp_path):
    model, other, batch = small.build("demo"), small.build("demo", seed=1), small.batch()
    model.losses(batch)  # moves the statistics of the norms
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    assert torch.equal(other.eval().embed(batch), model.eval().embed(batch))


@pytest.mark.parametrize("settings", [{}, {"direct": False, "atmoe": {"heads": 8}}, NO_EXPERTS, NO_DECOUPLING], ids=str)
def test_an_embedding_does_not_depend_on_its_batch(small, settings):
    model = small.build("demo", **settings).eval()
    batch = small.batch(samples=7)
    whole = model.embed(batch)
    for start, size in ((0, 1), (1, 3), (4, 2), (6, 1)):
        part = slice(start, start + size)
        taken = replace(batch, **{key: value[part] for key, value in vars(batch).items() if torch.is_tensor(value)})
        torch.testing.assert_close(model.embed(taken), whole[part], atol=1e-5, rtol=1e-4)


def test_a_camera_that_training_has_not_seen(small):
    model, batch = small.build("demo").eval(), small.batch()
    seen = model.embed(batch)
    camera = batch.camera.clone()
    camera[2] = 17
    embedding = model.embed(replace(batch, camera=camera))
    others = [b for b in range(8) if b != 2]
    torch.testing.assert_close(embedding[others], seen[others], atol=1e-5, rtol=1e-4)
    assert embedding[2].isfinite().all()
    assert not torch.allclose(embedding[2], seen[2])


@pytest.mark.parametrize("missing", [(0,), (1, 2), (0, 1, 2)])
def test_a_missing_modality_is_embedded_as_an_image_of_zeros(small, missing):
    model, batch = small.build("demo").eval(), small.batch()
    images, present = batch.images.clone(), batch.present.clone()
    images[:, missing], present[:, missing] = 0, False
    assert Demo.missing_filling == "zeros"
    embedding = model.embed(replace(batch, images=images, present=present))
    assert embedding.isfinite().all()
    assert torch.equal(embedding, model.embed(replace(batch, images=images)))
    # What is specific to modalities that are there, and what they share, stays as it was.
    same = (embedding == model.embed(batch)).unflatten(1, (10, 48)).all(dim=2).all(dim=0)
    assert same[:3].tolist() == [m not in missing for m in range(3)]


def test_training_with_missing_modalities_has_finite_gradients(small):
    model, batch = small.build("demo"), small.batch()
    images, present = batch.images.clone(), batch.present.clone()
    images[:, 1:], present[:, 1:] = 0, False
    sum(model.losses(replace(batch, images=images, present=present)).values()).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters() if parameter.requires_grad)


def test_gates_are_monitored_by_the_modalities_of_their_expert(small):
    model, batch = small.build("demo"), small.batch()
    assert model.monitors() == {}
    model.losses(batch)
    monitors = model.monitors()
    assert list(monitors) == [f"gate/{name}" for name in SETS]
    assert sum(float(value) for value in monitors.values()) == pytest.approx(1)
    assert not any(value.requires_grad for value in monitors.values())
    decoupled = model.eval().hdm(*model._features(batch))
    model.embed(batch)
    expected = model.atmoe.gates(decoupled).mean(dim=(0, 1))
    assert [float(value) for value in model.monitors().values()] == pytest.approx(expected.tolist(), rel=1e-5)
    without = small.build("demo", **NO_EXPERTS)
    without.losses(batch)
    assert (without.monitors(), without.watched_parameters()) == ({}, {})


def test_the_network_of_the_gates_is_watched(small):
    model = small.build("demo")
    (watched,) = model.watched_parameters().values()
    names = {id(parameter): name for name, parameter in model.atmoe.named_parameters()}
    gate = {name for name in names.values() if name.split(".")[0] in {"reduction", "norm", "query", "key"}}
    assert {names[id(parameter)] for parameter in watched} == gate


DIRECT, SEPARATE = (171, 4, (256, 128)), {"direct": False, "atmoe": {"heads": 8}}


@pytest.mark.parametrize(
    ("settings", "spec", "parameters"),
    [
        ({}, DIRECT, 98_792_960),
        (SEPARATE, (50, 8, (128, 256)), 97_947_136),
        (SEPARATE, (155, 8, (128, 256)), 98_484_736),
        ({"pife": False, **NO_DECOUPLING}, DIRECT, 86_407_680),
        (NO_DECOUPLING, DIRECT, 87_988_224),
        (NO_EXPERTS, DIRECT, 95_962_624),
        ({"feature": "decoupled"}, DIRECT, 98_792_960),
    ],
    ids=str,
)
def test_published_parameters(small, settings, spec, parameters):
    assert small.full_size("demo", BatchSpec(*spec), **settings) == parameters


def test_parameters_of_each_module(small):
    with torch.device("meta"):
        hdm, atmoe = HierarchicalDecoupling(512, 3, 8, 0.1), GatedExperts(512, 7, 4)
    assert small.trainable(hdm) == 7_357_952
    experts = small.trainable(atmoe.experts) + small.trainable(atmoe.expert_norm)
    assert experts == 469_504
    assert small.trainable(atmoe) - experts == 2_360_832


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"hdm": {"enabled": False}}, "atmoe.enabled: .* switch hdm.enabled on or atmoe.enabled off"),
        ({**NO_DECOUPLING, "feature": "decoupled"}, "feature: there is no decoupled one without HDM"),
        ({"feature": "bth"}, "did you mean 'both'"),
        ({"hdm": {"dropout": 1}}, "hdm.dropout"),
        ({"atmoe": {"head": 4}}, "did you mean 'atmoe.heads'"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message) as error:
        parse(DemoSettings, values, "mine.py")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("module", ["hdm", "atmoe"])
def test_heads_are_checked_before_the_model_is_built(small, module):
    settings = DemoSettings.model_validate({"backbone": small.BACKBONE, module: {"heads": 7}})
    with pytest.raises(InputError, match="7 heads do not divide features of 48"):
        Demo.check(settings, small.SPEC)
    with pytest.raises(InputError, match="7 heads"):
        Demo(settings, small.SPEC)
    off = {"hdm": {"enabled": False, "heads": 7}, "atmoe": {"enabled": False, "heads": 7}}
    Demo.check(DemoSettings.model_validate({"backbone": small.BACKBONE, **off}), small.SPEC)


def test_parameter_groups_hold_everything_once(small):
    model = small.build("demo")
    groups = {group["name"]: group for group in model.parameter_groups(LearningRates())}
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(
        {"visual": 5e-6, "weights": 3.5e-4, "biases": 7e-4, "classifiers": 3.5e-4}
    )
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    members = {name: {id(parameter) for parameter in group["params"]} for name, group in groups.items()}
    assert {id(model.branches.camera), id(model.hdm.tokens), id(model.atmoe.experts.weight)} <= members["weights"]
    assert {id(model.atmoe.experts.bias), id(model.hdm.attentions[0].attention.in_proj_bias)} <= members["biases"]
    assert len(members["classifiers"]) == 2
