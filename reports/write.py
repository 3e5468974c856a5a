"""From a work folder to files: the whole of `harness report`."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Literal, cast, get_args

from benchmarks.common.errors import InputError, unknown
from benchmarks.common.files import atomic_write, write_text

from .frame import conditions_frame, efficiency_frame, epochs_frame, runs_frame
from .render.html import render_html
from .render.latex import render_latex
from .render.markdown import render_markdown
from .report import Report, build_report

Format = Literal["markdown", "latex", "html", "csv"]

_FIGURES = "figures"


def write_report(work_dir: Path, formats: Sequence[Format], out: Path) -> list[Path]:
    """Write the report of a work folder.

    Args:
        work_dir: a work folder with suites or efficiency tables.
        formats: `markdown` gives report.md with its figures beside it, `latex` report.tex with the tables, `html` report.html,
            `csv` runs.csv and epochs.csv, conditions.csv where runs were tested under conditions, and efficiency.csv where
            sizes and speeds were measured.
        out: folder of the files; it is made.

    Returns:
        The files that were written.

    Raises:
        InputError: a format is unknown, there is no result, a file is damaged, or rows of one table cannot be compared.
    """
    check_formats(formats)
    report = build_report(work_dir, figures=bool(set(formats) & {"markdown", "html"}))
    writers = {"markdown": _write_markdown, "latex": _write_latex, "html": _write_html, "csv": _write_csv}
    return [path for name in dict.fromkeys(formats) for path in writers[name](report, out)]


def check_formats(names: Sequence[str]) -> list[Format]:
    """Names as formats.

    Raises:
        InputError: there is none, or one is unknown.
    """
    if not names:
        raise InputError(f"no format was given; one or more of: {', '.join(get_args(Format))}")
    for name in names:
        if name not in get_args(Format):
            raise unknown("format", name, get_args(Format))
    return list(cast("Sequence[Format]", names))


def _write_markdown(report: Report, out: Path) -> list[Path]:
    figures = [_write_figure(out, named.name, named.drawing.png) for section in report.sections for named in section.drawings]
    return [*figures, _write(out / "report.md", render_markdown(report, _FIGURES))]


def _write_latex(report: Report, out: Path) -> list[Path]:
    return [_write(out / "report.tex", render_latex(report))]


def _write_html(report: Report, out: Path) -> list[Path]:
    return [_write(out / "report.html", render_html(report))]


def _write_csv(report: Report, out: Path) -> list[Path]:
    frames = {"runs": runs_frame(report.suites), "epochs": epochs_frame(report.suites)} if report.suites else {}
    extra = {"conditions": conditions_frame(report.suites), "efficiency": efficiency_frame(report.efficiency)}
    frames |= {name: frame for name, frame in extra.items() if len(frame)}
    return [_write(out / f"{name}.csv", frame.to_csv(index=False)) for name, frame in frames.items()]


def _write_figure(out: Path, name: str, data: bytes) -> Path:
    path = out / _FIGURES / f"{name}.png"
    with atomic_write(path) as file:
        file.write(data)
    return path


def _write(path: Path, text: str) -> Path:
    write_text(path, text)
    return path
