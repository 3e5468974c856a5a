import re
import string

import pytest
from made_captions import CAPTIONS, word_lengths

from benchmarks.captions.audit.collection import CaptionFile, find_sets
from benchmarks.captions.audit.tally import CONTEXT, tally


def count(name, expected=("a.jpg", "b.jpg", "c.jpg", "d.jpg")):
    return tally(CaptionFile("set", "train", name, tuple(CAPTIONS[name])), expected, word_lengths)


def test_everything_is_counted_by_hand():
    found = count("train_RGB.json")
    assert (found.captions, found.words, found.sentences, found.empty) == (4, 11 + 8 + 11 + 4, 7, 0)
    assert (found.published, found.strict) == (2, 3)
    assert (found.duplicates, found.repeated_items, found.missing) == (1, 1, 1)
    assert (found.over_context, found.longest) == (0, 13)
    said = "a male in a red coat he has an unknown bag female blue hat nothing of the sort"
    assert found.vocabulary == set(said.split())


def test_long_empty_and_missing_captions():
    assert (count("train_TI.json").over_context, count("train_TI.json").longest) == (1, 88)
    assert (count("train_NI.json").empty, count("train_NI.json").missing) == (1, 1)
    assert count("train_NI.json").sentences == 2


def test_a_caption_of_the_whole_context_is_not_long():
    files = {
        length: CaptionFile("s", "train", "RGB", (("a.jpg", "word " * (length - 2)),)) for length in (CONTEXT, CONTEXT + 1)
    }
    assert [tally(file, [], word_lengths).over_context for file in files.values()] == [0, 1]


def test_tallies_add_up():
    files = [count(name) for name in CAPTIONS]
    whole = files[0] + files[1] + files[2] + files[3]
    for name in ("captions", "words", "sentences", "published", "strict", "duplicates", "repeated_items", "missing", "empty"):
        assert getattr(whole, name) == sum(getattr(file, name) for file in files)
    assert whole.vocabulary == frozenset().union(*(file.vocabulary for file in files))
    assert whole.longest == 88
    assert whole.share(whole.published) == 6 / 12


def test_an_empty_file_has_no_rates():
    found = tally(CaptionFile("s", "train", "RGB", ()), ["a"], word_lengths)
    assert (found.captions, found.longest, found.missing, found.share(found.words)) == (0, 0, 1, 0.0)


PUBLISHED = {
    ("next-text", "RGB"): (201_934, 3.26, 10.05),
    ("next-text", "NIR"): (190_389, 1.57, 8.54),
    ("next-text", "TIR"): (167_144, 0.67, 8.29),
    ("idea-text", "RGB"): (162_634, 40.36, None),
    ("idea-text", "NIR"): (172_496, 50.99, None),
    ("idea-text", "TIR"): (172_219, 43.53, None),
}
"""Words, unknown rates in percent: published, strict. Words, and rates of IDEA-Text, are those of the paper's Fig. 2."""


@pytest.mark.parametrize("captions", ["next-text", "idea-text"])
def test_published_captions_of_rgbnt201_have_the_published_figures(published_captions, captions):
    (files,) = find_sets([published_captions / captions / "rgbnt201"]).values()
    total = 0
    for modality in ("RGB", "NIR", "TIR"):
        parts = [tally(file, file.items, word_lengths) for file in files if file.modality == modality]
        found = parts[0] + parts[1]
        words, published, strict = PUBLISHED[captions, modality]
        assert found.captions == 4787
        assert found.words == words
        assert round(100 * found.share(found.published), 2) == published
        assert strict is None or round(100 * found.share(found.strict), 2) == strict
        total += found.words
    assert total == {"next-text": 559_467, "idea-text": 507_349}[captions]


def test_published_captions_counted_in_plain_loops(published_captions):
    (files,) = find_sets([published_captions / "idea-text" / "msvr310"]).values()
    for file in files:
        found = tally(file, file.items, word_lengths)
        published = strict = sentences = 0
        for text in file.texts:
            tokens = text.split()
            published += any(token in ("none", "unknown", "unclear") for token in tokens)
            bare = [token.lower().strip(string.punctuation) for token in tokens]
            strict += any(token in ("none", "unknown", "unclear") for token in bare)
            sentences += len([part for part in re.split(r"(?<=[.!?])\s+", text.strip()) if part])
        assert (found.published, found.strict, found.sentences) == (published, strict, sentences)
