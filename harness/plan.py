"""A run before it is run: everything that decides its result, and the id that stands for that."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import Field

from benchmarks.base import BENCHMARKS, Benchmark, BenchmarkSettings
from benchmarks.captions.corruption import corrupt_benchmark
from benchmarks.common.errors import InputError
from benchmarks.common.settings import Settings
from benchmarks.conditions import Conditions
from benchmarks.controls import shuffle_captions
from benchmarks.degradations import VERSION as DEGRADATIONS_VERSION
from benchmarks.loading import DataSettings, check_missing
from methods.base import METHODS, MethodSettings
from methods.pretrained import PretrainedSettings, weights_fingerprint

from .devices import check_precision
from .directions import Direction
from .place import Place
from .records import SCHEMA_VERSION, EpochRule, Precision, variant_name
from .reranking import Reranking
from .schedules import Schedule

if TYPE_CHECKING:
    from .executors import Report

_TEST_ALONE = ("test_batch", "test_missing", "test_degraded", "shuffle_test_identities")
"""Data settings that training does not see."""


class Evaluation(Settings):
    """When and by which rule a run is tested."""

    epoch_rule: EpochRule = "last"
    """Which epoch is reported. `best-on-test` is what most public code does; tables flag it."""
    every: int = Field(0, ge=0)
    """Epochs between evaluations for the learning curve; 0 for none."""
    conditions: Conditions = ()
    """Under which conditions the tested weights are tested once more: `missing` for the six settings of the field, `degraded`
    for every kind and strength, single ones as in `missing:RGB+TIR` or `NIR:blur:2`; see `benchmarks.conditions`."""
    rerank: Reranking | None = None
    """Re-order the ranking by k-reciprocal neighbours; None not to. Tables flag it: it is another task."""


class Profile(Settings):
    """What is measured of the test path after training."""

    throughput: bool = True
    batch: int = Field(64, ge=1)
    precision: Precision = "fp32"
    warmup: int = Field(2, ge=0)
    repeats: int = Field(7, ge=1)
    pictures: int = Field(4, ge=0)
    """Queries whose ranked lists (and masks) are kept for the report."""


@dataclass(frozen=True)
class Plan:
    """One run, resolved: everything that decides its result."""

    suite: str
    label: str
    columns: Mapping[str, str]
    method: str
    variant: str
    method_settings: MethodSettings
    benchmark: str
    benchmark_label: str
    """What tables call the benchmark, which decides nothing of the result."""
    benchmark_settings: BenchmarkSettings
    schedule: Schedule
    data: DataSettings
    evaluation: Evaluation
    profile: Profile
    seed: int
    threads: int
    device: str
    """`cpu` or `cuda`."""
    imports: tuple[str, ...] = ()
    """Modules that register what a user brought: a process of its own has to import them first."""
    expect: tuple[Direction, ...] = ()
    """What the row is expected to show; decides no result."""
    changed: bool = False
    """Whether the row has changes of its own beside its variant."""

    @property
    def name(self) -> str:
        """`method` or `method:variant`."""
        return variant_name(self.method, self.variant)

    @property
    def shown(self) -> str:
        """For people: row, benchmark, seed."""
        return f"{self.label} on {self.benchmark_label}, seed {self.seed}"

    def execute(self, run_id: str, place: Place, report: Report) -> str:
        """Train and test, and leave the record."""
        from .run import execute  # training is heavy to import, and the process that asks for runs does without

        return f"mAP {100 * execute(self, run_id, place, report).metrics.mAP:.1f}"

    def resolved(self) -> dict[str, Any]:
        """The config as plain values, as a record keeps it."""
        return {
            "method": {"name": self.method, "variant": self.variant, **self.method_settings.model_dump(mode="json")},
            "benchmark": {"name": self.benchmark, **self.benchmark_settings.model_dump(mode="json")},
            "schedule": self.schedule.model_dump(mode="json"),
            "data": self.data.model_dump(mode="json", exclude={"workers", "decoded_cache"}),
            "evaluation": self.evaluation.model_dump(mode="json"),
            "profile": self.profile.model_dump(mode="json"),
        }

    @cached_property
    def weights_fingerprint(self) -> str:
        """sha256 of the pretrained weights; empty for methods without."""
        backbone = getattr(self.method_settings, "backbone", None)
        return weights_fingerprint(backbone) if isinstance(backbone, PretrainedSettings) else ""

    def run_id(self, benchmark: Benchmark) -> str:
        """sha256 of the resolved config, splits, captions, weights, seed and record schema.

        The variant's name is left out: two suites that mean the same run share it.
        """
        return self._id(self.resolved(), benchmark, degrades=self._degrades)

    def training_id(self, benchmark: Benchmark) -> str:
        """As the run's id, without what is done to the final weights alone.

        That is conditions and measurements, and, where no epoch is judged on the way, how the test is made.
        """
        resolved = self.resolved()
        del resolved["profile"], resolved["evaluation"]["conditions"]
        if not self.evaluation.every:
            del resolved["evaluation"]["rerank"]
            for name in _TEST_ALONE:
                del resolved["data"][name]
        return self._id(resolved, benchmark, degrades=bool(self.evaluation.every and self.data.test_degraded))

    @property
    def _degrades(self) -> bool:
        """Whether some test of the run has a degraded modality."""
        return bool(self.data.test_degraded) or any(condition.degraded for condition in self.evaluation.conditions)

    def _id(self, resolved: dict[str, Any], benchmark: Benchmark, degrades: bool) -> str:
        del resolved["method"]["variant"]
        identity = [
            resolved,
            benchmark.split_fingerprint,
            benchmark.caption_fingerprint,
            self.weights_fingerprint,
            self.seed,
            self.threads,
            self.device,
            SCHEMA_VERSION,
            *([f"degradations {DEGRADATIONS_VERSION}"] if degrades else []),
        ]
        return hashlib.sha256(json.dumps(identity, sort_keys=True).encode()).hexdigest()

    def check(self, benchmark: Benchmark) -> None:
        """Find out before anything runs whether the run can start.

        Raises:
            InputError: it cannot.
        """
        where = f"{self.suite}: {self.label}"
        METHODS.get(self.method).check(self.method_settings, benchmark.facts.spec)
        check_precision(self.schedule.precision, self.device, f"{where}: schedule.precision")
        if self.method_settings.needs_text and not benchmark.has_captions:
            raise InputError(
                f"{where}: {self.name} needs captions and {self.benchmark} has none here; "
                f"give --set benchmark.captions=FOLDER or leave the row out with --only"
            )
        check_missing(self.data.train_missing, f"{where}: data.train_missing")
        check_missing(self.data.test_missing, f"{where}: data.test_missing")
        if self.data.shuffle_captions:
            shuffle_captions(benchmark)  # raises where it cannot be done
        held_out = self.data.validation_identities if self.evaluation.epoch_rule == "best-on-validation" else 0
        identities = benchmark.counts["train"]["identities"] - held_out
        if identities < self.data.identities_per_batch:
            raise InputError(
                f"{where}: {identities} training identities are fewer than the {self.data.identities_per_batch} of a batch; "
                f"lower data.identities_per_batch"
            )
        if self.evaluation.epoch_rule != "last" and not self.evaluation.every:
            raise InputError(f"{where}: evaluation.epoch_rule {self.evaluation.epoch_rule} needs evaluation.every of 1 or more")
        if self.evaluation.epoch_rule == "best-on-validation" and not held_out:
            raise InputError(f"{where}: evaluation.epoch_rule best-on-validation needs data.validation_identities of 1 or more")

    def load_benchmark(self, data_root: Path | None, cache: Path | None) -> Benchmark:
        """Load the benchmark, its captions corrupted where the settings say so: the caption fingerprint is of what is read.

        Raises:
            InputError: its files are missing or do not fit, or there are no captions to corrupt.
        """
        loaded = BENCHMARKS.get(self.benchmark).load(self.benchmark_settings, data_root, cache)
        return corrupt_benchmark(loaded, self.data.word_quality)
