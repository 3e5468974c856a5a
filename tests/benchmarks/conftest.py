from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def published_captions() -> Path:
    """The folder of published caption files, where this machine has it; they are read in place and never copied."""
    named = os.environ.get("MMREID_CAPTIONS")
    folder = Path(named) if named else ROOT.parent / "shared" / "captions"
    if not (folder / "next-text").is_dir():
        pytest.skip(f"no published captions in {folder}; MMREID_CAPTIONS may name their folder")
    return folder
