import pytest

from benchmarks.captions.simulated.settings import ANNOTATORS, SimulatedSettings
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"accuracy": {"clothing": 0.9}}, "no accuracy of appearance"),
        ({"loss": {"RGB": 0.1}}, "give the loss of each of RGB, NIR, TIR"),
        ({"loss": {"RGB": 2, "NIR": 0, "TIR": 0}}, "2.0 for RGB is not in"),
        ({"unknown_confidence": (0.9, 0.1)}, "give a range inside"),
        ({"miss": 1.5}, "less than or equal to 1"),
        ({"gess": 0.5}, "did you mean 'guess'"),
    ],
)
def test_wrong_settings_are_one_line(change, message):
    with pytest.raises(InputError, match=message) as error:
        parse(SimulatedSettings, {**ANNOTATORS[0].model_dump(), **change}, "a.yaml")
    assert "\n" not in str(error.value)


def test_the_two_differ_as_the_paper_has_it():
    clothes, accessories = ANNOTATORS
    for group in ("appearance", "clothing"):
        assert clothes.accuracy[group] > accessories.accuracy[group]
    for group in ("accessories", "environment"):
        assert clothes.accuracy[group] < accessories.accuracy[group]
