import json

from rich.table import Table

from harness.terminal import console, show


def test_a_document_or_a_table(capsys):
    table = Table("heading")
    table.add_row("[bold]x")
    show({"a": [1, 2]}, lambda: table, as_json=True)
    assert json.loads(capsys.readouterr().out) == {"a": [1, 2]}
    show({"a": [1, 2]}, lambda: "a [b] row", as_json=False)
    assert capsys.readouterr().out == "a [b] row\n"


def test_what_goes_to_a_file_is_wide_and_plain():
    assert console().width == 200
