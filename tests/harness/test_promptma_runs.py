"""What a run of PromptMA records of its selection, its parameters and its cost."""

import pytest

pytestmark = pytest.mark.filterwarnings("ignore:.*instance named of.*:UserWarning")  # a run has its process to itself


@pytest.mark.parametrize("benchmark", ["synthetic_person", "synthetic_vehicle"])
def test_a_run_records_its_selection_and_what_a_test_leaves_out(small_run, benchmark):
    record = small_run("promptma", benchmark).record
    assert set(record.monitors) == {f"selected/{name}" for name in ("RGB", "NIR", "TIR")}
    assert all(0.5 <= share < 1 for share in record.monitors.values())
    unused = 64 * 48 + 2 * 64
    assert record.parameters.trainable - record.parameters.test_trainable == 4 * 64 * 10 + unused
    assert record.gmacs.published > record.gmacs.attention
