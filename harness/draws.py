"""How much a difference depends on the draw of an embedded benchmark: its identities, cameras and moments."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

from .resolution import Pooled, deviation, pooled, seed_differences
from .rows import BenchmarkRows, SuiteRows
from .statistics import LEVEL, Interval

DRAW = "draw"
"""The setting of a benchmark that numbers its draws."""


@dataclass(frozen=True)
class DrawnDifference:
    """Difference of a row to the reference over the draws in which both have a run of the same seed."""

    label: str
    means: dict[str, float]
    """Averaged over shared seeds, by what tables call the draw."""
    seeds: tuple[int, ...]
    """Number of shared seeds in each of these draws."""
    within: Pooled
    """Seed noise of the difference, pooled over the draws."""

    @property
    def excess(self) -> float:
        """Variance over draws beyond what seeds explain, by the method of moments; may be negative, NaN where not known.

        The variance of d means is that of the draws plus, on average, the mean of s_seed^2 / n: taken off, the former is left.
        Seeds are taken as independent from draw to draw. Negative estimates are kept so that pooling is not biased.
        """
        if len(self.means) < 2 or not self.within.degrees:
            return math.nan
        seed_part = self.within.value**2 * float(np.mean([1 / count for count in self.seeds]))
        return float(np.var(list(self.means.values()), ddof=1)) - seed_part

    @property
    def deviation(self) -> float:
        """Standard deviation over draws beyond what seeds explain, floored at 0."""
        return _root(self.excess)

    @property
    def interval(self) -> Interval:
        """Mean over draws with Student's interval of the draws' means, which holds draw and seed noise at once.

        With d - 1 degrees of freedom it is wide for two or three draws, as it should be: a bootstrap of so few is too narrow.
        """
        means = list(self.means.values())
        mean = float(np.mean(means))
        if len(means) < 2:
            return Interval(mean, math.nan, math.nan, LEVEL)
        half = float(student_t.ppf((1 + LEVEL) / 2, len(means) - 1)) * float(np.std(means, ddof=1)) / math.sqrt(len(means))
        return Interval(mean, mean - half, mean + half, LEVEL)


@dataclass(frozen=True)
class Draws:
    """Several draws of one benchmark in a suite."""

    benchmark: str
    """Its name."""
    groups: tuple[BenchmarkRows, ...]

    @property
    def labels(self) -> list[str]:
        """What tables call the draws."""
        return [group.benchmark for group in self.groups]

    @property
    def row_labels(self) -> list[str]:
        """Labels of all rows, in the order of the table."""
        return list(dict.fromkeys(row.label for group in self.groups for row in group.rows))

    @property
    def differences(self) -> list[DrawnDifference]:
        """Rows but the reference that can be compared with it in at least one draw, in the order of the table."""
        return [found for label in self.row_labels if (found := _difference(label, self.groups)).means]

    @property
    def seed_noise(self) -> Pooled:
        """Seed noise of a difference within a draw, pooled over rows and draws."""
        return pooled(deviation(values) for label in self.row_labels for values in _by_draw(label, self.groups).values())

    @property
    def draw_noise(self) -> float:
        """Standard deviation over draws beyond what seeds explain, pooled over rows; NaN where no row is known in two draws."""
        known = [(len(each.means) - 1, each.excess) for each in self.differences if not math.isnan(each.excess)]
        if not known:
            return math.nan
        degrees = sum(count for count, _ in known)
        return _root(sum(count * excess for count, excess in known) / degrees)


def draws(suite: SuiteRows) -> list[Draws]:
    """The benchmarks of which a suite has finished runs in several draws.

    Groups belong together where their name is one and their settings differ in the draw alone: a benchmark that stands twice in
    a suite under two conditions is no draw of itself.
    """
    alike: dict[tuple[str, str], dict[str, BenchmarkRows]] = {}
    for group in suite.benchmarks:
        if group.reference is not None and group.reference.runs:
            draw, others = _settings(group)
            alike.setdefault((group.reference.benchmark_name, others), {}).setdefault(draw, group)
    return [Draws(name, tuple(found.values())) for (name, _), found in alike.items() if len(found) > 1]


def _settings(group: BenchmarkRows) -> tuple[str, str]:
    """The draw, and all other settings of the first row."""
    settings = dict((group.reference or group.rows[0]).records[0].settings)
    benchmark = dict(settings.get("benchmark", {}))
    draw = benchmark.pop(DRAW, None)
    return json.dumps(draw), json.dumps({**settings, "benchmark": benchmark}, sort_keys=True)


def _difference(label: str, groups: Sequence[BenchmarkRows]) -> DrawnDifference:
    by_draw = _by_draw(label, groups)
    return DrawnDifference(
        label=label,
        means={draw: float(np.mean(values)) for draw, values in by_draw.items()},
        seeds=tuple(len(values) for values in by_draw.values()),
        within=pooled(deviation(values) for values in by_draw.values()),
    )


def _by_draw(label: str, groups: Sequence[BenchmarkRows]) -> dict[str, list[float]]:
    """Differences by seed in each draw that has some."""
    rows = {group.benchmark: next((row for row in group.rows if row.label == label), None) for group in groups}
    found = {
        group.benchmark: list(seed_differences(row, group.reference).values())
        for group in groups
        if (row := rows[group.benchmark]) is not None
    }
    return {draw: values for draw, values in found.items() if values}


def _root(variance: float) -> float:
    return variance if math.isnan(variance) else math.sqrt(max(0.0, variance))
