import pytest
import torch

from methods.layers.heads import BNNeckHead, separated, supervise
from methods.layers.losses import MarginSupervisionSettings, SupervisionSettings


@pytest.fixture
def head():
    torch.manual_seed(0)
    return BNNeckHead(200, 100)


@pytest.fixture
def features():
    return 2 + 3 * torch.randn(6, 200, generator=torch.Generator().manual_seed(0))


def test_the_necks_bias_is_frozen_at_zero_and_the_rest_is_trained(head, small):
    assert not head.neck.bias.requires_grad
    assert head.neck.bias.abs().max() == 0
    assert (head.neck.weight == 1).all()
    assert head.classifier.bias is None
    assert small.trainable(head) == 200 + 200 * 100


def test_the_classifier_starts_small(head):
    assert head.classifier.weight.std().item() == pytest.approx(0.001, rel=0.05)
    assert abs(head.classifier.weight.mean().item()) < 5e-5


def test_training_normalises_by_the_batch(head, features):
    x = features.double()
    normal = (x - x.mean(dim=0)) / (x.var(dim=0, unbiased=False) + 1e-5).sqrt()
    torch.testing.assert_close(head.double()(x), normal @ head.classifier.weight.t())


def test_test_normalises_by_the_running_statistics(head, features):
    head(features)
    running_mean, running_var = head.neck.running_mean.clone(), head.neck.running_var.clone()
    torch.testing.assert_close(running_mean, 0.1 * features.mean(dim=0))
    head.eval()
    one = (features[:1] - running_mean) / (running_var + 1e-5).sqrt() @ head.classifier.weight.t()
    torch.testing.assert_close(head(features[:1]), one)
    assert torch.equal(head.neck.running_mean, running_mean)


def test_identity_loss_is_behind_the_neck_and_triplet_before_it(head, features, loops):
    identity = torch.tensor([0, 0, 1, 1, 2, 2])
    settings = SupervisionSettings(id_weight=0.5, triplet_weight=2, label_smoothing=0.2)
    losses = head.losses(features, identity, settings, "fused")
    assert list(losses) == ["id_fused", "triplet_fused"]
    logits = head(features).tolist()
    assert losses["id_fused"].item() == pytest.approx(
        0.5 * loops.smoothed_cross_entropy(logits, identity.tolist(), 0.2), rel=1e-5
    )
    assert losses["triplet_fused"].item() == pytest.approx(2 * loops.batch_hard(features.tolist(), identity.tolist()), rel=1e-5)


def test_gradients_reach_features_and_classifier_but_not_the_frozen_bias(head, features):
    features.requires_grad_()
    sum(head.losses(features, torch.tensor([0, 0, 1, 1, 2, 2]), SupervisionSettings(), "x").values()).backward()
    assert features.grad.abs().sum() > 0
    assert head.classifier.weight.grad.abs().sum() > 0
    assert head.neck.weight.grad.abs().sum() > 0
    assert head.neck.bias.grad is None


def test_a_hard_margin_of_the_settings_is_that_of_the_triplet_loss(head, features, loops):
    identity = torch.tensor([0, 0, 1, 1, 2, 2])
    losses = head.losses(features, identity, MarginSupervisionSettings(triplet_weight=2, margin=0.7), "x")
    expected = 2 * loops.batch_hard(features.tolist(), identity.tolist(), margin=0.7)
    assert losses["triplet_x"].item() == pytest.approx(expected, rel=1e-5)


def test_heads_are_supervised_side_by_side(head, features):
    identity, settings = torch.tensor([0, 0, 1, 1, 2, 2]), SupervisionSettings()
    losses = supervise([("a", head, features), ("b", head, 2 * features)], identity, settings)
    assert list(losses) == ["id_a", "triplet_a", "id_b", "triplet_b"]
    assert losses["triplet_b"] == head.losses(2 * features, identity, settings, "b")["triplet_b"]


def test_modalities_are_classified_together_or_apart():
    features = torch.randn(4, 3, 5)
    ((name, whole),) = separated("class", features, ("RGB", "NIR", "TIR"), direct=True)
    assert name == "class"
    assert torch.equal(whole, torch.cat([features[:, 0], features[:, 1], features[:, 2]], dim=1))
    apart = separated("class", features, ("RGB", "NIR", "TIR"), direct=False)
    assert [name for name, _ in apart] == ["class_RGB", "class_NIR", "class_TIR"]
    assert all(torch.equal(own, features[:, m]) for m, (_, own) in enumerate(apart))
