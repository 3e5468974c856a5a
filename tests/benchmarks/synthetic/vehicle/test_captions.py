from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

import numpy as np
import pytest

from benchmarks.batch import MODALITIES, Caption
from benchmarks.captions.sentences import join_sentences, split_sentences
from benchmarks.synthetic.captions import captions, mentioned
from benchmarks.synthetic.moments import Time
from benchmarks.synthetic.vehicle.attributes import COLOURS, VEHICLE
from benchmarks.synthetic.vehicle.stances import View
from benchmarks.synthetic.vehicle.visibility import visibility
from benchmarks.synthetic.world import VERSION, World

from .helpers import altered, filled

GOLDEN = {2: "deab158e3a7978f11ce3e376189668e761cb099b0e0b229c2e553e048be70ee1"}
"""sha256 of some captions by version: when this changes, VERSION must change."""
_COLOUR, _BRAND, _TYPE = ("|".join(sorted(VEHICLE[name].values, key=len, reverse=True)) for name in ("colour", "brand", "type"))
OPENING = re.compile(
    rf"An? (?:(?:(brownish|bluish|deep) )?({_COLOUR}) )?(?:({_BRAND}) )?({_TYPE}|vehicle) viewed from the "
    r"(front|back|side|diagonal)(?: in (\w+) (\w+) light)? \(image appears (clear|blurry)\)\."
)
LAMP = "angular|rectangular|oval|round"
SENTENCES = (
    re.compile(r"It shows (?P<surface>[^.]*?)(?: with (?P<panes>[a-z ]+) windows)?\."),
    re.compile(r"It has (?P<panes>[a-z ]+) windows\."),
    re.compile(r"It features (?P<features>[^.]*)\."),
    re.compile(r"The (?P<roof>[a-z ]+) roof sits above (?P<below>[a-z ]+)\."),
    re.compile(r"It has a (?P<roof>[a-z ]+) roof\."),
    re.compile(r"It stands on (?P<below>[a-z ]+)\."),
    re.compile(
        r"Heat leaves at the (?P<engine_heat>hood|grille|wheel arches)(?: before a (?P<cabin_heat>cold|heated) cabin)?\."
    ),
    re.compile(r"The cabin is (?P<cabin_heat>cold|heated)\."),
    re.compile(r"License plate (?P<plate>is visible|is not visible)\."),
    re.compile(r"Spoiler and roof rack (?P<both>are present|are not present)\."),
    re.compile(r"(?P<there>Spoiler|Roof rack) is present, (?P<missing>spoiler|roof rack) is not\."),
    re.compile(r"Spoiler (?P<spoiler>is present|is not present)\."),
    re.compile(r"Roof rack (?P<roof_rack>is present|is not present)\."),
    re.compile(r"The vehicle is mostly hidden\."),
)
SURFACE = {
    "wear": r"(new|used|worn) wear",
    "paint": r"(matte|reflective) paint",
    "body_heat": r"a (cool|warm) body",
    "marking": r"a (stripe|sticker)",
}
FEATURES = {
    "headlights": rf"({LAMP}) headlights",
    "taillights": rf"({LAMP}) taillights",
    "grille": r"a (horizontal|hexagonal|vertical) grille",
    "bumpers": r"(painted|plastic) bumpers",
    "exhaust": r"(hidden|single|dual) exhaust pipes",
}
PANES = {"window_tint": "tinted|clear", "window_film": "coated", "windows": "curved|flat"}
ROOF = {"roof_colour": "contrasting", "roof": "sloped|flat|sunroof"}


@dataclass(frozen=True)
class Read:
    """What a caption says: words by attribute, and the moment."""

    words: dict[str, str]
    view: str
    light: tuple[str | None, str | None]
    clarity: str


def read(caption: Caption) -> Read:
    """Take a caption apart with a grammar of its own."""
    opening = OPENING.fullmatch(caption[0])
    assert opening, caption[0]
    tone, colour, brand, kind, view, light, time, clarity = opening.groups()
    assert (tone == "deep") <= (colour in ("brown", "blue")), caption[0]
    tone = {"brown": "brownish", "blue": "bluish"}[colour] if tone == "deep" else tone
    told = {"tone": tone, "colour": colour, "brand": brand, "type": None if kind == "vehicle" else kind}
    assert caption[0].startswith("An ") == (caption[0].split()[1][0] in "aeiou" or caption[0].startswith("An SUV"))
    words = {name: word for name, word in told.items() if word}
    for sentence in caption[1:]:
        found = read_sentence(sentence)
        assert not set(found) & set(words), caption
        words.update(found)
    return Read(words, view, (time, light), clarity)


def read_sentence(sentence: str) -> dict[str, str]:
    match = next((match for pattern in SENTENCES if (match := pattern.fullmatch(sentence))), None)
    assert match, sentence
    parts = {name: phrase for name, phrase in match.groupdict().items() if phrase}
    words: dict[str, str] = {}
    words.update(listed(parts.pop("surface", ""), SURFACE))
    words.update(listed(parts.pop("features", ""), FEATURES))
    words.update(in_a_row(parts.pop("panes", ""), PANES))
    words.update(in_a_row(parts.pop("roof", ""), ROOF))
    words.update(below(parts.pop("below", "")))
    if "both" in parts:
        words.update(dict.fromkeys(("spoiler", "roof_rack"), parts.pop("both").replace("are", "is")))
    if "there" in parts:
        there, missing = parts.pop("there").lower(), parts.pop("missing")
        assert there != missing
        words.update({there.replace(" ", "_"): "is present", missing.replace(" ", "_"): "is not present"})
    return {**words, **parts}


def listed(phrase: str, patterns: dict[str, str]) -> dict[str, str]:
    words = {}
    for piece in re.split(r", | and ", phrase) if phrase else ():
        found = {name: match[1] for name, pattern in patterns.items() if (match := re.fullmatch(pattern, piece))}
        assert len(found) == 1, phrase
        words.update(found)
    return words


def in_a_row(phrase: str, patterns: dict[str, str]) -> dict[str, str]:
    match = re.fullmatch(" ?".join(rf"(?P<{name}>{pattern})?" for name, pattern in patterns.items()), phrase)
    assert match, phrase
    return {name: word for name, word in match.groupdict().items() if word}


def below(phrase: str) -> dict[str, str]:
    wheels = r"(?:(?:(?P<wheel_heat>cold|hot) )?(?:(?P<tires>regular|street) tires|wheels))?"
    match = re.fullmatch(rf"{wheels}(?: on )?(?:(?P<rims>plain|spoked|dark) rims)?", phrase)
    assert match, phrase
    return {name: word for name, word in match.groupdict().items() if word}


@pytest.fixture(scope="module")
def told(large: World) -> list[tuple[Caption, ...]]:
    return captions(large, range(len(large)))


def test_captions_are_those_of_this_version() -> None:
    world = World(object="vehicle", draw=3, identities=12, images=4, cameras=3, image_size=(32, 64))
    text = repr(captions(world, range(len(world))))
    assert hashlib.sha256(text.encode()).hexdigest() == GOLDEN[VERSION]


def test_captions_are_the_same_in_any_order(large: World, told: list[tuple[Caption, ...]]) -> None:
    assert captions(large, [70, 3, 3]) == [told[70], told[3], told[3]]


def test_captions_say_what_is_true_and_can_be_seen(large: World, told: list[tuple[Caption, ...]]) -> None:
    visible = visibility(large, np.arange(len(large)))
    row = large.visits.row
    stated = 0
    for sample, triplet in enumerate(told):
        for place, caption in enumerate(triplet):
            for name, word in read(caption).words.items():
                assert word == VEHICLE[name].values[large.attributes[name][row[sample]]], (sample, place, caption)
                assert visible[name][sample, place], (name, caption)
                stated += 1
    assert stated > 8 * 3 * len(large)


def test_captions_say_most_of_what_can_be_seen(large: World, told: list[tuple[Caption, ...]]) -> None:
    visible = visibility(large, np.arange(len(large)))
    read_words = [[read(caption).words for caption in triplet] for triplet in told]
    for name in ("type", "brand", "colour", "windows", "roof"):
        for place in range(3):
            said = np.array([name in words[place] for words in read_words])
            np.testing.assert_array_equal(said, visible[name][:, place], err_msg=name)
    for name in ("bumpers", "plate", "headlights", "taillights", "tires", "engine_heat", "cabin_heat"):
        said = np.array([[name in words for words in triplet] for triplet in read_words])
        assert said[visible[name]].mean() == pytest.approx(large.difficulty.mention, abs=0.03), name


def test_captions_tell_the_moment(large: World, told: list[tuple[Caption, ...]]) -> None:
    views, flare = ("front", "back", "side", "side", *["diagonal"] * 4), large.nuisances.flare
    for sample, triplet in enumerate(told):
        night = large.visits.time[sample] == Time.NIGHT
        for place, caption in enumerate(triplet):
            said = read(caption)
            assert said.view == views[large.stances.view[sample]]
            if MODALITIES[place] == "TIR":
                assert said.light == (None, None)
            else:
                assert said.light[0] == ("nighttime" if night else "daytime")
                assert (said.light[1] == "bright") == flare[sample]
            assert said.clarity == ("blurry" if large.nuisances.blur[sample, place] > 0 else "clear")


def test_only_rgb_by_daylight_names_colours(large: World, told: list[tuple[Caption, ...]]) -> None:
    colours = re.compile(rf"\b({'|'.join([*COLOURS, 'brownish', 'bluish', 'contrasting', 'tinted', 'colou?r'])})\b")
    night = large.visits.time == Time.NIGHT
    named = np.array([[bool(colours.search(join_sentences(caption))) for caption in triplet] for triplet in told])
    assert not named[:, 1:].any()
    assert not named[night, 0].any()
    assert named[~night & ~large.nuisances.flare & (large.nuisances.occluder == 0), 0].all()


def test_captions_survive_a_file(told: list[tuple[Caption, ...]]) -> None:
    lengths = [len(caption) for triplet in told for caption in triplet]
    assert min(lengths) >= 2
    assert max(lengths) <= 7
    assert np.mean([length >= 5 for length in lengths]) > 0.7
    for triplet in told:
        for caption in triplet:
            assert split_sentences(join_sentences(caption)) == caption


_SPLIT = {"taillights": 3, "hexagonal": 3} | dict.fromkeys(
    ("Geely", "minivan", "diagonal", "sloped", "sunroof", "bumpers", "spoked", "brownish", "bluish"), 2
)
"""Words that are more than one token."""


def tokens(text: str) -> int:
    """Tokens in CLIP's vocabulary, with start and end: most words and all signs are one each."""
    words = re.findall(r"\w+", text)
    signs = re.sub(r"\)\.", ")", re.sub(r"[\w\s]", "", text))  # ")." is one token
    return 2 + len(signs) + sum(_SPLIT.get(word, 1) for word in words)


def test_captions_fit_the_text_tower(told: list[tuple[Caption, ...]]) -> None:
    assert max(tokens(join_sentences(caption)) for triplet in told for caption in triplet) <= 77


@pytest.mark.slow
def test_words_are_as_many_tokens_as_assumed(told: list[tuple[Caption, ...]]) -> None:
    tokenizer = pytest.importorskip("open_clip.tokenizer").SimpleTokenizer()
    for text in sorted({join_sentences(caption) for triplet in told for caption in triplet})[::50]:
        assert len(tokenizer.encode(text)) + 2 == tokens(text), text


def test_captions_vary(told: list[tuple[Caption, ...]]) -> None:
    rgb = [join_sentences(triplet[0]) for triplet in told]
    assert len(set(rgb)) > 0.75 * len(rgb)
    assert len({sentence for triplet in told for caption in triplet for sentence in caption}) > 1000


def test_wrong_captions_are_told_as_often_as_asked_for(large: World) -> None:
    rows = np.arange(200)
    right = wrong = 0
    for sample, triplet in zip(rows, captions(large, rows, quality=0.6), strict=True):
        for caption in triplet:
            for name, word in read(caption).words.items():
                true = VEHICLE[name].values[large.attributes[name][large.visits.row[sample]]]
                right, wrong = right + (word == true), wrong + (word != true)
    assert right / (right + wrong) == pytest.approx(0.6, abs=0.05)


def test_what_cannot_be_seen_is_not_said(clear: World) -> None:
    rows = np.arange(len(clear))
    low = altered(clear, occluder=filled(clear, 2), occluder_place=filled(clear, 0.0).astype(np.float32))
    assert not mentioned(low, rows)["tires"].any()
    assert not mentioned(low, rows)["bumpers"].any()
    for view, hidden in (
        (View.FRONT, "taillights"),
        (View.BACK, "headlights"),
        (View.LEFT, "plate"),
        (View.BACK, "engine_heat"),
    ):
        seen = altered(clear, view=filled(clear, view))
        assert not mentioned(seen, rows)[hidden].any()
        assert all(hidden not in read(caption).words for triplet in captions(seen, rows) for caption in triplet)
