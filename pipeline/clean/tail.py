"""The end of an article, and what stands after it.

The contract: goes back from the last line over the stretches of undecided lines between blocks of
boilerplate, and asks of each whether it looks like what follows an article (`tailness`) or like the
article; the first that looks like the article ends the search. A stretch is judged as a whole: one
headline more or less does not tear it. A paragraph lost is the worst that can happen here, so all
that paragraphs have and teasers have not counts against.
"""

# ruff: noqa: E501  a pattern is read on one line

from __future__ import annotations

import re
from collections import Counter
from itertools import accumulate

from pipeline.clean.decide import score
from pipeline.clean.features import CLOSERS, Features
from pipeline.clean.layout import VOICE, Layout

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

# A stretch is after the end of the article from so many points on, and surely so from the second
# number on.
_TAIL, _SURE_TAIL = 1.3, 1.8
# With plain sentences in it more is at stake.
_TOLD_TAIL = 1.6

# What ends an article more often than not has so many points; what stands in the middle as often,
# and what stands all through it, so few.
_ENDED, _PASSING, _AMID = 1.0, 0.5, 0.2
# So many times, each with a paragraph after it, and it is no sign of the end.
_OFTEN = 2

# Headings of what follows an article; "Lees ook" and "Meer over" stand in the middle as well.
_ENDS = re.compile(
    r"\W*(?:(?:nog )?meer (?:nieuws|uit|van|artikelen)|(?:ander|overig|het laatste|laatste|recent) nieuws|meest|best gelezen"
    r"|gerelateerd|aanbevolen|aangeraden|anderen|andere lezers|populair|net binnen|recent|uitgelicht|misschien|wellicht|dit vind"
    r"|dit lazen|trending|verwante|must reads)"
)
_DATELINE = re.compile(r"[A-ZÀ-Ý][A-ZÀ-Ý /'’-]{2,30}(?: \([A-Za-z/ ]{2,20}\))? ?[-–—] ")

# "Intercity Venlo: ongewijzigd": so many of them are a list, which an article can end with.
_ROW = re.compile(r"[^:]{2,40}: [^\s:]+(?: [^\s:]+){0,3}")
_ROWS = 2

# "13.30 uur - Geen treinen": an entry of a liveblog.
_ENTRY = re.compile(r"[0-2]?\d[.:u][0-5]\d(?: uur)?\s?[-–—:|] ?\S")

_SPEECH = re.compile('["“”„]|,,')

# Words with which a paragraph takes up what the one before it said; a teaser stands alone.
_TAKES_UP = frozenset(
    """ze zij hij hem hun dat die daar daarom daarmee daarna daardoor daarvoor daarnaast dan toen ook toch maar en want volgens
    intussen inmiddels verder bovendien later wel of echter ondertussen destijds eveneens hierdoor immers dezelfde vervolgens
    overigens tegelijk""".split()
)
_TAKES_UP_WITHIN = frozenset(
    """ze zij hij hem intussen inmiddels daarom daarmee daarna daardoor echter bovendien ondertussen destijds eveneens toen immers
    vervolgens overigens hierdoor""".split()
)


def mark_tail(layout: Layout) -> None:
    """Adds the cues of what stands after the end of the article, and notes where that is."""
    count = len(layout.features)
    layout.tail = count
    lengths = [
        f.length if solid else 0 for f, solid in zip(layout.features, layout.solid, strict=True)
    ]
    characters = list(accumulate(lengths, initial=0))
    paragraphs = list(accumulate(layout.solid, initial=0))
    layout.amid = _standing_amid(layout)
    layout.timed = list(accumulate((_is_timed(layout, i) for i in range(count)), initial=0))
    end = count
    while end > layout.first + 1:
        # 1. the stretch of undecided lines up to `end`
        start = end
        while start > layout.first and not _gone(layout, start - 1):
            start -= 1
        # 2. the block of boilerplate before it
        above = start
        while above > layout.first and _gone(layout, above - 1):
            above -= 1
        if above <= layout.first and start <= layout.first + 1:
            break
        if start == above:
            _mark_run(layout, start, end)
            break
        # 3. the stretch: first what stands below its last sentence, then as a whole
        if start < end:
            end = _cut_fragments(layout, start, end, above)
            mean = characters[above] / max(1, paragraphs[above])
            share = (characters[end] - characters[start]) / max(1, characters[above])
            points = tailness(layout, start, end, above, mean=mean, share=share)
            told = any(_is_told(layout.features[i]) for i in range(start, end))
            if points < (_TOLD_TAIL if told else _TAIL):
                break
            resumed = _resumed(layout, start, end, above)
            if resumed < end:
                _mark_stretch(layout, start, resumed, above, sure=False)
                break
            _mark_stretch(layout, start, end, above, sure=points >= _SURE_TAIL)
        layout.tail = above
        end = above


def _standing_amid(layout: Layout) -> frozenset[str]:
    """What was dropped in several places of the article, as the share button of a liveblog is."""
    times: Counter[str] = Counter()
    waiting: set[str] = set()
    for i, f in enumerate(layout.features):
        if layout.solid[i]:
            times.update(waiting)
            waiting.clear()
        elif i > layout.first and layout.dropped(i):
            waiting.add(f.text)
    return frozenset(text for text, number in times.items() if number >= _OFTEN)


def _cut_fragments(layout: Layout, start: int, end: int, above: int) -> int:
    """Marks the headlines and labels below the last sentence of a stretch; returns where they begin.

    An article ends in a sentence, and its last ones often stand alone between two blocks of
    boilerplate: they are not to go with what follows them.
    """
    _, stamped, _, ended = _mark_above(layout, start, above)
    features = layout.features
    if ended or stamped or any(_DATELINE.match(features[i].text) for i in range(start, end)):
        return end
    cut = end
    while cut > start and not _is_sentence(layout, cut - 1):
        cut -= 1
    below = range(cut, end)
    if cut in {start, end} or any(_can_end(layout, i) for i in below):
        return end
    if not any(features[i].headline for i in below) and len(below) < 2:
        return end
    if sum(bool(_ROW.fullmatch(features[i].text)) for i in below) >= _ROWS:
        return end
    _mark_stretch(layout, cut, end, cut, sure=False)
    return cut


# An article that is interrupted by "Lees ook" has so many headlines there at most.
_MOST_RELATED = 3


def _resumed(layout: Layout, start: int, end: int, above: int) -> int:
    """Where the article goes on below "Lees ook" and its headlines; `end` if it does not.

    Teasers alternate, a headline and what it is about. Headlines and then sentences or rows alone,
    down to the boilerplate, are an article that was interrupted. Under "Meer nieuws" nothing goes
    on.
    """
    _, stamped, related, ended = _mark_above(layout, start, above)
    features = layout.features
    if not related or ended or stamped:
        return end
    i = start
    while (
        i < end
        and features[i].headline
        and not (_is_told(features[i]) or _is_row(layout, i))
        and i - start <= _MOST_RELATED
    ):
        i += 1
    rest = range(i, end)
    if i - start > _MOST_RELATED or not any(_is_told(features[k]) for k in rest):
        return end
    # Shorter ones are subheads, or what stands below the article's last sentence.
    teasers = any(
        _DATELINE.match(f.text) or (f.headline and not f.terminal and len(f.words) >= 6)
        for k in rest
        if not _is_row(layout, k) and (f := features[k])
    )
    opens = features[i].terminal or _is_row(layout, i)
    return i if opens and not teasers else end


def _is_timed(layout: Layout, i: int) -> bool:
    text = layout.features[i].text
    return "shape:time" in layout.cues[i] or (text[0].isdigit() and bool(_ENTRY.match(text)))


def _is_row(layout: Layout, i: int) -> bool:
    f = layout.features[i]
    return f.bullet or "keep:table" in layout.cues[i] or bool(_ROW.fullmatch(f.text))


def _is_sentence(layout: Layout, i: int) -> bool:
    f = layout.features[i]
    if layout.solid[i] or f.reported:
        return True
    return f.terminal and len(f.words) >= 4 and not f.text.rstrip("\"'”’»)").endswith(("?", "!"))


def _is_told(f: Features) -> bool:
    return f.terminal and len(f.words) >= 6 and f.text.rstrip(CLOSERS).endswith(".")


def _can_end(layout: Layout, i: int) -> bool:
    """Whether a line that is no sentence can be the end of an article: of a list, say."""
    f, cues = layout.features[i], layout.cues[i]
    return (
        f.bullet
        or f.quoted
        or ";" in f.text
        or f.text.endswith((":", ","))
        or bool(cues.keys() & {"keep:table", "keep:correction", "keep:source", "shape:time"})
    )


def _gone(layout: Layout, i: int) -> bool:
    return layout.dropped(i) or "place:under-heading" in layout.cues[i]


def _reason(layout: Layout, i: int) -> str:
    best, reason = 0.0, ""
    for cue, why in layout.cues[i].items():
        if why and (points := score((cue,))) > best:
            best, reason = points, why
    return reason


def tailness(
    layout: Layout, start: int, end: int, above: int, *, mean: float, share: float
) -> float:
    """How much the lines from `start` to `end` look like what follows an article, in points.

    Args:
        layout: The article; the boilerplate right before the stretch begins at `above`.
        start: First line of the stretch.
        end: Line after its last.
        above: First line of the boilerplate before it.
        mean: Mean length of the paragraphs before that, in characters.
        share: Characters of paragraphs in the stretch, as a share of those before it.
    """
    features, head = layout.features, start
    # 1. what stands above it
    points, stamped, related, ended = _mark_above(layout, start, above)
    while (
        not ended
        and head < end - 1
        and (
            "place:near-heading" in layout.cues[head]
            or (points < _PASSING and features[head].headline and not features[head].terminal)
        )
    ):
        # A headline under a heading, the title of a video, a subhead: it says nothing about what
        # comes below.
        head += 1
    stretch, n = range(head, end), end - head
    lines = [features[i] for i in stretch]
    # 2. what it looks like: headlines or keywords, and not tables, lists or corrections
    headlines = sum(
        f.headline and not f.terminal and "keep:table" not in layout.cues[i]
        for i, f in zip(stretch, lines, strict=True)
    )
    if related and not headlines:
        # Under "Lees ook" come headlines; sentences are the article that goes on.
        points = min(points, 1.0 if ended else 0.5)
    if not headlines and not ended and points < _ENDED and any(f.terminal for f in lines):
        # So they are below a picture, a video or an advert.
        points -= 1.0
    points += 1.2 * headlines / n + 0.3 * (n >= 3)
    sentences = [f for f in lines if f.terminal]
    if not sentences:
        # Keywords, names, buttons; with a sentence among them they would be subheads.
        points += 0.7 * sum(len(f.words) <= 3 for f in lines) / n
    listed = sum(bool(_ROW.fullmatch(f.text)) for f in lines)
    rows = sum(
        "keep:table" in layout.cues[i]
        or f.bullet
        or (listed >= _ROWS and bool(_ROW.fullmatch(f.text)))
        for i, f in zip(stretch, lines, strict=True)
    )
    # A table below a picture or in the middle of a text is the article's; below its end, a widget.
    points -= (1.2 if ended or points >= _ENDED + 0.2 else 2.4) * rows / n
    points -= 2.0 * any("keep:correction" in layout.cues[i] for i in stretch)
    # 3. its paragraphs: a teaser is short, stands alone and has no one speaking
    datelines = sum(bool(_DATELINE.match(f.text)) for f in lines)
    alternates = datelines > 0 or headlines >= 0.6 * max(1, len(sentences) - 1)
    points += 0.6 * min(datelines, 3) + (1.0 if ended and alternates else 0.0)
    long_headlines = sum(f.headline and not f.terminal and len(f.words) >= 6 for f in lines)
    if sentences and long_headlines >= 2 and long_headlines >= len(sentences) - 1:
        # Headline, sentence, headline, sentence: subheads are shorter and have more below them.
        points += 0.8
    points -= (0.4 if ended and alternates else 1.2) * min(
        sum(f.length >= 210 for f in sentences), 2
    )
    if not (ended and alternates):
        points -= 0.7 * min(sum(f.reported for f in sentences if f.length > 60), 2)
        points -= 0.5 * min(sum(f.reported and bool(_SPEECH.search(f.text)) for f in sentences), 2)
        points -= 0.8 * min(sum(takes_up(f.words) for f in sentences if not f.headline), 2)
        # What somebody answers stands between quotation marks, full stop and all.
        points -= 0.7 * min(sum(f.quoted for f in sentences if not f.headline), 2)
    solids = [f.length for i, f in zip(stretch, lines, strict=True) if layout.solid[i]]
    if solids and mean:
        ratio = sum(solids) / len(solids) / mean
        points += 0.5 if ratio < 0.6 else -0.9 if ratio > 0.8 else -0.2
    if any(_is_timed(layout, i) for i in stretch) and layout.timed[above] >= 2:
        # One more entry of a liveblog.
        points -= 3.0
    # 4. what it is about
    cohesion = sum(layout.cohesion(i, above) for i in stretch) / n
    points += 0.6 if cohesion < 0.2 else 0.3 if cohesion < 0.3 else -0.8 if cohesion > 0.45 else 0.0
    # 5. how much would be lost
    plain = all(f.terminal and not f.text.endswith(("?", "!")) for f in lines)
    if not stamped and n <= 2 and plain:
        # One sentence on its own is an article's last line more often than a teaser.
        several = any(f.sentences >= 2 or f.text[0] in '"“„' for f in lines)
        points -= (1.6 if several else 1.4) * (0.5 if ended else 1.0)
    if not (ended and alternates):
        points -= 2.0 * max(0.0, share - 0.25)
    if layout.tail < len(features):
        # What follows an article seldom comes in several parts with sentences in each.
        points -= 0.4 * bool(sentences) * (not headlines)
    return points


def _mark_above(layout: Layout, start: int, above: int) -> tuple[float, bool, bool, bool]:
    """The block above: its points; whether it ends in "… geleden", has a heading, has an `_ENDS`."""
    reasons = [_reason(layout, i) for i in range(above, start)]
    points = max(
        min(_END.get(reason, 0.5), _AMID if layout.features[i].text in layout.amid else 9.0)
        for i, reason in enumerate(reasons, start=above)
    )
    stamped = "shape:ago" in layout.cues[start - 1]
    if stamped:
        # How long ago: one of a series.
        points = max(points, 1.5)
    related = [i for i in range(above, start) if layout.headings.get(i) == "related"]
    ended = any(_ENDS.match(layout.features[i].text.lower()) for i in related)
    points += 0.15 * (min(len(reasons), 4) - 1) + 0.5 * bool(related)
    return points, stamped, bool(related), ended


def takes_up(words: list[str]) -> bool:
    """Whether a paragraph that begins with these words takes up what was said before it."""
    return bool(words) and (words[0] in _TAKES_UP or not _TAKES_UP_WITHIN.isdisjoint(words[:8]))


def _mark_stretch(layout: Layout, start: int, end: int, above: int, *, sure: bool) -> None:
    heading = any(layout.headings.get(i) == "related" for i in range(above, start))
    several = end - start > 2
    for i in range(start, end):
        f, cues = layout.features[i], layout.cues[i]
        if "keep:correction" in cues:
            continue
        # A teaser has the voice of an article, so the voice says nothing here.
        for voice in VOICE:
            cues.pop(voice, None)
        cues["place:after-end"] = "teaser"
        if heading:
            cues["place:after-heading"] = "teaser"
        if several and sure:
            cues["place:in-run"] = "teaser"
        if f.headline:
            cues["shape:headline"] = "teaser"
        elif not f.terminal:
            cues["shape:fragment"] = "teaser"
        cohesion = layout.cohesion(i, start)
        if cohesion < 0.35:
            cues["text:elsewhere"] = "teaser"
        elif cohesion > 0.6 and f.terminal and not (heading or several):
            cues["keep:cohesion"] = ""


def _mark_run(layout: Layout, start: int, end: int) -> None:
    """Three or more headlines in a row, up to the last line, about other things."""
    i = end
    features = layout.features
    while i > max(start, layout.first + 1):
        f = features[i - 1]
        plain = f.headline and not f.terminal and not f.bullet and f.digit_share < 0.3
        if not plain or "keep:correction" in layout.cues[i - 1]:
            break
        i -= 1
    if end - i < 3 or sum(layout.cohesion(k, i) for k in range(i, end)) / (end - i) > 0.35:
        return
    for k in range(i, end):
        layout.cues[k]["place:headline-run"] = "teaser"
        layout.cues[k]["shape:headline"] = "teaser"
