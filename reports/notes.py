"""Notes below tables: what the figures mean, and what is missing or must be read with care."""

from __future__ import annotations

import numpy as np

from harness.rows import BenchmarkRows
from harness.statistics import RESAMPLES

from .columns import ON_CPU, ON_TEST, RERANKED, speed
from .formats import LEVEL_TEXT, counted, listed, short
from .measures import chosen_on_test, reranked
from .table import Note

METRIC_NOTE = Note("Metrics in percent. ± is the sample standard deviation over the seeds of a row.")

INTERVAL_NOTE = Note(
    f"Intervals are {LEVEL_TEXT} percentile intervals from {RESAMPLES:,} bootstrap resamples of identities and seeds."
)

COST_NOTE = Note(
    "Params: trainable parameters in 1e6. MACs: multiply-adds in 1e9 for one sample with all its modalities; “attention” "
    "counts the attention products and is like for like, “published” is the convention behind each method's own "
    "published figure."
)


def difference_note(label: str) -> Note:
    """What the difference column means, against the row of a label."""
    return Note(
        f"Δ mAP: difference to “{label}” in percent points with its interval, paired over the same queries. Bold: the interval "
        "excludes 0. In normal type: the difference is not resolved. Not corrected for the number of comparisons."
    )


def query_note(group: BenchmarkRows) -> list[Note]:
    """Size of the test and the split that all rows saw; nothing where no run is finished."""
    runs = [run for row in group.rows for run in row.runs]
    if not runs:
        return []
    queries = runs[0].queries
    skipped = np.isnan(queries.average_precision)
    tied = sorted({run.record.metrics.tied_positives for run in runs})
    tied_text = str(tied[0]) if len(tied) == 1 else f"{tied[0]} to {tied[-1]} (by run)"
    return [
        Note(
            f"{group.benchmark}: {counted(len(skipped), 'query', 'queries')} of "
            f"{counted(len(np.unique(queries.identity)), 'identity', 'identities')}; skipped, as no gallery entry counts for "
            f"them: {skipped.sum()}; tied positives: {tied_text}; split {short(runs[0].record.split_fingerprint)}."
        )
    ]


def speed_notes(group: BenchmarkRows) -> list[Note]:
    """What the speed means, and which was measured on a CPU."""
    found = [Note("Images/s: speed through the test path; compare only what was measured on the same device.")]
    return found + [Note("Speed measured on a CPU.", ON_CPU)] * any(speed(row).mark for row in group.rows)


def caution_notes(group: BenchmarkRows) -> list[Note]:
    """What must be read with care: epochs chosen on the test set, re-ranked or unfinished rows, single seeds."""
    notes = []
    if any(chosen_on_test(row) for row in group.rows):
        notes.append(
            Note("Epoch chosen on the test set: the figure is optimistic, and not comparable with other rows.", ON_TEST)
        )
    if any(reranked(row) for row in group.rows):
        notes.append(
            Note(
                "Re-ranked by k-reciprocal neighbours: a query's ranking uses the other queries, so the figure is not "
                "comparable with rows that are not.",
                RERANKED,
            )
        )
    single = [row.label for row in group.rows if len(row.runs) == 1]
    if single:
        notes.append(Note(f"One seed only, so no ± and no spread over seeds in the interval: {listed(single)}."))
    few = [row.label for row in group.rows if row.average_precision is not None and row.average_precision.skipped.all()]
    if few:
        notes.append(Note(f"No query counts, so the mAP has no meaning: {listed(few)}."))
    return notes + _missing(group)


def _missing(group: BenchmarkRows) -> list[Note]:
    return [
        Note(
            f"Not finished: “{row.label}” on {group.benchmark}, "
            f"{'seed' if len(row.missing_seeds) == 1 else 'seeds'} {listed([str(seed) for seed in row.missing_seeds])}."
        )
        for row in group.rows
        if row.missing_seeds
    ]
