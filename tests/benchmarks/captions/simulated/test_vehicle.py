from benchmarks.captions.simulated.truth import truths_of
from benchmarks.synthetic.vehicle.attributes import VEHICLE
from benchmarks.synthetic.world import World


def test_parts_keep_their_words_without_the_verb():
    world = World(identities=10, images=8, object="vehicle")
    truths = truths_of(world)
    for sample in range(len(world)):
        for name in ("brand", "colour", "windows", "roof_rack", "spoiler", "plate", "exhaust"):
            word = VEHICLE[name].values[world.attributes[name][world.visits.row[sample]]]
            assert f"is {truths[name].options[truths[name].value[sample, 0]]}".endswith(word), name
        lit = truths["headlights_lit"]
        assert lit.options[lit.value[sample, 0]] == ("on" if world.stances.lit[sample] else "off")
