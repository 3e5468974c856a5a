"""What the chunked selective scan costs beside a plain loop over steps: `python tests/bench/scan.py [--batch N]`.

The plain loop is five operations a step, with gradients by autograd. Each ratio is the median over repeats, in which the two
take turns, of processor time on one thread. Memory is what is kept for the backward pass, each storage once.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from pathlib import Path

os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import torch
from torch.nn import functional as F

from methods.layers.scan import selective_scan

STATES = 16
SIZES = (
    # name, groups, steps, channels: half a layer of MambaPro's aggregation, within modalities and across them
    ("ViT-B/16, within modalities", 3, 128, 1024),
    ("ViT-B/16, across modalities", 1, 384, 1024),
    ("small CLIP, within modalities", 3, 32, 96),
    ("small CLIP, across modalities", 1, 96, 96),
)


def plain(u, delta, A, B, C, D):
    """Step by step."""
    state, outputs = 0.0, []
    for t in range(u.shape[2]):
        step = delta[:, :, t, :, None]
        state = torch.exp(step * A) * state + step * u[:, :, t, :, None] * B[:, :, t, None, :]
        outputs.append((state * C[:, :, t, None, :]).sum(dim=-1) + D * u[:, :, t])
    return torch.stack(outputs, dim=2)


def inputs(batch, groups, length, channels):
    """Inputs that need gradients, with the rates of a fresh network."""
    draw = torch.Generator().manual_seed(0)
    wide, narrow = (batch, groups, length, channels), (batch, groups, length, STATES)
    u, delta = (torch.randn(wide, generator=draw) for _ in range(2))
    B, C = (torch.randn(narrow, generator=draw) for _ in range(2))
    A = -torch.arange(1.0, STATES + 1).repeat(groups, channels, 1)
    return [value.requires_grad_() for value in (u, F.softplus(delta), A, B, C, torch.ones(groups, channels))]


def seconds(function):
    start = time.process_time()
    function()
    return time.process_time() - start


def kept(function, values):
    """MiB that a forward pass keeps for the backward pass."""
    storages = {}

    def pack(value):
        storages[value.untyped_storage().data_ptr()] = value.untyped_storage().nbytes()
        return value

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda value: value):
        y = function(*values)
    del y
    return sum(storages.values()) / 2**20


def measure(values, repeats):
    """Median seconds of the forward pass and of both passes, for each way."""
    ways = {"plain": plain, "chunked": selective_scan}
    times = {(way, what): [] for way in ways for what in ("forward", "both")}
    for _ in range(repeats):
        for way, function in ways.items():
            with torch.no_grad():
                times[way, "forward"].append(seconds(lambda function=function: function(*values)))
            times[way, "both"].append(seconds(lambda function=function: torch.autograd.grad(function(*values).sum(), values)))
    return {key: statistics.median(found) for key, found in times.items()}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--batch", type=int, nargs="+", default=[1, 8], help="samples at once")
    parser.add_argument("--repeats", type=int, default=5)
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    print("chunked / plain loop: processor time, forward alone and forward with backward; MiB kept between them")
    for batch in arguments.batch:
        for name, *size in SIZES:
            values = inputs(batch, *size)
            found = measure(values, arguments.repeats)
            forward, both = (found["chunked", what] / found["plain", what] for what in ("forward", "both"))
            memory = [kept(function, values) for function in (selective_scan, plain)]
            print(
                f"{name}, batch {batch}: forward {forward:.2f}, both {both:.2f} "
                f"({1e3 * found['chunked', 'both']:.0f} ms of {1e3 * found['plain', 'both']:.0f}), "
                f"memory {memory[0]:.0f} of {memory[1]:.0f} MiB"
            )


if __name__ == "__main__":
    main()
