"""The switches of NEXT: each does what its name says, and the model runs and learns in every position."""

import itertools
from dataclasses import replace

import pytest
import torch

from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse
from methods.next import CsseSettings, Next, NextSettings, SemanticExperts, StructureExperts, TmseSettings

D, M, N = 48, 3, 8
NO_TEXT = {"in_training": False, "at_test": False}
NO_DROPOUT = {"tmse": {"dropout": 0}, "csse": {"dropout": 0}, "mgfa": {"dropout": 0}}


@pytest.fixture(scope="module")
def batch(small):
    return small.batch()


def learner(model, rate=1e-3):
    """Adam on what of a model is trained."""
    return torch.optim.Adam([parameter for parameter in model.parameters() if parameter.requires_grad], rate)


@pytest.mark.parametrize(("tmse", "csse", "mgfa"), list(itertools.product([True, False], repeat=3)))
def test_every_choice_of_modules_gives_finite_features_and_learns(small, batch, tmse, csse, mgfa):
    model = small.build("next", tmse={"enabled": tmse}, csse={"enabled": csse}, mgfa={"enabled": mgfa})
    assert [module is None for module in (model.tmse, model.csse, model.mgfa)] == [not tmse, not csse, not mgfa]
    totals = small.train(model, batch, learner(model), 6)
    assert totals[-1] < totals[0] - 0.1
    model.eval()
    with torch.no_grad():
        features = model.embed(batch)
    assert features.shape == (len(batch), M * D)
    assert features.isfinite().all()


@pytest.mark.parametrize(
    "settings",
    [
        {"tmse": {"sampling": "topk"}},
        {"tmse": {"sampling": "fixed", "fixed_sigma": -0.1}},
        {"tmse": {"sampling": "all_bypass"}},
        {"tmse": {"sampling": "all_mask"}},
        {"tmse": {"sampling": "position"}},
        {"tmse": {"sampling": "position", "mask_gradient": "gumbel", "mask_mode": "key_padding"}},
        {"tmse": {"router_scope": "share"}, "csse": {"router_scope": "multi", "router": "mlp"}},
        {"tmse": {"sigma_shared": False, "modulation_scope": "all"}, "csse": {"router": "fc"}},
        {"tmse": {"mask_gradient": "soft", "temperature": 0.3}, "mgfa": {"residual": True}},
        {"tmse": {"mask_gradient": "gumbel"}, "mgfa": {"pre_norm": True, "heads": 4}},
        {"tmse": {"mask_mode": "key_padding"}, "text": {"draw": "shared"}},
        {"tmse": {"experts": 1}, "csse": {"experts": 5}, "text": {"long": "mean_of_chunks"}},
        {"tmse": {"start": "half", "load_weight": 1.0, "similarity_scale": 10.0}},
        {"tmse": {"start": "half"}, "text": NO_TEXT},
        {"text": NO_TEXT, "auxiliary_head": True, "feature": "both"},
    ],
    ids=str,
)
def test_every_switch_runs_in_training_and_at_test(small, batch, settings):
    model = small.build("next", **settings)
    totals = small.train(model, batch, learner(model), 4)
    assert totals[-1] < totals[0]
    model.eval()
    with torch.no_grad():
        assert model.embed(batch).isfinite().all()


def test_at_test_nothing_is_drawn(small, batch):
    for gradient in ("ste", "soft", "gumbel"):
        model = small.build("next", tmse={"mask_gradient": gradient}).eval()
        assert torch.equal(model.embed(batch), model.embed(batch))
        class_tokens, patches = model.branches(batch)
        masks = model.tmse.masks(class_tokens, patches, model._texts(batch))
        assert set(masks.unique().tolist()) == {0.0, 1.0}
        changed = replace(batch, draw=batch.draw + 1)
        assert torch.equal(model.embed(batch), model.embed(changed))


def test_in_training_dropout_and_sentences_are_drawn(small, batch):
    model = small.build("next")
    torch.manual_seed(0)
    assert model.losses(batch)["triplet_fused"] != model.losses(batch)["triplet_fused"]
    plain = small.build("next", **NO_DROPOUT)
    assert plain.losses(batch)["triplet_fused"] == plain.losses(batch)["triplet_fused"]
    assert not torch.equal(plain._texts(batch), plain._texts(replace(batch, draw=batch.draw + 1)))


@pytest.fixture
def tokens():
    generator = torch.Generator().manual_seed(0)
    return torch.randn(4, M, D, generator=generator), torch.randn(4, M, N, D, generator=generator)


def semantic(**settings):
    torch.manual_seed(0)
    return SemanticExperts(D, M, N, TmseSettings.model_validate(settings)).eval()


def test_a_shared_router_is_one_for_all_modalities(small, tokens):
    class_tokens, patches = tokens
    same = class_tokens[:, :1].repeat(1, M, 1), patches[:, :1].repeat(1, M, 1, 1)
    shared, multi = semantic(router_scope="share"), semantic()
    alpha, sigma = shared.route(*same)
    assert torch.allclose(alpha[:, 0], alpha[:, 1])
    assert torch.allclose(sigma[:, 0], sigma[:, 2])
    alpha, _ = multi.route(*same)
    assert (alpha[:, 0] - alpha[:, 1]).abs().min() > 0
    assert small.trainable(shared.router) * M == small.trainable(multi.router)
    assert shared.router.fc1.weight.shape[0] == 1


def test_a_shared_gate_is_one_for_all_modalities(tokens):
    _, patches = tokens
    same = patches[:, :1].repeat(1, M, 1, 1)
    for router, scope in itertools.product(("mlp_per_expert", "mlp", "fc"), ("share", "multi")):
        torch.manual_seed(0)
        csse = StructureExperts(D, M, CsseSettings(router=router, router_scope=scope))
        weights = csse.weights(same)
        assert torch.allclose(weights[:, 0], weights[:, 1]) == (scope == "share")


@pytest.mark.parametrize(("ratio", "kept"), [(0.5, 4), (0.25, 2), (0.01, 1), (1.0, 8)])
def test_topk_keeps_the_highest_of_every_expert_and_modality(tokens, ratio, kept):
    tmse = semantic(sampling="topk", topk_ratio=ratio)
    alpha, _ = tmse.route(*tokens)
    masks = tmse.masks(*tokens, None)
    assert (masks.sum(dim=-1) == kept).all()
    lowest_kept = torch.where(masks > 0, alpha, torch.inf).amin(dim=-1)
    highest_left = torch.where(masks > 0, -torch.inf, alpha).amax(dim=-1)
    assert (lowest_kept >= highest_left).all()


def test_fixed_sampling_compares_with_the_number_that_is_set(tokens):
    for value in (0.0, -0.05):
        tmse = semantic(sampling="fixed", fixed_sigma=value)
        alpha, _ = tmse.route(*tokens)
        assert torch.equal(tmse.masks(*tokens, None), (alpha > value).float())


def test_all_bypass_leaves_out_routers_and_experts(tokens):
    tmse = semantic(sampling="all_bypass")
    masks = tmse.masks(*tokens, None)
    assert (masks == 1).all()
    features = tmse(tokens[1], masks)
    assert len(features) == 3
    assert all(torch.equal(feature, tokens[1].flatten(1, 2)) for feature in features)


def test_all_mask_keeps_experts_and_every_token(tokens):
    tmse = semantic(sampling="all_mask")
    masks = tmse.masks(*tokens, None)
    assert masks.shape == (3, M, 4, N)
    assert (masks == 1).all()
    for expert, feature in zip(tmse.experts, tmse(tokens[1], masks), strict=True):
        torch.testing.assert_close(feature, expert(tokens[1]).flatten(1, 2))


def test_masks_by_position_are_those_of_every_image_and_caption(small, batch):
    model = small.build("next", tmse={"sampling": "position"}).eval()
    masks = model.token_masks(batch)
    other = replace(batch, images=torch.randn_like(batch.images), captions=None)
    assert torch.equal(model.token_masks(other), masks)
    assert torch.equal(masks, masks[:1].expand_as(masks))
    expected = model.tmse.position.unflatten(-1, (4, 2)) > 0
    assert torch.equal(masks[0], expected)
    assert 0 < expected.float().mean() < 1


def test_masks_by_position_have_neither_router_nor_text(small, batch):
    model = small.build("next", tmse={"sampling": "position"})
    assert not model.config.needs_text
    assert model.text_encoder is model.test_text is None
    assert {name for name, _ in model.tmse.named_parameters() if not name.startswith("experts")} == {"position"}
    assert model.tmse.position.shape == (3, M, N)
    assert list(model.watched_parameters()) == ["tmse.position", "csse.router"]
    assert "tmse.position" not in small.build("next").watched_parameters()


def test_scores_of_positions_learn_and_move_masks_either_way(small, batch):
    model = small.build("next", tmse={"sampling": "position"})
    before = model.tmse.position.detach().clone()
    sum(model.losses(batch).values()).backward()
    assert (model.tmse.position.grad != 0).all()
    small.train(model, batch, learner(model, 4e-3), 30)
    after = model.tmse.position.detach()
    assert ((before <= 0) & (after > 0)).any()
    assert ((before > 0) & (after <= 0)).any()


@pytest.mark.parametrize("sampling", ["all_bypass", "all_mask", "position"])
def test_without_sampling_no_caption_is_needed(small, sampling):
    model = small.build("next", tmse={"sampling": sampling})
    assert not model.config.needs_text
    assert model.losses(small.batch(captions=False))


def padded(small, batch, mode, **settings):
    """Embedding, and the masks of the semantic experts."""
    model = small.build("next", csse={"enabled": False}, tmse={"mask_mode": mode, **settings}).eval()
    with torch.no_grad():
        class_tokens, patches = model.branches(batch)
        return model, model._expert_branches(batch, class_tokens, patches), class_tokens


def test_key_padding_hides_masked_tokens_from_attention(small, batch):
    model, (branches, ignore), class_tokens = padded(small, batch, "key_padding")
    assert ignore.shape == branches.shape[:3]
    assert 0 < ignore.float().mean() < 1
    assert (branches[ignore] == 0).all()
    assert (branches[~ignore] != 0).all()
    before = model.mgfa(class_tokens, branches, ignore)
    filled = torch.where(ignore[..., None], torch.full_like(branches, 7.0), branches)
    torch.testing.assert_close(model.mgfa(class_tokens, filled, ignore), before)
    assert not torch.allclose(model.mgfa(class_tokens, filled), before)


def test_multiplied_tokens_stay_as_keys_of_zeros(small, batch):
    _, (branches, ignore), _ = padded(small, batch, "multiply")
    assert ignore is None
    assert (branches == 0).all(dim=-1).any()
    assert small.build("next", tmse={"mask_mode": "key_padding"}).eval().embed(batch).isfinite().all()
    assert not torch.allclose(
        small.build("next", tmse={"mask_mode": "key_padding"}).eval().embed(batch), small.build("next").eval().embed(batch)
    )


def test_structure_tokens_are_never_hidden(small, batch):
    model = small.build("next", tmse={"mask_mode": "key_padding"}).eval()
    _, ignore = model._expert_branches(batch, *model.branches(batch))
    assert ignore.shape[0] == 4
    assert ignore[:3].any()
    assert not ignore[3].any()


@pytest.mark.parametrize("mode", ["multiply", "key_padding"])
def test_where_every_token_is_masked_the_outcome_is_finite(small, batch, mode):
    settings = {"sampling": "fixed", "fixed_sigma": 1e6, "mask_mode": mode}
    model = small.build("next", tmse=settings)
    sum(model.losses(batch).values()).backward()
    assert all(p.grad is None or p.grad.isfinite().all() for p in model.parameters())
    model.eval()
    assert model.embed(batch).isfinite().all()
    assert float(model.monitors()["kept/E1/RGB"]) == 0


def test_where_every_token_is_masked_attention_sees_zeros(small, batch):
    outs = []
    for mode in ("multiply", "key_padding"):
        settings = {"sampling": "fixed", "fixed_sigma": 1e6, "mask_mode": mode}
        model = small.build("next", tmse=settings, csse={"enabled": False}).eval()
        small.randomise(model.mgfa)
        outs.append(model.embed(batch))
    assert torch.equal(*outs)


def test_without_text_the_modulation_is_the_routing_matrix(small, batch, monkeypatch):
    model = small.build("next", text=NO_TEXT).eval()
    assert model.text is None
    assert model.text_encoder is None
    assert model.test_text is None
    monkeypatch.setattr(model.tmse, "modulate", None)
    class_tokens, patches = model.branches(batch)
    alpha, sigma = model.tmse.route(class_tokens, patches)
    seen = []
    monkeypatch.setattr(model.tmse, "sample", lambda *scores: seen.append(scores) or torch.ones_like(scores[0]))
    model.embed(replace(batch, captions=None))
    torch.testing.assert_close(seen[0], (alpha, sigma))


@pytest.mark.parametrize(("in_training", "at_test"), [(True, False), (False, True)])
def test_text_in_training_and_at_test_are_switched_apart(small, batch, in_training, at_test):
    model = small.build("next", text={"in_training": in_training, "at_test": at_test})
    assert model.config.needs_text
    assert (model.test_text is model.text) == at_test
    blind = replace(batch, captions=None)
    assert (model._texts(batch) is not None) == in_training
    for training, wanted in ((True, in_training), (False, at_test)):
        model.train(training)
        run = model.losses if training else model.embed
        assert run(batch) is not None
        if wanted:
            with pytest.raises(InputError, match="captions") as error:
                run(blind)
            assert "\n" not in str(error.value)
        else:
            assert run(blind) is not None


def test_encoded_captions_take_the_place_of_captions(small, batch):
    model = small.build("next").eval()
    features = model._texts(batch)[:, 0]
    given = replace(batch, captions=None, text_features=features)
    torch.testing.assert_close(model.embed(given), model.embed(batch))


def test_captions_change_the_masks(small, batch):
    model = small.build("next", text={"keep_probability": 1.0}).eval()
    other = replace(batch, captions=batch.captions[::-1])
    assert not torch.equal(model.token_masks(batch), model.token_masks(other))


def test_keep_probability_one_keeps_every_sentence(small, batch):
    model = small.build("next", text={"keep_probability": 1.0})
    drawn = model._texts(batch)
    model.eval()
    assert torch.equal(drawn, model._texts(batch).expand_as(drawn))


@pytest.mark.parametrize("experts", [1, 2, 5])
def test_the_number_of_experts_is_that_of_branches_and_masks(small, batch, experts):
    model = small.build("next", tmse={"experts": experts}, csse={"experts": experts + 1}).eval()
    branches, _ = model._expert_branches(batch, *model.branches(batch))
    assert len(branches) == experts + 1
    masks = model.token_masks(batch)
    assert masks.shape == (len(batch), experts, M, 4, 2)
    assert masks.dtype == torch.bool
    names = set(model.monitors())
    assert {f"kept/E{experts}/TIR", f"flips/E{experts}/RGB", f"structure/E{experts + 1}/NIR"} <= names
    assert len(names) == M * (3 * experts + 1)


def test_monitors_are_shares_of_kept_tokens_and_mean_weights(small, batch):
    model = small.build("next").eval()
    with torch.no_grad():
        model.embed(batch)
        masks = model.token_masks(batch)
        class_tokens, patches = model.branches(batch)
        weights = model.csse.weights(patches)
    monitors = model.monitors()
    for m, modality in enumerate(("RGB", "NIR", "TIR")):
        for e in range(3):
            assert float(monitors[f"kept/E{e + 1}/{modality}"]) == pytest.approx(masks[:, e, m].float().mean().item())
            assert float(monitors[f"structure/E{e + 1}/{modality}"]) == pytest.approx(weights[:, m, :, e].mean().item())
        assert sum(float(monitors[f"structure/E{e + 1}/{modality}"]) for e in range(3)) == pytest.approx(1, abs=1e-5)
    assert not any(value.requires_grad for value in monitors.values())


def test_token_masks_lie_on_the_grid_row_by_row(small, batch):
    model = small.build("next").eval()
    class_tokens, patches = model.branches(batch)
    masks = model.tmse.masks(class_tokens, patches, model._texts(batch))
    grid = model.token_masks(batch)
    for e, m, b, n in itertools.product(range(3), range(M), range(2), range(N)):
        assert grid[b, e, m, n // 2, n % 2].item() == (masks[e, m, b, n].item() == 1)
    assert small.build("next", tmse={"enabled": False}).token_masks(batch) is None


def test_the_test_feature_is_what_is_asked_for(small, batch):
    features = {name: small.build("next", feature=name).eval() for name in ("fused", "class", "both")}
    fused, class_tokens, both = (model.embed(batch) for model in features.values())
    assert [model.test_feature for model in features.values()] == ["fused", "class tokens", "class tokens, fused"]
    assert torch.equal(both, torch.cat([class_tokens, fused], dim=1))
    assert torch.equal(class_tokens, features["class"].branches(batch)[0].flatten(1))
    assert not torch.allclose(class_tokens, fused)


def test_the_auxiliary_head_supervises_the_class_tokens(small, batch, loops):
    model = small.build("next", auxiliary_head=True)
    losses = model.losses(batch)
    assert list(losses) == ["id_fused", "triplet_fused", "id_class", "triplet_class"]
    class_tokens, _ = model.features(batch)
    expected = loops.batch_hard(class_tokens.tolist(), batch.identity.tolist())
    assert losses["triplet_class"].item() == pytest.approx(expected, rel=1e-4)


def test_loss_weights_are_those_that_are_set(small, batch):
    plain = small.build("next", **NO_DROPOUT).losses(batch)
    weighted = small.build("next", supervision={"id_weight": 1, "triplet_weight": 3}, **NO_DROPOUT).losses(batch)
    assert weighted["id_fused"].item() == pytest.approx(4 * plain["id_fused"].item(), rel=1e-6)
    assert weighted["triplet_fused"].item() == pytest.approx(3 * plain["triplet_fused"].item(), rel=1e-6)


def test_without_aggregation_branches_are_averaged_modality_by_modality(small, batch):
    model = small.build("next", mgfa={"enabled": False}).eval()
    branches, _ = model._expert_branches(batch, *model.branches(batch))
    expected = branches.reshape(4, len(batch), M, N, D).mean(dim=3).mean(dim=0).flatten(1)
    torch.testing.assert_close(model.embed(batch), expected)


def test_without_any_module_the_feature_is_the_class_tokens(small, batch):
    off = {"enabled": False}
    model = small.build("next", tmse=off, csse=off, mgfa=off).eval()
    assert torch.equal(model.embed(batch), model.branches(batch)[0].flatten(1))


def test_without_experts_the_raw_patches_are_aggregated(small, batch):
    model = small.build("next", tmse={"enabled": False}, csse={"enabled": False}).eval()
    class_tokens, patches = model.branches(batch)
    expected = model.mgfa(class_tokens, patches.flatten(1, 2)[None])
    torch.testing.assert_close(model.embed(batch), expected.flatten(1))
    assert model.text is None


def test_long_captions_are_treated_as_set(small):
    assert small.build("next").text.long == "truncate"
    assert small.build("next", text={"long": "mean_of_chunks"}).text.long == "mean_of_chunks"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"tmse": {"sampling": "dynamc"}}, "did you mean 'dynamic'"),
        ({"tmse": {"experts": 0}}, "tmse.experts"),
        ({"csse": {"router": "mlp_per_exprt"}}, "did you mean 'mlp_per_expert'"),
        ({"text": {"keep_probability": 0}}, "text.keep_probability"),
        ({"mgfa": {"dropout": 1.0}}, "mgfa.dropout"),
        ({"tmse": {"temprature": 1}}, "tmse.temperature"),
    ],
    ids=str,
)
def test_wrong_settings_are_answered_in_one_line(wrong, message):
    with pytest.raises(InputError, match=message) as error:
        parse(NextSettings, wrong, "config.py")
    assert "\n" not in str(error.value)


def test_heads_are_checked_before_the_model_is_built(small):
    settings = NextSettings.model_validate({"backbone": small.BACKBONE, "mgfa": {"heads": 5}})
    with pytest.raises(InputError, match="5 heads"):
        Next.check(settings, small.SPEC)
    off = {**settings.model_dump(), "mgfa": {"enabled": False, "heads": 5}}
    Next.check(NextSettings.model_validate(off), small.SPEC)
