import json

import pytest

from benchmarks.captions.aggregation.decided import Verdict
from benchmarks.captions.aggregation.store import read_aggregated
from benchmarks.common.errors import InputError
from harness.captions.explanation import find_images


@pytest.fixture(scope="module")
def job(tmp_path_factory, tiny):
    """A finished job of a few images, not to be changed."""
    out = tmp_path_factory.mktemp("captions") / "out"
    tiny.call("captions", "generate", "synthetic_person", "--annotators", "simulated", "--out", out, "--limit", 4)
    return out


def test_an_image_is_found_in_all_modalities_or_in_one(job):
    name = next(key.item for key, _ in read_aggregated(job / "aggregated.jsonl"))
    assert [key.modality for key, _ in find_images(job, name, None)] == ["NIR", "RGB", "TIR"]
    assert [key.modality for key, _ in find_images(job, name, "TIR")] == ["TIR"]


def test_a_strange_name_is_answered_with_the_closest(job):
    name = next(key.item for key, _ in read_aggregated(job / "aggregated.jsonl"))
    with pytest.raises(InputError, match=f"no image 'x{name}'; did you mean .*'{name}'"):
        find_images(job, f"x{name}", None)
    with pytest.raises(InputError, match="no such file.*harness captions generate"):
        find_images(job / "elsewhere", name, None)


def test_the_table_tells_every_word_that_was_said(job, tiny):
    key, image = next(
        (key, image)
        for key, image in read_aggregated(job / "aggregated.jsonl")
        if any(decided.decision.value == "completed" for decided in image.attributes.values())
    )
    shown = tiny.call("captions", "explain", key.item, "--captions", job, "--modality", key.modality)
    lines = [line.split() for line in shown.out.splitlines()]
    assert shown.status == 0 and lines[0] == [key.split, key.modality, key.item]
    for name, decided in image.attributes.items():
        (start,) = (number for number, line in enumerate(lines) if line[0] == name)
        words = [
            *decided.value.split(),
            f"{decided.confidence:.2f}",
            decided.annotator,
            decided.modality,
            decided.decision.value,
        ]
        assert lines[start] == [name, *words]
        others = [each for each in decided.candidates if each.verdict is not Verdict.CHOSEN]
        for line, each in zip(lines[start + 1 :], others, strict=False):
            said = [*each.value.split(), f"{each.confidence:.2f}", each.annotator, each.modality]
            assert line == [*said, *f"not taken: {each.verdict.value}".split()]


def test_json_holds_the_records_of_the_file(job, tiny):
    records = [json.loads(line) for line in (job / "aggregated.jsonl").read_text().splitlines()]
    name = records[0]["item"]
    result = tiny.call("captions", "explain", name, "--captions", job, "--json")
    assert (result.status, result.err) == (0, "")
    assert json.loads(result.out) == [record for record in records if record["item"] == name]
