"""Several iterators run at the same time, each in a thread of its own.

Products run outside Python's lock, so on a CPU two threads with a batch each keep two cores busy.
They do so better than one batch spread over two cores, which must wait for both after each product.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from queue import SimpleQueue
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


class _Done:
    """The last thing a thread says: why it stopped, if not for lack of work."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def together(sources: Sequence[Callable[[], Iterator[T]]]) -> Iterator[T]:
    """Run iterators in threads and yield what they yield, as it comes.

    When one fails, or the caller stops listening, the others stop at their next item.

    Raises:
        BaseException: Whatever the first iterator that failed raised.
    """
    said: SimpleQueue[T | _Done] = SimpleQueue()
    stop = Event()

    def run(source: Callable[[], Iterator[T]]) -> None:
        error: BaseException | None = None
        try:
            for item in source():
                said.put(item)
                if stop.is_set():
                    break
        except BaseException as raised:
            error = raised
        said.put(_Done(error))

    # Daemons: an interrupted program does not wait for a batch that nobody will read.
    threads = [Thread(target=run, args=(source,), daemon=True) for source in sources]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            item = said.get()
            if not isinstance(item, _Done):
                yield item
                continue
            running -= 1
            if item.error is not None:
                raise item.error
    finally:
        stop.set()
        for thread in threads:
            thread.join()
