"""Three steps of work on a row of items, the outer two beside the middle one.

The middle step is the one that keeps the processor's cores (or a GPU) busy outside Python's lock;
what comes before and after it is done meanwhile, in one other thread, for the item behind and the
item ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, TypeVar

A = TypeVar("A")
B = TypeVar("B")
C = TypeVar("C")
D = TypeVar("D")


def overlapped(
    items: Iterable[A],
    *,
    before: Callable[[A], B],
    middle: Callable[[B], C],
    after: Callable[[C], D],
) -> Generator[D, None, None]:
    """Yield ``after(middle(before(item)))`` of each item, in order.

    Items are read in the calling thread, and the middle step is done there; at most three are held.
    An item is handed out once the middle step of the next one is done, or there is no next one.

    Args:
        items: Read one item further than the middle step is: who waits for the result of an item
            before giving the next one waits for ever.
        before: Done in the other thread.
        middle: Done in the calling thread.
        after: Done in the other thread.

    Raises:
        Exception: Whatever reading or a step raises, once all items before it have been yielded.
    """
    row = iter(items)
    coming: Future[B] | None = None
    leaving: Future[D] | None = None
    failure: Exception | None = None
    todo: SimpleQueue[tuple[Future[Any], Callable[[Any], Any], Any] | None] = SimpleQueue()

    def submit(step: Callable[[Any], Any], item: object) -> Future[Any]:
        future: Future[Any] = Future()
        todo.put((future, step, item))
        return future

    def following() -> Future[B] | None:
        for item in row:
            return submit(before, item)
        return None

    # A daemon: an interrupted program does not wait for what nobody will read.
    Thread(target=_work, args=(todo,), name="overlapped", daemon=True).start()
    try:
        try:
            coming = following()
            while coming is not None:
                ready, coming = coming.result(), None
                try:
                    coming = following()
                except Exception as error:
                    # What was read before it is still good.
                    failure = error
                done = middle(ready)
                if leaving is not None:
                    passed, leaving = leaving, None
                    yield passed.result()
                    del passed
                leaving = submit(after, done)
        except Exception as error:
            failure = error
        if leaving is not None:
            yield leaving.result()
    finally:
        # Nobody waits for what is under way, and what has not begun is not begun.
        for future in (coming, leaving):
            if future is not None:
                future.cancel()
        todo.put(None)
    if failure is not None:
        try:
            raise failure
        finally:
            # It refers to this frame, and with it to the items.
            del failure


def _work(todo: SimpleQueue[tuple[Future[Any], Callable[[Any], Any], Any] | None]) -> None:
    while (task := todo.get()) is not None:
        future, step, item = task
        if future.set_running_or_notify_cancel():
            try:
                future.set_result(step(item))
            except BaseException as error:
                future.set_exception(error)
        del task, future, step, item
