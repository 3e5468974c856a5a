"""Verbs on captions: one thin function each."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..options import Folder, data_root_option, json_option, set_option
from ..terminal import show_lines
from .audit_commands import audit, corrupt, round_trip

if TYPE_CHECKING:
    from .report import CaptionReport


retry_option = click.option("--retry-failed", is_flag=True, help="Ask again for images that failed before.")
composer_option = click.option(
    "--composer",
    default="template",
    show_default=True,
    metavar="FILE",
    help="YAML file whose 'composer' puts attributes into words; or 'template', which needs no model.",
)


@click.group()
def captions() -> None:
    """Captions: generate, explain, measure, audit and corrupt them."""


captions.add_command(audit)
captions.add_command(round_trip)
captions.add_command(corrupt)


@captions.command(epilog="Example: harness captions generate synthetic_person --annotators simulated --out captions")
@click.argument("benchmark")
@data_root_option
@click.option(
    "--annotators", required=True, metavar="FILE", help="YAML file of endpoints; or 'simulated', on embedded benchmarks."
)
@click.option("--out", type=Folder, required=True, help="Folder of the job; a job that was stopped goes on there.")
@click.option("--split", type=click.Choice(["train", "test", "both"]), default="both", show_default=True)
@click.option("--limit", type=click.IntRange(min=1), default=None, help="Only the first so many samples of each split.")
@click.option("--dry-run", is_flag=True, help="Count and estimate the cost; ask nothing, write nothing.")
@retry_option
@composer_option
@set_option
@json_option
def generate(
    benchmark: str,
    data_root: Path | None,
    annotators: str,
    out: Path,
    composer: str,
    split: str,
    limit: int | None,
    dry_run: bool,
    retry_failed: bool,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Annotate the images of BENCHMARK, aggregate what is said, and write captions in the published form.

    Training reads them with --set benchmark.captions=OUT. Exit status 1 when an answer is missing in the end.
    """
    from ..configs import parse_assignments
    from .generation import Request, generate

    splits = ("train", "test") if split == "both" else (split,)
    request = Request(
        benchmark,
        parse_assignments(changes),
        data_root,
        annotators,
        out,
        composer,
        splits,
        limit,
        dry_run,
        retry_failed,
        quiet=as_json,
    )
    _end(generate(request), as_json)


@captions.command(epilog="Example: harness captions compose captions --set aggregation.recheck_below=0.5")
@click.argument("out", type=Folder)
@composer_option
@retry_option
@set_option
@json_option
def compose(out: Path, composer: str, retry_failed: bool, changes: tuple[str, ...], as_json: bool) -> None:
    """Aggregate and compose what annotators said in OUT anew; no annotator is asked."""
    from ..configs import parse_assignments
    from .generation import recompose

    report = recompose(out, parse_assignments(changes), composer, retry_failed=retry_failed, quiet=as_json)
    _end(report, as_json)


def _end(report: CaptionReport, as_json: bool) -> None:
    from .tables import report_lines

    show_lines(report.model_dump(), lambda: report_lines(report), as_json)
    sys.exit(0 if report.complete else 1)


@captions.command(epilog="Example: harness captions explain 000080_cam1_2_00.jpg --captions captions --modality NIR")
@click.argument("name")
@click.option("--captions", "out", type=Folder, default=Path("captions"), show_default=True, help="Folder of the job.")
@click.option("--modality", type=click.Choice(["RGB", "NIR", "TIR"]), default=None, help="This one alone.")
@json_option
def explain(name: str, out: Path, modality: str | None, as_json: bool) -> None:
    """Print how the attributes of the image NAME came about: who said what in which modality, and why it was taken or not."""
    from .explanation import explain_document, find_images
    from .tables import explain_tables

    images = find_images(out, name, modality)
    show_lines(explain_document(images), lambda: explain_tables(images), as_json)


@captions.command(epilog="Example: harness captions evaluate captions --json")
@click.argument("out", type=Folder)
@json_option
def evaluate(out: Path, as_json: bool) -> None:
    """Hold what was said and made of it in OUT against the truth of an embedded benchmark.

    Accuracy, unknowns and calibration of each annotator, after merging within a modality, and after completing across them.
    """
    from .measures import measure_captions
    from .tables import measure_tables

    figures = measure_captions(out)
    show_lines(json.loads(figures.model_dump_json()), lambda: measure_tables(figures), as_json)  # null where a share is NaN
