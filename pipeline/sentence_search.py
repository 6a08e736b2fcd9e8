"""The rule that lets a search compose a summary only from whole sentences of its source.

A `SentenceSearch` answers, for the tokens decoded so far, which tokens may come next: those that go
on with a sentence that was begun, those that begin a later one, or the end. It is what Hugging Face
calls a ``prefix_allowed_tokens_fn``, for one input. It knows token ids only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A source sentence that a summary may take over.

    Attributes:
        opening: Its token ids at the beginning of a summary.
        inner: Its token ids after another sentence (byte-level vocabularies mark the space).
        words: Its length in words.
    """

    opening: tuple[int, ...]
    inner: tuple[int, ...]
    words: int


@dataclass(frozen=True, slots=True)
class _State:
    """A reading of the tokens so far: ``offset`` tokens into the sentence ``index``."""

    index: int
    offset: int
    opening: bool
    words: int


class SentenceSearch:
    """Which token may follow, so that the output is a choice of whole sentences in source order.

    Args:
        candidates: The sentences to choose from, in the order of the source; at least one.
        head: Tokens at the front of each output that are not part of the summary: the decoder's
            start token, and a forced first token if the model has one.
        end: The end-of-sequence token.
        fewest_words: The summary does not end before this many words, or before the most that
            can be had within ``most_words``, if that is fewer. No sentence is begun from which
            this cannot be reached.
        most_words: No sentence is begun that would go beyond this many words; if all sentences
            are longer, the shortest one's length is the bound.

    Raises:
        ValueError: There is no candidate, or one without tokens.
    """

    def __init__(
        self,
        candidates: Sequence[Candidate],
        *,
        head: Sequence[int],
        end: int,
        fewest_words: int,
        most_words: int,
    ) -> None:
        if not candidates:
            raise ValueError("no candidate sentence; a summary needs at least one to choose")
        if not all(candidate.opening and candidate.inner for candidate in candidates):
            raise ValueError("a candidate sentence has no tokens; leave it out")
        self._candidates = tuple(candidates)
        self._head = tuple(head)
        self._end = end
        self._most = max(most_words, min(candidate.words for candidate in candidates))
        self._totals = self._reachable()
        self._fewest = min(fewest_words, max(self._totals[0]))
        # Several sentences may begin alike, so a prefix can have several readings.
        self._readings: dict[tuple[int, ...], frozenset[_State]] = {
            (): frozenset({_State(-1, 0, True, 0)})
        }

    @property
    def longest(self) -> int:
        """The most tokens that an output can have, head and end included."""
        return len(self._head) + sum(len(c.inner) + len(c.opening) for c in self._candidates) + 1

    def allowed(self, prefix: Sequence[int]) -> list[int]:
        """The tokens that may follow, ascending; never empty.

        Args:
            prefix: All tokens so far, head included.
        """
        if len(prefix) < len(self._head):
            return [self._head[len(prefix)]]
        tokens = tuple(prefix[len(self._head) :])
        following: set[int] = set()
        for state in self._read(tokens):
            rest = self._tokens(state)
            if state.offset < len(rest):
                following.add(rest[state.offset])
                continue
            following.update(self._tokens(start)[0] for start in self._starts(state))
            if state.index >= 0 and state.words >= self._fewest:
                following.add(self._end)
        # A sequence that has ended is asked about too while others in its batch go on.
        return sorted(following) or [self._end]

    def _read(self, tokens: tuple[int, ...]) -> frozenset[_State]:
        known = len(tokens)
        while tokens[:known] not in self._readings:
            known -= 1
        states = self._readings[tokens[:known]]
        for place in range(known, len(tokens)):
            states = frozenset(
                after for state in states for after in self._step(state, tokens[place])
            )
            self._readings[tokens[: place + 1]] = states
        return states

    def _step(self, state: _State, token: int) -> list[_State]:
        rest = self._tokens(state)
        if state.offset < len(rest):
            if rest[state.offset] != token:
                return []
            return [_State(state.index, state.offset + 1, state.opening, state.words)]
        return [
            _State(start.index, 1, start.opening, start.words)
            for start in self._starts(state)
            if self._tokens(start)[0] == token
        ]

    def _starts(self, state: _State) -> list[_State]:
        """The sentences that may begin where another has ended, each at its first token."""
        opening = state.index < 0
        return [
            _State(index, 0, opening, state.words + candidate.words)
            for index, candidate in enumerate(self._candidates)
            if index > state.index and self._leads_on(index, state.words + candidate.words)
        ]

    def _leads_on(self, index: int, words: int) -> bool:
        """Whether a summary may go on after the sentence at ``index`` brings it to ``words``."""
        more = self._totals[index + 1]
        return words <= self._most and any(
            self._fewest <= words + total <= self._most for total in more
        )

    def _reachable(self) -> list[set[int]]:
        """For each place, all sums of words of the sentences from there on, within the bound."""
        totals = [{0}]
        for candidate in reversed(self._candidates):
            longer = {candidate.words + total for total in totals[-1]}
            totals.append(totals[-1] | {total for total in longer if total <= self._most})
        return totals[::-1]

    def _tokens(self, state: _State) -> tuple[int, ...]:
        if state.index < 0:
            return ()
        candidate = self._candidates[state.index]
        return candidate.opening if state.opening else candidate.inner
