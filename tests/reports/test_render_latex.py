import re
import shutil
import subprocess

import pytest

from reports.render.latex import render_cell, render_head, render_latex, render_row
from reports.render.latex_text import escape
from reports.table import Cell, Column, Table

ARTICLE = r"""\documentclass{article}
\usepackage{booktabs}
\begin{document}
\input{report.tex}
\end{document}
"""


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a_b <x> & 50% | ", r"a\_b \textless{}x\textgreater{} \& 50\% \textbar{}"),
        (r"\input{x} #1 $y$ ~ ^", r"\textbackslash{}input\{x\} \#1 \$y\$ \textasciitilde{} \textasciicircum{}"),
        ("82.4 ± 0.3 −1", r"82.4 $\pm$ 0.3 $-$1"),
        ("✓ ✗ Δ σ ·", r"$\surd$ $\times$ $\Delta$ $\sigma$ $\cdot$"),
        ("“a” – b…", r"``a'' -- b\ldots{}"),
        ("a--b ---", "a-{}-b -{}-{}-"),
        ("naïve Žižek ß", "naïve Žižek ß"),
        ("ﬁ ² ά 中 Đ", r"fi 2 $\alpha$ [U+4E2D] [U+0110]"),
        ("a\n\nb", "a b"),
    ],
)
def test_text_is_escaped(text, expected):
    assert escape(text) == expected


def test_cells_have_emphasis_marks_and_no_leading_bracket():
    assert render_cell(Cell("+1", emphasis="bold", mark="†")) == r"\textbf{+1}$^\dagger$"
    assert render_cell(Cell("[1, 2]")) == "{}[1, 2]"
    assert render_cell(Cell("*")) == "{}*"
    assert render_cell(Cell("word " * 8)).startswith(r"\raggedright word")


def test_rows_and_headings():
    columns = (Column("Row", align="left"), Column("A", "%", group="G"), Column("B", group="G"))
    table = Table("t", "s", "t", columns, ((Cell("x"), Cell("1"), Cell("2")),), ())
    assert render_row(table.rows[0]) == r"x & 1 & 2 \tabularnewline"
    assert render_head(table).splitlines() == [
        r"\multicolumn{1}{c}{} & \multicolumn{2}{c}{G} \tabularnewline",
        r"\cmidrule(lr){2-3}",
        r"Row & A (\%) & B \tabularnewline",
    ]


def test_environments_are_balanced_and_tables_labelled_once(whole_report):
    text = render_latex(whole_report)
    for name in ("table", "tabular", "minipage"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") > 0
    labels = re.findall(r"\\label\{(.*?)\}", text)
    assert len(set(labels)) == len(labels)
    assert {"tab:main-rgbnt201", "tab:modules-ablation", "tab:main-provenance"} <= set(labels)


def test_rows_have_as_many_cells_as_columns(whole_report):
    text = render_latex(whole_report)
    for columns, body in re.findall(r"\\begin\{tabular\}\{(.*?)\}\n(.*?)\\end\{tabular\}", text, re.DOTALL):
        count = len(re.sub(r"p\{[^}]*", "p", columns).replace("}", ""))
        for row in re.findall(r"(.*) \\tabularnewline", body.split(r"\midrule")[1]):
            assert len(re.split(r"(?<!\\)&", row)) == count


def pdflatex(folder):
    return subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "main.tex"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_it_compiles_in_an_article_with_booktabs_alone_and_fits_the_page(whole_report, tmp_path):
    (tmp_path / "report.tex").write_text(render_latex(whole_report), encoding="utf-8")
    (tmp_path / "main.tex").write_text(ARTICLE)
    done = pdflatex(tmp_path)
    if "`booktabs.sty' not found" in done.stdout:
        pytest.skip("booktabs is not installed")
    assert done.returncode == 0, done.stdout[-2000:]
    assert "Overfull \\hbox" not in done.stdout
    assert "Float too large" not in done.stdout
