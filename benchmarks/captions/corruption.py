"""Word corruption: clean words of captions give way to noise words (NEXT, section V and Table V).

The paper replaces "clean words with noise words" and says neither which ones nor how they are drawn. Here noise words come from
one fixed list of common words that say nothing of a person, a vehicle or an image, because then

- noise takes away and does not lie. Words of other captions would name colours and garments of other identities; captions that
  are fluent and wrong are another study, `benchmark.caption_quality` of the embedded benchmarks;
- two caption sets are corrupted by the same noise, whatever their vocabularies are;
- what becomes of a caption depends on that caption alone, so a part of a set is corrupted as the whole is;
- each is one token of CLIP, so no caption grows beyond the context of its text tower.

Which words of a caption go is an order that does not depend on the quality, so the words that are lost at 70 % are among those
that are lost at 35 %, and noise words stay where they are.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from ..base import Benchmark, Split
from ..batch import Caption
from ..common import randomness
from ..common.errors import InputError
from ..common.files import atomic_write
from .files import CAPTION_FILES, SPLIT_OF, caption_path, entries_text, item_of, read_entries
from .schema.attribute import ImageKey

# fmt: off
NOISE_WORDS = (
    "algebra", "anthem", "archive", "ballot", "banking", "baptism", "budget", "census", "chess", "clause", "clinic",
    "committee", "concert", "consent", "creed", "debate", "debt", "deficit", "democracy", "diplomacy", "doctrine",
    "dynasty", "economy", "election", "embassy", "enzyme", "equation", "essay", "ethics", "fiction", "folklore", "forecast",
    "galaxy", "genome", "geology", "grammar", "gravity", "guild", "harvest", "hymn", "inflation", "jazz", "journal", "jury",
    "legend", "lottery", "melody", "merger", "methane", "molecule", "mortgage", "myth", "oath", "opera", "paradox",
    "patience", "piano", "planet", "poem", "protein", "sermon", "tariff", "theology", "verdict",
)
# fmt: on
"""Each one token of CLIP."""

_WORD = re.compile(r"\w(?:\S*\w)?")
"""A word between spaces, without the punctuation around it: what ends a sentence stays in its place."""

_ORDER, _NOISE = randomness.stream("corrupted words"), randomness.stream("noise words")


def corrupt_caption(caption: Caption, key: ImageKey, quality: float, seed: int = 0) -> Caption:
    """A caption with a part of its words replaced.

    Args:
        caption: its sentences, or the whole text as one.
        key: of the image; with the place of a word it decides what becomes of that word.
        quality: share of words in [0, 1] that stay, to the nearest whole word; 1 for the caption as it is.
        seed: of the draws.

    Returns:
        As many sentences of as many words, with the same punctuation and spaces.
    """
    count = sum(len(_WORD.findall(sentence)) for sentence in caption)
    lost = math.floor((1 - quality) * count + 0.5)
    if not lost:
        return caption
    keys = seed, randomness.stream(f"{key.split}/{key.modality}/{key.item}"), np.arange(count)
    first = np.argsort(randomness.mix(_ORDER, *keys))[:lost]
    drawn = randomness.integers(len(NOISE_WORDS), _NOISE, *keys)
    noise = {int(place): NOISE_WORDS[drawn[place]] for place in first}
    places = iter(range(count))

    def word(found: re.Match[str]) -> str:
        clean = found[0]
        new = noise.get(next(places), clean)
        return new.capitalize() if clean[0].isupper() and new is not clean else new

    return tuple(_WORD.sub(word, sentence) for sentence in caption)


def corrupt_benchmark(benchmark: Benchmark, quality: float) -> Benchmark:
    """The benchmark with the captions of all its splits corrupted, in training and at test alike.

    Args:
        benchmark: with captions.
        quality: share of words in [0, 1] that stay.

    Raises:
        InputError: there are no captions.
    """
    if quality == 1:
        return benchmark
    if not benchmark.has_captions:
        raise InputError(f"data.word_quality: {benchmark.facts.name} has no captions here")
    modalities = benchmark.facts.modalities
    return benchmark.changed(lambda split, role: _corrupt_split(split, SPLIT_OF[role], modalities, quality))


def _corrupt_split(split: Split, name: str, modalities: Sequence[str], quality: float) -> Split:
    samples = []
    for sample in split.samples:
        pairs = zip(modalities, sample.captions or (), strict=True)
        captions = (corrupt_caption(caption, ImageKey(name, modality, item_of(sample)), quality) for modality, caption in pairs)
        samples.append(replace(sample, captions=tuple(captions)))
    return replace(split, samples=tuple(samples))


def corrupt_folder(folder: Path, out: Path, quality: float, seed: int = 0) -> list[Path]:
    """Write the caption files of a folder with corrupted words to another one.

    Args:
        folder: where caption files lie, as in `train_RGB.json`.
        out: where files of the same names go; files that are there give way.
        quality: share of words in [0, 1] that stay; at 1 the files are the same to the byte.
        seed: of the draws.

    Returns:
        The files that were written.

    Raises:
        InputError: there is no caption file, one is malformed, or `out` is the folder itself or cannot be written.
    """
    if out.resolve() == folder.resolve():
        raise InputError(f"--out {out}: is the folder that is read; give another one, so that the clean captions stay")
    found = [place for name, place in CAPTION_FILES.items() if (folder / name).is_file()]
    if not found:
        raise InputError(f"{folder}: no caption files; expected some of train_RGB.json, train_NI.json, ..., test_TI.json")
    texts = {pair: _corrupted(caption_path(folder, *pair), *pair, quality, seed) for pair in found}
    written = []
    for pair, data in texts.items():
        written.append(caption_path(out, *pair))
        with atomic_write(written[-1]) as file:
            file.write(data)
    return written


def _corrupted(path: Path, split: str, modality: str, quality: float, seed: int) -> bytes:
    """The bytes of a corrupted caption file."""
    entries = read_entries(path)
    if quality == 1:
        return path.read_bytes()
    changed = ((item, corrupt_caption((text,), ImageKey(split, modality, item), quality, seed)[0]) for item, text in entries)
    return entries_text(changed).encode()
