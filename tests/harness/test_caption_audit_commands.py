import contextlib
import io
import json

import pytest
from made_captions import write_set

from benchmarks.captions.corruption import corrupt_folder
from benchmarks.common.errors import InputError
from harness.caption_audit_commands import audit, corrupt


def call(command, *arguments):
    """Standard output of a verb."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        command.main([str(argument) for argument in arguments], standalone_mode=False)
    return out.getvalue()


def test_an_audit_prints_one_json_document(tmp_path):
    folder = write_set(tmp_path / "set")
    documents = json.loads(call(audit, folder, "--json"))
    assert [each["modality"] for each in documents] == ["RGB", "NIR", "TIR", "RGB", "all"]
    assert [each["source"] for each in documents] == [str(folder)] * 5


def test_an_audit_of_several_sets_has_a_line_over_all_of_each(tmp_path):
    sets = [write_set(tmp_path / name) for name in ("one", "two")]
    documents = json.loads(call(audit, *sets, "--json"))
    assert [each["source"] for each in documents if each["modality"] == "all"] == [str(folder) for folder in sets]


def test_an_audit_is_a_table_for_people_and_a_figure(tmp_path):
    folder = write_set(tmp_path / "set")
    text = call(audit, folder / "train_RGB.json", folder, "--figure", tmp_path / "figure.svg")
    assert "unknown %" in text
    assert (tmp_path / "figure.svg").read_text("utf-8").startswith("<?xml")


def test_a_figure_of_no_known_format_is_refused_before_anything_is_read(tmp_path):
    with pytest.raises(InputError, match=r"--figure a.pdf: expected a name that ends with .png or .svg"):
        call(audit, tmp_path / "nothing", "--figure", "a.pdf")


def test_corrupted_files_are_written_and_named(tmp_path):
    folder = write_set(tmp_path / "set")
    lines = call(corrupt, folder, "--quality", 0.35, "--seed", 3, "--out", tmp_path / "out").split()
    assert lines == [
        str(tmp_path / "out" / name) for name in ("train_RGB.json", "train_NI.json", "train_TI.json", "test_RGB.json")
    ]
    same = corrupt_folder(folder, tmp_path / "same", 0.35, 3)
    assert [path.read_bytes() for path in same] == [(tmp_path / "out" / path.name).read_bytes() for path in same]


def test_a_quality_is_a_share(tmp_path):
    import click

    with pytest.raises(click.BadParameter, match="35.0 is not in the range 0<=x<=1"):
        call(corrupt, write_set(tmp_path / "set"), "--quality", 35, "--out", tmp_path / "out")
