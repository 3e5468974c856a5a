import json

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.records import QueryResults
from harness.rows import collect


def test_rows_follow_the_manifest_and_seeds_are_sorted(folder):
    work = folder.row("b", 0.5, seeds=(2, 0, 1)).row("a", 0.6).row("b", 0.5, benchmark="MSVR310").write()
    (suite,) = collect(work)
    assert [group.benchmark for group in suite.benchmarks] == ["RGBNT201", "MSVR310"]
    assert [row.label for row in suite.benchmarks[0].rows] == ["b", "a"]
    assert [record.seed for record in suite.benchmarks[0].rows[0].records] == [0, 1, 2]
    assert suite.finished_runs == 9
    assert suite.labels == ["b", "a"]


def test_unfinished_runs_stay_in_their_row(folder):
    work = folder.row("a", 0.5, finished=(0, 2)).row("b", 0.5, finished=()).write()
    first, second = collect(work)[0].benchmarks[0].rows
    assert (len(first.runs), first.missing_seeds) == (2, [1])
    assert (len(second.runs), second.missing_seeds) == (0, [0, 1, 2])
    assert second.average_precision is None
    assert second.pictures is None


def test_per_query_values_are_those_of_the_files(folder):
    row = collect(folder.row("a", 0.5).write())[0].benchmarks[0].rows[0]
    for seed, run in enumerate(row.planned):
        with np.load(folder.path / "records" / f"{run.id}.npz") as arrays:
            np.testing.assert_array_equal(row.average_precision.values[seed], arrays["average_precision"])


def test_pictures_are_of_the_first_seed_that_has_some(folder):
    row = collect(folder.row("a", 0.5).pictures("a", seed=1).write())[0].benchmarks[0].rows[0]
    assert row.pictures.query_images.shape[0] == 3


def test_reference_is_the_first_row_or_the_named_one(folder):
    work = folder.row("a", 0.5).row("b", 0.6).write()
    assert collect(work)[0].benchmarks[0].reference.label == "a"
    work = folder.row("a", 0.5).row("b", 0.6).write(reference="b")
    assert collect(work)[0].benchmarks[0].reference.label == "b"


def test_a_reference_that_is_no_row_is_refused_with_the_closest(folder):
    work = folder.row("Baseline", 0.5).write(reference="Basline")
    with pytest.raises(InputError, match=r"unknown reference row 'Basline'; did you mean 'Baseline'\?"):
        collect(work)


def test_different_splits_of_one_table_are_refused_naming_both_rows(folder):
    work = folder.row("NEXT", 0.5).row("Signal", 0.6, split="another copy").write()
    with pytest.raises(InputError, match=r"rows 'NEXT' \(seed 0\) and 'Signal' \(seed 0\) saw different splits of RGBNT201"):
        collect(work)


def test_different_splits_of_different_benchmarks_are_as_they_should_be(folder):
    work = folder.row("a", 0.5).row("a", 0.6, split="another", benchmark="MSVR310").write()
    assert len(collect(work)[0].benchmarks) == 2


def test_per_query_results_of_other_queries_are_refused(folder, fake):
    queries = fake.make_queries(0.5, 0)
    other = QueryResults(**{**dict(queries), "identity": queries.identity[::-1].copy()})
    work = folder.row("a", 0.5, seeds=(0,)).row("b", 0.5, seeds=(0,), queries=other).write()
    with pytest.raises(InputError, match="'a' .* and 'b' .* not of the same queries of RGBNT201"):
        collect(work)


def test_one_label_for_two_variants_is_refused(folder):
    work = folder.row("a", 0.5, seeds=(0,), method="next").row("a", 0.5, seeds=(1,), method="signal").write()
    with pytest.raises(InputError, match="the row 'a' on RGBNT201 mixes next:default and signal:default"):
        collect(work)


def test_a_seed_that_stands_twice_is_refused(folder):
    work = folder.row("a", 0.5, seeds=(0,)).row("a", 0.5, seeds=(0,)).write()
    with pytest.raises(InputError, match=r"the row 'a' on RGBNT201 has a seed twice \(\[0, 0\]\)"):
        collect(work)


def test_a_suite_without_runs_is_refused(folder):
    with pytest.raises(InputError, match=r"main\.json: the suite has no runs"):
        collect(folder.write())


def record_file(work):
    return sorted((work / "records").glob("*.json"))[0]


def test_a_damaged_record_is_named(folder):
    path = record_file(folder.row("a", 0.5).write())
    path.write_text(path.read_text()[:200])
    with pytest.raises(InputError, match=rf"{path.name}: not a record"):
        collect(folder.path)


def test_missing_per_query_results_are_named(folder):
    path = record_file(folder.row("a", 0.5).write())
    path.with_suffix(".npz").unlink()
    with pytest.raises(InputError, match=rf"{path.stem}\.npz: missing beside its record"):
        collect(folder.path)


@pytest.mark.parametrize(("key", "value", "message"), [("seed", 9, "has seed 9"), ("id", "x", "has id 'x'")])
def test_the_record_of_another_run_is_refused(folder, key, value, message):
    path = record_file(folder.row("a", 0.5, seeds=(0,)).write())
    path.write_text(json.dumps({**json.loads(path.read_text()), key: value}))
    with pytest.raises(InputError, match=message):
        collect(folder.path)


def test_metrics_that_are_not_those_of_the_queries_are_refused(folder):
    path = record_file(folder.row("a", 0.5, seeds=(0,)).write())
    values = json.loads(path.read_text())
    values["metrics"]["mAP"] = 0.9
    path.write_text(json.dumps(values))
    with pytest.raises(InputError, match="says mAP 0.900000 where its per-query results give 0.4"):
        collect(folder.path)


def test_per_query_arrays_of_different_length_are_refused(folder):
    path = record_file(folder.row("a", 0.5, seeds=(0,)).write()).with_suffix(".npz")
    with np.load(path) as values:
        arrays = dict(values)
    np.savez(path, **{**arrays, "identity": arrays["identity"][:-1]})
    with pytest.raises(InputError, match="differ in length"):
        collect(folder.path)


def test_rows_are_grouped_by_what_tables_call_the_benchmark(folder):
    folder.row("a", 0.5, benchmark="person").row("a", 0.6, benchmark="draw 1", name="person", split="other")
    (suite,) = collect(folder.write())
    assert [(group.benchmark, group.rows[0].benchmark_name) for group in suite.benchmarks] == [
        ("person", "person"),
        ("draw 1", "person"),
    ]
    assert [row.records[0].benchmark for row in suite.rows] == ["person", "person"]
