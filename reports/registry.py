"""Tables and figures that register themselves: a new one is a new module of its package, and no list to edit."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Generic, TypeVar

Entry = TypeVar("Entry", bound=Callable[..., object])


class Ordered(Generic[Entry]):
    """Functions in the order of a declared number, found by importing every module of a package.

    Args:
        package: the package whose modules register functions. Modules outside it register by being imported.
    """

    def __init__(self, package: str) -> None:
        self._package = package
        self._entries: dict[int, Entry] = {}

    def register(self, order: int) -> Callable[[Entry], Entry]:
        """Decorator that adds a function; an order that is taken is an error of the programmer.

        Args:
            order: place in a report, from low to high.
        """

        def add(entry: Entry) -> Entry:
            if order in self._entries:
                raise ValueError(f"order {order} of {entry!r} is taken by {self._entries[order]!r}")
            self._entries[order] = entry
            return entry

        return add

    def all(self) -> list[Entry]:
        """All functions, in their order."""
        package = importlib.import_module(self._package)
        for module in pkgutil.iter_modules(package.__path__, prefix=f"{self._package}."):
            importlib.import_module(module.name)
        return [self._entries[order] for order in sorted(self._entries)]
