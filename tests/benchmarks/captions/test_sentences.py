import itertools
import json

import numpy as np
import pytest

from benchmarks.captions.sentences import draw_sentences, draw_texts, join_sentences, split_sentences

CAPTIONS = [
    (("R one.", "R two.", "R three."), ("N one.", "N two.", "N three."), ("T one.",)),
    (("r one.", "r two."), ("n one.", "n two.", "n three.", "n four."), ("t one.", "t two.")),
]
DRAWS = np.array([123456789012345678, 42])


@pytest.mark.parametrize(
    ("text", "sentences"),
    [
        ("A man. He walks.", ("A man.", "He walks.")),
        ("  A man!  Is it? \n Yes. ", ("A man!", "Is it?", "Yes.")),
        ("no full stop", ("no full stop",)),
        ("A 3.5 m tall man. End", ("A 3.5 m tall man.", "End")),
        ("Wait... what?", ("Wait...", "what?")),
        ("", ()),
        ("   ", ()),
    ],
)
def test_captions_are_split_behind_their_sentence_ends(text, sentences):
    assert split_sentences(text) == sentences
    assert join_sentences(sentences) == " ".join(text.split())


def test_published_captions_are_whole_when_they_are_joined(published_captions):
    for path in sorted((published_captions / "next-text").glob("*/test_*.json")):
        for entry in json.loads(path.read_text("utf-8")):
            text = entry["description"]
            assert join_sentences(split_sentences(text)).split() == text.split()


@pytest.fixture(scope="module")
def kept():
    """Draws of 4 sentences for 4000 samples, 3 experts and 3 modalities."""
    return draw_sentences(4, 0.75, np.arange(4000)[:, None, None], np.arange(3)[:, None], np.arange(3))


def test_each_sentence_is_kept_with_the_set_probability(kept):
    assert kept.shape == (4000, 3, 3, 4)
    assert kept.dtype == bool
    # 3/4, and 1/4 of the captions of which nothing was kept, which are 1/256.
    np.testing.assert_allclose(kept.mean(axis=(0, 1, 2)), 0.75 + 0.25**5, atol=0.008)


def test_a_caption_is_never_empty(kept):
    assert kept.any(axis=-1).all()
    rare = draw_sentences(5, 0.01, np.arange(20_000))
    assert rare.any(axis=-1).all()
    assert rare.sum(axis=-1).mean() < 1.01
    np.testing.assert_allclose(rare.mean(axis=0), 0.2, atol=0.015)


def test_sentences_experts_and_modalities_draw_independently(kept):
    flat = kept.reshape(4000, -1).astype(float)
    correlation = np.corrcoef(flat.T) - np.eye(36)
    assert np.abs(correlation).max() < 0.08


def test_the_number_of_kept_sentences_is_binomial(kept):
    counts = np.bincount(kept.sum(axis=-1).ravel(), minlength=5) / kept[..., 0].size
    expected = [0, 4 * 0.75 * 0.25**3 + 0.25**4, 6 * 0.75**2 * 0.25**2, 4 * 0.75**3 * 0.25, 0.75**4]
    np.testing.assert_allclose(counts, expected, atol=0.01)


def test_one_keeps_all():
    assert draw_sentences(4, 1.0, np.arange(100)).all()


def test_a_draw_depends_on_its_keys_alone(kept):
    np.testing.assert_array_equal(draw_sentences(4, 0.75, np.array(17), np.array(2), np.array(1)), kept[17, 2, 1])


@pytest.mark.parametrize("independent", [True, False])
def test_texts_are_by_sample_expert_and_modality_in_the_order_of_the_sentences(independent):
    texts = draw_texts(CAPTIONS, DRAWS, experts=4, keep_probability=0.6, independent=independent)
    assert len(texts) == 2 * 4 * 3
    for place, (b, e, m) in enumerate(itertools.product(range(2), range(4), range(3))):
        caption = CAPTIONS[b][m]
        keep = draw_sentences(len(caption), 0.6, DRAWS[b], np.array(e), np.array(m if independent else 0))
        expected = " ".join(sentence for sentence, kept in zip(caption, keep, strict=True) if kept)
        assert texts[place] == expected
        assert expected


def test_a_shared_draw_keeps_the_same_places_in_every_modality():
    captions = [tuple(tuple(f"{m}{s}." for s in range(4)) for m in "RNT") for _ in range(50)]
    draws = np.arange(50)
    for independent in (False, True):
        texts = draw_texts(captions, draws, experts=2, keep_probability=0.75, independent=independent)
        places = np.array([text.replace("R", "").replace("N", "").replace("T", "") for text in texts]).reshape(-1, 3)
        same = (places == places[:, :1]).all()
        assert same != independent
        experts = places.reshape(50, 2, 3)
        assert (experts[:, 0] != experts[:, 1]).any()


def test_texts_do_not_depend_on_the_other_samples_of_the_batch():
    settings = {"experts": 3, "keep_probability": 0.75, "independent": True}
    whole = draw_texts(CAPTIONS, DRAWS, **settings)
    assert draw_texts(CAPTIONS[1:], DRAWS[1:], **settings) == whole[9:]
    assert draw_texts(CAPTIONS[::-1], DRAWS[::-1], **settings) == whole[9:] + whole[:9]
