"""Embeddings of a file, wherever they come from, and their ranking."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from benchmarks.common.errors import InputError
from benchmarks.common.files import write_arrays

from .devices import check_device
from .ranking import Ranking, rank
from .reranking import Reranking

_GROUPS = {"camera": "cameras", "scene": "scenes"}
_AS_THEY_ARE = {np.dtype(kind) for kind in (np.float16, np.float32, np.float64)}
"""Types of embeddings that are compared without a copy of all of them."""


def rank_file(path: Path, protocol: str, *, device: str = "cpu", rerank: Reranking | None = None) -> Ranking:
    """Rank the embeddings of an npz file; see `harness rank --help` for what it holds.

    Args:
        path: the file.
        protocol: `camera` or `scene`, what is left out together with the query's identity.
        device: `cpu` or `cuda`, where to compare and rank.
        rerank: re-order by k-reciprocal neighbours first.

    Raises:
        InputError: the file is no npz, or lacks an array or holds one of the wrong shape or kind; no query has a match; CUDA is
            absent.
    """
    target = check_device(device)
    arrays = _read(path)
    group = _GROUPS[protocol]
    names = [f"{role}_{what}" for role in ("query", "gallery") for what in ("embeddings", "ids", group)]
    lacking = [name for name in names if name not in arrays]
    if lacking:
        there = ", ".join(sorted(arrays)) or "none"
        raise InputError(f"{path}: no array {lacking[0]!r}, which --protocol {protocol} needs; arrays in it: {there}")
    for name in names:
        _check(path, name, arrays[name])
    query, gallery = (_embeddings(arrays.pop(f"{role}_embeddings")) for role in ("query", "gallery"))
    columns = [np.asarray(arrays[f"{role}_{what}"], np.int64) for what in ("ids", group) for role in ("query", "gallery")]
    try:
        ranking = rank(query, gallery, *columns, device=target, rerank=rerank)
        ranking.metrics()  # so that a file in which no query has a match is named
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return ranking


def write_queries(path: Path, ranking: Ranking) -> None:
    """Write average precision, inverse negative penalty, first hit and identity per query as an npz, whole or not at all.

    Raises:
        InputError: the folder cannot be written.
    """
    write_arrays(path, dict(ranking.queries))


def _read(path: Path) -> dict[str, npt.NDArray[Any]]:
    try:
        with np.load(path, allow_pickle=False) as values:
            return {name: values[name] for name in values.files}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file") from None
    except Exception as error:  # a damaged archive raises one of many kinds
        raise InputError(f"{path}: not an npz of arrays ({type(error).__name__})") from None


def _check(path: Path, name: str, array: npt.NDArray[Any]) -> None:
    wanted, kinds, numbers = (2, "fiu", "numbers") if name.endswith("embeddings") else (1, "iu", "whole numbers")
    if array.ndim != wanted:
        raise InputError(f"{path}: {name} has shape {array.shape}; expected {wanted} dimensions")
    if array.dtype.kind not in kinds:
        raise InputError(f"{path}: {name} holds {array.dtype}; expected {numbers}")


def _embeddings(array: npt.NDArray[Any]) -> Tensor:
    return torch.from_numpy(array if array.dtype in _AS_THEY_ARE else array.astype(np.float32))
