"""Writing a benchmark as files in the layout of RGBNT201, captions included, for code that reads nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path

from PIL import Image

from ..base import Benchmark, Split
from ..batch import MODALITIES
from ..captions.files import caption_path, write_entries
from ..captions.sentences import join_sentences
from ..common.errors import InputError
from ..rgbnt201 import FOLDERS

JPEG_QUALITY = 95
FOLDER = dict(zip(MODALITIES, FOLDERS, strict=True))


def export_rgbnt201(benchmark: Benchmark, root: Path) -> Path:
    """Write `root/RGBNT201/{train_171,test}/{RGB,NI,TI}/*.jpg` and `root/RGBNT201/text/{train,test}_{RGB,NI,TI}.json`.

    The folder appears when it is complete: a run that is stopped leaves none.

    Args:
        benchmark: one whose names are those of RGBNT201, whose test samples are both query and gallery.
        root: where the folder goes; made where it does not exist.

    Returns:
        The folder that was written.

    Raises:
        InputError: the benchmark is not of persons, or the folder exists and is not empty, or cannot be written.
    """
    if benchmark.facts.object != "person":
        raise InputError(f"{benchmark.facts.name} has no place in the layout of RGBNT201, of persons; write synthetic_person")
    folder = root / "RGBNT201"
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder}: exists and is not empty; export into another folder, or remove it first")
    try:
        root.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".RGBNT201.", suffix=".part", dir=root) as name:
            part = Path(name) / folder.name
            for split, samples in (("train", benchmark.train), ("test", benchmark.query)):
                _write_images(samples, part / ("train_171" if split == "train" else split), benchmark.facts.modalities)
                _write_captions(samples, part / "text", split, benchmark.facts.modalities)
            part.replace(folder)
    except OSError as error:
        raise InputError(f"{root}: cannot be written ({error.strerror})") from None
    return folder


def _write_images(split: Split, folder: Path, modalities: tuple[str, ...]) -> None:
    for modality in modalities:
        (folder / FOLDER[modality]).mkdir(parents=True)
    for index, sample in enumerate(split.samples):
        for modality, image in zip(modalities, split.read(index), strict=True):
            Image.fromarray(image).save(folder / FOLDER[modality] / sample.name, quality=JPEG_QUALITY, subsampling=0)


def _write_captions(split: Split, folder: Path, name: str, modalities: tuple[str, ...]) -> None:
    if not split.has_captions:
        return
    for place, modality in enumerate(modalities):
        entries = [(each.name, join_sentences(each.captions[place])) for each in split.samples if each.captions is not None]
        write_entries(caption_path(folder, name, modality), entries)
