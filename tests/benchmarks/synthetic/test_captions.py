from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.batch import MODALITIES, Caption
from benchmarks.captions.sentences import join_sentences, split_sentences
from benchmarks.synthetic.captions import captions, mentioned
from benchmarks.synthetic.moments import Time
from benchmarks.synthetic.person.attributes import COLOURS, PERSON
from benchmarks.synthetic.person.visibility import visibility
from benchmarks.synthetic.world import VERSION, World

from .helpers import altered, filled

ADJECTIVES = {
    **{colour: {"colour": colour} for colour in {*COLOURS, *PERSON["bag_colour"].values, *PERSON["footwear_colour"].values}},
    **{word: {"shade": "light"} for word in ("light", "faded", "bright")},
    **{word: {"shade": "dark"} for word in ("dark", "deep", "cream")},
    **{word: {"pattern": word} for word in ("striped", "printed")},
    **{word: {"fabric": word} for word in ("matte", "reflective")},
    **{word: {"warmth": word} for word in ("thin", "thick")},
}
OPENING = re.compile(
    r"(?:An?) (?:(adult|teenager) (male|female)|person) seen from the (front|back|side)(?: during (\w+) in (\w+) lighting)?\."
)
HAIR = re.compile(
    r"(Short|Medium|Long)(?: (straight|curly))?(?: (black|brown|blond|gray))? hair( under a cap)?(?: and (.*))?\."
)
GLASSES = re.compile(r"(?:(?:he|she|He|She) is )?((?:not )?wearing glasses)")

GOLDEN = {2: "d71af2917d7b0c6d152282ac02340e819c87da465106949fd8af2623025fb6fd"}
"""sha256 of some captions by version: when this changes, VERSION must change."""


@dataclass(frozen=True)
class Read:
    """What a caption says: words by attribute, and the moment."""

    words: dict[str, str]
    view: str
    light: tuple[str | None, str | None]


def read(caption: Caption) -> Read:
    """Take a caption apart with a grammar of its own."""
    opening = OPENING.fullmatch(caption[0])
    assert opening, caption[0]
    age, gender, view, time, light = opening.groups()
    words = {name: word for name, word in (("age", age), ("gender", gender)) if word}
    for sentence in caption[1:-1]:
        words.update(read_sentence(sentence, gender))
    return Read(words, view, (time, light))


def read_sentence(sentence: str, gender: str | None) -> dict[str, str]:
    hair = HAIR.fullmatch(sentence)
    if hair:
        length, style, colour, cap, glasses = hair.groups()
        told = {"hair_length": length.lower(), "hair_style": style, "hair_colour": colour, "hat": "cap" if cap else None}
        told["glasses"] = GLASSES.fullmatch(glasses)[1] if glasses else None  # type: ignore[index]
        return {name: word for name, word in told.items() if word}
    subject = {"male": "He", "female": "She", None: "The person"}[gender]
    assert sentence.startswith(f"{subject} is "), sentence
    predicate = sentence.removeprefix(f"{subject} is ").removesuffix(".")
    if GLASSES.fullmatch(predicate):
        return {"glasses": predicate}
    if predicate.startswith("wearing "):
        return dict(read_clothes(predicate.removeprefix("wearing ")))
    if predicate == "mostly hidden":
        return {}
    return dict(read_things(predicate))


def read_clothes(phrase: str) -> Iterator[tuple[str, str]]:
    for piece in re.split(r" with |, paired with ", phrase):
        garment = re.sub(r"^an? ", "", piece)
        if garment == "unidentifiable footwear":
            continue
        name = next(
            name for name in ("upper", "lower", "footwear") if any(garment.endswith(value) for value in PERSON[name].values)
        )
        value = next(value for value in sorted(PERSON[name].values, key=len, reverse=True) if garment.endswith(value))
        yield name, value
        countable = name == "upper" or value == "skirt"
        assert piece.startswith(("a ", "an ")) == countable, phrase
        for adjective in garment.removesuffix(value).split():
            for kind, word in ADJECTIVES[adjective].items():
                yield f"{name}_{kind}", word


def read_things(phrase: str) -> Iterator[tuple[str, str]]:
    if phrase == "not carrying a bag":
        yield "bag", ""
        return
    for piece in phrase.split(" and "):
        verb, _, *rest = piece.split()
        if verb == "holding":
            yield "held", " ".join(rest)
            continue
        assert verb == ("dragging" if rest[-1] == "suitcase" else "carrying")
        if rest[0] in PERSON["bag_colour"].values:
            yield "bag_colour", rest.pop(0)
        yield "bag", " ".join(rest)


@pytest.fixture(scope="module")
def told(large: World) -> list[tuple[Caption, ...]]:
    return captions(large, range(len(large)))


def test_captions_are_those_of_this_version() -> None:
    world = World(draw=3, identities=12, images=4, cameras=3)
    text = json.dumps(captions(world, range(len(world))))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN[VERSION]


def test_captions_are_the_same_in_any_order(large: World, told: list[tuple[Caption, ...]]) -> None:
    assert captions(large, [70, 3, 3]) == [told[70], told[3], told[3]]


def test_captions_say_what_is_true_and_can_be_seen(large: World, told: list[tuple[Caption, ...]]) -> None:
    visible = visibility(large, np.arange(len(large)))
    people, row = large.people, large.visits.row
    stated = 0
    for sample, triplet in enumerate(told):
        for place, caption in enumerate(triplet):
            for name, word in read(caption).words.items():
                assert word == PERSON[name].values[getattr(people, name)[row[sample]]], (sample, place, caption)
                assert visible[name][sample, place], (name, caption)
                stated += 1
    assert stated > 8 * 3 * len(large)


def test_captions_say_most_of_what_can_be_seen(large: World, told: list[tuple[Caption, ...]]) -> None:
    visible = visibility(large, np.arange(len(large)))
    read_words = [[read(caption).words for caption in triplet] for triplet in told]
    for name in ("upper", "lower", "hair_length", "gender"):
        for place in range(3):
            said = np.array([name in words[place] for words in read_words])
            np.testing.assert_array_equal(said, visible[name][:, place])
    said = np.array([["footwear" in words for words in triplet] for triplet in read_words])
    assert said[visible["footwear"]].mean() == pytest.approx(large.difficulty.mention, abs=0.03)


def test_captions_tell_the_moment(large: World, told: list[tuple[Caption, ...]]) -> None:
    views, flare = ("front", "back", "side", "side"), large.nuisances.flare
    for sample, triplet in enumerate(told):
        night = large.visits.time[sample] == Time.NIGHT
        for place, caption in enumerate(triplet):
            said = read(caption)
            assert said.view == views[large.poses.view[sample]]
            if MODALITIES[place] == "TIR":
                assert said.light == (None, None)
            else:
                assert said.light[0] == ("nighttime" if night else "daytime")
                assert (said.light[1] == "bright") == flare[sample]
            blurry = large.nuisances.blur[sample, place] > 0
            assert caption[-1] == f"The image appears {'blurry' if blurry else 'clear'}."


def test_only_rgb_by_daylight_names_colours(large: World, told: list[tuple[Caption, ...]]) -> None:
    colours = re.compile(rf"\b({'|'.join([*COLOURS, 'blond', 'light', 'dark', 'colou?r'])})\b")
    night = large.visits.time == Time.NIGHT
    named = np.array([[bool(colours.search(join_sentences(caption))) for caption in triplet] for triplet in told])
    assert not named[:, 1:].any()
    assert not named[night, 0].any()
    assert named[~night & ~large.nuisances.flare & (large.nuisances.occluder == 0), 0].all()


def test_captions_have_three_to_five_sentences_that_survive_a_file(told: list[tuple[Caption, ...]]) -> None:
    for triplet in told:
        for caption in triplet:
            assert 3 <= len(caption) <= 5
            assert split_sentences(join_sentences(caption)) == caption


def tokens(text: str) -> int:
    """Tokens in CLIP's vocabulary, with start and end: words and stops are one each, two words are more."""
    return 2 + len(re.findall(r"[\w-]+|[.,]", text)) + 2 * text.count("t-shirt") + text.count("unidentifiable")


def test_captions_fit_the_text_tower(told: list[tuple[Caption, ...]]) -> None:
    assert max(tokens(join_sentences(caption)) for triplet in told for caption in triplet) < 77


@pytest.mark.slow
def test_words_are_as_many_tokens_as_assumed(told: list[tuple[Caption, ...]]) -> None:
    tokenizer = pytest.importorskip("open_clip.tokenizer").SimpleTokenizer()
    for text in sorted({join_sentences(caption) for triplet in told for caption in triplet})[::50]:
        assert len(tokenizer.encode(text)) + 2 == tokens(text), text


def test_captions_vary(told: list[tuple[Caption, ...]]) -> None:
    rgb = [join_sentences(triplet[0]) for triplet in told]
    assert len(set(rgb)) > 0.9 * len(rgb)
    assert len({sentence for triplet in told for caption in triplet for sentence in caption}) > 1500


def test_what_cannot_be_seen_is_not_said(clear: World) -> None:
    hidden = altered(clear, occluder=filled(clear, 2), occluder_place=filled(clear, 0.0).astype(np.float32))
    back = altered(clear, view=filled(clear, 1))
    assert not mentioned(hidden, np.arange(len(clear)))["footwear"].any()
    assert not mentioned(back, np.arange(len(clear)))["glasses"].any()
    for triplet in captions(hidden, range(len(clear))):
        assert all("footwear" not in read(caption).words for caption in triplet)


@pytest.mark.parametrize("quality", [0.35, 0.7, 1.0])
def test_as_many_words_are_true_as_the_quality_says(large: World, quality: float) -> None:
    people, row = large.people, large.visits.row
    right = []
    for sample, triplet in enumerate(captions(large, range(400), quality)):
        for caption in triplet:
            for name, word in read(caption).words.items():
                if name in ("upper", "lower", "hair_length"):
                    right.append(word == PERSON[name].values[getattr(people, name)[row[sample]]])
    assert np.mean(right) == pytest.approx(quality, abs=0.03)


def test_quality_changes_words_and_nothing_else(large: World) -> None:
    for true, false in zip(captions(large, range(50)), captions(large, range(50), 0.0), strict=True):
        for right, wrong in zip(true, false, strict=True):
            assert right[-1] == wrong[-1]
            assert read(right).view == read(wrong).view
            assert right != wrong
