"""Differences over several draws of a benchmark: whether a finding holds for other identities, cameras and moments."""

from __future__ import annotations

import math
from functools import partial

from harness.draws import DrawnDifference, Draws, draws
from harness.resolution import POWER, SEED_COUNTS, detectable_over_draws
from harness.rows import SuiteRows
from reports.formats import LEVEL_TEXT, bounds, counted, signed
from reports.resolution_notes import by_count, points
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

MORE_DRAWS = (5, 10)
"""Numbers of draws for which a detectable difference is given beside that of the suite."""


@TABLES.register(order=26)
def over_draws(suite: SuiteRows) -> list[Table]:
    """One table for each benchmark of which the suite has several draws."""
    return [_table(suite, found) for found in draws(suite) if found.differences]


def _table(suite: SuiteRows, found: Draws) -> Table:
    shown: list[ColumnOf[DrawnDifference]] = [
        (Column("Row", align="left"), lambda item: Cell(item.label)),
        *((Column(label, group="Δ mAP"), partial(_in_draw, label)) for label in found.labels),
        (Column("Mean"), lambda item: _signed(item.interval.estimate)),
        (Column(f"{LEVEL_TEXT} interval"), _interval),
        (Column("Draw noise"), lambda item: _cell(item.deviation)),
        (Column("Seed noise"), lambda item: _cell(item.within.value)),
    ]
    return Table(
        name=f"{suite.manifest.suite}-{found.benchmark}-draws",
        suite=suite.manifest.title,
        title=f"{counted(len(found.groups), 'draw')} of {found.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, found.differences),
        notes=tuple(Note(text) for text in _notes(found)),
    )


def _in_draw(label: str, item: DrawnDifference) -> Cell:
    return _signed(item.means[label]) if label in item.means else Cell()


def _signed(value: float) -> Cell:
    return Cell(signed(value), value=100 * value)


def _interval(item: DrawnDifference) -> Cell:
    found = item.interval
    if math.isnan(found.low):
        return Cell()
    return Cell(bounds(found), value=100 * found.low, emphasis="bold" if found.excludes_zero else "normal")


def _cell(value: float) -> Cell:
    return Cell() if math.isnan(value) else Cell(points(value), value=100 * value)


def _notes(found: Draws) -> list[str]:
    texts = [
        "All figures in percent points of mAP.",
        f"Δ mAP to “{found.groups[0].reference_label}” in each draw, averaged over shared seeds; other draws have other "
        "identities, cameras and moments, for training and test alike.",
        f"Interval: Student's {LEVEL_TEXT} interval over the draws' means, with one degree of freedom fewer than draws; it "
        "holds draw and seed noise at once. Bold: it excludes 0.",
        "Draw noise: standard deviation over draws beyond what seed noise explains (method of moments; 0 where nothing is "
        "left). Seed noise: standard deviation over seeds of the difference within a draw.",
    ]
    draw, seed, count = found.draw_noise, found.seed_noise.value, len(found.groups)
    if math.isnan(draw):
        return texts
    texts.append(
        f"All rows: draw noise {points(draw)} points (from {count} draws alone), seed noise {points(seed)}. Detectable with "
        f"{100 * POWER:.0f} % power over {count} draws of "
        f"{by_count(SEED_COUNTS, lambda seeds: detectable_over_draws(draw, seed, count, seeds))}; over "
        f"{' / '.join(map(str, MORE_DRAWS))} draws of {SEED_COUNTS[0]} seeds: "
        f"{' / '.join(points(detectable_over_draws(draw, seed, more, SEED_COUNTS[0])) for more in MORE_DRAWS)} points."
    )
    return texts
