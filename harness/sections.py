"""Versioned JSON files of a work folder and the sections that they are made of."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from benchmarks.common.errors import InputError


class Section(BaseModel):
    """Base of a file and of its sections. Unknown keys are dropped, so that a file with added keys still loads."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_inf_nan="constants")


Kept = TypeVar("Kept", bound=Section)


def read_section(kind: type[Kept], path: Path, name: str, newest: int) -> Kept:
    """Read a versioned file.

    Args:
        kind: what it holds.
        path: the file.
        name: of the kind, for messages.
        newest: the newest version that is known.

    Raises:
        InputError: there is no such file, it holds something else, or it is of a newer version.
    """
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        version = values["schema_version"]
        if version > newest:
            raise InputError(
                f"{path}: {name} schema {version} is newer than {newest}, which this version reads; update the harness"
            )
        return kind.model_validate(values)
    except FileNotFoundError:
        raise InputError(f"{path}: no such {name}") from None
    except (OSError, json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError) as error:
        raise InputError(f"{path}: not a {name} ({error!r})") from None
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        raise InputError(f"{path}: not a {name} ({'.'.join(map(str, problem['loc']))}: {problem['msg']})") from None
