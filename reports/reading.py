"""How to read a report, in plain words."""

from __future__ import annotations

from harness.statistics import RESAMPLES

from .formats import LEVEL_TEXT

READING: tuple[tuple[str, str], ...] = (
    (
        "The task",
        "Given a picture of a person or a vehicle (the query), taken at once in visible light (RGB), near infrared (NIR) and "
        "thermal infrared (TIR), find the same one in a collection taken by other cameras (the gallery). A method sorts the "
        "gallery by how near each entry is to the query.",
    ),
    (
        "R1, R5, R10",
        "Share of queries with a right entry among the first 1, 5 or 10. R1 asks only for the easiest match.",
    ),
    (
        "mAP",
        "Mean average precision: for each query, how far up all of its right entries stand (100 % where they all come first), "
        "averaged over queries.",
    ),
    (
        "mINP",
        "Mean inverse negative penalty: how deep one has to go until the last right entry is found. "
        "It is about the hardest match.",
    ),
    (
        "±",
        "Standard deviation over training runs that differ in their seed alone. A row with one seed has none: how much another "
        "training run would differ is then not known.",
    ),
    (
        "Interval",
        f"{LEVEL_TEXT} percentile interval. The identities of the test set and the seeds of the row are drawn again with "
        f"replacement {RESAMPLES:,} times; the interval holds the middle {LEVEL_TEXT} of what comes out. Identities are drawn, "
        "not queries, since queries of one identity resemble each other. With two or three seeds it is still somewhat narrow.",
    ),
    (
        "Δ mAP, resolved and not resolved",
        "Difference to the reference row on the same queries. Where its interval contains 0 the difference is not resolved: "
        "this many identities and seeds cannot tell which of the two is better, which does not mean that they are equal. "
        "Resolved differences are in bold. Among many comparisons some are resolved by chance.",
    ),
    (
        "Epoch",
        "Which epoch of training is tested. “last” and “best on validation” never look at the test set. “best on test” (†) "
        "picks the epoch by the test result itself, which is always too good; papers often do this without saying so.",
    ),
    (
        "Cost",
        "Parameters are what is trained. MACs are multiply-adds for one sample with all its modalities, attention products "
        "counted, so that methods compare like for like; the published column follows each method's own paper. Speed depends "
        "on the device; ‡ marks a CPU.",
    ),
    (
        "Skipped queries and ties",
        "A query is skipped where the protocol leaves it no right entry in the gallery. Tied positives are right entries with "
        "exactly the similarity of a wrong one, so that their order is arbitrary; many of them point to a degenerate "
        "embedding.",
    ),
)
"""Terms with what they mean, in their order on a page."""
