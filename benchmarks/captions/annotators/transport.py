"""Requests over the client library of the chat API, which waits and sends again where that can help."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from ...common.errors import InputError
from .base import AnnotationFailed, AnnotatorStopped
from .key import read_key
from .settings import EndpointSettings
from .wire import Messages, Reply, read_completion

if TYPE_CHECKING:
    import openai

Send = Callable[[Messages], Reply]
"""Asks a server once. Raises AnnotationFailed (this request cannot be answered) or AnnotatorStopped (none can)."""

_SHOWN_MESSAGE = 120


class Transport:
    """Sends requests to one endpoint; safe to call from several threads.

    Args:
        settings: of the endpoint.

    Raises:
        InputError: the client library is not installed, or the key that the settings name is not there.
    """

    def __init__(self, settings: EndpointSettings) -> None:
        self.settings = settings
        self._key = read_key(settings)
        self._client = _client(settings, self._key.reveal())
        self._lock = threading.Lock()
        self._failed_in_a_row = 0
        self._stopped: str | None = None

    def __call__(self, messages: Messages) -> Reply:
        """Ask once; see `Send`."""
        if self._stopped is not None:
            raise AnnotatorStopped(self._stopped)
        try:
            body = self._post(messages)
            reply = read_completion(body)
        except AnnotationFailed as error:
            self._count(error.reason)
            raise
        except AnnotatorStopped as error:
            self._stopped = error.line
            raise
        self._count(None)
        if self._key.is_in(body) or self._key.is_in(reply.text):
            raise AnnotationFailed("the answer repeats the key of the endpoint and was thrown away")
        return reply

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _post(self, messages: Messages) -> str:
        """The body of the answer to a request."""
        import openai

        try:
            return self._client.chat.completions.with_raw_response.create(**self._request(messages)).text
        except openai.APIStatusError as error:
            failed = self._of_status(error)
        except openai.APITimeoutError:
            failed = AnnotationFailed(f"no answer within {self.settings.timeout:g} s{self._tries}")
        except openai.APIConnectionError:
            failed = AnnotationFailed(f"the connection failed{self._tries}")
        except openai.OpenAIError as error:
            failed = AnnotationFailed(f"the client of the endpoint failed ({type(error).__name__})")
        raise failed from None  # the library's error carries the request with its headers

    def _request(self, messages: Messages) -> dict[str, Any]:
        settings = self.settings
        request: dict[str, Any] = {"model": settings.model, "messages": list(messages), "extra_body": settings.body}
        if settings.temperature is not None:
            request["temperature"] = settings.temperature
        if settings.max_tokens is not None:
            request["max_tokens"] = settings.max_tokens
        if settings.json_mode:
            request["response_format"] = {"type": "json_object"}
        return request

    def _of_status(self, error: openai.APIStatusError) -> AnnotationFailed:
        """The failure that a status of 400 and above means for one image.

        Raises:
            AnnotatorStopped: it means that no image will be answered.
        """
        status, settings = error.status_code, self.settings
        key = f"the key in {settings.key_env}" if settings.key_env else "requests without a key; name its variable in key_env"
        lines = {
            401: f"the endpoint refuses {key} (401)",
            402: "the account has no credit left (402)",
            403: f"the endpoint forbids the request with {key} (403)",
            404: f"the endpoint has no model {settings.model!r}, or url is not its address (404)",
        }
        line = "the account has no credit left (429)" if error.code == "insufficient_quota" else lines.get(status)
        if line is not None:
            raise AnnotatorStopped(f"annotator {settings.name!r}: {line}") from None
        if status == 429:
            return AnnotationFailed(f"the rate limit of the endpoint held on (429){self._tries}")
        if status >= 500:
            return AnnotationFailed(f"the server failed ({status}){self._tries}")
        return AnnotationFailed(f"the endpoint refused the request ({status}): {self._message(error)}")

    @property
    def _tries(self) -> str:
        return f", in {self.settings.retries + 1} tries"

    def _message(self, error: openai.APIStatusError) -> str:
        """What the server said, in one short line that holds no key."""
        body = error.body if isinstance(error.body, dict) else {}
        text = body.get("message") if isinstance(body.get("message"), str) else ""
        if self._key.is_in(f"{text} {error.message}"):
            return "(its message repeats the key and is left out)"
        plain = " ".join("".join(letter if letter.isprintable() else " " for letter in str(text)).split())
        return plain[:_SHOWN_MESSAGE] or "(no message)"

    def _count(self, failure: str | None) -> None:
        """Count failures in a row, and stop where the endpoint answers no more."""
        with self._lock:
            self._failed_in_a_row = 0 if failure is None else self._failed_in_a_row + 1
            if failure is not None and self._failed_in_a_row >= self.settings.stop_after:
                self._stopped = f"annotator {self.settings.name!r}: no answer {self._failed_in_a_row} times in a row; {failure}"


def _client(settings: EndpointSettings, key: str | None) -> openai.OpenAI:
    try:
        import openai
    except ImportError:
        raise InputError(
            "asking models needs the client library of the chat API; install it with: pip install 'mmreid-harness[mllm]'"
        ) from None
    # Without a key the library would send the one of OPENAI_API_KEY to whatever server is named.
    client = openai.OpenAI(
        api_key=key or "none",
        base_url=settings.url,
        timeout=settings.timeout,
        max_retries=settings.retries,
    )
    client.organization = client.project = None  # set from the environment, for OpenAI's own server alone
    return client
