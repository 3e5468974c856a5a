"""Verbs on caption sets: `harness captions audit` and `harness captions corrupt`."""

from __future__ import annotations

from pathlib import Path

import click

from .terminal import console, show

_PATH = click.Path(path_type=Path)


@click.command(epilog="Example: harness captions audit captions/next-text/rgbnt201 captions/idea-text/rgbnt201")
@click.argument("files", nargs=-1, required=True, type=_PATH, metavar="FILES...")
@click.option("--figure", type=_PATH, default=None, help="Draw words and unknown rates by modality to this .png or .svg file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document and nothing else.")
def audit(files: tuple[Path, ...], figure: Path | None, as_json: bool) -> None:
    """Count what caption FILES hold: words, unknown attributes, long, repeated, missing and contradicting captions.

    FILES are caption files (train_RGB.json, ..., test_TI.json) or folders that hold some at any depth.
    """
    from reports.caption_sets import check_figure, write_figure

    from .caption_audit import audit_documents, audit_sets, audit_tables
    from .caption_parsers import parsers

    if figure is not None:
        check_figure(figure)
    found = audit_sets(files, parsers())
    if figure is not None:
        write_figure(figure, found)
    show(audit_documents(found), lambda: audit_tables(found), as_json)


@click.command(epilog="Example: harness captions corrupt captions/next-text/rgbnt201 --quality 0.35 --out noisy")
@click.argument("folder", type=_PATH)
@click.option("--quality", type=click.FloatRange(0, 1), required=True, help="Share of the words of a caption that stay.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Another draw of words.")
@click.option("--out", type=_PATH, required=True, help="Folder for files of the same names.")
def corrupt(folder: Path, quality: float, seed: int, out: Path) -> None:
    """Replace words of the caption files in FOLDER by noise words.

    With seed 0 the files read as with --set data.word_quality=QUALITY, so that code of others can be given the same captions.
    """
    from benchmarks.captions.corruption import corrupt_folder

    for path in corrupt_folder(folder, out, quality, seed):
        console().print(str(path))
