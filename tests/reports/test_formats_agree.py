"""Markdown, LaTeX and HTML carry the same numbers."""

import re

import pytest

from reports.render.html import render_html
from reports.render.latex import render_latex
from reports.render.markdown import render_markdown
from reports.report import build_report


@pytest.fixture(scope="module")
def expected(whole_report):
    """What stands with a number in any table, with its mark."""
    tables = [table for section in whole_report.sections for table in section.tables + section.provenance]
    found = {cell.text + cell.mark for table in tables for row in table.rows for cell in row}
    return {text for text in found if re.search(r"\d\.\d", text)}


def test_there_is_something_to_compare(expected):
    assert len(expected) > 100


def test_markdown(whole_report, expected):
    text = re.sub(r"\\(.)|\*\*", r"\1", render_markdown(whole_report, "figures"))
    cells = {cell.strip() for line in text.splitlines() for cell in line.split(" | ") for cell in [cell.strip("| ")]}
    assert expected <= cells


def test_latex(whole_report, expected):
    text = render_latex(whole_report)
    for sign, plain in ((r"$\pm$", "±"), ("$-$", "−"), (r"$^\dagger$", "†"), (r"$^\ddagger$", "‡"), (r"\%", "%"), ("{}", "")):
        text = text.replace(sign, plain)
    text = re.sub(r"\\textbf\{([^}]*)\}|\\raggedright ", r"\1", text)
    cells = {cell.strip() for line in text.splitlines() for cell in line.removesuffix(r"\tabularnewline").split(" & ")}
    assert {cell for cell in expected if "&" not in cell} <= cells


def test_html(whole_report, expected):
    text = re.sub("</?sup>", "", render_html(whole_report))
    assert expected <= set(re.findall(r"<t[hd][^>]*>([^<]*)</t[hd]>", text))


def test_best_on_test_is_flagged_in_each(whole_report):
    for text, mark in (
        (render_markdown(whole_report, "figures"), "DeMo†"),
        (render_latex(whole_report), r"DeMo$^\dagger$"),
        (render_html(whole_report), "DeMo</span><sup>†</sup>"),
    ):
        assert mark in text
        assert "Epoch chosen on the test set" in text


def test_a_re_ranked_row_is_flagged_in_each(folder):
    reranked = {"evaluation": {"rerank": {"k1": 20, "k2": 6, "weight": 0.3}}}
    report = build_report(folder.row("a", 0.5).row("b", 0.6, settings=reranked).write())
    for text, mark in (
        (render_markdown(report, "figures"), "b§"),
        (render_latex(report), r"b$^\mathsection$"),
        (render_html(report), "b</span><sup>§</sup>"),
    ):
        assert mark in text
        assert "Re-ranked by k-reciprocal neighbours" in text
