"""Trees of the real data sets: the published file names, in every layout that public code reads, with small made images."""

from __future__ import annotations

import csv
import io
import json
from functools import cache
from pathlib import Path

import numpy as np
from PIL import Image

FRAMES = range(25)


@cache
def picture(kind: str, identity: int, modality: int) -> bytes:
    """A small JPEG with a pattern of the identity: 16 x 32 for persons, 32 x 16 for vehicles, 96 x 16 for strips."""
    height, width = {"person": (32, 16), "vehicle": (16, 32), "strip": (16, 96)}[kind]
    pattern = np.random.default_rng([identity, modality]).integers(256, size=(height // 4, width // 4, 3), dtype=np.uint8)
    buffer = io.BytesIO()
    Image.fromarray(pattern.repeat(4, 0).repeat(4, 1)).save(buffer, "jpeg", quality=90)
    return buffer.getvalue()


def put(path: Path, kind: str, identity: int, modality: int, extra: str = "") -> Path:
    """Write an image; what follows a JPEG's end is not looked at, and makes every file's bytes its own."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(picture(kind, identity, modality) + f"{path.name} {modality} {extra}".encode())
    return path


def triplets(folder: Path, names, folders, kind: str, extra: str = "") -> None:
    """`<folder>/<modality>/<name>`."""
    for name in names:
        for place, modality in enumerate(folders):
            put(folder / modality / name, kind, int(name[:4]), place, extra)


def by_identity(folder: Path, names, folders, extra: str = "") -> None:
    """`<folder>/<identity>/<modality>/<name>`; names may come with the modalities that they have."""
    for entry in names:
        name, have = entry if isinstance(entry, tuple) else (entry, "RGB NI TI")
        for place, (modality, shown) in enumerate(zip(folders, ("RGB", "NI", "TI"), strict=True)):
            if shown in have.split():
                put(folder / name[:4] / modality / name, "vehicle", int(name[:4]), place, extra)


def caption_names(captions: Path, data_set: str, split: str) -> list[str]:
    """Names that the published captions list."""
    return [entry["item"] for entry in json.loads((captions / "next-text" / data_set / f"{split}_RGB.json").read_text("utf-8"))]


def rgbnt201(root: Path, captions: Path, name: str = "RGBNT201") -> Path:
    """RGBNT201 with its 3,951 + 836 names."""
    for split, folder in (("train", "train_171"), ("test", "test")):
        triplets(root / name / folder, caption_names(captions, "rgbnt201", split), ("RGB", "NI", "TI"), "person")
    return root


def msvr310(root: Path, captions: Path, reference: Path, name: str = "MSVR310", queries: bool = True) -> Path:
    """MSVR310 with its 1,032 + 1,055 names and the 591 published queries."""
    folders = ("vis", "ni", "th")
    by_identity(root / name / "bounding_box_train", caption_names(captions, "msvr310", "train"), folders)
    by_identity(root / name / "bounding_box_test", caption_names(captions, "msvr310", "test"), folders)
    if queries:
        by_identity(root / name / "query3", (reference / "msvr310_query591.txt").read_text().split(), folders, "query")
    return root


def rgbnt100_names(reference: Path, split: str) -> list[str]:
    """The 25 frames of each pair."""
    with (reference / "rgbnt100_pairs.csv").open(newline="") as file:
        pairs = [(int(row["identity"]), int(row["camera"])) for row in csv.DictReader(file) if row["split"] == split]
    return [f"{identity:04d}_c{camera:04d}_{frame:03d}.jpg" for identity, camera in pairs for frame in FRAMES]


def rgbnt100(root: Path, reference: Path, form: str = "rgbir", name: str = "RGBNT100") -> Path:
    """RGBNT100 as strips (`rgbir`, `rgbirt`) or as raw folders (`raw`)."""
    if form == "raw":
        for place, modality in enumerate("RNT"):
            for split in ("train", "test"):
                for file in rgbnt100_names(reference, split):
                    put(root / name / modality / file[:4] / file, "vehicle", int(file[:4]), place)
        return root
    query = (reference / "rgbnt100_query1715.txt").read_text().split()
    train, test = (rgbnt100_names(reference, split) for split in ("train", "test"))
    for folder, names in (("bounding_box_train", train), ("bounding_box_test", test), ("query", query)):
        for file in names:
            put(root / name / form / folder / file, "strip", int(file[:4]), 0, folder)
    return root


def wmveid863(root: Path, reference: Path, gallery: str = "test", name: str = "WMVEID863") -> Path:
    """WMVeID863 as the caption files list it, incomplete triplets included, with name prefixes as folders.

    The query list is not public: here every 7th gallery triplet.
    """
    with (reference / "wmveid863_names.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    for split, folder in (("train", "train"), ("test", gallery)):
        names = [(row["name"], row["modalities"]) for row in rows if row["split"] == split]
        by_identity(root / name / folder, names, ("vis", "ni", "th"), folder)
    queries = [row["name"] for row in rows if row["split"] == "test" and row["modalities"] == "RGB NI TI"][::7]
    by_identity(root / name / "query", queries, ("vis", "ni", "th"), "query")
    return root


def market_mm(root: Path, name: str = "Market-1501-RGBNT") -> Path:
    """A small Market-MM in Market's own names, with two junk and two distractor images in the gallery."""
    train = [
        f"{identity:04d}_c{camera}s1_{frame:06d}_01.jpg" for identity in range(2, 12) for camera in (1, 3) for frame in (1, 9)
    ]
    query = [f"{identity:04d}_c{camera}s2_000101_00.jpg" for identity in range(20, 26) for camera in (1, 6)]
    gallery = [
        f"{identity:04d}_c{camera}s1_{frame:06d}_02.jpg" for identity in range(20, 26) for camera in (1, 6) for frame in (7, 8)
    ]
    gallery += ["-1_c1s1_000401_03.jpg", "-1_c2s1_000402_03.jpg", "0000_c1s1_000403_03.jpg", "0000_c6s4_000404_01.jpg"]
    for folder, names in (("train", train), ("query", query), ("gallery", gallery)):
        for file in names:
            for place, modality in enumerate(("RGB", "NI", "TI")):
                put(root / name / folder / modality / file, "person", int(file.partition("_")[0]) + 2, place, folder)
    return root
