"""What the evaluator costs, as ratios in one run on one thread: `python tests/bench/ranking.py [--large] [--queries N]`.

Each ratio is the median over repeats, in which the three take turns, of processor time: the evaluator (`harness.ranking.rank`)
to the bare matrix product of all queries with the gallery, and the classic evaluator to it. The classic one is what public
code does: squared distances of all pairs, an argsort of each row, then a loop over queries that removes and counts. Memory is
the peak of a process of its own above what it holds with the embeddings in memory. At the large size the product is made in
blocks of queries, and the classic evaluator is left out: their matrices would not fit.

Features are synthetic: an identity, a camera and noise in 64 dimensions, projected. The time depends on them a little, by how
far down the farthest hit lies: these are hard, with an mAP of about 0.4 at the size of Market-1501.
"""

from __future__ import annotations

import argparse
import ctypes
import os
import subprocess
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent.parent
LATENT = 64
CLASSIC_FITS = 2**27
"""Pairs up to which the classic evaluator is run: it takes about 24 bytes a pair."""


@dataclass(frozen=True)
class Size:
    """A test set: queries, gallery, identities, cameras, dimensions, and how often it is measured."""

    name: str
    queries: int
    gallery: int
    identities: int
    cameras: int
    repeats: int
    dimensions: int = 1536


SIZES = (
    Size("RGBNT201", 836, 836, 30, 4, 15),
    Size("MSVR310", 591, 1055, 52, 8, 15),
    Size("RGBNT100", 1715, 8575, 50, 8, 7),
    Size("Market-1501", 3368, 15913, 750, 6, 5),
)
LARGE = Size("large", 10_000, 200_000, 1500, 6, 1)


def features(size: Size):
    """Query and gallery embeddings of length 1, with identities and cameras."""
    import torch

    draw = torch.Generator().manual_seed(0)
    identity = torch.randn(size.identities, LATENT, generator=draw)
    camera = torch.randn(size.cameras, LATENT, generator=draw)
    projection = torch.randn(LATENT, size.dimensions, generator=draw) / LATENT**0.5
    embeddings, ids, cameras = [], [], []
    for count in (size.queries, size.gallery):
        ids.append(torch.randint(size.identities, (count,), generator=draw))
        cameras.append(torch.randint(size.cameras, (count,), generator=draw))
        made = torch.empty(count, size.dimensions)
        for start in range(0, count, 4096):
            part = slice(start, min(start + 4096, count))
            latent = identity[ids[-1][part]] + 0.7 * camera[cameras[-1][part]]
            latent = latent + 0.9 * torch.randn(latent.shape, generator=draw)
            made[part] = torch.nn.functional.normalize(
                latent @ projection + 0.1 * torch.randn(made[part].shape, generator=draw)
            )
        embeddings.append(made)
    return embeddings, [*(each.numpy() for each in ids), *(each.numpy() for each in cameras)]


def product(query, gallery, out):
    """The floor: one matrix product, into memory that is there already where it fits."""
    import torch

    rows = len(out)
    for start in range(0, len(query), rows):
        part = query[start : start + rows]
        torch.mm(part, gallery.t(), out=out[: len(part)])


def classic(query, gallery, query_ids, gallery_ids, query_cameras, gallery_cameras) -> float:
    """mAP as public evaluators compute it: all distances, a sort of each row, a loop over queries."""
    import torch

    distance = query.pow(2).sum(1, keepdim=True) + gallery.pow(2).sum(1)[None]
    distance = torch.addmm(distance, query, gallery.t(), alpha=-2).numpy()
    order = np.argsort(distance, axis=1)
    right = (gallery_ids[order] == query_ids[:, None]).astype(np.int32)
    precisions, curves = [], []
    for q in range(len(query_ids)):
        removed = (gallery_ids[order[q]] == query_ids[q]) & (gallery_cameras[order[q]] == query_cameras[q])
        hits = right[q][~removed]
        if not hits.any():
            continue
        found = hits.cumsum()
        curves.append(np.minimum(found, 1)[:50])
        precisions.append((found / np.arange(1, len(hits) + 1) * hits).sum() / hits.sum())
    return float(np.mean(precisions))


def measure(size: Size) -> str:
    """One line of ratios."""
    import torch

    from harness.ranking import rank

    torch.set_num_threads(1)
    (query, gallery), columns = features(size)
    fits = size.queries * size.gallery <= CLASSIC_FITS
    out = torch.zeros(size.queries if fits else 512, size.gallery)
    ways = {"product": lambda: product(query, gallery, out), "ours": lambda: rank(query, gallery, *columns)}
    if fits:
        ways["classic"] = lambda: classic(query, gallery, *columns)
    times: dict[str, list[float]] = {name: [] for name in ways}
    results = {}
    for _ in range(size.repeats + (size.repeats > 1)):  # the first turn warms up
        for name, way in ways.items():
            start = time.process_time()
            results[name] = way()
            times[name].append(time.process_time() - start)
    taken = {name: np.array(values[1:] or values) for name, values in times.items()}
    ours = f"{np.median(taken['ours'] / taken['product']):.2f} x the matrix product"
    text = f"{ours} (of {np.median(taken['product']):.2f} s)"
    if fits:
        text += f", classic {np.median(taken['classic'] / taken['ours']):.2f} x ours"
        text += f" (mAP differs by {abs(results['classic'] - results['ours'].metrics().mAP):.1e})"
    return f"{text}, mAP {100 * results['ours'].metrics().mAP:.1f}"


def peak(size: Size, way: str) -> None:
    """Print the peak of this process above what it holds with the embeddings, in MiB."""
    import torch

    from harness.ranking import rank

    torch.set_num_threads(1)
    (query, gallery), columns = features(size)
    small = slice(0, 8)
    rank(query[small], gallery[:64], *(ids[part] for ids, part in zip(columns, (small, slice(64)) * 2, strict=True)))
    ctypes.CDLL(None).malloc_trim(0)  # what making the features has left
    Path("/proc/self/clear_refs").write_text("5")  # the peak starts anew
    before = memory("VmRSS")
    if way == "ours":
        rank(query, gallery, *columns)
    else:
        classic(query, gallery, *columns)
    print((memory("VmHWM") - before) / 1024)


def memory(name: str) -> int:
    """A line of the process's status, in KiB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith(name)).split()[1])


def peak_of(size: Size, way: str) -> str:
    """The peak of a process of its own."""
    values = [size.name, size.queries, size.gallery, size.identities, size.cameras, size.repeats, size.dimensions]
    command = [sys.executable, __file__, "--peak", way, *map(str, values)]
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return f"{float(result.stdout):.0f} MiB"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--large", action="store_true", help="10,000 x 200,000 alone: minutes, 1.3 GB of embeddings")
    parser.add_argument("--queries", type=int, help="so many of the queries; the peak is of a block, so it stays")
    parser.add_argument("--peak", nargs=8, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.peak:
        way, name, *numbers = options.peak
        peak(Size(name, *map(int, numbers)), way)
        return
    for whole in (LARGE,) if options.large else SIZES:
        size = replace(whole, queries=min(options.queries or whole.queries, whole.queries))
        text = f"{size.name} {size.queries} x {size.gallery}, {size.dimensions}-d: {measure(size)}"
        text += f"; memory above the embeddings {peak_of(size, 'ours')}"
        if size.queries * size.gallery <= CLASSIC_FITS:
            text += f", classic {peak_of(size, 'classic')}"
        print(text, flush=True)


if __name__ == "__main__":
    main()
