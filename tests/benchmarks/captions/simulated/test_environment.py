from benchmarks.captions.simulated.environment import environment
from benchmarks.synthetic.person.poses import View
from benchmarks.synthetic.world import World


def test_the_moment():
    world = World(identities=40, images=8)
    said = {
        name: [[truth.options[value] for value in row] for row in truth.value.tolist()]
        for name, truth in environment(world, ("side", "back", "front")).items()
    }
    views = {View.FRONT: "front", View.BACK: "back", View.LEFT: "side", View.RIGHT: "side"}
    for sample in range(len(world)):
        time, flare = world.visits.time[sample], world.nuisances.flare[sample]
        assert said["view"][sample][0] == views[View(world.poses.view[sample])]
        assert said["capture_time"][sample][0] == ("nighttime" if time == 2 else "daytime")
        assert said["illumination"][sample][0] == ("bright" if flare else "normal" if time == 0 else "dim")
        assert said["target_clarity"][sample] == ["blurry" if passes else "clear" for passes in world.nuisances.blur[sample]]


def test_light_and_hour_are_seen_by_what_sees_light():
    world = World(identities=4, images=4)
    truths = environment(world, ("side", "back", "front"))
    for name, shown in (("capture_time", [True, True, False]), ("illumination", [True, True, False]), ("view", [True] * 3)):
        assert truths[name].visible.tolist() == [shown] * len(world)
