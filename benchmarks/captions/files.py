"""Caption files as NEXT-Text and IDEA-Text publish them: one JSON list of {item, description} for each split and modality."""

from __future__ import annotations

import json
import reprlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from ..base import Sample
from ..batch import Caption
from ..common.errors import InputError
from ..common.files import write_text
from .sentences import split_sentences

FILE_SUFFIX = {"RGB": "RGB", "NIR": "NI", "TIR": "TI"}
"""How the published files name the modalities, as in `train_NI.json`."""

SPLITS = ("train", "test")
"""Those of caption files."""

CAPTION_FILES = {f"{split}_{suffix}.json": (split, modality) for split in SPLITS for modality, suffix in FILE_SUFFIX.items()}
"""Split and modality of every published file name, in the order of tables."""

SPLIT_OF = {"train": "train", "query": "test", "gallery": "test"}
"""Which of them belongs to a role."""


def read_entries(path: Path) -> list[tuple[str, str]]:
    """Item (image file name) and description of every entry of a caption file, in its order.

    Raises:
        InputError: the file is missing, or is no JSON list of {item, description}.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8-sig"))  # some editors write a byte order mark
    except FileNotFoundError:
        raise InputError(f"{path}: no such caption file; expected a JSON list of {{item, description}}") from None
    except (OSError, ValueError, RecursionError) as error:
        raise _no_list(path, _reason(error)) from None
    if not isinstance(content, list):
        raise _no_list(path, f"it holds one {type(content).__name__}")
    return [_pair(path, number, entry) for number, entry in enumerate(content, start=1)]


def _pair(path: Path, number: int, entry: Any) -> tuple[str, str]:
    match entry:
        case {"item": str(item), "description": str(description)}:
            return item, description
    raise _no_list(path, f"entry {number} is {reprlib.repr(entry)}")


def _reason(error: Exception) -> str:
    """Why a file cannot be read as JSON, shortly: an error of decoding has the whole file in it."""
    if isinstance(error, OSError):
        return error.strerror or str(error)
    return {UnicodeDecodeError: "its bytes are no UTF-8", RecursionError: "nested too deeply"}.get(type(error)) or str(error)


def _no_list(path: Path, reason: str) -> InputError:
    return InputError(f"{path}: not a JSON list of {{item, description}} ({reason})")


def write_entries(path: Path, entries: Iterable[tuple[str, str]]) -> None:
    """Write a caption file, whole or not at all.

    Args:
        path: of the file.
        entries: item and description of each image, in the order of the file.
    """
    write_text(path, entries_text(entries))


def entries_text(entries: Iterable[tuple[str, str]]) -> str:
    """What a caption file with these entries holds, set as the published ones are."""
    records = [{"item": item, "description": description} for item, description in entries]
    return json.dumps(records, indent=4, ensure_ascii=False) + "\n"


EMPTY: Caption = ("",)
"""An empty caption that is kept: one sentence of no words, which text towers encode as their start and end."""


def read_captions(path: Path, *, keep_empty: bool = False) -> dict[str, Caption]:
    """Captions by item (image file name).

    Args:
        path: of the file.
        keep_empty: whether an empty caption is one (IDEA-Text has two on MSVR310) or an error.

    Raises:
        InputError: the file is missing, is no JSON list of {item, description}, names an item twice, or has an empty caption.
    """
    pairs = read_entries(path)
    captions = {item: split_sentences(text) or (EMPTY if keep_empty else ()) for item, text in pairs}
    if len(captions) != len(pairs):
        twice = repeated(item for item, _ in pairs)[0]
        raise InputError(f"{path}: the item {twice!r} occurs twice; every image has one caption")
    empty = next((item for item, caption in captions.items() if not caption), None)
    if empty is not None:
        raise InputError(f"{path}: the caption of {empty!r} is empty; write one, or give --set benchmark.empty_captions=keep")
    return captions


def repeated(names: Iterable[str]) -> list[str]:
    """Names that occur more than once, in the order of their first place."""
    return [name for name, times in Counter(names).items() if times > 1]


def caption_path(folder: Path, split: str, modality: str) -> Path:
    """The caption file of a split and a modality."""
    return folder / f"{split}_{FILE_SUFFIX[modality]}.json"


def item_of(sample: Sample) -> str:
    """The file name under which the captions of a sample are listed."""
    return Path(sample.name).name


def attach_captions(
    samples: Iterable[Sample], folder: Path, split: str, modalities: Sequence[str], *, keep_empty: bool = False
) -> list[Sample]:
    """The samples with their captions, matched by (split, modality, file name).

    Args:
        samples: samples of one split.
        folder: where `<split>_RGB.json`, `<split>_NI.json` and `<split>_TI.json` lie.
        split: "train" or "test".
        modalities: in the order in which a sample holds its captions.
        keep_empty: as for `read_captions`.

    Raises:
        InputError: a file is missing or malformed, a sample has no caption, or two samples have one file name.
    """
    samples = list(samples)
    items = [item_of(sample) for sample in samples]
    if twice := repeated(items):
        raise InputError(
            f"{folder}: two images of the {split} split are named {twice[0]!r}, so that captions cannot tell them apart"
        )
    tables = []
    for path in (caption_path(folder, split, modality) for modality in modalities):
        table = read_captions(path, keep_empty=keep_empty)
        tables.append(table)
        if lacking := [item for item in items if item not in table]:
            more = f" and for {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise InputError(f"{path}: no caption for the image {lacking[0]!r}{more}, in the {split} split")
    return [
        replace(sample, captions=tuple(table[item] for table in tables)) for sample, item in zip(samples, items, strict=True)
    ]


def extra_captions(samples: Iterable[Sample], folder: Path, split: str, modalities: Sequence[str]) -> dict[Path, list[str]]:
    """Items of each caption file that belong to none of the samples, in the file's order."""
    known = {item_of(sample) for sample in samples}
    paths = [caption_path(folder, split, modality) for modality in modalities]
    return {path: [item for item, _ in read_entries(path) if item not in known] for path in paths}
