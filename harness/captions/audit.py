"""`harness captions audit`: caption sets counted with CLIP's tokenizer, held beside what the paper prints, as tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Group
from rich.table import Table

from benchmarks.captions.audit.audit import ALL, Audit, audit
from benchmarks.captions.audit.collection import CaptionFile, find_sets
from benchmarks.captions.audit.contradictions import Parse
from benchmarks.captions.audit.tally import CONTEXT
from methods.text import clip_tokenizer, token_lengths

from ..printed import PrintedCaptions, printed_captions
from ..terminal import plain_table

_PROBED = 60
"""Captions of a file from which it is told what kind of object a set is about."""


def audit_sets(named: Sequence[Path], parsers: Mapping[str, Parse]) -> list[Audit]:
    """Audit the caption sets in files and folders.

    Args:
        named: files and folders.
        parsers: by kind of object; each set is read by the one that reads most of it, and by none where none reads any.

    Raises:
        InputError: something is not there or is no caption file.
    """
    lengths = partial(token_lengths, tokenizer=clip_tokenizer(CONTEXT))
    return [audit(source, files, lengths, _parser(files, parsers)) for source, files in find_sets(named).items()]


def _parser(files: Sequence[CaptionFile], parsers: Mapping[str, Parse]) -> Parse | None:
    texts = [text for file in files for text in file.texts[:_PROBED]]
    read = {kind: sum(parse(text) is not None for text in texts) for kind, parse in parsers.items()}
    best = max(read, key=lambda kind: read[kind], default=None)
    return parsers[best] if best is not None and read[best] else None


def printed_for(found: Audit) -> dict[str, PrintedCaptions]:
    """What the paper prints of a caption set, by modality: of the one whose word counts these are, to the word."""
    counted = {name: found.over(ALL, name).words for name in found.modalities}
    by_set: dict[tuple[str, str], dict[str, PrintedCaptions]] = {}
    for row in printed_captions():
        by_set.setdefault((row.captions, row.benchmark), {})[row.modality] = row
    for rows in by_set.values():
        if counted == {name: row.words for name, row in rows.items() if name != ALL}:
            return rows
    return {}


def audit_documents(audits: Sequence[Audit]) -> list[dict[str, Any]]:
    """One plain document for each file, then one over all files of its set, with what the paper prints of the set."""
    documents = []
    for found in audits:
        *files, whole = found.documents()
        printed = {name: row.model_dump() for name, row in printed_for(found).items()}
        documents += [*files, {**whole, "printed": printed or None}]
    return documents


_Columns = Mapping[str, Callable[[Mapping[str, Any]], str]]

_COLUMNS: _Columns = {
    "captions": lambda row: f"{row['captions']:,}",
    "words": lambda row: f"{row['words']:,}",
    "mean": lambda row: f"{row['mean_words']:.2f}",
    "vocabulary": lambda row: f"{row['vocabulary']:,}",
    "sentences": lambda row: f"{row['mean_sentences']:.2f}",
    "unknown %": lambda row: _percent(row["unknown_rate"]["published"]),
    "strict %": lambda row: _percent(row["unknown_rate"]["strict"]),
    f"> {CONTEXT} tokens %": lambda row: _percent(row["over_77_tokens"]),
    "longest": lambda row: str(row["longest_tokens"]),
    "duplicates": lambda row: f"{row['duplicates']:,}",
    "items twice": lambda row: f"{row['repeated_items']:,}",
    "empty": lambda row: f"{row['empty']:,}",
    "missing": lambda row: f"{row['missing']:,}",
}

_READ_COLUMNS: _Columns = {
    "read %": lambda row: _percent(row["parsed"]),
    "contradict": lambda row: f"{row['contradictions']:,}",
}


def _percent(share: float) -> str:
    return f"{100 * share:.2f}"


def audit_tables(audits: Sequence[Audit]) -> Group:
    """For each set its files, its modalities, its splits, all, and lines on what the figures mean."""
    parts: list[Any] = []
    for found in audits:
        parts += [found.source, _table(found), *_lines(found), ""]
    read = any(found.consistency for found in audits)
    return Group(*parts, *_LEGEND, *(_READING if read else ()))


def _table(found: Audit) -> Table:
    columns = {**_COLUMNS, **(_READ_COLUMNS if found.consistency else {})}
    table = plain_table("split", "modality", *columns, words=2)
    places = [*found.tallies, *((ALL, name) for name in found.modalities), *((name, ALL) for name in found.splits), (ALL, ALL)]
    for split, modality in places:
        row = found.document(split, modality)
        table.add_row(split, modality, *(cell(row) for cell in columns.values()))
    return table


def _lines(found: Audit) -> Iterator[str]:
    printed = printed_for(found)
    if printed:
        whole = printed[ALL]
        rates = " / ".join(f"{printed[name].unknown_rate_percent:g}" for name in found.modalities)
        yield (
            f"These are the word counts of {whole.captions} in {whole.source}, which prints unknown rates of {rates} %, "
            f"{whole.unknown_rate_percent:g} % over all, and a mean of {whole.mean_words:g} words."
        )
    conflicts = found.document(ALL, ALL)["contradicting_attributes"]
    if conflicts:
        yield "Items that contradict themselves, by attribute: " + ", ".join(f"{name} {n}" for name, n in conflicts.items())


_LEGEND = (
    "unknown: a word between spaces is none, unknown or unclear as it stands (the published definition)",
    "strict: the same in any case and with punctuation around it",
    "duplicates: captions whose text their file had before; missing: captions of items that another modality of the split has",
)

_READING = (
    "read: captions that the parser turns into attributes; contradict: items whose modalities tell different known values",
)
"""About the last columns, which are there where a parser read something."""
