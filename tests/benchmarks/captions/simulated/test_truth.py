import numpy as np
import pytest

from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.truth import of_words, read_off, truths_of
from benchmarks.common.errors import InputError
from benchmarks.synthetic.world import World

WORLDS = {object: World(identities=10, images=8, object=object) for object in ("person", "vehicle")}


@pytest.mark.parametrize("object", WORLDS)
def test_truths_are_in_the_words_of_the_schema(object):
    world, schema = WORLDS[object], schema_of(object)
    for name, truth in truths_of(world).items():
        kind = schema.attributes[name]
        assert set(truth.options) <= set(kind.values), name
        assert len(set(truth.options)) > 1, name
        assert truth.thing or len(set(truth.options)) == len(truth.options), name
        assert truth.value.shape == truth.visible.shape == (len(world), 3), name
        assert truth.value.min() >= 0 and truth.value.max() < len(truth.options), name


@pytest.mark.parametrize("object", WORLDS)
def test_what_the_schema_denies_a_modality_is_not_visible_there(object):
    for name, truth in truths_of(WORLDS[object]).items():
        for place, modality in enumerate(("RGB", "NIR", "TIR")):
            if modality not in schema_of(object).attributes[name].frequency:
                assert not truth.visible[:, place].any(), (name, modality)


def test_words_may_stand_together():
    truth = of_words(("no", "yes"), ("no", "yes", "no"), np.array([0, 1, 2]), np.ones((3, 3), bool))
    assert truth.value.tolist() == [[0] * 3, [1] * 3, [0] * 3]


def test_a_thing_may_have_the_word_of_another():
    truth = read_off("bag", ("no", "yes", "no"), np.array([2, 1]), np.ones((2, 3), bool))
    assert (truth.options, truth.value.tolist(), truth.thing) == (("no", "yes", "no"), [[2] * 3, [1] * 3], "bag")


def test_places_without_objects_are_refused():
    with pytest.raises(InputError, match="nobody in these pictures"):
        truths_of(World(identities=5, background_only=True))
