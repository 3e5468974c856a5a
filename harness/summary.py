"""Tables for a terminal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Group
from rich.table import Table

from benchmarks.conditions import Condition

from .comparison import Comparison
from .efficiency.measurements import EfficiencyResults, Setting
from .efficiency.quantities import SIZES, SPEEDS, Quantity
from .executors import Task
from .plan import Plan
from .records import Metrics, Record, read_record, record_path, variant_name
from .reference import CheckResult
from .reranking import Reranking
from .terminal import plain_table
from .verdicts import DirectionResult

METRICS = ("mAP", "R1", "R5", "R10", "mINP")


def metrics_table(metrics: Metrics) -> Table:
    """Metrics in percent, with the counts behind them."""
    counts = ("queries", "skipped_queries", "tied_positives")
    table = plain_table(*METRICS, *counts)
    table.add_row(
        *(f"{100 * getattr(metrics, name):.2f}" for name in METRICS), *(str(getattr(metrics, name)) for name in counts)
    )
    return table


def conditions_table(rows: Sequence[tuple[Condition, Metrics]]) -> Table:
    """Metrics in percent by condition, and how far the mAP is from that of the first."""
    table = plain_table("condition", *METRICS, "Δ mAP")
    first = rows[0][1].mAP
    for condition, metrics in rows:
        values = [f"{100 * getattr(metrics, name):.2f}" for name in METRICS]
        table.add_row(condition.name, *values, f"{100 * (metrics.mAP - first):+.2f}")
    return table


def ranking_table(metrics: Metrics, cmc: Sequence[float], rerank: Reranking | None) -> Group:
    """Metrics and the CMC in percent, with what must be read with care below them."""
    ranks = [rank for rank in (1, 2, 3, 5, 10, 20, 50) if rank < len(cmc)] + [len(cmc)]
    curve = plain_table("rank", *map(str, ranks))
    curve.add_row("CMC", *(f"{100 * cmc[rank - 1]:.2f}" for rank in ranks))
    lines = []
    if metrics.tied_positives and metrics.optimistic_mAP is not None:
        lines.append(f"Ties count against the query; in its favour the mAP would be {100 * metrics.optimistic_mAP:.2f}.")
    if metrics.junk_entries:
        lines.append(f"Junk in the gallery, which counts for no query: {metrics.junk_entries}.")
    if rerank:
        values = ", ".join(f"{name} {value:g}" for name, value in rerank)
        lines.append(f"Re-ranked by k-reciprocal neighbours ({values}): not comparable with figures that are not.")
    return Group(metrics_table(metrics), curve, *lines)


def suite_table(tasks: Sequence[Task[Plan]], work_dir: Path) -> Table:
    """The rows of a suite as far as they are finished: mean and standard deviation over seeds, in percent."""
    rows: dict[tuple[str, str], list[Record]] = {}
    for task in tasks:
        of_row = rows.setdefault((task.plan.label, task.plan.benchmark_label), [])
        path = record_path(work_dir, task.run_id)
        if path.exists():
            of_row.append(read_record(path))
    table = plain_table("row", "benchmark", "seeds", *METRICS, "params M", "G (attention)", "images/s")
    for (label, benchmark), records in rows.items():
        if not records:
            table.add_row(label, benchmark, "0")
            continue
        metrics = [_mean([100 * getattr(record.metrics, name) for record in records]) for name in METRICS]
        speeds = [record.throughput.images_per_second for record in records if record.throughput]
        first = records[0]
        speed = f"{np.median(speeds):.0f}" if speeds else ""
        size, cost = f"{first.parameters.trainable / 1e6:.3f}", f"{first.gmacs.attention:.3f}"
        table.add_row(label, benchmark, str(len(records)), *metrics, size, cost, speed)
    return table


def _mean(values: Sequence[float]) -> str:
    return f"{np.mean(values):.1f}" + (f" ± {np.std(values, ddof=1):.1f}" if len(values) > 1 else "")


def profile_table(rows: Sequence[Mapping[str, Any]], convention: str | None) -> Table:
    """Parameters in full, multiply-adds in 1e9, throughput where it was measured."""
    conventions = [convention] if convention else ["attention", "published"]
    timed = any(row["throughput"] for row in rows)
    table = plain_table(
        "method",
        "trainable",
        "total",
        "used at test",
        *(f"G ({name})" for name in conventions),
        *(["images/s", "device", "batch", "precision", "peak MiB"] if timed else []),
    )
    for row in rows:
        name = variant_name(row["method"], row["variant"])
        parameters = [f"{row['parameters'][key]:,}" for key in ("trainable", "total", "test")]
        costs = [f"{row['gmacs'][name]:.3f}" for name in conventions]
        speed, memory = row["throughput"], row["memory"]
        timing = []
        if speed:
            timing = [f"{speed['images_per_second']:.1f}", speed["device"], str(speed["batch"]), speed["precision"]]
            timing.append(f"{memory['peak_bytes'] / 2**20:.0f}")
        table.add_row(name, *parameters, *costs, *timing)
    return table


def efficiency_tables(results: EfficiencyResults) -> Group:
    """Size and cost, then speed and memory in each precision; ratios to the reference row in brackets, conditions below."""
    shown: list[tuple[str, Sequence[Quantity], Setting | None]]
    shown = [(f"size and cost on {results.table.benchmark} ({results.table.size} size)", SIZES, None)]
    shown += [(f"{setting.shown} on {results.table.device}", SPEEDS, setting) for setting in results.settings]
    lines = [
        part for title, quantities, setting in shown for part in (title, _efficiency_table(results, quantities, setting), "")
    ]
    return Group(*lines, f"in brackets: times the figure of {results.table.reference}", *filter(None, [results.conditions]))


def _efficiency_table(results: EfficiencyResults, quantities: Sequence[Quantity], setting: Setting | None) -> Table:
    """A row of figures with ratios for each method; what was not compiled says why."""
    found = {label: results.at(label, setting) if setting else results.any_of(label) for label in results.labels}
    reference = found.get(results.table.reference)
    table = plain_table("row", *(f"{each.group} {each.title} {each.unit}".strip() for each in quantities), "")
    for label, measured in found.items():
        if measured is None:
            table.add_row(label, *[""] * len(quantities), "not finished")
            continue
        values = [(each.value(measured), each.ratio(measured, reference), each) for each in quantities]
        cells = ["" if value is None else each.text(value) + _times(ratio) for value, ratio, each in values]
        why = "; ".join(f"{part} not compiled: {line}" for part, line in measured.problems.items()) if setting else ""
        table.add_row(label, *cells, why)
    return table


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f" ({ratio:.2f})"


def check_table(result: CheckResult) -> Table:
    """Every figure that was held against a reference."""
    table = plain_table("run", "metric", "expected", "tolerance", "measured", "within")
    for row in result.rows:
        within = "yes" if row.within else "NO"
        table.add_row(row.run, row.metric, f"{row.expected:g}", f"{row.tolerance:g}", f"{row.measured:.3f}", within)
    return table


def directions_table(result: DirectionResult) -> Table:
    """Every expectation that was judged, in points of mAP."""
    table = plain_table("run", "expected", "metric", "measured", "interval", "verdict")
    for row in result.rows:
        interval = f"{row.interval[0]:.2f} to {row.interval[1]:.2f}" if row.interval else ""
        table.add_row(row.run, row.words, row.metric, f"{row.measured:.2f}", interval, row.verdict)
    return table


def comparison_table(result: Comparison) -> Table:
    """A difference with its interval, in points of mAP."""
    table = plain_table("a", "b", "mAP a - b", f"{100 * result.level:.0f} % interval", "queries won / lost", "seeds")
    low, high = (f"{100 * bound:+.2f}" for bound in result.interval)
    won = f"{result.queries_won} / {result.queries_lost}"
    table.add_row(result.a, result.b, f"{100 * result.difference:+.2f}", f"{low} to {high}", won, str(result.seeds))
    return table
