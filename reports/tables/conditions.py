"""Tests of the final weights with modalities missing or degraded; what is missing in the form of the field's table of M(X)."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from benchmarks.conditions import KINDS, Condition, Degradation, Kind, Strength
from benchmarks.modalities import MODALITIES, Modality
from harness.rows import BenchmarkRows, Row, SuiteRows
from reports import columns, notes
from reports.conditions import cell, change, change_cell, conditions, degradations, missing, rows_under, value
from reports.formats import listed
from reports.measures import MetricName
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

SHOWN: tuple[MetricName, ...] = ("mAP", "R1")

Degraded = tuple[Row, Modality, tuple[Kind, ...]]
"""A row, the modality that is degraded, and one kind, or several whose mean is shown."""
Single = tuple[Row, Condition]

_ONE_TRAINING = Note(
    "One training on what the row trains on; its final weights are tested again under each condition, queries and gallery "
    "alike. Δ mAP: difference to the run's own test in percent points, mean over seeds. Results by query are not kept for "
    "conditions, so there is no interval over identities."
)


@TABLES.register(order=23)
def under_conditions(suite: SuiteRows) -> list[Table]:
    """For each benchmark of a suite with conditions: what is missing, what is degraded, and whatever else there is."""
    return [
        table
        for group in suite.benchmarks
        for found in [conditions(group)]
        for table in (_missing(group, missing(found)), _degraded(group, degradations(found)), _others(group, _rest(found)))
        if table.rows
    ]


def _rest(found: Sequence[Condition]) -> list[Condition]:
    plain = {each.text for each in degradations(found)}
    return [condition for condition in found if condition.degraded and condition.text not in plain]


def _missing(group: BenchmarkRows, found: list[Condition]) -> Table:
    found = sorted(found, key=lambda each: (len(each.missing), [MODALITIES.index(name) for name in each.missing]))
    sets = [(condition.name, [condition]) for condition in found]
    shown: list[ColumnOf[Row]] = [
        (Column("Method", align="left"), columns.label),
        (Column("Filling", align="left"), _filling),
        (Column("Seeds"), columns.seeds),
        *((Column(name, "%", group="Own test"), columns.metric_of(name)) for name in SHOWN),
        *(
            (Column(metric, "%", group=name), partial(_value, of, metric))
            for name, of in [*sets, ("Average", found)]
            for metric in SHOWN
        ),
        (Column("Δ mAP", "points", group="Average"), partial(_change, found)),
    ]
    rows = rows_under(group, found)
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-missing",
        suite=group.suite.title,
        title=f"Missing modalities on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, rows),
        notes=(
            notes.METRIC_NOTE,
            Note("M(X): modality X is missing at test. Average: over the settings shown."),
            _ONE_TRAINING,
            Note(
                "Filling: what the method puts in the place of a missing modality, whose image is zeros after normalisation: "
                "those zeros, or what it makes of the modalities that are present."
            ),
            *_caption_notes(rows),
            *_untested(group, rows),
            *notes.caution_notes(group),
        ),
    )


def _value(of: Sequence[Condition], name: MetricName, row: Row) -> Cell:
    return cell(row, lambda record: value(record, of, name))


def _change(of: Sequence[Condition], row: Row) -> Cell:
    return change_cell(row, lambda record: change(record, of))


def _filling(row: Row) -> Cell:
    return Cell("; ".join(dict.fromkeys(record.missing_filling for record in row.records)))


def _caption_notes(rows: Sequence[Row]) -> list[Note]:
    kept = [
        row.label
        for row in rows
        if any(record.settings.get("data", {}).get("missing_captions") == "kept" for record in row.records)
    ]
    note = Note("The caption of a missing modality is withheld (the empty text) from methods that read captions.")
    return [note] + [Note(f"These rows were given the captions of missing modalities: {listed(kept)}.")] * bool(kept)


def _untested(group: BenchmarkRows, rows: Sequence[Row]) -> list[Note]:
    labels = [row.label for row in group.finished if row not in rows]
    return [Note(f"Not tested under these conditions: {listed(labels)}.")] if labels else []


def _degraded(group: BenchmarkRows, found: list[Degradation]) -> Table:
    wanted = [Condition(degraded=(each,)) for each in found]
    rows = rows_under(group, wanted)
    strengths = sorted({each.strength for each in found})
    items: list[Degraded] = []
    for row in rows:
        for modality in MODALITIES:
            kinds = [kind for kind in KINDS if any((each.modality, each.kind) == (modality, kind) for each in found)]
            items += [(row, modality, (kind,)) for kind in kinds]
            items += [(row, modality, tuple(kinds))] * (len(kinds) > 1)
    shown: list[ColumnOf[Degraded]] = [
        (Column("Method", align="left"), lambda item: columns.label(item[0])),
        (Column("Modality", align="left"), lambda item: Cell(item[1])),
        (Column("Degradation", align="left"), lambda item: Cell(item[2][0] if len(item[2]) == 1 else "mean")),
        *((Column(f"{strength}", "%", group="mAP"), partial(_at, "mAP", strength)) for strength in strengths),
        *((Column(f"{strength}", "points", group="Δ mAP"), partial(_change_at, strength)) for strength in strengths),
        *((Column(f"{strength}", "%", group="R1"), partial(_at, "R1", strength)) for strength in strengths),
    ]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-degraded",
        suite=group.suite.title,
        title=f"Degraded modalities on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, items),
        notes=(
            notes.METRIC_NOTE,
            Note("By strength; one modality is degraded in one way, the others are whole. Mean: over the kinds shown."),
            _ONE_TRAINING,
            *_untested(group, rows),
            *notes.caution_notes(group),
        ),
    )


def _conditions_of(item: Degraded, strength: Strength) -> list[Condition]:
    _, modality, kinds = item
    return [Condition(degraded=(Degradation(modality=modality, kind=kind, strength=strength),)) for kind in kinds]


def _at(name: MetricName, strength: Strength, item: Degraded) -> Cell:
    return _value(_conditions_of(item, strength), name, item[0])


def _change_at(strength: Strength, item: Degraded) -> Cell:
    return _change(_conditions_of(item, strength), item[0])


def _others(group: BenchmarkRows, found: list[Condition]) -> Table:
    rows = rows_under(group, found)
    shown: list[ColumnOf[Single]] = [
        (Column("Method", align="left"), lambda item: columns.label(item[0])),
        (Column("Condition", align="left"), lambda item: Cell(item[1].name)),
        *((Column(name, "%"), partial(_single, name)) for name in SHOWN),
        (Column("Δ mAP", "points"), lambda item: _change([item[1]], item[0])),
    ]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-conditions",
        suite=group.suite.title,
        title=f"Other conditions on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, [(row, condition) for row in rows for condition in found]),
        notes=(notes.METRIC_NOTE, _ONE_TRAINING, *_untested(group, rows), *notes.caution_notes(group)),
    )


def _single(name: MetricName, item: Single) -> Cell:
    return _value([item[1]], name, item[0])
