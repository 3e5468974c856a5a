import json

import pytest

from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.generation.job import Asked, CaptionJob, read_job, write_job
from benchmarks.common.errors import InputError

JOB = CaptionJob(
    benchmark="synthetic_person",
    settings={"image_size": [64, 32]},
    object="person",
    annotators=(Asked(name="a", version="1"),),
    aggregation=AggregationSettings(recheck_below=0.4),
)


def test_a_job_is_read_back(tmp_path):
    write_job(tmp_path, JOB)
    assert read_job(tmp_path) == JOB


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("{", "cannot be read"),
        ("[]", "not a JSON object"),
        ("{}", "the key 'benchmark' is missing"),
        (json.dumps({**JOB.model_dump(mode="json"), "object": "cat"}), "object: input should be 'person' or 'vehicle'"),
    ],
)
def test_damage_is_one_line(content, message, tmp_path):
    (tmp_path / "job.json").write_text(content)
    with pytest.raises(InputError, match=message) as error:
        read_job(tmp_path)
    assert "\n" not in str(error.value)


def test_another_folder_is_no_job(tmp_path):
    with pytest.raises(InputError, match="no job.json in it; give a folder that harness captions generate wrote"):
        read_job(tmp_path)
