"""Verbs on caption sets: `harness captions audit`, `round-trip` and `corrupt`."""

from __future__ import annotations

from pathlib import Path

import click

from ..options import Folder, json_option
from ..terminal import console, show, show_lines


@click.command(epilog="Example: harness captions audit captions/next-text/rgbnt201 captions/idea-text/rgbnt201")
@click.argument("files", nargs=-1, required=True, type=Folder, metavar="FILES...")
@click.option("--figure", type=Folder, default=None, help="Draw words and unknown rates by modality to this .png or .svg file.")
@json_option
def audit(files: tuple[Path, ...], figure: Path | None, as_json: bool) -> None:
    """Count what caption FILES hold: words, unknown attributes, long, repeated, missing and contradicting captions.

    FILES are caption files (train_RGB.json, ..., test_TI.json) or folders that hold some at any depth.
    """
    from reports.caption_sets import check_figure, write_figure

    from .audit import audit_documents, audit_sets, audit_tables
    from .parsers import parsers

    if figure is not None:
        check_figure(figure)
    found = audit_sets(files, parsers())
    if figure is not None:
        write_figure(figure, found)
    show(audit_documents(found), lambda: audit_tables(found), as_json)


@click.command("round-trip", epilog="Example: harness captions round-trip person captions/next-text/rgbnt201")
@click.argument("kind", type=click.Choice(["person", "vehicle"]))
@click.argument("files", nargs=-1, required=True, type=Folder, metavar="FILES...")
@json_option
def round_trip(kind: str, files: tuple[Path, ...], as_json: bool) -> None:
    """Read captions back into attributes and compose them again: how many come back word for word, and why the rest does not.

    FILES are as for audit; KIND says whom they describe.
    """
    from benchmarks.captions.parsing.round_trip import round_trip_of_files

    from .round_trips import round_trip_document, round_trip_lines

    found = round_trip_of_files(kind, files)
    show_lines(round_trip_document(found), lambda: round_trip_lines(found), as_json)


@click.command(epilog="Example: harness captions corrupt captions/next-text/rgbnt201 --quality 0.35 --out noisy")
@click.argument("folder", type=Folder)
@click.option("--quality", type=click.FloatRange(0, 1), required=True, help="Share of the words of a caption that stay.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another draw of words.")
@click.option("--out", type=Folder, required=True, help="Folder for files of the same names.")
def corrupt(folder: Path, quality: float, seed: int, out: Path) -> None:
    """Replace words of the caption files in FOLDER by noise words.

    With seed 0 the files read as with --set data.word_quality=QUALITY, so that code of others can be given the same captions.
    """
    from benchmarks.captions.corruption import corrupt_folder

    for path in corrupt_folder(folder, out, quality, seed):
        console().print(str(path))
