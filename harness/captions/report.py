"""How a caption job ended, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from pydantic import BaseModel

from benchmarks.captions.annotators.job import JobSummary
from benchmarks.captions.annotators.outcomes import Tally
from benchmarks.captions.files import CAPTION_FILES, caption_path
from benchmarks.captions.generation.compose_job import Composed
from benchmarks.captions.schema.attribute import ImageKey


class AnnotatorRow(BaseModel):
    """How far an annotator came."""

    annotator: str
    images: int
    done: int
    failed: int
    not_asked: int
    input_tokens: int
    output_tokens: int
    cost: float
    stopped: str | None
    reasons: dict[str, int]


class CaptionReport(BaseModel):
    """How a caption job ended."""

    benchmark: str
    images: int
    annotators: list[AnnotatorRow]
    composer: AnnotatorRow | None
    """The language model that composed; None for the template."""
    captions: dict[str, int]
    """Captions by file; none in a dry run."""
    failed: dict[str, str]
    """Images without a caption, with the reasons: no annotator answered, or the composer did not."""
    lost: int
    """Answers that are missing for images that have a caption all the same."""
    dry_run: bool

    @property
    def complete(self) -> bool:
        """Whether every annotator answered for every image."""
        return self.dry_run or not (self.failed or self.lost)


def caption_report(benchmark: str, images: int, summary: JobSummary | None, composed: Composed | None) -> CaptionReport:
    """How a job ended.

    Args:
        benchmark: name.
        images: how many there are.
        summary: of the annotators; None where none was asked.
        composed: what came of it; None in a dry run.
    """
    return CaptionReport(
        benchmark=benchmark,
        images=images,
        annotators=[_row(tally, summary.reasons[tally.annotator]) for tally in summary.tallies] if summary else [],
        composer=_row(composed.composer, {}) if composed and composed.composer else None,
        captions=_counts(composed.captions) if composed else {},
        failed={_shown(key): reason for key, reason in composed.failed.items()} if composed else {},
        lost=composed.lost if composed else 0,
        dry_run=composed is None,
    )


def _row(tally: Tally, reasons: Mapping[str, int]) -> AnnotatorRow:
    return AnnotatorRow(
        annotator=tally.annotator,
        images=tally.images,
        done=tally.done,
        failed=tally.failed,
        not_asked=tally.not_asked,
        input_tokens=tally.usage.input_tokens,
        output_tokens=tally.usage.output_tokens,
        cost=tally.usage.cost,
        stopped=tally.stopped,
        reasons=dict(sorted(reasons.items())),
    )


def _counts(captions: Mapping[ImageKey, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key in captions:
        name = caption_path(Path(), key.split, key.modality).name
        counts[name] = counts.get(name, 0) + 1
    return {name: counts[name] for name in CAPTION_FILES if name in counts}


def _shown(key: ImageKey) -> str:
    return f"{key.split} {key.modality} {key.item}"
