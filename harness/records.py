"""The record of a run: versioned JSON for people and tables, an npz beside it for what is per query.

Records are small, can be compared with a text tool, and are safe to publish: they hold no absolute path and no image.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from benchmarks.common.errors import InputError
from benchmarks.common.files import write_arrays, write_text

from .sections import Section, read_section

SCHEMA_VERSION = 1

Precision = Literal["fp32", "fp16", "bf16"]

EpochRule = Literal["last", "best-on-validation", "best-on-test"]


def variant_name(method: str, variant: str) -> str:
    """`method` or `method:variant`."""
    return method if variant == "default" else f"{method}:{variant}"


class Metrics(Section):
    """Retrieval metrics of one run; fractions in [0, 1]."""

    mAP: float
    R1: float
    R5: float
    R10: float
    mINP: float
    queries: int
    skipped_queries: int
    tied_positives: int
    chance_mAP: float | None = None
    """Exact mAP of a random ranking of the same queries and gallery; None in records from before it was kept."""
    optimistic_mAP: float | None = None
    """mAP if every tie were broken for the query, where `mAP` breaks it against; None in records from before it was kept."""
    junk_entries: int = 0
    """Gallery entries of no identity, which count for no query."""


class Parameters(Section):
    """Parameter counts. `test` counts what the test path touches; `test_trainable` the trainable part of it."""

    trainable: int
    total: int
    test: int
    test_trainable: int


class Gmacs(Section):
    """Multiply-adds of one sample with all its modalities, in 1e9, by convention (see `harness.counting`)."""

    attention: float
    published: float


class Throughput(Section):
    """Speed of the test path: the median over repeats, after warm-up."""

    images_per_second: float
    triplets_per_second: float
    device: str
    batch: int
    precision: str
    warmup: int
    repeats: int
    threads: int
    concurrent_runs: int
    """Runs that shared the machine while this was measured."""


class Memory(Section):
    """Peak memory: allocated on a CUDA device, or the resident set of the process on a CPU."""

    peak_bytes: int
    kind: Literal["cuda allocated", "process resident"]


class CaptionReport(Section):
    """Captions of the test split against the text tower's context."""

    captions: int
    over_context: int
    """Captions whose tokens do not fit, so that their tail is cut."""
    context: int


class Epoch(Section):
    """What was logged in one epoch (1-based)."""

    epoch: int
    learning_rates: dict[str, float]
    losses: dict[str, float]
    monitors: dict[str, float] = {}
    gradients: dict[str, float] = {}
    metrics: Metrics | None = None
    """On the split that the epoch rule looks at, where it was evaluated."""


class Environment(Section):
    """Where a run was made."""

    python: str
    platform: str
    processor: str
    device: str
    threads: int
    deterministic: bool
    versions: dict[str, str]
    commit: str
    """Git commit of the code, with `-dirty` where the tree had changes; empty where it is no checkout."""


class Record(Section):
    """One finished run."""

    schema_version: int = SCHEMA_VERSION
    id: str
    suite: str
    """The suite that computed it first; other suites may share it."""
    label: str
    method: str
    variant: str
    benchmark: str
    seed: int
    settings: dict[str, Any]
    training_id: str = ""
    """sha256 of what decides the weights; runs that share it are trained once."""
    split_fingerprint: str
    caption_fingerprint: str
    weights_fingerprint: str
    counts: dict[str, dict[str, int]]
    left_out: list[str] = []
    """Samples that were asked to be left out, as in `train: NAME: why`."""
    captions: CaptionReport | None
    epoch_rule: EpochRule
    epoch: int
    """The epoch whose weights were tested."""
    test_feature: str
    embedding_size: int
    metrics: Metrics
    missing_filling: Literal["zeros", "reconstruction"] = "zeros"
    """What the method puts in the place of a missing modality; see `Method.missing_filling`."""
    conditions: dict[str, Metrics] = {}
    """Metrics of the same weights under each condition, by its text, as in `missing:RGB+TIR`; see `benchmarks.conditions`."""
    monitors: dict[str, float] = {}
    """Mask load and expert use over the test split; see `Method.monitors` for the names."""
    patches: int = 0
    """Patches of one image, of which masks keep a share; 0 for methods without."""
    history: list[Epoch]
    parameters: Parameters
    gmacs: Gmacs
    throughput: Throughput | None
    memory: Memory | None
    durations: dict[str, float]
    """Seconds by phase."""
    environment: Environment
    result_digest: str = ""
    """sha256 over everything that a repetition must reproduce: all but measured times and the environment."""

    @property
    def name(self) -> str:
        """`method` or `method:variant`."""
        return variant_name(self.method, self.variant)

    @property
    def reranked(self) -> bool:
        """Whether the metrics are of a ranking that was re-ordered by k-reciprocal neighbours."""
        return self.settings.get("evaluation", {}).get("rerank") is not None


_NOT_REPRODUCED = {"suite", "label", "throughput", "memory", "durations", "environment", "result_digest"}


class QueryResults(BaseModel):
    """What is per query: kept beside the record, for intervals and paired tests."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    average_precision: npt.NDArray[np.float64]
    """(Q,) in [0, 1]; NaN for a skipped query."""
    inverse_negative_penalty: npt.NDArray[np.float64]
    """(Q,) in (0, 1]; NaN for a skipped query."""
    first_hit: npt.NDArray[np.int64]
    """(Q,) rank of the first hit, from 1; 0 for a skipped query."""
    identity: npt.NDArray[np.int64]
    """(Q,) identity of the query."""


def result_digest(record: Record, queries: QueryResults) -> str:
    """sha256 over a record without what differs from one repetition to the next, and over its per-query results."""
    values = record.model_dump(mode="json", exclude=_NOT_REPRODUCED)
    digest = hashlib.sha256(json.dumps(values, sort_keys=True).encode())
    for name in sorted(QueryResults.model_fields):
        digest.update(np.ascontiguousarray(getattr(queries, name)).tobytes())
    return digest.hexdigest()


def record_path(work_dir: Path, run_id: str) -> Path:
    """Where the record of a run lies; its per-query npz lies beside it."""
    return work_dir / "records" / f"{run_id}.json"


def write_record(work_dir: Path, record: Record, queries: QueryResults) -> Path:
    """Write a record; the JSON comes last, so that a record that exists is whole."""
    path = record_path(work_dir, record.id)
    write_arrays(path.with_suffix(".npz"), dict(queries))
    write_text(path, record.model_dump_json(indent=1) + "\n")
    return path


def read_record(path: Path) -> Record:
    """Read a record.

    Raises:
        InputError: there is no such file, it is no record, or one of a newer schema.
    """
    return read_section(Record, path, "record", SCHEMA_VERSION)


def read_queries(path: Path) -> QueryResults:
    """Read the per-query results beside a record.

    Args:
        path: the record's JSON file.

    Raises:
        InputError: the npz is missing or damaged.
    """
    arrays = path.with_suffix(".npz")
    try:
        with np.load(arrays, allow_pickle=False) as values:
            return QueryResults(**{name: values[name] for name in QueryResults.model_fields})
    except FileNotFoundError:
        raise InputError(f"{arrays}: missing beside its record {path.name}") from None
    except Exception as error:  # a damaged archive raises one of many kinds
        raise InputError(f"{arrays}: not the per-query results of a record ({error})") from None
