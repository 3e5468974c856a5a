import pytest

from harness.resolution import detectable, resolution
from harness.rows import collect
from reports.tables.resolution import ALL_ROWS, resolutions


@pytest.fixture
def suite(folder):
    folder.row("a", 0.5).row("b", 0.6).row("c", 0.55, seeds=(0,)).row("d", 0.5, finished=())
    return collect(folder.write())[0]


def test_there_is_a_line_for_each_finished_row_and_one_for_all(suite, fake):
    (table,) = resolutions(suite)
    assert list(fake.grid(table)) == ["a", "b", "c", ALL_ROWS]
    assert (table.name, table.title, table.section) == ("main-RGBNT201-resolution", "Resolution on RGBNT201", "results")


def test_figures_are_in_points(suite, fake):
    cells = fake.grid(resolutions(suite)[0])
    found = resolution(suite.benchmarks[0])
    b = found.rows[1]
    expected = {
        "Seed noise mAP": b.seed.value,
        "Seed noise Δ mAP": b.paired.value,
        "95 % identities ± mAP": b.half_width,
        "95 % identities ± Δ mAP": b.paired_half_width,
        "Late gain": b.late.gain,
        **{f"Detectable, 80 % power {seeds} seeds": detectable(b.paired.value, seeds) for seeds in (3, 5, 10, 20)},
    }
    assert {name: cells["b"][name].value for name in expected} == pytest.approx({k: 100 * v for k, v in expected.items()})
    assert cells["b"]["Seed noise Δ mAP"].text == f"{100 * b.paired.value:.1f}"
    assert cells[ALL_ROWS]["Seed noise mAP"].value == pytest.approx(100 * found.seed.value)


def test_what_is_not_known_is_a_dash(suite, fake):
    cells = fake.grid(resolutions(suite)[0])
    assert cells["c"]["Seed noise mAP"].text == cells["c"]["Detectable, 80 % power 3 seeds"].text == "–"
    assert cells["a"]["Seed noise Δ mAP"].text == cells["a"]["95 % identities ± Δ mAP"].text == "–"
    assert cells["c"]["95 % identities ± mAP"].text != "–"


def test_late_gains_beyond_the_noise_are_bold(suite, fake):
    cells = fake.grid(resolutions(suite)[0])
    for row in resolution(suite.benchmarks[0]).rows[:2]:
        noise = row.paired.value if row.paired.degrees else row.seed.value
        assert cells[row.row.label]["Late gain"].emphasis == ("bold" if row.late.gain > noise else "normal")
    assert cells["c"]["Late gain"].emphasis == "normal"


def test_a_suite_of_single_seeds_has_no_such_table(folder):
    assert resolutions(collect(folder.row("a", 0.5, seeds=(0,)).row("b", 0.6, seeds=(0,)).write())[0]) == []
