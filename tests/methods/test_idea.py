"""IDEA: its texts, losses and test features, in loops and in its published sizes; its modules are in a file of their own."""

import itertools
from dataclasses import replace

import pytest
import torch

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.base import LearningRates
from methods.clip import load_clip
from methods.idea import (
    Idea,
    IdeaSettings,
    PromptedEncoder,
    PromptedTower,
    TextSettings,
    modal_prefix,
)
from methods.text import TextEncoder

CDA = {"kernel": 2, "stride": 1, "offset_factor": 0.5}
"""The small grid of 4 x 2 patches has 3 x 1 points; a small range keeps them on the map, where offsets have a gradient."""
RGBNT201, RGBNT100, MSVR310 = (171, 4, (256, 128)), (50, 8, (128, 256)), (155, 8, (128, 256))
LONG = " ".join(["man"] * 90)


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


def make(small, seed=0, spec=None, **settings):
    return small.build("idea", spec or small.SPEC, seed=seed, **{"cda": CDA, **settings})


@pytest.fixture(scope="module")
def clip(small):
    torch.manual_seed(0)
    return load_clip(small.BACKBONE, small.SPEC.image_size)


@pytest.fixture
def tower(clip):
    torch.manual_seed(1)
    return PromptedTower(clip.text, 2)


def test_prefixes_are_those_of_the_release(clip):
    two, one = TextSettings(), TextSettings(prompts=1, descriptor=False)
    assert modal_prefix("RGB", "person", two) == (
        "An image of a X X person in the visible spectrum, capturing natural colors and fine details: "
    )
    assert modal_prefix("NIR", "vehicle", TextSettings(prompts=1)) == (
        "An image of a X vehicle in the near infrared spectrum, capturing contrasts and surface reflectance: "
    )
    assert modal_prefix("TIR", "person", two) == (
        "An image of a X X person in the thermal infrared spectrum, capturing heat emissions as temperature gradients: "
    )
    assert modal_prefix("TIR", "vehicle", one) == "An image of a X vehicle in the thermal infrared spectrum: "
    assert modal_prefix("RGB", "person", TextSettings(prefix="words", descriptor=False)) == (
        "An image of a person in the visible spectrum: "
    )
    assert modal_prefix("RGB", "person", TextSettings(prefix="prompts")) == ""
    tokens = clip.text.tokenizer([modal_prefix("NIR", "person", two) + "A man.", modal_prefix("RGB", "vehicle", one)])
    assert tokens[0, :8].tolist() == [49406, 550, 2867, 539, 320, 343, 343, 2533]
    assert tokens[1, :7].tolist() == [49406, 550, 2867, 539, 320, 343, 5299]


def test_a_caption_follows_the_prefix_of_its_modality(small):
    model = make(small)
    texts = model.text.whole_texts([(("A man.", "In red."), ("A woman.",), ())])
    prefixes = [modal_prefix(name, "person", TextSettings()) for name in ("RGB", "NIR", "TIR")]
    assert texts == [prefixes[0] + "A man. In red.", prefixes[1] + "A woman.", prefixes[2]]
    vehicles = make(small, spec=replace(small.SPEC, object="vehicle"))
    assert vehicles.text.whole_texts([((), (), ())])[1].startswith("An image of a X X vehicle in the near")


def test_the_text_feature_is_the_mean_of_the_end_and_the_prompts(tower):
    texts = ["An image of a X X person: A man.", "a", LONG]
    tokens = tower.tokenizer(texts)
    features = tower(tokens)
    for row, feature in zip(tokens, features, strict=True):
        embedded = tower.tower.embed(row[None]).clone()
        for place in (5, 6):
            embedded[0, place] += tower.prompt[place - 5]
        every = tower.tower.encode(embedded)[0]
        end = row.tolist().index(49407)
        torch.testing.assert_close(feature, (every[5] + every[6] + every[end]) / 3)


@torch.no_grad()
def test_what_stands_at_the_prompts_does_not_see_the_caption(tower):
    """So a caption weighs 1 / (n + 1) in the feature: the rest is the same for every text with the prefix."""
    texts = [modal_prefix(name, "person", TextSettings()) + words for name, words in (("RGB", "A man."), ("TIR", "In red."))]
    tokens = tower.tokenizer(texts)
    x = tower.tower.embed(tokens)
    x[:, 5:7] += tower.prompt
    every = tower.tower.encode(x)
    assert torch.equal(every[0, 5:7], every[1, 5:7])
    ends = every[[0, 1], tokens.argmax(dim=1)]
    features = tower(tokens)
    torch.testing.assert_close(features[0] - features[1], (ends[0] - ends[1]) / 3)


def test_prompts_start_with_the_deviation_of_the_release(clip):
    torch.manual_seed(0)
    prompt = PromptedTower(clip.text, 10).prompt
    assert prompt.shape == (10, 64)
    assert prompt.std().item() == pytest.approx(1, rel=0.1)


@pytest.mark.parametrize("texts", [["", "A man.", "A man."], ["A man.", LONG], [LONG]], ids=["short", "mixed", "long"])
def test_training_encodes_distinct_texts_once_and_no_further_than_the_longest(tower, texts, monkeypatch):
    encoder, seen = PromptedEncoder(tower, ()), []
    forward = PromptedTower.forward
    monkeypatch.setattr(PromptedTower, "forward", lambda self, tokens: seen.append(tokens) or forward(self, tokens))
    features = encoder.train().encode(texts)
    longest = max(7, min(77, max(encoder.lengths(texts))))
    assert [tuple(tokens.shape) for tokens in seen] == [(len(set(texts)), longest)]
    whole = forward(tower, tower.tokenizer(texts))
    torch.testing.assert_close(features, whole, atol=1e-5, rtol=1e-4)
    features.sum().backward()
    assert tower.prompt.grad.abs().sum() > 0
    assert all(parameter.grad is None for parameter in tower.tower.parameters())


def test_features_at_test_are_those_of_training(small):
    model, batch = make(small, inverse={"dropout": 0}), small.batch()
    learned = model.train()._texts(batch)
    assert learned.requires_grad
    kept = model.eval()._texts(batch)
    assert not kept.requires_grad
    torch.testing.assert_close(kept, learned.detach(), atol=1e-5, rtol=1e-4)


def test_at_test_features_are_kept_until_a_prompt_changes(tower, monkeypatch):
    encoder, computed = PromptedEncoder(tower, ()).eval(), []
    original = TextEncoder._compute_parts
    monkeypatch.setattr(TextEncoder, "_compute_parts", lambda self, texts: computed.append(texts) or original(self, texts))
    first = encoder.encode(["A man.", "In red."])
    assert torch.equal(encoder.encode(["In red."]), first[1:])
    encoder.train().encode(["A man."])
    assert torch.equal(encoder.eval().encode(["A man."]), first[:1])
    assert len(computed) == 1
    with torch.no_grad():
        tower.prompt[0, 0] += 1e-3
    changed = encoder.encode(["A man."])
    assert computed[1:] == [["A man."]]
    assert not torch.equal(changed, first[:1])
    assert torch.equal(changed, PromptedEncoder(tower, ()).eval().encode(["A man."]))
    state = {name: value + 1 if name == "tower.prompt" else value for name, value in encoder.state_dict().items()}
    encoder.load_state_dict(state)
    encoder.encode(["A man."])
    assert len(computed) == 4  # the third was of the fresh encoder


def test_only_frozen_features_go_to_the_store(small):
    assert make(small).text_encoder is None
    assert make(small).test_text.tower.prompt.shape == (2, 64)
    for prefix in ("words", "none"):
        model = make(small, text={"prefix": prefix})
        assert model.text_encoder is model.test_text is model.text
        assert not any("prompt" in name for name, _ in model.named_parameters())
        assert not model._texts(small.batch()).requires_grad


def test_words_alone_are_encoded_as_any_text(small):
    model, batch = make(small, text={"prefix": "words"}), small.batch(samples=2)
    text = modal_prefix("NIR", "person", TextSettings(prefix="words")) + " ".join(batch.captions[1][1])
    torch.testing.assert_close(model._texts(batch)[1, 1], model.text.tower(model.text.tokens([text]))[0], atol=1e-5, rtol=1e-4)


def test_captions_are_part_of_the_input(small):
    assert IdeaSettings().needs_text
    model, batch = make(small).eval(), small.batch()
    with pytest.raises(InputError, match="idea: the batch has no captions"):
        model.embed(replace(batch, captions=None))
    swapped = replace(batch, captions=batch.captions[::-1])
    assert not torch.allclose(model.embed(batch), model.embed(swapped))
    features = model._texts(batch).detach()
    given = replace(batch, captions=None, text_features=features)
    torch.testing.assert_close(model.embed(given), model.embed(batch))


@torch.no_grad()
def test_a_token_of_the_text_follows_the_patches(small):
    model, batch = make(small).eval(), small.batch(samples=3)
    text = numbers(3, 3, 48).float()
    branches = model.branches
    v, patches, s = branches(batch, text)
    assert (v.shape, patches.shape, s.shape) == ((3, 3, 48), (3, 3, 8, 48), (3, 3, 48))
    visual = branches.branches.tower.visual
    for b, m in itertools.product(range(3), range(3)):
        camera = branches.branches.camera[batch.camera[b], 0]
        image = visual.conv1(batch.images[b, m][None])[0].flatten(1).t()
        tokens = [visual.class_embedding + camera + visual.positional_embedding[0]]
        tokens += [patch + visual.positional_embedding[1 + n] for n, patch in enumerate(image)]
        tokens += [branches.inverse_net(text[b, m]) + camera + branches.position[0]]
        out = visual.ln_post(visual.transformer(visual.ln_pre(torch.stack(tokens)[None])))[0] @ visual.proj
        for found, place in ((v[b, m], 0), (patches[b, m, 5], 6), (s[b, m], 9)):
            torch.testing.assert_close(found, out[place], atol=1e-5, rtol=1e-4)
    assert branches.position.shape == (1, 64)


def heads_of(direct):
    return (
        ["v", "s", "c_v", "c_t"] if direct else [f"{kind}_{m}" for kind in "vs" for m in ("RGB", "NIR", "TIR")] + ["c_v", "c_t"]
    )


@pytest.mark.parametrize("direct", [True, False])
def test_losses_and_their_weights(small, loops, direct):
    batch, model = small.batch(), make(small, direct=direct, inverse={"dropout": 0})
    losses = model.losses(batch)
    assert list(losses) == [f"{kind}_{name}" for name in heads_of(direct) for kind in ("id", "triplet")]
    features = model.features(batch)
    assert {name: tuple(feature.shape) for name, feature in features.items()} == dict.fromkeys(
        ("v", "s", "c_v", "c_t"), (8, 3, 48)
    )
    identity = batch.identity.tolist()
    for name in heads_of(direct):
        kind, _, modality = name.rpartition("_") if name not in features else (name, "", "")
        feature = features[kind][:, ("RGB", "NIR", "TIR").index(modality)] if modality else features[kind].flatten(1)
        assert model.heads[name].neck.num_features == feature.shape[1]
        assert losses[f"triplet_{name}"].item() == pytest.approx(loops.batch_hard(feature.tolist(), identity), rel=1e-4)
        logits = model.heads[name](feature).tolist()
        assert losses[f"id_{name}"].item() == pytest.approx(
            0.25 * loops.smoothed_cross_entropy(logits, identity, 0.1), rel=1e-4
        )


@torch.no_grad()
def test_queries_of_cda_are_class_tokens_and_text_features(small):
    batch, model = small.batch(), make(small).eval()
    features = model.features(batch)
    v, patches, s = model.branches(batch, model._texts(batch))
    fused = model.cda(torch.cat([v, s], dim=1), patches.transpose(2, 3).unflatten(-1, (4, 2)))
    torch.testing.assert_close(torch.cat([features["c_v"], features["c_t"]], dim=1), fused)


@pytest.mark.parametrize(
    ("feature", "parts"),
    [("c_t", ["c_t"]), ("c_v", ["c_v"]), ("c", ["c_v", "c_t"]), ("v", ["v"]), ("s", ["s"]), ("vs", ["v", "s"])],
)
def test_the_test_feature_is_one_of_those_of_the_log(small, feature, parts):
    model, batch = make(small, feature=feature).eval(), small.batch()
    found = model.features(batch)
    assert torch.equal(model.embed(batch), torch.cat([found[part].flatten(1) for part in parts], dim=1))
    assert model.embed(batch).shape == (8, 144 * len(parts))
    assert all(part in model.test_feature for part in parts)


def test_the_published_feature_is_the_default():
    assert IdeaSettings().feature == "c_t"


UNUSED = {"unused_logit_scale"}
"""Unfrozen by the release, counted, and used by nothing."""


@pytest.mark.parametrize("direct", [True, False])
def test_gradients_reach_everything_that_is_learned_and_nothing_else(small, direct):
    model = make(small, direct=direct)
    sum(model.losses(small.batch()).values()).backward()
    for name, parameter in model.named_parameters():
        if not parameter.requires_grad or name in UNUSED:
            assert parameter.grad is None, name
        else:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
            assert parameter.grad.abs().sum() > 0 or name == "cda.key.bias", name
    frozen = {name for name, parameter in model.named_parameters() if not parameter.requires_grad}
    assert all(name.startswith("text.tower.tower.") or name.endswith("neck.bias") for name in frozen)
    assert model.text.tower.prompt.grad.shape == (2, 64)


MODULES = list(itertools.product(["prompted", "words", "prompts", "none"], [True, False], [True, False]))


@pytest.mark.parametrize(("prefix", "inverse", "cda"), MODULES)
def test_each_module_is_a_switch(small, prefix, inverse, cda):
    settings = {"text": {"prefix": prefix}, "inverse": {"enabled": inverse}, "cda": {"enabled": cda, **CDA}}
    model, batch = make(small, feature="c_t" if cda else "vs", **settings), small.batch()
    losses = model.losses(batch)
    assert ("id_c_t" in losses) == cda
    sum(losses.values()).backward()
    assert all(value.isfinite() for value in losses.values())
    names = {name for name, _ in model.named_parameters()}
    assert any("inverse_net" in name for name in names) == inverse
    assert any("prompt" in name for name in names) == (prefix in {"prompted", "prompts"})
    assert set(model.watched_parameters()) == {
        *(["prompts"] if prefix in {"prompted", "prompts"} else []),
        *(["inverse_net"] if inverse else []),
        *(["cda.offset_nets"] if cda else []),
    }
    model.eval()
    assert model.embed(batch).shape == (8, 144 if cda else 288)
    if not inverse:
        assert torch.equal(model.features(batch)["s"], model._texts(batch))
    assert set(model.monitors()) == ({"border/x", "border/y"} if cda else set())
    assert all(0 <= share <= 1 for share in model.monitors().values())


def test_training_lowers_the_loss(small):
    model, batch = make(small), small.batch()
    optimiser = torch.optim.Adam([group for group in model.parameter_groups(LearningRates(base=1e-3, visual=None))])
    totals = small.train(model, batch, optimiser, 8)
    assert totals[-1] < totals[0] - 0.1


def test_weights_that_are_saved_and_loaded_give_the_same_embedding(small):
    batch, model = small.batch(), make(small)
    sum(model.losses(batch).values())  # statistics of the necks
    embedding = model.eval().embed(batch)
    other = make(small, seed=1).eval()
    assert not torch.allclose(other.embed(batch), embedding)
    other.load_state_dict(model.state_dict())
    assert torch.equal(other.embed(batch), embedding)


def part(batch, start, stop):
    tensors = {name: value[start:stop] for name, value in vars(batch).items() if torch.is_tensor(value)}
    return replace(batch, **tensors, captions=batch.captions[start:stop])


@torch.no_grad()
@pytest.mark.parametrize("size", [1, 3, 5])
def test_an_embedding_does_not_depend_on_its_batch(small, size):
    model, batch = make(small).eval(), small.batch()
    parts = [model.embed(part(batch, start, start + size)) for start in range(0, 8, size)]
    torch.testing.assert_close(torch.cat(parts), model.embed(batch), atol=1e-5, rtol=1e-4)


@torch.no_grad()
def test_a_camera_that_training_has_not_seen(small):
    model, batch = make(small).eval(), small.batch()
    seen, unseen = model.embed(batch), model.embed(replace(batch, camera=batch.camera.index_fill(0, torch.tensor([2]), 9)))
    assert unseen.isfinite().all()
    assert (seen != unseen).any(dim=1).tolist() == [number == 2 for number in range(8)]


@torch.no_grad()
def test_a_missing_modality_is_a_grey_image_and_an_empty_caption(small):
    model, batch = make(small).eval(), small.batch()
    present = batch.present.clone()
    present[:, 1] = False
    missing = replace(
        batch,
        images=batch.images * present[:, :, None, None, None],
        present=present,
        captions=tuple((one, (), three) for one, _, three in batch.captions),
    )
    assert model.missing_filling == "zeros"
    assert model.embed(missing).isfinite().all()
    assert not torch.allclose(model.embed(missing), model.embed(batch))


@pytest.mark.parametrize(
    ("settings", "spec", "parameters"),
    [
        ({}, RGBNT201, 91_673_601),
        ({"direct": False, "text": {"prompts": 1}}, RGBNT100, 90_932_737),
        ({"text": {"prompts": 1}}, MSVR310, 91_577_857),
        ({"text": {"prefix": "words"}}, RGBNT201, 91_673_601 - 1_024),
        ({"inverse": {"enabled": False}}, RGBNT201, 91_673_601 - 2_624_256 - 768),
        ({"cda": {"enabled": False}, "feature": "vs"}, RGBNT201, 91_673_601 - 796_672 - 1_050_624 - 2 * (262_656 + 1_536)),
        ({"cda": {"points": "fixed"}}, RGBNT201, 91_673_601 - 796_672),
        (
            {"cda": {"points": "separate"}},
            RGBNT201,
            91_673_601 - 796_672 + 3 * (512 * 512 + 512 + 8_704 + 512),
        ),
    ],
    ids=str,
)
def test_published_parameters(small, settings, spec, parameters):
    assert small.full_size("idea", BatchSpec(*spec), **settings) == parameters


def test_parameter_groups_hold_everything_once(small):
    model = make(small)
    groups = model.parameter_groups(LearningRates(base=3.5e-6, visual=None, bias_factor=1.0))
    assert {group["lr"] for group in groups} == {3.5e-6}
    assert {group["weight_decay"] for group in groups} == {1e-4}
    counted = [id(parameter) for group in groups for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)
    named = {group["name"]: group["params"] for group in model.parameter_groups(LearningRates())}
    assert [id(parameter) for parameter in named["prompts"]] == [id(model.text.tower.prompt)]
    assert len(named["classifiers"]) == 4
    assert {id(parameter) for parameter in named["visual"]} == {
        id(parameter) for parameter in model.branches.branches.tower.parameters()
    }


@pytest.mark.parametrize("build", [True, False])
@pytest.mark.parametrize(
    ("changes", "size", "message"),
    [
        ({}, (32, 16), "a grid of 4 x 2 patches has no room for cda.kernel 4; lower it to 2"),
        ({}, (32, 8), "a grid of 4 x 1 patches .*; give larger images or set cda.points to all"),
        ({}, (60, 32), "not divisible by the patch"),
    ],
    ids=str,
)
def test_what_cannot_be_built_is_told_in_one_line(small, changes, size, message, build):
    settings = IdeaSettings.model_validate({"backbone": small.BACKBONE, **changes})
    with pytest.raises(InputError, match=message) as error:
        (Idea if build else Idea.check)(settings, BatchSpec(4, 3, size))
    assert "\n" not in str(error.value)


def test_a_feature_that_there_is_not_is_told_in_one_line():
    with pytest.raises(InputError, match="no c_t without CDA; switch cda.enabled on or take v, s or vs") as error:
        parse(IdeaSettings, {"cda": {"enabled": False}}, "here")
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("size", [(64, 32), (32, 64)])
def test_the_small_grid_has_room_for_the_published_kernel(small, size):
    model = small.build("idea", BatchSpec(4, 3, size))
    batch = small.batch(BatchSpec(4, 3, size))
    sum(model.losses(batch).values()).backward()
    assert all(parameter.grad.isfinite().all() for parameter in model.parameters() if parameter.grad is not None)
