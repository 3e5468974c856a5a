from benchmarks.captions.aggregation.aggregate import aggregate
from benchmarks.captions.aggregation.decided import Verdict
from benchmarks.captions.aggregation.settings import AggregationSettings

from .made import SCHEMA, brief, said


def test_merging_comes_first_and_completing_second():
    answers = {
        "RGB": [said("a", bag=("none", 0.5)), said("b", bag=("backpack", 0.6))],
        "TIR": [said("a", bag=("none", 0.8)), said("b", bag=("backpack", 0.7))],
    }
    found = aggregate(SCHEMA, answers, AggregationSettings(recheck_below=0.7))
    assert brief(found["RGB"].attributes) == {"bag": ("none", 0.8, "a", "TIR", "completed")}
    assert found["RGB"].values == {"bag": "none"}


def test_what_cannot_be_shown_is_kept_apart_with_its_verdict():
    found = aggregate(SCHEMA, {"TIR": [said("a", colour=("red", 0.9), bag=("none", 0.8))]}, AggregationSettings())["TIR"]
    assert found.values == {"bag": "none"}
    assert [(each.value, each.verdict) for each in found.left_out["colour"]] == [("red", Verdict.NOT_SHOWN)]


def test_a_modality_without_an_answer_is_not_decided():
    found = aggregate(SCHEMA, {"RGB": [said("a", bag=("none", 0.8))], "TIR": []}, AggregationSettings())
    assert found.keys() == {"RGB"}
