import hashlib
import json
import math
from dataclasses import asdict

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from rich.console import Console

from benchmarks.common.errors import InputError
from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.synthetic.world import ATTRIBUTES, VERSION, World
from benchmarks.transforms import normalise
from harness import pretraining
from harness.checkpoints import TrainingState
from harness.corpus import Corpus
from harness.pretraining import PATCH, STEPS, Pretraining, Recipe, batch, main, measure, pretrain, rate
from methods.clip import load_clip
from methods.pretrained import SHIPPED, BackboneSettings

RECIPE = Recipe(identities=10, images=2, steps=3, groups_per_batch=1)
PERSON = ATTRIBUTES["person"]


@pytest.fixture(scope="module")
def corpus():
    return Corpus.of(pretraining_blocks(RECIPE.identities, RECIPE.images), PATCH)


@pytest.fixture(scope="module")
def clip():
    torch.manual_seed(0)
    return load_clip(BackboneSettings(architecture="small", weights="random"), (64, 32))


def states(folder, recipe=RECIPE):
    return TrainingState(folder, hashlib.sha256(json.dumps(asdict(recipe)).encode()).hexdigest())


def test_identities_are_none_of_the_benchmark():
    """The namespace has other people: as many of them as chance gives are alike in everything."""
    people = World("benchmark", 0, 0, RECIPE.identities).people
    others = World("pretraining", 0, 0, RECIPE.identities).people
    same = [all(getattr(people, name)[i] == getattr(others, name)[i] for name in PERSON) for i in range(RECIPE.identities)]
    assert not any(same)


def test_batches_are_whole_groups_each_once_in_an_epoch(corpus):
    batches = [batch(corpus, RECIPE, step) for step in range(4)]
    assert all(len(positions) == 5 * RECIPE.images for positions in batches)
    for epoch in (batches[:2], batches[2:]):
        assert sorted(np.concatenate(epoch).tolist()) == list(range(20))
    for positions in batches:
        assert len({position // (5 * RECIPE.images) for position in positions.tolist()}) == 1


def test_the_rate_rises_and_falls_to_zero():
    recipe = Recipe(steps=100)
    rates = [rate(recipe, step) for step in range(100)]
    assert rates[:5] == pytest.approx([recipe.rate * share for share in (0.2, 0.4, 0.6, 0.8, 1.0)])
    assert rates[5] == pytest.approx(recipe.rate)
    assert all(later < earlier for earlier, later in zip(rates[5:], rates[6:], strict=False))
    assert rates[-1] < 0.001 * recipe.rate


def test_equal_texts_share_their_target():
    """Cross entropy against the mean of the places of equal texts, both ways, in plain loops."""
    logits = torch.tensor([[2.0, 1.0, 0.5], [0.3, 1.5, -1.0], [0.0, 0.2, 0.9]], dtype=torch.float64)
    same = pretraining._equal(["a", "b", "a"]).double()

    def one_way(rows):
        total = 0.0
        for i, row in enumerate(rows):
            places = [j for j in range(3) if same[i, j]]
            log_sum = math.log(sum(math.exp(value) for value in row))
            total -= sum(row[j] - log_sum for j in places) / len(places)
        return total / 3

    expected = 0.5 * (one_way(logits.tolist()) + one_way(logits.t().tolist()))
    assert float(pretraining._contrast(logits, same)) == pytest.approx(expected)


def test_attributes_that_are_not_seen_have_no_loss():
    logits = torch.tensor([[2.0, 1.0], [0.3, 1.5], [5.0, 0.2]])
    loss = pretraining._visible_cross_entropy(logits, torch.tensor([0, -1, 1]))
    expected = sum(math.log(sum(math.exp(v) for v in row)) - row[k] for row, k in (([2.0, 1.0], 0), ([5.0, 0.2], 1))) / 2
    assert float(loss) == pytest.approx(expected, rel=1e-5)
    assert pretraining._visible_cross_entropy(logits, torch.tensor([-1, -1, -1])) == 0


def test_a_drawn_region_is_one_of_which_something_is_said():
    said = [[["", "a", "", "b", ""], ["", "", "", "", ""]]] * 200
    texts, regions = pretraining._one_region(said, np.arange(200))
    assert set(texts[0::2]) == {"a", "b"}
    assert set(texts[1::2]) == {""}
    assert {(text, int(region)) for text, region in zip(texts[0::2], regions[:, 0], strict=True)} == {("a", 1), ("b", 3)}


def test_mirrored_samples_keep_their_regions_on_what_shows_them(corpus):
    part = corpus.take(np.arange(4))
    pretraining._mirror(part, np.array([True, False, True, False]), (8, 4))
    np.testing.assert_array_equal(part.images[0], corpus.images[0, :, :, ::-1])
    np.testing.assert_array_equal(part.images[1], corpus.images[1])
    np.testing.assert_array_equal(part.cover[2].reshape(5, 8, 4), corpus.cover[2].reshape(5, 8, 4)[..., ::-1])
    np.testing.assert_array_equal(part.cover[3], corpus.cover[3])


def test_losses_reach_both_towers(corpus, clip):
    model = Pretraining(clip, RECIPE)
    pixels = torch.from_numpy(np.stack([normalise(images) for images in corpus.images]))
    losses = model.losses(corpus, pixels, np.arange(len(corpus)))
    assert set(losses) == {"contrast", "region", "place", "modality", "attribute"}
    sum(losses.values()).backward()
    names = ("image.visual.proj", "text.text_projection", "text.token_embedding.weight", "scale", "patch_scale", "place_bias")
    for name in names:
        assert dict(model.named_parameters())[name].grad.abs().sum() > 0, name
    clip.text.requires_grad_(False)


def test_training_repeats_to_the_bit_and_leaves_the_text_tower_frozen(corpus, tmp_path):
    first, second = (pretrain(RECIPE, corpus, states(tmp_path / name), Console(quiet=True)) for name in ("a", "b"))
    assert same_weights(first, second)
    assert not any(parameter.requires_grad for parameter in first.text.parameters())


def test_a_training_that_was_cut_off_ends_with_the_same_weights(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "_SAVE_EVERY", 1)
    whole = pretrain(RECIPE, corpus, states(tmp_path / "whole"), Console(quiet=True))

    class Stop(Exception):
        pass

    def stop_at_two(*arguments):
        if arguments[-1] == 2:
            raise Stop
        return step(*arguments)

    step = pretraining._step
    with monkeypatch.context() as patched:
        patched.setattr(pretraining, "_step", stop_at_two)
        with pytest.raises(Stop):
            pretrain(RECIPE, corpus, states(tmp_path / "cut"), Console(quiet=True))
    assert same_weights(whole, pretrain(RECIPE, corpus, states(tmp_path / "cut"), Console(quiet=True)))


def test_the_state_of_another_recipe_is_refused(corpus, tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "_SAVE_EVERY", 1)
    pretrain(RECIPE, corpus, states(tmp_path), Console(quiet=True))
    with pytest.raises(InputError, match="another run"):
        pretrain(RECIPE, corpus, states(tmp_path, Recipe()), Console(quiet=True))


def same_weights(first, second):
    pairs = ((first.image, second.image), (first.text, second.text))
    return all(
        torch.equal(a, b)
        for one, other in pairs
        for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True)
    )


@pytest.mark.parametrize(("object", "architecture"), [("person", "small"), ("vehicle", "small_wide")])
def test_the_script_writes_weights_that_load_with_a_record_of_how_they_were_made(tmp_path, monkeypatch, object, architecture):
    monkeypatch.setattr(pretraining, "HELD_OUT", 10)
    threads, out = torch.get_num_threads(), tmp_path / "clip.safetensors"
    try:
        result = CliRunner().invoke(main, [object, "--out", str(out), "--steps", "2", "--identities", "100"])
    finally:
        torch.set_num_threads(threads)
    assert result.exit_code == 0, result.output
    record = json.loads(out.with_suffix(".json").read_text())
    assert (record["recipe"]["steps"], record["recipe"]["identities"], record["held_out_images"]) == (2, 100, 40)
    assert record["recipe"]["object"] == object
    assert record["generator_version"] == VERSION
    assert sorted(path.name for path in tmp_path.iterdir()) == ["clip.json", "clip.safetensors"]
    load_clip(BackboneSettings(architecture=architecture, weights=str(out)), pretraining.IMAGE_SIZES[object])


SHIPPED_OBJECTS = [("person", "small"), ("vehicle", "small_wide")]


@pytest.mark.parametrize(("object", "architecture"), SHIPPED_OBJECTS)
def test_the_shipped_weights_are_of_this_generator_and_of_the_default_recipe(object, architecture):
    record = json.loads(SHIPPED[architecture].with_suffix(".json").read_text())
    assert record["generator_version"] == VERSION
    assert Recipe(**record["recipe"]) == Recipe(object=object, steps=STEPS[object])


@pytest.mark.parametrize(("object", "architecture"), SHIPPED_OBJECTS)
def test_the_shipped_weights_find_captions_and_places(object, architecture):
    """The goals: median ranks below 10, 40 and 60 of 1,000, and patches that know more than a position-only prior."""
    record = json.loads(SHIPPED[architecture].with_suffix(".json").read_text())
    assert record["held_out_images"] == 1000
    for modality, most in (("RGB", 10), ("NIR", 40), ("TIR", 60)):
        assert record["median_rank"][modality] < most
        assert record["grounding"][modality]["instance"] > 0.6


def test_all_shipped_weights_together_are_small():
    assert sum(path.stat().st_size for path in SHIPPED.values() if path.exists()) < 8 * 2**20


@pytest.mark.slow
@pytest.mark.parametrize(("object", "architecture"), SHIPPED_OBJECTS)
def test_the_shipped_weights_are_as_good_as_their_record_says(object, architecture):
    """Among the 1,000 held-out images, that no step of the training saw."""
    record = json.loads(SHIPPED[architecture].with_suffix(".json").read_text())
    clip = load_clip(BackboneSettings(architecture=architecture, weights="shipped"), pretraining.IMAGE_SIZES[object])
    found = measure(clip, Recipe(object=object))
    assert found["median_rank"] == record["median_rank"]
    for modality, areas in record["grounding"].items():
        assert found["grounding"][modality] == pytest.approx(areas, abs=1e-4)
