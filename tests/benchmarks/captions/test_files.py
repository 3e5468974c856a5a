import json

import pytest

from benchmarks.base import Sample
from benchmarks.captions.files import attach_captions, read_captions
from benchmarks.common.errors import InputError

MODALITIES = ("RGB", "NIR", "TIR")
SUFFIX = {"RGB": "RGB", "NIR": "NI", "TIR": "TI"}


def refused(act, *arguments):
    with pytest.raises(InputError) as error:
        act(*arguments)
    assert "\n" not in str(error.value)
    return str(error.value)


def write(path, captions):
    path.write_text(json.dumps([{"item": item, "description": text} for item, text in captions.items()]), "utf-8")
    return path


@pytest.fixture
def folder(tmp_path):
    for split in ("train", "test"):
        for modality, suffix in SUFFIX.items():
            write(tmp_path / f"{split}_{suffix}.json", {f"{n}.jpg": f"{split} {modality} {n}. Second." for n in "ab"})
    return tmp_path


def test_captions_are_sentences_by_item(tmp_path):
    path = write(tmp_path / "train_RGB.json", {"a.jpg": "A man. He walks.", "b.jpg": "Ein Mädchen mit Schirm"})
    assert read_captions(path) == {"a.jpg": ("A man.", "He walks."), "b.jpg": ("Ein Mädchen mit Schirm",)}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[{}]",
        "3",
        "null",
        '["a"]',
        '{"item": "a", "description": "b"}',
        '[{"item": "a"}]',
        '[{"description": "b"}]',
        '[{"item": "a", "description": null}]',
        '[{"item": "a", "description": 5}]',
        '[{"item": "a", "description": ["A man."]}]',
        '[{"item": 7, "description": "A man."}]',
    ],
)
def test_what_is_no_list_of_captions_is_refused(content, tmp_path):
    path = tmp_path / "train_RGB.json"
    path.write_text(content)
    assert f"{path}: not a JSON list of {{item, description}}" in refused(read_captions, path)


def test_bytes_that_are_no_text_are_refused(tmp_path):
    (tmp_path / "train_RGB.json").write_bytes(b"\xff\xfe\x00[")
    assert "not a JSON list" in refused(read_captions, tmp_path / "train_RGB.json")


def test_a_missing_file_says_what_is_expected(tmp_path):
    assert refused(read_captions, tmp_path / "train_RGB.json") == (
        f"{tmp_path / 'train_RGB.json'}: no such caption file; expected a JSON list of {{item, description}}"
    )


def test_a_folder_in_place_of_a_file_is_refused(tmp_path):
    (tmp_path / "train_RGB.json").mkdir()
    assert str(tmp_path / "train_RGB.json") in refused(read_captions, tmp_path / "train_RGB.json")


def test_an_item_that_occurs_twice_is_named(tmp_path):
    entries = [{"item": item, "description": "A man."} for item in ("a.jpg", "b.jpg", "c.jpg", "b.jpg")]
    (tmp_path / "x.json").write_text(json.dumps(entries))
    assert "the item 'b.jpg' occurs twice" in refused(read_captions, tmp_path / "x.json")


@pytest.mark.parametrize("text", ["", "   ", "\n"])
def test_an_empty_caption_is_named(text, tmp_path):
    path = write(tmp_path / "x.json", {"a.jpg": "A man.", "b.jpg": text})
    assert "the caption of 'b.jpg' is empty" in refused(read_captions, path)


def test_captions_are_attached_by_split_modality_and_file_name(folder):
    samples = [Sample("0001/b.jpg", 1, 0, 0), Sample("a.jpg", 2, 1, 0)]
    attached = attach_captions(samples, folder, "test", MODALITIES)
    assert [sample.name for sample in attached] == ["0001/b.jpg", "a.jpg"]
    assert attached[0].captions == tuple((f"test {modality} b.", "Second.") for modality in MODALITIES)
    assert attached[1].identity == 2
    assert samples[0].captions is None
    other = attach_captions(samples, folder, "train", MODALITIES[::-1])
    assert other[0].captions == tuple((f"train {modality} b.", "Second.") for modality in MODALITIES[::-1])


def test_an_image_without_a_caption_is_named(folder):
    write(folder / "test_NI.json", {"a.jpg": "A man."})
    said = refused(attach_captions, [Sample("a.jpg", 1, 0, 0), Sample("b.jpg", 1, 0, 0)], folder, "test", MODALITIES)
    assert f"{folder / 'test_NI.json'}: no caption for the image 'b.jpg'" in said
    assert "test split" in said


def test_a_modality_without_a_file_is_named(folder):
    (folder / "train_TI.json").unlink()
    assert "train_TI.json: no such caption file" in refused(attach_captions, [], folder, "train", MODALITIES)


@pytest.mark.parametrize(
    ("name", "train", "test", "longest"),
    [("next-text/rgbnt201", 3951, 836, 5), ("next-text/msvr310", 1032, 1055, 9), ("idea-text/rgbnt201", 3951, 836, 13)],
)
def test_published_files_are_read(published_captions, name, train, test, longest):
    sentences = set()
    for split, count in (("train", train), ("test", test)):
        tables = [read_captions(published_captions / name / f"{split}_{suffix}.json") for suffix in SUFFIX.values()]
        assert [len(table) for table in tables] == [count] * 3
        assert set(tables[0]) == set(tables[1]) == set(tables[2])
        sentences |= {len(caption) for table in tables for caption in table.values()}
    assert max(sentences) == longest


def test_the_empty_captions_of_idea_text_are_found(published_captions):
    """Two of its MSVR310 files hold one empty caption each."""
    for split, item in (("train", "0101_s011_v0_007.jpg"), ("test", "0026_s005_v1_022.jpg")):
        said = refused(read_captions, published_captions / "idea-text" / "msvr310" / f"{split}_RGB.json")
        assert f"the caption of {item!r} is empty" in said
