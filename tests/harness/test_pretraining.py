import json
import math

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from rich.console import Console
from torch.nn import functional as F

from benchmarks.captions.sentences import join_sentences
from benchmarks.synthetic.person.attributes import PERSON
from benchmarks.synthetic.world import VERSION, World
from benchmarks.transforms import normalise
from harness import pretraining
from harness.pretraining import Corpus, Pretraining, Recipe, main, median_ranks, pretrain
from methods.clip import load_clip
from methods.pretrained import SHIPPED, BackboneSettings
from methods.text import TextEncoder

RECIPE = Recipe(identities=10, images=2, steps=3, groups_per_batch=1)


@pytest.fixture(scope="module")
def corpus():
    return Corpus.make(RECIPE.identities, RECIPE.images)


@pytest.fixture(scope="module")
def clip():
    torch.manual_seed(0)
    return load_clip(BackboneSettings(architecture="small", weights="random"), (64, 32))


def test_a_corpus_is_images_captions_and_what_can_be_seen(corpus):
    n = RECIPE.identities * RECIPE.images
    assert len(corpus) == n
    assert corpus.images.shape == (n, 3, 64, 32, 3)
    assert corpus.attributes.shape == (n, 3, len(PERSON))
    assert corpus.attributes.min() == -1
    highest = [len(attribute.values) - 1 for attribute in PERSON.values()]
    assert (corpus.attributes <= highest).all()
    assert corpus.identity.tolist() == sorted(corpus.identity.tolist())


def test_identities_are_none_of_the_benchmark(corpus):
    """The namespace has other people: as many of them as chance gives are alike in everything."""
    people = World("benchmark", 0, 0, RECIPE.identities).people
    others = World("pretraining", 0, 0, RECIPE.identities).people
    same = [all(getattr(people, name)[i] == getattr(others, name)[i] for name in PERSON) for i in range(RECIPE.identities)]
    assert not any(same)


def test_batches_are_whole_groups_of_confusable_identities(corpus):
    batches = pretraining._batches(corpus, RECIPE)
    seen = [next(batches) for _ in range(4)]
    assert all(len(batch) == 5 * RECIPE.images for batch in seen)
    assert [len({corpus.identity[p] // 5 for p in batch}) for batch in seen] == [1] * 4
    assert {corpus.identity[p] for p in np.concatenate(seen[:2])} == set(range(10))


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


def test_losses_reach_both_towers(corpus, clip):
    model = Pretraining(clip, RECIPE)
    images = torch.from_numpy(
        np.stack([np.stack([normalise(image[m : m + 1])[0] for m in range(3)]) for image in corpus.images])
    )
    losses = model.losses(images, corpus.captions, torch.from_numpy(corpus.attributes), np.arange(len(corpus)))
    assert set(losses) == {"contrast", "patch", "modality", "attribute"}
    sum(losses.values()).backward()
    for name in ("image.visual.proj", "text.text_projection", "text.token_embedding.weight", "scale", "patch_scale"):
        assert dict(model.named_parameters())[name].grad.abs().sum() > 0, name
    clip.text.requires_grad_(False)


@torch.no_grad()
def test_median_ranks_are_those_of_a_loop(corpus, clip):
    found = median_ranks(clip, corpus)
    encoder = TextEncoder(clip.text.eval())
    for m, modality in enumerate(("RGB", "NIR", "TIR")):
        texts = [join_sentences(caption[m]) for caption in corpus.captions]
        features = F.normalize(encoder.encode(texts), dim=-1)
        ranks = []
        for n, image in enumerate(corpus.images):
            token = clip.image(torch.from_numpy(normalise(image[m : m + 1])))[0, 0]
            similarity = features @ F.normalize(token, dim=-1)
            ranks.append(1 + sum(float(similarity[k]) > float(similarity[n]) + 1e-6 for k in range(len(texts))))
        assert found[modality] == pytest.approx(np.median(ranks), abs=1)


def test_training_repeats_to_the_bit_and_leaves_the_text_tower_frozen(corpus):
    first, second = (pretrain(RECIPE, corpus, Console(quiet=True)) for _ in range(2))
    for one, other in ((first.image, second.image), (first.text, second.text)):
        assert all(torch.equal(a, b) for a, b in zip(one.state_dict().values(), other.state_dict().values(), strict=True))
    assert not any(parameter.requires_grad for parameter in first.text.parameters())


def test_the_script_writes_weights_that_load_with_a_record_of_how_they_were_made(tmp_path, monkeypatch):
    monkeypatch.setattr(pretraining, "HELD_OUT", 5)
    threads, out = torch.get_num_threads(), tmp_path / "clip.safetensors"
    try:
        result = CliRunner().invoke(main, ["--out", str(out), "--steps", "2", "--identities", "100"])
    finally:
        torch.set_num_threads(threads)
    assert result.exit_code == 0, result.output
    record = json.loads(out.with_suffix(".json").read_text())
    assert (record["recipe"]["steps"], record["recipe"]["identities"], record["held_out_images"]) == (2, 100, 20)
    assert record["generator_version"] == VERSION
    load_clip(BackboneSettings(architecture="small", weights=str(out)), (64, 32))


def test_the_shipped_weights_are_small_of_this_generator_and_of_the_default_recipe():
    record = json.loads(SHIPPED.with_suffix(".json").read_text())
    assert SHIPPED.stat().st_size < 8 * 2**20
    assert record["generator_version"] == VERSION
    assert Recipe(**record["recipe"]) == Recipe()


@pytest.mark.slow
def test_the_shipped_weights_find_captions_as_their_record_says():
    """Among the 1,000 held-out images, that no step of the training saw."""
    record, recipe = json.loads(SHIPPED.with_suffix(".json").read_text()), Recipe()
    first = recipe.identities // 100  # held-out blocks are the draws after those of the training
    blocks = list(pretraining.pretraining_blocks(recipe.identities + pretraining.HELD_OUT, recipe.images))[first:]
    corpus = Corpus(
        np.concatenate([block.images for block in blocks]),
        [caption for block in blocks for caption in block.captions],
        np.concatenate([block.identity for block in blocks]),
        np.zeros((0,)),
    )
    found = median_ranks(load_clip(BackboneSettings(architecture="small", weights="shipped"), (64, 32)), corpus)
    assert found == record["median_rank"]
