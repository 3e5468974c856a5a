import pytest
from made_captions import CAPTIONS, write_set

from benchmarks.captions.audit.collection import find_sets
from benchmarks.common.errors import InputError


def places(files):
    return [(file.split, file.modality) for file in files]


def test_a_folder_gives_its_files_splits_first(tmp_path):
    folder = write_set(tmp_path / "set")
    (folder / "notes.json").write_text("no captions")
    ((source, files),) = find_sets([folder]).items()
    assert source == str(folder)
    assert places(files) == [("train", "RGB"), ("train", "NIR"), ("train", "TIR"), ("test", "RGB")]
    assert files[1].entries == tuple(CAPTIONS["train_NI.json"])
    assert files[1].items == ["a.jpg", "b.jpg", "d.jpg"]
    assert files[1].texts[0] == "A female in a gray coat."


def test_folders_below_are_sets_of_their_own_in_sorted_order(tmp_path):
    write_set(tmp_path / "sets" / "b" / "x")
    write_set(tmp_path / "sets" / "a", {"test_TI.json": [("a.jpg", "x")]})
    found = find_sets([tmp_path / "sets"])
    assert list(found) == [str(tmp_path / "sets" / "a"), str(tmp_path / "sets" / "b" / "x")]


def test_files_of_one_folder_are_one_set_and_named_twice_are_read_once(tmp_path):
    folder = write_set(tmp_path / "set")
    found = find_sets([folder / "test_RGB.json", folder / "train_TI.json", folder / "test_RGB.json"])
    assert places(found[str(folder)]) == [("train", "TIR"), ("test", "RGB")]
    assert places(find_sets([folder / "train_NI.json", folder])[str(folder)])[:2] == [("train", "RGB"), ("train", "NIR")]


def test_what_holds_no_captions_is_told_in_a_line(tmp_path):
    with pytest.raises(InputError, match="no caption files in this folder; they are named train_RGB.json, train_NI.json"):
        find_sets([tmp_path])
    (tmp_path / "captions.json").write_text("[]")
    with pytest.raises(InputError, match="captions.json: the name says neither split nor modality"):
        find_sets([tmp_path / "captions.json"])
    with pytest.raises(InputError, match="train_RGB.json: no such file or folder"):
        find_sets([tmp_path / "train_RGB.json"])
    (tmp_path / "train_RGB.json").write_text('{"item": "a"}')
    with pytest.raises(InputError, match="train_RGB.json: not a JSON list"):
        find_sets([tmp_path / "train_RGB.json"])
