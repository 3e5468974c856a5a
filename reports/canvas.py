"""What the figures share: style, palette, and the way from a matplotlib figure to bytes."""

from __future__ import annotations

import functools
import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import matplotlib as mpl
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from harness.rows import BenchmarkRows, Row

from .registry import Ordered

PALETTE = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")
"""Okabe and Ito's colours without the yellow, which is lost on white: told apart in every common colour vision deficiency."""

DASHES = ("-", "--", ":", "-.")

HIT, MISS = PALETTE[2], PALETTE[1]

MODALITY_COLOURS = {"RGB": PALETTE[0], "NIR": PALETTE[4], "TIR": PALETTE[1]}

BESIDE = 9
"""Entries of a legend that stands to the right of its axes; a longer one stands below."""

WIDTH = 9.0
"""Inches: 900 px at 100 dots an inch, the width of a page."""

STYLE: dict[Any, Any] = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "legend.frameon": False,
    "legend.fontsize": 9,
    "lines.linewidth": 1.6,
    "figure.facecolor": "white",
    "text.parse_math": False,  # labels are the user's: a dollar sign is a dollar sign
    "svg.hashsalt": "report",  # equal records give equal bytes
}

DrawingFunction = TypeVar("DrawingFunction", bound=Callable[..., object])


@dataclass(frozen=True)
class Drawing:
    """A figure as bytes."""

    caption: str
    png: bytes = field(repr=False)
    svg: bytes | None = field(default=None, repr=False)
    """For line charts; pictures have none."""
    texts: tuple[str, ...] = ()
    """Further lines that belong to it, as the captions of the queries."""


FIGURES: Ordered[Callable[[BenchmarkRows], Drawing | None]] = Ordered("reports.figures")
"""Figures about all rows of a benchmark."""

ROW_FIGURES: Ordered[Callable[[Row], Drawing | None]] = Ordered("reports.figures")
"""Figures about one row."""


def styled(function: DrawingFunction) -> DrawingFunction:
    """Decorator that draws in the report's style, whatever the user's matplotlib settings are."""

    @functools.wraps(function)
    def draw(*args: Any) -> object:
        with mpl.rc_context():
            mpl.rcdefaults()
            mpl.rcParams.update(STYLE)
            return function(*args)

    return draw  # type: ignore[return-value]


def new_figure(height: float) -> Figure:
    """An empty figure of the page's width.

    Args:
        height: in inches.
    """
    return Figure(figsize=(WIDTH, height), layout="constrained")


def chart(figure: Figure, caption: str) -> Drawing:
    """A line chart as PNG at twice the page's resolution and as SVG."""
    _settle(figure)
    return Drawing(caption, _encode(figure, "png", 200), _encode(figure, "svg", 100))


def picture(figure: Figure, caption: str, texts: tuple[str, ...] = ()) -> Drawing:
    """A figure of images as PNG."""
    _settle(figure)
    return Drawing(caption, _encode(figure, "png", 130), texts=texts)


def line_style(index: int) -> dict[str, Any]:
    """Colour and dashes of the line of an index; no two alike before 28."""
    return {"color": PALETTE[index % len(PALETTE)], "linestyle": DASHES[index // len(PALETTE) % len(DASHES)]}


def place_legend(figure: Figure, axes: Axes) -> None:
    """A legend of the lines of some axes: to their right where it is short, else below the figure in columns."""
    lines, labels = axes.get_legend_handles_labels()
    if len(labels) <= BESIDE:
        axes.legend(loc="upper left", bbox_to_anchor=(1.01, 1), borderaxespad=0)
    else:
        figure.legend(lines, labels, loc="outside lower center", ncols=4)


def epoch_axis(axes: Axes) -> None:
    """Whole epochs along the bottom."""
    axes.set_xlabel("epoch")
    axes.xaxis.set_major_locator(MaxNLocator("auto", integer=True))


def _settle(figure: Figure) -> None:
    """Lay the figure out once, not again for each format."""
    figure.draw_without_rendering()
    figure.set_layout_engine("none")


def _encode(figure: Figure, kind: str, dots: int) -> bytes:
    buffer = io.BytesIO()
    metadata = {"Date": None} if kind == "svg" else {"Software": None}
    figure.savefig(buffer, format=kind, dpi=dots, metadata=metadata)
    return buffer.getvalue()
