import itertools

from benchmarks.captions.aggregation.complete import complete
from benchmarks.captions.aggregation.decided import Verdict
from benchmarks.captions.aggregation.merge import merge
from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.schema.attribute import UNKNOWN

from .made import SCHEMA, brief, said

SETTINGS = AggregationSettings(recheck_below=0.7)
MODALITIES = ("RGB", "NIR", "TIR")


def completed(**answers):
    """The completed sets, from what one annotator said in each modality."""
    merged = {modality: merge(SCHEMA, modality, [each], SETTINGS) for modality, each in answers.items()}
    return complete(SCHEMA, merged, SETTINGS)


def test_an_unknown_bag_is_taken_from_the_most_confident_other_modality():
    sets = completed(RGB=said("a", bag=(UNKNOWN, 0.95)), NIR=said("a", bag=("none", 0.4)), TIR=said("a", bag=("backpack", 0.8)))
    assert brief(sets["RGB"]) == {"bag": ("backpack", 0.8, "a", "TIR", "completed")}
    assert brief(sets["NIR"]) == {"bag": ("backpack", 0.8, "a", "TIR", "completed")}
    assert brief(sets["TIR"]) == {"bag": ("backpack", 0.8, "a", "TIR", "merged")}


def test_every_candidate_is_kept_with_its_verdict():
    sets = completed(RGB=said("a", bag=(UNKNOWN, 0.95)), NIR=said("a", bag=("none", 0.4)), TIR=said("a", bag=("backpack", 0.8)))
    assert [(each.modality, each.value, each.verdict) for each in sets["RGB"]["bag"].candidates] == [
        ("RGB", UNKNOWN, Verdict.OVERRULED),
        ("NIR", "none", Verdict.LESS_CONFIDENT),
        ("TIR", "backpack", Verdict.CHOSEN),
    ]


def test_a_known_value_gives_way_to_more_confidence_alone():
    sets = completed(RGB=said("a", bag=("none", 0.6)), TIR=said("a", bag=("backpack", 0.6)))
    assert brief(sets["RGB"]) == {"bag": ("none", 0.6, "a", "RGB", "rechecked")}
    assert [each.verdict for each in sets["RGB"]["bag"].candidates] == [Verdict.CHOSEN, Verdict.LESS_CONFIDENT]


def test_what_is_sure_is_not_rechecked():
    sets = completed(RGB=said("a", bag=("none", 0.7)), TIR=said("a", bag=("backpack", 0.99)))
    assert brief(sets["RGB"]) == {"bag": ("none", 0.7, "a", "RGB", "merged")}


def test_an_attribute_that_nobody_answered_is_completed():
    sets = completed(RGB=said("a", bag=("backpack", 0.2)), NIR=said("a", light=("dim", 0.5)))
    assert brief(sets["NIR"]) == {
        "light": ("dim", 0.5, "a", "NIR", "merged"),
        "bag": ("backpack", 0.2, "a", "RGB", "completed"),
    }


def test_low_frequency_attributes_keep_their_own_word():
    sets = completed(RGB=said("a", light=(UNKNOWN, 0.1)), NIR=said("a", light=("bright", 1.0)))
    assert brief(sets["RGB"]) == {"light": (UNKNOWN, 0.1, "a", "RGB", "merged")}


def test_what_a_modality_cannot_show_stays_out():
    sets = completed(RGB=said("a", glasses=("yes", 1.0), colour=("red", 1.0)), TIR=said("a", bag=("none", 0.9)))
    assert sets["TIR"].keys() == {"bag"}


def test_nobody_knows():
    sets = completed(RGB=said("a", bag=(UNKNOWN, 0.5)), NIR=said("a", bag=(UNKNOWN, 0.9)))
    assert brief(sets["RGB"]) == {"bag": (UNKNOWN, 0.5, "a", "RGB", "rechecked")}
    assert [each.verdict for each in sets["RGB"]["bag"].candidates] == [Verdict.CHOSEN, Verdict.UNKNOWN]


def test_against_plain_loops_over_all_triples():
    options = [(value, confidence) for value in ("none", "backpack", UNKNOWN) for confidence in (0.3, 0.6, 0.9)]
    for triple in itertools.product(options, repeat=3):
        own = dict(zip(MODALITIES, triple, strict=True))
        found = completed(**{modality: said("a", bag=each) for modality, each in own.items()})
        for modality, (value, confidence) in own.items():
            expected, source = (value, confidence), modality
            if value == UNKNOWN or confidence < 0.7:
                bar = -1 if value == UNKNOWN else confidence
                for other in MODALITIES:
                    if other != modality and own[other][0] != UNKNOWN and own[other][1] > bar:
                        expected, source, bar = own[other], other, own[other][1]
            decided = found[modality]["bag"]
            assert (decided.value, decided.confidence, decided.modality) == (*expected, source), own
