"""Settings of endpoints that speak the OpenAI-compatible chat API, from a YAML file."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, urlsplit

import yaml
from pydantic import Field, model_validator

from ...common.errors import InputError
from ...common.settings import Settings, parse
from ..files import repeated
from .base import Usage

_OWN_FIELDS = {"model", "messages", "temperature", "max_tokens", "response_format", "stream", "n"}
_MILLION = 1_000_000


class EndpointSettings(Settings):
    """One model behind one address."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")
    """How observations and tables name it; letters, digits, dots, hyphens and underscores."""
    url: str
    """Base address up to the version, as https://api.openai.com/v1."""
    model: str = Field(min_length=1)
    """As the endpoint names it."""
    key_env: str | None = None
    """Name of the environment variable that holds the key; None for servers that ask for none."""
    temperature: float | None = Field(default=0.0, ge=0, le=2)
    """Of sampling; None leaves it to the endpoint."""
    max_tokens: int | None = Field(default=1500, ge=1)
    """Longest answer; one that is cut there counts as failed. None leaves it to the endpoint."""
    json_mode: bool = True
    """Whether the endpoint is told to answer with a JSON object; off for servers that know no such thing."""
    body: dict[str, Any] = Field(default_factory=dict)
    """Further fields of the request, as the endpoint knows them; part of the annotator's version."""
    timeout: float = Field(default=120, gt=0)
    """Seconds without a byte after which a request is given up."""
    retries: int = Field(default=8, ge=0, le=100)
    """Times a request is sent again after a rate limit, a time-out, a lost connection or a server error: after the time that
    the server asks for, up to two minutes, or after 0.5 s, then twice as long each time, up to 8 s."""
    concurrency: int = Field(default=4, ge=1, le=256)
    """Requests at once."""
    stop_after: int = Field(default=20, ge=1)
    """Images in a row for which no answer was got, after which no more is asked in this job."""
    input_price: float = Field(default=0, ge=0)
    """Price of a million input tokens."""
    output_price: float = Field(default=0, ge=0)
    """Price of a million output tokens."""
    image_tokens: int = Field(default=300, ge=0)
    """Tokens of an image, for the estimate of a dry run where nothing was asked yet."""

    @model_validator(mode="after")
    def _nothing_secret(self) -> EndpointSettings:
        """Checked on the whole, as a message about a single field would show its value, which may be a key."""
        address = urlsplit(self.url)
        if address.scheme not in {"http", "https"} or not address.hostname or not _has_valid_port(address):
            raise ValueError("url must be an http or https address, as https://api.openai.com/v1")
        if address.username or address.password or address.query or address.fragment:
            raise ValueError("url must hold neither a user, a password nor a query; name the key's variable in key_env")
        if self.key_env is not None and not re.fullmatch(r"[A-Z_][A-Z0-9_]*", self.key_env):
            raise ValueError(
                "key_env must be the name of an environment variable in capital letters, as OPENAI_API_KEY, never a key"
            )
        if own := sorted(_OWN_FIELDS & set(self.body)):
            raise ValueError(f"body must not hold {own[0]!r}, which is set otherwise")
        return self

    def version(self, instruction: str) -> str:
        """What decides about an answer, apart from the image: name, model, parameters, instruction, path of the address.

        The host is left out, so that a server may move without its answers being paid for again.

        Args:
            instruction: version of the instruction.
        """
        path = urlsplit(self.url).path.rstrip("/")
        parts = self.model_dump(include={"name", "model", "temperature", "max_tokens", "json_mode", "body"})
        whole = json.dumps([path, parts, instruction], sort_keys=True)
        return f"{self.model}@{hashlib.sha256(whole.encode()).hexdigest()[:12]}"

    def usage(self, input_tokens: int, output_tokens: int, requests: int = 1) -> Usage:
        """What tokens cost."""
        cost = (input_tokens * self.input_price + output_tokens * self.output_price) / _MILLION
        return Usage(input_tokens, output_tokens, cost, requests)


def _has_valid_port(address: SplitResult) -> bool:
    """Whether the port is a number that ports have, or left out; the library's own message would repeat it."""
    try:
        return address.port != 0
    except ValueError:
        return False


class EndpointFile(Settings):
    """A file of endpoints."""

    annotators: tuple[EndpointSettings, ...] = Field(min_length=1)
    """In the order of precedence where they are equally confident."""
    composer: EndpointSettings | None = None
    """Of texts; images are not sent to it."""


def read_endpoints(path: Path) -> EndpointFile:
    """The endpoints of a YAML file.

    Raises:
        InputError: the file is missing or is no YAML, a key is unknown or wrong, or two annotators share a name.
    """
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; expected YAML with a list 'annotators' of name, url and model") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror})") from None
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise InputError(f"{path}: not YAML" + (f" (line {mark.line + 1})" if mark else "")) from None
    if not isinstance(values, dict):
        raise InputError(f"{path}: expected a list 'annotators' of name, url and model")
    endpoints = parse(EndpointFile, {str(key): value for key, value in values.items()}, str(path), private=True)
    check_names([settings.name for settings in endpoints.annotators], f"{path}: ")
    return endpoints


def check_names(names: Iterable[str], where: str = "") -> None:
    """Find out whether annotators can be told apart.

    Args:
        names: of all annotators of a job.
        where: begins the message.

    Raises:
        InputError: two have one name.
    """
    if twice := repeated(names):
        raise InputError(f"{where}two annotators are named {twice[0]!r}; observations could not tell them apart")
