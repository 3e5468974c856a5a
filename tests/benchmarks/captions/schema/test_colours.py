from benchmarks.captions.composition.claims import COLOURS
from benchmarks.captions.schema.colours import HUES
from benchmarks.captions.schema.vehicle import VEHICLE


def test_hues_are_single_words_each_once_and_hold_the_colours_of_vehicles():
    assert len(set(HUES)) == len(HUES)
    assert all(hue.isalpha() and hue.islower() for hue in HUES)
    assert set(VEHICLE.attributes["colour"].values) <= set(HUES)
    assert len(set(COLOURS)) == len(COLOURS)
