"""Golden figures from a work folder: `python tests/bench/golden.py WORK > harness/references/golden.csv`.

Run it after a change that is meant to move the figures of the embedded suites, and say why in the commit. Another processor
is another draw of the rounding, which training amplifies as it does a seed: the tolerance of a mean over seeds is two of their
standard deviations, and 1.5 points at least. Sizes are exact; costs leave room for another way of counting small operators.
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import numpy as np

from harness.reference import Expectation, measured
from harness.rows import Row, collect

SCORES = ("mAP", "R1")
EXACT = {"params_M": 1e-6, "gmacs_attention": 1e-4, "gmacs_published": 1e-4}
LEAST, DEVIATIONS = 1.5, 2.0


def tolerance(row: Row, metric: str) -> float:
    """How far a figure may lie from what was measured."""
    if metric in EXACT:
        return EXACT[metric]
    scores = [100 * getattr(record.metrics, metric) for record in row.records]
    return round(max(LEAST, DEVIATIONS * float(np.std(scores, ddof=1))), 1)


def expectations(work_dir: Path) -> list[dict[str, str]]:
    """Every finished row of every suite as rows of the file."""
    return [
        Expectation(
            source=f"commit {row.records[0].environment.commit[:12]}, {len(row.runs)} seeds",
            suite=suite.manifest.suite,
            benchmark=row.benchmark,
            method=row.planned[0].method,
            variant=row.planned[0].variant,
            metric=metric,
            expected=round(measured(row.records, metric), 6),
            tolerance=tolerance(row, metric),
        ).model_dump(mode="json")
        for suite in collect(work_dir)
        for row in suite.rows
        if len(row.runs) > 1 and row.benchmark == row.benchmark_name  # not draws and conditions of their own
        for metric in (*SCORES, *EXACT)
    ]


if __name__ == "__main__":
    writer = csv.DictWriter(sys.stdout, list(Expectation.model_fields), lineterminator="\n")
    writer.writeheader()
    writer.writerows(expectations(Path(sys.argv[1])))
