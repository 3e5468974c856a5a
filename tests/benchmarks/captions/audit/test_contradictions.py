from made_captions import CAPTIONS, read_made, write_set

from benchmarks.captions.audit.collection import find_sets
from benchmarks.captions.audit.contradictions import by_attribute, compare_modalities, differing, items_with

ALL = ("RGB", "NIR", "TIR")


def compared(tmp_path, captions=None):
    (files,) = find_sets([write_set(tmp_path / "set", captions)]).values()
    return compare_modalities(files, read_made)


def test_known_values_that_differ_between_modalities_contradict(tmp_path):
    found = compared(tmp_path)
    assert [(each.split, each.item, each.attribute, each.values) for each in found.contradictions] == [
        ("train", "a.jpg", "gender", {"RGB": "male", "NIR": "female", "TIR": "male"}),
        ("train", "a.jpg", "colour", {"RGB": "red", "NIR": "gray"}),
    ]
    assert items_with(found.contradictions) == 1
    assert by_attribute(found.contradictions) == {"colour": 1, "gender": 1}


def test_what_cannot_be_read_is_counted_and_left_out(tmp_path):
    found = compared(tmp_path)
    assert found.parsed == {("train", "RGB"): 3, ("train", "NIR"): 2, ("train", "TIR"): 2, ("test", "RGB"): 1}
    assert found.read(("train", "test"), ALL) == 8
    assert found.read(("test",), ("RGB", "TIR")) == 1
    assert len(CAPTIONS["train_TI.json"]) == 4


def test_contradictions_are_of_a_split_and_of_the_modalities_in_them(tmp_path):
    found = compared(tmp_path)
    assert [each.attribute for each in found.of(("train",), ("TIR",))] == ["gender"]
    assert len(found.of(("train",), ("RGB",))) == 2
    assert found.of(("test",), ALL) == []


def test_splits_are_apart_though_items_have_one_name(tmp_path):
    captions = {"train_RGB.json": [("a.jpg", "A male in a red coat")], "test_NI.json": [("a.jpg", "A female in a red coat")]}
    assert compared(tmp_path, captions).contradictions == ()


def test_unknown_and_absent_values_contradict_nothing():
    told = {"RGB": {"hat": "unknown", "age": "adult"}, "NIR": {"hat": "red"}, "TIR": {"age": "adult", "bag": "black"}}
    assert list(differing(told)) == []
    assert list(differing({**told, "TIR": {"age": "child"}})) == [("age", {"RGB": "adult", "TIR": "child"})]


def test_attributes_are_listed_by_how_often_they_contradict(tmp_path):
    captions = {
        "train_RGB.json": [(item, "A male in a red coat") for item in "abc"],
        "train_TI.json": [("a", "A female in a blue coat"), ("b", "A female in a red coat"), ("c", "A male in a red coat")],
    }
    assert list(by_attribute(compared(tmp_path, captions).contradictions).items()) == [("gender", 2), ("colour", 1)]
