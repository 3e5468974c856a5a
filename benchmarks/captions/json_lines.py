"""JSON Lines: the working files of a caption job, one record a line."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Generic, TypeVar

from ..common.errors import InputError
from ..common.files import atomic_write

Key = TypeVar("Key")


def as_line(record: Mapping[str, Any]) -> str:
    """A record as a line of a file, without its end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def write_sorted(path: Path, records: Iterable[tuple[Key, Mapping[str, Any]]]) -> None:
    """Write records by their keys, whole or not at all; equal records give equal bytes.

    Args:
        path: of the file.
        records: with the keys that they are sorted by, in any order; one is held in memory at a time.
    """
    places: list[tuple[Key, int, int]] = []
    with atomic_write(path) as file, tempfile.TemporaryFile(dir=path.parent) as unsorted:
        for key, record in records:
            line = f"{as_line(record)}\n".encode()
            places.append((key, unsorted.tell(), len(line)))
            unsorted.write(line)
        for _, start, length in sorted(places):
            unsorted.seek(start)
            file.write(unsorted.read(length))


def read_lines(path: Path, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a file, each with its place for messages.

    Args:
        path: of the file.
        what: what the file holds, for the message where there is none.

    Raises:
        InputError: the file is missing, or a line is no JSON object.
    """
    with _told(path, what), path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            yield _placed(path, number, line)


class LineIndex(Generic[Key]):
    """Where the records of a file lie, so that those of a key are read alone.

    Args:
        path: of the file.
        what: as for `read_lines`.
        key_of: key of a record; several may share one.

    Raises:
        InputError: as for `read_lines`.
    """

    def __init__(self, path: Path, what: str, key_of: Callable[[Mapping[str, Any]], Key]) -> None:
        self._path, self._what = path, what
        self.keys: dict[Key, list[tuple[int, int]]] = {}
        """Number and first byte of the lines of each key."""
        with _told(path, what):
            self._file = path.open("rb")
            start = 0
            for number, line in enumerate(self._file, start=1):
                self.keys.setdefault(key_of(_placed(path, number, line)[1]), []).append((number, start))
                start += len(line)

    def __enter__(self) -> LineIndex[Key]:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._file.close()

    def records(self, key: Key) -> Iterator[tuple[str, dict[str, Any]]]:
        """The records of a key, each with its place for messages, in the order of the file."""
        for number, start in self.keys[key]:
            with _told(self._path, self._what):
                self._file.seek(start)
                line = self._file.readline()
            yield _placed(self._path, number, line)


@contextmanager
def _told(path: Path, what: str) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected {what}, as harness captions generate writes it") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None


def _placed(path: Path, number: int, line: bytes) -> tuple[str, dict[str, Any]]:
    """A record with its place."""
    where = f"{path}, line {number}"
    try:
        record = json.loads(line.decode())
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg})") from None
    except UnicodeDecodeError:
        raise InputError(f"{where}: cannot be read (its bytes are no UTF-8)") from None
    except RecursionError:
        raise InputError(f"{where}: not JSON (nested too deeply)") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: not a JSON object")
    return where, record
