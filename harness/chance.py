"""What a random ranking gets: the exact expectation of average precision."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def chance_average_precision(entries: npt.NDArray[np.int64], positives: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
    """Expected average precision of a ranking drawn uniformly among all orders.

    Average precision is AP = (1/R) sum_k rel_k (1/k) sum_{j <= k} rel_j over the ranks k = 1..n. In a random order
    E[rel_k] = R/n, and E[rel_k rel_j] = R (R - 1) / (n (n - 1)) for j != k, so

        E[AP] = (1/n) (H_n + (R - 1) / (n - 1) (n - H_n)),    H_n = 1 + 1/2 + ... + 1/n.

    That is above the share of positives R/n, most of all where there are few (Bestgen, "Exact expected average precision of
    the random baseline for system evaluation", Prague Bulletin of Mathematical Linguistics 103, 2015).

    Args:
        entries: (Q,) n, the gallery entries that count for each query, positives included; at least 1.
        positives: (Q,) R, from 1 to n.

    Returns:
        (Q,) in (0, 1].
    """
    if len(entries) == 0:
        return np.zeros(0)
    harmonic = np.cumsum(1 / np.arange(1, entries.max() + 1))[entries - 1]
    others = np.maximum(entries - 1, 1)  # n = 1 leaves nothing to order: H_1 = n and the second part is 0
    return (harmonic + (positives - 1) / others * (entries - harmonic)) / entries
