"""What the embedded benchmark must show whatever the seed: effects that are large, never the order of two methods.

The controls of `embedded_controls` whose effects are large, in five epochs and with one seed, judged as `harness check` judges
them.
"""

import pytest

from harness.configs import CONFIGS, read_config
from harness.rows import collect
from harness.verdicts import check_directions, judge

pytestmark = pytest.mark.slow

CONTROLS = CONFIGS / "suites" / "embedded_controls.py"
LABELS = [
    "baseline",
    "from scratch",
    "shuffled training labels",
    "background only",
    "shuffled test identities",
    "RGB only",
    "captions",
]
"""Rows of the suite that are run here; those that they are compared with must be among them."""


@pytest.fixture(scope="module")
def rows():
    """The rows by label, as the suite has them."""
    runs = {run.get("label", run["method"]): run for run in read_config(CONTROLS)["runs"]}
    return [runs[label] for label in LABELS]


@pytest.fixture(scope="module")
def work(tmp_path_factory, tiny, cache, rows):
    """A work folder with one seed of each row at the size of the shipped suite, in five epochs."""
    folder = tmp_path_factory.mktemp("directions")
    suite = folder / "directions.py"
    suite.write_text(
        f"_base_ = [{str(CONTROLS)!r}]\nruns = {rows!r}\nseeds = [0]\n"
        "schedule = dict(epochs=5)\nevaluation = dict(every=0)\nprofile = dict(throughput=False, pictures=0)\n",
        encoding="utf-8",
    )
    work = tiny.make_work(folder / "work", cache)
    result = tiny.call("run", suite, "--work-dir", work)
    assert (result.status, result.err) == (0, ""), result.err
    return work


def test_every_expectation_holds(work):
    (group,) = collect(work)[0].benchmarks
    found = {(each.row.label, each.direction.relation): each.verdict for each in judge(group)}
    assert {label for label, _ in found} == set(LABELS) - {"baseline"}
    assert set(found.values()) == {"held"}, found
    assert check_directions(work).passed


def test_every_row_saw_the_same_split_and_the_same_chance(work):
    records = [record for row in collect(work)[0].rows for record in row.records]
    assert len(records) == len(LABELS)
    assert len({record.split_fingerprint for record in records}) == 1
    (chance,) = {record.metrics.chance_mAP for record in records}
    assert chance == pytest.approx(0.0188, abs=1e-3)
