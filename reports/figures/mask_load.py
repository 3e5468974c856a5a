"""How many tokens each semantic expert keeps of each modality (Fig. 6 of NEXT)."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

from harness.rows import Row
from reports.canvas import DASHES, MODALITY_COLOURS, ROW_FIGURES, Drawing, chart, epoch_axis, new_figure, styled
from reports.monitors import ExpertLoad, Place, epoch_load, expert_load, experts, modalities, place_order


@ROW_FIGURES.register(order=30)
@styled
def mask_load(row: Row) -> Drawing | None:
    """Tokens kept at test by expert and modality as bars, and over training as lines."""
    load = expert_load(row)
    if load is None or not load.kept:
        return None
    curves = _curves(row)
    figure = new_figure(height=3.4)
    bars, *lines = figure.subplots(1, 2 if curves else 1, squeeze=False)[0]
    _draw_bars(bars, load)
    for axes in lines:
        _draw_curves(axes, curves, load)
    unit = f"tokens kept of {load.tokens}" if load.tokens else "share of tokens kept (%)"
    over_time = "; right: over training, solid to dotted from E1 on" if curves else ""
    spread = ", whiskers ± over seeds" if len(row.runs) > 1 else ""
    return chart(figure, f"{row.label} on {row.benchmark}: {unit} by semantic expert and modality{spread}{over_time}.")


def _scale(load: ExpertLoad) -> int:
    return load.tokens or 100


def _draw_bars(axes: Axes, load: ExpertLoad) -> None:
    numbers, names = experts(load.kept), modalities(load.kept)
    width = 0.8 / len(names)
    for index, modality in enumerate(names):
        kept = [load.kept.get((expert, modality)) for expert in numbers]
        means = np.array([np.nan if share is None else share.mean for share in kept]) * _scale(load)
        spread = np.array([np.nan if share is None else share.deviation for share in kept]) * _scale(load)
        places = np.arange(len(numbers)) + (index - (len(names) - 1) / 2) * width
        errors = None if np.isnan(spread).all() else np.nan_to_num(spread)
        axes.bar(places, means, 0.92 * width, yerr=errors, capsize=2, color=MODALITY_COLOURS.get(modality), label=modality)
        tops = means + np.nan_to_num(spread)
        for place, mean, top in zip(places, means, tops, strict=True):
            if not np.isnan(mean):
                axes.annotate(f"{mean:.0f}", (place, top), (0, 2), textcoords="offset points", ha="center", fontsize=8)
    axes.set_xticks(range(len(numbers)), labels=[f"E{expert}" for expert in numbers])
    _set_scale(axes, load)
    axes.set_ylabel(f"tokens of {load.tokens}" if load.tokens else "tokens (%)")
    axes.grid(visible=False, axis="x")
    axes.legend(ncols=3, loc="lower center", bbox_to_anchor=(0.5, 1.0))


def _curves(row: Row) -> dict[Place, dict[int, float]]:
    """Share kept by expert and modality, then by epoch: the mean over seeds."""
    found: dict[Place, dict[int, list[float]]] = {}
    for record in row.records:
        for epoch in record.history:
            for place, share in epoch_load(epoch.monitors).items():
                found.setdefault(place, {}).setdefault(epoch.epoch, []).append(share)
    return {
        place: {epoch: float(np.mean(shares)) for epoch, shares in found[place].items()}
        for place in sorted(found, key=place_order)
    }


def _set_scale(axes: Axes, load: ExpertLoad) -> None:
    """From no token to all, with room for a number above a full bar."""
    axes.set_ylim(0, 1.08 * _scale(load))
    axes.set_yticks([share * _scale(load) / 4 for share in range(5)])


def _draw_curves(axes: Axes, curves: dict[Place, dict[int, float]], load: ExpertLoad) -> None:
    numbers = experts(curves)
    for (expert, modality), by_epoch in curves.items():
        epochs = sorted(by_epoch)
        axes.plot(
            epochs,
            [_scale(load) * by_epoch[epoch] for epoch in epochs],
            color=MODALITY_COLOURS.get(modality),
            linestyle=DASHES[numbers.index(expert) % len(DASHES)],
            label=f"E{expert} {modality}",
        )
    _set_scale(axes, load)
    epoch_axis(axes)
    axes.legend(ncols=3, fontsize=8, loc="lower center", bbox_to_anchor=(0.5, 1.0))
