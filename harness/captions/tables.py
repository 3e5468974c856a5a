"""Tables of caption jobs for people: how a job ended, how a caption came about, what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

from rich.console import RenderableType
from rich.table import Table

from benchmarks.captions.aggregation.decided import Aggregated, Candidate, Decided, Verdict
from benchmarks.captions.schema.attribute import ImageKey

from ..terminal import plain_table
from .measures import CaptionFigures, Share, Stage
from .report import AnnotatorRow, CaptionReport

SHOWN = 10
"""Failures that are printed in full."""


def report_lines(report: CaptionReport) -> Iterator[RenderableType]:
    """How a job ended: annotators, files, and what lacks."""
    rows = [*report.annotators, *([report.composer] if report.composer else [])]
    if rows:
        yield _askings(rows, report.dry_run)
    for row in rows:
        if row.stopped:
            yield f"{row.annotator} stopped: {row.stopped}"
        yield from (f"{row.annotator}: {times} x {reason}" for reason, times in row.reasons.items() if not row.stopped)
    if report.dry_run:
        yield f"dry run on {report.images:,} images: nothing was asked, nothing was written; composing is not counted"
        return
    yield from (f"{name}: {count:,} captions" for name, count in report.captions.items())
    if report.lost:
        yield f"{report.lost:,} answers are missing for images that another annotator answered for; --retry-failed asks again"
    if report.failed:
        yield f"no caption for {len(report.failed):,} images; --retry-failed asks again"
        yield from (f"  {name}: {reason}" for name, reason in list(report.failed.items())[:SHOWN])
        if len(report.failed) > SHOWN:
            yield f"  and {len(report.failed) - SHOWN:,} more; --json lists all"


def _askings(rows: Sequence[AnnotatorRow], dry_run: bool) -> Table:
    asked = "to ask" if dry_run else "not asked"
    table = plain_table("annotator", "images", "done", "failed", asked, "tokens in", "tokens out", "cost")
    for row in rows:
        counts = (row.images, row.done, row.failed, row.not_asked, row.input_tokens, row.output_tokens)
        table.add_row(row.annotator, *(f"{count:,}" for count in counts), f"{row.cost:.2f}")
    return table


def explain_tables(images: Iterable[tuple[ImageKey, Aggregated]]) -> Iterator[RenderableType]:
    """How each attribute of some images came about: what was decided, and below it what was not taken and why."""
    for key, image in images:
        yield f"{key.split} {key.modality} {key.item}"
        table = plain_table("attribute", "value", "confidence", "annotator", "seen in", "decision", words=6)
        for name, decided in image.attributes.items():
            _explain(table, name, decided)
        for name, candidates in image.left_out.items():
            table.add_row(name, "-", "", "", "", "left out")
            _rejected(table, candidates)
        yield table


def _explain(table: Table, name: str, decided: Decided) -> None:
    place = f"{decided.confidence:.2f}", decided.annotator, decided.modality
    table.add_row(name, decided.value, *place, decided.decision.value)
    _rejected(table, decided.candidates)


def _rejected(table: Table, candidates: Sequence[Candidate]) -> None:
    for each in candidates:
        if each.verdict is not Verdict.CHOSEN:
            said = (each.value, f"{each.confidence:.2f}", each.annotator, each.modality)
            table.add_row("", *said, f"not taken: {each.verdict.value}", style="dim")


def measure_tables(figures: CaptionFigures) -> Iterator[RenderableType]:
    """What was measured: all stages, then the last by modality and attribute, then the reliability of the stages."""
    yield f"{figures.benchmark}, {figures.images:,} images; percent, 95 % intervals over identities"
    yield _stages(figures.stages)
    shown = [stage for stage in figures.stages if stage.overall.pairs]
    for heading, group in (("modality", "by_modality"), ("attribute", "by_attribute")):
        yield ""
        yield _grid(heading, group, shown)
    yield ""
    yield _reliability(shown)


def _stages(stages: Iterable[Stage]) -> Table:
    table = plain_table("stage", "pairs", "unknown", "accuracy", "right of all", "ECE", "Brier")
    for stage in stages:
        shares = (_percent(stage.overall.unknown), _share(stage.accuracy), _share(stage.right))
        calibration = (_percent(stage.expected_error), _number(stage.brier))
        table.add_row(stage.name, f"{stage.overall.pairs:,}", *shares, *calibration)
    return table


def _grid(heading: str, group: str, stages: Sequence[Stage]) -> Table:
    """Accuracy of what is said / share that is right, by stage."""
    table = plain_table(f"accuracy / right of all by {heading}", *(stage.name for stage in stages))
    for name in getattr(stages[0], group):
        cells = [getattr(stage, group).get(name) for stage in stages]
        table.add_row(name, *(f"{_percent(c.accuracy)} / {_percent(c.right)}" if c else "-" for c in cells))
    return table


def _reliability(stages: Sequence[Stage]) -> Table:
    """Share of right answers by stated confidence, with their number."""
    table = plain_table("right at stated confidence", *(stage.name for stage in stages))
    for place, row in enumerate(stages[0].bins):
        cells = [stage.bins[place] for stage in stages]
        table.add_row(f"{row.low:.1f} to {row.high:.1f}", *(f"{_percent(c.right)} of {c.answers:,}" for c in cells))
    return table


def _share(share: Share) -> str:
    if math.isnan(share.low):
        return _percent(share.estimate)
    return f"{_percent(share.estimate)} [{_percent(share.low)}, {_percent(share.high)}]"


def _percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{100 * value:.1f}"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
