import json

import pytest

from benchmarks.captions.aggregation.aggregate import aggregate
from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.aggregation.store import read_aggregated, write_aggregated
from benchmarks.captions.schema.attribute import UNKNOWN, ImageKey
from benchmarks.common.errors import InputError

from .made import SCHEMA, said


def decided():
    answers = {
        "RGB": [said("a", bag=(UNKNOWN, 0.5)), said("b", bag=("none", 0.6))],
        "TIR": [said("a", bag=("backpack", 0.8), colour=("red", 0.3))],
    }
    found = aggregate(SCHEMA, answers, AggregationSettings())
    return [(ImageKey("test", modality, "a.jpg"), image) for modality, image in found.items()]


def test_what_is_written_is_read_back_in_order(tmp_path):
    images = decided()
    write_aggregated(tmp_path / "a.jsonl", reversed(images))
    assert list(read_aggregated(tmp_path / "a.jsonl")) == images


def test_a_line_holds_the_contract(tmp_path):
    write_aggregated(tmp_path / "a.jsonl", decided())
    first = json.loads((tmp_path / "a.jsonl").read_text().splitlines()[0])
    assert (first["split"], first["modality"], first["item"]) == ("test", "RGB", "a.jpg")
    bag = first["attributes"]["bag"]
    assert {name: bag[name] for name in ("value", "confidence", "annotator", "modality", "decision")} == {
        "value": "backpack",
        "confidence": 0.8,
        "annotator": "a",
        "modality": "TIR",
        "decision": "completed",
    }
    assert [each["verdict"] for each in bag["candidates"]] == [
        "less confident",
        "unsure or unknown here, another modality knows better",
        "chosen",
    ]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 1: not JSON"),
        ("[]", "line 1: not a JSON object"),
        ('{"split": "test", "modality": "RGB", "item": "a"}', "the key 'attributes' is missing"),
    ],
)
def test_damage_is_one_line_with_its_place(line, message, tmp_path):
    (tmp_path / "a.jsonl").write_text(line + "\n")
    with pytest.raises(InputError, match=message) as error:
        list(read_aggregated(tmp_path / "a.jsonl"))
    assert "\n" not in str(error.value)


def test_a_missing_file_says_who_writes_it(tmp_path):
    with pytest.raises(InputError, match="no such file.*captions generate"):
        list(read_aggregated(tmp_path / "a.jsonl"))
