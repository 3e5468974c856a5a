"""ICPL-ReID against its published sizes and cost, and against its formulas in plain loops."""

import math
from dataclasses import replace

import pytest
import torch

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from harness.profiling import count_costs, count_parameters
from methods.base import METHODS, LearningRates
from methods.clip import load_clip
from methods.icpl import (
    AdaptedTower,
    Adapter,
    AdapterSettings,
    Icpl,
    IcplSettings,
    IdentityPrompts,
    mutual_contrast,
    prompt_loss,
    prototype_loss,
    updated_prototypes,
)
from methods.pretrained import BackboneSettings

MODALITIES = ("RGB", "NIR", "TIR")
FULL = BackboneSettings(architecture="vit_b_16", weights="random")


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def awake(model):
    """A model whose adapters do something: their last layers start at zero."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for module in model.modules():
            if isinstance(module, Adapter):
                module[-1].weight.copy_(0.1 * torch.randn(module[-1].weight.shape, generator=generator))
    return model


def unit(vector):
    return [value / math.hypot(*vector) for value in vector]


# Sizes and cost


@pytest.mark.parametrize(
    ("settings", "spec", "parameters"),
    [
        ({}, (171, 4, (256, 128)), 45_417_984),
        ({}, (50, 8, (128, 256)), 44_209_920),
        ({"shared": True, "adapters": {"scale": 0.5}}, (155, 8, (128, 256)), 15_086_080),
    ],
    ids=str,
)
def test_published_parameters(small, settings, spec, parameters):
    assert small.full_size("icpl", BatchSpec(*spec), **settings) == parameters


def test_parameters_are_those_of_the_parts(small):
    """Adapters, projection, last norm, two heads with frozen biases, prompts."""
    adapters, projection, norm = 12 * 1_181_184, 768 * 512, 2 * 768
    assert small.full_size("icpl") == 3 * (adapters + projection + norm + 171 * (768 + 512) + 1_280 + 171 * 2_048)
    without = small.full_size("icpl", adapters={"enabled": False}, prompts={"enabled": False})
    assert without == 3 * (projection + norm + 171 * (768 + 512) + 1_280)


@pytest.mark.slow
def test_published_cost_and_what_is_used_at_test():
    """39.764 G with elementwise operations, 39.685 G without; the test path is three encoders without their heads."""
    spec = BatchSpec(171, 4, (256, 128))
    method = Icpl(IcplSettings(backbone=FULL), spec)
    costs, counts = count_costs(method, spec), count_parameters(method, spec)
    assert round(costs.published, 3) == 39.764
    assert round(costs.attention, 3) == 39.685
    assert counts.trainable == 45_417_984
    assert counts.test_trainable == 3 * (14_174_208 + 393_216 + 1_536)
    assert counts.test == 3 * 100_314_624


# Encoder


@pytest.mark.parametrize(("scale", "ratio"), [(1.0, 1.0), (0.5, 0.25)])
def test_the_tower_is_that_of_clip_with_adapters_in_a_loop(small, loops, scale, ratio):
    torch.manual_seed(0)
    tower = load_clip(small.BACKBONE, small.SPEC.image_size).image
    settings = AdapterSettings(scale=scale, hidden_ratio=ratio)
    encoder = awake(AdaptedTower(tower, settings)).double().eval()
    visual, images = encoder.tower.visual, numbers(1, 3, 32, 16)
    tokens = encoder.tower.stem(images)[0].tolist()
    norm = lambda module, x: loops.layer_norm(x, module.weight.tolist(), module.bias.tolist())  # noqa: E731
    after = []
    for block, adapter in zip(visual.transformer.resblocks, encoder.adapters, strict=True):
        normal = [norm(block.ln_1, token) for token in tokens]
        mixed = loops.cross_attention(normal, normal, block.attn, heads=2)
        tokens = [[x + y for x, y in zip(*pair, strict=True)] for pair in zip(tokens, mixed, strict=True)]
        extra = []
        for token in tokens:
            hidden = [max(0.0, h) for h in loops.dense(token, adapter[0].weight.tolist(), adapter[0].bias.tolist())]
            extra.append(loops.dense(hidden, adapter[3].weight.tolist(), adapter[3].bias.tolist()))
        plain = [loops.feed_forward(norm(block.ln_2, token), block.mlp) for token in tokens]
        tokens = [
            [x + y + scale * z for x, y, z in zip(*parts, strict=True)] for parts in zip(tokens, plain, extra, strict=True)
        ]
        after.append(tokens[0])
    last = norm(visual.ln_post, tokens[0])
    projected = [sum(x * w for x, w in zip(last, column, strict=True)) for column in visual.proj.t().tolist()]
    features = encoder(images)
    for found, expected in zip(features, (after[-2], last, projected), strict=True):
        assert found[0].tolist() == pytest.approx(expected, abs=1e-9)


def test_the_start_is_clip(small):
    model, batch = small.build("icpl").eval(), small.batch()
    features = model.encode(batch)
    for m in range(3):
        tower = model.models[m].encoder.tower
        torch.testing.assert_close(features.projected[:, m], tower(batch.images[:, m])[:, 0])
        plain = tower.visual.ln_post(tower.visual.transformer(tower.stem(batch.images[:, m])))[:, 0]
        torch.testing.assert_close(features.last[:, m], plain)
    for value, plain in zip(features, model.encode(batch, adapted=False), strict=True):
        torch.testing.assert_close(value, plain)


def test_adapters_can_be_left_out(small):
    model, batch = awake(small.build("icpl")).eval(), small.batch()
    without = small.build("icpl", adapters={"enabled": False}).eval()
    for value, plain, other in zip(model.encode(batch), model.encode(batch, adapted=False), without.encode(batch), strict=True):
        torch.testing.assert_close(plain, other)
        assert not torch.allclose(value, plain, atol=1e-3)


def test_adapters_start_as_nothing_and_drop_out():
    adapter = Adapter(64, 32, 0.5)
    assert adapter[0].weight.abs().max() > 0.5 / 8
    assert adapter[0].weight.abs().max() <= 1 / 8
    assert all(not adapter[i].bias.any() for i in (0, 3))
    assert not adapter(numbers(2, 64).float()).any()
    awake(adapter)
    x = numbers(2, 64).float()
    assert not torch.equal(adapter(x), adapter(x))
    assert torch.equal(adapter.eval()(x), adapter(x))


def test_separate_models_begin_alike_and_are_apart(small):
    model = small.build("icpl")
    first, second, third = (dict(each.encoder.tower.named_parameters()) for each in model.models)
    for name, parameter in first.items():
        assert torch.equal(parameter, second[name])
        assert torch.equal(parameter, third[name])
        assert len({id(parameter), id(second[name]), id(third[name])}) == 3
    assert small.trainable(model) == 3 * small.trainable(model.models[0])


def test_a_shared_model_sees_each_modality_alone(small):
    model, batch = awake(small.build("icpl", shared=True)).eval(), small.batch()
    assert len(model.models) == 1
    features = model.encode(batch)
    for m in range(3):
        alone = model.models[0].encoder(batch.images[:, m])
        for value, expected in zip(features, alone, strict=True):
            torch.testing.assert_close(value[:, m], expected, atol=1e-5, rtol=1e-4)


def test_what_is_trained(small):
    model = small.build("icpl")
    for name, parameter in model.named_parameters():
        trained = any(
            part in name for part in ("adapters", "ln_post", "visual.proj", "prompts.table", "classifier", "neck.weight")
        )
        assert parameter.requires_grad == trained, name


# Prompts


@pytest.mark.parametrize("shown", ["person", "vehicle"])
@torch.no_grad()
def test_a_prompt_of_known_words_is_the_text(small, shown):
    torch.manual_seed(0)
    text = load_clip(small.BACKBONE, small.SPEC.image_size).text
    prompts = IdentityPrompts(text, 3, 4, shown)
    words = ["tall", "red", "old", "wet"]
    prompts.table[1] = text.embed(torch.tensor([[text.tokenizer.encode(word)[0] for word in words]]))[0]
    expected = text(text.tokenizer([f"A photo of a {' '.join(words)} {shown}."]))
    found = prompts(text, torch.tensor([2, 1]))
    torch.testing.assert_close(found[1:], expected, atol=1e-5, rtol=1e-5)
    assert not torch.allclose(found[:1], expected, atol=1e-3)


def test_prompts_are_of_what_the_benchmark_shows(small):
    person, vehicle = (
        small.build("icpl", spec=replace(small.SPEC, object=shown)).models[0].prompts for shown in ("person", "vehicle")
    )
    assert torch.equal(person.before, vehicle.before)
    assert len(person.before) == 5
    assert not torch.equal(person.after, vehicle.after)


def test_prompts_start_small(small):
    table = torch.cat([model.prompts.table for model in small.build("icpl", prompts={"length": 50}).models])
    assert table.shape == (12, 50, 64)
    assert table.std().item() == pytest.approx(0.02, rel=0.02)
    assert abs(table.mean().item()) < 1e-3


# Losses


def filled(model, batch, epoch=1):
    """A model with prototypes, in double precision and without dropout, so that a pass can be repeated."""
    model = awake(model).double()
    for module in model.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    batch = replace(batch, images=batch.images.double())
    model.on_epoch(epoch, [batch])
    return model, batch


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize(("epoch", "weights"), [(1, (0.9, 0.1)), (20, (0.9, 0.1)), (21, (0.1, 0.9))])
def test_losses_and_their_weights(small, loops, shared, epoch, weights):
    model, batch = filled(small.build("icpl", shared=shared), small.batch(spread=9.0), epoch)
    memory, identity = model.memory.clone(), batch.identity.tolist()
    losses = model.losses(batch)
    kinds = ("id", "triplet", "prototype", "contrast", "prompt")
    assert set(losses) == {f"{kind}_{name}" for kind in kinds for name in MODALITIES}
    features = model.encode(batch)
    for m, name in enumerate(MODALITIES):
        own = model.models[m % len(model.models)]
        early, last, projected = (values[:, m] for values in features)
        logits = own.head(last).tolist(), own.projected_head(projected).tolist()
        expected = sum(loops.smoothed_cross_entropy(each, identity, 0.0) for each in logits)
        assert losses[f"id_{name}"].item() == pytest.approx(0.33 * expected, rel=1e-6)
        apart = sum(loops.batch_hard(each.tolist(), identity, margin=0.3) for each in (early, last, projected))
        assert apart > 0
        assert losses[f"triplet_{name}"].item() == pytest.approx(0.33 * apart, rel=1e-6)
        near = prototype_loss(last, memory[m], batch.identity, 0.05).item()
        assert losses[f"prototype_{name}"].item() == pytest.approx(0.33 * weights[0] * near, rel=1e-6)
        texts = own.prompts(model.text, torch.arange(4))
        drawn = prompt_loss(projected, texts, batch.identity).item()
        assert losses[f"prompt_{name}"].item() == pytest.approx(0.33 * weights[1] * drawn, rel=1e-6)
        contrast = mutual_contrast(memory[m] @ own.encoder.tower.visual.proj, texts).item()
        assert losses[f"contrast_{name}"].item() == pytest.approx(0.33 * contrast, rel=1e-6)


def test_the_contrast_is_over_the_identities_of_the_batch(small):
    model, batch = filled(small.build("icpl"), small.batch())
    few = replace(batch, identity=torch.tensor([3, 3, 3, 3, 1, 1, 1, 1]))
    memory, seen = model.memory.clone(), torch.tensor([1, 3])
    losses = model.losses(few)
    own = model.models[2]
    expected = mutual_contrast(memory[2, seen] @ own.encoder.tower.visual.proj, own.prompts(model.text, seen))
    assert losses["contrast_TIR"].item() == pytest.approx(0.33 * expected.item(), rel=1e-6)


def test_a_step_moves_the_prototypes_after_its_losses(small):
    model, batch = filled(small.build("icpl"), small.batch())
    expected = updated_prototypes(model.memory, model.encode(batch).last, batch.identity, 0.1)
    losses = model.losses(batch)
    torch.testing.assert_close(model.memory, expected)
    sum(losses.values()).backward()


@pytest.mark.parametrize(("epoch", "plain"), [(1, True), (3, True), (4, False)])
def test_prototypes_are_means_of_length_one_and_at_first_of_plain_clip(small, epoch, plain):
    batch = small.batch()
    model, batch = filled(small.build("icpl"), batch, epoch)
    other = replace(batch, images=batch.images.flip(0) + 0.1, identity=batch.identity.flip(0))
    model.memory.fill_(7.0)
    model.eval()
    model.on_epoch(epoch, iter([batch, other]))
    assert model.training
    assert model.epoch == epoch
    for m in range(3):
        rows = [row for each in (batch, other) for row in model.encode(each, adapted=not plain).last[:, m].tolist()]
        identities = [*batch.identity.tolist(), *other.identity.tolist()]
        for c in range(4):
            own = [row for row, identity in zip(rows, identities, strict=True) if identity == c]
            mean = [sum(values) / len(own) for values in zip(*own, strict=True)]
            assert model.memory[m, c].tolist() == pytest.approx(unit(mean), abs=1e-9)
    assert not model.memory.requires_grad


def test_adapters_drop_out_while_prototypes_are_made(small):
    model, batch = awake(small.build("icpl", adapters={"dropout": 0.5})), small.batch()
    memories = []
    for epoch in (3, 3, 4, 4):
        model.on_epoch(epoch, [batch])
        memories.append(model.memory)
    assert torch.equal(memories[0], memories[1])
    assert not torch.equal(memories[2], memories[3])


def test_nothing_is_looked_at_where_nothing_needs_it(small):
    model = small.build("icpl", prototypes={"enabled": False}, prompts={"enabled": False})

    def unread():
        raise AssertionError
        yield

    model.on_epoch(2, unread())
    losses = model.losses(small.batch())
    assert set(losses) == {f"{kind}_{name}" for kind in ("id", "triplet") for name in MODALITIES}
    assert not model.memory.any()
    assert model.text is None


@pytest.mark.parametrize("part", ["prototypes", "prompts"])
def test_each_part_is_a_switch(small, part):
    model, batch = small.build("icpl", **{part: {"enabled": False}}), small.batch()
    model.on_epoch(1, [batch])
    kinds = {name.partition("_")[0] for name in model.losses(batch)}
    assert kinds == {"id", "triplet"} | ({"contrast", "prompt"} if part == "prototypes" else {"prototype"})
    assert model.memory.any()


def test_without_a_swap_the_weights_stay(small):
    model = small.build("icpl", stages={"swap_after": None})
    model.on_epoch(100, [])
    assert model._stage() == (0.9, 0.1)
    model = small.build("icpl", stages={"swap_after": 0})
    assert model._stage() == (0.1, 0.9)


# Gradients


def reached(model, losses, kind):
    """Parts of the models of all modalities that losses of a kind reach, by the names of their parameters."""
    model.zero_grad()
    sum(value for name, value in losses.items() if name.startswith(kind)).backward(retain_graph=True)
    names = [name for name, parameter in model.named_parameters() if parameter.grad is not None and parameter.grad.any()]
    assert len({name.split(".")[1] for name in names}) == 3
    parts = ("adapters", "ln_post", "visual.proj", "prompts.table", "projected_head", "head")
    found = {next(part for part in parts if part in name) for name in names}
    assert all(any(part in name for part in parts) for name in names)
    return found


def test_gradients_reach_what_they_should(small):
    model, batch = filled(small.build("icpl"), small.batch(spread=9.0))  # some negatives are nearer than positives
    losses = model.losses(batch)
    encoder = {"adapters", "ln_post", "visual.proj"}
    assert reached(model, losses, "id") == encoder | {"projected_head", "head"}
    assert reached(model, losses, "triplet") == encoder
    assert reached(model, losses, "prototype") == {"adapters", "ln_post"}
    assert reached(model, losses, "contrast") == {"prompts.table"}
    assert reached(model, losses, "prompt") == encoder


def test_every_trained_parameter_has_a_gradient_and_frozen_ones_none(small):
    model, batch = small.build("icpl"), small.batch()
    model.on_epoch(1, [batch])
    sum(model.losses(batch).values()).backward()
    for name, parameter in model.named_parameters():
        assert (parameter.grad is not None) == parameter.requires_grad, name


def test_prompts_of_other_identities_are_left_alone(small):
    model, batch = small.build("icpl"), small.batch(samples=4)
    model.on_epoch(1, [small.batch()])
    sum(model.losses(batch).values()).backward()
    gradient = model.models[0].prompts.table.grad.flatten(1).abs().sum(dim=1)
    assert (gradient[:2] > 0).all()
    assert not gradient[2:].any()


def test_training_lowers_the_losses(small):
    model, batch = small.build("icpl"), small.batch()
    optimiser = torch.optim.Adam([parameter for parameter in model.parameters() if parameter.requires_grad], 3e-3)
    totals = []
    for epoch in range(1, 9):
        model.on_epoch(epoch, [batch])
        total = sum(model.losses(batch).values())
        optimiser.zero_grad()
        total.backward()
        optimiser.step()
        totals.append(total.item())
    assert totals[-1] < 0.7 * totals[0]


def test_half_precision_gives_finite_losses_near_those_in_full(small):
    losses = []
    for enabled in (False, True):
        torch.manual_seed(0)
        model, batch = awake(small.build("icpl")), small.batch()
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=enabled):
            model.on_epoch(4, [batch])
            losses.append(model.losses(batch))
        assert model.memory.dtype == torch.float32
    for name, value in losses[1].items():
        assert value.dtype == torch.float32
        assert value.item() == pytest.approx(losses[0][name].item(), rel=0.2, abs=0.05), name


# Test path


@pytest.mark.parametrize("shared", [False, True])
def test_the_feature_is_both_ends_of_each_modality(small, shared):
    model, batch = awake(small.build("icpl", shared=shared)).eval(), small.batch(samples=3)
    embedding, features = model.embed(batch), model.encode(batch)
    assert embedding.shape == (3, 3 * (64 + 48))
    for m in range(3):
        part = embedding[:, m * 112 : (m + 1) * 112]
        assert torch.equal(part, torch.cat([features.last[:, m], features.projected[:, m]], dim=1))
    assert model.test_feature == "class tokens and their projections"


def test_the_feature_after_the_necks(small):
    model, batch = awake(small.build("icpl", feature="after_neck")), small.batch()
    model.losses(batch)  # necks take up something
    model.eval()
    features, embedding = model.encode(batch), model.embed(batch)
    own = model.models[1]
    expected = torch.cat([own.head.neck(features.last[:, 1]), own.projected_head.neck(features.projected[:, 1])], dim=1)
    torch.testing.assert_close(embedding[:, 112:224], expected)
    assert model.test_feature.endswith("after the necks")


@pytest.mark.parametrize("samples", [1, 3, 5])
def test_any_number_of_samples_and_cameras_that_training_has_not_seen(small, samples):
    model, batch = awake(small.build("icpl")).eval(), small.batch(samples=5)
    unseen = replace(batch, camera=batch.camera + 40)
    whole = model.embed(unseen)
    few = replace(unseen, images=unseen.images[:samples], camera=unseen.camera[:samples])
    torch.testing.assert_close(model.embed(few), whole[:samples], atol=1e-5, rtol=1e-4)
    assert torch.equal(model.embed(batch), whole)


def test_saved_and_loaded_it_gives_the_same_embedding(small):
    model, batch = awake(small.build("icpl")), small.batch()
    model.on_epoch(1, [batch])
    model.losses(batch)
    state = {name: value.clone() for name, value in model.eval().state_dict().items()}
    assert not any("memory" in name for name in state)
    other = small.build("icpl", seed=9).eval()
    other.load_state_dict(state)
    assert torch.equal(other.embed(batch), model.embed(batch))


def test_it_needs_no_captions(small):
    model = small.build("icpl")
    assert not model.config.needs_text
    assert model.text_encoder is None
    assert model.test_text is None


# Settings


def test_parameter_groups_hold_everything_once(small):
    model = small.build("icpl")
    rates = LearningRates(base=3e-4, visual=None, prompts=3.5e-4, weight_decay=5e-4, prompt_weight_decay=1e-4)
    groups = {group["name"]: group for group in model.parameter_groups(rates)}
    expected = {"weights": 3e-4, "biases": 6e-4, "prompts": 3.5e-4, "classifiers": 3e-4}
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(expected)
    assert groups["prompts"]["weight_decay"] == 1e-4
    assert len(groups["prompts"]["params"]) == 3
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    with_tower = {group["name"]: group for group in model.parameter_groups(LearningRates())}
    assert len(with_tower["visual"]["params"]) == 3 * 3


def test_defaults_are_those_of_the_release():
    settings = METHODS.get("icpl").Config()
    supervision = settings.supervision
    assert (supervision.id_weight, supervision.triplet_weight) == (1.0, 1.0)
    assert (supervision.label_smoothing, supervision.margin) == (0.0, 0.3)


def test_an_image_size_without_whole_patches_is_refused_before_building(small):
    with pytest.raises(InputError, match="60 x 32"):
        Icpl.check(IcplSettings(backbone=small.BACKBONE), BatchSpec(4, 3, (60, 32)))
