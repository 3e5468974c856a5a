"""Runs, epochs, conditions and measurements as pandas frames: the tidy form for one's own tables and plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pandas as pd

from harness.efficiency.measurements import EfficiencyResults
from harness.efficiency.quantities import SIZES, SPEEDS
from harness.records import Record
from harness.rows import Row, SuiteRows


def runs_frame(suites: Sequence[SuiteRows]) -> pd.DataFrame:
    """One row for each finished run of each suite: what it is, metrics as fractions, size, cost, speed, seconds by phase."""
    return pd.DataFrame([_identity(suite, row, record) | _run(record) for suite, row, record in _finished(suites)])


def epochs_frame(suites: Sequence[SuiteRows]) -> pd.DataFrame:
    """One row for each epoch of each finished run: losses, monitors, gradients, learning rates, mAP where it was measured."""
    rows = []
    for suite, row, record in _finished(suites):
        for entry in record.history:
            values: dict[str, Any] = {"epoch": entry.epoch, "mAP": entry.metrics.mAP if entry.metrics else None}
            for kind in ("losses", "monitors", "gradients", "learning_rates"):
                values |= {f"{kind}/{name}": value for name, value in getattr(entry, kind).items()}
            rows.append(_identity(suite, row, record) | values)
    return pd.DataFrame(rows)


def conditions_frame(suites: Sequence[SuiteRows]) -> pd.DataFrame:
    """One row for each condition under which a finished run was tested: its text, what fills a missing modality, metrics."""
    rows = []
    for suite, row, record in _finished(suites):
        for text, metrics in record.conditions.items():
            values = {"condition": text, "missing_filling": record.missing_filling}
            rows.append(_identity(suite, row, record) | values | metrics.model_dump())
    return pd.DataFrame(rows)


def efficiency_frame(efficiency: Sequence[EfficiencyResults]) -> pd.DataFrame:
    """One row for each finished measurement: what it is, its figures, and their ratios to the reference row."""
    rows = []
    for results in efficiency:
        table = results.table
        for entry in table.rows:
            found, reference = (results.at(label, entry.setting) for label in (entry.label, table.reference))
            if found is None:
                continue
            values: dict[str, Any] = {
                "suite": table.suite,
                "row": entry.label,
                "method": entry.method,
                "variant": entry.variant,
            }
            values |= {"benchmark": table.benchmark, "size": table.size, "device": table.device}
            values |= {"precision": entry.precision, "compiled": entry.compiled, "id": entry.id}
            for quantity in (*SIZES, *SPEEDS):
                values[quantity.name] = quantity.value(found)
                values[f"{quantity.name}_ratio"] = quantity.ratio(found, reference)
            problems = "; ".join(f"{part}: {line}" for part, line in found.problems.items())
            rows.append(values | {"problems": problems, "load": found.load, "commit": found.environment.commit})
    return pd.DataFrame(rows)


def _finished(suites: Sequence[SuiteRows]) -> list[tuple[SuiteRows, Row, Record]]:
    return [(suite, row, record) for suite in suites for row in suite.rows for record in row.records]


def _identity(suite: SuiteRows, row: Row, record: Record) -> dict[str, Any]:
    return {
        "suite": suite.manifest.suite,
        "row": row.label,
        "method": record.method,
        "variant": record.variant,
        "benchmark": record.benchmark,
        "benchmark_label": row.benchmark,
        "seed": record.seed,
        "id": record.id,
    }


def _run(record: Record) -> dict[str, Any]:
    return {
        **record.metrics.model_dump(),
        "epoch_rule": record.epoch_rule,
        "epoch": record.epoch,
        "test_feature": record.test_feature,
        **{f"parameters_{name}": count for name, count in record.parameters.model_dump().items()},
        **{f"gmacs_{name}": cost for name, cost in record.gmacs.model_dump().items()},
        "images_per_second": record.throughput.images_per_second if record.throughput else None,
        "device": record.environment.device,
        **{f"seconds_{phase}": seconds for phase, seconds in record.durations.items()},
        "split_fingerprint": record.split_fingerprint,
        "caption_fingerprint": record.caption_fingerprint,
        "weights_fingerprint": record.weights_fingerprint,
        "result_digest": record.result_digest,
        "commit": record.environment.commit,
    }
