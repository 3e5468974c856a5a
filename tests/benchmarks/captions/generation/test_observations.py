import json

import pytest

from benchmarks.captions.generation.observations import read_observations
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.common.errors import InputError

PLACE = {"split": "train", "modality": "RGB", "item": "a.jpg", "annotator": "a"}
DONE = {**PLACE, "status": "done", "attributes": {"gender": {"value": "male", "confidence": 0.9}}}
FAILED = {**PLACE, "annotator": "b", "status": "failed", "reason": "a refusal"}


def read(path, *records):
    path.write_text("".join(json.dumps(record) + "\n" for record in records))
    return list(read_observations(path, schema_of("person")))


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
        ({**DONE, "status": "maybe"}, "status: input should be 'done' or 'failed'"),
        ({**FAILED, "reason": ""}, "failed without a reason"),
        ({"split": "train"}, "the key 'modality' is missing"),
    ],
)
def test_what_is_no_observation_is_refused(record, message, tmp_path):
    with pytest.raises(InputError, match=message) as error:
        read(tmp_path / "o.jsonl", record)
    assert "\n" not in str(error.value)
