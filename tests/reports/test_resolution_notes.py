import re

import pytest

from harness.resolution import Pooled, detectable, resolution
from harness.rows import collect
from reports.resolution_notes import caution, points, resolution_notes
from reports.tables.ablation import ablation
from reports.tables.comparison import comparison


def group_of(folder, **options):
    return collect(folder.write(**options))[0].benchmarks[0]


def texts(group):
    return [note.text for note in resolution_notes(group)]


def test_the_line_says_noise_identities_and_what_is_detectable(folder):
    group = group_of(folder.row("a", 0.5).row("b", 0.6).row("c", 0.55))
    found = resolution(group)
    at = " / ".join(points(detectable(found.paired.value, seeds)) for seeds in (3, 5, 10, 20))
    assert texts(group)[0] == (
        f"Resolution on RGBNT201: seed noise {points(found.seed.value)} points; paired with “a” {points(found.paired.value)} "
        f"({points(found.paired.low)} to {points(found.paired.high)} by row; at most 4 degrees of freedom, as the rows share "
        f"the reference); identities ±{points(found.half_width)} on a row, ±{points(found.paired_half_width)} on a difference. "
        f"Detectable with 80 % power at 3 / 5 / 10 / 20 seeds: {at} points."
    )


@pytest.mark.parametrize(("value", "text"), [(0.0123, "1.2"), (-0.0004, "0.0"), (-0.0123, "−1.2"), (float("nan"), "–")])
def test_points_have_one_digit_and_zero_has_no_sign(value, text):
    assert points(value) == text


def test_one_difference_has_no_range_by_row(folder):
    (line, *_) = texts(group_of(folder.row("a", 0.5).row("b", 0.6)))
    assert re.search(r"paired with “a” \d+\.\d \(2 degrees of freedom\); identities", line)


def test_without_the_reference_nothing_is_said_of_differences(folder):
    (line, *others) = texts(group_of(folder.row("a", 0.5, finished=()).row("b", 0.6).row("c", 0.6)))
    assert re.fullmatch(r"Resolution on RGBNT201: seed noise \d+\.\d points; identities ±\d+\.\d on a row\.", line)
    assert not any("with care" in text for text in others)


@pytest.mark.parametrize("rows", [{"a": (0, 1, 2)}, {"a": (0,), "b": (0,)}])
def test_nothing_is_said_where_nothing_is_known(folder, rows):
    for label, seeds in rows.items():
        folder.row(label, 0.5, seeds=seeds)
    assert texts(group_of(folder)) == []


@pytest.mark.parametrize(("degrees", "share"), [(1, 71), (2, 50), (4, 35), (7, 27)])
def test_few_degrees_of_freedom_are_a_caution(degrees, share):
    (line,) = caution(Pooled(0.01, 0.01, 0.01, degrees))
    assert f"±{share} %" in line
    assert ("1 degree of" if degrees == 1 else f"{degrees} degrees of") in line


@pytest.mark.parametrize("degrees", [0, 8, 20])
def test_many_degrees_of_freedom_or_none_need_no_caution(degrees):
    assert caution(Pooled(0.01, 0.01, 0.01, degrees)) == []


@pytest.fixture
def converging(folder):
    """Rows whose curves gain a given amount late in training, whatever the seed."""

    def build(gains):
        for label in gains:
            folder.row(label, 0.5)
        work = folder.write()
        for record in [record for row in collect(work)[0].rows for record in row.records]:
            first = record.history[0]
            shown = {6: 0.4, 10: 0.4 + gains[record.label]}
            history = [
                first.model_copy(
                    update={
                        "epoch": epoch,
                        "metrics": record.metrics.model_copy(update={"mAP": shown[epoch]}) if epoch in shown else None,
                    }
                )
                for epoch in range(1, 11)
            ]
            path = work / "records" / f"{record.id}.json"
            path.write_text(record.model_copy(update={"history": history}).model_dump_json())
        return collect(work)[0].benchmarks[0]

    return build


def test_rows_that_still_rose_are_named(converging):
    assert texts(converging({"a": 0.001, "b": 0.2, "c": -0.01}))[-1] == (
        "Convergence on RGBNT201: from epoch 6 of 10 to the end the rows gained −1.0 to 20.0 points, more than their noise "
        "over seeds: b (20.0)."
    )


def test_rows_at_rest_are_said_to_be(converging):
    assert texts(converging({"a": -0.001, "b": -0.002}))[-1].endswith(
        "gained −0.2 to −0.1 points, none more than its noise over seeds."
    )


def test_without_a_learning_curve_nothing_is_said_of_convergence(folder):
    group = group_of(folder.row("a", 0.5, history=[]).row("b", 0.5, history=[]))
    assert not any(text.startswith("Convergence") for text in texts(group))


@pytest.mark.parametrize(("kind", "make"), [("comparison", comparison), ("ablation", ablation)])
def test_both_kinds_of_table_have_the_lines_of_each_benchmark(folder, kind, make):
    for benchmark in ("RGBNT201", "draw 1"):
        folder.row("a", 0.5, benchmark=benchmark).row("b", 0.6, benchmark=benchmark)
    tables = make(collect(folder.write(table=kind))[0])
    found = [note.text for table in tables for note in table.notes if note.text.startswith("Resolution on")]
    assert [text.split(":")[0] for text in found] == ["Resolution on RGBNT201", "Resolution on draw 1"]
