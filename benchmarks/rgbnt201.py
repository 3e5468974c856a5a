"""RGBNT201 (Zheng et al., AAAI 2021): 201 persons, 4 cameras, three aligned modalities in three folders.

Layout, as the public code of the field reads it: `RGBNT201/{train_171,test}/{RGB,NI,TI}/PPPPPP_camC_X_FF.jpg`, the same
file name in the three folders. All 836 test images are both query and gallery.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal

import numpy as np
from PIL import Image

from .base import BENCHMARKS, Benchmark, BenchmarkSettings, BenchmarkSource, Facts, Images, Sample, Split
from .batch import MODALITIES
from .captions.files import attach_captions
from .common.errors import InputError
from .common.settings import FilePath
from .protocol import Protocol

FOLDER = {"RGB": "RGB", "NIR": "NI", "TIR": "TI"}
NAME = re.compile(r"(?P<identity>\d{6})_cam(?P<camera>[1-9])_(?P<scene>\d)_\d+\.jpg")


class Rgbnt201Settings(BenchmarkSettings):
    """What can be set for RGBNT201 and for folders in its layout."""

    image_size: tuple[int, int] = (256, 128)
    captions: FilePath | None = None
    """Folder with the caption files; by default `text/` inside the data set's folder, if there is one."""
    train_folder: str = "train_171"
    folder: str = "RGBNT201"
    """Name of the data set's folder below the data root (the data root may also be that folder itself)."""


@BENCHMARKS.register("rgbnt201")
class Rgbnt201(BenchmarkSource):
    """RGBNT201 with the 171 training identities (141 train + 30 validation) that all public code trains on."""

    Config = Rgbnt201Settings

    @classmethod
    def facts(cls, config: Rgbnt201Settings) -> Facts:
        """Published counts: 171 training identities, 4 cameras."""
        return Facts("rgbnt201", "person", 171, 4, config.image_size, Protocol.CAMERA)

    @classmethod
    def load(cls, config: Rgbnt201Settings, data_root: Path | None, cache: Path | None) -> Benchmark:
        """Read file names and captions; images are read when they are asked for."""
        root = find_root(data_root, config.folder, config.train_folder)
        captions = _caption_folder(config, root)
        train = _read_split(root / config.train_folder, captions, "train")
        test = _read_split(root / "test", captions, "test")
        identities = len(set(train.identities.tolist()))
        cameras = 1 + max(int(split.cameras.max()) for split in (train, test))
        facts = replace(cls.facts(config), identities=identities, cameras=cameras)
        return Benchmark(facts, train, query=test, gallery=test)


def _caption_folder(config: Rgbnt201Settings, root: Path) -> Path | None:
    if config.captions is None:
        return root / "text" if (root / "text").is_dir() else None
    if not Path(config.captions).is_dir():
        raise InputError(f"{config.captions}: no such folder of captions (benchmark.captions)")
    return Path(config.captions)


def find_root(data_root: Path | None, folder: str, marker: str) -> Path:
    """The data set's folder: the data root itself or a folder of the given name below it.

    Raises:
        InputError: neither holds the folder that marks the data set.
    """
    if data_root is None:
        raise InputError(f"{folder} is read from files: give --data-root, the folder that holds {folder}/")
    if not data_root.is_dir():
        raise InputError(f"{data_root}: no such folder (--data-root)")
    for candidate in (data_root / folder, data_root):
        if (candidate / marker).is_dir():
            return candidate
    raise InputError(f"{data_root}: neither {folder}/{marker}/ nor {marker}/ is in it; expected the layout of {folder}")


def _read_split(folder: Path, captions: Path | None, split: Literal["train", "test"]) -> Split:
    """One split of aligned triplets, sorted by name."""
    first = folder / FOLDER["RGB"]
    if not first.is_dir():
        raise InputError(f"{first}: no such folder; expected {folder.name}/RGB, {folder.name}/NI and {folder.name}/TI")
    names = sorted(path.name for path in first.iterdir() if path.suffix == ".jpg")
    if not names:
        raise InputError(f"{first}: no .jpg file in it")
    samples = [_sample(first / name) for name in names]
    for modality in MODALITIES[1:]:
        other = folder / FOLDER[modality]
        have = {path.name for path in other.iterdir()} if other.is_dir() else set()
        missing = next((name for name in names if name not in have), None)
        if missing is not None:
            raise InputError(f"{other / missing}: no such file, though {first / missing} exists; a triplet needs all three")
    if captions is not None:
        samples = attach_captions(samples, captions, split, MODALITIES)
    return Split(tuple(samples), _Reader(folder, tuple(names)))


@dataclass(frozen=True)
class _Reader:
    folder: Path
    names: tuple[str, ...]

    def __call__(self, index: int) -> list[Images]:
        return [read_image(self.folder / FOLDER[modality] / self.names[index]) for modality in MODALITIES]


def _sample(path: Path) -> Sample:
    match = NAME.fullmatch(path.name)
    if match is None:
        raise InputError(f"{path}: the name does not read PPPPPP_camC_X_FF.jpg, as in 000273_cam1_0_02.jpg")
    return Sample(path.name, int(match["identity"]), int(match["camera"]) - 1, int(match["scene"]))


def read_image(path: Path) -> Images:
    """An image file as (H, W, 3) uint8.

    Raises:
        InputError: the file cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:  # all that Pillow raises for damage
        raise InputError(f"{path}: not a readable image ({error})") from None
