"""A forest plot: mAP of each row with its interval."""

from __future__ import annotations

from matplotlib.axes import Axes

from harness.rows import BenchmarkRows, Row
from reports.canvas import FIGURES, PALETTE, Drawing, chart, new_figure, styled
from reports.columns import flags
from reports.formats import LEVEL_TEXT, plus_minus, shortened
from reports.measures import chosen_on_test, interval, metric, reranked


@FIGURES.register(order=10)
@styled
def metric_intervals(group: BenchmarkRows) -> Drawing | None:
    """The mAP of each row with its interval, and its seeds as dots."""
    if not group.finished:
        return None
    rows = group.finished
    figure = new_figure(height=0.34 * len(rows) + 1.0)
    axes = figure.subplots()
    for position, row in enumerate(rows):
        _draw(axes, position, row)
    reference = group.reference
    if reference is not None and reference.runs:
        axes.axvline(100 * metric(reference, "mAP").mean, color="#888888", linestyle="--", linewidth=1, zorder=1)
    names = [shortened(row.label, 32) + f" {flags(row)}".rstrip() for row in rows]
    axes.set_yticks(range(len(rows)), labels=names)
    axes.set(ylim=(len(rows) - 0.5, -0.5), xlabel="mAP (%)")
    axes.grid(visible=False, axis="y")
    flag = " †: epoch chosen on the test set." if any(map(chosen_on_test, rows)) else ""
    flag += " §: re-ranked." if any(map(reranked, rows)) else ""
    return chart(
        figure,
        f"mAP on {group.benchmark} with {LEVEL_TEXT} intervals over identities and seeds; open dots are single seeds, the "
        f"dashed line is “{group.reference_label}”. Two intervals may overlap although the paired difference is resolved: the "
        f"table has that.{flag}",
    )


def _draw(axes: Axes, position: int, row: Row) -> None:
    summary, found = metric(row, "mAP"), interval(row)
    if found is not None:
        axes.plot([100 * found.low, 100 * found.high], [position] * 2, color=PALETTE[0], linewidth=2.4, zorder=2)
    seeds = [100 * record.metrics.mAP for record in row.records]
    axes.plot(seeds, [position] * len(seeds), "o", markersize=5, markerfacecolor="white", color=PALETTE[5], zorder=3)
    axes.plot([100 * summary.mean], [position], "D", markersize=6, color=PALETTE[0], zorder=4)
    axes.annotate(
        plus_minus(summary), (1, position), xycoords=("axes fraction", "data"), xytext=(6, 0), textcoords="offset points",
        va="center", fontsize=9,
    )  # fmt: skip
