import numpy as np
import pytest
import torch
from torch.nn import functional as F

from benchmarks.captions.sentences import join_sentences
from benchmarks.synthetic.pretraining import pretraining_blocks
from benchmarks.transforms import normalise
from harness import alignment
from harness.alignment import grounding, median_ranks
from harness.corpus import Corpus
from methods.clip import load_clip
from methods.pretrained import BackboneSettings
from methods.text import TextEncoder


@pytest.fixture(scope="module")
def corpus():
    return Corpus.of(pretraining_blocks(10, 2), patch=8)


@pytest.fixture(scope="module")
def clip():
    torch.manual_seed(0)
    return load_clip(BackboneSettings(architecture="small", weights="random"), (64, 32))


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


def test_the_area_is_the_share_of_pairs_in_the_right_order():
    positive, negative = np.array([0.9, 0.4, 0.4]), np.array([0.1, 0.4, 0.8, 0.3])
    wins = sum((p > n) + 0.5 * (p == n) for p in positive for n in negative)
    assert alignment._area(positive, negative) == (pytest.approx(wins / 12), 12)
    assert alignment._area(positive, negative[:0]) == (0.5, 0)


def test_a_position_only_prior_scores_one_half_and_the_truth_scores_one():
    rng = np.random.default_rng(0)
    region = np.repeat([0, 1], 50)
    cover = rng.random((100, 6)) * (rng.random((100, 6)) < 0.5)
    prior = np.stack([cover[region == number].mean(axis=0) for number in (0, 1)])[region]
    assert alignment._within_positions(prior, cover, region) == 0.5
    assert alignment._within_positions(cover, cover, region) == 1.0


def test_an_untrained_tower_grounds_nothing(corpus, clip):
    found = grounding(clip, corpus)
    assert set(found) == {"RGB", "NIR", "TIR"}
    for areas in found.values():
        assert areas["instance"] == pytest.approx(0.5, abs=0.15)
        assert areas["pooled_position_prior"] > 0.9
