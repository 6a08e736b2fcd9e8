"""Two threads work through a list: one computes in the engine while the other prepares or checks.

The engine's calls take turns and hold no Python lock, so that what Python does before and after one
of them (cleaning, splitting, checks) costs no time of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import Final, TypeVar

T = TypeVar("T")
R = TypeVar("R")

_THREADS: Final = 2


def overlapped(function: Callable[[T], R], items: Sequence[T]) -> Iterator[R]:
    """Yield the function's results in the order of the items, two of which are under way at a time.

    A single item is worked on in the caller's own thread.

    Raises:
        BaseException: What the function raised, in the place of its result. What is under way then
            is left to end unheard, and no other item is begun.
    """
    if len(items) == 1:
        yield function(items[0])
        return
    futures: list[Future[R]] = [Future() for _ in items]
    waiting = iter(zip(items, futures, strict=True))
    lock = Lock()
    abandoned = False

    def work() -> None:
        while True:
            with lock:
                item, future = (None, None) if abandoned else next(waiting, (None, None))
            if future is None:
                return
            try:
                future.set_result(function(item))  # type: ignore[arg-type] # there is an item
            except BaseException as error:
                future.set_exception(error)

    # Daemons: an interrupted program does not wait for what nobody will read.
    for _ in range(min(_THREADS, len(items))):
        Thread(target=work, daemon=True).start()
    try:
        for future in futures:
            yield future.result()
    finally:
        with lock:
            abandoned = True
