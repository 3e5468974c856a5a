"""EDITOR in loops and in its published sizes (release 473cab6; its sheet has no stored numbers beside those)."""

import copy
import itertools
import math
from dataclasses import replace

import pytest
import torch

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from harness.profiling import count_costs, count_parameters
from harness.suite import method_settings
from methods.base import LearningRates
from methods.editor import (
    Centres,
    Editor,
    EditorSettings,
    background_consistency,
)

FEW = {"head_keep": 1, "frequency_keep": 2}
"""The small grid of 4 x 2 patches is all selected with the release's numbers."""
PERSONS, VEHICLES = (256, 128), (128, 256)


def build(small, **settings):
    return small.build("editor", **{"sfts": FEW, **settings})


@pytest.mark.parametrize("direct", [True, False])
def test_losses_and_their_weights(direct, small, loops):
    batch = small.batch()
    settings = {"bcc": {"weight": 0.3}, "ocfr": {"weight": 0.7}, "backbone": {**small.BACKBONE.model_dump(), "drop_path": 0.0}}
    model = build(small, direct=direct, **settings)
    losses = model.losses(copy.deepcopy(batch))
    names = ["class"] if direct else [f"class_{m}" for m in ("RGB", "NIR", "TIR")]
    assert list(losses) == [f"{kind}_{name}" for name in (*names, "fused") for kind in ("id", "triplet")] + ["bcc", "ocfr"]
    features = model.features(batch)
    identity = batch.identity.tolist()
    supervised = [features.class_tokens.flatten(1)] if direct else list(features.class_tokens.unbind(dim=1))
    heads = [model.class_head if direct else model.modality_head] * len(names) + [model.fused_head]
    for name, head, feature in zip((*names, "fused"), heads, (*supervised, features.fused), strict=True):
        assert losses[f"triplet_{name}"].item() == pytest.approx(loops.batch_hard(feature.tolist(), identity), rel=1e-4)
        expected = loops.smoothed_cross_entropy(head(feature).tolist(), identity, 0.1)
        assert losses[f"id_{name}"].item() == pytest.approx(expected, rel=1e-4)
    bcc = background_consistency(features.tokens[:, :, 1:], features.mask)
    assert losses["bcc"].item() == pytest.approx(0.3 * bcc.item(), rel=1e-5)
    ocfr = Centres(64, 3, 4, 0.8)(features.own, batch.identity)
    assert losses["ocfr"].item() == pytest.approx(0.7 * ocfr.item(), rel=1e-4)


def test_necks_of_this_release_have_a_bias(small):
    model = build(small)
    for head in (model.class_head, model.modality_head, model.fused_head):
        assert head.neck.bias.requires_grad


def test_one_head_that_the_modalities_share_sees_them_one_after_the_other(small):
    model, batch = build(small, direct=False), small.batch()
    assert model.class_head is None
    model.losses(batch)
    assert model.modality_head.neck.num_batches_tracked == 3
    assert model.fused_head.neck.num_batches_tracked == 1


# -- the whole


@pytest.mark.parametrize("direct", [True, False])
def test_gradients_reach_everything_but_what_the_release_never_uses(direct, small):
    model = build(small, direct=direct)
    sum(model.losses(small.batch()).values()).backward()
    for name, parameter in model.named_parameters():
        dead = direct and name.startswith("modality_head")
        if dead or name == "centres.table":
            assert parameter.grad is None, name
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        assert parameter.requires_grad == (name != "centres.table")


@pytest.mark.parametrize("name", ["bcc", "ocfr", "id_fused", "id_class"])
def test_what_each_loss_reaches(name, small):
    model = build(small)
    model.losses(small.batch())[name].backward()
    reached = {parameter_name for parameter_name, p in model.named_parameters() if p.grad is not None and p.grad.any()}
    tower = {f"tower.{n}" for n, _ in model.tower.named_parameters()}
    hma = {f"hma.{n}" for n, _ in model.hma.named_parameters()}
    first = {n for n in hma if n.startswith("hma.blocks")}
    heads = {"id_fused": "fused_head.", "id_class": "class_head."}
    own = {n for n, _ in model.named_parameters() if n.startswith(heads.get(name, "none"))}
    last = {"bcc": set(), "ocfr": first, "id_fused": hma, "id_class": set()}[name]
    assert reached <= tower | last | own
    assert "tower.camera" in reached
    assert last <= reached
    assert own <= reached


def test_training_lowers_the_loss(small):
    model, batch = build(small), small.batch()
    optimiser = torch.optim.SGD(model.parameters(), 0.01, momentum=0.9)
    totals = small.train(model, batch, optimiser, 8)
    assert all(math.isfinite(total) for total in totals)
    assert totals[-1] < totals[0] - 0.5


def step(model, optimiser, batch):
    optimiser.zero_grad()
    sum(model.losses(batch).values()).backward()
    optimiser.step()


def test_a_resumed_run_has_the_same_centres_and_embeddings(small):
    batches = [small.batch(seed=seed) for seed in range(4)]

    def start(seed):
        model = build(small, backbone={**small.BACKBONE.model_dump(), "drop_path": 0.0}, seed=seed)
        return model, torch.optim.SGD(model.parameters(), 0.01)

    whole, optimiser = start(0)
    for batch in batches[:2]:
        step(whole, optimiser, batch)
    resumed, second = start(1)
    resumed.load_state_dict(copy.deepcopy(whole.state_dict()))
    for batch in batches[2:]:
        step(whole, optimiser, batch)
        step(resumed, second, batch)
    assert whole.centres.table.any()
    for (name, value), other in zip(whole.state_dict().items(), resumed.state_dict().values(), strict=True):
        assert torch.equal(value, other), name
    assert torch.equal(whole.eval().embed(batches[0]), resumed.eval().embed(batches[0]))


@pytest.mark.parametrize("samples", [1, 3])
def test_an_embedding_does_not_hang_on_the_rest_of_the_batch(samples, small):
    model, batch = build(small).eval(), small.batch()
    part = replace(
        batch, **{k: v[:samples] for k, v in vars(batch).items() if torch.is_tensor(v)}, captions=batch.captions[:samples]
    )
    torch.testing.assert_close(model.embed(part), model.embed(batch)[:samples], rtol=1e-4, atol=1e-5)


def test_a_camera_that_training_has_not_seen(small):
    model, batch = build(small).eval(), small.batch()
    embedding = model.embed(replace(batch, camera=batch.camera + 2))
    assert embedding.isfinite().all()
    assert torch.allclose(embedding[0], model.embed(replace(batch, camera=batch.camera * 0 + 2))[0], atol=1e-5)


def test_missing_modalities_are_embedded_as_grey(small):
    model, batch = build(small).eval(), small.batch()
    for missing in ([0], [1, 2], [0, 1, 2]):
        images, present = batch.images.clone(), batch.present.clone()
        images[:, missing], present[:, missing] = 0, False
        assert model.embed(replace(batch, images=images, present=present)).isfinite().all()
    assert model.missing_filling == "zeros"


def test_half_precision_reaches_the_losses_in_full(small):
    model, batch = build(small), small.batch()
    with torch.autocast("cpu", torch.bfloat16):
        losses = model.losses(batch)
    assert all(loss.dtype == torch.float32 and loss.isfinite() for loss in losses.values())
    assert model.centres.table.dtype == torch.float32


# -- switches

ROWS = {
    # row of the ablation: SFTS, HMA, BCC, OCFR; trainable parameters on RGBNT201
    "no_modules": (False, False, False, False, 86_651_368),
    "hma": (False, True, False, False, 118_916_584),
    "sfts_hma": (True, True, False, False, 118_916_584),
    "no_ocfr": (True, True, True, False, 118_916_584),
    "no_bcc": (True, True, False, True, 118_916_584),
    "separate": (True, True, True, True, 118_916_584),
    "default": (True, True, True, True, 119_315_176),
}


def variant(name, small, **changes):
    return method_settings(
        "editor", name, {"backbone": small.BACKBONE.model_dump(), "sfts.frequency_keep": 2, **changes}, "here"
    )


@pytest.mark.parametrize("name", ROWS)
def test_the_rows_of_the_ablation(name, small):
    sfts, hma, bcc, ocfr, parameters = ROWS[name]
    settings = variant(name, small)
    assert (settings.sfts.enabled, settings.hma.enabled, settings.bcc.enabled, settings.ocfr.enabled) == (sfts, hma, bcc, ocfr)
    assert settings.direct == (name == "default")
    model, batch = Editor(settings, small.SPEC), small.batch()
    losses = model.losses(batch)
    assert ("id_fused" in losses, "bcc" in losses, "ocfr" in losses) == (hma, bcc, ocfr)
    sum(losses.values()).backward()
    features = model.eval().features(batch)
    assert features.mask.all().item() == (not sfts) or features.mask.float().mean() > 0.5
    embedding = model.embed(batch)
    assert torch.equal(embedding, features.fused if hma else features.class_tokens.flatten(1))
    assert embedding.shape == (8, 3 * 64)
    assert model.test_feature == ("HMA: class token and mean of selected patches, reduced" if hma else "class tokens")
    changes = {key: value for key, value in settings.model_dump().items() if key != "backbone"}
    assert small.full_size("editor", **changes) == parameters


@pytest.mark.parametrize(("off", "needed"), [("hma", "hma"), ("sfts", "sfts")])
def test_a_part_without_what_it_works_on_is_refused(off, needed):
    with pytest.raises(InputError, match=f"{needed}.enabled") as error:
        parse(EditorSettings, {off: {"enabled": False}}, "here")
    assert "\n" not in str(error.value)


def test_selecting_more_patches_than_there_are_is_refused(small):
    settings = parse(EditorSettings, {"backbone": small.BACKBONE.model_dump()}, "here")
    for attempt in (Editor, Editor.check):
        with pytest.raises(InputError, match="frequency_keep 10 is more than the 8 patches"):
            attempt(settings, small.SPEC)
    Editor.check(settings, BatchSpec(4, 3, (64, 32)))


def test_patches_that_overlap_are_refused_where_their_pixels_are_counted(small):
    backbone = {**small.BACKBONE.model_dump(), "overlap": 0.25}
    settings = parse(EditorSettings, {"backbone": backbone}, "here")
    with pytest.raises(InputError, match="overlap"):
        Editor.check(settings, BatchSpec(4, 3, (64, 32)))
    off = {"enabled": False}
    model = small.build("editor", backbone=backbone, sfts=off, bcc=off)
    assert model.embed(small.batch()).isfinite().all()


def test_an_id_weight_of_one_stays_where_another_weight_is_set():
    settings = parse(EditorSettings, {"supervision": {"triplet_weight": 0.5}}, "here")
    assert settings.supervision.id_weight == 1
    assert EditorSettings().supervision.label_smoothing == 0.1


def test_parameter_groups_hold_everything_once(small):
    model = build(small)
    groups = {group["name"]: group for group in model.parameter_groups(LearningRates(base=1e-3, visual=None))}
    assert {name: group["lr"] for name, group in groups.items()} == {"weights": 1e-3, "biases": 2e-3, "classifiers": 1e-3}
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    assert len(groups["classifiers"]["params"]) == 3
    assert any(parameter is model.fused_head.neck.bias for parameter in groups["biases"]["params"])


# -- published sizes


@pytest.mark.parametrize(
    ("direct", "spec", "parameters"),
    [
        (True, (171, 4, PERSONS), 119_315_176),
        (False, (171, 4, PERSONS), 118_916_584),
        (False, (50, 8, VEHICLES), 118_547_944),
        (False, (155, 8, VEHICLES), 118_870_504),
    ],
    ids=str,
)
def test_published_parameters(direct, spec, parameters, small):
    assert small.full_size("editor", BatchSpec(*spec), direct=direct) == parameters


@pytest.fixture(scope="module")
def published():
    """The RGBNT201 configuration with zeros for weights: what is drawn for them takes longer than what is counted."""
    with torch.device("meta"):
        model = Editor(parse(EditorSettings, {"backbone": {"weights": "random"}}, "here"), BatchSpec(171, 4, PERSONS))
    model = model.to_empty(device="cpu")
    with torch.no_grad():
        for value in itertools.chain(model.parameters(), model.buffers()):
            value.zero_()
    return model


def test_published_parameters_by_part(published, small):
    parts = {name: small.trainable(module) for name, module in published.named_children()}
    assert parts == {
        "tower": 86_518_504,
        "hma": 21_242_880 + 7_082_496 + 3_541_248,
        "modality_head": 132_864,
        "class_head": 398_592,
        "fused_head": 398_592,
        "centres": 0,
    }
    assert sum(parameter.numel() for parameter in published.parameters()) == 119_315_176 + 393_984
    assert small.trainable(published.hma.joint) == 7_080_960


def test_published_cost(published):
    costs = count_costs(published, published.spec)
    assert f"{costs.published:.1f}" == "40.8"
    # The release's figures are 40.761 and 40.702: it multiplies whole attention maps by the mask, and it runs the wavelets
    # (0.002), of which the mean of the images is what remains.
    assert costs.published == pytest.approx(40.761, abs=0.01)
    assert costs.attention == pytest.approx(40.702, abs=0.003)


def test_parameters_of_the_test_path(published):
    counts = count_parameters(published, published.spec)
    assert (counts.trainable, counts.total) == (119_315_176, 119_709_160)
    assert counts.test == counts.test_trainable == 117_616_128
