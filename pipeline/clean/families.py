"""What a line is about: the cue families turned inside out, and the labels made of their words.

The contract: a line costs a look-up per word; a turn of phrase is only tried when one of its
family's triggers is there, and all that it cannot do without (`needs`).
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, reduce
from operator import or_

from pipeline.clean.cues import FAMILIES
from pipeline.clean.features import ByWord, Features
from pipeline.clean.needs import Alternative, Needs
from pipeline.clean.words import FUNCTION_WORDS

_EMOJI_OR_ARROW = re.compile(r"^[▶►▸➤→⚽\U0001f300-\U0001faff☞✉✍📧*>»]+\s*")


@dataclass(frozen=True, slots=True)
class _Compiled:
    """A family; of its turns of phrase the alternatives: what each needs, of which it is, itself."""

    reason: str
    alternatives: tuple[tuple[int, int, Alternative], ...]


@dataclass(frozen=True, slots=True)
class _Index:
    """The families turned inside out: from a word to what it may mean.

    Attributes:
        triggers: A word to the families that it may belong to.
        topics: A word to the reasons of which it is a topic.
        suffixes: The end of a compound, and its family.
        endings: These ends alone.
        furniture: A word to the reasons of which it is furniture.
        families: The families.
        needs: What their turns of phrase cannot do without.
    """

    triggers: dict[str, tuple[int, ...]]
    topics: dict[str, tuple[str, ...]]
    suffixes: tuple[tuple[str, int], ...]
    endings: tuple[str, ...]
    furniture: dict[str, tuple[str, ...]]
    families: tuple[_Compiled, ...]
    needs: Needs


@cache
def index() -> _Index:
    """The look-up tables, built once from `FAMILIES`."""
    triggers: dict[str, list[int]] = {}
    topics: dict[str, list[str]] = {}
    furniture: dict[str, list[str]] = {}
    suffixes: list[tuple[str, int]] = []
    needs = Needs()
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
        tuple(
            _Compiled(
                family.reason,
                tuple(
                    (need, number, alternative)
                    for number, phrase in enumerate(family.phrases)
                    for need, alternative in needs.divide(phrase)
                ),
            )
            for family in FAMILIES
        ),
        needs,
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
    families = _pointed_at(cues, words)
    if not families:
        return
    table = index()
    absent = table.needs.all ^ reduce(or_, map(_MET.__getitem__, words))
    start = _EMOJI_OR_ARROW.sub("", lower) if lower and not lower[0].isalnum() else lower
    for i in families:
        family = table.families[i]
        last, met, enough = -1, 0, 2 if f.length >= _LONG else 1
        for need, phrase, alternative in family.alternatives:
            if not need & absent and phrase != last and alternative.meets(start):
                last, met = phrase, met + 1
                if met == enough:
                    break
        if met:
            cues[f"phrase:{family.reason}"] = family.reason
        if met == 2:
            cues["again"] = family.reason


# The families that a word may belong to, and the reasons of which it is a topic.
_Pointer = tuple[tuple[int, ...], tuple[str, ...]]


def _points_at(word: str) -> _Pointer | None:
    """What a word points at, if at anything."""
    table = index()
    if (found := table.triggers.get(word)) is not None:
        return found, table.topics.get(word, ())
    if "-" in word and (found := table.triggers.get(word.partition("-")[0])) is not None:
        return found, ()
    if len(word) >= 9 and word.endswith(table.endings):
        hit = tuple(i for suffix, i in table.suffixes if word.endswith(suffix))
        return hit, tuple(table.families[i].reason for i in hit)
    return None


def _meets(word: str) -> int:
    """The bits of the needs that a word meets."""
    return index().needs.met_by(word)


_POINTERS = ByWord(_points_at)
_MET = ByWord(_meets)


def _pointed_at(cues: dict[str, str], words: list[str]) -> set[int]:
    """Adds the topics, and returns the families that one of the words may belong to."""
    families: set[int] = set()
    for hit, topics in filter(None, map(_POINTERS.__getitem__, words)):
        families.update(hit)
        for reason in topics:
            cues[f"topic:{reason}"] = reason
    return families


def _furnishes(word: str) -> tuple[str, ...] | None:
    """The families of which a word is furniture; none for a function word or figure, else None."""
    table = index()
    if word.isdigit():
        return ()
    if (reasons := table.furniture.get(word)) is not None:
        return reasons
    if len(word) >= 8 and word.endswith(table.endings):
        return tuple(table.families[i].reason for end, i in table.suffixes if word.endswith(end))
    return () if word in FUNCTION_WORDS else None


_FURNITURE = ByWord(_furnishes)


def find_label(f: Features) -> None:
    """A line of nothing but furniture is a label: of the family that has most of its words."""
    if not f.words:
        # Thumbs, arrows, stars.
        f.cues["shape:symbols"] = "navigation"
    votes: list[str] = []
    furniture = 0
    for word in f.words:
        reasons = _FURNITURE[word]
        if reasons:
            furniture += 1
            votes += reasons
        elif reasons is None:
            return
    words = [word for word in f.words if not word.isdigit()]
    if not furniture or len(words) > 12 or f.text.endswith((".", ",")):
        return
    counts = Counter(votes)
    best = max(counts, key=lambda reason: (counts[reason], reason != "navigation"))
    f.label = best
    # "Naam en e-mailadres" with a bullet is an item of the article's list.
    solo = furniture == 1 and _SOLO.isdisjoint(words)
    # "Ja: 48,1%" is a result.
    counted = len(words) == 1 or f.digit_share >= 0.3
    weak = f.bullet or (solo and (counted or best in _WEAK_FAMILIES))
    f.cues["label:weak" if weak else "label:furniture"] = best
