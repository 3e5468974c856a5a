import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from benchmarks.common.files import atomic_write, write_arrays, write_text


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_block_that_ends_well_leaves_the_new_file_alone(tmp_path):
    path = tmp_path / "deep" / "er" / "file.bin"
    with atomic_write(path) as file:
        file.write(b"new")
        assert not path.exists()
    assert path.read_bytes() == b"new"
    assert names(path.parent) == ["file.bin"]


@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_a_block_that_fails_leaves_the_old_file_and_no_other(tmp_path, error):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")
    with pytest.raises(error), atomic_write(path) as file:
        file.write(b"half of the n")
        raise error
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file.bin"]


def test_a_stop_before_the_rename_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "file.bin"
    path.write_bytes(b"old")

    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_text(path, "new")
    assert path.read_bytes() == b"old"
    assert names(tmp_path) == ["file.bin"]


def test_the_data_is_synced_before_the_rename(tmp_path, monkeypatch):
    done = []
    fsync, replace = os.fsync, Path.replace
    monkeypatch.setattr(os, "fsync", lambda handle: (done.append("fsync"), fsync(handle)))
    monkeypatch.setattr(Path, "replace", lambda self, target: (done.append("rename"), replace(self, target)))
    write_text(tmp_path / "file", "text")
    assert done == ["fsync", "rename"]


def test_others_may_read_the_file(tmp_path):
    write_text(tmp_path / "file", "text")
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644


def test_a_file_in_the_place_of_the_folder_is_told(tmp_path):
    (tmp_path / "work").write_text("a file")
    with pytest.raises(InputError, match=r"work: cannot be written \(.*\); choose another folder"):
        write_text(tmp_path / "work" / "file", "text")
    assert (tmp_path / "work").read_text() == "a file"


def test_a_folder_in_the_place_of_the_file_is_told_and_left(tmp_path):
    (tmp_path / "kept").write_text("x")
    with pytest.raises(InputError, match="is a folder; give the name of a file"):
        write_text(tmp_path, "new")
    assert (tmp_path / "kept").read_text() == "x"


def test_text_is_utf_8(tmp_path):
    write_text(tmp_path / "file", "✓ ä")
    assert (tmp_path / "file").read_bytes() == "✓ ä".encode()


def test_equal_arrays_give_equal_bytes_in_whatever_order_and_at_whatever_time(tmp_path, monkeypatch):
    first, second = np.arange(12).reshape(3, 4), np.array(["a", "ü"])
    write_arrays(tmp_path / "1.npz", {"first": first, "second": second})
    monkeypatch.setattr("time.time", lambda: 2e9)
    write_arrays(tmp_path / "2.npz", {"second": second.copy(), "first": first.copy()})
    assert (tmp_path / "1.npz").read_bytes() == (tmp_path / "2.npz").read_bytes()
    write_arrays(tmp_path / "3.npz", {"first": first + 1, "second": second})
    assert (tmp_path / "1.npz").read_bytes() != (tmp_path / "3.npz").read_bytes()
    with np.load(tmp_path / "1.npz", allow_pickle=False) as arrays:
        np.testing.assert_array_equal(arrays["first"], first)
        np.testing.assert_array_equal(arrays["second"], second)


def test_arrays_of_objects_are_not_written(tmp_path):
    with pytest.raises(ValueError, match="allow_pickle"):
        write_arrays(tmp_path / "file.npz", {"a": np.array([{}])})
    assert names(tmp_path) == []
