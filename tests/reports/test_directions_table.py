import pytest

from harness.directions import Direction
from harness.rows import collect
from reports.report import build_report
from reports.tables.directions import directions
from reports.write import write_report


@pytest.fixture
def work(folder):
    expected = (
        Direction(relation="above", row="low", margin=2, why="More & better data."),
        Direction(relation="below", row="low", why="It is worse."),
        Direction(relation="level", row="missing", margin=1, why="They are alike."),
    )
    folder.row("low", 0.5).row("high", 0.6).row("missing", 0.6, finished=())
    folder.runs = [run.model_copy(update={"expect": expected if run.label == "high" else ()}) for run in folder.runs]
    return folder.write(table="ablation")


def test_each_expectation_has_a_line_with_its_verdict(work):
    (table,) = directions(collect(work)[0])
    texts = [[cell.text for cell in row] for row in table.rows]
    assert [row[:2] for row in texts] == [
        ["high", "above “low” by 2 points"],
        ["high", "below “low”"],
        ["high", "level with “missing” within 1 points"],
    ]
    assert [row[3] for row in texts] == ["held", "not held", "not finished"]
    assert texts[0][2] == texts[1][2] != "–"
    assert texts[0][2].startswith("+")
    assert texts[2][2] == "–"
    assert [row[4] for row in texts] == ["More & better data.", "It is worse.", "They are alike."]
    assert [row[3].emphasis for row in table.rows] == ["normal", "bold", "muted"]


def test_a_suite_without_expectations_has_no_table(folder):
    assert directions(collect(folder.row("a", 0.5).write())[0]) == []


def test_the_table_is_in_every_format(work, tmp_path):
    (section,) = build_report(work, figures=False).sections
    assert [table.title for table in section.tables][:2] == ["Ablation on RGBNT201", "Directions on RGBNT201"]
    write_report(work, ["markdown", "latex", "html"], tmp_path)
    for name, ampersand in (
        ("report.md", r"More \& better"),
        ("report.tex", r"More \& better"),
        ("report.html", "More &amp; better"),
    ):
        text = (tmp_path / name).read_text(encoding="utf-8")
        assert "Directions on RGBNT201" in text
        assert ampersand in text
        assert "not held" in text
