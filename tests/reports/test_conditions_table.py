import statistics

import pytest

from benchmarks.conditions import KINDS, missing_settings
from benchmarks.modalities import MODALITIES
from harness.rows import collect
from reports.figures.degradations import degradations
from reports.render.html import render_html
from reports.render.latex import render_latex
from reports.render.markdown import render_markdown
from reports.report import build_report
from reports.tables.conditions import under_conditions

SIX = [condition.text for condition in missing_settings()]
ALL = [f"{modality}:{kind}:{strength}" for modality in MODALITIES for kind in KINDS for strength in (1, 2, 3)]


def level(text, seed=0):
    """A made mAP that depends on condition and seed."""
    return 0.2 + 0.004 * ([*SIX, *ALL].index(text)) + 0.01 * seed**2


@pytest.fixture
def add(folder, fake):
    """Adds a row that is tested under conditions, each seed with figures of its own."""

    def row(label, texts, seeds=(0, 1, 2), **changes):
        for seed in seeds:
            conditions = fake.make_conditions({text: level(text, seed) for text in texts})
            folder.row(label, 0.6, seeds=(seed,), conditions=conditions, **changes)
        return folder

    return row


def tables(work):
    return under_conditions(collect(work)[0])


def test_the_missing_table_has_the_form_of_the_fields(add, fake):
    add("a", SIX)
    work = add("b", SIX, missing_filling="reconstruction").write()
    (table,) = tables(work)
    assert table.title == "Missing modalities on RGBNT201"
    names = ["M(RGB)", "M(NIR)", "M(TIR)", "M(RGB+NIR)", "M(RGB+TIR)", "M(NIR+TIR)"]
    assert [group for group, _ in table.groups()] == ["", "Own test", *names, "Average"]
    cells = fake.grid(table)
    assert list(cells) == ["a", "b"]
    assert [cells[label]["Filling"].text for label in "ab"] == ["zeros", "reconstruction"]
    for text, name in zip(SIX, names, strict=True):
        values = [100 * level(text, seed) for seed in (0, 1, 2)]
        mean, deviation = statistics.mean(values), statistics.stdev(values)
        assert cells["a"][f"{name} mAP"].value == pytest.approx(mean)
        assert cells["a"][f"{name} mAP"].text == f"{mean:.1f} ± {deviation:.1f}"
        assert cells["a"][f"{name} R1"].value == pytest.approx(
            100 * statistics.mean(level(text, seed) / 2 for seed in (0, 1, 2))
        )
    average = statistics.mean(level(text, seed) for text in SIX for seed in (0, 1, 2))
    assert cells["a"]["Average mAP"].value == pytest.approx(100 * average)
    records = collect(work)[0].rows[0].records
    assert cells["a"]["Own test mAP"].value == pytest.approx(100 * statistics.mean(record.metrics.mAP for record in records))
    assert cells["a"]["Average Δ mAP"].value == pytest.approx(
        cells["a"]["Average mAP"].value - cells["a"]["Own test mAP"].value
    )
    assert cells["a"]["Average Δ mAP"].text.startswith("−")


def test_settings_stand_in_the_order_of_the_field_whatever_the_order_of_the_record(add):
    texts = ["missing:NIR+TIR", "missing:TIR", "missing:RGB"]
    (table,) = tables(add("a", texts).write())
    groups = [group for group, _ in table.groups() if group.startswith("M(")]
    assert groups == ["M(RGB)", "M(TIR)", "M(NIR+TIR)"]


def test_rows_and_runs_that_lack_a_condition_have_dashes_and_are_named(add, folder, fake):
    add("whole", SIX)
    add("part", SIX[:2])
    folder.row("plain", 0.6).row("unfinished", 0.6, finished=())
    (table,) = tables(folder.write())
    cells = fake.grid(table)
    assert list(cells) == ["whole", "part"]
    assert cells["part"]["M(TIR) mAP"].text == cells["part"]["Average mAP"].text == cells["part"]["Average Δ mAP"].text == "–"
    assert cells["part"]["M(NIR) mAP"].text != "–"
    assert "Not tested under these conditions: plain." in [note.text for note in table.notes]
    assert any(note.text.startswith("Not finished: “unfinished”") for note in table.notes)


def test_captions_that_were_kept_are_told(add):
    add("a", SIX)
    (table,) = tables(add("b", SIX, settings={"data": {"missing_captions": "kept"}}).write())
    texts = [note.text for note in table.notes]
    assert "These rows were given the captions of missing modalities: b." in texts


def test_one_seed_has_no_spread_and_says_so(add, fake):
    (table,) = tables(add("a", SIX, seeds=(0,)).write())
    assert fake.grid(table)["a"]["M(RGB) mAP"].text == f"{100 * level(SIX[0]):.1f}"
    assert any(note.text.startswith("One seed only") for note in table.notes)


def test_the_degraded_table_has_a_line_for_each_modality_and_kind_with_their_mean(add):
    (table,) = tables(add("a", ALL).write())
    assert table.title == "Degraded modalities on RGBNT201"
    assert [group for group, _ in table.groups()] == ["", "mAP", "Δ mAP", "R1"]
    lines = [(row[1].text, row[2].text) for row in table.rows]
    assert lines == [(modality, kind) for modality in MODALITIES for kind in [*KINDS, "mean"]]
    for row in table.rows:
        kinds = KINDS if row[2].text == "mean" else [row[2].text]
        for place, strength in enumerate((1, 2, 3)):
            texts = [f"{row[1].text}:{kind}:{strength}" for kind in kinds]
            expected = statistics.mean(level(text, seed) for text in texts for seed in (0, 1, 2))
            assert row[3 + place].value == pytest.approx(100 * expected)
            assert row[9 + place].value == pytest.approx(50 * expected)
            assert row[6 + place].text.startswith("−")


def test_a_part_of_the_degradations_has_a_table_of_its_size(add):
    (table,) = tables(add("a", ["NIR:blur:2", "TIR:noise:2", "NIR:flare:3"]).write())
    lines = [(row[1].text, row[2].text, row[3].text, row[4].text) for row in table.rows]
    assert [line[:2] for line in lines] == [("NIR", "flare"), ("NIR", "blur"), ("NIR", "mean"), ("TIR", "noise")]
    assert lines[0][2] == lines[1][3] == lines[2][2] == lines[2][3] == "–"


def test_other_conditions_have_a_table_of_their_own(folder, fake):
    text = "missing:TIR/RGB:blur:1"
    folder.row("a", 0.6, seeds=(0,), conditions=fake.make_conditions({text: 0.4, "RGB:blur:1/NIR:blur:1": 0.3}))
    (table,) = tables(folder.write())
    assert table.title == "Other conditions on RGBNT201"
    assert [(row[1].text, row[2].text) for row in table.rows] == [
        ("M(TIR), RGB blur 1", "40.0"),
        ("RGB blur 1, NIR blur 1", "30.0"),
    ]


def test_all_kinds_of_conditions_give_their_tables(add):
    work = add("a", [*SIX, *ALL]).write()
    assert [table.name for table in tables(work)] == ["main-RGBNT201-missing", "main-RGBNT201-degraded"]
    report = build_report(work, figures=False)
    for text in (render_markdown(report, "figures"), render_html(report), render_latex(report)):
        assert "Missing modalities on RGBNT201" in text
        assert "Degraded modalities on RGBNT201" in text


def test_records_without_conditions_have_no_table(folder):
    assert tables(folder.row("a", 0.5).write()) == []


def test_the_figure_has_a_panel_for_each_modality_and_kind(add, folder, fake):
    add("a", ALL)
    add(fake.NASTY, ["NIR:blur:1", "NIR:blur:3"], seeds=(0,))
    folder.row("plain", 0.6)
    drawing = degradations(collect(folder.write())[0].benchmarks[0])
    assert drawing.svg.startswith(b"<?xml")
    svg = drawing.svg.decode()
    assert all(f"<!-- {kind} -->" in svg for kind in KINDS)
    assert "<!-- plain -->" not in svg
    assert svg.count("<!-- mAP (%) -->") == 3


def test_there_is_no_figure_without_degradations(add, folder):
    add("a", SIX)
    assert degradations(collect(folder.write())[0].benchmarks[0]) is None
