import numpy as np
import pytest

from harness.rows import collect
from reports.monitors import epoch_load, experts, modalities, parse, place_order
from reports.tables.monitors import monitors


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("kept/E1/RGB", ("kept", (1, "RGB"))),
        ("structure/E12/TIR", ("structure", (12, "TIR"))),
        ("kept/E1", None),
        ("temperature", None),
        ("a kept/E1/RGB", None),
    ],
)
def test_names_are_read(name, expected):
    assert parse(name) == expected


def test_epoch_load_is_of_kept_tokens_alone():
    assert epoch_load({"kept/E1/RGB": 0.5, "structure/E1/RGB": 0.3, "loss": 1.0}) == {(1, "RGB"): 0.5}


def test_places_are_in_the_usual_order():
    places = [(2, "TIR"), (1, "depth"), (2, "RGB"), (1, "NIR")]
    assert experts(places) == [1, 2]
    assert modalities(places) == ["RGB", "NIR", "TIR", "depth"]
    assert sorted(places, key=place_order) == [(1, "NIR"), (1, "depth"), (2, "RGB"), (2, "TIR")]


def test_tokens_are_counted_where_the_grid_is_known(folder, fake):
    work = folder.row("NEXT", 0.6, experts=True, patches=128).write()
    experts, others = monitors(collect(work)[0])
    shares = [fake.make_monitors(seed)["kept/E2/NIR"] for seed in range(3)]
    expected = f"{128 * np.mean(shares):.1f} ± {128 * np.std(shares, ddof=1):.1f}"
    rows = {row[1].text: [cell.text for cell in row] for row in experts.rows}
    assert rows["E2"][3] == expected
    assert rows["E2"][5:] == ["128", "45.0 ± 0.0", "45.0 ± 0.0", "45.0 ± 0.0"]
    assert [cell.text for cell in others.rows[0]] == ["NEXT", "temperature", "0.070 ± 0.000"]


def test_shares_are_given_where_the_grid_is_not_known(folder, fake):
    experts, _ = monitors(collect(folder.row("NEXT", 0.6, seeds=(0,), experts=True).write())[0])
    share = fake.make_monitors(0)["kept/E1/RGB"]
    assert [cell.text for cell in experts.rows[0]][2:6:3] == [f"{100 * share:.1f} %", "–"]


def test_methods_that_log_nothing_have_no_table(folder):
    assert monitors(collect(folder.row("a", 0.5).row("b", 0.5, finished=()).write())[0]) == []
