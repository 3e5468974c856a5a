import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from harness.executors import Event, Task
from harness.progress import SuiteProgress


def task(label="next [bold]", seed=0):
    return Task(SimpleNamespace(shown=f"{label} on rgbnt201, seed {seed}"), f"{label} {seed}")


def show(*events, total=2, **options):
    out = io.StringIO()
    with SuiteProgress(Console(file=out, width=120, **options), total) as progress:
        for event in events:
            progress(event)
    return progress, out.getvalue()


STORY = [
    Event(task(), "progress", "train", 1, 2, "loss 1.234"),
    Event(task(seed=1), "progress", "train", 1, 2, "loss 2.345"),
    Event(task(), "progress", "test"),
    Event(task(), "finished", text="mAP 12.3"),
    Event(task(seed=1), "failed", text="RuntimeError: x"),
]


def test_plain_lines_where_there_is_no_terminal():
    progress, out = show(*STORY)
    assert out == "[1/2] next [bold] on rgbnt201, seed 0: mAP 12.3\n"
    assert progress.failures == ["next [bold] on rgbnt201, seed 1: RuntimeError: x"]
    assert progress.input_errors == []
    assert progress.ended == 2


def test_bars_on_a_terminal():
    _, out = show(*STORY, force_terminal=True)
    assert "all runs" in out
    assert "2/2" in out
    assert "loss" in out
    assert "mAP 12.3" in out


def test_the_bar_of_a_run_says_which_condition_is_tested():
    progress, _ = show(STORY[0], Event(task(), "progress", "test", 1, 6, "M(NIR)"))
    assert progress._bars.tasks[-1].fields["text"] == "test M(NIR)"
    progress(Event(task(), "progress", "profile"))
    assert progress._bars.tasks[-1].fields["text"] == "profile"


@pytest.mark.parametrize("terminal", [True, False])
def test_a_run_that_ends_before_it_told_anything_counts(terminal):
    event = Event(task(), "input error", text="another process is working on this run")
    progress, _ = show(event, total=1, force_terminal=terminal)
    assert progress.ended == 1
    assert progress.input_errors == ["next [bold] on rgbnt201, seed 0: another process is working on this run"]
