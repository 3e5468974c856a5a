"""PromptMA as a whole: its switches and losses, what gradients reach, its embedding and its settings."""

from dataclasses import replace

import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.base import LearningRates
from methods.promptma import PromptMA, PromptMASettings, attention_rollout, prompted_blocks

OFF = {"enabled": False}
NO_FUSION = {"pbts": OFF, "pbmf": OFF}
NO_PROMPTS = {"prompts": OFF, **NO_FUSION}
KEPT = {"prompts": {"exchange": False}}
ONE_BLOCK, ALL_BLOCKS = {"prompts": {"depth": 1 / 3}}, {"prompts": {"depth": 1.0}}
D = 64
DEAD = {"encoder.tower.visual.proj", "pbmf.unused_class_token_copy", "pbmf.unused_spare_class_token"}
"""Weights that the published size counts and nothing uses."""


CASES = [
    # settings, test feature, names of the supervised features, dead weights
    ({}, "class tokens, PBMF, after the necks", "RGB NIR TIR fused", DEAD),
    (KEPT, "class tokens, PBMF, after the necks", "RGB NIR TIR fused", DEAD),
    ({"pbts": OFF}, "class tokens, PBMF, after the necks", "RGB NIR TIR fused", DEAD),
    ({"pbts": {"rows": "prompts"}}, "class tokens, PBMF, after the necks", "RGB NIR TIR fused", DEAD),
    (ONE_BLOCK, "class tokens, PBMF, after the necks", "RGB NIR TIR fused", DEAD),
    (NO_FUSION, "class tokens, after the necks", "RGB NIR TIR", {"encoder.tower.visual.proj"}),
    ({**ALL_BLOCKS, **NO_FUSION}, "class tokens, after the necks", "RGB NIR TIR", {"encoder.tower.visual.proj"}),
    (NO_PROMPTS, "class tokens, after the necks", "RGB NIR TIR", {"encoder.tower.visual.proj"}),
]


@pytest.mark.parametrize(
    ("settings", "feature", "supervised", "dead"), CASES, ids=lambda value: None if isinstance(value, set) else str(value)
)
def test_each_part_is_a_switch_and_gradients_reach_all_but_dead_weights(small, settings, feature, supervised, dead):
    model, batch = small.build("promptma", **settings), small.batch()
    losses = model.losses(batch)
    assert list(losses) == [f"{kind}_{name}" for name in supervised.split() for kind in ("id", "triplet")]
    sum(losses.values()).backward()
    for name, parameter in model.named_parameters():
        assert parameter.requires_grad != name.endswith("neck.bias"), name
        reached = parameter.grad is not None and bool(parameter.grad.isfinite().all() and parameter.grad.any())
        assert reached == (parameter.requires_grad and name not in dead), name
    assert model.test_feature == feature
    assert model.eval().embed(batch).shape == (8, len(supervised.split()) * D)


def reached_by(model, batch, *names):
    """Names of parameters that the named losses reach with a gradient that is not zero everywhere."""
    losses = model.losses(batch)
    sum(losses[name] for name in names).backward()
    return {name for name, parameter in model.named_parameters() if parameter.grad is not None and parameter.grad.any()}


def test_the_fused_loss_reaches_neither_the_end_of_the_tower_nor_other_heads(small):
    model = small.build("promptma")
    reached = reached_by(model, small.batch(), "id_fused", "triplet_fused")
    last = {name for name, _ in model.named_parameters() if name.startswith("encoder.tower.visual.transformer.resblocks.2")}
    others = {f"heads.{m}.{part}" for m in range(3) for part in ("neck.weight", "neck.bias", "classifier.weight")}
    unreached = {"encoder.tower.visual.ln_post.weight", "encoder.tower.visual.ln_post.bias", "heads.3.neck.bias"}
    assert {name for name, _ in model.named_parameters()} - reached == DEAD | last | others | unreached


@pytest.mark.parametrize(("settings", "rows"), [({}, [True] * 3), (KEPT, [True, False, False])], ids=str)
def test_the_loss_of_a_modality_reaches_the_prompts_that_it_meets(small, settings, rows):
    model = small.build("promptma", **settings)
    reached = reached_by(model, small.batch(), "id_RGB", "triplet_RGB")
    assert not {name for name in reached if name.startswith(("pbmf", "heads.1", "heads.2", "heads.3"))}
    assert [bool(row.any()) for row in model.encoder.prompts.grad] == rows


def test_losses_are_those_of_each_feature(small, loops):
    supervision = {"id_weight": 0.4, "triplet_weight": 0.7, "label_smoothing": 0.2, "margin": 0.6}
    model, batch = small.build("promptma", supervision=supervision), small.batch(spread=1.0)
    losses, identity = model.losses(batch), batch.identity.tolist()
    for name, head, feature in zip(("RGB", "NIR", "TIR", "fused"), model.heads, model.features(batch), strict=True):
        entropy = 0.4 * loops.smoothed_cross_entropy(head(feature).tolist(), identity, 0.2)
        triplet = 0.7 * loops.batch_hard(feature.tolist(), identity, margin=0.6)
        assert losses[f"id_{name}"].item() == pytest.approx(entropy, rel=1e-4)
        assert losses[f"triplet_{name}"].item() == pytest.approx(triplet, rel=1e-3, abs=1e-4)
    assert sum(value.item() for name, value in losses.items() if "triplet" in name) > 0


def test_defaults_are_those_of_the_release():
    settings = PromptMASettings()
    supervision, pbts = settings.supervision, settings.pbts
    assert (supervision.id_weight, supervision.triplet_weight) == (0.25, 1.0)
    assert (supervision.label_smoothing, supervision.margin) == (0.1, 0.3)
    assert (pbts.rows, pbts.keep_ratio, pbts.attention_weight, settings.prompts.exchange) == ("both", 0.5, 0.5, True)


def test_the_embedding_is_the_features_after_their_necks(small):
    model, batch = small.build("promptma"), small.batch()
    model.losses(batch)  # moves the statistics of the necks
    model.eval()
    embedding = model.embed(batch)
    for m, (head, feature) in enumerate(zip(model.heads, model.features(batch), strict=True)):
        mean, variance = head.neck.running_mean, head.neck.running_var
        expected = (feature - mean) / (variance + 1e-5).sqrt() * head.neck.weight
        torch.testing.assert_close(embedding[:, m * D : (m + 1) * D], expected, atol=1e-5, rtol=1e-4)


def test_training_lowers_the_loss(small):
    model, batch = small.build("promptma"), small.batch()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    totals = small.train(model, batch, optimiser, 8)
    assert totals[-1] < totals[0] - 0.1


def test_weights_that_are_saved_give_the_same_embedding(small, tmp_path):
    model, other, batch = small.build("promptma"), small.build("promptma", seed=1), small.batch()
    model.losses(batch)
    torch.save(model.state_dict(), tmp_path / "model.pt")
    other.load_state_dict(torch.load(tmp_path / "model.pt", weights_only=True))
    assert torch.equal(other.eval().embed(batch), model.eval().embed(batch))


@pytest.mark.parametrize("settings", [{}, ONE_BLOCK, KEPT, NO_FUSION], ids=str)
def test_an_embedding_depends_neither_on_its_batch_nor_on_the_camera(small, settings):
    model, batch = small.build("promptma", **settings).eval(), small.batch(samples=7)
    whole = model.embed(batch)
    assert torch.equal(model.embed(replace(batch, camera=batch.camera + 17)), whole)  # no camera embedding
    for start, size in ((0, 1), (1, 3), (4, 2), (6, 1)):
        part = slice(start, start + size)
        taken = replace(batch, **{key: value[part] for key, value in vars(batch).items() if torch.is_tensor(value)})
        torch.testing.assert_close(model.embed(taken), whole[part], atol=1e-5, rtol=1e-4)


@pytest.mark.parametrize("missing", [(0,), (1, 2), (0, 1, 2)])
def test_a_missing_modality_is_an_image_of_zeros(small, missing):
    model, batch = small.build("promptma"), small.batch()
    images, present = batch.images.clone(), batch.present.clone()
    images[:, missing], present[:, missing] = 0, False
    assert PromptMA.missing_filling == "zeros"
    without = replace(batch, images=images, present=present)
    sum(model.losses(without).values()).backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in model.parameters())
    model.eval()
    embedding = model.embed(without)
    assert embedding.isfinite().all()
    assert torch.equal(embedding, model.embed(replace(batch, images=images)))


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_reaches_losses_and_rollout_in_full(small, dtype):
    model, batch = small.build("promptma"), small.batch()
    full = model.losses(batch)
    with torch.autocast("cpu", dtype):
        losses = model.losses(batch)
        maps = model.encoder(batch.images, maps=True).maps
        rollout = attention_rollout(maps, 0.5)
    for name, loss in losses.items():
        assert loss.dtype == torch.float32
        assert loss.item() == pytest.approx(full[name].item(), rel=0.2, abs=0.05), name
    assert rollout.dtype == torch.float32
    torch.testing.assert_close(rollout.sum(dim=-1), torch.ones(8, 3, 12), atol=1e-2, rtol=0)
    sum(losses.values()).backward()
    assert all(parameter.grad is None or parameter.grad.isfinite().all() for parameter in model.parameters())


# -- settings


@pytest.mark.parametrize(
    ("depth", "blocks", "fused", "prompted"),
    [(0.75, 12, True, 9), (0.5, 12, True, 6), (0.75, 3, True, 2), (0.5, 3, True, 2), (0.25, 3, True, 1), (1.0, 12, False, 12)],
)
def test_the_number_of_blocks_with_prompts_is_a_share_of_them(depth, blocks, fused, prompted):
    values = {"prompts": {"depth": depth}, "pbmf": {"enabled": fused}, "pbts": {"enabled": fused}}
    assert prompted_blocks(PromptMASettings.model_validate(values), blocks) == prompted


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (ALL_BLOCKS, "prompts.depth 1 puts prompts into 3 of 3 blocks; it should be from 1 to 2, so that PBMF has some left"),
        ({"prompts": {"depth": 0.1}}, "prompts.depth 0.1 puts prompts into 0 of 3 blocks; it should be from 1 to 2, so that"),
        (
            {"prompts": {"depth": 0.1}, **NO_FUSION},
            "prompts.depth 0.1 puts prompts into 0 of 3 blocks; it should be from 1 to 3",
        ),
    ],
    ids=str,
)
def test_a_depth_without_blocks_is_refused_before_the_model_is_built(small, settings, message):
    settings = PromptMASettings.model_validate({"backbone": small.BACKBONE, **settings})
    for make in (PromptMA.check, PromptMA):
        with pytest.raises(InputError, match=message) as error:
            make(settings, small.SPEC)
        assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"prompts": OFF}, "pbmf.enabled: its query is made of prompts; switch prompts.enabled on or pbmf.enabled off"),
        ({"pbmf": OFF}, "pbts.enabled: it selects what PBMF attends to; switch pbmf.enabled on or pbts.enabled off"),
        ({"prompts": {"depth": 9}}, "prompts.depth"),
        ({"pbts": {"rows": "promts"}}, "did you mean 'prompts'"),
        ({"pbts": {"ratio": 0.5}}, "pbts.ratio"),
    ],
    ids=str,
)
def test_settings_that_cannot_be_are_refused(values, message):
    with pytest.raises(InputError, match=message) as error:
        parse(PromptMASettings, values, "mine.py")
    assert "\n" not in str(error.value)


def test_parameter_groups_hold_everything_once(small):
    model = small.build("promptma")
    groups = {group["name"]: group for group in model.parameter_groups(LearningRates(prompts=1e-3))}
    expected = {"visual": 5e-6, "weights": 3.5e-4, "biases": 7e-4, "prompts": 1e-3, "classifiers": 3.5e-4}
    assert {name: group["lr"] for name, group in groups.items()} == pytest.approx(expected)
    counted = [id(parameter) for group in groups.values() for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    assert groups["prompts"]["params"] == [model.encoder.prompts]
    copied = {id(parameter) for parameter in model.pbmf.blocks.parameters()}
    assert copied <= {id(parameter) for parameter in groups["visual"]["params"]}
    together = {group["name"]: group["lr"] for group in model.parameter_groups(LearningRates(base=2e-5, visual=None))}
    assert together == pytest.approx({"weights": 2e-5, "biases": 4e-5, "prompts": 2e-5, "classifiers": 2e-5})
