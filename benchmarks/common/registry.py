"""Registries that fill themselves: a new method or benchmark is a new file and no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

from .errors import unknown

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Names to entries, filled by importing every module of a package the first time that somebody asks.

    Args:
        kind: what the entries are, for messages: "method", "benchmark".
        package: the package whose modules register entries. Modules outside it register by being imported.
    """

    def __init__(self, kind: str, package: str) -> None:
        self.kind = kind
        self._package = package
        self._entries: dict[str, Entry] = {}
        self._imported = False

    def register(self, name: str) -> Callable[[Entry], Entry]:
        """Decorator that adds an entry; a name that is taken is an error of the programmer."""

        def add(entry: Entry) -> Entry:
            if name in self._entries:
                raise ValueError(f"{self.kind} {name!r} is registered twice")
            self._entries[name] = entry
            return entry

        return add

    def _fill(self) -> None:
        if self._imported:
            return
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self._package}."):
            importlib.import_module(module.name)
        self._imported = True

    def names(self) -> list[str]:
        """All names, sorted."""
        self._fill()
        return sorted(self._entries)

    def get(self, name: str, where: str = "") -> Entry:
        """The entry of a name.

        Raises:
            InputError: the name is unknown; the message gives the closest ones.
        """
        self._fill()
        if name not in self._entries:
            raise unknown(self.kind, name, self._entries, where)
        return self._entries[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.names())
