"""Caption files as NEXT-Text and IDEA-Text publish them: one JSON list of {item, description} for each split and modality."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base import Sample
from ..batch import Caption
from ..common.errors import InputError
from .sentences import split_sentences

FILE_SUFFIX = {"RGB": "RGB", "NIR": "NI", "TIR": "TI"}
"""How the published files name the modalities, as in `train_NI.json`."""


def read_captions(path: Path) -> dict[str, Caption]:
    """Captions by item (image file name).

    Raises:
        InputError: the file is missing, is no JSON list of {item, description}, or names an item twice.
    """
    try:
        pairs = [_pair(entry) for entry in json.loads(path.read_text(encoding="utf-8"))]
    except FileNotFoundError:
        raise InputError(f"{path}: no such caption file; expected a JSON list of {{item, description}}") from None
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, TypeError, KeyError) as error:
        raise InputError(f"{path}: not a JSON list of {{item, description}} ({error!r})") from None
    captions = {item: split_sentences(text) for item, text in pairs}
    if len(captions) != len(pairs):
        seen: set[str] = set()
        twice = next(item for item, _ in pairs if item in seen or seen.add(item))  # type: ignore[func-returns-value]
        raise InputError(f"{path}: the item {twice!r} occurs twice; every image has one caption")
    empty = next((item for item, caption in captions.items() if not caption), None)
    if empty is not None:
        raise InputError(f"{path}: the caption of {empty!r} is empty")
    return captions


def _pair(entry: Any) -> tuple[str, str]:
    item, description = entry["item"], entry["description"]
    if not isinstance(item, str) or not isinstance(description, str):
        raise TypeError(f"no text in {entry!r}")
    return item, description


def attach_captions(samples: Iterable[Sample], folder: Path, split: str, modalities: Sequence[str]) -> list[Sample]:
    """The samples with their captions, matched by (split, modality, file name).

    Args:
        samples: samples of one split.
        folder: where `<split>_RGB.json`, `<split>_NI.json` and `<split>_TI.json` lie.
        split: "train" or "test".
        modalities: in the order in which a sample holds its captions.

    Raises:
        InputError: a file is missing or malformed, or a sample has no caption.
    """
    paths = [folder / f"{split}_{FILE_SUFFIX[modality]}.json" for modality in modalities]
    tables = [read_captions(path) for path in paths]
    attached = []
    for sample in samples:
        item = Path(sample.name).name
        for path, table in zip(paths, tables, strict=True):
            if item not in table:
                raise InputError(f"{path}: no caption for the image {item!r}, which is in the {split} split")
        attached.append(replace(sample, captions=tuple(table[item] for table in tables)))
    return attached
