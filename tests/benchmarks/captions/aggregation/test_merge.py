import itertools

import pytest

from benchmarks.captions.aggregation.decided import Verdict
from benchmarks.captions.aggregation.merge import merge
from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.schema.attribute import UNKNOWN

from .made import SCHEMA, brief, said

PAPER = AggregationSettings()
YIELDS = AggregationSettings(unknown="yields")


def test_the_most_confident_annotator_wins_attribute_by_attribute():
    a = said("a", colour=("red", 0.9), bag=("none", 0.3))
    b = said("b", colour=("blue", 0.8), bag=("backpack", 0.6))
    assert brief(merge(SCHEMA, "RGB", [a, b], PAPER)) == {
        "colour": ("red", 0.9, "a", "RGB", "merged"),
        "bag": ("backpack", 0.6, "b", "RGB", "merged"),
    }


def test_what_one_annotator_alone_says_is_taken():
    merged = merge(SCHEMA, "RGB", [said("a", bag=("none", 0.1)), said("b", light=("dim", 0.2))], PAPER)
    assert brief(merged) == {"light": ("dim", 0.2, "b", "RGB", "merged"), "bag": ("none", 0.1, "a", "RGB", "merged")}


def test_equal_confidence_goes_to_the_known_then_to_the_first():
    unknown, red, blue = (said(who, colour=(value, 0.5)) for who, value in (("u", UNKNOWN), ("r", "red"), ("b", "blue")))
    assert merge(SCHEMA, "RGB", [unknown, blue, red], PAPER)["colour"].value == "blue"
    assert merge(SCHEMA, "RGB", [red, unknown, blue], PAPER)["colour"].value == "red"
    verdicts = [each.verdict for each in merge(SCHEMA, "RGB", [unknown, blue, red], PAPER)["colour"].candidates]
    assert verdicts == [Verdict.UNKNOWN_AT_TIE, Verdict.CHOSEN, Verdict.LATER_AT_TIE]


def test_an_unknown_competes_or_yields():
    answers = [said("a", bag=(UNKNOWN, 0.9)), said("b", bag=("backpack", 0.4))]
    competing, yielding = (merge(SCHEMA, "TIR", answers, settings)["bag"] for settings in (PAPER, YIELDS))
    assert (competing.value, yielding.value) == (UNKNOWN, "backpack")
    assert [each.verdict for each in competing.candidates] == [Verdict.CHOSEN, Verdict.LESS_CONFIDENT]
    assert [each.verdict for each in yielding.candidates] == [Verdict.UNKNOWN, Verdict.CHOSEN]


def test_what_a_modality_cannot_show_is_never_decided():
    assert merge(SCHEMA, "TIR", [said("a", colour=("red", 1.0), bag=("none", 0.5))], PAPER).keys() == {"bag"}


@pytest.mark.parametrize("settings", [PAPER, YIELDS])
def test_against_a_plain_loop_over_all_pairs(settings):
    """Whoever is beaten by nobody in a pair wins."""

    def beats(one, other, place, other_place):
        known, other_known = one[0] != UNKNOWN, other[0] != UNKNOWN
        if settings.unknown == "yields" and known != other_known:
            return known
        if one[1] != other[1]:
            return one[1] > other[1]
        if known != other_known:
            return known
        return place < other_place

    options = [(value, confidence) for value in ("none", "backpack", UNKNOWN) for confidence in (0.2, 0.5)]
    for triple in itertools.product(options, repeat=3):
        winner = next(
            place
            for place in range(3)
            if all(beats(triple[place], triple[other], place, other) for other in range(3) if other != place)
        )
        found = merge(SCHEMA, "RGB", [said(str(place), bag=each) for place, each in enumerate(triple)], settings)["bag"]
        assert (found.annotator, found.value, found.confidence) == (str(winner), *triple[winner])
        assert [each.verdict is Verdict.CHOSEN for each in found.candidates] == [place == winner for place in range(3)]
