import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.comparison import compare_rows
from harness.manifest import read_manifests


@pytest.fixture
def work(folder):
    """Two finished rows, one that has lost a seed, and one that has not begun."""
    folder.row("Baseline", 0.5, method="baseline").row("NEXT", 0.6, method="next").row("Signal", 0.58, finished=(0, 2))
    return folder.row("DeMo", 0.5, finished=()).write()


def test_the_difference_is_that_of_the_means(work):
    result = compare_rows(work, "NEXT", "Baseline")
    arrays = {}
    for run in folder_runs(work):
        with np.load(work / "records" / f"{run.id}.npz") as values:
            arrays.setdefault(run.label, []).append(values["average_precision"])
    next_, baseline = (np.mean(arrays[label], axis=0) for label in ("NEXT", "Baseline"))
    kept = ~np.isnan(next_)
    assert result.difference == pytest.approx((next_ - baseline)[kept].mean(), abs=1e-12)
    assert result.queries_won == ((next_ - baseline)[kept] > 1e-12).sum()
    assert result.queries_lost == ((next_ - baseline)[kept] < -1e-12).sum()
    assert (result.a, result.b, result.metric, result.unit, result.level) == ("NEXT", "Baseline", "mAP", "identity", 0.95)
    assert (result.seeds, result.paired_seeds) == (3, True)


def folder_runs(work):
    return [run for run in read_manifests(work)[0].runs if (work / "records" / f"{run.id}.npz").exists()]


def test_it_turns_round_with_its_rows(work):
    forth, back = compare_rows(work, "NEXT", "Baseline"), compare_rows(work, "Baseline", "NEXT")
    assert forth.difference == -back.difference
    assert forth.interval == pytest.approx((-back.interval[1], -back.interval[0]))
    assert (forth.queries_won, forth.queries_lost) == (back.queries_lost, back.queries_won)
    assert forth.interval[0] < forth.difference < forth.interval[1]
    assert forth.interval[0] > 0


def test_it_is_the_same_every_time(work):
    assert compare_rows(work, "NEXT", "Signal") == compare_rows(work, "NEXT", "Signal")


def test_a_row_does_not_differ_from_itself(work):
    result = compare_rows(work, "NEXT", "NEXT")
    assert (result.difference, result.interval, result.queries_won, result.queries_lost) == (0, (0, 0), 0, 0)


def test_rows_with_other_seeds_are_compared_unpaired(work):
    result = compare_rows(work, "NEXT", "Signal")
    assert (result.seeds, result.paired_seeds) == (2, False)


def test_rows_may_be_named_by_method_and_variant(folder):
    folder.row("(a)", 0.5, method="baseline")
    work = folder.row("(b)", 0.6, method="next").write()
    assert compare_rows(work, "next", "baseline").difference == compare_rows(work, "(b)", "(a)").difference > 0


def test_a_label_wins_over_a_method(folder):
    """A row of the same method with other settings has the method's name as well, but not as its label."""
    folder.row("tuned", 0.6, method="baseline")
    work = folder.row("baseline", 0.5, method="baseline").write()
    assert compare_rows(work, "tuned", "baseline").difference > 0.05


def test_rows_are_compared_on_a_benchmark_that_both_have(folder):
    folder.row("A", 0.5, benchmark="one").row("A", 0.5, benchmark="two")
    work = folder.row("B", 0.6, benchmark="two").row("C", 0.6, benchmark="three").write()
    assert compare_rows(work, "A", "B").difference < 0
    with pytest.raises(InputError, match="'A' and 'C' have no finished run on the same benchmark"):
        compare_rows(work, "A", "C")


def test_rows_of_two_suites_can_be_compared(folder):
    folder.row("A", 0.5).write("one")
    work = folder.row("B", 0.6).write("two")
    assert compare_rows(work, "B", "A").difference > 0


def test_an_unknown_row_is_answered_with_the_closest(work):
    with pytest.raises(InputError, match="(?i)work: unknown row 'NXT'; did you mean 'next'"):
        compare_rows(work, "NXT", "Baseline")
    with pytest.raises(InputError, match="(?i)unknown row 'basline'; did you mean 'baseline'"):
        compare_rows(work, "NEXT", "basline")


def test_a_row_without_a_finished_run_is_told(work):
    with pytest.raises(InputError, match="'NEXT' and 'DeMo' have no finished run on the same benchmark; `harness run`"):
        compare_rows(work, "NEXT", "DeMo")


def test_a_folder_without_a_suite_is_told(tmp_path):
    with pytest.raises(InputError, match="no suite was run here"):
        compare_rows(tmp_path, "a", "b")


def test_rows_on_two_draws_of_one_benchmark_are_not_compared(folder):
    work = folder.row("A", 0.5, benchmark="person").row("B", 0.6, benchmark="draw 1", name="person").write()
    with pytest.raises(InputError, match="'A' and 'B' have no finished run on the same benchmark"):
        compare_rows(work, "A", "B")


def test_benchmarks_of_one_label_and_two_names_are_not_compared(folder):
    folder.row("A", 0.5, benchmark="mine", name="person").write("one")
    work = folder.row("B", 0.6, benchmark="mine", name="vehicle").write("two")
    with pytest.raises(InputError, match="no finished run on the same benchmark"):
        compare_rows(work, "A", "B")
