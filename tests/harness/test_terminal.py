import json

from rich.table import Table

from harness.terminal import console, plain_table, show, show_lines


def test_a_document_or_a_table(capsys):
    table = Table("heading")
    table.add_row("[bold]x")
    show({"a": [1, 2]}, lambda: table, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": [1, 2]}
    show({"a": [1, 2]}, lambda: "a [b] row", as_json=False)
    assert capsys.readouterr().out == "a [b] row\n"


def test_what_goes_to_a_file_is_wide_and_plain():
    assert console().width == 200


def test_a_plain_table_has_words_on_the_left_and_numbers_on_the_right():
    table = plain_table("split", "modality", "words", words=2)
    assert [column.header for column in table.columns] == ["split", "modality", "words"]
    assert [column.justify for column in table.columns] == ["left", "left", "right"]


def test_a_document_or_lines_that_are_not_cut(capsys):
    show_lines({"a": 1}, lambda: ["x" * 300], as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": 1}
    show_lines({"a": 1}, lambda: ["x" * 300, "[b]"], as_json=False)
    assert capsys.readouterr().out == "x" * 300 + "\n[b]\n"
