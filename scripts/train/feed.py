"""Rounds of batches drawn ahead of the training, in worker processes, so that it never waits."""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from typing import Generic, Protocol, TypeVar

Batch = TypeVar("Batch")
Drawn_co = TypeVar("Drawn_co", covariant=True)


class Rounds(Protocol[Drawn_co]):
    """Draws the batches of a round: the same arguments always give the same batches."""

    def round(self, number: int, *, progress: float) -> Sequence[Drawn_co]:
        """Return the batches of round `number` at `progress` (0 to 1) of the run."""


_rounds: Rounds[object] | None = None


def _begin(make: Callable[[], Rounds[object]]) -> None:
    global _rounds  # noqa: PLW0603 - the one object of a worker process
    _rounds = make()


def _draw(number: int, progress: float) -> Sequence[object]:
    assert _rounds is not None
    return _rounds.round(number, progress=progress)


class Feed(Generic[Batch]):
    """Draws rounds here, or ahead of time in processes of their own.

    Args:
        make: Makes the mixture; picklable where there are workers.
        workers: Processes; 0 draws in this one, when asked.
    """

    def __init__(self, make: Callable[[], Rounds[Batch]], *, workers: int = 0) -> None:
        self.ahead = 2 * workers
        self._pool: ProcessPoolExecutor | None = None
        self._drawn: dict[tuple[int, float], Future[Sequence[object]]] = {}
        self._here: Rounds[Batch] | None = None
        if workers:
            # A fork server is free of this process's CUDA context and threads. What takes long to
            # import is imported once, not in each worker.
            multiprocessing.set_forkserver_preload(["torch", "transformers"])
            self._pool = ProcessPoolExecutor(
                workers,
                mp_context=multiprocessing.get_context("forkserver"),
                initializer=_begin,
                initargs=(make,),
            )
        else:
            self._here = make()

    def want(self, number: int, *, progress: float) -> None:
        """Begin to draw a round that will be asked for."""
        key = (number, progress)
        if self._pool is not None and key not in self._drawn:
            self._drawn[key] = self._pool.submit(_draw, number, progress)

    def round(self, number: int, *, progress: float) -> Sequence[Batch]:
        """Return a round, waiting for it if need be; earlier ones are forgotten."""
        if self._here is not None:
            return self._here.round(number, progress=progress)
        self.want(number, progress=progress)
        batches = self._drawn.pop((number, progress)).result()
        self._drawn = {key: future for key, future in self._drawn.items() if key[0] > number}
        return batches  # type: ignore[return-value] # the worker's mixture is of this kind

    def close(self) -> None:
        """End the worker processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)
