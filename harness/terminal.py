"""What verbs print: a table for people, or one JSON document."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from typing import Any

from rich.console import Console


def console() -> Console:
    """Standard output; wide where it goes to a file, so that tables are not cut."""
    return Console(width=None if sys.stdout.isatty() else 200, highlight=False, markup=False)


def show(value: Any, table: Callable[[], Any], as_json: bool) -> None:
    """One JSON document, or a table for people."""
    if as_json:
        sys.stdout.write(json.dumps(value, indent=1) + "\n")
    else:
        console().print(table())
