"""Captions of many images by a language model: each ends with a text or with the reason why it has none."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path

from ..annotators.base import Usage
from ..annotators.cache import opened_cache
from ..annotators.chat import ask_nobody
from ..annotators.outcomes import Outcome, Tally, attempt
from ..annotators.settings import EndpointSettings
from ..annotators.side_by_side import Lane, run_lanes
from ..annotators.transport import Transport
from ..schema.attribute import ImageKey, Schema
from .llm import LanguageModelComposer, Template


@dataclass(frozen=True)
class Texts:
    """What a model wrote."""

    captions: dict[ImageKey, str]
    """Sorted by key."""
    reasons: dict[ImageKey, str]
    """Why the other images have none."""
    tally: Tally


def compose_texts(
    sets: Mapping[ImageKey, Mapping[str, str]],
    schema: Schema,
    template: Template,
    settings: EndpointSettings,
    cache: Path,
    *,
    dry_run: bool = False,
    retry_failed: bool = False,
    progress: Callable[[Tally], None] | None = None,
) -> Texts:
    """Have a model write the caption of every image; images with equal attributes are asked for once.

    Answers are kept as those of annotators are, and in the same file: what is there is not asked for again.

    Args:
        sets: values by attribute, by image.
        schema: of the attributes.
        template: writes the caption whose words and order the model is to follow.
        settings: of the endpoint.
        cache: file of answers.
        dry_run: count and estimate; ask nothing.
        retry_failed: whether texts that are kept as failed are asked for anew.
        progress: told after every image.

    Raises:
        InputError: a key or the client library is missing, the cache cannot be used, or the template refuses values.
    """
    captions, reasons = {}, {}
    with opened_cache(cache, dry_run) as answers, ExitStack() as stack:
        send = ask_nobody if dry_run else Transport(settings)
        if isinstance(send, Transport):
            stack.callback(send.close)
        composer = LanguageModelComposer(settings, schema, template, answers, send, retry_failed=retry_failed)
        tally = Tally(settings.name, composer.version, len(sets))

        def outcome_of(key: ImageKey) -> Outcome:
            def estimate() -> Usage:
                return composer.estimate(key.modality, sets[key])

            return attempt(key, settings.name, lambda: composer.compose(key.modality, sets[key]), estimate)

        for outcome in stack.enter_context(closing(run_lanes([Lane(outcome_of, settings.concurrency)], sorted(sets)))):
            tally = tally.with_outcome(outcome)
            if outcome.reason:
                reasons[outcome.key] = outcome.reason
            else:
                captions[outcome.key] = outcome.record
            if progress is not None:
                progress(tally)
    return Texts(dict(sorted(captions.items())), dict(sorted(reasons.items())), tally)
