"""Where every figure comes from: one line for each run of a suite."""

from __future__ import annotations

import string
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from harness.manifest import ManifestRun
from harness.records import Environment, Record
from harness.rows import SuiteRows
from reports.formats import fixed, short
from reports.table import NOTHING, TABLES, Cell, Column, ColumnOf, Note, Table, fill


@dataclass(frozen=True)
class Line:
    """A planned run with its record, if it is finished, and the letter of its environment."""

    run: ManifestRun
    record: Record | None
    environment: str


@TABLES.register(order=90)
def provenance(suite: SuiteRows) -> list[Table]:
    """One table for the suite."""
    records = {record.id: record for row in suite.rows for record in row.records}
    letters = _letters([record.environment for record in records.values()])
    lines = [
        Line(run, record, letters[_described(record.environment)] if record else NOTHING)
        for row in suite.rows
        for run in row.planned
        for record in [records.get(run.id)]
    ]
    shown = _columns(list(dict.fromkeys(phase for record in records.values() for phase in record.durations)))
    return [
        Table(
            name=f"{suite.manifest.suite}-provenance",
            suite=suite.manifest.title,
            title="Provenance",
            columns=tuple(column for column, _ in shown),
            rows=fill(shown, lines),
            notes=_notes(letters),
            section="provenance",
        )
    ]


def _columns(phases: list[str]) -> list[ColumnOf[Line]]:
    digests = ("result_digest", "split_fingerprint", "caption_fingerprint", "weights_fingerprint")
    return [
        (Column("Run", align="left"), lambda line: Cell(short(line.run.id))),
        (Column("Row", align="left"), lambda line: Cell(line.run.label)),
        (Column("Benchmark", align="left"), lambda line: Cell(line.run.benchmark_label)),
        (Column("Seed"), lambda line: Cell(str(line.run.seed), value=line.run.seed)),
        (Column("Epoch"), _of(lambda record: str(record.epoch), otherwise="not finished")),
        *((Column(name.split("_")[0].capitalize(), align="left"), _of(partial(_digest, name))) for name in digests),
        (Column("Commit", align="left"), _of(lambda record: _commit(record.environment.commit))),
        (Column("Device", align="left"), _of(lambda record: record.environment.device)),
        (Column("Threads"), _of(lambda record: str(record.environment.threads))),
        (Column("Environment", align="center"), lambda line: Cell(line.environment)),
        (Column("Cut captions"), _of(_cut_captions)),
        *((Column(phase, "s"), _of(partial(_duration, phase))) for phase in phases),
    ]


def _of(text: Callable[[Record], str], otherwise: str = NOTHING) -> Callable[[Line], Cell]:
    return lambda line: Cell(text(line.record)) if line.record else Cell(otherwise, emphasis="muted")


def _digest(name: str, record: Record) -> str:
    return short(getattr(record, name))


def _commit(commit: str) -> str:
    digest, dirty, _ = commit.partition("-dirty")
    return short(digest) + dirty


def _cut_captions(record: Record) -> str:
    found = record.captions
    return f"{found.over_context} of {found.captions}" if found else NOTHING


def _duration(phase: str, record: Record) -> str:
    return fixed(record.durations[phase]) if phase in record.durations else NOTHING


def _described(environment: Environment) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(environment.versions.items()))
    mode = "deterministic" if environment.deterministic else "not deterministic"
    place = ", ".join(filter(None, [environment.platform, environment.processor]))
    return f"Python {environment.python}; {versions}; {place}; {mode}"


def _letters(environments: list[Environment]) -> dict[str, str]:
    described = dict.fromkeys(map(_described, environments))
    names = [*string.ascii_uppercase, *(f"Z{number}" for number in range(len(described)))]
    return dict(zip(described, names, strict=False))


def _notes(letters: dict[str, str]) -> tuple[Note, ...]:
    return (
        Note("Digests and fingerprints by their first 8 characters; equal digests of results are equal results."),
        Note(
            "Result: all that a repetition must reproduce. Split, caption, weights: what went in. Cut captions: captions of "
            "the test split that do not fit the context of the text tower, so that their tail is lost."
        ),
        *(Note(f"Environment {letter}: {described}.") for described, letter in letters.items()),
    )
