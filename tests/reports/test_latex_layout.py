import pytest

from reports.render.latex_layout import WRAP, column_widths, floats, text_width
from reports.table import Cell, Column, Note, Table


def make_table(columns, rows=3, text="12.3 ± 0.1"):
    head = (Column("Row", align="left"), *columns)
    cells = tuple((Cell(f"row {row}"), *(Cell(text) for _ in columns)) for row in range(rows))
    return Table("t", "s", "t", head, cells, (Note("n"),))


def titles(part):
    return [column.title for column in part.columns]


def test_widths_are_of_the_widest_text():
    table = make_table([Column("a long heading"), Column("b", align="left")], text="x" * 50)
    assert column_widths(table) == [text_width("row 0"), pytest.approx(52.5), WRAP]


def test_letters_differ_in_width():
    assert text_width("ill") < text_width("abc") < text_width("ABC") < text_width("MWM")


def test_a_narrow_table_stays_whole():
    (only,) = floats(make_table([Column("a"), Column("b")]))
    assert [titles(part) for part in only.parts] == [["Row", "a", "b"]]
    assert (only.continued, len(only.notes)) == (False, 1)


def test_a_wide_table_is_cut_and_each_part_has_the_first_column():
    (only,) = floats(make_table([Column(str(index)) for index in range(12)]))
    assert all(titles(part)[0] == "Row" for part in only.parts)
    assert [title for part in only.parts for title in titles(part)[1:]] == [str(index) for index in range(12)]
    assert len(only.parts) == 2


def test_a_group_is_not_torn_where_it_fits():
    columns = [Column(str(index)) for index in range(4)] + [Column(f"g{index}", group="G") for index in range(5)]
    (only,) = floats(make_table(columns))
    assert titles(only.parts[1]) == ["Row", "g0", "g1", "g2", "g3", "g4"]


def test_a_group_that_fits_nowhere_is_torn():
    (only,) = floats(make_table([Column(f"g{index}", group="G") for index in range(12)]))
    assert len(only.parts) == 2


@pytest.mark.parametrize("rows", [1, 42, 43, 100])
def test_long_tables_go_on_in_further_floats_with_every_row_once(rows):
    found = floats(make_table([Column("a")], rows=rows))
    assert [row[0].text for each in found for part in each.parts for row in part.rows] == [f"row {row}" for row in range(rows)]
    assert [each.continued for each in found] == [False] + [True] * (len(found) - 1)
    assert [len(each.notes) for each in found] == [0] * (len(found) - 1) + [1]
    assert len(found) == -(-rows // 42)


def test_a_table_without_rows_has_its_head():
    (only,) = floats(make_table([Column("a")], rows=0))
    assert titles(only.parts[0]) == ["Row", "a"]
