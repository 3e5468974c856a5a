import json

import pytest

from harness.rows import collect
from reports.tables.ablation import ablation

MARKS = ({"MGFA": "", "TMSE": ""}, {"MGFA": "✓", "TMSE": ""}, {"MGFA": "✓", "TMSE": "✓"})


@pytest.fixture
def table(folder):
    for benchmark in ("RGBNT201", "MSVR310"):
        for index, columns in enumerate(MARKS):
            folder.row(f"({'abc'[index]})", 0.5 + 0.05 * index, benchmark=benchmark, columns=columns)
    (found,) = ablation(collect(folder.write(table="ablation"))[0])
    return found


def test_columns_stand_in_the_order_of_table_iv(table):
    headings = [f"{column.group} {column.title}".strip() for column in table.columns]
    measured = ["mAP", "R1", "R5", "R10", "mINP", "Δ mAP", "Seeds"]
    expected = ["Variant", "MGFA", "TMSE"]
    expected += [f"{benchmark} {name}" for benchmark in ("RGBNT201", "MSVR310") for name in measured]
    assert headings == [*expected, "Params", "MACs attention", "MACs published"]


def test_rows_say_what_they_have(table, fake):
    cells = fake.grid(table)
    assert [(cells[label]["MGFA"].text, cells[label]["TMSE"].text) for label in cells] == [("", ""), ("✓", ""), ("✓", "✓")]


def test_metrics_are_those_of_their_benchmark(table, folder, fake):
    for benchmark in ("RGBNT201", "MSVR310"):
        paths = [folder.path / "records" / f"{fake.sha('(b)', benchmark, seed)}.json" for seed in range(3)]
        mean = sum(json.loads(path.read_text())["metrics"]["R1"] for path in paths) / 3
        assert fake.grid(table)["(b)"][f"{benchmark} R1"].value == pytest.approx(100 * mean)


def test_notes_name_both_benchmarks_and_whose_cost_is_given(table):
    text = "\n".join(note.text for note in table.notes)
    assert "RGBNT201: 180 queries" in text
    assert "MSVR310: 180 queries" in text
    assert "Params and MACs are those on RGBNT201" in text


def test_a_variant_that_one_benchmark_lacks_has_dashes(folder, fake):
    folder.row("a", 0.5).row("b", 0.5).row("a", 0.5, benchmark="MSVR310")
    (table,) = ablation(collect(folder.write(table="ablation"))[0])
    assert fake.grid(table)["b"]["MSVR310 mAP"].text == "–"
    assert fake.grid(table)["b"]["RGBNT201 mAP"].text != "–"


def test_one_benchmark_needs_no_heading_over_its_columns(folder):
    (table,) = ablation(collect(folder.row("a", 0.5).write(table="ablation"))[0])
    assert {column.group for column in table.columns} == {"", "MACs"}


def test_unfinished_and_flagged_variants_show(folder, fake):
    folder.row("a", 0.5, epoch_rule="best-on-test").row("b", 0.5, finished=())
    (table,) = ablation(collect(folder.write(table="ablation"))[0])
    assert fake.grid(table)["a"]["Variant"].mark == "†"
    assert fake.grid(table)["b"]["Seeds"].text == "0 of 3"
    assert any(note.mark == "†" for note in table.notes)


def test_a_re_ranked_variant_is_flagged_beside_its_other_marks(folder, fake):
    reranked, plainly = ({"evaluation": {"rerank": rerank}} for rerank in ({"k1": 20, "k2": 6, "weight": 0.3}, None))
    folder.row("a", 0.5, settings=plainly).row("b", 0.5, settings=reranked)
    folder.row("c", 0.5, settings=reranked, epoch_rule="best-on-test")
    (table,) = ablation(collect(folder.write(table="ablation"))[0])
    assert [fake.grid(table)[label]["Variant"].mark for label in "abc"] == ["", "§", "†§"]
    (note,) = [note for note in table.notes if note.mark == "§"]
    assert "not comparable with rows that are not" in note.text


def test_a_comparison_is_no_ablation(folder):
    assert ablation(collect(folder.row("a", 0.5).write())[0]) == []
