import json

import numpy as np
import pytest

from harness.records import QueryResults
from harness.rows import collect
from harness.statistics import QueryValues, bootstrap_mean, paired_difference
from reports.tables.comparison import comparison


def tables_of(work):
    return comparison(collect(work)[0])


def notes_of(table):
    return "\n".join(f"{note.mark}{note.text}" for note in table.notes)


def load(folder, fake, label, seeds):
    """Metrics and average precision straight from the files."""
    paths = [folder.path / "records" / f"{fake.sha(label, 'RGBNT201', seed)}.json" for seed in seeds]
    metrics = [json.loads(path.read_text())["metrics"] for path in paths]
    arrays = [np.load(path.with_suffix(".npz")) for path in paths]
    values = np.stack([found["average_precision"] for found in arrays])
    return metrics, QueryValues(label, tuple(seeds), values, arrays[0]["identity"])


def test_metrics_are_mean_and_deviation_over_seeds(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5).row("b", 0.6).write())
    metrics, _ = load(folder, fake, "b", (0, 1, 2))
    for name in ("mAP", "R1", "R5", "R10", "mINP"):
        values = [100 * found[name] for found in metrics]
        mean = sum(values) / 3
        deviation = (sum((value - mean) ** 2 for value in values) / 2) ** 0.5
        cell = fake.grid(table)["b"][name]
        assert cell.text == f"{mean:.1f} ± {deviation:.1f}"
        assert cell.value == pytest.approx(mean)


def test_intervals_are_those_of_the_identity_bootstrap(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5).row("b", 0.56).write())
    (_, first), (_, second) = (load(folder, fake, label, (0, 1, 2)) for label in "ab")
    single = bootstrap_mean(second, np.random.default_rng(0))
    paired = paired_difference(second, first, np.random.default_rng(0)).interval
    cells = fake.grid(table)["b"]
    assert cells["95 % interval"].text == f"[{100 * single.low:.1f}, {100 * single.high:.1f}]"
    expected = f"{100 * paired.estimate:+.1f} [{100 * paired.low:.1f}, {100 * paired.high:.1f}]"
    assert cells["Δ mAP"].text.replace("−", "-") == expected
    assert cells["Δ mAP"].emphasis == ("bold" if paired.low > 0 else "normal")
    assert fake.grid(table)["a"]["Δ mAP"].text == "reference"


def test_resolved_differences_are_bold_and_others_are_not(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5).row("far", 0.65).row("near", 0.505).write())
    cells = fake.grid(table)
    assert cells["far"]["Δ mAP"].emphasis == "bold"
    assert cells["near"]["Δ mAP"].emphasis == "normal"
    assert "“a”" in notes_of(table)


def test_unfinished_rows_are_shown_as_such(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5, finished=(0, 2)).row("b", 0.5, finished=()).write())
    cells = fake.grid(table)
    assert (cells["a"]["Seeds"].text, cells["b"]["Seeds"].text) == ("2 of 3", "0 of 3")
    assert cells["b"]["mAP"].text == cells["b"]["Δ mAP"].text == cells["b"]["Epoch"].text == "–"
    assert cells["b"]["Method"].emphasis == "muted"
    assert "Not finished: “a” on RGBNT201, seed 1." in notes_of(table)
    assert "Not finished: “b” on RGBNT201, seeds 0, 1 and 2." in notes_of(table)


def test_an_unfinished_reference_leaves_no_difference(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5, finished=()).row("b", 0.5).write())
    assert fake.grid(table)["b"]["Δ mAP"].text == "–"
    assert fake.grid(table)["a"]["Δ mAP"].text == "reference"


def test_a_single_seed_has_no_deviation_and_says_so(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5, seeds=(0,)).row("b", 0.5).write())
    assert "±" not in fake.grid(table)["a"]["mAP"].text
    assert "±" in fake.grid(table)["b"]["mAP"].text
    assert "One seed only, so no ± and no spread over seeds in the interval: a." in notes_of(table)


def test_best_on_test_is_marked_at_the_label_and_explained(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5).row("b", 0.5, epoch_rule="best-on-test").write())
    cells = fake.grid(table)
    assert (cells["a"]["Method"].mark, cells["b"]["Method"].mark, cells["b"]["Epoch"].mark) == ("", "†", "†")
    assert cells["b"]["Epoch"].text == "best on test"
    assert "†Epoch chosen on the test set" in notes_of(table)
    assert "†" not in notes_of(tables_of(folder.row("a", 0.5).write())[0])


def test_cost_and_speed(folder, fake):
    gpu = {"throughput": fake.make_throughput("NVIDIA H200", images_per_second=1834.2, precision="fp16"), "memory": None}
    shared = {"throughput": fake.make_throughput(concurrent_runs=3, images_per_second=27.31)}
    (table,) = tables_of(folder.row("a", 0.5, **gpu).row("b", 0.5, **shared).row("c", 0.5, throughput=None).write())
    cells = fake.grid(table)
    assert cells["a"]["Params"].text == "94.8"
    assert (cells["a"]["MACs attention"].text, cells["a"]["MACs published"].text) == ("46.0", "44.8")
    assert (cells["a"]["Images/s"].text, cells["a"]["Images/s"].mark) == ("1834", "")
    assert (cells["b"]["Images/s"].text, cells["b"]["Images/s"].mark) == ("27.3", "‡")
    assert cells["a"]["Measured on"].text == "NVIDIA H200, batch 8, fp16"
    assert cells["b"]["Measured on"].text == "cpu, batch 8, fp32, 2 threads, 3 runs at once"
    assert cells["c"]["Images/s"].text == cells["c"]["Measured on"].text == "–"
    assert "‡Speed measured on a CPU." in notes_of(table)


def test_notes_count_queries_identities_skipped_and_ties(folder, fake):
    (table,) = tables_of(folder.row("a", 0.5).row("b", 0.5, tied=4).write())
    assert "RGBNT201: 180 queries of 30 identities" in notes_of(table)
    assert "counts for them: 2; tied positives: 0 to 4 (by run)" in notes_of(table)
    assert f"split {fake.sha('split', 'RGBNT201')[:8]}." in notes_of(table)


def test_a_test_where_all_queries_are_skipped_has_no_interval(folder, fake):
    queries = fake.make_queries(0.5, 0)
    none = QueryResults(**{**dict(queries), "average_precision": np.full(len(queries.identity), np.nan)})
    (table,) = tables_of(folder.row("a", 0.5, seeds=(0,), queries=none).row("b", 0.5, seeds=(0,), queries=none).write())
    assert fake.grid(table)["b"]["95 % interval"].text == "–"
    assert fake.grid(table)["b"]["Δ mAP"].text == "–"
    assert "No query counts, so the mAP has no meaning: a and b." in notes_of(table)


def test_one_table_for_each_benchmark_and_the_rows_own_columns(folder, fake):
    folder.row("a", 0.5, columns={"Backbone": "CLIP-B/16"}).row("a", 0.5, benchmark="MSVR310")
    first, second = tables_of(folder.write())
    assert fake.grid(first)["a"]["Backbone"].text == "CLIP-B/16"
    assert "Backbone" not in fake.grid(second)["a"]
    assert (first.title, second.title) == ("Comparison on RGBNT201", "Comparison on MSVR310")


def test_an_ablation_is_no_comparison(folder):
    assert tables_of(folder.row("a", 0.5).write(table="ablation")) == []
