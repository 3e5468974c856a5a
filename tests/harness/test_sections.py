import json

import pytest

from benchmarks.common.errors import InputError
from harness.sections import Section, read_section


class Kept(Section):
    schema_version: int = 3
    count: int


def write(path, values):
    path.write_text(values if isinstance(values, str) else json.dumps(values))
    return path


def test_a_file_is_read_without_what_was_added_to_it(tmp_path):
    path = write(tmp_path / "a.json", {"schema_version": 2, "count": 5, "added": 1})
    assert read_section(Kept, path, "thing", 3) == Kept(schema_version=2, count=5)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("{", "not a thing (JSONDecodeError"),
        ("[]", "not a thing (TypeError"),
        ("{}", "not a thing (KeyError('schema_version'))"),
        ({"schema_version": "x"}, "not a thing (TypeError"),
        ({"schema_version": 4}, "thing schema 4 is newer than 3, which this version reads; update the harness"),
        ({"schema_version": 3, "count": "many"}, "not a thing (count: "),
    ],
)
def test_what_is_wrong_with_a_file_is_told_in_one_line(tmp_path, values, message):
    path = write(tmp_path / "a.json", values)
    with pytest.raises(InputError) as error:
        read_section(Kept, path, "thing", 3)
    assert str(error.value).startswith(f"{path}: {message}")
    assert "\n" not in str(error.value)


def test_a_file_that_is_not_there_or_is_a_folder(tmp_path):
    with pytest.raises(InputError, match="none.json: no such thing"):
        read_section(Kept, tmp_path / "none.json", "thing", 3)
    with pytest.raises(InputError, match="not a thing .IsADirectoryError"):
        read_section(Kept, tmp_path, "thing", 3)
