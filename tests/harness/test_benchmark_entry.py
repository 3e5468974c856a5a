import pytest
from pydantic import ValidationError

from harness.benchmark_entry import BenchmarkEntry


def test_a_plain_name_is_an_entry_without_changes():
    assert BenchmarkEntry.model_validate("rgbnt201") == BenchmarkEntry(name="rgbnt201")
    assert BenchmarkEntry(name="rgbnt201").shown == "rgbnt201"


def test_tables_show_the_label_or_the_changes():
    changes = {"benchmark.draw": 1, "schedule.epochs": 3}
    assert BenchmarkEntry(name="synthetic_person", label="draw 1", set=changes).shown == "draw 1"
    assert BenchmarkEntry(name="synthetic_person", set=changes).shown == "synthetic_person draw=1, epochs=3"


def test_changes_under_the_bare_name_are_refused():
    with pytest.raises(ValidationError, match="rgbnt201 with changes needs a label that is not its name"):
        BenchmarkEntry(name="rgbnt201", label="rgbnt201", set={"benchmark.draw": 1})
    assert BenchmarkEntry(name="rgbnt201", label="rgbnt201").shown == "rgbnt201"
