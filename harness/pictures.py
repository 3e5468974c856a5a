"""Pictures of a run for a report: ranked lists and sampling masks, as small arrays beside the record.

They show images of the data set, so they are kept apart from the record, which is safe to publish.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict

from benchmarks.common.errors import InputError
from benchmarks.common.files import write_arrays


class Pictures(BaseModel):
    """A few queries of one run with what was found, and the masks of NEXT's semantic experts on them."""

    model_config = ConfigDict(arbitrary_types_allowed=True, frozen=True)

    query_images: npt.NDArray[np.uint8]
    """(n, M, h, w, 3)."""
    query_names: npt.NDArray[np.str_]
    """(n,)."""
    query_captions: npt.NDArray[np.str_]
    """(n, M), empty strings where there are none."""
    ranked_images: npt.NDArray[np.uint8]
    """(n, k, M, h, w, 3): the first k gallery entries that count, nearest first."""
    ranked_names: npt.NDArray[np.str_]
    """(n, k)."""
    similarity: npt.NDArray[np.float32]
    """(n, k) cosine similarity in [-1, 1]."""
    hits: npt.NDArray[np.bool_]
    """(n, k) whether the entry has the query's identity."""
    masks: npt.NDArray[np.bool_]
    """(n, E, M, gh, gw) patches kept by each semantic expert; E = 0 for methods without masks."""


def pictures_path(work_dir: Path, run_id: str) -> Path:
    """Where the pictures of a run lie."""
    return work_dir / "pictures" / f"{run_id}.npz"


def write_pictures(work_dir: Path, run_id: str, pictures: Pictures) -> None:
    """Write the pictures of a run whole or not at all."""
    write_arrays(pictures_path(work_dir, run_id), dict(pictures))


def read_pictures(work_dir: Path, run_id: str) -> Pictures | None:
    """The pictures of a run; None where it kept none.

    Raises:
        InputError: the file is damaged.
    """
    path = pictures_path(work_dir, run_id)
    if not path.exists():
        return None
    try:
        with np.load(path, allow_pickle=False) as values:
            return Pictures(**{name: values[name] for name in Pictures.model_fields})
    except Exception as error:  # a damaged archive raises one of many kinds
        raise InputError(f"{path}: not the pictures of a run ({error})") from None
