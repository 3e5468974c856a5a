"""`harness captions generate` and `compose`: from the images of a benchmark to caption files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from benchmarks.base import BENCHMARKS, BenchmarkSettings
from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.annotators.base import Annotator
from benchmarks.captions.annotators.job import JobSummary, run_job
from benchmarks.captions.annotators.settings import EndpointSettings, read_endpoints
from benchmarks.captions.composition.template import compose
from benchmarks.captions.files import FILE_SUFFIX, caption_path
from benchmarks.captions.generation.compose_job import Composed, compose_job
from benchmarks.captions.generation.images import SPLITS, job_images
from benchmarks.captions.generation.job import FILE, Asked, CaptionJob, read_job, write_job
from benchmarks.captions.schema.attribute import ImageKey, Schema
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.annotator import SimulatedAnnotator
from benchmarks.captions.simulated.settings import ANNOTATORS, read_simulated
from benchmarks.captions.simulated.worlds import split_worlds
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse

from .caption_progress import CaptionProgress
from .configs import merge_sections
from .suite import benchmark_settings

SIMULATED = "simulated"


@dataclass(frozen=True)
class Request:
    """What is asked of `harness captions generate`."""

    benchmark: str
    changes: Mapping[str, Any]
    """Settings under `benchmark.` and `aggregation.`, as for `--set`."""
    data_root: Path | None
    annotators: str
    """`simulated`, or a YAML file of endpoints or of simulated annotators."""
    out: Path
    splits: Sequence[str] = SPLITS
    limit: int | None = None
    dry_run: bool = False
    retry_failed: bool = False
    quiet: bool = False
    """Show progress on a terminal alone."""


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
    captions: dict[str, int]
    """Captions by file; none in a dry run."""
    failed: dict[str, str]
    """Images without a caption, because no annotator answered, with the reasons."""
    lost: int
    """Answers that are missing for images that have a caption all the same."""
    dry_run: bool

    @property
    def complete(self) -> bool:
        """Whether every annotator answered for every image."""
        return self.dry_run or not (self.failed or self.lost)


def generate(request: Request) -> CaptionReport:
    """Annotate the images of a benchmark, aggregate what is said, and write caption files.

    Args:
        request: what is asked for.

    Raises:
        InputError: benchmark, settings, data or annotators cannot be used, or the folder belongs to another job.
    """
    sections = merge_sections({"benchmark": {}, "aggregation": {}}, request.changes, "--set")
    config = benchmark_settings(request.benchmark, sections["benchmark"], "--set")
    aggregation = parse(AggregationSettings, sections["aggregation"], "--set aggregation")
    loaded = BENCHMARKS.get(request.benchmark).load(config, request.data_root, None)
    schema = schema_of(loaded.facts.object)
    annotators = find_annotators(request.annotators, schema, request.benchmark, config)
    images = job_images(loaded, request.splits, request.limit)
    settings = config.model_dump(mode="json")
    _refuse_other(request.out, request.benchmark, settings)
    with CaptionProgress(request.quiet) as progress:
        summary = run_job(
            [(image.key, image.read) for image in images],
            schema,
            annotators,
            request.out,
            dry_run=request.dry_run,
            retry_failed=request.retry_failed,
            progress=progress,
        )
    if request.dry_run:
        return _report(request.benchmark, len(images), summary, None)
    job = CaptionJob(
        benchmark=request.benchmark,
        settings=settings,
        object=loaded.facts.object,
        annotators=tuple(Asked(name=tally.annotator, version=tally.version) for tally in summary.tallies),
        aggregation=aggregation,
    )
    write_job(request.out, job)
    return _report(request.benchmark, len(images), summary, compose_job(request.out, job, compose))


def recompose(folder: Path, changes: Mapping[str, Any]) -> CaptionReport:
    """Aggregate and compose what a folder holds anew; nobody is asked.

    Args:
        folder: of a job.
        changes: settings under `aggregation.`, over those of the job.

    Raises:
        InputError: the folder holds no job, or a setting does not fit.
    """
    job = read_job(folder)
    sections = merge_sections({"aggregation": job.aggregation.model_dump()}, changes, "--set")
    aggregation = parse(AggregationSettings, sections["aggregation"], "--set aggregation")
    job = job.model_copy(update={"aggregation": aggregation})
    composed = compose_job(folder, job, compose)
    write_job(folder, job)
    return _report(job.benchmark, len(composed.captions) + len(composed.failed), None, composed)


def find_annotators(
    given: str, schema: Schema, benchmark: str, config: BenchmarkSettings
) -> Sequence[Annotator | EndpointSettings]:
    """The annotators of `--annotators`.

    Args:
        given: `simulated`, or the path of a YAML file.
        schema: of the kind of objects.
        benchmark: name, for simulated ones.
        config: settings of the benchmark.

    Raises:
        InputError: there is no such file, it cannot be used, or simulated annotators are asked of images of unknown truth.
    """
    simulated = ANNOTATORS if given == SIMULATED else read_simulated(Path(given))
    if simulated is None:
        return read_endpoints(Path(given)).annotators
    worlds = split_worlds(benchmark, config.model_dump())
    return [SimulatedAnnotator(settings, schema, worlds) for settings in simulated]


def _refuse_other(out: Path, benchmark: str, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that holds the captions of other images."""
    if not (out / FILE).exists():
        return
    job = read_job(out)
    if (job.benchmark, job.settings) != (benchmark, settings):
        raise InputError(
            f"{out}: holds captions of {job.benchmark} with other settings or of another kind; choose another --out"
        )


def _report(benchmark: str, images: int, summary: JobSummary | None, composed: Composed | None) -> CaptionReport:
    return CaptionReport(
        benchmark=benchmark,
        images=images,
        annotators=list(_rows(summary)) if summary else [],
        captions=_counts(composed.captions) if composed else {},
        failed={_shown(key): reason for key, reason in composed.failed.items()} if composed else {},
        lost=composed.lost if composed else 0,
        dry_run=composed is None,
    )


def _rows(summary: JobSummary) -> Iterator[AnnotatorRow]:
    for tally in summary.tallies:
        yield AnnotatorRow(
            annotator=tally.annotator,
            images=tally.images,
            done=tally.done,
            failed=tally.failed,
            not_asked=tally.not_asked,
            input_tokens=tally.usage.input_tokens,
            output_tokens=tally.usage.output_tokens,
            cost=tally.usage.cost,
            stopped=tally.stopped,
            reasons=dict(sorted(summary.reasons[tally.annotator].items())),
        )


def _counts(captions: Mapping[ImageKey, str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for key in captions:
        name = caption_path(Path(), key.split, key.modality).name
        counts[name] = counts.get(name, 0) + 1
    order = [f"{split}_{suffix}.json" for split in SPLITS for suffix in FILE_SUFFIX.values()]
    return {name: counts[name] for name in order if name in counts}


def _shown(key: ImageKey) -> str:
    return f"{key.split} {key.modality} {key.item}"
