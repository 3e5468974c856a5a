"""Checks of names and counts: what is where, and whether it should be there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from ..base import Role, Sample, Split
from ..captions.files import item_of
from ..folders.counts import count_problems
from ..folders.problem import Problem, problem
from ..folders.source import FolderSource
from ..folders.survey import Survey

Splits = Mapping[Role, Split]


def check_splits(source: type[FolderSource], surveyed: Survey, splits: Splits) -> list[Problem]:
    """All problems of roles against each other and against what is published."""
    return [
        *count_problems(source.published, splits),
        *_duplicates(surveyed),
        *_wrong_split(source, surveyed, splits),
        *_identity_overlap(source, surveyed, splits),
        *_name_overlap(surveyed, splits),
        *_queries(source, surveyed, splits),
        *_without_match(source, splits),
    ]


def _path(surveyed: Survey, role: Role, sample: Sample) -> Path:
    """Where a sample of a role lies; queries that follow from the gallery lie there."""
    folder = dict(surveyed.roles()).get(role, surveyed.gallery).folder
    return folder / sample.name


def _duplicates(surveyed: Survey) -> Iterator[Problem]:
    """File names that differ in case alone, or that occur in several folders of a role: captions cannot tell them apart."""
    for _, role in surveyed.roles():
        first: dict[str, Sample] = {}
        for sample in role.samples:
            earlier = first.setdefault(item_of(sample).lower(), sample)
            if earlier is not sample:
                text = f"the same file name as {earlier.name}; names tell images apart: remove or rename one"
                yield problem("duplicate_name", role.folder / sample.name, text)


def _wrong_split(source: type[FolderSource], surveyed: Survey, splits: Splits) -> Iterator[Problem]:
    """Identities that the published rule puts on the other side."""
    for role, split in splits.items():
        seen: set[int] = set()
        for sample in split.samples:
            in_training = source.in_training(sample.identity)
            if in_training is None or in_training == (role == "train") or sample.identity in seen:
                continue
            seen.add(sample.identity)
            side = "training" if in_training else "test"
            text = f"identity {sample.identity} is a {side} identity and lies in {role}; move its images"
            yield problem("wrong_split", _path(surveyed, role, sample), text)


def _names_of(source: type[FolderSource], samples: Iterable[Sample]) -> dict[int, Sample]:
    """The first sample of every identity that the samples, or their file names alone, tell of."""
    found: dict[int, Sample] = {}
    for sample in samples:
        found.setdefault(sample.identity, sample)
        fields = source.naming.name_fields(sample)
        if fields is not None:
            found.setdefault(fields.identity, sample)
    return found


def _identity_overlap(source: type[FolderSource], surveyed: Survey, splits: Splits) -> Iterator[Problem]:
    train = _names_of(source, splits["train"].samples)
    told: set[int] = set()
    roles: tuple[Role, ...] = ("gallery", "query")
    for role in roles:
        for identity, sample in _names_of(source, splits[role].samples).items():
            if identity in train and identity not in told:
                told.add(identity)
                text = f"identity {identity} is also in training ({train[identity].name}); test identities must be new"
                yield problem("identity_overlap", _path(surveyed, role, sample), f"{text}: compare with the release")


def _name_overlap(surveyed: Survey, splits: Splits) -> Iterator[Problem]:
    train = {item_of(sample) for sample in splits["train"].samples}
    for sample in splits["gallery"].samples:
        if item_of(sample) in train:
            yield problem(
                "name_overlap", _path(surveyed, "gallery", sample), "an image of this name is also in training; remove one"
            )


def _queries(source: type[FolderSource], surveyed: Survey, splits: Splits) -> Iterator[Problem]:
    """The folder of queries against the published list, where that follows from the gallery."""
    if surveyed.query is None or surveyed.query is surveyed.gallery:
        return
    chosen = source.is_query(splits["gallery"].samples)
    if chosen is None:
        return
    listed = {sample.name for sample, query in zip(splits["gallery"].samples, chosen, strict=True) if query}
    have = surveyed.query.complete
    for name in sorted(listed - set(have)):
        yield problem(
            "query_list",
            surveyed.query.folder / name,
            "is in the published query list and not in this folder; copy it from the gallery",
        )
    for name in sorted(set(have) - listed):
        yield problem("query_list", surveyed.query.folder / name, "is not in the published query list; remove it")


def _without_match(source: type[FolderSource], splits: Splits) -> Iterator[Problem]:
    """Queries that the protocol leaves without a match; evaluation skips and counts them."""
    query, gallery = splits["query"], splits["gallery"]
    groups = source.protocol.groups
    known = {(int(identity), int(group)) for identity, group in zip(gallery.identities, groups(gallery), strict=True)}
    of_identity: dict[int, set[int]] = {}
    for identity, group in known:
        of_identity.setdefault(identity, set()).add(group)
    lone = [
        sample.name
        for sample, group in zip(query.samples, groups(query).tolist(), strict=True)
        if not of_identity.get(sample.identity, set()) - {group}
    ]
    if lone:
        text = f"{len(lone)} of {len(query)} queries have no match under the {source.protocol.value} rule and are skipped"
        yield problem("query_without_match", "query", f"{text}, the first: {lone[0]}")
