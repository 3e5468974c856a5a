import json

import pytest

from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.generation.job import Asked, CaptionJob
from benchmarks.captions.generation.observations import read_moments, read_observations
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.common.errors import InputError

PLACE = {"split": "train", "modality": "RGB", "item": "a.jpg", "annotator": "a"}
DONE = {**PLACE, "status": "done", "attributes": {"gender": {"value": "male", "confidence": 0.9}}}
FAILED = {**PLACE, "annotator": "b", "status": "failed", "reason": "a refusal"}
JOB = CaptionJob(
    benchmark="rgbnt201",
    settings={},
    object="person",
    annotators=(Asked(name="a", version="1"), Asked(name="b", version="1")),
    aggregation=AggregationSettings(),
)


def read(path, *records, reader=read_observations):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return list(reader(path, JOB))


def test_what_was_said_and_what_failed(tmp_path):
    done, failed = read(tmp_path / "o.jsonl", DONE, FAILED)
    assert done.key == failed.key == ImageKey("train", "RGB", "a.jpg")
    said = done.attributes["gender"]
    assert (said.value, said.confidence, said.annotator, done.reason) == ("male", 0.9, "a", "")
    assert (failed.annotator, failed.attributes, failed.reason) == ("b", None, "a refusal")


@pytest.mark.parametrize(
    ("record", "message"),
    [
        ({**DONE, "attributes": {"gendr": {"value": "male", "confidence": 1}}}, "line 1: unknown attribute.*'gendr'.*'gender'"),
        ({**DONE, "attributes": {"gender": {"value": "male", "confidence": 7}}}, "less than or equal to 1"),
        ({**DONE, "attributes": {"gender": {"value": "robot", "confidence": 1}}}, "line 1: 'robot' is no value of gender"),
        ({**DONE, "annotator": "bb"}, "line 1: unknown annotator of this job 'bb'; did you mean 'b'"),
        ({**DONE, "split": "../up"}, "split: input should be 'train' or 'test'"),
        ({**DONE, "modality": "FIR"}, "modality: input should be 'RGB', 'NIR' or 'TIR'"),
        ({**DONE, "status": "maybe"}, "status: input should be 'done' or 'failed'"),
        ({**FAILED, "reason": ""}, "failed without a reason"),
        ({"split": "train"}, "the key 'modality' is missing"),
    ],
)
@pytest.mark.parametrize("reader", [read_observations, read_moments])
def test_what_is_no_observation_is_refused(record, message, reader, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "o.jsonl", record, reader=reader)
    assert "\n" not in str(error.value)


def test_a_moment_holds_all_modalities_of_an_object(tmp_path):
    places = [("test", "NIR", "b.jpg"), ("test", "RGB", "a.jpg"), ("test", "RGB", "b.jpg"), ("train", "NIR", "a.jpg")]
    lines = [{**DONE, "split": split, "modality": modality, "item": item} for split, modality, item in places]
    moments = read(tmp_path / "o.jsonl", *lines, reader=read_moments)
    found = [[(each.key.split, each.key.modality, each.key.item) for each in moment] for moment in moments]
    assert found == [[places[1]], [places[0], places[2]], [places[3]]]


def test_an_empty_file_has_no_moments(tmp_path):
    with pytest.raises(InputError, match=r"o\.jsonl: empty; run harness captions generate again"):
        read(tmp_path / "o.jsonl", reader=read_moments)
