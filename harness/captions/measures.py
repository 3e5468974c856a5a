"""What can be measured of generated captions where the truth is known: accuracy, what stays unknown, and calibration."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel

from benchmarks.captions.aggregation.decided import Aggregated, Decided, Decision
from benchmarks.captions.aggregation.merge import merge
from benchmarks.captions.annotators.job import OBSERVATIONS
from benchmarks.captions.calibration import calibrate
from benchmarks.captions.generation.compose_job import aggregate_observations
from benchmarks.captions.generation.job import FILE as JOB
from benchmarks.captions.generation.job import CaptionJob, read_job
from benchmarks.captions.generation.observations import Observation, read_observations
from benchmarks.captions.schema.attribute import AttributeSet, ImageKey
from benchmarks.captions.schema.kinds import schema_of
from benchmarks.captions.simulated.judge import Claim, Judged, judge
from benchmarks.captions.simulated.worlds import split_worlds
from benchmarks.common import randomness
from benchmarks.common.errors import InputError
from benchmarks.synthetic.world import World

from ..statistics import QueryValues, bootstrap_mean

MERGED, COMPLETED, ADDED = "merged", "merged and completed", "completed alone"
_STREAM = randomness.stream("caption measures")

Sets = Iterable[tuple[ImageKey, Mapping[str, Claim]]]


class Share(BaseModel):
    """A share in [0, 1] with its interval over resampled identities; NaN where nothing counts."""

    estimate: float
    low: float
    high: float


class Figures(BaseModel):
    """Shares in [0, 1] of a set of (image, attribute) pairs; NaN where nothing counts."""

    pairs: int
    unknown: float
    """Share of pairs of which no value is said."""
    accuracy: float
    """Share of the values that are right."""
    right: float
    """Share of all pairs that are right: an unknown is not."""


class ReliabilityBin(BaseModel):
    """One bin of a reliability diagram."""

    low: float
    high: float
    answers: int
    confidence: float
    right: float


class Stage(BaseModel):
    """One annotator, or one step of the aggregation."""

    name: str
    overall: Figures
    accuracy: Share
    """Of all pairs, as `overall` has it."""
    right: Share
    expected_error: float
    """Expected calibration error of the values; NaN without any, as the next."""
    brier: float
    """Brier score of the values."""
    by_modality: dict[str, Figures]
    by_attribute: dict[str, Figures]
    bins: list[ReliabilityBin]


class CaptionFigures(BaseModel):
    """All stages of a job."""

    benchmark: str
    images: int
    stages: list[Stage]


def measure_captions(folder: Path) -> CaptionFigures:
    """Hold a job of an embedded benchmark against the truth.

    Args:
        folder: of the job.

    Raises:
        InputError: the folder holds no job, one of a benchmark whose truth is not known, or observations of other images.
    """
    job = read_job(folder)
    worlds, schema = split_worlds(job.benchmark, job.settings), schema_of(job.object)
    path = folder / OBSERVATIONS
    observations = list(read_observations(path, job))
    _refuse_others(path, observations, worlds)
    stages = [_stage(name, judge(schema, worlds, sets)) for name, sets in _sets(observations, job)]
    completed = judge(schema, worlds, _completed(observations, job))
    stages += [_stage(COMPLETED, completed), _stage(ADDED, completed.take(completed.completed))]
    return CaptionFigures(benchmark=job.benchmark, images=len({each.key for each in observations}), stages=stages)


def _refuse_others(path: Path, observations: Sequence[Observation], worlds: Mapping[str, World]) -> None:
    """Refuse observations of images whose truth is not known, and a file that has none."""
    names = {split: frozenset(world.names) for split, world in worlds.items()}
    for each in observations:
        if each.key.item not in names[each.key.split]:
            raise InputError(f"{path}: {each.key.item!r} is no image of the {each.key.split} split that {JOB} tells of")
    if not observations:
        raise InputError(f"{path}: empty; there is nothing to hold against the truth")


def _sets(observations: Sequence[Observation], job: CaptionJob) -> Iterator[tuple[str, Sets]]:
    """What each annotator says, and what is made of it within a modality."""
    said: dict[ImageKey, dict[str, AttributeSet]] = {each.key: {} for each in observations}
    for each in observations:
        if each.attributes is not None:
            said[each.key][each.annotator] = each.attributes
    for asked in job.annotators:
        yield asked.name, [(key, _claims(of_image.get(asked.name, {}))) for key, of_image in said.items()]
    schema, order = schema_of(job.object), [asked.name for asked in job.annotators]
    merged = []
    for key, of_image in said.items():
        answers = [of_image[name] for name in order if name in of_image]
        merged.append((key, _decisions(merge(schema, key.modality, answers, job.aggregation))))
    yield MERGED, merged


def _completed(observations: Sequence[Observation], job: CaptionJob) -> Sets:
    aggregated = aggregate_observations(observations, job)
    nothing = Aggregated({}, {})
    return [(key, _decisions(aggregated.get(key, nothing).attributes)) for key in sorted({each.key for each in observations})]


def _claims(attributes: AttributeSet) -> dict[str, Claim]:
    return {name: Claim(said.value, said.confidence) for name, said in attributes.items()}


def _decisions(decided: Mapping[str, Decided]) -> dict[str, Claim]:
    return {name: Claim(each.value, each.confidence, each.decision is Decision.COMPLETED) for name, each in decided.items()}


def _stage(name: str, judged: Judged) -> Stage:
    calibration = calibrate(judged.confidence[judged.known], judged.right[judged.known])
    return Stage(
        name=name,
        overall=_figures(judged),
        accuracy=_share(judged, judged.known),
        right=_share(judged, np.ones_like(judged.known)),
        expected_error=calibration.expected_error,
        brier=calibration.brier,
        by_modality=_split(judged, judged.modality),
        by_attribute=_split(judged, judged.attribute),
        bins=[ReliabilityBin(**vars(each)) for each in calibration.bins],
    )


def _split(judged: Judged, column: npt.NDArray[np.str_]) -> dict[str, Figures]:
    _, first = np.unique(column, return_index=True)
    return {str(value): _figures(judged.take(column == value)) for value in column[np.sort(first)]}


def _figures(judged: Judged) -> Figures:
    return Figures(
        pairs=len(judged.known),
        unknown=_mean(~judged.known),
        accuracy=_mean(judged.right[judged.known]),
        right=_mean(judged.right),
    )


def _mean(marks: npt.NDArray[np.bool_]) -> float:
    return float(marks.mean()) if len(marks) else math.nan


def _share(judged: Judged, counts: npt.NDArray[np.bool_]) -> Share:
    """Share of right pairs among those that count, with its interval; every share draws the same resamples."""
    if not counts.any():
        return Share(estimate=math.nan, low=math.nan, high=math.nan)
    values = np.where(counts, judged.right.astype(np.float64), np.nan)
    interval = bootstrap_mean(QueryValues("captions", (0,), values[None], judged.identity), randomness.generator(_STREAM))
    return Share(estimate=interval.estimate, low=interval.low, high=interval.high)
