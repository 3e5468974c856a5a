"""Conversations with an endpoint: asked once, mended once, and never paid for twice."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import TypeVar

from .answers import InvalidAnswer
from .base import AnnotationFailed, Usage
from .cache import AnswerCache, Failure, Place
from .settings import EndpointSettings
from .transport import Send
from .wire import Message, Messages, Reply, ask, said

T = TypeVar("T")

Read = Callable[[str, bool], T]
"""Takes (text of an answer, whether it is the last chance); raises InvalidAnswer."""

_CHARACTERS_A_TOKEN = 4


class NotAsked(Exception):
    """Nothing is kept of this request, and nothing may be asked."""


def ask_nobody(messages: Messages) -> Reply:
    """The `Send` of a dry run."""
    raise NotAsked


class Chat:
    """Talks with one endpoint through a cache; safe to use from several threads.

    What is guaranteed: a request whose answer is in the cache is never sent again. An answer is put there, on the disk, before
    anything else is done with it, so a process that is killed loses at most the answers that were under way, one for each
    request at once (`concurrency`). Equal requests at the same time are sent once.

    Args:
        settings: of the endpoint.
        version: of the endpoint and its instruction; see `EndpointSettings.version`.
        cache: of answers.
        send: asks the server.
        retry_failed: whether what is kept as failed is asked anew.
    """

    def __init__(
        self, settings: EndpointSettings, version: str, cache: AnswerCache, send: Send, *, retry_failed: bool = False
    ) -> None:
        self.settings = settings
        self.version = version
        self.cache = cache
        self.send = send
        self.retry_failed = retry_failed
        self._busy: set[str] = set()
        self._changed = threading.Condition()

    def talk(self, messages: Messages, read: Read[T]) -> tuple[T, Usage]:
        """Ask, read the answer, and have it mended once where it is invalid.

        Args:
            messages: what is asked.
            read: checks an answer.

        Returns:
            What `read` made of the answer, and what was paid in this call.

        Raises:
            AnnotationFailed: there is no valid answer; kept, and raised again without a request until `retry_failed`.
            AnnotatorStopped: the endpoint answers nobody.
            NotAsked: in a dry run.
        """
        key = self._conversation(messages)
        with self._one_at_a_time(key):
            attempt, kept = self.cache.last_attempt(key)
            talk = _Conversation(self, Place(key, attempt, 0), kept)
            try:
                return talk.run(messages, read), talk.usage
            except AnnotationFailed:
                if not self.retry_failed or talk.asked:
                    raise
            talk = _Conversation(self, Place(key, attempt + 1, 0), [])
            return talk.run(messages, read), talk.usage

    def estimate(self, question: str, answer: str, further_tokens: int = 0) -> Usage:
        """What a conversation will cost about: the mean of what was asked before, else four characters a token.

        Args:
            question: what will be sent.
            answer: one of the length that is expected.
            further_tokens: of an image that is sent with it.
        """
        requests, sent, received = self._asked_before
        if requests:
            return self.settings.usage(round(sent / requests), round(received / requests))
        sent = len(question) // _CHARACTERS_A_TOKEN + further_tokens
        return self.settings.usage(sent, len(answer) // _CHARACTERS_A_TOKEN)

    @cached_property
    def _asked_before(self) -> tuple[int, int, int]:
        return self.cache.tokens(self.settings.name, self.version)

    def _conversation(self, messages: Messages) -> str:
        whole = json.dumps([self.version, list(messages)], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()

    @contextmanager
    def _one_at_a_time(self, key: str) -> Iterator[None]:
        """Let equal conversations wait for each other: the second finds the answer of the first."""
        with self._changed:
            self._changed.wait_for(lambda: key not in self._busy)
            self._busy.add(key)
        try:
            yield
        finally:
            with self._changed:
                self._busy.remove(key)
                self._changed.notify_all()


class _Conversation:
    """One attempt at a valid answer: what is kept of it is read again, the rest is asked."""

    def __init__(self, chat: Chat, start: Place, kept: list[Reply | Failure]) -> None:
        self.chat = chat
        self.start = start
        self.kept = kept
        self.round = 0
        self.asked = False
        self.usage = Usage()

    def run(self, messages: Messages, read: Read[T]) -> T:
        """The question and, where its answer is invalid, the repair."""
        try:
            reply = self._reply(messages)
            try:
                return read(reply.usable(), False)
            except InvalidAnswer as error:
                complaint = _complaint(error)
            reply = self._reply([*messages, said(reply.text), complaint])
            return read(reply.usable(), True)
        except InvalidAnswer as error:
            raise AnnotationFailed(f"invalid even after a repair: {error}", self.usage) from None
        except AnnotationFailed as error:
            raise AnnotationFailed(error.reason, self.usage) from None

    def _reply(self, messages: Messages) -> Reply:
        """The reply of the next round, kept or new."""
        self.round += 1
        if self.round <= len(self.kept):
            reply = self.kept[self.round - 1]
        else:
            self.asked = True
            reply = self._send(messages)
        if isinstance(reply, Failure):
            raise AnnotationFailed(reply.reason)
        return reply

    def _send(self, messages: Messages) -> Reply | Failure:
        reply: Reply | Failure
        try:
            reply = self.chat.send(messages)
            self.usage += self.chat.settings.usage(reply.input_tokens, reply.output_tokens)
        except AnnotationFailed as error:
            reply = Failure(error.reason)
        place = Place(self.start.conversation, self.start.attempt, self.round)
        self.chat.cache.keep(place, self.chat.settings.name, self.chat.version, reply)
        return reply


def _complaint(error: InvalidAnswer) -> Message:
    return ask(
        "This answer cannot be used: " + "; ".join(error.problems) + ". Answer again, whole, in the form that was asked for."
    )
