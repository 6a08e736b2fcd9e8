"""What is still to do: inputs read ahead within a window, merged if equal, longest first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from pipeline.engine.search import Hypothesis


class Backlog:
    """The inputs of one stream, from reading to result.

    Equal inputs are merged under the index of the first, by which the others here know it.

    Args:
        sequences: The inputs and the numbers the caller knows them by.
        window: The most inputs that are read and not yet answered.
        merge: Whether equal inputs are decoded once.
    """

    def __init__(
        self, sequences: Iterable[tuple[int, Sequence[int]]], *, window: int, merge: bool
    ) -> None:
        self._unread = iter(sequences)
        self._window = window
        self._merge = merge
        self._error: Exception | None = None
        self._exhausted = False
        self._open = 0
        self._sources: dict[int, tuple[int, ...]] = {}
        self._copies: dict[int, list[int]] = {}
        self._leaders: dict[tuple[int, ...], int] = {}
        # Shortest first: taken from the end.
        self._waiting: list[int] = []

    def pending(self) -> bool:
        """Return whether anything is unanswered, after reading what the window has room for.

        Raises:
            Exception: What reading an input raised, once all inputs before it are answered.
        """
        self._read()
        if self._error is not None and not self._sources:
            raise self._error
        return bool(self._sources)

    def source(self, index: int) -> Sequence[int]:
        """Return the ids of an unanswered input."""
        return self._sources[index]

    def longest(self) -> int:
        """Return the length of the longest waiting input; 0 if none waits."""
        if not self._waiting:
            self._read()
        return len(self._sources[self._waiting[-1]]) if self._waiting else 0

    def take(self, most: int, *, area: int, fits: int) -> list[int]:
        """Take the longest waiting inputs for one batch.

        Args:
            most: No more than this many.
            area: No more than ``rows x longest``, unless it is one row.
            fits: None longer than this; if the longest is, none is taken.
        """
        # Half a window at a time, so that there is something to sort.
        if not self._waiting or 2 * self._open <= self._window:
            self._read()
        longest = self.longest()
        if longest == 0 or longest > fits:
            return []
        count = min(most, len(self._waiting), max(1, area // longest))
        taken = self._waiting[-count:][::-1]
        del self._waiting[-count:]
        return taken

    def answer(
        self, index: int, hypotheses: Sequence[Hypothesis]
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Pass the result of an input on, to all inputs that equal it."""
        ids = self._sources.pop(index)
        if self._merge:
            del self._leaders[ids]
        first, *others = self._copies.pop(index)
        # Copied before the first is out of our hands.
        copies = [[Hypothesis(list(h.tokens), h.score) for h in hypotheses] for _ in others]
        for number, result in zip((first, *others), (list(hypotheses), *copies), strict=True):
            self._open -= 1
            yield number, result

    def restart(self) -> None:
        """Let everything wait that is not answered."""
        self._waiting = sorted(self._sources, key=self._order)

    def _read(self) -> None:
        new: list[int] = []
        while self._open < self._window and not self._exhausted:
            try:
                index, ids = next(self._unread)
            except StopIteration:
                self._exhausted = True
                break
            except Exception as error:
                # What was read before it is still answered.
                self._error, self._exhausted = error, True
                break
            self._open += 1
            key = tuple(ids)
            leader = self._leaders.setdefault(key, index) if self._merge else index
            self._copies.setdefault(leader, []).append(index)
            if leader == index:
                self._sources[index] = key
                new.append(index)
        if new:
            self._waiting = sorted([*self._waiting, *new], key=self._order)

    def _order(self, index: int) -> tuple[int, int]:
        # The first of equally long ones is taken first.
        return len(self._sources[index]), -index
