"""Config files: mmengine's text style, read as plain values and checked by typed classes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib import resources
from pathlib import Path
from typing import Any

import yaml

from benchmarks.common.errors import InputError, unknown

CONFIGS = Path(str(resources.files("configs")))


def shipped(kind: str) -> list[str]:
    """Names of the config files of a kind: `methods`, `schedules`, `suites`."""
    return sorted(path.stem for path in (CONFIGS / kind).glob("*.py") if path.stem != "__init__")


def find_config(kind: str, name: str) -> Path:
    """The file of a config: a path, or the name of a shipped one.

    Raises:
        InputError: there is none; the message gives the closest names.
    """
    if name.endswith(".py"):
        if not Path(name).is_file():
            raise InputError(f"{name}: no such config file")
        return Path(name)
    path = CONFIGS / kind / f"{name}.py"
    if not path.is_file():
        raise unknown(kind.removesuffix("s"), name, shipped(kind))
    return path


def read_config(path: Path) -> dict[str, Any]:
    """The values of a config file over those of its `_base_` files; names with a leading underscore stay in the file.

    Raises:
        InputError: the file cannot be read as mmengine's text style.
    """
    from mmengine.config import Config

    try:
        # `custom_imports` is this project's own key: a list, imported by `harness.suite`.
        values = Config.fromfile(path, lazy_import=False, import_custom_modules=False).to_dict()
    except Exception as error:  # a config is Python text: anything may go wrong in it
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(f"{path}: not a config in mmengine's text style ({type(error).__name__}: {reason})") from None
    return {key: value for key, value in values.items() if not key.startswith("_")}


def merge(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Nested values with a change laid over them; keys of the change may be dotted paths."""
    merged = dict(base)
    for key, value in change.items():
        head, _, rest = key.partition(".")
        new = {rest: value} if rest else value
        old = merged.get(head)
        merged[head] = merge(old if isinstance(old, Mapping) else {}, new) if isinstance(new, Mapping) else new
    return merged


def merge_sections(base: Mapping[str, Any], change: Mapping[str, Any], where: str) -> dict[str, dict[str, Any]]:
    """Settings by section with a change laid over them.

    Raises:
        InputError: the change names another section, or has a plain value in the place of one.
    """
    merged = merge(base, change)
    for key, value in merged.items():
        if key not in base:
            raise unknown("key", key, base, where)
        if not isinstance(value, Mapping):
            raise InputError(f"{where}: {key}: expected settings, as in {key}.NAME=VALUE (received {value!r})")
    return merged


def parse_assignments(assignments: Iterable[str]) -> dict[str, Any]:
    """`key=value` from the command line, the value read as YAML: numbers, true, null, [64, 32], text.

    Raises:
        InputError: there is no `=` in it, or the value is no YAML.
    """
    values = {}
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        if not equals or not key:
            raise InputError(f"--set {assignment}: expected key=value, as in --set schedule.epochs=2")
        try:
            values[key.strip()] = yaml.safe_load(text)
        except (yaml.YAMLError, ValueError):  # ValueError: a date that does not exist
            raise InputError(f"--set {assignment}: {text!r} is not a value (number, true, null, [1, 2] or text)") from None
    return values
