"""Where runs read and write."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

MODEL = "model.pt"
"""Final weights, in the folder of a run."""


@dataclass(frozen=True)
class Place:
    """The folders of a suite."""

    work_dir: Path
    data_root: Path | None = None
    concurrent_runs: int = 1

    @property
    def cache(self) -> Path:
        """What is costly to make again and shared by runs."""
        return self.work_dir / "cache"

    def run_folder(self, run_id: str) -> Path:
        """Training states, log and final weights of a run."""
        return self.work_dir / "runs" / run_id
