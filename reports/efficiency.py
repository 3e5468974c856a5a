"""What a report says of an efficiency table: size and cost once, speed and memory in each precision, with ratios."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from functools import partial

from harness.efficiency.measurements import EfficiencyResults, Measurement, Setting
from harness.efficiency.quantities import SIZES, SPEEDS, Quantity
from harness.printed import PrintedEfficiency, printed_efficiency

from .columns import ON_CPU
from .formats import counted, listed, short
from .table import Cell, Column, ColumnOf, Item, Note, Table, fill

NOT_COMPILED = "✗"
"""Marks a row that torch.compile could not compile."""

_BUSY = 1.0
"""Load average beyond one's own threads from which on a machine was not idle."""


def efficiency_progress(results: EfficiencyResults) -> str:
    """How much of the table is measured."""
    return f"{len(results.measurements)} of {counted(len(results.table.rows), 'measurement')} finished."


def efficiency_sentences(results: EfficiencyResults) -> list[str]:
    """Under what the table was measured, and what of it failed."""
    if not results.measurements:
        return ["Nothing is measured yet."]
    texts = [results.conditions]
    if results.table.size == "small":
        texts.append("Small sizes: these figures say that everything runs, and nothing of the methods at their published size.")
    return texts


def efficiency_tables(results: EfficiencyResults) -> list[Table]:
    """Size and cost, then speed and memory in each precision, without compilation and with it."""
    return [_sizes(results), *(_speeds(results, setting) for setting in results.settings)]


def _sizes(results: EfficiencyResults) -> Table:
    published = {row.label: _published(row.method, row.variant, results) for row in results.table.rows}
    shown: list[ColumnOf[str]] = [
        (Column("Method", align="left"), Cell),
        *_columns(results, SIZES, results.any_of),
        *_published_columns(published),
    ]
    notes = [
        Note(
            f"×: times the figure of “{results.table.reference}”. Parameters: trainable, all, and those that the test path "
            "reads. MACs: multiply-adds for one sample with all its modalities and captions; “attention” counts the attention "
            "products and is like for like, “published” is the convention behind each method's own published figure."
        )
    ]
    sources = dict.fromkeys(f"{found.source}, {found.device}" for found in published.values() if found)
    notes += [
        Note(f"Printed: as published ({source}; batch and precision not stated), not measured here.") for source in sources
    ]
    return _table(results, "Size and cost", "size", shown, notes, results.labels)


def _published(method: str, variant: str, results: EfficiencyResults) -> PrintedEfficiency | None:
    """What is printed of a method; nothing beside small sizes, which are no method's published one."""
    if results.table.size != "full":
        return None
    wanted = (results.table.benchmark, method, variant)
    return next((row for row in printed_efficiency() if (row.benchmark, row.method, row.variant) == wanted), None)


def _published_columns(published: dict[str, PrintedEfficiency | None]) -> list[ColumnOf[str]]:
    if not any(published.values()):
        return []

    def cell(name: str, label: str) -> Cell:
        found = published[label]
        value = getattr(found, name) if found else None
        return Cell() if value is None else Cell(f"{value:.1f}", value=value, emphasis="muted")

    wanted = (("params_M", "Params", "M"), ("gmacs", "FLOPs", "G"), ("images_per_second", "images/s", ""))
    return [(Column(title, unit, group="Printed"), partial(cell, name)) for name, title, unit in wanted]


def _speeds(results: EfficiencyResults, setting: Setting) -> Table:
    shown: list[ColumnOf[str]] = [
        (Column("Method", align="left"), lambda label: Cell(label, mark=_marks(results.at(label, setting)))),
        *_columns(results, SPEEDS, lambda label: results.at(label, setting)),
    ]
    return _table(
        results,
        f"Speed and memory, {setting.shown}",
        f"{setting.precision}-{setting.compiled}",
        shown,
        _notes(results, setting),
        results.labels,
    )


def _marks(found: Measurement | None) -> str:
    if found is None:
        return ""
    return (ON_CPU if found.settings["device"] == "cpu" else "") + (NOT_COMPILED if found.problems else "")


def _columns(
    results: EfficiencyResults, quantities: Sequence[Quantity], of: Callable[[str], Measurement | None]
) -> list[ColumnOf[str]]:
    """For each figure a column, and one of its ratios to the reference row."""
    reference = of(results.table.reference)

    def figure(quantity: Quantity, label: str) -> Cell:
        found = of(label)
        value = quantity.value(found) if found else None
        return Cell() if value is None else Cell(quantity.text(value), value=value)

    def ratio(quantity: Quantity, label: str) -> Cell:
        found = of(label)
        value = quantity.ratio(found, reference) if found else None
        return Cell() if value is None else Cell(f"{value:.2f}", value=value, emphasis="muted")

    return [
        column
        for quantity in quantities
        for column in (
            (Column(quantity.title, quantity.unit, group=quantity.group), partial(figure, quantity)),
            (Column("×", group=quantity.group), partial(ratio, quantity)),
        )
    ]


def _notes(results: EfficiencyResults, setting: Setting) -> list[Note]:
    rows = {label: results.at(label, setting) for label in results.labels}
    finished = {label: found for label, found in rows.items() if found}
    notes = [
        Note(
            f"×: times the figure of “{results.table.reference}” under the same setting. Peak: memory that torch allocated on "
            "the device; on a CPU the resident set of the process, training including the test before it."
        )
    ]
    if any(found.settings["device"] == "cpu" for found in finished.values()):
        notes.append(Note("Measured on a CPU.", ON_CPU))
    for label, found in finished.items():
        notes += [Note(f"{label}, {part}: not compiled ({line}).", NOT_COMPILED) for part, line in found.problems.items()]
    broken = [label for label, found in finished.items() if any(found.graph_breaks.values())]
    if broken:
        notes.append(Note(f"Compiled in parts, with Python between them: {listed(broken)}."))
    busy = [label for label, found in finished.items() if (found.load or 0) > found.settings["threads"] + _BUSY]
    if busy:
        notes.append(Note(f"The machine was not idle before these rows, so their speeds are too low: {listed(busy)}."))
    unfinished = [label for label, found in rows.items() if found is None]
    return notes + [Note(f"Not finished: {listed(unfinished)}.")] * bool(unfinished)


def efficiency_provenance(results: EfficiencyResults) -> Table:
    """One line for each finished measurement."""
    shown: list[ColumnOf[Measurement]] = [
        (Column("Measurement", align="left"), lambda found: Cell(short(found.id))),
        (Column("Method", align="left"), lambda found: Cell(f"{found.method}:{found.variant}")),
        (Column("Setting", align="left"), lambda found: Cell(found.setting.shown)),
        (Column("Commit", align="left"), lambda found: Cell(short(found.environment.commit))),
        (Column("Load before"), lambda found: Cell() if found.load is None else Cell(f"{found.load:.1f}", value=found.load)),
        (Column("total", "s"), lambda found: Cell(f"{found.durations['total']:.0f}", value=found.durations["total"])),
    ]
    where = dict.fromkeys(
        f"Python {found.environment.python}; "
        + ", ".join(f"{name} {version}" for name, version in sorted(found.environment.versions.items()))
        + f"; {found.environment.platform}, {found.environment.processor}"
        for found in results.measurements.values()
    )
    table = _table(
        results, "Provenance", "provenance", shown, [Note(f"{text}.") for text in where], results.measurements.values()
    )
    return replace(table, section="provenance")


def _table(
    results: EfficiencyResults, title: str, name: str, shown: list[ColumnOf[Item]], notes: list[Note], items: Iterable[Item]
) -> Table:
    found = results.table
    return Table(
        name=f"{found.suite}-{found.size}-{found.device}-{name}",
        suite=found.title,
        title=f"{title} ({found.size} size, {found.device})",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, items),
        notes=tuple(notes),
    )
