"""Iterators side by side."""

import threading
from collections.abc import Iterator

import pytest

from pipeline.engine.threads import together


def test_everything_comes_once() -> None:
    sources = [lambda first=first: iter(range(first, 30, 3)) for first in range(3)]
    assert sorted(together(sources)) == list(range(30))


def test_they_do_run_at_the_same_time() -> None:
    meet = threading.Barrier(2, timeout=30)

    def wait() -> Iterator[int]:
        yield meet.wait()

    assert sorted(together([wait, wait])) == [0, 1]


def test_an_error_reaches_the_caller_and_stops_the_others() -> None:
    stopped = threading.Event()

    def fail() -> Iterator[int]:
        yield 1
        raise OSError("the disk is gone")

    def go_on() -> Iterator[int]:
        try:
            while True:
                yield 2
        finally:
            stopped.set()

    with pytest.raises(OSError, match="disk is gone"):
        for _ in together([fail, go_on]):
            pass
    assert stopped.wait(30)


def test_a_caller_that_stops_listening_leaves_no_thread_behind() -> None:
    def go_on() -> Iterator[int]:
        while True:
            yield 1

    before = threading.active_count()
    listening = together([go_on, go_on])
    assert next(listening) == 1
    assert isinstance(listening, Iterator)
    listening.close()  # type: ignore[attr-defined]
    assert threading.active_count() == before
