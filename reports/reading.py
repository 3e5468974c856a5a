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
        "Resolution: seed noise, identities, detectable difference",
        "How small a difference a table can tell from chance. Seed noise is how far the mAP of one row, or its difference to "
        "the reference on the same seeds, moves from one training run to the next. A difference of 1 point at 3 seeds means "
        "little where the noise of the difference is 1 point: with 3 seeds one can then count on finding a true difference of "
        "about 3 points, with 10 seeds of about 1. The detectable difference says this for each row: what a paired t test over "
        "so many seeds finds in four of five repetitions. A smaller true difference is often missed, and where it is found it "
        "looks larger than it is. More seeds do not help against the choice of test identities; the ± of identities says how "
        "much that is.",
    ),
    (
        "Degrees of freedom",
        "How many values stand behind a noise: seeds less one, added over rows. From 2 of them (one row, three seeds) a noise "
        "may well be half or twice what it seems. Rows that share a reference share its luck, so their sum is an upper bound.",
    ),
    (
        "Draws",
        "An embedded benchmark can be made again with other identities, cameras and moments. Draw noise is how far a "
        "difference moves from draw to draw beyond what seeds explain. A finding that holds over draws is about the kind of "
        "benchmark, not about one set of identities; more seeds on one draw cannot show that.",
    ),
    (
        "Convergence, late gain",
        "What a row still gained in the last part of training. Where that is more than its noise, training was cut short, and "
        "the order of the rows may change with longer training.",
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
        "Efficiency tables",
        "Every row measured by itself, one after the other, on one device. × is how many times the figure of the reference "
        "row: above 1 is faster for triplets and images a second, and more for all else. Printed speeds of papers stand apart: "
        "they are of another device, batch and precision.",
    ),
    (
        "Skipped queries and ties",
        "A query is skipped where the protocol leaves it no right entry in the gallery. Tied positives are right entries with "
        "exactly the similarity of a wrong one: they count as ranked behind it. Many of them point to a degenerate embedding.",
    ),
    (
        "Re-ranked (§)",
        "The ranking was re-ordered by k-reciprocal neighbours, which are looked for among all queries and the whole gallery "
        "at once. That raises mAP and is another task than a search for one query: compare such rows with each other alone.",
    ),
)
"""Terms with what they mean, in their order on a page."""
