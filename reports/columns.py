"""Columns about a row that more than one table has."""

from __future__ import annotations

import math
import statistics
from collections.abc import Callable

from harness.records import Record
from harness.rows import Row

from .formats import bounds, counted, fixed, listed, plus_minus, signed
from .measures import MetricName, chosen_on_test, difference, interval, is_same, metric, reranked
from .table import Cell, Column, Emphasis

ON_TEST = "†"
"""Marks a row whose epoch was chosen on the test set."""
ON_CPU = "‡"
"""Marks a speed that was measured on a CPU."""
RERANKED = "§"
"""Marks a row whose ranking was re-ordered by k-reciprocal neighbours."""

_RULES = {"last": "last", "best-on-validation": "best on validation", "best-on-test": "best on test"}

CellOf = Callable[[Row], Cell]


def flags(row: Row) -> str:
    """The marks of what keeps a row from being compared with others."""
    return (ON_TEST if chosen_on_test(row) else "") + (RERANKED if reranked(row) else "")


def label(row: Row) -> Cell:
    """Name of the row with its marks."""
    emphasis: Emphasis = "normal" if row.runs else "muted"
    return Cell(row.label, emphasis=emphasis, mark=flags(row))


def said(name: str) -> CellOf:
    """What the row says of itself in one of its own columns."""
    return lambda row: Cell(row.columns.get(name, ""))


def metric_of(name: MetricName) -> CellOf:
    """A metric in percent over seeds."""

    def cell(row: Row) -> Cell:
        summary = metric(row, name)
        return Cell(plus_minus(summary), value=100 * summary.mean) if row.runs else Cell()

    return cell


def map_interval(row: Row) -> Cell:
    """Interval of the mAP."""
    found = interval(row)
    return Cell() if found is None else Cell(bounds(found), value=100 * found.low)


def difference_to(reference: Row | None) -> CellOf:
    """Difference of mAP to the reference row with its paired interval, in bold where it is resolved."""

    def cell(row: Row) -> Cell:
        if reference is not None and is_same(row, reference):
            return Cell("reference", emphasis="muted")
        found = difference(row, reference)
        if found is None or math.isnan(found.interval.estimate):
            return Cell()
        estimate = found.interval.estimate
        text = f"{signed(estimate)} {bounds(found.interval)}"
        return Cell(text, value=100 * estimate, emphasis="bold" if found.interval.excludes_zero else "normal")

    return cell


def trainable(row: Row) -> Cell:
    """Trainable parameters in millions."""
    return _number(row, lambda record: record.parameters.trainable / 1e6, 1)


def gmacs_attention(row: Row) -> Cell:
    """Multiply-adds with the attention products."""
    return _number(row, lambda record: record.gmacs.attention, 1)


def gmacs_published(row: Row) -> Cell:
    """Multiply-adds by the convention of the method's own publication."""
    return _number(row, lambda record: record.gmacs.published, 1)


def speed(row: Row) -> Cell:
    """Images a second: the median over seeds, marked where it was measured on a CPU."""
    measured = [record for record in row.records if record.throughput is not None]
    if not measured:
        return Cell()
    rate = statistics.median(record.throughput.images_per_second for record in measured if record.throughput)
    mark = ON_CPU if any(_on_cpu(record) for record in measured) else ""
    return Cell(fixed(rate, 0 if rate >= 100 else 1), value=rate, mark=mark)


def measured_on(row: Row) -> Cell:
    """Device, batch and precision of the speed, and what shared the machine."""
    return Cell("; ".join(dict.fromkeys(filter(None, map(_conditions, row.records)))) or Cell().text)


def seeds(row: Row) -> Cell:
    """Number of finished seeds, of the planned ones where some are missing."""
    finished, planned = len(row.runs), len(row.planned)
    text = str(planned) if finished == planned else f"{finished} of {planned}"
    return Cell(text, value=finished, emphasis="normal" if finished == planned else "bold")


def epoch_rule(row: Row) -> Cell:
    """How the tested epoch was chosen."""
    rules = dict.fromkeys(_RULES[record.epoch_rule] for record in row.records)
    return Cell(listed(list(rules)), mark=ON_TEST if chosen_on_test(row) else "") if rules else Cell()


def test_feature(row: Row) -> Cell:
    """What the embedding is."""
    return Cell("; ".join(dict.fromkeys(record.test_feature for record in row.records)) or Cell().text)


def cost() -> list[tuple[Column, CellOf]]:
    """Parameters and multiply-adds."""
    return [
        (Column("Params", "M"), trainable),
        (Column("attention", "G", group="MACs"), gmacs_attention),
        (Column("published", "G", group="MACs"), gmacs_published),
    ]


def _number(row: Row, value: Callable[[Record], float], digits: int) -> Cell:
    if not row.runs:
        return Cell()
    number = value(row.records[0])
    return Cell(fixed(number, digits if number >= 1 else 3), value=number)


def _on_cpu(record: Record) -> bool:
    resident = record.memory is not None and record.memory.kind == "process resident"
    return resident or (record.throughput is not None and "cpu" in record.throughput.device.lower())


def _conditions(record: Record) -> str:
    found = record.throughput
    if found is None:
        return ""
    parts = [found.device, f"batch {found.batch}", found.precision]
    if _on_cpu(record):
        parts.append(counted(found.threads, "thread"))
    if found.concurrent_runs > 1:
        parts.append(f"{found.concurrent_runs} runs at once")
    return ", ".join(parts)
