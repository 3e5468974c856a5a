"""Which images of a split cannot be decoded: found once, remembered for the files as they are."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from ..base import Split
from ..common.errors import ImageError
from ..common.files import write_text


def unreadable(split: Split, cache: Path | None) -> dict[int, str]:
    """Positions of samples with an image that cannot be decoded, with the reason.

    Args:
        split: read from files.
        cache: where the answer is kept; it holds as long as no file changes its size or its time.
    """
    kept = None if cache is None else cache / f"readable-{split.stamp[:32]}.json"
    if kept is not None and kept.is_file():
        return {int(position): reason for position, reason in json.loads(kept.read_text(encoding="utf-8")).items()}
    with ThreadPoolExecutor(os.cpu_count()) as pool:  # Pillow decodes outside the interpreter's lock
        reasons = list(pool.map(lambda position: _reason(split, position), range(len(split))))
    found = {position: reason for position, reason in enumerate(reasons) if reason}
    if kept is not None:
        write_text(kept, json.dumps(found))
    return found


def _reason(split: Split, position: int) -> str:
    """Why a sample cannot be read, without the folder of anyone's machine; empty where it can."""
    try:
        split.read(position)
    except ImageError as error:
        reason = str(error)
        path = next(path for path in split.files(position) if reason.startswith(f"{path}: "))
        return f"{path.parent.name}/{path.name}" + reason.removeprefix(str(path))
    return ""
