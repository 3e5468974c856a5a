import json

import pytest

from benchmarks.captions.annotators.base import AnnotationFailed, AnnotatorStopped, Answer, Usage
from benchmarks.captions.annotators.chat import NotAsked
from benchmarks.captions.annotators.outcomes import Tally, attempt, outcome_of
from benchmarks.captions.schema.attribute import ImageKey, Observed
from benchmarks.common.errors import InputError

KEY = ImageKey("train", "RGB", "a.png")
PAID, ESTIMATE = Usage(1, 2, 3.0, 1), Usage(5, 5, 5.0, 1)


def raising(error):
    def act():
        raise error

    return act


@pytest.mark.parametrize(
    ("act", "kind", "reason", "usage", "stopped"),
    [
        (lambda: ("text", PAID), "done", "", PAID, None),
        (raising(AnnotationFailed("empty", PAID)), "failed", "empty", PAID, None),
        (raising(AnnotatorStopped("no")), "not asked", "not asked, as the annotator had stopped: no", Usage(), "no"),
        (raising(NotAsked()), "not asked", "not asked yet", ESTIMATE, None),
    ],
)
def test_an_attempt_always_has_an_outcome(act, kind, reason, usage, stopped):
    outcome = attempt(KEY, "a", act, lambda: ESTIMATE)
    assert (outcome.kind, outcome.reason, outcome.usage, outcome.stopped) == (kind, reason, usage, stopped)
    assert outcome.record == ("text" if kind == "done" else "")


def test_what_concerns_the_job_is_no_outcome():
    with pytest.raises(InputError, match="disk"):
        attempt(KEY, "a", raising(InputError("disk full")), Usage)


class Fixed:
    name, version = "fixed", "1"

    def annotate(self, key, image):
        image()
        return Answer({"hat": Observed(value="café", confidence=0.25, annotator="fixed")}, PAID)


def test_the_record_of_an_image_that_is_done():
    outcome = outcome_of(Fixed(), (KEY, lambda: b""))
    assert json.loads(outcome.record) == {
        **{"split": "train", "modality": "RGB", "item": "a.png", "annotator": "fixed", "status": "done"},
        "attributes": {"hat": {"value": "café", "confidence": 0.25}},
    }


@pytest.mark.parametrize("error", [InputError("/home/me/a.png: broken"), FileNotFoundError("/home/me/a.png")])
def test_the_record_of_an_image_that_cannot_be_read_names_no_path(error):
    def read():
        raise error

    record = json.loads(outcome_of(Fixed(), (KEY, read)).record)
    assert record["status"] == "failed" and record["reason"] == f"the image cannot be read ({type(error).__name__})"


def test_a_tally_adds_up():
    tally = Tally("a", "v", 3)
    for act in (lambda: ("", PAID), raising(AnnotationFailed("x", PAID)), raising(AnnotatorStopped("no"))):
        tally = tally.with_outcome(attempt(KEY, "a", act, Usage))
    assert (tally.done, tally.failed, tally.not_asked, tally.stopped) == (1, 1, 1, "no")
    assert tally.usage == Usage(2, 4, 6.0, 2)
