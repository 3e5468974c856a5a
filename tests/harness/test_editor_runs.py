"""EDITOR through whole runs of the embedded benchmarks, small and short."""

import pytest

from benchmarks.common.settings import parse
from harness.suite import Suite, load_suite, plans

SHIPPED = {"architecture": "small", "weights": "shipped"}


@pytest.mark.parametrize("benchmark", ["synthetic_person", "synthetic_vehicle"], ids=["upright", "wide"])
def test_a_run_records_its_selection(small_run, benchmark):
    record = small_run("editor", benchmark).record
    last = record.history[-1]
    assert 0 < last.monitors["selected"] < 1
    assert last.monitors["selected by frequency"] == pytest.approx(10 / 32)
    centres = record.parameters.total - record.parameters.trainable
    assert centres == 3 * 10 * 64


def test_the_ablation_unfolds_small_too():
    small = {
        "benchmarks": ["synthetic_person"],
        "method.backbone": SHIPPED,
        "schedule.epochs": 1,
        "schedule.warmup_epochs": 0,
    }
    rows = plans(*load_suite("ablation_editor", small), seeds=[1111])
    assert [row.label for row in rows] == ["A", "B", "C", "D", "E", "F", "F, AL"]
    assert all(row.method_settings.backbone.architecture == "small" for row in rows)
    assert [row.method_settings.direct for row in rows] == [False] * 6 + [True]
    switches = [tuple(getattr(row.method_settings, part).enabled for part in ("sfts", "hma", "bcc", "ocfr")) for row in rows]
    marks = [tuple(bool(row.columns[name]) for name in ("SFTS", "HMA", "BCC", "OCFR")) for row in rows]
    assert switches == marks


@pytest.mark.parametrize(
    ("benchmark", "direct"),
    [("rgbnt201", True), ("market_mm", True), ("rgbnt100", False), ("msvr310", False), ("wmveid863", False)],
)
def test_the_recipe_of_each_benchmark_has_its_head(benchmark, direct):
    suite = {"title": "", "benchmarks": [benchmark], "runs": [{"method": "editor"}], "recipe": "published"}
    (row,) = plans("mine", parse(Suite, suite, "here"))[:1]
    assert row.method_settings.direct == direct
