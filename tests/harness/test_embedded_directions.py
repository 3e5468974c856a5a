"""What the embedded benchmark must show whatever the seed: effects that are large, never the order of two methods.

After five epochs of the shipped suite: 57 mAP pretrained, 25 from scratch, 21 with RGB alone, 1.4 with shuffled labels where
random embeddings have 1.9.
"""

import numpy as np
import pytest
import torch

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
]
"""Labels are shuffled for a tower from scratch: a pretrained one would still know what it learned before."""


@pytest.fixture(scope="module")
def run(tmp_path_factory, tiny, cache):
    """The record of each row by label: one seed at the size of the shipped suite, in five epochs."""
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
    return {record.label: record for record in map(read_record, (work / "records").glob("*.json"))}


@pytest.fixture(scope="module")
def chance():
    """Mean average precision of random embeddings on the embedded split."""
    split = SyntheticPerson.load(SyntheticPersonSettings(), None, None).query
    columns = [split.identities, split.identities, split.cameras, split.cameras]
    draws = [torch.randn(len(split), 32, generator=torch.Generator().manual_seed(seed)) for seed in range(10)]
    return np.mean([rank(embeddings, embeddings, *columns).metrics().mAP for embeddings in draws])


def test_pretrained_beats_scratch(run):
    assert run["pretrained"].metrics.mAP > run["scratch"].metrics.mAP + 0.15


def test_three_modalities_beat_one(run):
    assert run["pretrained"].metrics.mAP > run["one modality"].metrics.mAP + 0.15


def test_what_learned_from_shuffled_labels_is_at_chance(run, chance):
    assert run["shuffled labels"].metrics.mAP == pytest.approx(chance, abs=0.01)
    assert run["scratch"].metrics.mAP > chance + 0.1


def test_every_row_saw_the_same_split(run):
    assert len({record.split_fingerprint for record in run.values()}) == 1
    assert len(run) == len(ROWS)
