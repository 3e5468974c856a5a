"""Loss and mAP over training, row by row."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from harness.records import Epoch
from harness.rows import BenchmarkRows, Row
from reports.canvas import BESIDE, FIGURES, Drawing, chart, epoch_axis, line_style, new_figure, place_legend, styled
from reports.formats import shortened

Curve = dict[int, float]
"""A value by epoch."""


@FIGURES.register(order=20)
@styled
def learning_curves(group: BenchmarkRows) -> Drawing | None:
    """Loss and mAP by epoch for each row: mean over seeds as a line, lowest to highest seed as a band."""
    rows = [row for row in group.finished if any(record.history for record in row.records)]
    if not rows:
        return None
    figure = new_figure(height=3.8 if len(rows) <= BESIDE else 4.2 + 0.06 * len(rows))
    losses, scores = figure.subplots(1, 2)
    for index, row in enumerate(rows):
        _draw(losses, [_losses(record.history) for record in row.records], index, row)
        _draw(scores, [_scores(record.history) for record in row.records], index, row)
    losses.set_title("Training loss")
    scores.set_title("mAP where it was evaluated (%)")
    epoch_axis(losses)
    epoch_axis(scores)
    place_legend(figure, scores)
    return chart(
        figure,
        f"Learning curves on {group.benchmark}. Line: mean over seeds; band: lowest to highest seed. The loss is the sum of a "
        "method's own terms, so its height cannot be compared between methods; the mAP is that of the split that the epoch "
        "rule looks at.",
    )


def _losses(history: list[Epoch]) -> Curve:
    return {epoch.epoch: epoch.losses.get("total", sum(epoch.losses.values())) for epoch in history if epoch.losses}


def _scores(history: list[Epoch]) -> Curve:
    return {epoch.epoch: 100 * epoch.metrics.mAP for epoch in history if epoch.metrics}


def _draw(axes: Axes, curves: list[Curve], index: int, row: Row) -> None:
    """Draw the epochs that every seed has."""
    epochs = sorted(set.intersection(*(set(curve) for curve in curves)))
    values = np.array([[curve[epoch] for epoch in epochs] for curve in curves]).reshape(len(curves), len(epochs))
    style = line_style(index)
    marker = "o" if len(epochs) < 2 else ""
    axes.plot(
        epochs, values.mean(axis=0) if epochs else [], label=shortened(row.label, 24), marker=marker, markersize=4, **style
    )
    if len(curves) > 1 and np.isfinite(values).all():
        axes.fill_between(epochs, values.min(axis=0), values.max(axis=0), color=style["color"], alpha=0.12, linewidth=0)
