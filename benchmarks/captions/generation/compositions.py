"""Putting many sets of attributes into words, by the template or by a language model."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path

from ..annotators.base import Usage
from ..annotators.cache import opened_cache
from ..annotators.job import ANSWERS
from ..annotators.outcomes import Outcome, Tally, attempt
from ..annotators.settings import EndpointSettings
from ..annotators.side_by_side import Lane, run_lanes
from ..annotators.transport import Transport
from ..composition.llm import LanguageModelComposer
from ..composition.template import compose
from ..schema.attribute import ImageKey
from ..schema.kinds import schema_of

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
        captions: dict[ImageKey, str] = {}
        failed: dict[ImageKey, str] = {}
        with opened_cache(self.folder / ANSWERS, dry_run=False) as answers, ExitStack() as stack:
            transport = Transport(self.settings)
            stack.callback(transport.close)
            schema = schema_of(object)
            model = LanguageModelComposer(self.settings, schema, compose, answers, transport, retry_failed=self.retry_failed)
            name = f"composer {self.settings.name}"
            tally = Tally(name, model.version, len(sets))

            def outcome_of(key: ImageKey) -> Outcome:
                return attempt(key, name, lambda: model.compose(key.modality, sets[key]), Usage)

            lane = Lane(outcome_of, self.settings.concurrency)
            for outcome in stack.enter_context(closing(run_lanes([lane], sorted(sets)))):
                if outcome.reason:
                    failed[outcome.key] = f"composer: {outcome.reason}"
                else:
                    captions[outcome.key] = outcome.record
                tally = tally.with_outcome(outcome)
                self.progress(tally)
        return Compositions(dict(sorted(captions.items())), dict(sorted(failed.items())), tally)
