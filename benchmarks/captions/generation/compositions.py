"""Putting many sets of attributes into words, by the template or by a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field, replace
from pathlib import Path

from ..annotators.base import AnnotationFailed, AnnotatorStopped, Usage
from ..annotators.cache import AnswerCache
from ..annotators.outcomes import Kind, Tally
from ..annotators.settings import EndpointSettings
from ..annotators.side_by_side import Lane, run_lanes
from ..annotators.transport import Transport
from ..composition.llm import LanguageModelComposer
from ..composition.template import compose
from ..schema.attribute import ImageKey
from ..schema.kinds import schema_of

ANSWERS = "compositions.sqlite"

Sets = Mapping[ImageKey, Mapping[str, str]]
"""Values by attribute of each image."""


@dataclass(frozen=True)
class Compositions:
    """What came of the sets."""

    captions: Mapping[ImageKey, str]
    failed: Mapping[ImageKey, str] = field(default_factory=dict)
    """Images whose set was not put into words, with the reasons."""
    tally: Tally | None = None
    """Of the language model; None for the template."""


Composer = Callable[[str, Sets], Compositions]
"""From the kind of objects and the sets to captions."""


def by_template(object: str, sets: Sets) -> Compositions:
    """Captions in the published style.

    Raises:
        InputError: a set has an attribute or a value that the schema lacks.
    """
    return Compositions({key: compose(object, key.modality, values) for key, values in sets.items()})


@dataclass(frozen=True)
class ByModel:
    """Captions of a language model; its answers are kept, and no set is paid for twice."""

    settings: EndpointSettings
    folder: Path
    """Of the job, for the answers."""
    progress: Callable[[Tally], None]
    """Told after every caption."""
    retry_failed: bool = False

    def check(self) -> None:
        """Find out before anything is paid for whether the model can be asked.

        Raises:
            InputError: a key or the client library is missing.
        """
        Transport(self.settings).close()

    def __call__(self, object: str, sets: Sets) -> Compositions:
        """Captions, as many at once as the settings allow.

        Raises:
            InputError: a key or the client library is missing, or the answers cannot be kept.
        """
        schema = schema_of(object)
        captions: dict[ImageKey, str] = {}
        failed: dict[ImageKey, str] = {}
        with AnswerCache(self.folder / ANSWERS) as answers, ExitStack() as stack:
            transport = Transport(self.settings)
            stack.callback(transport.close)
            model = LanguageModelComposer(self.settings, schema, compose, answers, transport, retry_failed=self.retry_failed)
            tally = Tally(f"composer {self.settings.name}", model.version, len(sets))

            def work(key: ImageKey) -> _Ended:
                return _ended(model, key, sets[key])

            lane = Lane(work, self.settings.concurrency)
            for ended in stack.enter_context(closing(run_lanes([lane], sorted(sets)))):
                (captions if ended.kind == "done" else failed)[ended.key] = ended.text
                tally = _counted(tally, ended)
                self.progress(tally)
        return Compositions(dict(sorted(captions.items())), dict(sorted(failed.items())), tally)


@dataclass(frozen=True)
class _Ended:
    """How one set ended."""

    key: ImageKey
    kind: Kind
    text: str
    """The caption, or why there is none."""
    usage: Usage = field(default_factory=Usage)
    stopped: str | None = None


def _ended(model: LanguageModelComposer, key: ImageKey, values: Mapping[str, str]) -> _Ended:
    try:
        caption, usage = model.compose(key.modality, values)
    except AnnotationFailed as error:
        return _Ended(key, "failed", f"composer: {error.reason}", error.usage)
    except AnnotatorStopped as error:
        return _Ended(key, "not asked", "composer: not asked, as it had stopped", stopped=error.line)
    return _Ended(key, "done", caption, usage)


def _counted(tally: Tally, ended: _Ended) -> Tally:
    return replace(
        tally,
        done=tally.done + (ended.kind == "done"),
        failed=tally.failed + (ended.kind == "failed"),
        not_asked=tally.not_asked + (ended.kind == "not asked"),
        usage=tally.usage + ended.usage,
        stopped=tally.stopped or ended.stopped,
    )
