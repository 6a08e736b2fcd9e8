"""What is known of one line: `Features`, and the forms that tell words, ends and bullets."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pipeline.clean.words import PROSE_WORDS

# Of a very long line only the head and the tail are looked at.
HEAD, TAIL = 500, 200

# None has a space in it.
WORD = re.compile(r"[^\W_][\w+]*(?:['’.:/-]+[\w+]+)*|€|%")
TERMINAL = (".", "!", "?", "…")
CLOSERS = "\"'”’»)]*"
SENTENCE_END = re.compile(r"[.!?…][\"'”’»)]*(?=\s+[\"'“‘„(]*[A-ZÀ-Ý0-9]|\s*$)")


Found = TypeVar("Found")

# Words remembered in each of the tables by word; the next one after that begins anew.
_VOCABULARY = 50_000


class ByWord(dict[str, Found]):
    """What a function finds of each word met so far: a look-up costs less than to find it again."""

    def __init__(self, find: Callable[[str], Found]) -> None:
        super().__init__()
        self._find = find

    def __missing__(self, word: str) -> Found:
        if len(self) >= _VOCABULARY:
            self.clear()
        found = self[word] = self._find(word)
        return found


# The words of what stands between two spaces; most texts have the same over and over.
_PIECES = ByWord(lambda piece: tuple(WORD.findall(piece)))


def words_of(lower: str) -> list[str]:
    """The words of a text in lower case, as `WORD` tells them."""
    words: list[str] = []
    for piece in lower.split():
        words += _PIECES[piece]
    return words


def letters_of(text: str) -> str:
    """The letters and digits of a text alone, in one case: what two forms of it have in common."""
    return "".join(filter(str.isalnum, text.casefold()))


BULLET = re.compile(r"^(?:[-–—•*▪●◦·✓✔>»]+\s+|\d{1,2}[.)]\s+|[a-h]\)\s+)")


@dataclass(slots=True, eq=False)
class Features:
    """One line, measured. `cues` maps a cue to the reason it speaks for, if it speaks for one.

    Lines with the same text share one, so once it is measured nothing changes it.
    """

    text: str
    length: int
    words: list[str]
    sentences: int = 0
    terminal: bool = False
    # Whether it reads as a paragraph: running words up to a full stop.
    prose: bool = False
    digit_share: float = 0.0
    quoted: bool = False
    reported: bool = False
    bullet: bool = False
    headline: bool = False
    label: str | None = None
    cues: dict[str, str] = field(default_factory=dict)
    points: float = 0.0
    solid: bool = False
    _stems: frozenset[str] | None = None

    @property
    def stems(self) -> frozenset[str]:
        """Its content words, shortened; worked out when they are first asked for."""
        if self._stems is None:
            self._stems = frozenset(filter(None, map(_STEMS.__getitem__, self.words)))
        return self._stems


_DIGITS = frozenset("0123456789")


def _stem(word: str) -> str:
    """The stem of a word; empty for one that says nothing."""
    said = len(word) >= 4 and word not in PROSE_WORDS and word[0] not in _DIGITS
    # Six letters tell "dijkwachten" from "dijken" but not "overname" from "overnames".
    return word[:6] if said else ""


_STEMS = ByWord(_stem)
