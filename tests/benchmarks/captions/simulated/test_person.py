import pytest

from benchmarks.captions.simulated.truth import truths_of
from benchmarks.synthetic.person.attributes import PERSON
from benchmarks.synthetic.world import World


@pytest.fixture(scope="module")
def world():
    return World(identities=40, images=8)


@pytest.fixture(scope="module")
def said(world):
    """The true word of each sample and modality, by attribute."""
    return {
        name: [[truth.options[value] for value in row] for row in truth.value.tolist()]
        for name, truth in truths_of(world).items()
    }


def own(world, name, sample):
    return PERSON[name].values[world.attributes[name][world.visits.row[sample]]]


def test_what_is_worn_and_carried(world, said):
    for sample in range(len(world)):
        bag = own(world, "bag", sample)
        expected = {
            "upper_clothing": own(world, "upper", sample),
            "lower_clothing_colour": own(world, "lower_colour", sample),
            "glasses": "yes" if own(world, "glasses", sample) == "wearing glasses" else "no",
            "hat": own(world, "hat", sample) or "none",
            "backpack": "yes" if bag == "backpack" else "no",
            "handbag": "yes" if bag == "handbag" else "no",
            "luggage": "yes" if bag == "suitcase" else "no",
            "dragging": "suitcase" if bag == "suitcase" else "none",
            "carrying": bag if bag not in {"", "suitcase"} else "none",
        }
        for name, word in expected.items():
            assert said[name][sample] == [word] * 3, name
        style, kind = (said[name][sample][0] for name in ("footwear_style", "footwear"))
        assert f"{style} {kind}" == own(world, "footwear", sample)


def test_what_is_held_is_so_at_this_moment(world, said):
    for sample in range(len(world)):
        held = own(world, "held", sample) if world.poses.holding[sample] else ""
        assert said["holding"][sample][0] == (held or "none")
