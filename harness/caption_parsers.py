"""Parsers of the published style, for an audit that looks for contradictions."""

from __future__ import annotations

from collections.abc import Mapping

from benchmarks.captions.audit.contradictions import Parse


def parsers() -> Mapping[str, Parse]:
    """Parsers by kind of object."""
    return {}
