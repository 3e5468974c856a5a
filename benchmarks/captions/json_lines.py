"""JSON Lines: the working files of a caption job, one record a line."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from ..common.errors import InputError
from ..common.files import atomic_write


def write_lines(path: Path, records: Iterable[Mapping[str, Any]]) -> None:
    """Write records whole or not at all; equal records give equal bytes."""
    with atomic_write(path) as file:
        for record in records:
            file.write(f"{as_line(record)}\n".encode())


def as_line(record: Mapping[str, Any]) -> str:
    """A record as a line of a file, without its end."""
    return json.dumps(record, ensure_ascii=False, separators=(",", ":"))


def read_lines(path: Path, what: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The records of a file, each with its place for messages.

    Args:
        path: of the file.
        what: what the file holds, for the message where there is none.

    Raises:
        InputError: the file is missing, or a line is no JSON object.
    """
    try:
        with path.open(encoding="utf-8") as file:
            for number, line in enumerate(file, start=1):
                where = f"{path}, line {number}"
                yield where, _record(line, where)
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected {what}, as harness captions generate writes it") from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{path}: cannot be read ({error})") from None


def _record(line: str, where: str) -> dict[str, Any]:
    try:
        record = json.loads(line)
    except json.JSONDecodeError as error:
        raise InputError(f"{where}: not JSON ({error.msg})") from None
    if not isinstance(record, dict):
        raise InputError(f"{where}: not a JSON object")
    return record
