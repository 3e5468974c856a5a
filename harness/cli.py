"""The command line: one thin function a verb.

This is the house's front door, so it may look up: `report` calls `reports`, the floor above. What a verb needs is
imported when the verb is called, so that `harness --help` answers at once.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any, Literal

import click

from benchmarks.common.errors import InputError

from .captions.commands import captions
from .options import Folder, data_root_option, json_option, set_option
from .terminal import console as _console
from .terminal import show as _show
from .terminal import show_lines

Verb = Callable[..., Any]
work_dir_option = click.option(
    "--work-dir", type=Folder, default=Path("work"), show_default=True, help="Records, states and caches; suites may share it."
)
skip_corrupt_option = click.option(
    "--skip-corrupt", is_flag=True, help="Leave images that cannot be decoded out, and list them in the record."
)
work_dir_argument = click.argument("work_dir", type=Folder)


def _device_option(help_text: str, default: str | None) -> Callable[[Verb], Verb]:
    return click.option("--device", type=click.Choice(["cpu", "cuda"]), default=default, show_default=True, help=help_text)


def _names(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _numbers(text: str, option: str) -> list[int]:
    try:
        return [int(part) for part in _names(text)]
    except ValueError:
        raise InputError(f"{option} {text}: expected whole numbers, as in 0,1,2") from None


def _refuse(options: dict[str, Any], suite: str) -> None:
    """Refuse options that mean nothing for an efficiency table.

    Raises:
        InputError: one was given.
    """
    for option, value in options.items():
        if value:
            raise InputError(f"{option}: {suite} is measured, one row after the other and without data; leave the option out")


def _corrupt(skip: bool) -> list[str]:
    return ["benchmark.corrupt=skip"] * skip


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 120})
@click.version_option(package_name="mmreid-harness")
def app() -> None:
    """Benchmark and ablation harness for multi-modal (RGB / near-infrared / thermal) object re-identification."""


@app.command("list", epilog="Example: harness list methods")
@click.argument("kind", default="suites")
def list_(kind: str) -> None:
    """List what can be named: methods (with their variants), benchmarks, suites or recipes."""
    from .catalogue import catalogue

    _console().print(catalogue(kind))


@app.command(epilog="Example: harness run embedded --only baseline --seeds 0 --set schedule.epochs=3 --work-dir try")
@click.argument("suite")
@data_root_option
@work_dir_option
@click.option("--seeds", default="", help="Seeds in place of the suite's, as in 0,1,2.")
@click.option("--only", metavar="GLOB", default="", help="Only rows whose label matches, as in 'next*'.")
@click.option("--jobs", type=click.IntRange(min=0), default=0, help="Processes at once; the suite's own number by default.")
@_device_option("Where to train and test.", "cpu")
@skip_corrupt_option
@set_option
def run(
    suite: str,
    data_root: Path | None,
    work_dir: Path,
    seeds: str,
    only: str,
    jobs: int,
    device: str,
    skip_corrupt: bool,
    changes: tuple[str, ...],
) -> None:
    """Run SUITE, a shipped suite or group of suites (harness list suites) or the path of a file of one.

    What is finished is not run again. An efficiency table (table_efficiency) is measured and not trained: it needs no data.
    """
    from .configs import parse_assignments
    from .efficiency.plans import efficiency_title
    from .groups import load_members, run_members
    from .place import Place

    console = _console()
    if efficiency_title(suite) is not None:
        from .efficiency.session import measure_suite

        _refuse({"--data-root": data_root, "--seeds": seeds, "--jobs": jobs, "--skip-corrupt": skip_corrupt}, suite)
        failures = measure_suite(suite, parse_assignments(changes), work_dir, console, only=only, device=device)
    else:
        members = load_members(suite, parse_assignments([*_corrupt(skip_corrupt), *changes]))
        place = Place(work_dir, data_root)
        failures = run_members(members, place, console, seeds=_numbers(seeds, "--seeds"), only=only, device=device, jobs=jobs)
    console.print(f"tables and figures: harness report {work_dir}")
    if failures:
        sys.stderr.write("".join(f"harness: failed: {line}\n" for line in failures))
        sys.exit(1)


@app.command(epilog="Example: harness evaluate work/runs/ID/model.pt --benchmark synthetic_person --missing TIR")
@click.argument("checkpoint", type=Folder)
@click.option("--benchmark", required=True, help="Benchmark to test on.")
@click.option("--method", default="", help="Refuse a checkpoint of another method.")
@click.option("--transfer", is_flag=True, help="Test on another benchmark than that of the run, images at the run's size.")
@click.option("--missing", default="", help="Modalities that are missing at test, as in RGB,TIR.")
@click.option("--degraded", metavar="MODALITY:KIND:STRENGTH", multiple=True, help="As in NIR:blur:2; may be repeated.")
@click.option(
    "--conditions", default="", help="A row for each of several: missing, degraded, degraded:NIR, missing:RGB+TIR, ..."
)
@data_root_option
@_device_option("Where to test.", "cpu")
@skip_corrupt_option
@set_option
@json_option
def evaluate(
    checkpoint: Path,
    benchmark: str,
    method: str,
    transfer: bool,
    missing: str,
    degraded: tuple[str, ...],
    conditions: str,
    data_root: Path | None,
    device: str,
    skip_corrupt: bool,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Test the weights of a finished run: CHECKPOINT is WORK_DIR/runs/ID/model.pt.

    With --conditions the first row is the test of the run itself, and JSON is a list of metrics with their condition.
    """
    from benchmarks.conditions import parse_conditions

    from .configs import parse_assignments
    from .inspection import evaluate_checkpoint, evaluate_checkpoint_under
    from .summary import conditions_table, metrics_table

    settings = parse_assignments([*_corrupt(skip_corrupt), *changes])
    allowed: dict[str, Any] = {"expected_method": method, "transfer": transfer}
    if conditions:
        if missing or degraded:
            raise InputError("--conditions says what is missing and degraded; leave out --missing and --degraded")
        wanted = parse_conditions(conditions, "--conditions")
        rows = evaluate_checkpoint_under(wanted, checkpoint, benchmark, settings, data_root, device, **allowed)
        documents = [{"condition": condition.text, **metrics.model_dump()} for condition, metrics in rows]
        _show(documents, lambda: conditions_table(rows), as_json)
        return
    metrics = evaluate_checkpoint(
        checkpoint, benchmark, settings, _names(missing), data_root, device, degraded=degraded, **allowed
    )
    _show(metrics.model_dump(), lambda: metrics_table(metrics), as_json)


@app.command(epilog="Example: harness rank embeddings.npz --protocol camera --json")
@click.argument("embeddings", type=Folder)
@click.option("--protocol", type=click.Choice(["camera", "scene"]), default="camera", show_default=True, help="Removal rule.")
@click.option("--max-rank", type=click.IntRange(min=1), default=50, show_default=True, help="Where the CMC ends.")
@click.option("--per-query", type=Folder, default=None, help="Write what is per query to this npz file.")
@click.option("--rerank", "with_rerank", is_flag=True, help="Re-order by k-reciprocal neighbours first.")
@click.option("--rerank-k1", "k1", type=int, default=None, help="Neighbours looked at (20).")
@click.option("--rerank-k2", "k2", type=int, default=None, help="Codes averaged (6).")
@click.option("--rerank-weight", "weight", type=float, default=None, help="Weight of the original distance (0.3).")
@_device_option("Where to compare and rank.", "cpu")
@json_option
def rank(
    embeddings: Path,
    protocol: str,
    max_rank: int,
    per_query: Path | None,
    with_rerank: bool,
    device: str,
    as_json: bool,
    **parameters: float | None,
) -> None:
    """Exact mAP, CMC and mINP of the EMBEDDINGS in an npz file, wherever they come from.

    The file holds query_embeddings (Q, D), gallery_embeddings (G, D), query_ids, gallery_ids, query_cameras,
    gallery_cameras, and for the scene rule query_scenes and gallery_scenes. Identity -1 is junk and counts for no query.
    """
    from .embedding_file import rank_file, write_queries
    from .reranking import reranking
    from .summary import ranking_table

    rerank = reranking(with_rerank, parameters)
    ranking = rank_file(embeddings, protocol, device=device, rerank=rerank)
    metrics, cmc = ranking.metrics(), ranking.cmc(max_rank).tolist()
    if per_query is not None:
        write_queries(per_query, ranking)
    document = {**metrics.model_dump(), "cmc": cmc, "rerank": rerank and rerank.model_dump()}
    _show(document, lambda: ranking_table(metrics, cmc, rerank), as_json)


@app.command(epilog="Example: harness profile next baseline:reduced --benchmark rgbnt201")
@click.argument("methods", nargs=-1, required=True, metavar="METHOD...")
@click.option("--benchmark", default="rgbnt201", show_default=True, help="Decides identities, cameras and image size.")
@click.option("--recipe", default="", help="Size each method as this recipe has it there (published: as its release).")
@click.option("--convention", type=click.Choice(["attention", "published"]), default=None, help="Show this one alone.")
@_device_option("Measure throughput and peak memory there.", None)
@click.option("--batch", type=click.IntRange(min=1), default=64, show_default=True, help="Triplets in a timed pass.")
@click.option("--precision", type=click.Choice(["fp32", "fp16", "bf16"]), default="fp32", show_default=True)
@set_option
@json_option
def profile(
    methods: tuple[str, ...],
    benchmark: str,
    recipe: str,
    convention: str | None,
    device: str | None,
    batch: int,
    precision: str,
    changes: tuple[str, ...],
    as_json: bool,
) -> None:
    """Parameters and multiply-adds of methods; needs neither data nor weights.

    METHOD is `next` for the method with all its variants, or `next:mgfa` for one variant.
    """
    from .configs import parse_assignments
    from .inspection import Timing, profile_methods
    from .summary import profile_table

    timing = None if device is None else Timing(device, batch, precision)
    rows = profile_methods(methods, benchmark, parse_assignments(changes), timing, recipe=recipe)
    _show(rows, lambda: profile_table(rows, convention), as_json)


@app.command(epilog="Example: harness check work --against golden")
@work_dir_argument
@click.option(
    "--against",
    type=click.Choice(["published", "golden", "directions"]),
    required=True,
    help="Papers' figures, embedded figures, or what suites expect of their rows.",
)
@json_option
def check(work_dir: Path, against: Literal["published", "golden", "directions"], as_json: bool) -> None:
    """Hold the records of WORK_DIR against reference figures or expectations; exit status 1 when one does not hold.

    An expectation that the intervals cannot resolve is printed and is no failure.
    """
    from .reference import check_records
    from .summary import check_table, directions_table
    from .verdicts import check_directions

    if against == "directions":
        judged = check_directions(work_dir)
        _show(judged.model_dump(), lambda: directions_table(judged), as_json)
        sys.exit(0 if judged.passed else 1)
    result = check_records(work_dir, against)
    _show(result.model_dump(), lambda: check_table(result), as_json)
    sys.exit(0 if result.passed else 1)


@app.command(epilog="Example: harness report work --format html --out report")
@work_dir_argument
@click.option("--format", "formats", default="markdown,latex,html,csv", show_default=True, help="Any of them, with commas.")
@click.option("--out", type=Folder, default=None, help="Folder to write to; WORK_DIR/report by default.")
def report(work_dir: Path, formats: str, out: Path | None) -> None:
    """Write the tables and figures of WORK_DIR as Markdown, LaTeX, one self-contained HTML page, and CSV."""
    from reports.write import check_formats, write_report

    for path in write_report(work_dir, check_formats(_names(formats)), out or work_dir / "report"):
        _console().print(str(path))


@app.command(epilog="Example: harness compare work next baseline")
@work_dir_argument
@click.argument("a")
@click.argument("b")
@json_option
def compare(work_dir: Path, a: str, b: str, as_json: bool) -> None:
    """Difference in mAP between rows A and B (labels, or method[:variant]), with a paired interval."""
    from .comparison import compare_rows
    from .summary import comparison_table

    result = compare_rows(work_dir, a, b)
    _show(result.model_dump(), lambda: comparison_table(result), as_json)


@app.group()
def data() -> None:
    """Data sets."""


@data.command(
    "verify", epilog="Example: harness data verify msvr310 --data-root data --set benchmark.captions=captions/msvr310"
)
@click.argument("benchmark")
@data_root_option
@set_option
@json_option
def data_verify(benchmark: str, data_root: Path | None, changes: tuple[str, ...], as_json: bool) -> None:
    """Hold the folder of BENCHMARK against what is published of it; exit status 1 when something is off.

    Names, pairs, counts, splits, query lists, every image, and captions where there are some.
    """
    from .configs import parse_assignments
    from .verification import report_lines, verify_folder

    report = verify_folder(benchmark, data_root, parse_assignments(changes))
    show_lines(report.model_dump(), lambda: report_lines(report), as_json)
    sys.exit(0 if report.passed else 1)


@data.command("write", epilog="Example: harness data write synthetic_person --out data")
@click.argument("benchmark")
@click.option("--out", type=Folder, required=True, help="Folder to write to; must be new or empty.")
@set_option
def data_write(benchmark: str, out: Path, changes: tuple[str, ...]) -> None:
    """Write an embedded BENCHMARK as a folder in the layout of RGBNT201, with captions."""
    from .configs import parse_assignments
    from .inspection import write_benchmark

    _console().print(write_benchmark(benchmark, out, parse_assignments(changes)))


app.add_command(captions)


def main(arguments: list[str] | None = None) -> None:
    """Entry point: exit status 0 done, 1 a check did not hold or a run failed, 2 the input is wrong, 130 on Ctrl-C."""
    # torch tells users of torchvision and timm, not ours, that its script compiler is deprecated.
    warnings.filterwarnings("ignore", message=".*torch.jit.*", category=FutureWarning)
    warnings.filterwarnings("ignore", message=".*torch.jit.*", category=DeprecationWarning)
    try:
        status = app.main(args=arguments, prog_name="harness", standalone_mode=False)
    except InputError as error:
        status = _complain(str(error))
    except click.ClickException as error:
        if isinstance(error, getattr(click.exceptions, "NoArgsIsHelpError", ())):  # from click 8.2 on; before, it printed help
            sys.stdout.write(error.format_message() + "\n")
            status = 0
        else:
            status = _complain(error.format_message())
    except (KeyboardInterrupt, click.Abort):
        sys.stderr.write("harness: stopped; what is finished is kept, and the same command goes on from there\n")
        status = 130
    sys.exit(status or 0)


def _complain(message: str) -> int:
    sys.stderr.write(f"harness: error: {' '.join(message.splitlines())}\n")
    return 2
