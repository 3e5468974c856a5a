import pytest

from benchmarks.captions.json_lines import LineIndex, read_lines, write_sorted
from benchmarks.common.errors import InputError


def test_records_come_back_with_their_places(tmp_path):
    path = tmp_path / "a.jsonl"
    write_sorted(path, [(2, {"item": "b"}), (1, {"item": "Mädchen"})])
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


def test_records_of_a_key_are_read_alone(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"k":"ä","n":1}\n{"k":"b","n":2}\n{"k":"ä","n":3}\n', encoding="utf-8")
    with LineIndex(path, "records", lambda record: record["k"]) as index:
        assert sorted(index.keys) == ["b", "ä"]
        found = list(index.records("ä"))
    assert found == [(f"{path}, line 1", {"k": "ä", "n": 1}), (f"{path}, line 3", {"k": "ä", "n": 3})]


def test_an_index_of_no_file_and_of_a_damaged_line(tmp_path):
    with pytest.raises(InputError, match="no such file; expected records"):
        LineIndex(tmp_path / "a.jsonl", "records", len)
    (tmp_path / "b.jsonl").write_text("{}\n{\n")
    with pytest.raises(InputError, match="line 2: not JSON"):
        LineIndex(tmp_path / "b.jsonl", "records", len)


def test_a_record_that_cannot_be_made_leaves_the_old_file(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text("old")

    def records():
        yield 1, {"item": "a"}
        raise InputError("damaged")

    with pytest.raises(InputError, match="damaged"):
        write_sorted(path, records())
    assert [each.name for each in tmp_path.iterdir()] == ["a.jsonl"] and path.read_text() == "old"
