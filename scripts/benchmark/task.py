"""What travels between the driving process and its workers: plain values, no torch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a subject runs.

    Attributes:
        device: ``"cpu"`` or ``"cuda"``.
        threads: CPU threads, whatever the subject makes of them.
    """

    device: str
    threads: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """One case: what all subjects are to decode, and how.

    Attributes:
        sequences: Source ids of each input.
        beams: 1 is greedy search.
        max_new_tokens: The most ids of an output, its end included.
        min_new_tokens: The fewest ids before the end.
        search: Other settings, under HF's names.
    """

    sequences: Sequence[Sequence[int]]
    beams: int
    max_new_tokens: int
    min_new_tokens: int = 0
    search: Mapping[str, Any]


Setting = Mapping[str, Any]
"""What a subject may choose for itself, such as its batch size; part of every report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Output:
    """What came out of one turn.

    Attributes:
        outputs: Position of an input to the ids of its best hypothesis, without start, end and
            padding. Not all positions, if only a sample was decoded.
        seconds: Wall time from ids to ids.
        peak_bytes: Most memory resident meanwhile (on a GPU: allocated on it); None if unknown.
    """

    outputs: Mapping[int, Sequence[int]]
    seconds: float
    peak_bytes: int | None

    @property
    def tokens(self) -> int:
        """Output tokens, ends of sequence not counted."""
        return sum(map(len, self.outputs.values()))

    @property
    def rate(self) -> float:
        """Output tokens per second."""
        return self.tokens / self.seconds


class Subject(Protocol):
    """One program under measurement, loaded in a process of its own."""

    def settings(self, task: Task, *, quick: bool) -> list[Setting]:
        """The settings worth trying on a task; the first is what one gets without trying."""
        ...

    def run(self, task: Task, setting: Setting, *, sample: int) -> Mapping[int, Sequence[int]]:
        """Decode a task.

        Args:
            task: What to decode.
            setting: One of `settings`.
            sample: Decode one in so many of the batches; 1 decodes all.

        Returns:
            As `Output.outputs`.
        """
        ...
