"""From a stream of inputs to a stream of results: windows, duplicates, batches, and memory.

A window of inputs is read, equal ones are merged, and the rest is cut into batches. Results are
passed on as rows finish. A batch that does not fit into memory is cut in two and tried again
without the rows that had already finished, and no later batch is made that large.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from threading import Lock

import torch

from pipeline.engine.batching import plan, row_cost
from pipeline.engine.search import Hypothesis
from pipeline.engine.threads import together

Decode = Callable[[Sequence[Sequence[int]], Sequence[int]], Iterator[tuple[int, list[Hypothesis]]]]
"""Decodes one batch: the sources of its rows, and the numbers they are known by."""


class Scheduler:
    """Decides what is decoded together, and when.

    Args:
        decode: Decodes one batch.
        beams: Hypotheses per input.
        budget: The most ``rows x beams x longest`` of a batch.
        merge: Whether equal inputs are decoded once. They must not be when the caller's
            constraint depends on the input's index.
        workers: Threads that decode batches at the same time.

    Attributes:
        budget: As given, or half the smallest batch that did not fit.
    """

    def __init__(
        self, decode: Decode, *, beams: int, budget: int, merge: bool, workers: int = 1
    ) -> None:
        self._workers = workers
        self._lock = Lock()
        self._queue: deque[list[int]] = deque()
        self._decode = decode
        self._beams = beams
        self._merge = merge
        self.budget = budget

    def stream(
        self, sequences: Iterable[Sequence[int]], *, window: int
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Decode inputs window by window.

        Args:
            sequences: The inputs. No more than ``window`` are read ahead of the results.
            window: How many inputs are sorted and batched together.

        Yields:
            The position of an input and its hypotheses, in the order in which they finish.
        """
        numbered = enumerate(sequences)
        while pending := list(islice(numbered, window)):
            yield from self._window(pending)

    def _window(
        self, pending: list[tuple[int, Sequence[int]]]
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        copies: dict[int, list[int]] = {}
        first: dict[tuple[int, ...], int] = {}
        unique: dict[int, Sequence[int]] = {}
        for index, ids in pending:
            leader = first.setdefault(tuple(ids), index) if self._merge else index
            copies.setdefault(leader, []).append(index)
            unique.setdefault(leader, ids)
        for leader, hypotheses in self._batches(unique):
            for index in copies[leader]:
                yield index, [Hypothesis(list(h.tokens), h.score) for h in hypotheses]

    def _batches(
        self, sequences: dict[int, Sequence[int]]
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        self._queue = deque(self._plan(sequences, list(sequences)))
        if self._workers == 1 or len(self._queue) == 1:
            yield from self._work(sequences)
            return
        yield from together([lambda: self._work(sequences)] * min(self._workers, len(self._queue)))

    def _work(self, sequences: dict[int, Sequence[int]]) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Decode batches of the queue until it is empty; several workers may share it."""
        while batch := self._next():
            left = dict.fromkeys(batch)
            try:
                for index, hypotheses in self._decode([sequences[i] for i in batch], batch):
                    del left[index]
                    yield index, hypotheses
                continue
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                if len(batch) == 1:
                    raise MemoryError(
                        f"input {batch[0]} ({len(sequences[batch[0]])} ids, {self._beams} beams) "
                        "does not fit into memory even alone: use fewer beams, a lower "
                        "max_length, or a smaller precision"
                    ) from error
            # Outside the handler: the exception holds the failed batch's tensors through its
            # traceback, and they must be gone before the next try.
            if torch.cuda.is_available():
                torch.cuda.empty_cache()
            longest = max(len(sequences[i]) for i in batch)
            cost = len(batch) * row_cost(longest, beams=self._beams)
            with self._lock:
                # Of the failed batch, not of the budget: when two workers fail together, the second
                # failure says nothing that the first did not.
                self.budget = max(1, min(self.budget, cost // 2))
                rest = [*left, *(index for waiting in self._queue for index in waiting)]
                self._queue = deque(self._plan(sequences, rest))

    def _next(self) -> list[int]:
        """Take the next batch; an empty one says that there is none."""
        with self._lock:
            return self._queue.popleft() if self._queue else []

    def _plan(self, sequences: dict[int, Sequence[int]], indices: list[int]) -> list[list[int]]:
        lengths = [len(sequences[index]) for index in indices]
        batches = plan(lengths, budget=self.budget, beams=self._beams, workers=self._workers)
        return [[indices[place] for place in batch] for batch in batches]


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error means that memory, of the GPU or the machine, ran out."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    text = str(error)
    return "DefaultCPUAllocator" in text or "out of memory" in text
