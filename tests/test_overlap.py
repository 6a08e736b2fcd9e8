from collections.abc import Iterator
from contextlib import nullcontext
from threading import Event, current_thread
from threading import enumerate as enumerate_threads
from weakref import WeakSet

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.overlap import overlapped

STEPS = ("read", "before", "middle", "after")


class BrokenError(Exception):
    pass


@settings(deadline=None)
@given(st.integers(0, 8), st.sampled_from([None, *STEPS]), st.integers(0, 7))
def test_it_is_the_three_steps_one_after_the_other(count: int, bad: str | None, at: int) -> None:
    def step(name: str, item: int) -> int:
        if name == bad and item // 10 == at:
            raise BrokenError
        return item

    def items() -> Iterator[int]:
        for item in range(count):
            yield step("read", 10 * item)

    found: list[int] = []
    fails = bad is not None and at < count

    def collect() -> None:
        results = overlapped(
            items(),
            before=lambda item: step("before", item) + 1,
            middle=lambda item: step("middle", item) + 2,
            after=lambda item: step("after", item) + 4,
        )
        for item in results:
            found.append(item)  # noqa: PERF402 - what came before a failure counts

    with pytest.raises(BrokenError) if fails else nullcontext():
        collect()
    assert found == [10 * item + 7 for item in range(at if fails else count)]


def test_the_outer_steps_are_done_beside_the_middle_one() -> None:
    cleaned, summarised = Event(), Event()

    def before(item: int) -> int:
        if item == 2:
            cleaned.set()
        return item

    def middle(item: int) -> int:
        # Neither comes until another thread has done it, while this step is under way.
        if item == 1:
            assert cleaned.wait(10)
            assert summarised.wait(10)
        return item

    def after(item: int) -> int:
        if item == 0:
            summarised.set()
        return item

    assert list(overlapped(range(4), before=before, middle=middle, after=after)) == [0, 1, 2, 3]


def test_items_are_read_in_the_calling_thread_one_ahead() -> None:
    read: list[int] = []

    def items() -> Iterator[int]:
        for item in range(9):
            read.append(item)
            yield item

    threads: dict[str, set[str]] = {"middle": set(), "other": set()}

    def note(kind: str, item: int) -> int:
        threads[kind].add(current_thread().name)
        if kind == "middle":
            assert read == list(range(min(item + 2, 9)))
        return item

    list(
        overlapped(
            items(),
            before=lambda item: note("other", item),
            middle=lambda item: note("middle", item),
            after=lambda item: note("other", item),
        )
    )
    assert threads["middle"] == {current_thread().name}
    assert len(threads["other"]) == 1
    assert threads["other"].isdisjoint(threads["middle"])


def test_whoever_stops_listening_gets_no_more_work_done() -> None:
    begun, may_end = Event(), Event()
    done: list[tuple[str, int]] = []

    def before(item: int) -> int:
        done.append(("before", item))
        if item == 2:
            begun.set()
            assert may_end.wait(10)
        return item

    def middle(item: int) -> int:
        if item == 1:
            assert begun.wait(10)
        return item

    def after(item: int) -> int:
        done.append(("after", item))
        return item

    others = set(enumerate_threads())
    results = overlapped(range(100), before=before, middle=middle, after=after)
    # Item 1 is through the middle step when item 0 comes; item 2 is being prepared by then.
    assert next(results) == 0
    [side] = [thread for thread in enumerate_threads() if thread not in others]
    # Closing waits for nothing that is under way.
    results.close()
    assert side.is_alive()
    may_end.set()
    side.join(10)
    assert not side.is_alive()
    assert done == [("before", 0), ("before", 1), ("after", 0), ("before", 2)]


def test_no_more_than_three_items_are_held() -> None:
    class Item:
        pass

    alive: WeakSet[Item] = WeakSet()

    def items() -> Iterator[Item]:
        for _ in range(8):
            item = Item()
            alive.add(item)
            yield item
            del item

    most = 0

    def middle(item: list[Item]) -> list[Item]:
        nonlocal most
        most = max(most, len(alive))
        return item

    for item in overlapped(items(), before=lambda item: [item], middle=middle, after=lambda i: i):
        assert item
        del item
    assert 2 <= most <= 3
