"""How far the mAP falls as a modality is degraded: a panel for each modality and kind."""

from __future__ import annotations

import math

from matplotlib.axes import Axes

from benchmarks.conditions import KINDS, STRENGTHS, Condition, Degradation, Kind
from benchmarks.modalities import MODALITIES, Modality
from harness.rows import BenchmarkRows, Row
from reports.canvas import FIGURES, Drawing, chart, line_style, new_figure, styled
from reports.conditions import conditions, rows_under, value
from reports.conditions import degradations as single
from reports.formats import shortened


@FIGURES.register(order=30)
@styled
def degradations(group: BenchmarkRows) -> Drawing | None:
    """The mAP by strength, from the run's own test on: a line for each row."""
    found = single(conditions(group))
    rows = rows_under(group, [Condition(degraded=(each,)) for each in found])
    if not rows:
        return None
    modalities = [modality for modality in MODALITIES if any(each.modality == modality for each in found)]
    kinds = [kind for kind in KINDS if any(each.kind == kind for each in found)]
    figure = new_figure(height=1.5 * len(modalities) + 1.0 + 0.06 * len(rows))
    panels = figure.subplots(len(modalities), len(kinds), sharex=True, sharey=True, squeeze=False)
    for modality, line in zip(modalities, panels, strict=True):
        for kind, axes in zip(kinds, line, strict=True):
            for index, row in enumerate(rows):
                _draw(axes, row, index, modality, kind)
        line[0].set_ylabel(f"{modality}\nmAP (%)")
    for kind, top, bottom in zip(kinds, panels[0], panels[-1], strict=True):
        top.set_title(kind, fontsize=10)
        bottom.set_xlabel("strength")
        bottom.set_xticks([0, *STRENGTHS])
    lines, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=4)
    return chart(
        figure,
        f"mAP on {group.benchmark} by strength of a degradation (columns) of one modality (rows) at test, the others whole; 0 "
        "is the run's own test. Line: mean over seeds; band: lowest to highest seed.",
    )


def _draw(axes: Axes, row: Row, index: int, modality: Modality, kind: Kind) -> None:
    """The strengths that some seed has; a row without any keeps its place in the legend."""
    points = {0: [record.metrics.mAP for record in row.records]}
    for strength in STRENGTHS:
        wanted = [Condition(degraded=(Degradation(modality=modality, kind=kind, strength=strength),))]
        points[strength] = [found for record in row.records if not math.isnan(found := value(record, wanted, "mAP"))]
    kept = {strength: values for strength, values in points.items() if values}
    style = line_style(index)
    means = [100 * sum(values) / len(values) for values in kept.values()]
    axes.plot(list(kept), means, label=shortened(row.label, 24), marker="o", markersize=3, **style)
    low, high = ([100 * pick(values) for values in kept.values()] for pick in (min, max))
    if low != high:
        axes.fill_between(list(kept), low, high, color=style["color"], alpha=0.12, linewidth=0)
