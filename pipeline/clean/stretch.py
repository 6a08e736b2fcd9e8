"""What the lines of a stretch can be that stands between two blocks of boilerplate, and the block.

The contract: looks at single lines and at the block right above a stretch; decides nothing.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from itertools import accumulate

from pipeline.clean.decide import weight
from pipeline.clean.features import CLOSERS, Features
from pipeline.clean.layout import Layout

# How surely an article has ended where a line of this kind stands.
_END: dict[str, float] = {
    "comments": 1.6,
    "copyright": 1.6,
    "feedback": 1.5,
    "author": 1.4,
    "contact": 1.4,
    "disclaimer": 1.4,
    "donation": 1.4,
    "tags": 1.4,
    "event": 1.2,
    "newsletter": 1.2,
    "poll": 1.2,
    "vacancy": 1.2,
    "app": 1.1,
    "share": 1.1,
    "teaser": 1.0,
    "byline": 0.8,
    "dateline": 0.8,
    "promotion": 0.8,
    "related": 0.7,
    "navigation": 0.6,
    "paywall": 0.6,
    "section": 0.6,
    "audio": 0.3,
    "reading time": 0.3,
    "advertisement": 0.2,
    "caption": 0.1,
    "cookie notice": 0.1,
    "embed": 0.1,
    "video": 0.1,
}

# What stands all through an article has so many points at most.
_AMID = 0.2

# Headings of what follows an article; "Lees ook" and "Meer over" stand in the middle as well.
_ENDS = re.compile(
    r"\W*(?:(?:nog )?meer (?:nieuws|uit|van|artikelen)|(?:ander|overig|het laatste|laatste|recent) nieuws|meest|best gelezen"
    r"|gerelateerd|aanbevolen|aangeraden|anderen|andere lezers|populair|net binnen|recent|uitgelicht|misschien|wellicht|dit vind"
    r"|dit lazen|trending|verwante|must reads)"
)

_DATELINE = re.compile(r"[A-ZÀ-Ý][A-ZÀ-Ý /'’-]{2,30}(?: \([A-Za-z/ ]{2,20}\))? ?[-–—] ")

# "Intercity Venlo: ongewijzigd": so many of them are a list, which an article can end with.
_ROW = re.compile(r"[^:]{2,40}: [^\s:]+(?: [^\s:]+){0,3}")
ROWS = 2

# "13.30 uur - Geen treinen": an entry of a liveblog.
_ENTRY = re.compile(r"[0-2]?\d[.:u][0-5]\d(?: uur)?\s?[-–—:|] ?\S")


@dataclass(frozen=True, slots=True)
class Above:
    """The block of boilerplate above a stretch.

    Attributes:
        points: How surely an article has ended there.
        stamped: Whether it ends in "… geleden".
        related: Whether it has a heading of related articles.
        ended: Whether it has one that only follows an article, such as "Meer nieuws".
    """

    points: float
    stamped: bool
    related: bool
    ended: bool


def look_above(layout: Layout, start: int, above: int) -> Above:
    """The block from `above` up to `start`."""
    if layout.amid is None:
        layout.amid = _standing_amid(layout)
    points = max(
        min(
            _END.get(_reason(layout, i), 0.5),
            _AMID if layout.features[i].text in layout.amid else 9.0,
        )
        for i in range(above, start)
    )
    stamped = "shape:ago" in layout.cues[start - 1]
    if stamped:
        # How long ago: one of a series.
        points = max(points, 1.5)
    related = [i for i in range(above, start) if layout.headings.get(i) == "related"]
    ended = any(_ENDS.match(layout.features[i].text.lower()) for i in related)
    points += 0.15 * (min(start - above, 4) - 1) + 0.5 * bool(related)
    return Above(points, stamped, bool(related), ended)


# So many times, each with a paragraph after it, and it is no sign of the end.
_OFTEN = 2


def _standing_amid(layout: Layout) -> frozenset[str]:
    """What was dropped in several places of the article, as the share button of a liveblog is."""
    dropped = [
        f.text for i, f in enumerate(layout.features) if i > layout.first and layout.dropped(i)
    ]
    if len(set(dropped)) == len(dropped):
        return frozenset()
    times: Counter[str] = Counter()
    waiting: set[str] = set()
    for i, f in enumerate(layout.features):
        if layout.solid[i]:
            times.update(waiting)
            waiting.clear()
        elif i > layout.first and layout.dropped(i):
            waiting.add(f.text)
    return frozenset(text for text, number in times.items() if number >= _OFTEN)


def _reason(layout: Layout, i: int) -> str:
    best, reason = 0.0, ""
    for cue, why in layout.cues[i].items():
        if why and (points := weight(cue)) > best:
            best, reason = points, why
    return reason


def is_timed(layout: Layout, i: int) -> bool:
    """Whether a line begins with a time, as the entries of a liveblog do."""
    text = layout.features[i].text
    return "shape:time" in layout.cues[i] or (text[0].isdigit() and bool(_ENTRY.match(text)))


def timed_before(layout: Layout, end: int) -> int:
    """How many lines before `end` begin with a time."""
    if not layout.timed:
        timed = (is_timed(layout, i) for i in range(len(layout.features)))
        layout.timed = list(accumulate(timed, initial=0))
    return layout.timed[end]


def has_dateline(f: Features) -> bool:
    """Whether it begins as the reports of an agency do: "LEIDEN (ANP) - "."""
    return _DATELINE.match(f.text) is not None


def is_pair(f: Features) -> bool:
    """Whether it is a name and what is said of it, as the lines of a list are."""
    return ":" in f.text and _ROW.fullmatch(f.text) is not None


def is_row(layout: Layout, i: int) -> bool:
    """Whether a line may be one of a list or table."""
    f = layout.features[i]
    return f.bullet or "keep:table" in layout.cues[i] or is_pair(f)


def is_sentence(layout: Layout, i: int) -> bool:
    """Whether a line is a paragraph or sentence, and no question or call."""
    f = layout.features[i]
    if layout.solid[i] or f.reported:
        return True
    return f.terminal and len(f.words) >= 4 and not f.text.rstrip("\"'”’»)").endswith(("?", "!"))


def is_told(f: Features) -> bool:
    """Whether it is a sentence of some length, with a full stop."""
    return f.terminal and len(f.words) >= 6 and f.text.rstrip(CLOSERS).endswith(".")


_ENDING = ("keep:table", "keep:correction", "keep:source", "shape:time")


def can_end(layout: Layout, i: int) -> bool:
    """Whether a line that is no sentence can be the end of an article: of a list, say."""
    f = layout.features[i]
    return (
        f.bullet
        or f.quoted
        or ";" in f.text
        or f.text.endswith((":", ","))
        or not layout.cues[i].keys().isdisjoint(_ENDING)
    )
