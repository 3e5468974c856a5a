"""Sentences of a caption and random subsets of them (NEXT, section III-B, Eq. 4)."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ..batch import Caption
from ..common import randomness

_SENTENCE_END = re.compile(r"(?<=[.!?])\s+")
_STREAM = randomness.stream("sentences")


def split_sentences(text: str) -> Caption:
    """A caption as its sentences, each with its full stop."""
    return tuple(sentence for sentence in _SENTENCE_END.split(text.strip()) if sentence)


def join_sentences(caption: Caption) -> str:
    """The whole caption as one text."""
    return " ".join(caption)


def draw_texts(
    captions: Sequence[Sequence[Caption]],
    draws: npt.NDArray[np.int64],
    *,
    experts: int,
    keep_probability: float,
    independent: bool,
) -> list[str]:
    """Draw a random part of every caption for each expert.

    Args:
        captions: B x M captions.
        draws: (B,) random key of each sample in this epoch.
        experts: E.
        keep_probability: see `draw_sentences`.
        independent: whether the modalities of a sample draw apart; otherwise captions of equal length keep the same places.

    Returns:
        B * E * M texts, by sample, expert and modality.
    """
    flat = [caption for of_sample in captions for caption in of_sample]
    modalities = len(captions[0])
    sizes = np.array([len(caption) for caption in flat])
    sample, modality = np.divmod(np.arange(len(flat)), modalities)
    texts = np.empty((len(captions), experts, modalities), dtype=object)
    for size in np.unique(sizes):
        places = np.flatnonzero(sizes == size)
        keys = draws[sample[places]][:, None], np.arange(experts)[None], (modality[places] * independent)[:, None]
        kept = draw_sentences(int(size), keep_probability, *keys)
        for place, of_experts in zip(places, kept.tolist(), strict=True):
            for expert, keep in enumerate(of_experts):
                texts[sample[place], expert, modality[place]] = " ".join(itertools.compress(flat[place], keep))
    return [str(text) for text in texts.flat]


def draw_sentences(sentences: int, keep_probability: float, *keys: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
    """Keep each sentence independently; where none is kept, keep one that is drawn uniformly.

    Args:
        sentences: number S of sentences of the caption.
        keep_probability: probability in (0, 1] to keep a sentence; 0.75 in the paper.
        keys: integer keys of the draws, broadcast to a shape (...): sample, expert, modality.

    Returns:
        kept (..., S) bool: at least one True along the last axis.
    """
    columns = [np.asarray(key)[..., None] for key in keys]
    kept = randomness.uniform(_STREAM, *columns, np.arange(sentences)) < keep_probability
    lone = randomness.integers(sentences, _STREAM, *columns, sentences)
    return kept | (~kept.any(axis=-1, keepdims=True) & (np.arange(sentences) == lone))
