"""What a turn of phrase cannot do without, read from its pattern, so that it is seldom tried.

The contract: a text in which a pattern is met has, for each of its needs, one of some runs of
letters; the opposite does not hold. Knows as much of the syntax of regular expressions as the cue
families use, and what it does not know it takes for nothing needed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Alternative:
    """One of the alternatives of a turn of phrase; its pattern is compiled when first tried."""

    source: str

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        return re.compile(self.source)

    def meets(self, text: str) -> bool:
        """Whether the text has it."""
        if self.source[0] == "^":
            return self._pattern.match(text) is not None
        return self._pattern.search(text) is not None


# A shorter run may be part of any word.
_SHORTEST = 3


class Needs:
    """The needs of many patterns, a bit each; `all` has all bits."""

    def __init__(self) -> None:
        self.all = 0
        self._bits: dict[frozenset[str], int] = {}
        self._by_run: dict[str, int] = {}
        self._longest = 0

    def divide(self, pattern: str) -> Iterator[tuple[int, Alternative]]:
        """The alternatives of a pattern, and before each the bits of its needs."""
        for source in alternatives(pattern):
            need = 0
            for runs in _needs(source):
                need |= self._bit(runs)
            yield need, Alternative(source)

    def _bit(self, runs: frozenset[str]) -> int:
        bit = self._bits.setdefault(runs, 1 << len(self._bits))
        self.all |= bit
        for run in runs:
            self._by_run[run] = self._by_run.get(run, 0) | bit
            self._longest = max(self._longest, len(run))
        return bit

    def met_by(self, word: str) -> int:
        """The bits of the needs of which the word has a run."""
        met = 0
        for start in range(len(word) - _SHORTEST + 1):
            for end in range(start + _SHORTEST, min(len(word), start + self._longest) + 1):
                met |= self._by_run.get(word[start:end], 0)
        return met


def alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between the bars that stand in no group, class or escape."""
    parts, depth, start = [], 0, 0
    for i, token in _tokens(pattern):
        if token == "|" and not depth:
            parts.append(pattern[start:i])
            start = i + 1
        else:
            depth += (token == "(") - (token == ")")
    return [*parts, pattern[start:]]


_TOKEN = re.compile(r"\\.|\[\^?\]?[^\]]*\]|\{\d*,?\d*\}|.", re.DOTALL)


def _tokens(pattern: str) -> Iterator[tuple[int, str]]:
    """Escapes, classes, counts and single characters, and where each begins."""
    for match in _TOKEN.finditer(pattern):
        yield match.start(), match[0]


def _needs(pattern: str) -> list[frozenset[str]]:
    """Sets of runs of letters; a text that the pattern, without bars, is met in has one of each."""
    found: list[frozenset[str]] = []
    run = ""
    tokens = list(_tokens(pattern))
    k = 0
    while k < len(tokens):
        i, token = tokens[k]
        group: frozenset[str] = frozenset()
        if token == "(":
            k = _closing(tokens, k)
            group = _needs_of_group(pattern[i + 1 : tokens[k][0]])
        count = tokens[k + 1][1] if k + 1 < len(tokens) else ""
        optional = count in {"?", "*"} or count.startswith(("{0", "{,"))
        if token.isalnum() and not optional:
            run += token
        else:
            found.append(frozenset((run,)))
            found.append(frozenset() if optional else group)
            run = ""
        k += 1
    found.append(frozenset((run,)))
    return [runs for runs in found if runs and min(map(len, runs)) >= _SHORTEST]


def _closing(tokens: list[tuple[int, str]], k: int) -> int:
    depth = 0
    while True:
        depth += (tokens[k][1] == "(") - (tokens[k][1] == ")")
        if not depth:
            return k
        k += 1


def _needs_of_group(inner: str) -> frozenset[str]:
    """The runs one of which every text has that the group is met in; none if it has no such."""
    if inner.startswith("?"):
        if not inner.startswith("?:"):
            # What is ahead or behind is no part of the match.
            return frozenset()
        inner = inner[2:]
    runs: set[str] = set()
    for alternative in alternatives(inner):
        needs = _needs(alternative)
        if not needs:
            return frozenset()
        # The fewest runs, the longest of them, are the least often met by chance.
        runs |= min(needs, key=lambda need: (len(need), -min(map(len, need))))
    return frozenset(runs)
