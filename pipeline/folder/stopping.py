"""Ctrl-C in two steps: the first asks the run to stop at a good moment, the second stops it now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from types import FrameType, TracebackType
from typing import Self, TypeVar

T = TypeVar("T")


class Stop:
    """While open, SIGINT and SIGTERM set `asked`; a second one raises `KeyboardInterrupt`.

    Outside the main thread, where Python delivers no signals, nothing is changed.

    Args:
        on_asked: Called within the signal's handler, to tell at once that it was heard.
    """

    def __init__(self, on_asked: Callable[[], None]) -> None:
        self.asked = False
        self._on_asked = on_asked
        self._waiting = False
        self._before: dict[signal.Signals, object] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                # An ignored SIGINT (nohup, a background job) stays ignored.
                if signal.getsignal(number) is not signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._on_signal)
        return self

    def __exit__(
        self, _k: type[BaseException] | None, _e: BaseException | None, _t: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)  # type: ignore[arg-type]
        self._before.clear()

    def next_of(self, items: Iterator[T]) -> T | None:
        """The next item, or None at the end or, from then on useless, if a signal broke it off.

        Waiting for input may take for ever, and is safe to break off: nothing is in flight in it.
        """
        try:
            self._waiting = threading.current_thread() is threading.main_thread()
            item = next(items, None)
            self._waiting = False
        except KeyboardInterrupt:
            self._waiting = False
            if not self.asked:
                raise
            return None
        return item

    def _on_signal(self, _number: int, _frame: FrameType | None) -> None:
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True
        # Python refuses to write to a stream in a handler that interrupted a write to it.
        with suppress(RuntimeError):
            self._on_asked()
        if self._waiting:
            raise KeyboardInterrupt
