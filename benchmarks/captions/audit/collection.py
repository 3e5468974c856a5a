"""Caption sets from files and folders that a user names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ...common.errors import InputError
from ..files import CAPTION_FILES, caption_path, read_entries


@dataclass(frozen=True)
class CaptionFile:
    """The captions of one split and modality."""

    source: str
    """The folder, as the user named it."""
    split: str
    modality: str
    entries: tuple[tuple[str, str], ...]
    """Item and text, in the order of the file."""

    @property
    def path(self) -> Path:
        """Where it lies."""
        return caption_path(Path(self.source), self.split, self.modality)

    @property
    def texts(self) -> list[str]:
        """All texts."""
        return [text for _, text in self.entries]

    @property
    def items(self) -> list[str]:
        """All items; one that the file names twice occurs twice."""
        return [item for item, _ in self.entries]


def find_sets(named: Sequence[Path]) -> dict[str, tuple[CaptionFile, ...]]:
    """The caption sets in files and folders, each the files of one folder: splits first, then modalities.

    Args:
        named: files with a published name, as in `train_RGB.json`, and folders with such files at any depth.

    Returns:
        The files of each set by its folder, in the order in which they were named; a file that is named twice is read once.

    Raises:
        InputError: something is not there, a folder holds no caption files, or a file is none by name or content.
    """
    paths = dict.fromkeys(path for name in named for path in _files(name))
    folders: dict[Path, list[Path]] = {}
    for path in paths:
        folders.setdefault(path.parent, []).append(path)
    order = list(CAPTION_FILES)
    return {
        str(folder): tuple(_read(path) for path in sorted(found, key=lambda path: order.index(path.name)))
        for folder, found in folders.items()
    }


def _files(named: Path) -> Iterator[Path]:
    if named.is_dir():
        found = sorted(path for path in named.rglob("*.json") if path.name in CAPTION_FILES)
        if not found:
            raise InputError(f"{named}: no caption files in this folder; they are named {', '.join(CAPTION_FILES)}")
        yield from found
    elif not named.exists():
        raise InputError(f"{named}: no such file or folder; give caption files, or folders that hold some")
    elif named.name not in CAPTION_FILES:
        raise InputError(
            f"{named}: the name says neither split nor modality; caption files are named {', '.join(CAPTION_FILES)}"
        )
    else:
        yield named


def _read(path: Path) -> CaptionFile:
    split, modality = CAPTION_FILES[path.name]
    return CaptionFile(str(path.parent), split, modality, tuple(read_entries(path)))
