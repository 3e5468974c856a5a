import re

import pytest
from markdown_it import MarkdownIt

from reports.render.markdown import escape, render_markdown, render_table
from reports.table import Cell, Column, Table

PARSER = MarkdownIt("commonmark").enable("table")


def read_table(text):
    """Texts of the body of a Markdown table, as a reader sees them."""
    cells = [[]]
    tokens = PARSER.parse(text)
    for opening, inline in zip(tokens, tokens[1:], strict=False):
        if opening.type == "tr_open":
            cells.append([])
        if opening.type in ("td_open", "th_open"):
            cells[-1].append("".join(part.content for part in inline.children))
    return [row for row in cells if row]


def make_table(*texts, **cell):
    columns = (Column("Row", align="left"), Column("A", "%", group="G"))
    return Table("t", "s", "title", columns, tuple((Cell(text), Cell("1.0", **cell)) for text in texts), ())


@pytest.mark.parametrize(
    "text", ["a_b <x> & 50% |", r"back\slash|", "*a* `b` [c](d) ![e](f)", "# 1 ~~x~~ $y$ &amp; <b>", "a_b_c __d__", "é σ 中"]
)
def test_text_survives(text):
    assert read_table(render_table(make_table(text)))[1] == [text, "1.0"]


def test_text_is_kept_on_one_line():
    assert escape("a\n\n# b \t c") == r"a \# b c"


def test_headings_carry_group_and_unit():
    assert read_table(render_table(make_table("x")))[0] == ["Row", "G A (%)"]


def test_emphasis_and_marks():
    assert "**1.0**†" in render_table(make_table("x", emphasis="bold", mark="†"))


def test_report_has_every_section_in_order(whole_report):
    text = render_markdown(whole_report, "figures")
    headings = re.findall("^#+ .*", text, re.MULTILINE)
    assert headings[0] == "# Re-identification report"
    assert headings[1:3] == ["## Main comparison", "### Comparison on RGBNT201"]
    assert headings.index("## Modules of NEXT") < headings.index("## How to read this") < headings.index("## Provenance")
    assert headings[-2:] == ["### Main comparison", "### Modules of NEXT"]


def test_captions_of_queries_are_escaped(whole_report):
    page = PARSER.render(render_markdown(whole_report, "figures"))
    assert "A man with &lt;b&gt;a red&lt;/b&gt; coat." in page
