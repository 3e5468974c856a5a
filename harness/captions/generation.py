"""`harness captions generate` and `compose`: from the images of a benchmark to caption files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.base import BENCHMARKS, BenchmarkSettings
from benchmarks.captions.aggregation.settings import AggregationSettings
from benchmarks.captions.annotators.base import Annotator
from benchmarks.captions.annotators.job import run_job
from benchmarks.captions.annotators.settings import EndpointSettings, read_endpoints
from benchmarks.captions.files import CAPTION_FILES, SPLITS
from benchmarks.captions.generation.compose_job import Composed, compose_job
from benchmarks.captions.generation.compositions import ByModel, Composer, by_template
from benchmarks.captions.generation.images import job_images
from benchmarks.captions.generation.job import FILE, Asked, CaptionJob, read_job, write_job
from benchmarks.captions.schema.attribute import Schema
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.annotator import SimulatedAnnotator
from benchmarks.captions.simulated.settings import ANNOTATORS, read_simulated
from benchmarks.captions.simulated.worlds import split_worlds
from benchmarks.common.errors import InputError
from benchmarks.common.settings import parse

from ..configs import merge_sections
from ..suite import benchmark_settings
from .progress import CaptionProgress
from .report import CaptionReport, caption_report

SIMULATED = "simulated"
TEMPLATE = "template"


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
    composer: str = TEMPLATE
    """`template`, or a YAML file whose `composer` is asked."""
    splits: Sequence[str] = SPLITS
    limit: int | None = None
    dry_run: bool = False
    retry_failed: bool = False
    quiet: bool = False
    """Show progress on a terminal alone."""


def generate(request: Request) -> CaptionReport:
    """Annotate the images of a benchmark, aggregate what is said, and write caption files.

    Args:
        request: what is asked for.

    Raises:
        InputError: benchmark, settings, data or annotators cannot be used, or the folder belongs to another job.
    """
    source = BENCHMARKS.get(request.benchmark)
    sections = merge_sections({"benchmark": {}, "aggregation": {}}, request.changes, "--set")
    if sections["benchmark"].get("captions") is not None:
        raise InputError("--set benchmark.captions: captions are made here and none are read; leave it out")
    config = benchmark_settings(request.benchmark, sections["benchmark"], "--set")
    aggregation = parse(AggregationSettings, sections["aggregation"], "--set aggregation")
    loaded = source.load_images(config, request.data_root)
    schema = schema_of(loaded.facts.object)
    annotators = find_annotators(request.annotators, schema, request.benchmark, config)
    images = job_images(loaded, request.splits, request.limit)
    settings = config.model_dump(mode="json")
    _refuse_others(request.out, request.benchmark, settings)
    with CaptionProgress(request.quiet) as progress:
        composer = find_composer(request.composer, request.out, progress, request.retry_failed)
        if isinstance(composer, ByModel) and not request.dry_run:
            composer.check()
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
            return caption_report(request.benchmark, len(images), summary, None)
        asked = tuple(Asked(name=tally.annotator, version=tally.version) for tally in summary.tallies)
        job = CaptionJob(
            benchmark=request.benchmark,
            settings=settings,
            object=loaded.facts.object,
            annotators=asked,
            aggregation=aggregation,
        )
        write_job(request.out, job)  # before composing, so that one that is stopped can be taken up
        return caption_report(request.benchmark, len(images), summary, _compose(request.out, job, composer))


def recompose(
    folder: Path, changes: Mapping[str, Any], composer: str = TEMPLATE, *, retry_failed: bool = False, quiet: bool = False
) -> CaptionReport:
    """Aggregate and compose what a folder holds anew; no annotator is asked.

    Args:
        folder: of a job.
        changes: settings under `aggregation.`, over those of the job.
        composer: as for `Request`.
        retry_failed: whether a language model is asked again for what it failed at.
        quiet: show progress on a terminal alone.

    Raises:
        InputError: the folder holds no job, or a setting does not fit.
    """
    job = read_job(folder)
    sections = merge_sections({"aggregation": job.aggregation.model_dump()}, changes, "--set")
    aggregation = parse(AggregationSettings, sections["aggregation"], "--set aggregation")
    job = job.model_copy(update={"aggregation": aggregation})
    with CaptionProgress(quiet) as progress:
        composed = _compose(folder, job, find_composer(composer, folder, progress, retry_failed))
    return caption_report(job.benchmark, len(composed.captions) + len(composed.failed), None, composed)


def _compose(folder: Path, job: CaptionJob, composer: Composer) -> Composed:
    """Compose, and keep by whom."""
    composed = compose_job(folder, job, composer)
    tally = composed.composer
    by = None if tally is None else Asked(name=tally.annotator, version=tally.version)
    write_job(folder, job.model_copy(update={"composer": by}))
    return composed


def find_composer(given: str, folder: Path, progress: CaptionProgress, retry_failed: bool) -> Composer:
    """The composer of `--composer`.

    Args:
        given: `template`, or the path of a YAML file of endpoints.
        folder: of the job.
        progress: told after every caption of a model.
        retry_failed: whether a model is asked again for what it failed at.

    Raises:
        InputError: there is no such file, or it names no composer.
    """
    if given == TEMPLATE:
        return by_template
    endpoint = read_endpoints(Path(given)).composer
    if endpoint is None:
        raise InputError(f"{given}: no 'composer' in it; add one with name, url and model, or leave --composer out")
    return ByModel(endpoint, folder, progress, retry_failed)


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


def _refuse_others(out: Path, benchmark: str, settings: Mapping[str, Any]) -> None:
    """Refuse a folder that holds the captions of other images, or captions that no job wrote and that would be lost."""
    if not (out / FILE).exists():
        for path in (out / name for name in CAPTION_FILES):
            if path.exists():
                raise InputError(f"{path}: would be written over, and no job wrote it; choose another --out")
        return
    job = read_job(out)
    if (job.benchmark, job.settings) != (benchmark, settings):
        raise InputError(
            f"{out}: holds captions of {job.benchmark} with other settings or of another kind; choose another --out"
        )
