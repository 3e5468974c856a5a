from collections import Counter

import pytest

from benchmarks.captions.annotators.base import Usage
from benchmarks.captions.annotators.job import JobSummary
from benchmarks.captions.annotators.outcomes import Tally
from benchmarks.captions.generation.compose_job import Composed
from benchmarks.captions.schema.attribute import ImageKey
from harness.captions.report import caption_report

TALLY = Tally("a", "1", images=3, done=2, failed=1, usage=Usage(10, 5, 0.5, 3))
SUMMARY = JobSummary((TALLY,), {"a": Counter({"a refusal": 1})}, None)
KEYS = [ImageKey(split, modality, "1.jpg") for split, modality in (("test", "TIR"), ("train", "NIR"), ("train", "RGB"))]


def test_a_report_counts_by_file_in_the_published_order():
    composed = Composed(dict.fromkeys(KEYS, "A person."), {ImageKey("test", "RGB", "2.jpg"): "a: a refusal"}, 0, None)
    report = caption_report("rgbnt201", 4, SUMMARY, composed)
    assert list(report.captions.items()) == [("train_RGB.json", 1), ("train_NI.json", 1), ("test_TI.json", 1)]
    assert report.failed == {"test RGB 2.jpg": "a: a refusal"}
    (row,) = report.annotators
    assert (row.done, row.failed, row.input_tokens, row.output_tokens, row.cost) == (2, 1, 10, 5, 0.5)
    assert row.reasons == {"a refusal": 1}


@pytest.mark.parametrize(("failed", "lost", "complete"), [({}, 0, True), ({KEYS[0]: "a"}, 0, False), ({}, 1, False)])
def test_complete_is_where_nothing_lacks(failed, lost, complete):
    assert caption_report("rgbnt201", 4, None, Composed({}, failed, lost, None)).complete is complete


def test_a_dry_run_is_complete_and_has_no_captions():
    report = caption_report("rgbnt201", 4, SUMMARY, None)
    assert (report.dry_run, report.complete, report.captions) == (True, True, {})
