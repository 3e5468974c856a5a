"""An annotator that asks a multimodal model behind an endpoint."""

from __future__ import annotations

import json
from collections.abc import Callable

from ..schema.attribute import ImageKey, Observed, Schema
from .answers import read_answer
from .base import Answer, Usage
from .cache import AnswerCache
from .chat import Chat
from .instruction import Instruction
from .pictures import data_url
from .settings import EndpointSettings
from .transport import Send
from .wire import ask


class EndpointAnnotator:
    """Says the attributes of an image by asking a model, one request an image and one more where the answer is invalid.

    Args:
        settings: of the endpoint.
        schema: what is asked for.
        cache: of answers.
        send: asks the server.
        retry_failed: whether what is kept as failed is asked anew.
    """

    def __init__(
        self, settings: EndpointSettings, schema: Schema, cache: AnswerCache, send: Send, *, retry_failed: bool = False
    ) -> None:
        self.settings = settings
        self.instruction = Instruction(schema)
        self.name = settings.name
        self.version = settings.version(self.instruction.version)
        self._chat = Chat(settings, self.version, cache, send, retry_failed=retry_failed)

    def annotate(self, key: ImageKey, image: Callable[[], bytes]) -> Answer:
        """Attributes of an image; see `Annotator`."""
        asked = self.instruction.asked(key.modality)

        def read(text: str, last: bool) -> dict[str, Observed]:
            return read_answer(text, asked, self.name, whole=not last)

        messages = [ask(self.instruction.text(key.modality), data_url(image()))]
        attributes, usage = self._chat.talk(messages, read)
        return Answer(attributes, usage)

    def estimate(self, modality: str) -> Usage:
        """What an image will cost about."""
        asked = self.instruction.asked(modality)
        example = json.dumps({name: {"value": "a value", "confidence": 0.95} for name in asked})
        return self._chat.estimate(self.instruction.text(modality), example, self.settings.image_tokens)
