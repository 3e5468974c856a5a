"""Progress of a caption job: a bar for each annotator on a terminal, a line at each tenth of the images otherwise."""

from __future__ import annotations

import sys
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from benchmarks.captions.annotators.outcomes import Tally

_STEPS = 10


class CaptionProgress:
    """Shows how far each annotator is, on standard error.

    Args:
        quiet: show nothing where standard error is no terminal.
    """

    def __init__(self, quiet: bool) -> None:
        self._terminal = sys.stderr.isatty()
        self._lines = not self._terminal and not quiet
        columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        console = Console(stderr=True)
        text = TextColumn("{task.fields[text]}", style="dim")
        self._bars = Progress(*columns, text, console=console, disable=not self._terminal)
        self._tasks: dict[str, TaskID] = {}
        self._shown: dict[str, int] = {}

    def __enter__(self) -> CaptionProgress:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()

    def __call__(self, tally: Tally) -> None:
        """Show how far an annotator is."""
        ended = tally.done + tally.failed + tally.not_asked
        if self._terminal:
            if tally.annotator not in self._tasks:
                self._tasks[tally.annotator] = self._bars.add_task(tally.annotator, total=tally.images, text="")
            self._bars.update(self._tasks[tally.annotator], completed=ended, text=cost_text(tally))
        step = _STEPS * ended // tally.images
        if self._lines and step > self._shown.get(tally.annotator, 0):
            self._shown[tally.annotator] = step
            sys.stderr.write(f"{tally.annotator}: {ended} of {tally.images} images, {cost_text(tally)}\n")


def cost_text(tally: Tally) -> str:
    """Failures, tokens and cost in words."""
    usage = tally.usage
    failed = f"{tally.failed} failed, " if tally.failed else ""
    return f"{failed}{usage.input_tokens + usage.output_tokens:,} tokens, cost {usage.cost:.2f}"
