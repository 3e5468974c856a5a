"""Variants of how a data set lies on disk, and which of them a user has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..common.errors import InputError, unknown
from .arrangement import Arrangement

AUTO = "auto"


@dataclass(frozen=True)
class Layout:
    """One variant.

    Attributes:
        name: for the setting `benchmark.layout`.
        arrangement: how files lie below a role's folder.
        train: folder of the training split, below the data set's folder; empty where the roles share one.
        gallery: folder of the gallery.
        query: folder of the queries; the gallery's where all of it is query; empty where the queries follow from the gallery.
    """

    name: str
    arrangement: Arrangement
    train: str = ""
    gallery: str = ""
    query: str = ""

    def markers(self) -> list[str]:
        """The folders that tell the variant, below the data set's folder."""
        if self.train:
            return [self.train, self.gallery]
        return list(getattr(self.arrangement, "folders", ()))

    def is_in(self, root: Path) -> bool:
        """Whether a data set's folder has this variant."""
        return all((root / marker).is_dir() for marker in self.markers())

    def is_begun_in(self, root: Path) -> bool:
        """Whether a data set's folder has a part of this variant."""
        return any((root / marker).is_dir() for marker in self.markers())


@dataclass(frozen=True)
class Found:
    """A data set's folder and the variant in it."""

    root: Path
    layout: Layout
    others: tuple[str, ...] = ()
    """Other variants that are there as well and are not read, as `folder (layout)`."""


def find_layout(
    data_root: Path | None, names: Sequence[str], layouts: Sequence[Layout], wanted: str = AUTO, *, named_by_user: bool = False
) -> Found:
    """The data set's folder: a folder of a usual name (in any case) below the data root, or the data root itself.

    Args:
        data_root: as the user gave it.
        names: usual names of the data set's folder.
        layouts: variants, the preferred first.
        named_by_user: whether the name is the user's own choice, so that a folder of another name is not meant.
        wanted: name of a variant, or `auto` for the first that is there.

    Raises:
        InputError: there is none; the message says what was looked for.
    """
    if data_root is None:
        raise InputError(f"{names[0]} is read from files: give --data-root, the folder that holds {names[0]}/")
    if not data_root.is_dir():
        raise InputError(f"{data_root}: no such folder (--data-root)")
    chosen = list(layouts) if wanted == AUTO else [layout for layout in layouts if layout.name == wanted]
    if not chosen:
        raise unknown("layout", wanted, [AUTO, *(layout.name for layout in layouts)], "benchmark.layout")
    roots = [*_named(data_root, names), *([] if named_by_user else [data_root])]
    found = [(root, layout) for root in roots for layout in chosen if layout.is_in(root)]
    if found:
        root, layout = found[0]
        return Found(root, layout, tuple(f"{other.name} ({variant.name})" for other, variant in found[1:]))
    if not roots:
        raise InputError(f"{data_root / names[0]}: no such folder (benchmark.folder)")
    for root in roots:
        for layout in chosen:
            if layout.is_begun_in(root):
                lacking = next(marker for marker in layout.markers() if not (root / marker).is_dir())
                raise InputError(f"{root / lacking}: no such folder; expected {' and '.join(layout.markers())} in {root.name}/")
    markers = list(dict.fromkeys(layout.markers()[0] for layout in chosen))
    expected, bare = (" or ".join(f"{above}{marker}/" for marker in markers) for above in (f"{names[0]}/", ""))
    raise InputError(f"{data_root}: neither {expected} nor {bare} is in it; expected the layout of {names[0]}")


def _named(data_root: Path, names: Sequence[str]) -> list[Path]:
    """Folders below the data root that have one of the names, whatever the case; exact names, which may be deeper, first."""
    exact = [data_root / name for name in names if (data_root / name).is_dir()]
    folded = {name.lower() for name in names}
    alike = [path for path in sorted(data_root.iterdir()) if path.name.lower() in folded and path.is_dir()]
    return list(dict.fromkeys([*exact, *alike]))
