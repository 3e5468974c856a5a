import json

import pytest

from benchmarks.base import Sample
from benchmarks.captions.files import attach_captions, extra_captions, read_captions, read_entries, repeated
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


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"[" * 100_000, "nested too deeply"),
        ("[{}]".encode("utf-16") * 1000, "its bytes are no UTF-8"),
        (b'{"a.jpg": "A man."}', "it holds one dict"),
        (b'[{"item": "a", "description": "b"}, {"item": "a"}]', "entry 2 is {'item': 'a'}"),
        (json.dumps([{"item": 1, "description": "long " * 1000}]).encode(), "entry 1 is {'description': 'long long "),
    ],
)
def test_the_reason_is_short_however_large_the_file(content, reason, tmp_path):
    path = tmp_path / "train_RGB.json"
    path.write_bytes(content)
    said = refused(read_captions, path)
    assert said.startswith(f"{path}: not a JSON list of {{item, description}} ({reason}")
    assert len(said) < len(str(path)) + 200


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = write(tmp_path / "x.json", {"a.jpg": "A man."})
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert read_captions(path) == {"a.jpg": ("A man.",)}


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


def test_entries_are_read_as_they_are_in_their_order(tmp_path):
    entries = [("b.jpg", " A man. He walks."), ("a.jpg", ""), ("b.jpg", "Ein Mädchen.")]
    content = [{"item": item, "description": text, "more": 1} for item, text in entries]
    (tmp_path / "x.json").write_text(json.dumps(content, ensure_ascii=False), "utf-8")
    assert read_entries(tmp_path / "x.json") == entries
    (tmp_path / "x.json").write_text("[]")
    assert read_entries(tmp_path / "x.json") == []


@pytest.mark.parametrize("content", ["", "[3]", '[{"item": "a"}]', '[{"item": "a", "description": null}]'])
def test_entries_that_are_none_are_refused(content, tmp_path):
    (tmp_path / "x.json").write_text(content)
    assert "not a JSON list of {item, description}" in refused(read_entries, tmp_path / "x.json")
    assert "no such caption file" in refused(read_entries, tmp_path / "y.json")


def test_repeated_names_are_told_once_in_the_order_of_their_first_place():
    assert repeated(["c", "a", "b", "a", "c", "a"]) == ["c", "a"]
    assert repeated(["a", "b"]) == repeated([]) == []
    assert repeated(name for name in "xyx") == ["x"]


def test_two_images_of_one_file_name_are_refused(folder):
    samples = [Sample("0001/a.jpg", 1, 0, 0), Sample("0002/a.jpg", 2, 0, 0), Sample("b.jpg", 2, 0, 0)]
    said = refused(attach_captions, samples, folder, "train", MODALITIES)
    assert said == f"{folder}: two images of the train split are named 'a.jpg', so that captions cannot tell them apart"


def test_many_images_without_a_caption_are_counted(folder):
    samples = [Sample(f"{name}.jpg", 1, 0, 0) for name in "axyz"]
    said = refused(attach_captions, samples, folder, "train", MODALITIES)
    assert said == f"{folder / 'train_RGB.json'}: no caption for the image 'x.jpg' and for 2 more, in the train split"


def test_captions_of_no_image_are_found_in_each_file(folder):
    write(folder / "test_NI.json", {name: "A man." for name in ("z.jpg", "a.jpg", "b.jpg", "y.jpg")})
    assert extra_captions([Sample("0001/b.jpg", 1, 0, 0)], folder, "test", MODALITIES) == {
        folder / "test_RGB.json": ["a.jpg"],
        folder / "test_NI.json": ["z.jpg", "a.jpg", "y.jpg"],
        folder / "test_TI.json": ["a.jpg"],
    }
    samples = [Sample(f"{name}.jpg", 1, 0, 0) for name in "ab"]
    assert extra_captions(samples, folder, "train", MODALITIES[:1]) == {folder / "train_RGB.json": []}


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
