"""The job of many images and several annotators: every image ends as done or as failed with its reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from ...common.errors import InputError
from ...common.files import write_text
from ..schema.attribute import ImageKey, Schema
from .base import Annotator
from .cache import AnswerCache, opened_cache
from .chat import ask_nobody
from .endpoint import EndpointAnnotator
from .outcomes import Image, Outcome, Tally, outcome_of
from .settings import EndpointSettings, check_names
from .side_by_side import Lane, run_lanes
from .transport import Transport

OBSERVATIONS = "observations.jsonl"
ANSWERS = "answers.sqlite"

Progress = Callable[[Tally], None]
"""Told after every image, in the thread that called `run_job`."""


@dataclass(frozen=True)
class JobSummary:
    """How a job ended."""

    tallies: tuple[Tally, ...]
    """By annotator, in their order."""
    reasons: dict[str, Counter[str]]
    """By annotator: how often each reason stands in the observations of images that are not done."""
    observations: Path | None
    """The file that was written; None in a dry run."""


def run_job(
    images: Sequence[Image],
    schema: Schema,
    annotators: Sequence[Annotator | EndpointSettings],
    out: Path,
    *,
    limit: int | None = None,
    dry_run: bool = False,
    retry_failed: bool = False,
    progress: Progress | None = None,
    cache: Path | None = None,
) -> JobSummary:
    """Ask every annotator about every image and write `observations.jsonl`, sorted, whole or not at all.

    Answers of endpoints are kept in the cache as they come: a job that was killed or interrupted, and is started again, asks
    for the rest alone and writes the same file. Other annotators keep nothing here and are called again.

    Args:
        images: in any order.
        schema: what is asked for.
        annotators: endpoints, or anything that says attributes.
        out: folder of the job.
        limit: the first so many images, in the order of their keys; None for all.
        dry_run: count and estimate; ask no endpoint and write nothing. Needs neither a key nor the client library.
        retry_failed: whether images that are kept as failed are asked anew.
        progress: told after every image.
        cache: file of answers; `out/answers.sqlite` where it is None.

    Raises:
        InputError: two images or two annotators share a name, a key or the client library is missing, another job uses the
            cache, or a file cannot be written.
    """
    chosen = _chosen(images, limit)
    records: dict[tuple[ImageKey, str], str] = {}
    with opened_cache(cache or out / ANSWERS, dry_run) as answers, ExitStack() as stack:
        asked = [_asked(one, schema, answers, stack, dry_run, retry_failed) for one in annotators]
        check_names([one.name for one in asked])
        tallies = {one.name: Tally(one.name, one.version, len(chosen)) for one in asked}
        reasons: dict[str, Counter[str]] = {name: Counter() for name in tallies}
        outcomes = stack.enter_context(closing(run_lanes([_lane(one) for one in asked], chosen)))
        for outcome in outcomes:
            tallies[outcome.annotator] = tally = tallies[outcome.annotator].with_outcome(outcome)
            records[outcome.key, outcome.annotator] = outcome.record
            if outcome.reason:
                reasons[outcome.annotator][outcome.reason] += 1
            if progress is not None:
                progress(tally)
    if not dry_run:
        write_text(out / OBSERVATIONS, "".join(f"{records[place]}\n" for place in sorted(records)))
    return JobSummary(tuple(tallies.values()), reasons, None if dry_run else out / OBSERVATIONS)


def _lane(annotator: Annotator) -> Lane[Image, Outcome]:
    threads = annotator.settings.concurrency if isinstance(annotator, EndpointAnnotator) else 1
    return Lane(partial(outcome_of, annotator), threads)


def _chosen(images: Sequence[Image], limit: int | None) -> list[Image]:
    """The images in the order of their keys, to the limit."""
    chosen = sorted(images, key=lambda image: image[0])
    for (key, _), (following, _) in zip(chosen, chosen[1:], strict=False):
        if key == following:
            raise InputError(f"two images of {key.split} {key.modality} are named {key.item!r}; names must tell them apart")
    return chosen[:limit]


def _asked(
    one: Annotator | EndpointSettings,
    schema: Schema,
    answers: AnswerCache,
    stack: ExitStack,
    dry_run: bool,
    retry_failed: bool,
) -> Annotator:
    """An annotator that can be asked."""
    if not isinstance(one, EndpointSettings):
        return one
    if dry_run:
        return EndpointAnnotator(one, schema, answers, ask_nobody, retry_failed=retry_failed)
    transport = Transport(one)
    stack.callback(transport.close)
    return EndpointAnnotator(one, schema, answers, transport, retry_failed=retry_failed)
