"""How well the words of a pair explain each other: a filter for pairs that are no translations.

IBM model 1 (Brown et al. 1993, "The mathematics of statistical machine translation") over word
stems, fitted to the corpora themselves. Its tables are rough, but a sentence beside the wrong
sentence stands out: none of its words are where they usually are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np

_WORD = re.compile(r"[^\W_]+")
_STEM = 6  # letters of a word that count: "regering" and "regeringen" are one
_LONGEST = 40  # words of a side that are looked at
_FLOOR = 1e-4  # probability of a word that nothing explains

Array = np.ndarray


def stems(text: str) -> list[str]:
    """Return the distinct stems of a text in order, at most `_LONGEST`."""
    found = dict.fromkeys(word[:_STEM].lower() for word in _WORD.findall(text))
    return list(found)[:_LONGEST]


def alignment_scores(
    dutch: Sequence[str], english: Sequence[str], *, rounds: int = 4, rare: int = 5
) -> Array:
    """Score pairs by the mean log-probability of either side's known words given the other's.

    Args:
        dutch: Dutch texts.
        english: English texts, as many.
        rounds: Rounds of expectation and maximisation.
        rare: Stems seen in fewer pairs are not counted, since one occurrence proves nothing.

    Returns:
        (pairs,), the lower of the two directions; 0 where a side has fewer than two known stems.
    """
    left, left_size = _numbered([stems(text) for text in dutch], rare=rare)
    right, right_size = _numbered([stems(text) for text in english], rare=rare)
    given_left = _model(left, right, left_size, right_size, rounds=rounds)
    given_right = _model(right, left, right_size, left_size, rounds=rounds)
    lower: Array = np.minimum(given_left, given_right)
    return lower


def _numbered(rows: Sequence[Sequence[str]], *, rare: int) -> tuple[list[Array], int]:
    """Replace stems by numbers from 1, leaving out the rare ones; 0 is the empty word."""
    counts = Counter(stem for row in rows for stem in row)
    numbers = {stem: i for i, (stem, n) in enumerate(counts.items(), start=1) if n >= rare}
    known = [np.array([numbers[s] for s in row if s in numbers], np.int64) for row in rows]
    return known, max(numbers.values(), default=0) + 1


def _model(
    given: Sequence[Array], wanted: Sequence[Array], given_size: int, size: int, *, rounds: int
) -> Array:
    """Fit t(wanted | given) and return each row's mean log-probability."""
    # The empty word stands beside the given ones, to explain what has no counterpart.
    sources = [np.concatenate([[0], row]) for row in given]
    keys = np.concatenate(
        [
            (source[:, None] * size + row[None, :]).ravel()
            for source, row in zip(sources, wanted, strict=True)
        ]
        or [np.zeros(0, np.int64)]
    )
    lengths = np.array([len(row) for row in wanted])
    starts = np.concatenate([[0], lengths.cumsum()])
    places = np.concatenate(
        [
            np.tile(np.arange(start, start + len(row)), len(source))
            for source, row, start in zip(sources, wanted, starts[:-1], strict=True)
        ]
        or [np.zeros(0, np.int64)]
    )
    entries, index = np.unique(keys, return_inverse=True)
    owner = entries // size
    table = np.full(len(entries), 1.0 / max(size, 1))
    total = int(starts[-1])
    for _ in range(rounds):
        explained = np.bincount(places, table[index], total)
        counts = np.bincount(index, table[index] / explained[places], len(entries))
        table = counts / np.bincount(owner, counts, given_size)[owner]
    width = np.repeat([len(source) for source in sources], lengths)
    explained = np.bincount(places, table[index], total) / width
    logs = np.log(explained + _FLOOR)
    sums = np.bincount(np.repeat(np.arange(len(wanted)), lengths), logs, len(wanted))
    known = (lengths >= 2) & (np.array([len(row) for row in given]) >= 2)
    return np.where(known, sums / np.maximum(lengths, 1), 0.0)
