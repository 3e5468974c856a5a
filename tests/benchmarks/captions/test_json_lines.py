import pytest

from benchmarks.captions.json_lines import read_lines, write_lines
from benchmarks.common.errors import InputError


def test_records_come_back_with_their_places(tmp_path):
    path = tmp_path / "a.jsonl"
    write_lines(path, [{"item": "Mädchen"}, {"item": "b"}])
    assert path.read_text(encoding="utf-8") == '{"item":"Mädchen"}\n{"item":"b"}\n'
    assert list(read_lines(path, "records")) == [(f"{path}, line 1", {"item": "Mädchen"}), (f"{path}, line 2", {"item": "b"})]


@pytest.mark.parametrize(("line", "message"), [("{", "line 2: not JSON"), ("3", "line 2: not a JSON object"), ("", "not JSON")])
def test_a_damaged_line_is_named(line, message, tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text(f"{{}}\n{line}\n")
    with pytest.raises(InputError, match=message) as error:
        list(read_lines(path, "records"))
    assert "\n" not in str(error.value)


def test_no_file_and_no_text(tmp_path):
    with pytest.raises(InputError, match="no such file; expected records"):
        list(read_lines(tmp_path / "a.jsonl", "records"))
    (tmp_path / "b.jsonl").write_bytes(b"\xff\xfe")
    with pytest.raises(InputError, match="cannot be read"):
        list(read_lines(tmp_path / "b.jsonl", "records"))
