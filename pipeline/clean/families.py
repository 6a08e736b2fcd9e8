"""What a line is about: the cue families turned inside out, and the labels made of their words.

The contract: a line costs a look-up per word; a turn of phrase is only tried when one of the words
that it needs is there.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache

from pipeline.clean.cues import FAMILIES
from pipeline.clean.family import Family
from pipeline.clean.features import Features
from pipeline.clean.words import FUNCTION_WORDS

_EMOJI_OR_ARROW = re.compile(r"^[▶►▸➤→⚽\U0001f300-\U0001faff☞✉✍📧*>»]+\s*")


@dataclass(frozen=True, slots=True)
class _Compiled:
    reason: str
    anchored: re.Pattern[str] | None
    free: re.Pattern[str] | None
    each: tuple[re.Pattern[str], ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The families turned inside out: from a word to what it may mean."""

    triggers: dict[str, tuple[int, ...]]
    topics: dict[str, tuple[str, ...]]
    suffixes: tuple[tuple[str, int], ...]
    endings: tuple[str, ...]
    furniture: dict[str, tuple[str, ...]]
    families: tuple[_Compiled, ...]


def _compile(family: Family) -> _Compiled:
    parts = [part for phrase in family.phrases for part in _alternatives(phrase)]
    bounded = [part for part in parts if part.startswith(r"\b")]
    other = [part for part in parts if not part.startswith(("^", r"\b"))]
    if bounded:
        # The boundary once, in front of all, so that they are not tried at every letter.
        other.append(r"\b(?:" + "|".join(part.removeprefix(r"\b") for part in bounded) + ")")
    return _Compiled(
        family.reason,
        _either([part for part in parts if part.startswith("^")]),
        _either(other),
        tuple(re.compile(phrase) for phrase in family.phrases),
    )


def _alternatives(pattern: str) -> list[str]:
    """The parts of a pattern between the bars that stand in no group, class or escape."""
    parts, depth, start, i, in_class = [], 0, 0, 0, False
    while i < len(pattern):
        c = pattern[i]
        if c == "\\":
            i += 1
        elif in_class:
            in_class = c != "]"
        elif c == "[":
            in_class = True
        elif c == "|" and not depth:
            parts.append(pattern[start:i])
            start = i + 1
        else:
            depth += (c == "(") - (c == ")")
        i += 1
    return [*parts, pattern[start:]]


def _either(phrases: list[str]) -> re.Pattern[str] | None:
    # One pattern of many is searched in half the time of many patterns.
    return re.compile("|".join(phrases)) if phrases else None


@cache
def index() -> _Index:
    """The look-up tables, built once from `FAMILIES`."""
    triggers: dict[str, list[int]] = {}
    topics: dict[str, list[str]] = {}
    furniture: dict[str, list[str]] = {}
    suffixes: list[tuple[str, int]] = []
    for i, family in enumerate(FAMILIES):
        for word in dict.fromkeys([*family.triggers.split(), *family.topic.split()]):
            triggers.setdefault(word, []).append(i)
        for word in dict.fromkeys(family.topic.split()):
            topics.setdefault(word, []).append(family.reason)
        for word in dict.fromkeys(family.furniture.split()):
            if word in FUNCTION_WORDS:
                # In a list because it stands in a label, but no label by itself.
                continue
            furniture.setdefault(word, []).append(family.reason)
        suffixes += [(suffix, i) for suffix in family.suffixes.split()]
    return _Index(
        {word: tuple(hits) for word, hits in triggers.items()},
        {word: tuple(hits) for word, hits in topics.items()},
        tuple(suffixes),
        tuple(suffix for suffix, _ in suffixes),
        {word: tuple(hits) for word, hits in furniture.items()},
        tuple(_compile(family) for family in FAMILIES),
    )


# One word is enough for these; other one-word labels may well be a subhead.
_SOLO = frozenset(
    """menu inloggen login registreren advertentie advertenties advertisement nieuwsbrief tags reacties delen deel facebook twitter
    whatsapp linkedin instagram e-mail email mail x share tweet tweeten pin print premium accepteren abonneren aanmelden cookies colofon
    privacy sitemap rss doneer vacatures archief toegankelijkheid toegankelijkheidsverklaring privacyverklaring privacybeleid
    privacystatement disclaimer afdrukken volgen telegram bluesky mastodon pinterest youtube tiktok bewaar home zoeken oneens""".split()
)
_WEAK_FAMILIES = frozenset(
    (
        "section",
        "navigation",
        "poll",
        "related",
        "byline",
        "audio",
        "video",
        "dateline",
        "caption",
        "tags",
        "author",
        "contact",
        "promotion",
    )
)


# In so long a line one turn of phrase may be chance; two of one family are not.
_LONG = 110


def find_families(f: Features, lower: str, words: list[str]) -> None:
    """Adds the topics and turns of phrase of the families that the words point to."""
    cues = f.cues
    if f.prose and f.length >= 90:
        mood = cues.keys() & {"mood:imperative", "mood:reader", "mood:house"}
        if f.reported or (not mood and ("keep:narrative" in cues or f.length >= 200)):
            # It is told or said, or long and to nobody: no family could outweigh that. This is most
            # of an article.
            return
    table = index()
    hit = _pointed_at(cues, words, table)
    if not hit:
        return
    start = _EMOJI_OR_ARROW.sub("", lower) if lower and not lower[0].isalnum() else lower
    for i in hit:
        family = table.families[i]
        if (family.anchored is not None and family.anchored.match(start)) or (
            family.free is not None and family.free.search(start)
        ):
            cues[f"phrase:{family.reason}"] = family.reason
            if f.length >= _LONG and sum(bool(p.search(start)) for p in family.each) >= 2:
                cues["again"] = family.reason


def _pointed_at(cues: dict[str, str], words: list[str], table: _Index) -> set[int]:
    """Adds the topics, and returns the families that one of the words may belong to."""
    hit: set[int] = set()
    for word in words:
        found = table.triggers.get(word)
        if found is not None:
            hit.update(found)
            for reason in table.topics.get(word, ()):
                cues[f"topic:{reason}"] = reason
        elif "-" in word and (found := table.triggers.get(word.partition("-")[0])) is not None:
            hit.update(found)
        elif len(word) >= 9 and word.endswith(table.endings):
            for suffix, i in table.suffixes:
                if word.endswith(suffix):
                    hit.add(i)
                    reason = table.families[i].reason
                    cues[f"topic:{reason}"] = reason
    return hit


def find_label(f: Features) -> None:
    """A line of nothing but furniture is a label: of the family that has most of its words."""
    if not f.words:
        # Thumbs, arrows, stars.
        f.cues["shape:symbols"] = "navigation"
    words = [word for word in f.words if not word.isdigit()]
    if not words or len(words) > 12:
        return
    tables = index()
    table = tables.furniture
    votes: Counter[str] = Counter()
    furniture = 0
    for word in words:
        reasons = table.get(word)
        if reasons is not None:
            furniture += 1
            votes.update(reasons)
        elif len(word) >= 8 and word.endswith(tables.endings):
            furniture += 1
            votes.update(
                tables.families[i].reason for end, i in tables.suffixes if word.endswith(end)
            )
        elif word not in FUNCTION_WORDS:
            return
    if not furniture or f.text.endswith((".", ",")):
        return
    best = max(votes, key=lambda reason: (votes[reason], reason != "navigation"))
    f.label = best
    # "Naam en e-mailadres" with a bullet is an item of the article's list.
    solo = furniture == 1 and _SOLO.isdisjoint(words)
    weak = f.bullet or (solo and (len(words) == 1 or best in _WEAK_FAMILIES))
    f.cues["label:weak" if weak else "label:furniture"] = best
