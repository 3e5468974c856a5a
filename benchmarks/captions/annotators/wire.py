"""The OpenAI-compatible chat API: messages out, a completion in. Servers differ, so what comes in is checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from .base import AnnotationFailed

Message = Mapping[str, Any]
Messages = Sequence[Message]

_MOST_TOKENS = 10**9


def ask(text: str, image: str | None = None) -> Message:
    """What the user says, with an image as a data URL."""
    if image is None:
        return {"role": "user", "content": text}
    return {
        "role": "user",
        "content": [{"type": "text", "text": text}, {"type": "image_url", "image_url": {"url": image}}],
    }


def said(text: str) -> Message:
    """What the model said before."""
    return {"role": "assistant", "content": text}


@dataclass(frozen=True)
class Reply:
    """One answer of a server, as it is kept."""

    text: str
    finish: str
    """Why the model stopped: "stop", "length", "content_filter" or another word."""
    input_tokens: int = 0
    output_tokens: int = 0

    def usable(self) -> str:
        """The text.

        Raises:
            AnnotationFailed: the model refused, was stopped or cut off, or said nothing.
        """
        reasons = {
            REFUSED: "the model refused to answer",
            "content_filter": "the content filter of the endpoint stopped the answer",
            "length": "the answer was cut off at the limit of tokens (max_tokens)",
        }
        if self.finish in reasons:
            raise AnnotationFailed(reasons[self.finish])
        if not self.text.strip():
            raise AnnotationFailed("the answer is empty")
        return self.text


REFUSED = "refused"
"""How a reply ends that the server marks as a refusal."""


class _Lenient(BaseModel):
    model_config = ConfigDict(extra="ignore")


class _Message(_Lenient):
    content: str | None = None
    refusal: str | None = None


class _Choice(_Lenient):
    message: _Message
    finish_reason: str | None = None


class _Completion(_Lenient):
    choices: list[_Choice] = Field(min_length=1)
    usage: Any = None

    def tokens(self, of: str) -> int:
        """A count of the server, where it gives a sound one; an answer that is paid for is not thrown away over it."""
        count = self.usage.get(of) if isinstance(self.usage, dict) else None
        return count if isinstance(count, int) and 0 <= count <= _MOST_TOKENS else 0


def read_completion(body: str) -> Reply:
    """The reply in the body of an answer of status 200; tokens are 0 where the server does not count them.

    Raises:
        AnnotationFailed: it is no chat completion.
    """
    try:
        completion = _Completion.model_validate_json(body)
    except ValidationError:
        raise AnnotationFailed("the server answered with something else than a chat completion") from None
    choice = completion.choices[0]
    finish = REFUSED if choice.message.refusal else choice.finish_reason or ""
    return Reply(
        choice.message.content or "", finish, completion.tokens("prompt_tokens"), completion.tokens("completion_tokens")
    )
