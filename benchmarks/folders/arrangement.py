"""How the files of one role lie below their folder, and which of them belong together: by name, never by position."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ..base import Images
from ..batch import MODALITIES
from .images import cut_strip, read_image
from .problem import Problem, problem

SUFFIX = ".jpg"
_OTHER_IMAGES = {".jpg", ".jpeg", ".png", ".bmp", ".tif", ".tiff", ".webp"}


@dataclass
class Scan:
    """The files of one role.

    Attributes:
        keys: relative name of each sample to the places (0, 1, 2 for RGB, NIR, TIR) of the modalities that have its file.
        problems: of folders and of files that are not what they should be.
        absent: places of the modalities of which there is no file at all; that is one problem, and not one for each sample.
    """

    keys: dict[str, set[int]] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    absent: set[int] = field(default_factory=set)

    def add(self, key: str, *places: int) -> None:
        """Note the file of some modalities."""
        self.keys.setdefault(key, set()).update(places)

    def images(self, folder: Path) -> Iterator[str]:
        """Names of the images of a folder, sorted; other files that look like images are problems."""
        for name in sorted(entry.name for entry in folder.iterdir()):
            suffix = Path(name).suffix
            if name.startswith("."):
                continue
            if suffix == SUFFIX:
                yield name
            elif suffix.lower() in _OTHER_IMAGES:
                mend = "rename" if suffix.lower() in {SUFFIX, ".jpeg"} else "convert"
                self.problems.append(problem("unexpected_file", folder / name, f"not read: images end in {SUFFIX}; {mend} it"))

    def folders(self, folder: Path) -> Iterator[Path]:
        """Folders of identities, sorted; others, and images beside them, are problems."""
        for path in sorted(folder.iterdir()):
            if path.is_dir() and path.name.isdecimal():
                yield path
            elif path.is_dir() and not path.name.startswith("."):
                self.problems.append(problem("bad_folder", path, "not the number of an identity, as in 0001; remove or rename"))
            elif path.suffix.lower() in _OTHER_IMAGES and not path.name.startswith("."):
                self.problems.append(problem("unexpected_file", path, "not read: images lie in a folder for each identity"))

    def note_absent(self, place: int, folder: Path) -> None:
        """Note that a modality has no file; its folder is a problem, if it exists."""
        if not any(place in places for places in self.keys.values()):
            self.absent.add(place)
            if folder.is_dir():
                self.problems.append(problem("empty_folder", folder, f"no {SUFFIX} file in it; copy the images"))

    def has(self, folder: Path, expected: str) -> bool:
        """Whether a folder exists; where not, it is a problem."""
        if folder.is_dir():
            return True
        self.problems.append(problem("missing_folder", folder, f"no such folder; expected {expected}"))
        return False


class Arrangement(ABC):
    """How the files of a role lie below its folder."""

    @abstractmethod
    def scan(self, folder: Path) -> Scan:
        """List the files below an existing folder."""

    @abstractmethod
    def files(self, folder: Path, key: str) -> tuple[Path, ...]:
        """The files of a sample: one for each modality in the order RGB, NIR, TIR, or one strip."""

    def read(self, folder: Path, key: str) -> list[Images]:
        """The three images (H, W, 3) uint8 of a sample."""
        return [read_image(path) for path in self.files(folder, key)]


@dataclass(frozen=True)
class ByModality(Arrangement):
    """`<role>/<modality>/<file>`: the same file name in three folders."""

    folders: tuple[str, str, str]

    def scan(self, folder: Path) -> Scan:
        """List the files below a folder."""
        found = Scan()
        for place, name in enumerate(self.folders):
            if found.has(folder / name, f"{', '.join(self.folders)} in {folder.name}/"):
                for file in found.images(folder / name):
                    found.add(file, place)
            found.note_absent(place, folder / name)
        return found

    def files(self, folder: Path, key: str) -> tuple[Path, ...]:
        """The files of a sample."""
        return tuple(folder / name / key for name in self.folders)


@dataclass(frozen=True)
class ByIdentity(Arrangement):
    """`<role>/<identity>/<modality>/<file>`: keys are `<identity>/<file>`."""

    folders: tuple[str, str, str]

    def scan(self, folder: Path) -> Scan:
        """List the files below a folder."""
        found = Scan()
        for identity in found.folders(folder):
            for place, name in enumerate(self.folders):
                if found.has(identity / name, f"{', '.join(self.folders)} in the folder of each identity"):
                    for file in found.images(identity / name):
                        found.add(f"{identity.name}/{file}", place)
        return found

    def files(self, folder: Path, key: str) -> tuple[Path, ...]:
        """The files of a sample."""
        identity, _, file = key.partition("/")
        return tuple(folder / identity / name / file for name in self.folders)


@dataclass(frozen=True)
class ModalityFirst(Arrangement):
    """`<modality>/<identity>/<file>`: keys are `<identity>/<file>`; the roles share the folders."""

    folders: tuple[str, str, str]

    def scan(self, folder: Path) -> Scan:
        """List the files below a folder."""
        found = Scan()
        for place, name in enumerate(self.folders):
            if found.has(folder / name, f"{', '.join(self.folders)} side by side"):
                for identity in found.folders(folder / name):
                    for file in found.images(identity):
                        found.add(f"{identity.name}/{file}", place)
            found.note_absent(place, folder / name)
        return found

    def files(self, folder: Path, key: str) -> tuple[Path, ...]:
        """The files of a sample."""
        return tuple(folder / name / key for name in self.folders)


@dataclass(frozen=True)
class Strips(Arrangement):
    """`<role>/<file>`: one image with the three modalities side by side, left to right."""

    def scan(self, folder: Path) -> Scan:
        """List the files below a folder."""
        found = Scan()
        for file in found.images(folder):
            found.add(file, *range(len(MODALITIES)))
        return found

    def files(self, folder: Path, key: str) -> tuple[Path, ...]:
        """The strip of a sample."""
        return (folder / key,)

    def read(self, folder: Path, key: str) -> list[Images]:
        """The three tiles (H, W, 3) uint8 of a sample."""
        (path,) = self.files(folder, key)
        return cut_strip(path, read_image(path))
