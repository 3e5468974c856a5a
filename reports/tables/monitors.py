"""What methods log of their inside over the test split: tokens kept by expert and modality in the form of Fig. 6 of NEXT."""

from __future__ import annotations

from functools import partial

from harness.rows import BenchmarkRows, SuiteRows
from harness.statistics import SeedSummary
from reports.formats import fixed, plus_minus
from reports.monitors import ExpertLoad, expert_load, experts, modalities
from reports.table import TABLES, Cell, Column, ColumnOf, Note, Table, fill

Expert = tuple[str, ExpertLoad, int]
"""Label of the row, its monitors, number of the expert."""
Other = tuple[str, str, SeedSummary]
"""Label of the row, name of the monitor, its value."""


@TABLES.register(order=30)
def monitors(suite: SuiteRows) -> list[Table]:
    """For each benchmark, a table of experts and one of everything else that was logged."""
    return [table for group in suite.benchmarks for table in (_experts(group), _others(group)) if table.rows]


def _loads(group: BenchmarkRows) -> list[tuple[str, ExpertLoad]]:
    return [(row.label, load) for row in group.finished if (load := expert_load(row)) is not None]


def _experts(group: BenchmarkRows) -> Table:
    loads = _loads(group)
    items: list[Expert] = [(label, load, expert) for label, load in loads for expert in experts([*load.kept, *load.structure])]
    kept = modalities([place for _, load in loads for place in load.kept])
    flipped = modalities([place for _, load in loads for place in load.flips])
    weighed = modalities([place for _, load in loads for place in load.structure])
    shown: list[ColumnOf[Expert]] = [
        (Column("Row", align="left"), lambda item: Cell(item[0])),
        (Column("Expert", align="left"), lambda item: Cell(f"E{item[2]}", value=item[2])),
        *((Column(name, group="Tokens kept"), partial(_kept, name)) for name in kept),
        *([(Column("of", group="Tokens kept"), _grid)] if kept else []),
        *((Column(name, "%", group="Decided by text"), partial(_flips, name)) for name in flipped),
        *((Column(name, "%", group="Structure weight"), partial(_weight, name)) for name in weighed),
    ]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-experts",
        suite=group.suite.title,
        title=f"Load of the experts on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, items),
        notes=(
            Note("Tokens kept: how many tokens of a modality the semantic expert (TMSE) keeps, mean over the test queries."),
            *[Note("Decided by text: share of tokens that another caption would let through, or keep out.")] * bool(flipped),
            Note("Structure weight: mean routing weight of the structure expert (CSSE) of that number. ± is over seeds."),
        ),
    )


def _kept(modality: str, item: Expert) -> Cell:
    _, load, expert = item
    share = load.kept.get((expert, modality))
    if share is None:
        return Cell()
    if not load.tokens:
        return Cell(f"{plus_minus(share)} %", value=100 * share.mean)
    return Cell(plus_minus(share, scale=load.tokens), value=load.tokens * share.mean)


def _grid(item: Expert) -> Cell:
    _, load, _ = item
    return Cell(str(load.tokens), value=load.tokens) if load.tokens and load.kept else Cell()


def _flips(modality: str, item: Expert) -> Cell:
    _, load, expert = item
    share = load.flips.get((expert, modality))
    return Cell() if share is None else Cell(plus_minus(share), value=100 * share.mean)


def _weight(modality: str, item: Expert) -> Cell:
    _, load, expert = item
    weight = load.structure.get((expert, modality))
    return Cell() if weight is None else Cell(plus_minus(weight), value=100 * weight.mean)


def _others(group: BenchmarkRows) -> Table:
    items: list[Other] = [(label, name, value) for label, load in _loads(group) for name, value in load.other.items()]
    shown: list[ColumnOf[Other]] = [
        (Column("Row", align="left"), lambda item: Cell(item[0])),
        (Column("Monitor", align="left"), lambda item: Cell(item[1])),
        (Column("Value"), lambda item: Cell(_plain(item[2]), value=item[2].mean)),
    ]
    return Table(
        name=f"{group.suite.suite}-{group.benchmark}-monitors",
        suite=group.suite.title,
        title=f"Further monitors on {group.benchmark}",
        columns=tuple(column for column, _ in shown),
        rows=fill(shown, items),
        notes=(Note("As the method logs them, over the test split. ± is over seeds."),),
    )


def _plain(summary: SeedSummary) -> str:
    return plus_minus(summary, scale=1, digits=3) if summary.seeds > 1 else fixed(summary.mean, 3)
