import numpy as np
import pytest

from harness.rows import collect
from reports.tables.sampling import sampling


def settings(keep):
    return {"method": {"name": "next", "text": {"keep_probability": keep}}}


@pytest.fixture
def suite(folder):
    for keep in (0.6, 0.75):
        folder.row(f"keep {keep}", keep, experts=True, patches=128, settings=settings(keep))
    folder.row("baseline", 0.5).row("unfinished", 0.5, finished=())
    return collect(folder.write(table="ablation"))[0]


def cells(table):
    headings = [f"{column.group} {column.title}".strip() for column in table.columns]
    return [dict(zip(headings, row, strict=True)) for row in table.rows]


def test_tokens_stand_by_modality_and_expert(suite, fake):
    (table,) = sampling(suite)
    headings = [f"{column.group} {column.title}".strip() for column in table.columns]
    tokens = [f"{modality} tokens E{expert}" for modality in ("RGB", "NIR", "TIR") for expert in (1, 2, 3)]
    shares = [f"Share of all selected {modality}" for modality in ("RGB", "NIR", "TIR")]
    assert headings == ["Row", "Keep", "mAP", "R1", *tokens, "of", *shares]
    first = cells(table)[0]
    monitors = [fake.make_monitors(seed) for seed in range(3)]
    for modality in ("RGB", "NIR", "TIR"):
        for expert in (1, 2, 3):
            kept = [128 * each[f"kept/E{expert}/{modality}"] for each in monitors]
            cell = first[f"{modality} tokens E{expert}"]
            assert cell.value == pytest.approx(np.mean(kept))
            assert cell.text == f"{np.mean(kept):.1f} ± {np.std(kept, ddof=1):.1f}"
    whole = sum(first[name].value for name in tokens)
    nir = sum(first[name].value for name in tokens if name.startswith("NIR"))
    assert first["Share of all selected NIR"].value == pytest.approx(100 * nir / whole)
    assert first["of"].text == "128"


def test_the_printed_lines_stand_below_as_printed(suite):
    (table,) = sampling(suite)
    found = cells(table)
    assert [(line["Row"].text, line["Keep"].text) for line in found] == [
        ("keep 0.6", "0.6"),
        ("keep 0.75", "0.75"),
        ("printed", "0.6"),
        ("printed", "0.75"),
        ("printed", "0.9"),
    ]
    stated = found[3]
    tokens = [stated[f"{modality} tokens E{expert}"].text for modality in ("RGB", "NIR", "TIR") for expert in (1, 2, 3)]
    assert tokens == ["67", "15", "22", "62", "68", "100", "48", "68", "21"]
    assert (stated["mAP"].text, stated["R1"].text, stated["of"].text) == ("82.4", "86.6", "128")
    assert stated["Share of all selected NIR"].value == pytest.approx(100 * 230 / 471)
    assert found[2]["RGB tokens E1"].text == "–"
    assert found[2]["Share of all selected RGB"].text == "–"
    assert all(cell.emphasis == "muted" for cell in (stated["Row"], stated["mAP"], stated["NIR tokens E3"]))


def test_shares_stand_where_the_number_of_tokens_is_not_known(folder):
    for keep in (0.6, 0.75):
        folder.row(f"keep {keep}", keep, experts=True, settings=settings(keep))
    (table,) = sampling(collect(folder.write(table="ablation"))[0])
    assert cells(table)[0]["of"].text == "–"
    assert 0 < cells(table)[0]["RGB tokens E1"].value < 100


def test_rows_of_one_probability_are_no_study(folder):
    folder.row("a", 0.5, experts=True, settings=settings(0.75)).row("b", 0.5, experts=True, settings=settings(0.75))
    assert sampling(collect(folder.row("c", 0.5).write())[0]) == []
