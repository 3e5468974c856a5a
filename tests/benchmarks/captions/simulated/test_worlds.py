import pytest

from benchmarks.base import BENCHMARKS
from benchmarks.captions.simulated.worlds import split_worlds
from benchmarks.common.errors import InputError

SMALL = {"train_identities": 5, "train_images": 6, "test_identities": 6, "test_images": 5}


@pytest.mark.parametrize("benchmark", ["synthetic_person", "synthetic_vehicle"])
def test_the_worlds_are_those_of_the_benchmark(benchmark):
    source = BENCHMARKS.get(benchmark)
    loaded = source.load(source.Config(**SMALL), None, None)
    found = split_worlds(benchmark, SMALL)
    assert found["train"].names == tuple(sample.name for sample in loaded.train.samples)
    assert found["test"].names == tuple(sample.name for sample in loaded.gallery.samples)


def test_nobody_knows_the_truth_of_what_was_filmed():
    with pytest.raises(InputError, match="rgbnt201: what is true.*synthetic_person, synthetic_vehicle"):
        split_worlds("rgbnt201", {})
