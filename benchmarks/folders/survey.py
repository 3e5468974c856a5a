"""What a data set's folder holds: samples of every role, and all that is wrong with names and pairs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from ..base import Role, Sample
from ..batch import MODALITIES
from ..protocol import JUNK
from .arrangement import SUFFIX, Arrangement, Scan
from .layout import Found
from .names import Fields, NameForm
from .problem import Problem, problem


@dataclass(frozen=True)
class Naming:
    """How keys become samples.

    Attributes:
        form: how file names read.
        folder_is_identity: whether the folder decides the identity. Where it does not, a folder that contradicts the name is
            a problem.
        folder_in_name: whether the folder is part of a sample's name.
    """

    form: NameForm
    folder_is_identity: bool = False
    folder_in_name: bool = False

    def sample(self, key: str, path: Path) -> Sample | Problem:
        """A sample from its key.

        Args:
            key: `<file>` or `<identity>/<file>`.
            path: of one of its files, for messages.
        """
        folder, _, file = key.rpartition("/")
        fields = self.form.read(file)
        if fields is None:
            return problem("bad_name", path, self.form.expected)
        if folder and not self.folder_is_identity and int(folder) != fields.identity:
            text = f"the name says identity {fields.identity}, the folder {int(folder)}; move or rename it"
            return problem("identity_mismatch", path, text)
        identity = int(folder) if folder and self.folder_is_identity else fields.identity
        return Sample(key if self.folder_in_name else file, identity, fields.camera, fields.scene)

    def name_fields(self, sample: Sample) -> Fields | None:
        """What the file name alone says."""
        return self.form.read(Path(sample.name).name)


@dataclass
class RoleSurvey:
    """One role.

    Attributes:
        folder: where it lies.
        arrangement: how.
        samples: complete triplets, sorted by name, without junk.
        keys: of the samples, for reading.
        problems: of names and folders.
        incomplete: for each triplet that lacks a file, its name and the problem.
        junk: triplets of the junk identity, which are left out.
    """

    folder: Path
    arrangement: Arrangement
    samples: list[Sample] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    incomplete: dict[str, Problem] = field(default_factory=dict)
    junk: int = 0

    @property
    def complete(self) -> dict[str, Sample]:
        """Samples by name."""
        return {sample.name: sample for sample in self.samples}


@dataclass
class Survey:
    """A data set's folder.

    `query` is None where the queries follow from the gallery, and is `gallery` where all of it is query.
    """

    found: Found
    train: RoleSurvey
    gallery: RoleSurvey
    query: RoleSurvey | None

    def roles(self) -> list[tuple[Role, RoleSurvey]]:
        """The roles that have files of their own."""
        own = [("query", self.query)] if self.query is not None and self.query is not self.gallery else []
        return [("train", self.train), *own, ("gallery", self.gallery)]  # type: ignore[list-item]

    def problems(self) -> list[Problem]:
        """All problems of names, folders and pairs."""
        return [each for _, role in self.roles() for each in (*role.problems, *role.incomplete.values())]


def survey(found: Found, naming: Naming, in_training: Callable[[int], bool]) -> Survey:
    """List a data set's folder.

    Args:
        found: the folder and its variant.
        naming: how names read.
        in_training: whether an identity is a training one; asked where the roles share their folders.
    """
    layout, root = found.layout, found.root
    if not layout.train:
        scan = layout.arrangement.scan(root)
        train = _role(scan, root, layout.arrangement, naming, in_training)
        gallery = _role(
            Scan(scan.keys, absent=scan.absent), root, layout.arrangement, naming, lambda identity: not in_training(identity)
        )
        if not scan.absent:  # which is told already
            _note_empty([train], "of a training identity ")
            _note_empty([gallery], "of a test identity ")
        return Survey(found, train, gallery, None)
    train = _read_role(root / layout.train, layout.arrangement, naming)
    gallery = _read_role(root / layout.gallery, layout.arrangement, naming)
    query: RoleSurvey | None = gallery
    if layout.query != layout.gallery:
        has_folder = layout.query and (root / layout.query).is_dir()
        query = _read_role(root / layout.query, layout.arrangement, naming) if has_folder else None
    _note_empty([train, gallery, *([query] if query is not None and query is not gallery else [])])
    return Survey(found, train, gallery, query)


def _read_role(folder: Path, arrangement: Arrangement, naming: Naming) -> RoleSurvey:
    return _role(arrangement.scan(folder), folder, arrangement, naming, lambda _: True)


def _role(scan: Scan, folder: Path, arrangement: Arrangement, naming: Naming, belongs: Callable[[int], bool]) -> RoleSurvey:
    role = RoleSurvey(folder, arrangement, problems=list(scan.problems))
    rows: list[tuple[Sample, str]] = []
    for key, places in sorted(scan.keys.items()):
        files = arrangement.files(folder, key)
        sample = naming.sample(key, files[min(places) if len(files) > 1 else 0])
        if isinstance(sample, Problem):
            # Where roles share their folders, a folder's problem is told once: with the split of its identity.
            if belongs(int(key.partition("/")[0]) if "/" in key else JUNK):
                role.problems.append(sample)
        elif not belongs(sample.identity):
            continue
        elif sample.identity == JUNK:
            role.junk += 1
        elif len(places | scan.absent) < len(MODALITIES):
            role.incomplete[sample.name] = _incomplete(folder, files, places)
        elif not scan.absent:
            rows.append((sample, key))
    rows.sort(key=lambda row: row[0].name)
    role.samples, role.keys = [row[0] for row in rows], [row[1] for row in rows]
    return role


def _incomplete(folder: Path, files: Sequence[Path], places: set[int]) -> Problem:
    lacking = [place for place in range(len(files)) if place not in places]
    other = files[min(places)].relative_to(folder).as_posix()
    without = " and ".join(MODALITIES[place] for place in lacking)
    text = f"no such file, though {other} exists; a triplet needs all three, and this one lacks {without}"
    return problem("missing_counterpart", files[lacking[0]], f"{text}: copy it, or remove the others")


def _note_empty(roles: Sequence[RoleSurvey], what: str = "") -> None:
    for role in roles:
        if not role.samples and not role.problems and not role.incomplete:
            role.problems.append(problem("empty_folder", role.folder, f"no {SUFFIX} file {what}in it; copy the images"))
