"""An entry of a suite's `benchmarks`: a benchmark as it is, or under a label of its own with changes."""

from __future__ import annotations

from typing import Any

from pydantic import model_validator

from benchmarks.common.settings import Settings


class BenchmarkEntry(Settings):
    """One benchmark of a suite; a plain name stands for an entry without changes."""

    name: str
    label: str = ""
    """What tables call it; the name, followed by the changes, where it is empty."""
    set: dict[str, Any] = {}
    """Changes for this benchmark alone, as in {"benchmark.draw": 1}: keys as for `--set`. A row's own changes win over them."""

    @model_validator(mode="before")
    @classmethod
    def _from_name(cls, value: Any) -> Any:
        return {"name": value} if isinstance(value, str) else value

    @model_validator(mode="after")
    def _label_tells_apart(self) -> BenchmarkEntry:
        # Under its bare name it would be held against figures of the benchmark without the changes.
        if self.set and self.label == self.name:
            raise ValueError(f"{self.name} with changes needs a label that is not its name")
        return self

    @property
    def shown(self) -> str:
        """What tables call it; with changes and no label of its own, the changes tell it from the bare benchmark."""
        changes = ", ".join(f"{key.rpartition('.')[2]}={value}" for key, value in self.set.items())
        return self.label or f"{self.name} {changes}".strip()
