"""`job.json`: what a folder of working files was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Literal

from ...common.errors import InputError
from ...common.files import write_text
from ...common.settings import Settings, parse
from ..aggregation.settings import AggregationSettings

FILE = "job.json"


class Asked(Settings):
    """An annotator or a composer that was asked."""

    name: str
    version: str
    """Of model and instruction."""


class CaptionJob(Settings):
    """What decides the captions of a folder, beside the observations that lie in it."""

    benchmark: str
    settings: dict[str, Any]
    """Of the benchmark; no path of anyone's machine is in them."""
    object: Literal["person", "vehicle"]
    annotators: tuple[Asked, ...]
    """In the order in which they are heard where they are equally confident."""
    aggregation: AggregationSettings
    composer: Asked | None = None
    """The language model that put the attributes into words; None for the template."""


def write_job(folder: Path, job: CaptionJob) -> None:
    """Write the job of a folder."""
    write_text(folder / FILE, json.dumps(job.model_dump(mode="json"), indent=1) + "\n")


def read_job(folder: Path) -> CaptionJob:
    """The job of a folder.

    Raises:
        InputError: the folder holds none, or it is damaged.
    """
    path = folder / FILE
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{folder}: no {FILE} in it; give a folder that harness captions generate wrote") from None
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: not a JSON object")
    return parse(CaptionJob, values, str(path))
