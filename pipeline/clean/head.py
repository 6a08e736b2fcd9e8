"""The head of an article: its title, and what stands around it.

The contract: picks at most one title, above the first paragraph; marks what stands before it and
beside it.
"""

from __future__ import annotations

import re

from pipeline.clean.decide import THRESHOLD
from pipeline.clean.layout import Layout

# A title is not looked for below so many lines of menu.
_HIGHEST = 60
_LAST_CRUMB = re.compile("[>»›/]")


def find_title(layout: Layout) -> int | None:
    """The line above the first paragraph that is most like a headline, if any is."""
    if layout.first == len(layout.features):
        # A headline of nothing is all the text there is.
        return None
    best, where = 1.2, None
    above = [layout.features[i].text.lower() for i in range(min(layout.first, _HIGHEST))]
    crumbs = {
        _LAST_CRUMB.split(text)[-1].strip()
        for text, f in zip(above, layout.features, strict=False)
        if "shape:crumbs" in f.cues
    }
    alike = [
        i
        for i in range(len(above))
        if layout.features[i].headline
        and not layout.dropped(i)
        and not any(_UNTITLED.get(cue, 0.0) >= 2.0 for cue in layout.cues[i])
    ]
    lowest = alike[-1] if alike else None
    for i, text in enumerate(above):
        points, words = _titleness(layout, i), len(layout.features[i].words)
        if i == lowest:
            # The headline is the last of its like above the text; what is higher is the site's.
            points += 0.4
            if i and alike[0] < i - 1 and "shape:time" in layout.cues[i - 1]:
                # The first entry of a liveblog, which has its own headline above.
                points -= 1.4
        if len(text) > 15 and not layout.dropped(i) and text in above[:i] + above[i + 1 :]:
            # Once in the head of the page, and once more above the article.
            points += 1.5
        if text in crumbs:
            points += 3.0
        if points > (min(best, 0.9) if i == lowest and where is None and words >= 5 else best):
            best, where = points, i
    if where is not None:
        # Of two the same, the upper one is a breadcrumb.
        where = len(above) - 1 - above[::-1].index(above[where])
    return where


# What a title is not.
_UNTITLED = {
    "shape:address": 3.0,
    "shape:ago": 3.0,
    "shape:by": 3.0,
    "shape:caps-lead": 1.0,
    "shape:cells": 2.0,
    "shape:copyright": 3.0,
    "shape:credit": 3.0,
    "shape:crumbs": 2.0,
    "shape:date": 3.0,
    "shape:name": 1.5,
    "shape:stamp": 3.0,
    "label:furniture": 3.0,
    "label:weak": 1.5,
    "mood:shout": 0.8,
    "keep:bullet": 2.0,
    "keep:table": 0.5,
}


def _titleness(layout: Layout, i: int) -> float:
    f, cues = layout.features[i], layout.cues[i]
    words = len(f.words)
    headline = f.headline or (words == 3 and not f.terminal)
    points = 1.0 * headline - 0.04 * i + (0.6 if 5 <= words <= 18 else 0.1 if words >= 3 else -1.0)
    if layout.seen:
        points += 1.8 * layout.cohesion(i, len(layout.features)) - 0.3
    if cues:
        points -= sum([_UNTITLED[cue] for cue in cues if cue in _UNTITLED])
        points -= 1.6 * sum(cue.startswith("phrase:") for cue in cues)
        points -= 0.5 * ("ask:imperative" in cues)
        points -= 0.8 * (words <= 6 and ("topic:promotion" in cues or "also:promotion" in cues))
    points -= 9.0 * (not any(word[0].isalnum() for word in f.words))
    points -= 2.0 * (f.text[0].isdigit() and bool(_CLOCK.match(f.text)))
    if layout.first == 1 and not f.terminal and not cues:
        # All that stands above the article, even if it is one word.
        points += 3.0
    if f.text.endswith(".") or f.length > 200:
        points -= 1.5
    if f.text.endswith(":"):
        points -= 1.0
    if not f.terminal and i + 1 < len(layout.features):
        following = layout.features[i + 1]
        if following.text[0].islower() and not layout.gaps[i + 1] and following.length > _WRAPPED:
            # The first half of a sentence that was wrapped.
            points -= 2.0
    return points


# A line that begins with a small letter and is longer goes on with the one above.
_WRAPPED = 30

_CLOCK = re.compile(r"\d{1,2}[.:]\d\d\b")


# More short lines than this between the title and the first paragraph are a list or a poem.
_MOST_CRUMBS = 4


def _is_crumb(layout: Layout, i: int) -> bool:
    f = layout.features[i]
    if len(f.words) > 5 or f.terminal or f.bullet or f.text.endswith(":"):
        return False
    following = i + 1 < len(layout.features) and layout.features[i + 1]
    # What stands above a list is its heading.
    return not (following and (following.bullet or "keep:table" in following.cues))


def _is_own(layout: Layout, i: int) -> bool:
    """Whether a line above the title is the article's, and the title perhaps but a subhead.

    A point of a list, or a headline about what the paragraphs are about.
    """
    f = layout.features[i]
    if layout.base[i] >= 1.0 or layout.title is None or len(f.words) < 4:
        return False
    if f.bullet:
        return True
    title = layout.features[layout.title].words
    long = f.headline and len(f.words) >= 6 and not _is_part(f.words, title)
    return long and bool(f.stems) and layout.cohesion(i, len(layout.features)) >= 0.4


_TIMES = ("shape:clock", "shape:time")


def _is_entry(layout: Layout, i: int) -> bool:
    """Whether a line below the lead is the first of several, each above its own text.

    The times of a liveblog, or the names of those who have their say.
    """
    features = layout.features
    if not layout.cues[i].keys().isdisjoint(_TIMES):
        return any(not cues.keys().isdisjoint(_TIMES) for cues in layout.cues[i + 2 :])
    if "shape:name" not in layout.cues[i] or not features[i + 1 : i + 2]:
        return False
    return features[i + 1].terminal and any(
        "shape:name" in cues and text.terminal and name.text != features[i].text
        for cues, name, text in zip(
            layout.cues[i + 2 :], features[i + 2 :], features[i + 3 :], strict=False
        )
    )


def _is_part(words: list[str], title: list[str]) -> bool:
    """Whether a line has hardly a word that the title has not, as the last of the crumbs has."""
    return len(words) >= 3 and sum(word in title for word in words) >= 0.8 * len(words)


def _head_end(layout: Layout) -> int:
    """The head goes on after a lead, over bylines, dates and buttons."""
    i = layout.first + 1
    while i < min(len(layout.features), layout.first + 9):
        f = layout.features[i]
        marked = layout.base[i] >= 1.0 and any(
            cue.startswith(("shape:", "label:")) for cue in layout.cues[i]
        )
        if f.prose or not marked:
            break
        i += 1
    return min(i, len(layout.features))


def mark_head(layout: Layout) -> None:
    """Adds the cues of place to the lines around the title and the lead."""
    top = 0 if layout.title is None else layout.title + 1
    undecided = [
        i for i in range(top, min(layout.first, len(layout.features))) if not layout.dropped(i)
    ]
    crumbs = len(undecided)
    for i in range(_head_end(layout)):
        if i == layout.title or layout.solid[i]:
            continue
        f, cues = layout.features[i], layout.cues[i]
        sentence = f.terminal and not any(
            cue.startswith(("topic:", "phrase:", "mood:shout")) for cue in cues
        )
        asking = any(cue.startswith(("ask:imperative", "phrase:")) for cue in cues)
        addressed = "mood:house" in cues and "mood:reader" in cues
        if ((sentence and len(f.words) >= 4) or (f.prose and not asking)) and not addressed:
            continue
        if layout.title is not None and i < layout.title and _is_own(layout, i):
            continue
        if i > layout.first and _is_entry(layout, i):
            continue
        cues = layout.mark(i)
        # A menu is short, or made of cells; a sentence above the title is odd, but not a menu.
        menu = f.length <= 80 or layout.base[i] >= 1.0 or "shape:cells" in cues
        if layout.title is not None and i < layout.title and menu:
            cues["place:before-title"] = "navigation"
            for voice in ("keep:stop", "keep:quoted", "keep:table", "keep:authority"):
                cues.pop(voice, None)
            if _is_part(f.words, layout.features[layout.title].words):
                cues["place:title-part"] = "title repeated"
        elif crumbs <= _MOST_CRUMBS and _is_crumb(layout, i):
            # Between title and lead: a desk, a place, a name, a count.
            cues["place:head-fragment"] = "section"
            cues.pop("keep:table", None)
        cues["place:head"] = ""
        after_buttons = (
            layout.title is not None
            and layout.title < i - 1 == layout.first - 2
            and layout.points(i - 1) >= THRESHOLD
        )
        if after_buttons and len(f.words) <= 2 and not f.terminal:
            # Between the buttons and the lead: a place or a section, not a subhead of nothing.
            cues["place:above-lead"] = "dateline"
