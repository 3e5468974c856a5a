import json

import pytest
from made_captions import write_set

from benchmarks.captions.corruption import corrupt_folder


@pytest.fixture
def call(tiny):
    """Standard output of a verb on captions."""

    def output(*arguments):
        result = tiny.call("captions", *arguments)
        assert (result.status, result.err) == (0, "")
        return result.out

    return output


def test_an_audit_prints_one_json_document(call, tmp_path):
    folder = write_set(tmp_path / "set")
    documents = json.loads(call("audit", folder, "--json"))
    assert [each["modality"] for each in documents] == ["RGB", "NIR", "TIR", "RGB", "all"]
    assert [each["source"] for each in documents] == [str(folder)] * 5


def test_an_audit_of_several_sets_has_a_line_over_all_of_each(call, tmp_path):
    sets = [write_set(tmp_path / name) for name in ("one", "two")]
    documents = json.loads(call("audit", *sets, "--json"))
    assert [each["source"] for each in documents if each["modality"] == "all"] == [str(folder) for folder in sets]


def test_an_audit_is_a_table_for_people_and_a_figure(call, tmp_path):
    folder = write_set(tmp_path / "set")
    text = call("audit", folder / "train_RGB.json", folder, "--figure", tmp_path / "figure.svg")
    assert "unknown %" in text
    assert (tmp_path / "figure.svg").read_text("utf-8").startswith("<?xml")


def test_a_figure_of_no_known_format_is_refused_before_anything_is_read(tiny, tmp_path):
    result = tiny.call("captions", "audit", tmp_path / "nothing", "--figure", "a.pdf")
    assert (result.status, result.out) == (2, "")
    assert "--figure a.pdf: expected a name that ends with .png or .svg" in result.err


def test_corrupted_files_are_written_and_named(call, tmp_path):
    folder = write_set(tmp_path / "set")
    lines = call("corrupt", folder, "--quality", 0.35, "--seed", 3, "--out", tmp_path / "out").split()
    assert lines == [
        str(tmp_path / "out" / name) for name in ("train_RGB.json", "train_NI.json", "train_TI.json", "test_RGB.json")
    ]
    same = corrupt_folder(folder, tmp_path / "same", 0.35, 3)
    assert [path.read_bytes() for path in same] == [(tmp_path / "out" / path.name).read_bytes() for path in same]


def test_a_quality_is_a_share(tiny, tmp_path):
    result = tiny.call("captions", "corrupt", write_set(tmp_path / "set"), "--quality", 35, "--out", tmp_path / "out")
    assert (result.status, result.out) == (2, "")
    assert "35.0 is not in the range 0<=x<=1" in result.err
