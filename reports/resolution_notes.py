"""What difference a table can resolve, in lines below it; the same figures by row are in `reports.tables.resolution`."""

from __future__ import annotations

import math
from collections.abc import Callable

from harness.resolution import POWER, SEED_COUNTS, Pooled, Resolution, RowResolution, detectable, resolution
from harness.rows import BenchmarkRows

from .formats import counted, fixed, listed
from .table import Note

FEW_DEGREES = 8
"""Below this many degrees of freedom a standard deviation is itself known to no better than a quarter of its size."""


def points(value: float) -> str:
    """A fraction in percent points; a dash where it is not known."""
    return fixed(round(100 * value, 1) + 0.0)  # + 0.0: a small loss is no "−0.0"


def resolution_notes(group: BenchmarkRows) -> list[Note]:
    """What the table of a benchmark can resolve, and whether training had come to rest; nothing for single seeds or rows."""
    found = resolution(group)
    if found is None:
        return []
    lines = [f"Resolution on {group.benchmark}: {_noise(found, group)}. {_detectable(found.paired)}".strip()]
    return [Note(line) for line in [*lines, *caution(found.paired), *_convergence(found, group)]]


def caution(noise: Pooled) -> list[str]:
    """A line where little is known of a noise itself: the standard error of a standard deviation is 1 / sqrt(2 f) of it."""
    if not 0 < noise.degrees < FEW_DEGREES:
        return []
    share = 100 / math.sqrt(2 * noise.degrees)
    return [
        f"Read the resolution with care: from {counted(noise.degrees, 'degree')} of freedom a noise is itself known to about "
        f"±{share:.0f} % of its size; more seeds would tell."
    ]


def by_count(counts: tuple[int, ...], value: Callable[[int], float]) -> str:
    """A figure at several counts, as in "3 / 5 / 10 / 20 seeds: 2.2 / 1.2 / 0.7 / 0.5 points"."""
    return f"{' / '.join(map(str, counts))} seeds: {' / '.join(points(value(count)) for count in counts)} points"


def _noise(found: Resolution, group: BenchmarkRows) -> str:
    parts = [f"seed noise {points(found.seed.value)} points"]
    if found.paired.degrees:
        parts[0] += f"; paired with “{group.reference_label}” {points(found.paired.value)} ({_spread(found)})"
    widths = [("a row", found.half_width), ("a difference", found.paired_half_width)]
    known = [f"±{points(width)} on {what}" for what, width in widths if not math.isnan(width)]
    return "; ".join([*parts, f"identities {', '.join(known)}"] if known else parts)


def _spread(found: Resolution) -> str:
    degrees = f"{counted(found.paired.degrees, 'degree')} of freedom"
    if sum(row.paired.degrees > 0 for row in found.rows) < 2:
        return degrees
    return (
        f"{points(found.paired.low)} to {points(found.paired.high)} by row; at most {degrees}, as the rows share the reference"
    )


def _detectable(paired: Pooled) -> str:
    if not paired.degrees:
        return ""
    return (
        f"Detectable with {100 * POWER:.0f} % power at {by_count(SEED_COUNTS, lambda seeds: detectable(paired.value, seeds))}."
    )


def _convergence(found: Resolution, group: BenchmarkRows) -> list[str]:
    gains = [(row, row.late) for row in found.rows if row.late is not None]
    if not gains:
        return []
    epochs = dict.fromkeys(f"epoch {late.epoch} of {late.epochs}" for _, late in gains)
    least, most = (points(choose(late.gain for _, late in gains)) for choose in (min, max))
    text = f"Convergence on {group.benchmark}: from {listed(list(epochs))} to the end the rows gained {least} to {most} points"
    rising = [f"{row.row.label} ({points(late.gain)})" for row, late in gains if is_rising(row)]
    compared = [row for row, _ in gains if not math.isnan(noise_of(row))]
    if not compared:
        return [f"{text}."]
    verdict = f"more than their noise over seeds: {listed(rising)}" if rising else "none more than its noise over seeds"
    return [f"{text}, {verdict}."]


def noise_of(row: RowResolution) -> float:
    """The noise that a late gain is held against: of the difference, or of the reference's own mAP; NaN where unknown."""
    return row.paired.value if row.paired.degrees else row.seed.value


def is_rising(row: RowResolution) -> bool:
    """Whether a row gained more late in training than its noise over seeds."""
    return row.late is not None and row.late.gain > noise_of(row)
