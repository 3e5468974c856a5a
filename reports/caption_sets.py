"""Words and unknown rates of caption sets by modality, in the form of Fig. 2 of NEXT."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes

from benchmarks.captions.audit.audit import ALL, Audit
from benchmarks.captions.audit.tally import Tally
from benchmarks.common.errors import InputError
from benchmarks.common.files import atomic_write

from .canvas import PALETTE, Drawing, chart, new_figure, styled
from .formats import shortened
from .monitors import MODALITIES

_SUFFIXES = (".png", ".svg")

_LABEL = 40
"""Characters of a source that a legend shows."""

_UPRIGHT = 2
"""Bars side by side that have room for their figures; those of more are turned."""


def check_figure(path: Path) -> None:
    """Find out before anything is counted whether a figure can be written in the format of its name.

    Raises:
        InputError: it cannot.
    """
    if path.suffix.lower() not in _SUFFIXES:
        raise InputError(f"--figure {path}: expected a name that ends with {' or '.join(_SUFFIXES)}")


def write_figure(path: Path, audits: Sequence[Audit]) -> None:
    """Draw caption sets to a file, as PNG or SVG by its name.

    Raises:
        InputError: the file cannot be written.
    """
    drawing = caption_sets(audits)
    data = drawing.svg if path.suffix.lower() == ".svg" and drawing.svg is not None else drawing.png
    with atomic_write(path) as file:
        file.write(data)


@styled
def caption_sets(audits: Sequence[Audit]) -> Drawing:
    """Bars by modality for each set: words on the left; unknown rates on the right, the strict ones around the published."""
    figure = new_figure(height=3.2 + 0.2 * len(audits))
    words, rates = figure.subplots(1, 2)
    _bars(words, audits, lambda tally: tally.words / 1000, "{:.1f}")
    _bars(rates, audits, lambda tally: 100 * tally.share(tally.strict), "", faint=True)
    _bars(rates, audits, lambda tally: 100 * tally.share(tally.published), "{:.2f}")
    words.set_ylabel("words (thousands)")
    rates.set_ylabel("unknown rate (%), faint: strict")
    bars, labels = words.get_legend_handles_labels()
    figure.legend(bars, labels, loc="outside lower center", ncols=2)
    return chart(
        figure,
        "Caption sets by modality: words, and captions that say none, unknown or unclear: by the published definition (solid, "
        "in figures) and by the strict one (faint).",
    )


def _bars(axes: Axes, audits: Sequence[Audit], height: Callable[[Tally], float], text: str, *, faint: bool = False) -> None:
    """A group of bars for each modality, one for each set.

    Args:
        axes: where to draw.
        audits: caption sets, each with its colour.
        height: of the bar of a tally.
        text: format of the figure on a bar; none where it is empty.
        faint: behind others.
    """
    names = [name for name in MODALITIES if any(name in found.modalities for found in audits)]
    width = 0.8 / len(audits)
    figures: dict[str, Any] = {"fontsize": 8, "rotation": 90 if len(audits) > _UPRIGHT else 0}
    for index, found in enumerate(audits):
        shown = [name for name in names if name in found.modalities]
        places = [names.index(name) + (index - (len(audits) - 1) / 2) * width for name in shown]
        heights = [height(found.over(ALL, name)) for name in shown]
        style: dict[str, Any] = {"alpha": 0.35} if faint else {"label": shortened(found.source, _LABEL)}
        axes.bar(places, heights, 0.92 * width, color=PALETTE[index % len(PALETTE)], **style)
        for place, top in zip(places, heights, strict=True) if text else ():
            axes.annotate(text.format(top), (place, top), (0, 2), textcoords="offset points", ha="center", **figures)
    axes.margins(y=0.12)
    axes.set_xticks(range(len(names)), labels=names)
    axes.grid(visible=False, axis="x")
