"""Lists of different lengths, held end to end in one array."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ids = npt.NDArray[np.int64]


def ranges(starts: Ids, stops: Ids) -> tuple[Ids, Ids]:
    """The numbers of several ranges, end to end.

    Args:
        starts: (N,) first number of each range.
        stops: (N,) one more than the last; the range is empty where it is `starts`.

    Returns:
        (S,) the range that each number is of, from 0, and (S,) the numbers.
    """
    lengths = stops - starts
    owners = np.repeat(np.arange(len(lengths)), lengths)
    return owners, np.arange(len(owners)) + np.repeat(stops - np.cumsum(lengths), lengths)


def places(owners: Ids, count: int) -> Ids:
    """The place (S,), from 0, of each element in its own list.

    Args:
        owners: (S,) the list that each element is of, ascending.
        count: number of lists, the empty ones included.
    """
    lengths = np.bincount(owners, minlength=count)
    return np.arange(len(owners)) - np.repeat(np.cumsum(lengths) - lengths, lengths)
