"""A whole report without a format."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

from harness.efficiency.measurements import EfficiencyResults, collect_efficiency
from harness.manifest import has_suites
from harness.rows import BenchmarkRows, SuiteRows, collect

from .canvas import FIGURES, ROW_FIGURES, Drawing
from .efficiency import efficiency_progress, efficiency_provenance, efficiency_sentences, efficiency_tables
from .summary import progress, sentence
from .table import TABLES, Table


@dataclass(frozen=True)
class NamedDrawing:
    """A figure with the stem of its files."""

    name: str
    drawing: Drawing
    row: str = ""
    """Label of the row that it is about; empty where it is about a whole benchmark."""


@dataclass(frozen=True)
class Section:
    """What a report says of one suite."""

    name: str
    title: str
    progress: str
    sentences: tuple[str, ...]
    tables: tuple[Table, ...]
    provenance: tuple[Table, ...]
    drawings: tuple[NamedDrawing, ...]

    @property
    def figures(self) -> list[NamedDrawing]:
        """Figures about a whole benchmark."""
        return [named for named in self.drawings if not named.row]

    @property
    def row_figures(self) -> dict[str, list[NamedDrawing]]:
        """Figures about single rows, by label."""
        found: dict[str, list[NamedDrawing]] = {}
        for named in self.drawings:
            if named.row:
                found.setdefault(named.row, []).append(named)
        return found


@dataclass(frozen=True)
class Report:
    """Sections, one for each suite and one for each efficiency table."""

    suites: tuple[SuiteRows, ...]
    efficiency: tuple[EfficiencyResults, ...]
    sections: tuple[Section, ...]


def build_report(work_dir: Path, figures: bool = True) -> Report:
    """Read a work folder and make every table, and every figure where they are wanted.

    Args:
        work_dir: a work folder with suites or efficiency tables.
        figures: whether to draw.

    Raises:
        InputError: there is neither, a file is damaged, or rows of one table cannot be compared.
    """
    efficiency = tuple(collect_efficiency(work_dir))
    suites = tuple(collect(work_dir)) if has_suites(work_dir) or not efficiency else ()
    sections = [*(_section(suite, figures) for suite in suites), *map(_efficiency_section, efficiency)]
    return Report(suites, efficiency, tuple(sections))


def slug(*parts: str) -> str:
    """A name for files and labels: lower case letters, digits and dashes."""
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")


def _section(suite: SuiteRows, figures: bool) -> Section:
    tables = [table for make in TABLES.all() for table in make(suite)]
    return Section(
        name=suite.manifest.suite,
        title=suite.manifest.title,
        progress=progress(suite),
        sentences=tuple(sentence(group) for group in suite.benchmarks),
        tables=tuple(table for table in tables if table.section == "results"),
        provenance=tuple(table for table in tables if table.section == "provenance"),
        drawings=tuple(named for group in suite.benchmarks for named in _draw(group)) if figures else (),
    )


def _efficiency_section(results: EfficiencyResults) -> Section:
    return Section(
        name=f"{results.table.suite}, {results.table.size}, {results.table.device}",
        title=f"{results.table.title}: {results.table.size} size on {results.table.device}",
        progress=efficiency_progress(results),
        sentences=tuple(efficiency_sentences(results)),
        tables=tuple(efficiency_tables(results)),
        provenance=(efficiency_provenance(results),),
        drawings=(),
    )


def _draw(group: BenchmarkRows) -> list[NamedDrawing]:
    """The drawings of a benchmark. Row numbers keep names apart whose labels differ in signs alone."""
    place = (group.suite.suite, group.benchmark)
    found = [(slug(*place, make.__name__), make(group), "") for make in FIGURES.all()]
    for number, row in enumerate(group.rows, start=1):
        found += [(slug(*place, make.__name__, str(number), row.label), make(row), row.label) for make in ROW_FIGURES.all()]
    drawn = [NamedDrawing(name, drawing, row) for name, drawing, row in found if drawing is not None]
    return _texts_once(drawn)


def _texts_once(drawn: list[NamedDrawing]) -> list[NamedDrawing]:
    """The drawings with each text under the first of them alone: the rows of a benchmark show the same queries."""
    seen: set[str] = set()
    kept = []
    for named in drawn:
        texts = tuple(text for text in named.drawing.texts if text not in seen)
        seen.update(texts)
        kept.append(replace(named, drawing=replace(named.drawing, texts=texts)))
    return kept
