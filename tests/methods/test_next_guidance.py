"""What captions decide in NEXT: the start of the thresholds, the load term, the scale of similarities, and flips."""

from dataclasses import replace

import pytest
import torch

D, M = 48, 3
NO_TEXT = {"in_training": False, "at_test": False}


@pytest.fixture(scope="module")
def batch(small):
    return small.batch()


def test_a_start_near_half_keeps_half_of_the_tokens_of_every_expert(small, batch):
    plain, half = (small.build("next", tmse={"start": start}).train() for start in ("random", "half"))
    for model in (plain, half):
        model.features(batch)
    kept = torch.stack([value for name, value in half.monitors().items() if name.startswith("kept")])
    assert ((kept - 0.5).abs() < 0.1).all()
    assert max(abs(value - 0.5) for name, value in plain.monitors().items() if name.startswith("kept")) > 0.2
    before = half.tmse.offset.clone()
    half.features(batch)
    assert torch.equal(half.tmse.offset, before)  # it is set once


def test_the_offset_of_a_start_near_half_is_part_of_the_weights(small, batch):
    model = small.build("next", tmse={"start": "half"}).train()
    model.features(batch)
    other = small.build("next", tmse={"start": "half"})
    other.load_state_dict(model.state_dict())
    model.eval()
    assert torch.equal(model.embed(batch), other.eval().embed(batch))
    assert "tmse.offset" not in small.build("next").state_dict()


def test_the_load_term_is_the_squared_distance_from_its_target(small, batch):
    model = small.build("next", tmse={"load_weight": 2.0, "load_target": 0.4}).train()
    losses = model.losses(batch)
    kept = [value for name, value in model.monitors().items() if name.startswith("kept")]
    assert losses["load"].item() == pytest.approx(2 * sum((float(k) - 0.4) ** 2 for k in kept) / len(kept), rel=1e-5)
    (gradient,) = torch.autograd.grad(losses["load"], model.tmse.router.fc2.weight)
    assert gradient.abs().sum() > 0
    assert "load" not in small.build("next").train().losses(batch)


def test_flips_are_the_tokens_on_which_the_caption_decides(small, batch):
    model = small.build("next").eval()
    with torch.no_grad():
        for parameter in (model.tmse.fc3.weight, model.tmse.fc4.weight):
            parameter.mul_(30)
        model.features(batch)
        own = model.token_masks(batch)
        half = len(batch) // 2
        other = model.token_masks(replace(batch, captions=batch.captions[half:] + batch.captions[:half]))
    flips = torch.stack(
        [torch.stack([model.monitors()[f"flips/E{e + 1}/{m}"] for m in ("RGB", "NIR", "TIR")]) for e in range(3)]
    )
    assert flips.sum() > 0
    torch.testing.assert_close(flips, (own != other).float().mean(dim=(0, 3, 4)))


def test_without_captions_or_where_costs_are_counted_nothing_flips(small, batch):
    without = small.build("next", text=NO_TEXT).eval()
    without.features(batch)
    counted = small.build("next").eval()
    counted.features(replace(batch, text_features=torch.zeros(len(batch), M, D)))
    for model in (without, counted):
        assert not any(name.startswith("flips") for name in model.monitors())


def test_the_scale_of_similarities_strengthens_what_captions_decide(small, batch):
    weak, strong = (small.build("next", tmse={"similarity_scale": scale}).eval() for scale in (1.0, 50.0))
    strong.load_state_dict(weak.state_dict())
    totals = []
    for model in (weak, strong):
        model.features(batch)
        totals.append(sum(float(value) for name, value in model.monitors().items() if name.startswith("flips")))
    assert totals[1] > totals[0]
