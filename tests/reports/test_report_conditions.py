import math
import statistics

import pytest

from benchmarks.conditions import Condition, missing_settings
from harness.rows import collect
from reports.conditions import change, conditions, degradations, missing, over_seeds, rows_under, value


@pytest.fixture
def group(folder, fake):
    found = {text: 0.3 + 0.1 * n for n, text in enumerate(["missing:RGB", "NIR:blur:1", "missing:TIR/NIR:blur:1"])}
    for seed in (0, 1):
        folder.row("a", 0.5, seeds=(seed,), conditions=fake.make_conditions({k: v + 0.02 * seed for k, v in found.items()}))
    folder.row("b", 0.5, seeds=(0,), conditions=fake.make_conditions({"missing:NIR": 0.2})).row("plain", 0.5, seeds=(0,))
    return collect(folder.write())[0].benchmarks[0]


def of(text):
    return [Condition.model_validate(text)]


def test_conditions_are_those_of_any_record_by_kind(group):
    found = conditions(group)
    assert [each.text for each in found] == ["missing:RGB", "NIR:blur:1", "missing:TIR/NIR:blur:1", "missing:NIR"]
    assert [each.name for each in missing(found)] == ["M(RGB)", "M(NIR)"]
    assert [each.text for each in degradations(found)] == ["NIR:blur:1"]
    assert [row.label for row in rows_under(group, missing(found))] == ["a", "b"]
    assert [row.label for row in rows_under(group, of("missing:NIR"))] == ["b"]
    assert rows_under(group, of("missing:TIR")) == []


def test_a_value_is_the_mean_over_conditions_and_lacks_where_one_lacks(group):
    record = group.rows[0].records[1]
    assert value(record, of("missing:RGB"), "mAP") == pytest.approx(0.32)
    both = of("missing:RGB") + of("NIR:blur:1")
    assert value(record, both, "mAP") == pytest.approx((0.32 + 0.42) / 2)
    assert change(record, both) == pytest.approx((0.32 + 0.42) / 2 - record.metrics.mAP)
    assert change(record, both, "R1") == pytest.approx(value(record, both, "R1") - record.metrics.R1)
    assert math.isnan(value(record, both + of("missing:NIR"), "mAP"))
    assert math.isnan(value(record, missing_settings(), "mAP"))
    assert math.isnan(value(record, [], "mAP"))


def test_over_seeds_are_the_seeds_that_have_it(group):
    row = group.rows[0]
    summary = over_seeds(row, lambda record: value(record, of("missing:RGB"), "mAP"))
    assert (summary.mean, summary.seeds) == (pytest.approx(0.31), 2)
    assert summary.deviation == pytest.approx(statistics.stdev([0.30, 0.32]))
    assert over_seeds(row, lambda record: value(record, of("missing:NIR"), "mAP")).seeds == 0
    assert over_seeds(row, lambda record: math.nan if record.seed else 0.5).seeds == 1
