import pytest

from benchmarks.folders.arrangement import ByModality, ModalityFirst, Strips
from benchmarks.folders.layout import Layout, find_layout

from .helpers import refused

SPLIT = Layout("folders", ByModality(("RGB", "NI", "TI")), "train", gallery="test", query="query")
OTHER = Layout("other", Strips(), "strips/train", gallery="strips/test", query="strips/query")
RAW = Layout("raw", ModalityFirst(("R", "N", "T")))
LAYOUTS = (SPLIT, OTHER, RAW)
NAMES = ("Cars", "Cars-MM")


def make(root, *layouts):
    for layout in layouts or (SPLIT,):
        for marker in layout.markers():
            (root / marker).mkdir(parents=True)
    return root


def find(data_root, wanted="auto"):
    return find_layout(data_root, NAMES, LAYOUTS, wanted)


def test_markers_are_the_folders_that_tell_a_variant():
    assert SPLIT.markers() == ["train", "test"]
    assert RAW.markers() == ["R", "N", "T"]


@pytest.mark.parametrize("name", ["Cars", "cars", "CARS", "Cars-MM", "cars-mm"])
def test_a_usual_name_is_found_in_any_case(tmp_path, name):
    found = find(make(tmp_path / name).parent)
    assert (found.root, found.layout) == (tmp_path / name, SPLIT)


def test_the_exact_name_comes_first(tmp_path):
    for name in ("CARS", "Cars", "cars"):
        make(tmp_path / name)
    assert find(tmp_path).root.name == "Cars"


def test_a_named_folder_without_the_layout_gives_way(tmp_path):
    (tmp_path / "Cars").mkdir()
    assert find(make(tmp_path / "cars-mm").parent).root.name == "cars-mm"


def test_the_data_root_may_be_the_data_set(tmp_path):
    assert find(make(tmp_path)).root == tmp_path
    assert find(make(tmp_path / "Cars").parent).root == tmp_path / "Cars"


def test_a_name_may_lead_deeper(tmp_path):
    make(tmp_path / "a" / "b")
    assert find_layout(tmp_path, ("a/b",), LAYOUTS).root == tmp_path / "a" / "b"


def test_auto_takes_the_first_variant_that_is_there(tmp_path):
    make(tmp_path, RAW)
    assert find(tmp_path).layout is RAW
    make(tmp_path, OTHER)
    assert find(tmp_path).layout is OTHER
    make(tmp_path, SPLIT)
    assert find(tmp_path).layout is SPLIT


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_variant_can_be_asked_for(tmp_path, layout):
    assert find(make(tmp_path, *LAYOUTS), layout.name).layout is layout


def test_an_unknown_variant_is_answered_with_the_closest(tmp_path):
    assert refused(find, tmp_path, "foldrs") == "benchmark.layout: unknown layout 'foldrs'; did you mean 'folders'?"
    assert refused(find, tmp_path, "x").endswith("unknown layout 'x'; one of: auto, folders, other, raw")


def test_a_variant_that_was_asked_for_and_is_not_there_is_said(tmp_path):
    assert refused(find, make(tmp_path), "raw") == f"{tmp_path}: neither Cars/R/ nor R/ is in it; expected the layout of Cars"


def test_without_a_data_root_it_is_asked_for(tmp_path):
    assert refused(find, None) == "Cars is read from files: give --data-root, the folder that holds Cars/"
    assert refused(find, tmp_path / "no") == f"{tmp_path / 'no'}: no such folder (--data-root)"


def test_a_file_as_a_data_root_is_refused(tmp_path):
    (tmp_path / "x").touch()
    assert "no such folder (--data-root)" in refused(find, tmp_path / "x")


def test_what_was_looked_for_is_said_once(tmp_path):
    twice = (SPLIT, Layout("again", SPLIT.arrangement, "train", gallery="gallery"), OTHER)
    bare = "train/ or strips/train/ is in it; expected the layout of Cars"
    said = refused(find_layout, tmp_path, NAMES, twice)
    assert said == f"{tmp_path}: neither Cars/train/ or Cars/strips/train/ nor {bare}"


@pytest.mark.parametrize(("have", "lacking"), [("train", "test"), ("test", "train")])
def test_a_variant_that_is_begun_says_what_it_lacks(tmp_path, have, lacking):
    (tmp_path / "Cars" / have).mkdir(parents=True)
    said = refused(find, tmp_path)
    assert said == f"{tmp_path / 'Cars' / lacking}: no such folder; expected train and test in Cars/"


def test_files_in_the_place_of_folders_are_no_layout(tmp_path):
    (tmp_path / "Cars").touch()
    (tmp_path / "train").touch()
    assert "is in it; expected the layout of Cars" in refused(find, tmp_path)
