"""How long a data set of 10,000 triplets takes to verify, and what the decoded cache saves: `python tests/bench/folders.py`.

Images are made, 256 x 128 JPEG of about 15 KB, in the layout of RGBNT201. Figures hold for this machine alone.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from benchmarks.loading import DataSettings, decode_once, train_loader
from benchmarks.rgbnt201 import Rgbnt201, Rgbnt201Settings
from benchmarks.verification.report import verify

SPLITS = {"train_171": (range(1, 201), 40), "test": (range(300, 350), 40)}


def pictures(count: int = 40) -> list[bytes]:
    """Noisy blurred patterns as JPEG files."""
    rng = np.random.default_rng(0)
    found = []
    for _ in range(count):
        pattern = Image.fromarray(rng.integers(0, 256, (32, 16, 3), dtype=np.uint8)).resize(
            (128, 256), Image.Resampling.BICUBIC
        )
        noisy = (np.asarray(pattern) + rng.integers(0, 25, (256, 128, 3))).clip(0, 255).astype(np.uint8)
        buffer = io.BytesIO()
        Image.fromarray(noisy).save(buffer, "jpeg", quality=90)
        found.append(buffer.getvalue())
    return found


def write(root: Path) -> None:
    """10,000 triplets."""
    pool, number = pictures(), 0
    for split, (identities, images) in SPLITS.items():
        for modality in ("RGB", "NI", "TI"):
            folder = root / "RGBNT201" / split / modality
            folder.mkdir(parents=True)
            for name in (f"{i:06d}_cam{1 + f % 2}_0_{f:02d}.jpg" for i in identities for f in range(images)):
                number += 1
                (folder / name).write_bytes(pool[number % len(pool)] + str(number).encode())


def epoch(root: Path, cache: Path, settings: DataSettings, number: int) -> float:
    """Seconds of an epoch of loading."""
    benchmark = decode_once(Rgbnt201.load(Rgbnt201Settings(), root, None), settings, cache)
    loader = train_loader(benchmark, settings, seed=0)
    loader.batch_sampler.set_epoch(number)
    start = time.perf_counter()
    for _ in loader:
        pass
    return time.perf_counter() - start


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        write(root)
        start = time.perf_counter()
        report = verify("rgbnt201", Rgbnt201, Rgbnt201Settings(), root, lambda done, total: None)
        seconds = time.perf_counter() - start
        samples = sum(counts["samples"] for role, counts in report.counts.items() if role != "query")
        print(f"verify: {samples:,} triplets in {seconds:.1f} s on {os.cpu_count()} cores (goal: under 60 s on two)")
        plain = epoch(root, root, DataSettings(), 1)
        kept = [epoch(root, root, DataSettings(decoded_cache=True), number) for number in (1, 1, 2)]
        print(f"loading an epoch of 8,000 triplets in one process: {plain:.1f} s decoding")
        ratio = plain / kept[1]
        print(f"with data.decoded_cache: {kept[0]:.1f} s the first time, then {kept[1]:.1f} s; {ratio:.1f} times as fast")


if __name__ == "__main__":
    main()
