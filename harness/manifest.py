"""The manifest of a suite: which runs belong to it now, in the order of its tables.

A report follows the manifest, so a record of a config that has changed since is on disk but in no table.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal

from pydantic import model_validator

from benchmarks.common.errors import InputError
from benchmarks.common.files import write_text

from .directions import Direction
from .records import SCHEMA_VERSION, variant_name
from .sections import Section, read_section

TableForm = Literal["comparison", "ablation", "captions"]
"""A comparison is of methods, an ablation of variants of one method; `captions` has a line for each caption set (an entry of
the benchmarks) and setting, and methods side by side."""


class ManifestRun(Section):
    """One run of a suite."""

    id: str
    label: str
    """The row of the table; the seeds of one row share it."""
    method: str
    variant: str
    benchmark: str
    """Its name, as in the record."""
    benchmark_label: str = ""
    """What tables call the benchmark and group rows by; its name where a manifest does not say."""
    seed: int
    changed: bool = False
    """Whether the row has changes of its own beside its variant, as a point of a grid has: no published figure is of it."""
    columns: dict[str, str] = {}
    """What the row says of itself, as in {"MGFA": "✓"}: further columns of the table."""
    expect: tuple[Direction, ...] = ()
    """What the row is expected to show."""

    @property
    def name(self) -> str:
        """`method` or `method:variant`."""
        return variant_name(self.method, self.variant)

    @model_validator(mode="before")
    @classmethod
    def _label_of_benchmark(cls, values: Any) -> Any:
        if isinstance(values, dict) and not values.get("benchmark_label"):
            return {**values, "benchmark_label": values.get("benchmark", "")}
        return values


class Manifest(Section):
    """A suite as it was last run."""

    schema_version: int = SCHEMA_VERSION
    suite: str
    title: str
    table: TableForm
    reference: str = ""
    """Label of the row against which differences are given; the first row where it is empty."""
    runs: list[ManifestRun]


def manifest_path(work_dir: Path, suite: str) -> Path:
    """Where the manifest of a suite lies."""
    return work_dir / "suites" / f"{suite}.json"


def write_manifest(work_dir: Path, manifest: Manifest) -> None:
    """Write a manifest whole or not at all."""
    write_text(manifest_path(work_dir, manifest.suite), manifest.model_dump_json(indent=1) + "\n")


def has_suites(work_dir: Path) -> bool:
    """Whether a suite was run in a work folder."""
    return any((work_dir / "suites").glob("*.json"))


def read_manifests(work_dir: Path) -> list[Manifest]:
    """All manifests of a work folder, sorted by suite.

    Raises:
        InputError: there is none, or one cannot be read.
    """
    if not work_dir.is_dir():
        raise InputError(f"{work_dir}: no such work folder; `harness run SUITE --work-dir {work_dir}` makes it")
    paths = sorted((work_dir / "suites").glob("*.json"))
    if not paths:
        raise InputError(f"{work_dir}: no suite was run here; `harness run SUITE --work-dir {work_dir}` runs one")
    return [read_manifest(path) for path in paths]


def read_manifest(path: Path) -> Manifest:
    """One manifest.

    Raises:
        InputError: it cannot be read, or is of a newer schema.
    """
    return read_section(Manifest, path, "manifest", SCHEMA_VERSION)
