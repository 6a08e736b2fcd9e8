"""Three steps of work on a row of items, the outer two beside the middle one.

The middle step is the one that keeps the processor's cores (or a GPU) busy outside Python's lock;
what comes before and after it is done meanwhile, in one other thread, for the item behind and the
item ahead.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

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

    Args:
        items: Read one item further than the middle step is.
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
    side = ThreadPoolExecutor(1, thread_name_prefix="overlapped")
    try:
        try:
            for item in row:
                coming = side.submit(before, item)
                break
            while coming is not None:
                ready, coming = coming.result(), None
                try:
                    for item in row:
                        coming = side.submit(before, item)
                        break
                except Exception as error:
                    # What was read before it is still good.
                    failure = error
                done = middle(ready)
                if leaving is not None:
                    passed, leaving = leaving, None
                    yield passed.result()
                leaving = side.submit(after, done)
        except Exception as error:
            failure = error
        if leaving is not None:
            yield leaving.result()
    finally:
        # Whoever stops listening does not wait for what has not begun.
        side.shutdown(cancel_futures=True)
    if failure is not None:
        raise failure
