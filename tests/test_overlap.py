"""Two items under way at a time, results in order, errors in their place."""

import threading
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.overlap import overlapped


def wait_for_threads() -> None:
    for thread in threading.enumerate():
        if thread.name.endswith("(work)"):
            thread.join(30)
            assert not thread.is_alive()


@settings(deadline=None)
@given(items=st.lists(st.integers(), max_size=20))
def test_results_come_in_order(items: list[int]) -> None:
    assert list(overlapped(lambda item: item * 2, items)) == [item * 2 for item in items]


def test_two_are_under_way_and_no_more() -> None:
    together = threading.Barrier(2, timeout=30)
    lock = threading.Lock()
    running = most = 0

    def work(item: int) -> int:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        together.wait()  # ends only if another one comes here meanwhile
        with lock:
            running -= 1
        return item

    assert list(overlapped(work, range(6))) == list(range(6))
    assert most == 2


def test_a_single_item_needs_no_thread() -> None:
    [thread] = overlapped(lambda _: threading.current_thread(), ["one"])
    assert thread is threading.current_thread()


def test_an_error_comes_in_its_place_and_nothing_more_is_begun() -> None:
    gate = threading.Event()
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item == 3:
            raise MemoryError("no memory left")
        if item > 3:
            gate.wait(30)
        return item

    results: Iterator[int] = overlapped(work, range(1000))
    assert [next(results) for _ in range(3)] == [0, 1, 2]
    with pytest.raises(MemoryError, match="no memory left"):
        next(results)
    gate.set()
    wait_for_threads()
    assert len(begun) <= 6


def test_a_caller_that_stops_listening_stops_the_work() -> None:
    gate = threading.Event()
    begun: list[int] = []

    def work(item: int) -> int:
        begun.append(item)
        if item:
            gate.wait(30)
        return item

    results = overlapped(work, range(100))
    assert next(results) == 0
    results.close()  # type: ignore[attr-defined] # it is a generator
    gate.set()
    wait_for_threads()
    assert len(begun) <= 4
