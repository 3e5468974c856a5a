import os
from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks.folders.problem import problem


def test_a_problem_is_one_line():
    assert problem("bad_name", Path("a") / "b.jpg", "is wrong").line == "a/b.jpg: is wrong"


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("a\nb.jpg", r"a\nb.jpg"),
        ("a\r\u2028b.jpg", r"a\r\u2028b.jpg"),
        (os.fsdecode(b"\xff.jpg"), r"\udcff.jpg"),
        ("Mädchen 图.jpg", "Mädchen 图.jpg"),
    ],
)
def test_a_file_of_any_name_is_told_in_one_line_that_can_be_shown(name, shown):
    found = problem("bad_name", Path("x") / name, f"unlike {name}")
    assert found.line == f"x/{shown}: unlike {shown}"
    assert len(found.line.encode().splitlines()) == 1


def test_paths_are_told_below_a_folder(tmp_path):
    found = problem("bad_name", tmp_path / "a" / "b.jpg", "is wrong")
    assert found.below(tmp_path).path == "a/b.jpg"
    assert found.below(tmp_path / "c") == found
    assert problem("count", "train", "too few").below(tmp_path).path == "train"


def test_kinds_are_known():
    with pytest.raises(ValidationError):
        problem("bad_nmae", "a", "b")
