import json

import numpy as np
import pytest

from benchmarks.common.errors import InputError
from harness.rows import collect


@pytest.mark.parametrize(("name", "other"), [("id", "f" * 64), ("method", "x"), ("benchmark", "x"), ("seed", 9)])
def test_a_record_of_another_run_is_refused(folder, name, other):
    work = folder.row("A", 0.5, seeds=(0,)).write()
    path = next((work / "records").glob("*.json"))
    path.write_text(json.dumps({**json.loads(path.read_text()), name: other}))
    with pytest.raises(InputError, match=f"has {name} .* where its suite says .*; it is not the record of this run"):
        collect(work)


def test_a_run_that_another_variant_of_equal_settings_computed_is_the_same_run(folder):
    """An id leaves out the variant's name, so two suites that name the settings differently share the record."""
    work = folder.row("by its settings", 0.5, seeds=(0,), variant="reduced").write()
    assert collect(work)[0].rows[0].records[0].variant == "reduced"


def change_queries(work, name, change):
    """Change one array of the per-query results of a work folder with one run."""
    path = next((work / "records").glob("*.npz"))
    with np.load(path) as arrays:
        values = dict(arrays)
    values[name] = change(values[name])
    np.savez(path, **values)


def test_queries_of_another_length_are_refused(folder):
    work = folder.row("A", 0.5, seeds=(0,)).write()
    change_queries(work, "inverse_negative_penalty", lambda values: values[:7])
    with pytest.raises(InputError, match="npz: the per-query results differ in length"):
        collect(work)


def test_queries_that_do_not_give_the_metrics_are_refused(folder):
    work = folder.row("A", 0.5, seeds=(0,)).write()
    change_queries(work, "average_precision", lambda values: values * 0.99)
    with pytest.raises(InputError, match="says mAP 0.* where its per-query results give 0.*; run it again"):
        collect(work)
