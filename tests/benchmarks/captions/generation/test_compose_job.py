import json

import pytest

from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.annotators.outcomes import Tally
from benchmarks.captions.files import read_entries
from benchmarks.captions.generation.compose_job import compose_job
from benchmarks.captions.generation.compositions import Compositions, by_template
from benchmarks.captions.generation.job import Asked, CaptionJob
from benchmarks.captions.schema.attribute import ImageKey
from benchmarks.common.errors import InputError


def job(**aggregation):
    return CaptionJob(
        benchmark="rgbnt201",
        settings={},
        object="person",
        annotators=(Asked(name="b", version="1"), Asked(name="a", version="1")),
        aggregation=AggregationSettings(**aggregation),
    )


def line(annotator, modality, item="1.jpg", split="train", reason="", **said):
    record = {"split": split, "modality": modality, "item": item, "annotator": annotator}
    if reason:
        return {**record, "status": "failed", "reason": reason}
    attributes = {name: {"value": value, "confidence": confidence} for name, (value, confidence) in said.items()}
    return {**record, "status": "done", "attributes": attributes}


def composed(folder, *lines, **aggregation):
    folder.mkdir(exist_ok=True)
    (folder / "observations.jsonl").write_text("".join(json.dumps(each) + "\n" for each in lines))
    return compose_job(folder, job(**aggregation), by_template)


def test_from_what_was_said_to_the_published_files(tmp_path):
    found = composed(
        tmp_path,
        line("a", "RGB", gender=("male", 0.9), backpack=("unknown", 0.9)),
        line("b", "RGB", gender=("female", 0.8), carrying=("unknown", 0.2)),
        line("a", "TIR", gender=("female", 0.6), carrying=("backpack", 0.8)),
    )
    assert read_entries(tmp_path / "train_RGB.json") == [("1.jpg", found.captions[ImageKey("train", "RGB", "1.jpg")])]
    rgb, tir = (found.captions[ImageKey("train", modality, "1.jpg")] for modality in ("RGB", "TIR"))
    assert "male" in rgb and "female" not in rgb and "backpack" in rgb
    assert "female" in tir and "backpack" in tir
    assert not (tmp_path / "train_NI.json").exists()
    assert (found.failed, found.lost, found.composer) == ({}, 0, None)


def test_equal_confidence_goes_to_the_annotator_that_the_job_names_first(tmp_path):
    found = composed(tmp_path, line("a", "RGB", gender=("male", 0.9)), line("b", "RGB", gender=("female", 0.9)))
    assert "female" in found.captions[ImageKey("train", "RGB", "1.jpg")]


def test_an_image_that_nobody_answered_has_no_caption_and_a_reason(tmp_path):
    found = composed(
        tmp_path,
        line("a", "RGB", gender=("male", 0.9)),
        line("b", "RGB", reason="time-out"),
        line("a", "NIR", reason="a refusal"),
        line("b", "NIR", reason="time-out"),
    )
    assert found.failed == {ImageKey("train", "NIR", "1.jpg"): "a: a refusal; b: time-out"}
    assert found.lost == 1
    assert [key.modality for key in found.captions] == ["RGB"]


def test_what_the_composer_fails_at_has_no_caption_and_a_reason(tmp_path):
    composed(tmp_path, line("a", "RGB", gender=("male", 0.9)))
    key = ImageKey("train", "RGB", "1.jpg")
    found = compose_job(tmp_path, job(), lambda *_: Compositions({}, {key: "composer: a refusal"}))
    assert found.failed == {key: "composer: a refusal"}
    assert not (tmp_path / "train_RGB.json").exists()


def test_a_composer_that_answers_nobody_takes_no_caption_away(tmp_path):
    composed(tmp_path, line("a", "RGB", gender=("male", 0.9)))
    before = (tmp_path / "train_RGB.json").read_bytes()
    key, tally = ImageKey("train", "RGB", "1.jpg"), Tally("composer c", "1", 1, not_asked=1, stopped="the key is refused")
    with pytest.raises(InputError, match="the key is refused; no caption file was changed: mend it and run"):
        compose_job(tmp_path, job(), lambda *_: Compositions({}, {key: "composer: not asked"}, tally))
    assert (tmp_path / "train_RGB.json").read_bytes() == before


def test_files_of_an_earlier_job_do_not_stay(tmp_path):
    composed(tmp_path, line("a", "RGB", gender=("male", 0.9)), line("a", "RGB", "2.jpg", "test", gender=("male", 0.9)))
    assert (tmp_path / "test_RGB.json").exists()
    composed(tmp_path, line("a", "RGB", gender=("male", 0.9)))
    assert sorted(path.name for path in tmp_path.glob("*.json")) == ["train_RGB.json"]


@pytest.mark.parametrize(("below", "carrying"), [(0.7, "handbag"), (0.5, "backpack")])
def test_the_settings_decide_what_is_rechecked(below, carrying, tmp_path):
    found = composed(
        tmp_path,
        line("a", "RGB", carrying=("backpack", 0.6)),
        line("a", "NIR", carrying=("handbag", 0.9)),
        recheck_below=below,
    )
    assert carrying in found.captions[ImageKey("train", "RGB", "1.jpg")]
