"""Equations 1 to 12 of the paper, in plain loops on tiny sizes and sample by sample on a small model."""

import math

import pytest
import torch
from torch.nn import functional as F

from benchmarks.captions.sentences import draw_sentences, join_sentences
from methods.next import Aggregation, CsseSettings, MgfaSettings, SemanticExperts, StructureExperts, TmseSettings

B, M, N, D, E = 2, 3, 5, 4, 2


def numbers(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)


@pytest.fixture
def class_tokens():
    return numbers(B, M, D)


@pytest.fixture
def patches():
    return numbers(B, M, N, D, seed=1)


@pytest.fixture
def text():
    return numbers(B, E, M, D, seed=2)


def semantic(small, seed=0, **settings):
    """Semantic experts of a tiny size, in evaluation mode, in which nothing is dropped."""
    settings = TmseSettings.model_validate({"experts": E, **settings})
    return small.randomise(SemanticExperts(D, M, N, settings), seed).double().eval()


def score(loops, router, scope, expert, token):
    """FC2(GELU(FC1(token))) of one expert and scope (Eq. 2)."""
    part, group = slice(expert * D, (expert + 1) * D), scope * router.experts + expert
    first = router.fc1.weight[scope, :, part].t().tolist(), router.fc1.bias[scope, 0, part].tolist()
    hidden = [loops.gelu(value) for value in loops.dense(token, *first)]
    return loops.dense(hidden, router.fc2.weight[group].t().tolist(), router.fc2.bias[group, 0].tolist())[0]


@pytest.mark.parametrize("router_scope", ["multi", "share"])
@pytest.mark.parametrize("sigma_shared", [True, False])
def test_routing_matrix_and_threshold_are_equation_2(small, loops, class_tokens, patches, router_scope, sigma_shared):
    tmse = semantic(small, router_scope=router_scope, sigma_shared=sigma_shared)
    alpha, sigma = tmse.route(class_tokens, patches)
    assert alpha.shape == (E, M, B, N)
    assert sigma.shape == (E, M, B, 1)
    assert (tmse.threshold_router is None) == sigma_shared
    of_sigma = tmse.router if sigma_shared else tmse.threshold_router
    for e in range(E):
        for m in range(M):
            scope = m if router_scope == "multi" else 0
            for b in range(B):
                threshold = score(loops, of_sigma, scope, e, class_tokens[b, m].tolist())
                assert sigma[e, m, b, 0].item() == pytest.approx(threshold, abs=1e-12)
                expected = [score(loops, tmse.router, scope, e, token) for token in patches[b, m].tolist()]
                assert alpha[e, m, b].tolist() == pytest.approx(expected, abs=1e-12)


def test_the_mask_is_equation_3(small, class_tokens, patches):
    tmse = semantic(small)
    alpha, sigma = tmse.route(class_tokens, patches)
    masks = tmse.masks(class_tokens, patches, None)
    for e in range(E):
        for m in range(M):
            for b in range(B):
                expected = [1.0 if value > sigma[e, m, b, 0].item() else 0.0 for value in alpha[e, m, b].tolist()]
                assert masks[e, m, b].tolist() == expected
    assert 0 < masks.mean() < 1


@pytest.mark.parametrize("draw", ["independent", "shared"])
def test_sentences_are_drawn_as_equation_4(small, draw):
    model = small.build("next", text={"draw": draw}, tmse={"experts": 2})
    batch = small.batch(samples=4)
    features = model._texts(batch)
    assert features.shape == (4, 2, M, 48)
    for b in range(4):
        for e in range(2):
            for m in range(M):
                caption = batch.captions[b][m]
                place = m if draw == "independent" else 0
                kept = draw_sentences(len(caption), 0.75, batch.draw[b].numpy(), e, place).tolist()
                chosen = " ".join(sentence for sentence, keep in zip(caption, kept, strict=True) if keep)
                assert torch.equal(features[b, e, m], model.text.encode([chosen])[0])


def test_at_test_every_expert_gets_the_whole_caption(small):
    model = small.build("next").eval()
    batch = small.batch(samples=4)
    features = model._texts(batch)
    assert features.shape == (4, 1, M, 48)
    for b in range(4):
        for m in range(M):
            assert torch.equal(features[b, 0, m], model.text.encode([join_sentences(batch.captions[b][m])])[0])


@pytest.mark.parametrize("scope", ["expert", "expert_modality", "all"])
@pytest.mark.parametrize("one_for_all", [False, True])
def test_modulation_is_equations_5_and_6(small, loops, class_tokens, patches, text, scope, one_for_all):
    tmse = semantic(small, modulation_scope=scope)
    alpha, _ = tmse.route(class_tokens, patches)
    text = text[:, :1] if one_for_all else text
    gamma = tmse.modulate(alpha, patches, text)
    for e in range(E):
        for m in range(M):
            group = {"expert": e, "expert_modality": e * M + m, "all": 0}[scope]
            fc3 = tmse.fc3.weight[group].t().tolist(), tmse.fc3.bias[group, 0].tolist()
            fc4 = tmse.fc4.weight[group].t().tolist(), tmse.fc4.bias[group, 0].tolist()
            assert len(fc3[0]) == D // 2
            for b in range(B):
                caption = text[b, 0 if one_for_all else e, m].tolist()
                for n, token in enumerate(patches[b, m].tolist()):
                    beta = loops.dot(caption, token) / math.hypot(*caption) / math.hypot(*token)
                    route = alpha[e, m, b, n].item()
                    hidden = [loops.gelu(value) for value in loops.dense([route, beta], *fc3)]
                    expected = loops.dense(hidden, *fc4)[0] + route
                    assert gamma[e, m, b, n].item() == pytest.approx(expected, abs=1e-12)


def test_the_modulated_matrix_replaces_the_routing_matrix_in_the_mask(small, class_tokens, patches, text):
    tmse = semantic(small)
    alpha, sigma = tmse.route(class_tokens, patches)
    gamma = tmse.modulate(alpha, patches, text)
    masks = tmse.masks(class_tokens, patches, text)
    assert torch.equal(masks, (gamma > sigma).double())
    assert not torch.equal(masks, tmse.masks(class_tokens, patches, None))


def expert_output(loops, expert, token):
    """E(token) (Eq. 1)."""
    normal = loops.layer_norm(token, expert.norm.weight.tolist(), expert.norm.bias.tolist())
    return [y + x for y, x in zip(loops.feed_forward(normal, expert.mlp), token, strict=True)]


def test_sampled_expert_features_are_equation_7(small, loops, class_tokens, patches, text):
    tmse = semantic(small)
    masks = tmse.masks(class_tokens, patches, text)
    features = tmse(patches, masks)
    assert len(features) == E
    for e, feature in enumerate(features):
        for b in range(B):
            expected = []
            for m in range(M):
                for n in range(N):
                    out = expert_output(loops, tmse.experts[e], patches[b, m, n].tolist())
                    expected.append([masks[e, m, b, n].item() * value for value in out])
            torch.testing.assert_close(feature[b], torch.tensor(expected, dtype=torch.float64))


def gates(loops, csse, settings, m, token):
    """Scores of all structure experts for one token, by the three readings of Eq. 8."""
    scope = m if settings.router_scope == "multi" else 0
    if settings.router == "mlp_per_expert":
        return [score(loops, csse.router, scope, e, token) for e in range(settings.experts)]
    layers = csse.router if settings.router == "mlp" else [csse.router]
    for layer in layers:
        if not hasattr(layer, "weight"):
            token = [loops.gelu(value) for value in token]
        else:
            token = loops.dense(token, layer.weight[scope].t().tolist(), layer.bias[scope, 0].tolist())
    return token


@pytest.mark.parametrize("router_scope", ["share", "multi"])
@pytest.mark.parametrize("router", ["mlp_per_expert", "mlp", "fc"])
def test_structure_features_are_equations_8_and_9(small, loops, patches, router, router_scope):
    settings = CsseSettings(experts=3, router=router, router_scope=router_scope)
    csse = small.randomise(StructureExperts(D, M, settings)).double().eval()
    weights = csse.weights(patches)
    mixed = csse(patches, weights)
    assert weights.shape == (B, M, N, 3)
    for b in range(B):
        for m in range(M):
            for n in range(N):
                token = patches[b, m, n].tolist()
                omega = loops.softmax(gates(loops, csse, settings, m, token))
                assert weights[b, m, n].tolist() == pytest.approx(omega, abs=1e-12)
                outs = [expert_output(loops, expert, token) for expert in csse.experts]
                expected = [sum(w * out[d] for w, out in zip(omega, outs, strict=True)) for d in range(D)]
                assert mixed[b, m * N + n].tolist() == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize("residual", [False, True])
@pytest.mark.parametrize("pre_norm", [False, True])
@pytest.mark.parametrize("hidden", [False, True])
def test_aggregation_is_equations_10_and_11(small, loops, class_tokens, residual, pre_norm, hidden):
    settings = MgfaSettings(heads=2, residual=residual, pre_norm=pre_norm)
    mgfa = small.randomise(Aggregation(D, settings)).double().eval()
    K, L = 3, 4
    branches = numbers(K, B, L, D, seed=3)
    ignore = torch.zeros(K, B, L, dtype=torch.bool)
    if hidden:
        ignore[1, 0, 2] = ignore[2, 1, :3] = True
    out = mgfa(class_tokens, branches, ignore if hidden else None)
    for b in range(B):
        raw = class_tokens[b].tolist()
        norm = mgfa.query_norm
        queries = [loops.layer_norm(q, norm.weight.tolist(), norm.bias.tolist()) for q in raw] if pre_norm else raw
        total = [[0.0] * D for _ in range(M)]
        for k in range(K):
            hide = ignore[k, b].nonzero()[:, 0].tolist()
            attended = loops.cross_attention(queries, branches[k, b].tolist(), mgfa.attention.attention, 2, hide)
            for m in range(M):
                x = [a + r for a, r in zip(attended[m], raw[m], strict=True)] if residual else attended[m]
                normal = loops.layer_norm(x, mgfa.norm.weight.tolist(), mgfa.norm.bias.tolist())
                y = loops.feed_forward(normal, mgfa.feed_forward)
                y = [a + r for a, r in zip(y, x, strict=True)] if residual else y
                total[m] = [a + value / K for a, value in zip(total[m], y, strict=True)]
        torch.testing.assert_close(out[b], torch.tensor(total, dtype=torch.float64))


def test_losses_are_equation_12_on_the_fused_feature(small, loops):
    model = small.build("next", mgfa={"dropout": 0}, tmse={"dropout": 0}, csse={"dropout": 0})
    batch = small.batch()
    losses = model.losses(batch)
    assert set(losses) == {"id_fused", "triplet_fused"}
    _, fused = model.features(batch)
    logits, identity = model.head(fused).tolist(), batch.identity.tolist()
    assert losses["id_fused"].item() == pytest.approx(0.25 * loops.smoothed_cross_entropy(logits, identity, 0.1), rel=1e-4)
    assert losses["triplet_fused"].item() == pytest.approx(loops.batch_hard(fused.tolist(), identity), rel=1e-4)


def attend(attention, query, sequence):
    """One query (D,) over a sequence (L, D), head by head."""
    size = len(query)
    width = size // attention.num_heads
    q, k, v = (
        F.linear(x, attention.in_proj_weight[i * size : (i + 1) * size], attention.in_proj_bias[i * size : (i + 1) * size])
        for i, x in enumerate((query, sequence, sequence))
    )
    heads = []
    for head in range(attention.num_heads):
        part = slice(head * width, (head + 1) * width)
        heads.append((k[:, part] @ q[part] / math.sqrt(width)).softmax(dim=0) @ v[:, part])
    return F.linear(torch.cat(heads), attention.out_proj.weight, attention.out_proj.bias)


def route(router, m, expert, token):
    """Score of one token by the router of one expert and modality."""
    size = len(token)
    part, group = slice(expert * size, (expert + 1) * size), m * router.experts + expert
    hidden = F.gelu(token @ router.fc1.weight[m, :, part] + router.fc1.bias[m, 0, part])
    return hidden @ router.fc2.weight[group, :, 0] + router.fc2.bias[group, 0, 0]


def semantic_branch(model, e, tokens, captions):
    """One expert's feature of one sample: tokens of each modality (1 + N, D), a caption's feature of each (Eqs. 2 to 7)."""
    tmse, rows = model.tmse, []
    for m, (of_modality, caption) in enumerate(zip(tokens, captions, strict=True)):
        sigma = route(tmse.router, m, e, of_modality[0])
        for token in of_modality[1:]:
            alpha = route(tmse.router, m, e, token)
            beta = (caption @ token) / caption.norm() / token.norm()
            hidden = F.gelu(torch.stack([alpha, beta]) @ tmse.fc3.weight[e] + tmse.fc3.bias[e, 0])
            gamma = (hidden @ tmse.fc4.weight[e] + tmse.fc4.bias[e, 0])[0] + alpha
            expert = tmse.experts[e]
            rows.append(expert.mlp(expert.norm(token)) + token if gamma > sigma else torch.zeros_like(token))
    return torch.stack(rows)


def structure_branch(model, tokens):
    """The structure experts' feature of one sample (Eqs. 8 and 9)."""
    csse, rows = model.csse, []
    for of_modality in tokens:
        for token in of_modality[1:]:
            omega = torch.stack([route(csse.router, 0, e, token) for e in range(3)]).softmax(dim=0)
            rows.append(sum(omega[e] * (expert.mlp(expert.norm(token)) + token) for e, expert in enumerate(csse.experts)))
    return torch.stack(rows)


@torch.no_grad()
def test_the_whole_model_is_its_equations_sample_by_sample(small):
    model = small.build("next").eval()
    batch = small.batch(samples=3, per_identity=1)
    embedding = model.embed(batch)
    assert embedding.shape == (3, M * 48)
    mgfa = model.mgfa
    for b in range(3):
        camera = model.branches.camera[batch.camera[b]][None]
        tokens = [model.branches.tower(batch.images[b, m][None], camera)[0] for m in range(M)]
        captions = [model.text.encode([join_sentences(caption)])[0] for caption in batch.captions[b]]
        branches = [semantic_branch(model, e, tokens, captions) for e in range(3)] + [structure_branch(model, tokens)]
        fused = []
        for m in range(M):
            outs = [mgfa.feed_forward(mgfa.norm(attend(mgfa.attention.attention, tokens[m][0], branch))) for branch in branches]
            fused.append(sum(outs) / 4)
        torch.testing.assert_close(embedding[b], torch.cat(fused), atol=1e-5, rtol=1e-4)


def test_masks_of_a_training_step_are_hard_and_pass_the_sigmoids_gradient(small, class_tokens, patches, text):
    tmse = semantic(small, temperature=0.7).train()
    alpha, sigma = (value.detach().requires_grad_() for value in tmse.route(class_tokens, patches))
    gamma = tmse.modulate(alpha, patches, text).detach().requires_grad_()
    mask = tmse.sample(gamma, sigma)
    assert set(mask.unique().tolist()) == {0.0, 1.0}
    w = numbers(*mask.shape, seed=5)
    (w * mask).sum().backward()
    S = 1 / (1 + (-(gamma - sigma) / 0.7).exp())
    torch.testing.assert_close(gamma.grad, (w * S * (1 - S) / 0.7).detach())
    torch.testing.assert_close(sigma.grad, -(w * S * (1 - S) / 0.7).sum(dim=-1, keepdim=True).detach())


def test_gradients_reach_everything_but_the_text_tower(small):
    model = small.build("next")
    sum(model.losses(small.batch()).values()).backward()
    D, experts = 48, 3
    routers = model.tmse.router
    for m in range(M):
        for e in range(experts):
            assert routers.fc1.weight.grad[m, :, e * D : (e + 1) * D].abs().sum() > 0, f"router of expert {e}, modality {m}"
            assert routers.fc2.weight.grad[m * experts + e].abs().sum() > 0, f"router of expert {e}, modality {m}"
    for e in range(experts):
        for layer in (model.tmse.fc3, model.tmse.fc4):
            assert layer.weight.grad[e].abs().sum() > 0, f"modulation of expert {e}"
        assert model.csse.router.fc1.weight.grad[0, :, e * D : (e + 1) * D].abs().sum() > 0, f"gate of expert {e}"
        assert model.csse.router.fc2.weight.grad[e].abs().sum() > 0, f"gate of expert {e}"
    for name, parameter in model.named_parameters():
        if name.startswith("text."):
            assert parameter.grad is None, name
            assert not parameter.requires_grad, name
        elif parameter.requires_grad:
            assert parameter.grad is not None, name
            assert parameter.grad.isfinite().all(), name
        else:
            assert name == "head.neck.bias"
    for name, parameter in model.branches.named_parameters():
        assert parameter.grad.abs().sum() > 0, name


def test_the_plain_hard_mask_would_not_reach_the_routers(small, monkeypatch):
    def hard(score, threshold, **_):
        return (score > threshold).to(score.dtype)

    monkeypatch.setattr("methods.next.threshold_mask", hard)
    model = small.build("next")
    sum(model.losses(small.batch()).values()).backward()
    assert all(parameter.grad is None for parameter in model.tmse.router.parameters())
