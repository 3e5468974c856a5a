import pytest

from harness.draws import draws
from harness.resolution import detectable_over_draws
from harness.rows import collect
from reports.render.html import render_html
from reports.render.latex import render_latex
from reports.render.markdown import render_markdown
from reports.report import build_report
from reports.tables.draws import over_draws

LABELS = ("person", "draw 1", "draw 2")


@pytest.fixture
def work(folder):
    for number, label in enumerate(LABELS):
        settings = {"benchmark": {"draw": number}}
        for row, level in {"a": 0.5, "b": 0.7, "c": 0.5 + 0.05 * number}.items():
            if (row, number) != ("c", 1):
                folder.row(row, level, benchmark=label, name="person", split=label, settings=settings)
    return folder.write()


def test_rows_stand_with_their_difference_in_each_draw(work, fake):
    suite = collect(work)[0]
    (table,) = over_draws(suite)
    cells = fake.grid(table)
    assert (table.title, list(cells)) == ("3 draws of person", ["b", "c"])
    (found,) = draws(suite)
    for item in found.differences:
        values = {label: cells[item.label][f"Δ mAP {label}"].value for label in item.means}
        assert values == pytest.approx({label: 100 * mean for label, mean in item.means.items()})
        assert cells[item.label]["Mean"].value == pytest.approx(100 * item.interval.estimate)
        assert cells[item.label]["95 % interval"].value == pytest.approx(100 * item.interval.low)
        assert cells[item.label]["Draw noise"].value == pytest.approx(100 * item.deviation)
        assert cells[item.label]["Seed noise"].value == pytest.approx(100 * item.within.value)
    assert cells["c"]["Δ mAP draw 1"].text == "–"
    assert cells["b"]["Mean"].text.startswith("+")


def test_intervals_that_exclude_zero_are_bold(work, fake):
    (table,) = over_draws(collect(work)[0])
    cells = fake.grid(table)
    assert (cells["b"]["95 % interval"].emphasis, cells["c"]["95 % interval"].emphasis) == ("bold", "normal")


def test_the_note_says_what_more_draws_would_find(work):
    suite = collect(work)[0]
    (found,) = draws(suite)
    noise = found.draw_noise, found.seed_noise.value
    note = over_draws(suite)[0].notes[-1].text
    at = [f"{100 * detectable_over_draws(*noise, 3, seeds):.1f}" for seeds in (3, 5, 10, 20)]
    assert f"over 3 draws of 3 / 5 / 10 / 20 seeds: {' / '.join(at)} points" in note
    more = [f"{100 * detectable_over_draws(*noise, count, 3):.1f}" for count in (5, 10)]
    assert note.endswith(f"over 5 / 10 draws of 3 seeds: {' / '.join(more)} points.")


def test_one_seed_in_each_draw_leaves_draw_noise_unknown(folder, fake):
    for number, label in enumerate(LABELS):
        for row in "ab":
            folder.row(row, 0.5, benchmark=label, name="person", seeds=(0,), settings={"benchmark": {"draw": number}})
    (table,) = over_draws(collect(folder.write())[0])
    assert fake.grid(table)["b"]["Draw noise"].text == "–"
    assert not any("All rows" in note.text for note in table.notes)


def test_one_draw_is_no_table(folder):
    assert over_draws(collect(folder.row("a", 0.5).row("b", 0.5).write())[0]) == []


def test_every_format_shows_the_draws(work):
    report = build_report(work, figures=False)
    for text in (render_markdown(report, "figures"), render_html(report), render_latex(report)):
        assert "3 draws of person" in text
        assert "Resolution on draw 2" in text
