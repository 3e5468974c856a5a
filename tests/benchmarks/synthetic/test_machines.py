"""The same world on other machines: other threads, and processors without the wide instructions of this one."""

from __future__ import annotations

import os
import subprocess
import sys

import numpy as np
import pytest

_SCRIPT = """
import hashlib, json, sys
import numpy as np
from benchmarks.synthetic.captions import captions
from benchmarks.synthetic.rendering import render
from benchmarks.synthetic.world import World
world = World(draw=3, identities=12, images=4, cameras=3)
rows = range(len(world))
digest = hashlib.sha256(render(world, rows).tobytes() + json.dumps(captions(world, rows)).encode())
print(digest.hexdigest())
"""


def data_fingerprint(**environment: str) -> str:
    """sha256 of pixels and captions, made in a process of its own."""
    values = {**os.environ, **environment}
    result = subprocess.run([sys.executable, "-c", _SCRIPT], env=values, capture_output=True, text=True, check=True)
    return result.stdout.strip()


def wide_features() -> list[str]:
    """What numpy chooses among at run time on this processor."""
    found = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])  # type: ignore[index, call-overload]
    return [str(name) for name in found]


def test_threads_do_not_change_the_data() -> None:
    assert data_fingerprint(OMP_NUM_THREADS="1") == data_fingerprint(OMP_NUM_THREADS="4", OPENBLAS_NUM_THREADS="4")


def test_instructions_of_the_processor_do_not_change_the_data() -> None:
    if not wide_features():
        pytest.skip("numpy has one float path on this processor")
    assert data_fingerprint() == data_fingerprint(NPY_DISABLE_CPU_FEATURES=" ".join(wide_features()))
