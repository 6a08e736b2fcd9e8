"""Changes made to a pair as it is drawn, the same on both sides: other names, other figures."""

from __future__ import annotations

import re

import numpy as np

_NAME = re.compile(r"(?<=[a-z,;:] )[A-Z][a-zà-ÿ]{2,}(?:[- ][A-Z][a-zà-ÿ]{2,})*")
_RUN = re.compile(r"\d+")
_VOWELS, _CONSONANTS = "aaeeiioou", "bcdfghjklmnprrsstvwz"


def names_of(text: str) -> list[str]:
    """Return the capitalised words of a sentence, its first aside."""
    return _NAME.findall(text)


def invent_name(like: str, pool: list[str], generator: np.random.Generator) -> str:
    """Return another name: one of the pool, or `like` with some letters changed."""
    if pool and generator.random() < 0.5:
        return pool[int(generator.integers(len(pool)))]
    letters = list(like)
    for index, letter in enumerate(letters):
        if index and letter.isalpha() and generator.random() < 0.4:
            kind = _VOWELS if letter in _VOWELS else _CONSONANTS
            letters[index] = kind[int(generator.integers(len(kind)))]
    return "".join(letters)


def swap_names(
    dutch: str, english: str, pool: list[str], generator: np.random.Generator
) -> tuple[str, str]:
    """Replace names that stand unchanged on both sides by others."""
    for name in dict.fromkeys(names_of(dutch)):
        if re.search(rf"\b{re.escape(name)}\b", english) and generator.random() < 0.7:
            other = invent_name(name, pool, generator)
            pattern = re.compile(rf"\b{re.escape(name)}\b")
            # A name has no backslash, so it needs no escape as a replacement.
            dutch, english = (pattern.sub(other, side) for side in (dutch, english))
    return dutch, english


def swap_digits(dutch: str, english: str, generator: np.random.Generator) -> tuple[str, str]:
    """Replace runs of two or more digits that stand on both sides by others as long."""
    english_runs = _RUN.findall(english)
    if sorted(_RUN.findall(dutch)) != sorted(english_runs):
        return dutch, english
    others = {}
    for run in dict.fromkeys(english_runs):
        if len(run) >= 2:
            digits = generator.integers(0, 10, len(run))
            # A year must stay one, a day of the month too, and a leading zero would be odd.
            kept = 2 if len(run) == 4 else 1
            if len(run) == 4 or run[0] in "0123":
                digits[:kept] = [int(digit) for digit in run[:kept]]
            digits[0] = max(int(run[0] != "0"), digits[0])
            others[run] = "".join(map(str, digits))
    dutch, english = (_RUN.sub(lambda m: others.get(m[0], m[0]), side) for side in (dutch, english))
    return dutch, english


_LONGEST_HEADLINE = 12  # words


def vary_headline(dutch: str, english: str, generator: np.random.Generator) -> tuple[str, str]:
    """Set a short sentence as a headline: no full stop; at times in capitals, or with none.

    Longer sentences, and those that do not end in a full stop on both sides, stay as they are.
    """
    short = len(dutch.split()) <= _LONGEST_HEADLINE
    if not (short and all(s.endswith(".") and not s.endswith("..") for s in (dutch, english))):
        return dutch, english
    dutch, english = dutch[:-1], english[:-1]
    draw = generator.random()
    if draw < 0.1:
        return dutch.upper(), english.upper()
    if draw < 0.2:
        # A headline that a scraper lower-cased: the English keeps its capitals.
        return dutch.lower(), english
    return dutch, english
