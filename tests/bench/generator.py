"""How many triplets a second the generator makes on one thread: `python tests/bench/generator.py`."""

from __future__ import annotations

import time

from benchmarks.synthetic.captions import captions
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World


def main() -> None:
    for world in (World(), World(object="vehicle", image_size=(32, 64), images=16)):
        render(world, range(64))  # backdrops and tables are made once
        start = time.process_time()
        render(world, range(len(world)))
        rendered = time.process_time()
        captions(world, range(len(world)))
        told = time.process_time()
        speeds = [len(world) / seconds for seconds in (rendered - start, told - rendered, told - start)]
        print(f"{world.object}s: {speeds[0]:.0f} rendered, {speeds[1]:.0f} described, {speeds[2]:.0f} both, triplets/s")


if __name__ == "__main__":
    main()
