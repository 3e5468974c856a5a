"""Recipes: how a method is trained on a benchmark, as files.

`configs/recipes/published/METHOD/BENCHMARK.py` is what a release trains with, `default.py` beside it stands for benchmarks on
which nothing is published; `clean` lies over them. A row of a suite says `published` and gets its own.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.common.errors import InputError, unknown
from benchmarks.common.settings import Settings, parse

from .configs import CONFIGS, find_config, merge, read_config

_FOLDER = CONFIGS / "recipes"
_FALLBACK = "default"
"""Name of the file that stands for benchmarks without one of their own."""


class Recipe(Settings):
    """A file of a recipe: changes to the settings of a run."""

    title: str = ""
    over: str = ""
    """Another recipe that this one is laid over."""
    method: dict[str, Any] = {}
    benchmark: dict[str, Any] = {}
    schedule: dict[str, Any] = {}
    data: dict[str, Any] = {}

    @property
    def sections(self) -> dict[str, dict[str, Any]]:
        """Its settings by section."""
        return self.model_dump(exclude={"title", "over"})


def recipe_files() -> dict[str, Path]:
    """The shipped files by name, as in `clean` and `published/signal/msvr310`."""
    return {path.relative_to(_FOLDER).with_suffix("").as_posix(): path for path in sorted(_FOLDER.rglob("*.py"))}


def recipe_lines() -> Iterator[tuple[str, str]]:
    """Every shipped recipe with a line on it; files for single benchmarks stand in the line of their method."""
    files = recipe_files()
    for name, path in files.items():
        parent, _, last = name.rpartition("/")
        if last == _FALLBACK:
            own = [other.rpartition("/")[2] for other in files if other.startswith(f"{parent}/") and other != name]
            yield parent, f"{_read(path).title} (of its own on {', '.join(own)})" if own else _read(path).title
        elif f"{parent}/{_FALLBACK}" not in files:
            yield name, _read(path).title


def recipe_sections(name: str, method: str, benchmark: str, where: str) -> dict[str, dict[str, Any]]:
    """Settings of a recipe for a method on a benchmark, by section; none where the name is empty.

    A method that takes the recipe of another one takes all but its `method` section.

    Args:
        name: a shipped recipe (`published`, `clean`), that of a method (`published/demo`), a single file of one
            (`published/demo/rgbnt100`), or the path of a file.
        method: decides what `published` is.
        benchmark: likewise.
        where: the row, for messages.

    Raises:
        InputError: there is no such recipe, none for the method, or a key is unknown.
    """
    layers: dict[Path, Recipe] = {}
    while name:
        path = _find(name, method, benchmark, where)
        if path in layers:
            raise InputError(f"{path}: over: the recipe lies over itself")
        layers[path] = _read(path)
        if _FOLDER in path.parents[2:3] and path.parent.name != method:  # of another method, whose settings this one has not
            layers[path] = layers[path].model_copy(update={"method": {}})
        name = layers[path].over
    sections: dict[str, dict[str, Any]] = {}
    for recipe in reversed(layers.values()):
        sections = merge(sections, recipe.sections)
    return sections


def _read(path: Path) -> Recipe:
    return parse(Recipe, read_config(path), str(path))


def _find(name: str, method: str, benchmark: str, where: str) -> Path:
    if name.endswith(".py"):
        return find_config("recipes", name)
    files = recipe_files()
    own, of_method = f"{name}/{benchmark}", f"{name}/{method}/{benchmark}"
    for candidate in (name, own, f"{name}/{_FALLBACK}", of_method, f"{name}/{method}/{_FALLBACK}"):
        if candidate in files:
            return files[candidate]
    parents = {parent for file in files for parent in (file, *map(str, Path(file).parents)) if parent != "."}
    if name not in parents:
        raise unknown("recipe", name, parents, where)
    methods = sorted({file.removeprefix(f"{name}/").partition("/")[0] for file in files if file.startswith(f"{name}/")})
    raise InputError(f"{where}: no {name} recipe for {method}; there are some for: {', '.join(methods)}")
