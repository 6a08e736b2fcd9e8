"""Checks on a translation or a summary that need no reference: each doubt is named, with evidence.

The stages use them twice: to pick from the n-best the first hypothesis without a doubt, and to flag
what remains. A check says nothing about style; it looks for what machine translation gets wrong in
ways that matter: lost figures, loops, output that is still Dutch, and claims out of nowhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from pipeline.numerals import missing_numbers, unsupported_numbers

# Frequent Dutch words that are not English ones too ("is", "met" and "over" would tell nothing) and
# do not stand in names ("van", "de").
_DUTCH_WORDS = frozenset(
    "het een en dat niet zijn te voor aan ook maar om naar nog bij uit hebben heeft werd "
    "wordt worden zich deze dit geen meer veel haar hun wij zij volgens tussen tegen omdat waar "
    "wat hoe moet kunnen zal zou zullen".split()
)
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NAME = re.compile(r"[^\W\d_a-zß-öø-ÿ][\w’'-]+")
_MAX_REPEATS = 2
_LONGEST_CYCLE = 8


@dataclass(frozen=True, slots=True)
class Doubt:
    """Something that looks wrong.

    Attributes:
        kind: ``"empty"``, ``"loop"``, ``"untranslated"``, ``"number"``, ``"name"`` or ``"cut"``.
        detail: The evidence, in a few words.
    """

    kind: str
    detail: str


def check_translation(source: str, target: str) -> list[Doubt]:
    """Doubts about the English translation of one Dutch sentence, gravest first."""
    if not target.strip():
        return [Doubt("empty", "no translation")]
    doubts = []
    cycle = find_loop(target)
    if cycle is not None and find_loop(source) is None:
        doubts.append(Doubt("loop", f"repeats {cycle!r}"))
    if (words := still_dutch(source, target)) is not None:
        doubts.append(Doubt("untranslated", words))
    lost = missing_numbers(source, target)
    if lost:
        doubts.append(Doubt("number", f"{', '.join(lost)} of the Dutch is not in the English"))
    return doubts


def check_summary(source: str, summary: str) -> list[Doubt]:
    """Doubts about an English summary of an English text, gravest first."""
    if not summary.strip():
        return [Doubt("empty", "no summary")] if source.strip() else []
    doubts = []
    cycle = find_loop(summary)
    if cycle is not None and find_loop(source) is None:
        doubts.append(Doubt("loop", f"repeats {cycle!r}"))
    invented = unsupported_numbers(summary, source)
    if invented:
        doubts.append(Doubt("number", f"{', '.join(invented)} is not in the article"))
    strange = unsupported_names(summary, source)
    if strange:
        doubts.append(Doubt("name", f"{', '.join(strange)} is not in the article"))
    return doubts


def find_loop(text: str) -> str | None:
    """A run of words that stands three times in a row or more, or None.

    Time is linear in the text for each of eight cycle lengths.
    """
    words = text.lower().split()
    for length in range(1, _LONGEST_CYCLE + 1):
        same = 0
        for index in range(length, len(words)):
            same = same + 1 if words[index] == words[index - length] else 0
            if same >= length * _MAX_REPEATS:
                return " ".join(words[index - length + 1 : index + 1])
    return None


def still_dutch(source: str, target: str) -> str | None:
    """Evidence that a translation was left in Dutch, or None.

    Either the sentence came through unchanged, or a quarter of its words are Dutch function words.
    """
    words = [word.lower() for word in _WORD.findall(target)]
    if len(words) < 4:
        return None
    dutch = [word for word in words if word in _DUTCH_WORDS]
    if target.strip() == source.strip() and dutch:
        return "came through unchanged"
    if len(dutch) >= 2 and 4 * len(dutch) >= len(words):
        return f"still Dutch: {', '.join(dict.fromkeys(dutch))}"
    return None


def unsupported_names(summary: str, source: str) -> list[str]:
    """Capitalised words inside a summary's sentences that its source nowhere has.

    The first word of a sentence is left out, since its capital says nothing.
    """
    summary, source = summary.replace("’", "'"), source.replace("’", "'")
    known = {word.lower() for word in _WORD.findall(source)}
    strange = []
    for match in _NAME.finditer(summary):
        before = summary[: match.start()].rstrip(" \"'“‘(")
        if not before or before[-1] in ".!?:":
            continue
        parts = [part.lower() for part in _WORD.findall(match.group())]
        if any(part not in known and part.removesuffix("'s") not in known for part in parts):
            strange.append(match.group())
    return list(dict.fromkeys(strange))
