"""How many triplets a second the generator makes on one thread: `python tests/bench/generator.py`."""

from __future__ import annotations

import time

from benchmarks.synthetic.captions import captions
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World


def main() -> None:
    world = World()
    render(world, range(64))  # backdrops and tables are made once
    start = time.process_time()
    render(world, range(len(world)))
    rendered = time.process_time()
    captions(world, range(len(world)))
    told = time.process_time()
    print(f"rendering: {len(world) / (rendered - start):.0f} triplets/s")
    print(f"captions:  {len(world) / (told - rendered):.0f} triplets/s")


if __name__ == "__main__":
    main()
