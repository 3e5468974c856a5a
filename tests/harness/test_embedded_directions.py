"""What the embedded benchmark must show whatever the seed: effects that are large, never the order of two methods."""

from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks.synthetic_person import SyntheticPerson, SyntheticPersonSettings
from harness.configs import CONFIGS
from harness.ranking import rank
from harness.records import read_record

pytestmark = pytest.mark.slow

MISSING = ["NIR", "TIR"]
ROWS = [
    {"method": "baseline", "label": "pretrained"},
    {"method": "baseline", "label": "scratch", "set": {"method.backbone.weights": "random"}},
    {"method": "baseline", "label": "one modality", "set": {"data.train_missing": MISSING, "data.test_missing": MISSING}},
    {
        "method": "baseline",
        "label": "shuffled labels",
        "set": {"method.backbone.weights": "random", "data.shuffle_train_labels": True},
    },
    {"method": "next"},
]
"""Labels are shuffled for a tower from scratch: a pretrained one would still know what it learned before."""


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny, cache):
    """One seed of each row at the size of the shipped suite, in five epochs."""
    folder = tmp_path_factory.mktemp("directions")
    suite = folder / "directions.py"
    suite.write_text(
        f"_base_ = [{str(CONFIGS / 'suites' / 'embedded.py')!r}]\ntitle = 'Directions'\nruns = {ROWS!r}\nseeds = [0]\n"
        "schedule = dict(epochs=5)\nevaluation = dict(every=0)\nprofile = dict(throughput=False, pictures=0)\n",
        encoding="utf-8",
    )
    work = tiny.make_work(folder / "work", cache)
    result = tiny.call("run", suite, "--work-dir", work)
    assert (result.status, result.err) == (0, ""), result.err
    return SimpleNamespace(
        work=work, records={record.label: record for record in map(read_record, (work / "records").glob("*.json"))}
    )


@pytest.fixture(scope="module")
def chance():
    """Mean average precision of random embeddings on the embedded split: its mean and its largest of 20 draws."""
    split = SyntheticPerson.load(SyntheticPersonSettings(), None, None).query
    import torch

    draws = []
    for seed in range(20):
        embeddings = torch.randn(len(split), 32, generator=torch.Generator().manual_seed(seed))
        columns = [split.identities, split.identities, split.cameras, split.cameras]
        draws.append(rank(embeddings, embeddings, *columns).metrics().mAP)
    return SimpleNamespace(mean=np.mean(draws), largest=max(draws))


def test_print(run, chance):
    print({k: v.metrics.mAP for k, v in run.records.items()}, chance)
