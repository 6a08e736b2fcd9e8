"""What comes in a series below an article: dated headlines, comments with their buttons, answers.

The contract: knows a series by its rhythm and never by what it says, and marks it as a whole with
`place:in-series`. Entries of a liveblog, programmes and tables have a rhythm as well, so a series
of headlines must run back in time, be about something else and have nothing told below it, and one
of comments must have a name above each date and a button to answer between any two.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence

from pipeline.clean.features import Features
from pipeline.clean.layout import VOICE, Layout

# Two dated headlines may be anything, two comments with their buttons are a conversation.
_HEADLINES, _COMMENTS = 3, 2

_NAMES = (
    "januari jan|februari feb|maart mrt|april apr|mei|juni jun|juli jul|augustus aug"
    "|september sept sep|oktober okt|november nov|december dec"
)
_MONTHS = {
    name: number
    for number, names in enumerate(_NAMES.split("|"), start=1)
    for name in names.split()
}
_DAYS = {"eergisteren": -2, "gisteren": -1, "vandaag": 0}
_STAMP = re.compile(
    r"(?:(?P<named>eergisteren|gisteren|vandaag)"
    r"|(?:(?:ma|di|wo|do|vr|za|zo)\w{0,7}\.? )?(?P<day>[0-3]?\d)"
    r"(?:[-/](?P<number>[01]?\d)(?:[-/](?P<year>\d{4}|\d\d))?"
    rf"| (?P<month>{'|'.join(_MONTHS)})\b\.?(?: (?P<century>\d{{4}}))?))?"
    r"[\s,|]{0,3}(?:(?P<hour>[0-2]?\d)[.:u](?P<minute>[0-5]\d)(?: uur)?)?[\s|:–—-]{1,3}"
)

_When = tuple[int, int, int, int]


def mark_series(layout: Layout) -> None:
    """Adds the cues of what stands in a series."""
    _mark_polls(layout)
    _mark_comments(layout)
    _mark_headlines(layout)


def _mark(layout: Layout, start: int, end: int, *, reason: str) -> None:
    for i in range(start, end):
        if "keep:correction" in layout.cues[i]:
            continue
        cues = layout.mark(i)
        for keep in (*VOICE, "keep:table", "keep:stop", "keep:bullet"):
            cues.pop(keep, None)
        cues["place:in-series"] = reason


_YES, _NO = ("ja", "eens", "yes"), ("nee", "oneens", "no")
# An answer has no more words, a question no more of them.
_ANSWER, _QUESTION = 5, 14


def _mark_polls(layout: Layout) -> None:
    """Yes and no below each other are buttons; the question above and the votes go with them."""
    features = layout.features
    for i in range(layout.first + 1, len(features) - 1):
        if not (_answers(features[i], _YES) and _answers(features[i + 1], _NO)):
            continue
        start, end = i, i + 2
        above = features[i - 1]
        if above.text[-1] == "?" and len(above.words) <= _QUESTION and not layout.solid[i - 1]:
            start -= 1
        while end < len(features) and (
            features[end].label == "poll" or "shape:counted" in layout.cues[end]
        ):
            end += 1
        _mark(layout, start, end, reason="poll")


def _answers(f: Features, first: tuple[str, ...]) -> bool:
    """Whether it begins with one of the words, as a button does: no sentence, and no result."""
    said = bool(f.words) and f.words[0] in first and len(f.words) <= _ANSWER
    return said and not f.terminal and not f.digit_share


def _mark_headlines(layout: Layout) -> None:
    """Dated headlines, the newest first, below the last paragraph."""
    features = layout.features
    end = len(features)
    while end > layout.first + 1 and not layout.solid[end - 1]:
        stamps: list[_When] = []
        start = end
        while start > layout.first + 1 and (stamp := _dated(features[start - 1])) is not None:
            # Going up, each is as old as the one below it, or newer.
            if stamps and not (_alike(stamp, stamps[-1]) and stamp >= stamps[-1]):
                break
            stamps.append(stamp)
            start -= 1
        if end - start >= _HEADLINES and stamps[-1] > stamps[0]:
            elsewhere = sum(layout.cohesion(i, start) for i in range(start, end)) / (end - start)
            if elsewhere <= _ELSEWHERE:
                _mark(layout, start, end, reason="teaser")
        end = min(start, end - 1)


# Headlines have no more of their words in common with an article that they do not belong to.
_ELSEWHERE = 0.35


def _alike(one: _When, other: _When) -> bool:
    """Whether both say the day, or neither does."""
    return (one[:3] == _TODAY) == (other[:3] == _TODAY)


_TODAY = (9999, 0, 0)

# A date begins with a figure, a day of the week, today or yesterday.
_FIRST = frozenset("0123456789mdwvzegMDWVZEG")


def _dated(f: Features) -> _When | None:
    """When the line says that it appeared, if it is a headline with that in front."""
    text = f.text
    if f.length > 140 or text[0] not in _FIRST or text.endswith((".", ":", ";")):
        return None
    match = _STAMP.match(text.lower())
    if match is None or not (match["named"] or match["day"] or match["hour"]):
        return None
    headline = text[match.end() :].split()
    # "Ajax - PSV 2-1" is a result: a headline says something in words.
    if len(headline) < 3 or sum(word.isalpha() and word.islower() for word in headline) < 2:
        return None
    day = _TODAY
    if match["named"]:
        day = (_TODAY[0], 0, _DAYS[match["named"]] - 1)
    elif match["day"]:
        month = _MONTHS[match["month"]] if match["month"] else int(match["number"])
        year = int((match["year"] or match["century"] or "0")[-2:])
        day = (year, month, int(match["day"]))
    return (*day, 60 * int(match["hour"] or 0) + int(match["minute"] or 0))


def _mark_comments(layout: Layout) -> None:
    """Names, dates and what somebody has to say, with the same button below each."""
    features = layout.features
    posts = [
        i
        for i, cues in enumerate(layout.cues)
        if ("shape:ago" in cues or "shape:stamp" in cues or "shape:date" in cues)
        and i >= layout.first + 2
        and _is_name(features[i - 1])
    ]
    if len(posts) < _COMMENTS:
        return
    places: dict[str, list[int]] = {}
    for i in range(layout.first + 1, len(features)):
        if len(features[i].words) <= _BUTTON and not features[i].terminal:
            places.setdefault(features[i].text, []).append(i)
    posts = [i for i in posts if len(places.get(features[i - 1].text, ())) < _COMMENTS]
    if len(posts) < _COMMENTS:
        return
    for i in range(posts[0] + 1, posts[1]):
        buttons = places.pop(features[i].text, [])
        if len(buttons) >= len(posts) and _alternate(layout, posts, buttons):
            if not any(f.reported for f in features[posts[0] : buttons[-1]]):
                _mark(layout, posts[0] - 1, buttons[-1] + 1, reason="comments")
            return


# A button has no more words.
_BUTTON = 3


def _alternate(layout: Layout, posts: Sequence[int], buttons: Sequence[int]) -> bool:
    """Whether a button stands below each post, above the next, with nothing told in between."""
    for post, following in zip(posts, [*posts[1:], buttons[-1] + 1], strict=True):
        last = bisect_right(buttons, following - 1) - 1
        # "Antwoord", and then the answer: those are readers' questions, and the article.
        if last < 0 or buttons[last] <= post or any(layout.solid[buttons[last] : following]):
            return False
    return True


def _is_name(f: Features) -> bool:
    return 1 <= len(f.words) <= 4 and f.length <= 40 and not f.text.endswith(("!", "?", ":", "…"))
