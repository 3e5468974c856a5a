from dataclasses import replace

import pytest
import torch

from benchmarks.common.errors import InputError
from methods.base import LearningRates
from methods.baseline import Baseline, BaselineSettings


def test_the_feature_is_the_class_tokens_side_by_side(small):
    model, batch = small.build("baseline").eval(), small.batch()
    embedding = model.embed(batch)
    assert embedding.shape == (8, 3 * 48)
    for b in range(8):
        camera = model.branches.camera[batch.camera[b]][None]
        for m in range(3):
            token = model.branches.tower(batch.images[b, m][None], camera)[0, 0]
            torch.testing.assert_close(embedding[b, m * 48 : (m + 1) * 48], token, atol=1e-5, rtol=1e-4)
    assert model.test_feature == "class tokens"


def test_the_reduced_fusion_adds_a_feature_and_a_head(small):
    model, batch = small.build("baseline", fusion="reduced").eval(), small.batch()
    class_tokens, patches = model.branches(batch)
    reduced = [model.reduce[m](class_tokens[:, m], patches[:, m]) for m in range(3)]
    assert torch.equal(model.embed(batch), torch.cat([class_tokens.flatten(1), *reduced], dim=1))
    assert model.test_feature == "class tokens, reduced features"
    assert list(model.losses(batch)) == ["id_class", "triplet_class", "id_reduced", "triplet_reduced"]


@pytest.mark.parametrize("fusion", ["concat", "reduced"])
def test_losses_are_those_of_each_feature(small, loops, fusion):
    model, batch = small.build("baseline", fusion=fusion, supervision={"id_weight": 1.0}), small.batch()
    losses = model.losses(batch)
    identity = batch.identity.tolist()
    for name, head, feature in model._features(batch):
        assert losses[f"triplet_{name}"].item() == pytest.approx(loops.batch_hard(feature.tolist(), identity), rel=1e-4)
        entropy = loops.smoothed_cross_entropy(head(feature).tolist(), identity, 0.1)
        assert losses[f"id_{name}"].item() == pytest.approx(entropy, rel=1e-4)


@pytest.mark.parametrize("fusion", ["concat", "reduced"])
def test_a_step_reaches_every_parameter_and_lowers_the_loss(small, fusion):
    model, batch = small.build("baseline", fusion=fusion), small.batch()
    optimiser = torch.optim.Adam(model.parameters(), 1e-3)
    totals = []
    for _ in range(6):
        total = sum(model.losses(batch).values())
        optimiser.zero_grad()
        total.backward()
        assert all(parameter.grad is not None for parameter in model.parameters() if parameter.requires_grad)
        optimiser.step()
        totals.append(total.item())
    assert totals[-1] < totals[0] - 0.1


def with_captions(small, **settings):
    return small.build("baseline", caption_feature=True, **settings)


def test_caption_features_stand_beside_the_class_tokens(small):
    model, batch = with_captions(small).eval(), small.batch()
    embedding = model.embed(batch)
    assert embedding.shape == (8, 2 * 3 * 48)
    torch.testing.assert_close(embedding[:, : 3 * 48], model.branches(batch)[0].flatten(1))
    for b, m in ((0, 0), (3, 1), (7, 2)):
        feature = model.text.encode([" ".join(batch.captions[b][m])])[0]
        expected = model.caption.weight @ (feature / feature.norm())
        torch.testing.assert_close(embedding[b, (3 + m) * 48 : (4 + m) * 48], expected, atol=1e-5, rtol=1e-4)
    assert model.test_feature == "class tokens, captions"
    assert model.text_encoder is model.test_text is model.text
    assert model.config.needs_text


def test_captions_are_whole_in_training_as_at_test(small):
    model, batch = with_captions(small), small.batch()
    assert torch.equal(model._captions(batch), model.eval()._captions(replace(batch, draw=batch.draw + 1)))


def test_the_text_tower_learns_nothing_and_all_else_does(small):
    model, batch = with_captions(small, fusion="reduced"), small.batch()
    sum(model.losses(batch).values()).backward()
    assert all(parameter.grad is None for parameter in model.text.parameters())
    assert all(parameter.grad is not None for parameter in model.parameters() if parameter.requires_grad)
    assert model.caption.weight.grad.abs().sum() > 0
    counted = [id(parameter) for group in model.parameter_groups(LearningRates()) for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)


def test_each_caption_is_encoded_once(small, monkeypatch):
    model, batch = with_captions(small).eval(), small.batch()
    embedding = model.embed(batch)
    monkeypatch.setattr(model.text, "_compute", None)
    assert torch.equal(model.embed(batch), embedding)


def test_encoded_captions_take_the_place_of_captions(small):
    model, batch = with_captions(small).eval(), small.batch()
    given = replace(batch, captions=None, text_features=model.text.encode_whole(batch.captions))
    torch.testing.assert_close(model.embed(given), model.embed(batch))
    with pytest.raises(InputError, match="baseline: the batch has no captions; give captions or set method.caption_feature"):
        model.embed(replace(batch, captions=None))


@pytest.mark.parametrize(("fusion", "parameters"), [("concat", 86_407_680), ("reduced", 88_252_416)])
def test_published_parameters(small, fusion, parameters):
    assert small.full_size("baseline", fusion=fusion) == parameters


def test_it_has_no_text_masks_or_monitors(small):
    model = small.build("baseline")
    assert model.text_encoder is None
    assert model.test_text is None
    assert model.token_masks(small.batch()) is None
    assert model.monitors() == {}
    assert model.watched_parameters() == {}
    assert not model.config.needs_text


def test_parameter_groups_hold_everything_once(small):
    model = small.build("baseline", fusion="reduced")
    counted = [id(parameter) for group in model.parameter_groups(LearningRates()) for parameter in group["params"]]
    assert sorted(counted) == sorted(id(parameter) for parameter in model.parameters() if parameter.requires_grad)


def test_an_image_size_without_whole_patches_is_refused_before_building(small):
    spec = type(small.SPEC)(4, 3, (60, 32))
    with pytest.raises(InputError, match="60 x 32"):
        Baseline.check(BaselineSettings(backbone=small.BACKBONE), spec)
