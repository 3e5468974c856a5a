"""Typed settings: every key of a config is declared, and an unknown one is answered with the closest known one."""

from __future__ import annotations

import re
import types
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

from pydantic import BaseModel, ConfigDict, PlainSerializer, ValidationError

from .errors import InputError, closest, unknown

Model = TypeVar("Model", bound=BaseModel)

FilePath = Annotated[str, PlainSerializer(lambda path: Path(path).name, when_used="json")]
"""A path, or a name that takes its place. Records keep its last part: they hold no path of anyone's machine."""


_PLAIN = re.compile(r"[a-z_]{1,30}|[0-9]{1,3}")
"""A name that may be a mistyped key of a config, or a place in a list; hardly a secret."""


class Settings(BaseModel):
    """Base of every config section: immutable, and with no key that is not declared."""

    model_config = ConfigDict(extra="forbid", frozen=True, use_attribute_docstrings=True)


def _nested_model(annotation: Any) -> type[BaseModel] | None:
    """The settings class inside an annotation such as `Section`, `Section | None` or `tuple[Section, ...]`."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in {Union, types.UnionType, tuple, list, dict}:
        return next((model for model in map(_nested_model, get_args(annotation)) if model), None)
    return None


def _section_at(model: type[BaseModel], location: tuple[int | str, ...]) -> type[BaseModel]:
    """The settings class in which the last key of a location was not found."""
    for key in location[:-1]:
        field = model.model_fields.get(str(key))
        model = (field and _nested_model(field.annotation)) or model
    return model


def parse(model: type[Model], values: Mapping[str, Any], where: str, *, private: bool = False) -> Model:
    """Settings from plain values.

    Args:
        model: the settings class.
        values: nested plain values, as a config file holds them.
        where: the file or section that the values come from, for the message.
        private: whether a secret may stand in the wrong place, so that the message repeats nothing but plain names.

    Raises:
        InputError: a key is unknown (the closest known ones are given) or a value is not allowed.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        # A mistyped key is also a missing one; the typing error is what the user can mend.
        problem = next((problem for problem in problems if problem["type"] == "extra_forbidden"), problems[0])
    location = problem["loc"]
    key = ".".join("(not shown)" if private and not _PLAIN.fullmatch(str(part)) else str(part) for part in location)
    if problem["type"] == "extra_forbidden":
        siblings = _section_at(model, location).model_fields
        prefix = key.rpartition(".")[0]
        raise unknown("key", key, [f"{prefix}.{name}" if prefix else name for name in siblings], where)
    message = problem["msg"].removeprefix("Value error, ")
    if problem["type"] == "missing":
        raise InputError(f"{where}: the key {key!r} is missing")
    hint = ""
    if problem["type"] in {"literal_error", "enum"} and isinstance(problem["input"], str):
        near = closest(problem["input"], re.findall(r"'([^']+)'", str(problem.get("ctx", {}).get("expected", ""))))
        hint = f"; did you mean {near[0]!r}?" if near else ""
    received = "" if private or isinstance(problem["input"], Mapping) else f" (received {problem['input']!r})"
    raise InputError(f"{where}: {key + ': ' if key else ''}{message[:1].lower() + message[1:]}{received}{hint}")
