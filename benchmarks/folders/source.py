"""A benchmark that is read from folders: what its file declares, and how that becomes splits."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np

from ..base import Benchmark, BenchmarkSettings, BenchmarkSource, Facts, Images, Role, Sample, Split
from ..batch import MODALITIES
from ..captions.files import EMPTY, SPLIT_OF, attach_captions, extra_captions, item_of
from ..common.errors import InputError
from ..common.settings import FilePath
from ..protocol import Protocol
from .arrangement import Arrangement
from .counts import Counts, count_problems
from .layout import AUTO, Layout, find_layout
from .problem import Problem
from .readable import unreadable
from .survey import Naming, RoleSurvey, Survey, survey


class FolderSettings(BenchmarkSettings):
    """What can be set for every benchmark that is read from folders."""

    image_size: tuple[int, int]
    captions: FilePath | None = None
    """Folder with the caption files; by default `text/` inside the data set's folder, if there is one."""
    empty_captions: Literal["refuse", "keep"] = "refuse"
    """`keep` takes an empty caption as a text of no words, as the release of IDEA does; its MSVR310 files have two."""
    folder: str = ""
    """Name of the data set's folder below the data root, where it is none of the usual ones."""
    layout: str = AUTO
    """Variant of the layout; `auto` takes the first that is there."""
    incomplete: Literal["refuse", "skip"] = "refuse"
    """What happens where a modality lacks the file of a triplet; what is skipped is listed in the record."""
    corrupt: Literal["refuse", "skip"] = "refuse"
    """`skip` decodes every image first, leaves out what cannot be read, and lists it in the record."""


class FolderSource(BenchmarkSource):
    """Base of the benchmarks that are read from folders."""

    Config: ClassVar[type[FolderSettings]]
    benchmark: ClassVar[str]
    """The registered name."""
    object: ClassVar[Literal["person", "vehicle"]]
    protocol: ClassVar[Protocol]
    naming: ClassVar[Naming]
    roots: ClassVar[tuple[str, ...]]
    """Usual names of the data set's folder, in any case."""
    published: ClassVar[Mapping[Role, Sequence[Counts]]]
    """Published counts of each role; several where sources differ."""

    @classmethod
    def layouts(cls, config: Any) -> tuple[Layout, ...]:
        """Variants of the layout, the preferred first."""
        raise NotImplementedError

    @classmethod
    def in_training(cls, identity: int) -> bool | None:
        """Whether the published split trains on an identity; None where no rule is known."""
        return None

    @classmethod
    def is_query(cls, gallery: Sequence[Sample]) -> list[bool] | None:
        """Which gallery samples the published query list holds; None where it does not follow from the gallery."""
        return None

    @classmethod
    def is_released(cls, found: Problem) -> bool:
        """Whether a problem is one that the release itself has, so that nobody can mend it."""
        return False

    @classmethod
    def warnings(cls, surveyed: Survey) -> list[str]:
        """Traps of the data set that a user should know."""
        return []

    @classmethod
    def facts(cls, config: Any) -> Facts:
        """Published counts."""
        train = cls.published["train"][0]
        if train.identities is None or train.cameras is None:
            raise ValueError(f"{cls.benchmark}: the first published counts of training are complete")
        return Facts(cls.benchmark, cls.object, train.identities, train.cameras, config.image_size, cls.protocol)

    @classmethod
    def survey(cls, config: Any, data_root: Path | None) -> Survey:
        """What the data set's folder holds, with its problems.

        Raises:
            InputError: there is no such folder.
        """
        names = (config.folder,) if config.folder else cls.roots
        found = find_layout(data_root, names, cls.layouts(config), config.layout, named_by_user=bool(config.folder))
        return survey(found, cls.naming, lambda identity: bool(cls.in_training(identity)))

    @classmethod
    def load(cls, config: Any, data_root: Path | None, cache: Path | None) -> Benchmark:
        """Read file names and captions; images are read when they are asked for."""
        return cls._load(config, data_root, cache, captioned=True)

    @classmethod
    def load_images(cls, config: Any, data_root: Path | None) -> Benchmark:
        """Read file names alone."""
        return cls._load(config, data_root, None, captioned=False)

    @classmethod
    def _load(cls, config: FolderSettings, data_root: Path | None, cache: Path | None, *, captioned: bool) -> Benchmark:
        surveyed = cls.survey(config, data_root)
        _refuse(surveyed, config)
        captions = caption_folder(config, surveyed.found.root) if captioned else None
        left_out = [
            f"{role}: {name}: {found.message}" for role, each in surveyed.roles() for name, found in each.incomplete.items()
        ]
        splits: dict[Role, Split] = {}
        for role, each in surveyed.roles():
            split = role_split(each)
            if config.corrupt == "skip":
                split, lost = _readable(split, role, cache)
                left_out += lost
            splits[role] = _with_captions(split, captions, SPLIT_OF[role], config)
        splits = cls.with_queries(surveyed, splits)
        remarks = [*_count_remarks(cls.published, splits), *_remarks(surveyed), *_caption_remarks(captions, splits)]
        identities = len(set(splits["train"].identities.tolist()))
        facts = replace(cls.facts(config), identities=identities, cameras=1 + int(splits["train"].cameras.max()))
        return Benchmark(facts, splits["train"], splits["query"], splits["gallery"], tuple(left_out), tuple(remarks))

    @classmethod
    def with_queries(cls, surveyed: Survey, splits: Mapping[Role, Split]) -> dict[Role, Split]:
        """The splits of all three roles, where the queries may follow from the gallery or be all of it.

        Args:
            surveyed: the folder.
            splits: of the roles that have files of their own.

        Raises:
            InputError: there is no folder of queries, and the published list does not follow from the gallery.
        """
        gallery = splits["gallery"]
        if surveyed.query is not None:
            return {"query": gallery, **splits}
        chosen = cls.is_query(gallery.samples)
        if chosen is None:
            folder = surveyed.found.root / surveyed.found.layout.query
            raise InputError(f"{folder}: no such folder; which images are queries does not follow from the gallery's names")
        return {**splits, "query": gallery.take(np.flatnonzero(chosen).tolist())}


def _refuse(surveyed: Survey, config: FolderSettings) -> None:
    """Raise for the first problem that leaves the split in doubt."""
    for _, each in surveyed.roles():
        skipped = ("missing_folder",) if each.incomplete and config.incomplete == "skip" else ()
        for found in each.problems:
            if found.kind not in skipped:
                raise InputError(_advise(found, surveyed))
        for found in each.incomplete.values():
            if config.incomplete == "refuse":
                raise InputError(f"{found.line} (or give --set benchmark.incomplete=skip)")
        if not each.samples:
            raise InputError(f"{each.folder}: no complete triplet is in it")


def _advise(found: Problem, surveyed: Survey) -> str:
    count = sum(len(each.problems) for _, each in surveyed.roles())
    return found.line + (
        f" (one of {count} problems of names and folders: harness data verify lists them)" if count > 1 else ""
    )


def _count_remarks(published: Mapping[Role, Sequence[Counts]], splits: Mapping[Role, Split]) -> list[str]:
    found = [each.line for each in count_problems(published, splits)]
    more = f" (one of {len(found)} counts that differ: harness data verify lists them)" if len(found) > 1 else ""
    return [found[0] + more] if found else []


def _remarks(surveyed: Survey) -> list[str]:
    found = [f"{surveyed.found.root.name}: {other} is there as well and is not read" for other in surveyed.found.others]
    for name, role in surveyed.roles():
        if role.junk:
            found.append(f"{name}: {role.junk} junk images (identity -1) are left out, as the protocol has it")
        if role.incomplete:
            found.append(f"{name}: {len(role.incomplete)} triplets lack a file and are left out")
    if surveyed.query is None:
        found.append(f"{surveyed.found.root.name}: no folder of queries; they follow from the gallery by the published rule")
    return found


def caption_folder(config: FolderSettings, root: Path) -> Path | None:
    """The folder of the caption files, if there is one.

    Raises:
        InputError: it was named and does not exist.
    """
    if config.captions is None:
        return root / "text" if (root / "text").is_dir() else None
    if not Path(config.captions).is_dir():
        raise InputError(f"{config.captions}: no such folder of captions (benchmark.captions)")
    return Path(config.captions)


def _with_captions(split: Split, folder: Path | None, name: str, config: FolderSettings) -> Split:
    if folder is None:
        return split
    keep = config.empty_captions == "keep"
    return replace(split, samples=tuple(attach_captions(split.samples, folder, name, MODALITIES, keep_empty=keep)))


def _caption_remarks(folder: Path | None, splits: Mapping[Role, Split]) -> list[str]:
    """Lines on captions of images that are not there, and on empty ones."""
    if folder is None:
        return []
    samples = {"train": splits["train"].samples, "test": (*splits["query"].samples, *splits["gallery"].samples)}
    extra = [
        f"{path.name}: {len(items)} captions belong to no image, the first to {items[0]!r}"
        for name, of_split in samples.items()
        for path, items in extra_captions(of_split, folder, name, MODALITIES).items()
        if items
    ]
    empty = {item_of(sample) for of_split in samples.values() for sample in of_split if EMPTY in (sample.captions or ())}
    return [*extra, *(f"{item}: a caption of it is empty and kept" for item in sorted(empty))]


def _readable(split: Split, role: Role, cache: Path | None) -> tuple[Split, list[str]]:
    """The samples of a split whose images can all be decoded, and a line for each other."""
    broken = unreadable(split, cache)
    kept = [position for position in range(len(split)) if position not in broken]
    lost = [f"{role}: {split.samples[position].name}: {reason}" for position, reason in broken.items()]
    if not kept:
        raise InputError(f"{role}: not one of {len(split)} triplets can be decoded; {lost[0]}")
    return (split.take(kept) if broken else split), lost


def role_split(role: RoleSurvey) -> Split:
    """The complete triplets of a role."""
    return Split(tuple(role.samples), FolderReader(role.folder, role.arrangement, tuple(role.keys)))


@dataclass(frozen=True)
class FolderReader:
    """Reads the samples of a role; can be sent to loader processes."""

    folder: Path
    arrangement: Arrangement
    keys: tuple[str, ...]

    def __call__(self, index: int) -> list[Images]:
        """The three images (H, W, 3) of a sample."""
        return self.arrangement.read(self.folder, self.keys[index])

    def files(self, index: int) -> tuple[Path, ...]:
        """The files of a sample."""
        return self.arrangement.files(self.folder, self.keys[index])
