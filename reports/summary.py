"""What a suite says, in a sentence for each benchmark."""

from __future__ import annotations

from harness.rows import BenchmarkRows, Row, SuiteRows

from .formats import LEVEL_TEXT, bounds, counted, plus_minus, signed
from .measures import chosen_on_test, difference, interval, metric, reranked


def progress(suite: SuiteRows) -> str:
    """How much of a suite is finished."""
    return f"{suite.finished_runs} of {counted(len(suite.manifest.runs), 'run')} finished."


def sentence(group: BenchmarkRows) -> str:
    """Which row is highest on a benchmark, and whether it is resolved from the reference."""
    rows = group.finished
    if not rows:
        return f"{group.benchmark}: no run is finished."
    best = max(rows, key=lambda row: metric(row, "mAP").mean)
    found = interval(best)
    known = f"; interval {bounds(found)}" if found is not None and found.low == found.low else ""
    text = (
        f"{group.benchmark}: {best.label} has the highest mAP, {plus_minus(metric(best, 'mAP'))} % "
        f"({counted(len(best.runs), 'seed')}{known}){_against(best, group)}."
    )
    text += " Its epoch was chosen on the test set (†)." if chosen_on_test(best) else ""
    return text + (" It is re-ranked (§)." if reranked(best) else "")


def _against(best: Row, group: BenchmarkRows) -> str:
    if group.reference is not None and best.label == group.reference.label:
        return ", and is the reference of the table" if len(group.finished) > 1 else ""
    found = difference(best, group.reference)
    if found is None:
        return f"; the reference “{group.reference_label}” is not finished"
    verdict = "resolved" if found.interval.excludes_zero else "not resolved"
    return (
        f", {signed(found.interval.estimate)} points over “{group.reference_label}” ({LEVEL_TEXT} interval "
        f"{bounds(found.interval)}: {verdict}; better on {counted(found.won, 'query', 'queries')}, worse on {found.lost:,}, "
        f"equal on {found.tied:,})"
    )
