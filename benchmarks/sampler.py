"""P x K sampling: every batch holds K images of each of P identities, as the batch-hard triplet loss needs."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from .common import randomness
from .common.errors import InputError

_STREAM = randomness.stream("sampler")


class IdentitySampler:
    """Batches of P identities with K images each.

    The images of an identity are shuffled into groups of K and what is left over is dropped; an identity with fewer than K
    images draws with replacement. Identities that still have groups are drawn until fewer than P are left. The plan of an
    epoch is a function of (seed, epoch) alone.

    Args:
        identities: (N,) identity of each training sample.
        identities_per_batch: P.
        images_per_identity: K.
        seed: seed of the run.

    Raises:
        InputError: there are fewer than P identities.
    """

    def __init__(
        self, identities: npt.NDArray[np.int64], identities_per_batch: int, images_per_identity: int, seed: int
    ) -> None:
        self._positions = [np.flatnonzero(identities == identity) for identity in np.unique(identities)]
        if len(self._positions) < identities_per_batch:
            raise InputError(
                f"the training split has {len(self._positions)} identities, fewer than the {identities_per_batch} of a batch; "
                f"lower data.identities_per_batch"
            )
        self._p, self._k, self._seed = identities_per_batch, images_per_identity, seed
        self._epoch = 0
        self._plan = self._draw(0)

    def set_epoch(self, epoch: int) -> None:
        """Draw the plan of an epoch."""
        if epoch != self._epoch:
            self._epoch, self._plan = epoch, self._draw(epoch)

    def _draw(self, epoch: int) -> list[list[int]]:
        draw = randomness.generator(_STREAM, self._seed, epoch)
        groups = []
        for positions in self._positions:
            order = draw.permutation(positions)
            if len(order) < self._k:
                order = draw.choice(positions, self._k, replace=True)
            groups.append([order[i : i + self._k].tolist() for i in range(0, len(order) - self._k + 1, self._k)])
        batches = []
        left = [identity for identity, of_identity in enumerate(groups) if of_identity]
        while len(left) >= self._p:
            chosen = draw.choice(len(left), self._p, replace=False)
            batches.append([position for slot in chosen for position in groups[left[slot]].pop()])
            left = [identity for identity in left if groups[identity]]
        return batches

    def __len__(self) -> int:
        return len(self._plan)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        """Batches of (epoch, position): the data set needs the epoch to draw, wherever its worker runs."""
        for batch in self._plan:
            yield [(self._epoch, position) for position in batch]
