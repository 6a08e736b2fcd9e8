"""What a run says while it works: a bar on a terminal, a line now and then elsewhere.

A run calls `Progress.show` after each article and at each change of stage.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, SpinnerColumn, TaskProgressColumn, TextColumn
from rich.progress import Progress as Bar
from rich.table import Column

_LINE_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
    """Where a run stands.

    Attributes:
        stage: ``"starting"``, ``"learning"``, ``"reading"``, then over and over ``"cleaning"``,
            ``"translating"``,
            ``"summarising"``; ``"finishing"`` after Ctrl-C; ``"writing"``, ``"ended"``.
        done: Articles that came out of the pipeline, those with an error among them.
        failed: Of these, those with an error.
        flagged: Of these, those with a flag and no error.
        skipped: Articles that an earlier run had done.
        sentences: Sentences translated.
        seconds: Since the run began.
        rate: Sentences per second of work.
        fraction: Of the input's bytes, how much is done; None if that is not known.
        eta: Seconds of work left; None if that is not known.
    """

    stage: str
    done: int = 0
    failed: int = 0
    flagged: int = 0
    skipped: int = 0
    sentences: int = 0
    seconds: float = 0.0
    rate: float = 0.0
    fraction: float | None = None
    eta: float | None = None

    def __str__(self) -> str:
        """One line for people."""
        parts = [f"{self.done:,} articles"]
        if self.failed:
            parts.append(f"{self.failed:,} failed")
        if self.flagged:
            parts.append(f"{self.flagged:,} to check")
        if self.skipped:
            parts.append(f"{self.skipped:,} done before")
        if self.sentences:
            parts.append(f"{self.rate:,.1f} sentences/s")
        if self.eta is not None and self.stage != "ended":
            parts.append(f"{timedelta(seconds=round(self.eta))} left")
        stage = self.stage
        if stage == "finishing":
            stage = "finishing what was begun (Ctrl-C again stops at once)"
        return f"{stage}: {', '.join(parts)}"


class Progress(Protocol):
    """Shows where a run stands."""

    def show(self, snapshot: Snapshot, /) -> None:
        """Called often; must be quick and must not raise."""


class Silent:
    """Shows nothing."""

    def show(self, _snapshot: Snapshot, /) -> None:
        """Nothing."""


class Lines:
    """A line when the work begins and ends and every half minute, for logs.

    Args:
        console: Where to, normally standard error.
        seconds: Time between lines.
    """

    def __init__(self, console: Console, *, seconds: float = _LINE_SECONDS) -> None:
        self._console = console
        self._seconds = seconds
        self._last = time.monotonic()
        self._stage = ""

    def show(self, snapshot: Snapshot, /) -> None:
        """Write a line if it is time."""
        now = time.monotonic()
        turn = snapshot.stage != self._stage and snapshot.stage in ("finishing", "ended")
        if turn or now - self._last >= self._seconds:
            self._stage, self._last = snapshot.stage, now
            self._console.print(str(snapshot), markup=False, highlight=False, soft_wrap=True)


class Terminal:
    """A bar that stays in place.

    Args:
        bar: With a column for the description of its task.
    """

    def __init__(self, bar: Bar) -> None:
        self._bar = bar
        self._task = bar.add_task("starting", total=None)

    def show(self, snapshot: Snapshot, /) -> None:
        """Set what is drawn; rich itself decides how often it is."""
        self._bar.update(
            self._task,
            description=str(snapshot),
            total=None if snapshot.fraction is None else 1.0,
            completed=snapshot.fraction or 0.0,
        )


@contextmanager
def open_progress(console: Console) -> Iterator[Progress]:
    """A bar if `console` is a terminal, lines now and then if not; gone after the block."""
    if not console.is_terminal:
        yield Lines(console)
        return
    # One line even on a narrow terminal: a bar that wraps cannot be redrawn in place.
    one_line = Column(no_wrap=True, overflow="ellipsis")
    text = TextColumn("{task.description}", markup=False, table_column=one_line)
    bar_column = BarColumn(bar_width=20)
    with Bar(
        SpinnerColumn(), bar_column, TaskProgressColumn(), text, console=console, transient=True
    ) as bar:
        yield Terminal(bar)
