"""From the observations of a job to its captions: merged, completed, composed, and written in the published form."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from ...batch import MODALITIES
from ...common.errors import InputError
from ..aggregation.aggregate import aggregate
from ..aggregation.decided import Aggregated
from ..aggregation.store import FILE as AGGREGATED
from ..aggregation.store import write_aggregated
from ..annotators.job import OBSERVATIONS
from ..annotators.outcomes import Tally
from ..files import CAPTION_FILES, caption_path, write_entries
from ..schema.attribute import AttributeSet, ImageKey
from ..schema.kinds import schema_of
from .compositions import Composer
from .job import CaptionJob
from .observations import Observation, read_moments


@dataclass(frozen=True)
class Composed:
    """What came of a job."""

    captions: Mapping[ImageKey, str]
    failed: Mapping[ImageKey, str]
    """Images without a caption, with the reasons: no annotator answered, or the composer did not."""
    lost: int
    """Answers that are missing though the image was aggregated: another annotator answered."""
    composer: Tally | None
    """Of the language model that put the sets into words; None for the template."""


def compose_job(folder: Path, job: CaptionJob, composer: Composer) -> Composed:
    """Aggregate and compose what a folder holds, and write `aggregated.jsonl` and the caption files.

    Nobody is asked. An image that no annotator answered for gets no caption: what other modalities show of the object is not
    what this image shows. What was said of one object is held in memory at a time, and the values of all.

    Args:
        folder: of the job.
        job: what is in it.
        composer: puts sets of attributes into words.

    Raises:
        InputError: the observations are missing, empty or damaged, or the endpoint of the composer answers nobody; captions
            that were there stay.
    """
    sets: dict[ImageKey, Mapping[str, str]] = {}
    failures: list[Observation] = []

    def images() -> Iterator[tuple[ImageKey, Aggregated]]:
        for moment in read_moments(folder / OBSERVATIONS, job):
            failures.extend(each for each in moment if each.attributes is None)
            for key, image in aggregate_observations(moment, job).items():
                sets[key] = image.values
                yield key, image

    write_aggregated(folder / AGGREGATED, images())
    composed = composer(job.object, dict(sorted(sets.items())))
    if composed.tally is not None and composed.tally.stopped:
        raise InputError(
            f"{composed.tally.stopped}; no caption file was changed: mend it and run harness captions compose {folder}"
        )
    _write_captions(folder, composed.captions)
    failed = dict(composed.failed)
    for each in failures:
        if each.key not in sets:
            failed[each.key] = "; ".join(filter(None, [failed.get(each.key), f"{each.annotator}: {each.reason}"]))
    lost = sum(each.key in sets for each in failures)
    return Composed(composed.captions, dict(sorted(failed.items())), lost, composed.tally)


def aggregate_observations(observations: Iterable[Observation], job: CaptionJob) -> dict[ImageKey, Aggregated]:
    """What is decided of each image that some annotator of the job answered for, sorted."""
    schema, order = schema_of(job.object), [asked.name for asked in job.annotators]
    answers: dict[tuple[str, str], dict[str, dict[str, AttributeSet]]] = {}
    for each in observations:
        if each.attributes is not None:
            moment = answers.setdefault((each.key.split, each.key.item), {})
            moment.setdefault(each.key.modality, {})[each.annotator] = each.attributes
    aggregated = {}
    for (split, item), said in answers.items():
        in_order = {
            modality: [said[modality][name] for name in order if name in said[modality]]
            for modality in MODALITIES
            if modality in said
        }
        for modality, image in aggregate(schema, in_order, job.aggregation).items():
            aggregated[ImageKey(split, modality, item)] = image
    return dict(sorted(aggregated.items()))


def _write_captions(folder: Path, captions: Mapping[ImageKey, str]) -> None:
    written = set()
    for (split, modality), keys in groupby(sorted(captions), key=lambda key: (key.split, key.modality)):
        path = caption_path(folder, split, modality)
        write_entries(path, [(key.item, captions[key]) for key in keys])
        written.add(path)
    for path in (folder / name for name in CAPTION_FILES):
        if path not in written:
            path.unlink(missing_ok=True)  # of an earlier job on more images: it would not fit what lies beside it
