from dataclasses import replace

import pytest

from benchmarks.batch import BatchSpec
from benchmarks.common.errors import InputError
from harness.fit import check_benchmark, check_size, differences

PERSONS = BatchSpec(171, 4, (256, 128))
VEHICLES = BatchSpec(50, 8, (128, 256), object="vehicle")


def test_each_part_that_differs_is_named_with_both_values():
    assert differences(PERSONS, PERSONS) == []
    assert differences(PERSONS, VEHICLES) == [
        "object (person, vehicle)",
        "image size (256 x 128, 128 x 256)",
        "identities (171, 50)",
        "cameras (4, 8)",
    ]
    assert differences(PERSONS, replace(PERSONS, modalities=("RGB", "TIR"))) == ["modalities (RGB+NIR+TIR, RGB+TIR)"]


def test_another_benchmark_is_refused_even_where_nothing_differs_and_the_same_one_under_other_settings_is_not():
    check_benchmark("model.pt", "a", PERSONS, "a", replace(PERSONS, cameras=9, identities=3))
    with pytest.raises(InputError, match="^model.pt: trained on a, not on b; --transfer tests it there all the same$"):
        check_benchmark("model.pt", "a", PERSONS, "b", PERSONS)
    with pytest.raises(InputError, match=r"not on b; they differ in object \(person, vehicle\), image size"):
        check_benchmark("model.pt", "a", PERSONS, "b", VEHICLES)


def test_a_size_is_the_one_of_the_run():
    check_size("model.pt", PERSONS, (256, 128))
    with pytest.raises(InputError, match=r"trained on images of 256 x 128 \(received benchmark.image_size 128 x 256\)"):
        check_size("model.pt", PERSONS, (128, 256))
