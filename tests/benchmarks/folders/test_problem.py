from pathlib import Path

import pytest
from pydantic import ValidationError

from benchmarks.folders.problem import problem


def test_a_problem_is_one_line():
    assert problem("bad_name", Path("a") / "b.jpg", "is wrong").line == "a/b.jpg: is wrong"


def test_paths_are_told_below_a_folder(tmp_path):
    found = problem("bad_name", tmp_path / "a" / "b.jpg", "is wrong")
    assert found.below(tmp_path).path == "a/b.jpg"
    assert found.below(tmp_path / "c") == found
    assert problem("count", "train", "too few").below(tmp_path).path == "train"


def test_kinds_are_known():
    with pytest.raises(ValidationError):
        problem("bad_nmae", "a", "b")
