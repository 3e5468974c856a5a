"""Parsers of the published style, for an audit that looks for contradictions."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from benchmarks.captions.audit.contradictions import Parse
from benchmarks.captions.parsing.parse import PARSERS, parse
from benchmarks.captions.parsing.unparsed import Unparsed
from benchmarks.captions.schema.kinds import schema_of


def parsers() -> Mapping[str, Parse]:
    """A parser for each kind of object: what the schema has of it, without choices of wording."""
    return {kind: partial(_attributes, kind) for kind in PARSERS}


def _attributes(kind: str, text: str) -> dict[str, str] | None:
    try:
        values = parse(kind, text)
    except Unparsed:
        return None
    known = schema_of(kind).attributes
    return {name: value for name, value in values.items() if name in known}
