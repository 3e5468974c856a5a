"""Progress of a suite: bars on a terminal, plain lines otherwise."""

from __future__ import annotations

from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from .executors import Event


class SuiteProgress:
    """Shows events of runs, and keeps count of how they ended.

    Args:
        console: where to show; bars are drawn where it is a terminal.
        total: number of runs.
    """

    def __init__(self, console: Console, total: int) -> None:
        self.console = console
        self.total = total
        self.ended = 0
        self.input_errors: list[str] = []
        self.failures: list[str] = []
        self._bars = Progress(
            TextColumn("{task.description}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeElapsedColumn(),
            TextColumn("{task.fields[text]}", style="dim"),
            console=console,
            disable=not console.is_terminal,
        )
        self._overall = self._bars.add_task("all runs", total=total, text="")
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> SuiteProgress:
        self._bars.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._bars.stop()

    def __call__(self, event: Event) -> None:
        """Show an event."""
        name = event.task.plan.shown
        if event.kind == "progress":
            bar = self._tasks.get(event.task.run_id)
            if bar is None:
                bar = self._tasks[event.task.run_id] = self._bars.add_task(name, total=None, text="")
            if event.phase == "train":
                self._bars.update(bar, completed=event.done, total=event.total, text=event.text)
            else:
                self._bars.update(bar, text=f"{event.phase} {event.text}".strip())
            return
        self.ended += 1
        bar = self._tasks.pop(event.task.run_id, None)
        if bar is not None:
            self._bars.remove_task(bar)
        self._bars.update(self._overall, completed=self.ended)
        line = f"[{self.ended}/{self.total}] {name}: {event.text}"
        if event.kind == "finished":
            self.console.print(line, markup=False, highlight=False)
        else:
            (self.input_errors if event.kind == "input error" else self.failures).append(f"{name}: {event.text}")
