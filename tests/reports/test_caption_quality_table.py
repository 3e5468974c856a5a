import pytest

from harness.rows import collect
from reports.render.html import render_html
from reports.render.latex import render_latex
from reports.render.markdown import render_markdown
from reports.report import build_report
from reports.tables.ablation import ablation
from reports.tables.caption_quality import caption_quality
from reports.tables.comparison import comparison

SETS = ("NEXT-Text", "IDEA-Text")
LEVELS = {("idea", "0.35"): 0.4, ("next", "0.35"): 0.42, ("idea", "1.0"): 0.5, ("next", "1.0"): 0.6}


def build(folder, split="split", finished=None, sets=SETS):
    for place, captions in enumerate(sets):
        for (method, quality), level in LEVELS.items():
            folder.row(
                f"{method} word_quality={quality}",
                level - 0.05 * place,
                benchmark=captions,
                name="rgbnt201",
                method=method,
                split=f"{split}{captions}" if split == "apart" else split,
                columns={"word_quality": quality},
                finished=finished if captions == "IDEA-Text" else None,
            )
    return folder.write("quality", "Quality", "captions", reference="next word_quality=1.0")


def cells(table):
    headings = [f"{column.group} {column.title}".strip() for column in table.columns]
    return {(row[0].text, row[1].text): dict(zip(headings, row, strict=True)) for row in table.rows}


def test_caption_sets_and_qualities_stand_down_and_methods_across(folder):
    (table,) = caption_quality(collect(build(folder))[0])
    assert [f"{column.group} {column.heading}".strip() for column in table.columns] == [
        "Captions",
        "Quality (%)",
        *(
            f"{method} {name}"
            for method in ("idea", "next")
            for name in ("mAP (%)", "95 % interval", "R1 (%)", "Δ mAP (points)")
        ),
        "Seeds",
    ]
    own = [(captions, quality) for captions in SETS for quality in ("35", "100")]
    printed = [("IDEA-Text, printed", "100"), *(("NEXT-Text, printed", quality) for quality in ("35", "70", "100"))]
    assert list(cells(table)) == [*own, *printed]


def test_figures_are_those_of_the_rows(folder):
    suite = collect(build(folder))[0]
    found = cells(caption_quality(suite)[0])
    for row in suite.rows:
        method, quality = row.planned[0].method, f"{100 * float(row.columns['word_quality']):g}"
        line = found[row.benchmark, quality]
        mean = sum(record.metrics.mAP for record in row.records) / 3
        assert line[f"{method} mAP"].value == pytest.approx(100 * mean)
        assert "±" in line[f"{method} mAP"].text
        assert line[f"{method} 95 % interval"].text.startswith("[")
        assert line["Seeds"].text == "3"


def test_differences_are_to_the_first_set_at_full_quality_by_method(folder):
    suite = collect(build(folder))[0]
    found = cells(caption_quality(suite)[0])
    means = {
        (row.planned[0].method, row.benchmark, row.columns["word_quality"]): row.average_precision.mean for row in suite.rows
    }
    for method in ("idea", "next"):
        assert found["NEXT-Text", "100"][f"{method} Δ mAP"].text == "reference"
        reference = means[method, "NEXT-Text", "1.0"]
        for captions, quality, text in (("NEXT-Text", "0.35", "35"), ("IDEA-Text", "0.35", "35"), ("IDEA-Text", "1.0", "100")):
            difference = 100 * (means[method, captions, quality] - reference)
            assert found[captions, text][f"{method} Δ mAP"].value == pytest.approx(difference)


def test_sets_of_other_data_are_not_compared(folder):
    found = cells(caption_quality(collect(build(folder, split="apart"))[0])[0])
    assert found["IDEA-Text", "100"]["next Δ mAP"].text == "–"
    assert found["NEXT-Text", "35"]["next Δ mAP"].text != "–"


def test_the_paper_stands_below_in_grey(folder):
    found = cells(caption_quality(collect(build(folder))[0])[0])
    line = found["NEXT-Text, printed", "70"]
    assert [line[f"{method} {name}"].text for method in ("idea", "next") for name in ("mAP", "R1")] == [
        "78.1",
        "79.9",
        "80.0",
        "82.2",
    ]
    assert line["idea mAP"].emphasis == line["Captions"].emphasis == "muted"
    assert line["idea 95 % interval"].text == line["Seeds"].text == "–"


def test_an_unfinished_set_shows(folder):
    (table,) = caption_quality(collect(build(folder, finished=(0,)))[0])
    assert cells(table)["IDEA-Text", "100"]["Seeds"].text == "1 of 3"
    assert any(note.text.startswith("Not finished: “next word_quality=1.0” on IDEA-Text") for note in table.notes)


def test_without_a_finished_run_there_are_dashes(folder):
    (table,) = caption_quality(collect(build(folder, finished=(), sets=("IDEA-Text",)))[0])
    assert cells(table)["IDEA-Text", "100"]["next mAP"].text == "–"


def test_other_tables_leave_the_suite_alone_and_it_leaves_others_alone(folder):
    suite = collect(build(folder))[0]
    assert ablation(suite) == comparison(suite) == []
    assert caption_quality(collect(folder.row("a", 0.5).write("other"))[0]) == []


def test_every_format_has_the_table(folder):
    report = build_report(build(folder), figures=False)
    for text in (render_markdown(report, "figures"), render_latex(report), render_html(report)):
        assert "Caption sets and their quality" in text
        assert "NEXT-Text, printed" in text
