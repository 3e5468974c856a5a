"""Gradient norms of the routers over training."""

from __future__ import annotations

import numpy as np

from harness.rows import Row
from reports.canvas import BESIDE, ROW_FIGURES, Drawing, chart, epoch_axis, line_style, new_figure, place_legend, styled
from reports.formats import shortened


@ROW_FIGURES.register(order=40)
@styled
def gradients(row: Row) -> Drawing | None:
    """Gradient norm of each watched part by epoch, the mean over seeds; parts that never learn are named below."""
    norms: dict[str, dict[int, list[float]]] = {}
    for record in row.records:
        for epoch in record.history:
            for name, norm in epoch.gradients.items():
                norms.setdefault(name, {}).setdefault(epoch.epoch, []).append(norm)
    if not norms:
        return None
    figure = new_figure(height=3.4 if len(norms) <= BESIDE else 3.6 + 0.06 * len(norms))
    axes = figure.subplots()
    for index, name in enumerate(sorted(norms)):
        epochs = sorted(norms[name])
        axes.plot(
            epochs, [float(np.mean(norms[name][epoch])) for epoch in epochs], label=shortened(name, 24), **line_style(index)
        )
    if any(norm > 0 for by_epoch in norms.values() for found in by_epoch.values() for norm in found):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")  # the default writes mathematics, which is off for the user's labels
    dead = sorted(
        name for name, by_epoch in norms.items() if not np.any([norm for found in by_epoch.values() for norm in found])
    )
    axes.set_ylabel("gradient norm")
    epoch_axis(axes)
    place_legend(figure, axes)
    note = f" Zero throughout, so not on the scale: {', '.join(dead)}." if dead else ""
    return chart(figure, f"{row.label} on {row.benchmark}: gradient norms of watched parts, mean over seeds.{note}")
