"""How much a stretch of undecided lines looks like what follows an article.

The contract: `tailness` adds up points over a stretch as a whole; one headline more or less does not
tear it. A paragraph lost is the worst that can happen here, so all that paragraphs have and teasers
have not counts against.
"""

# ruff: noqa: E501  a word list is read on one line

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.clean.features import Features
from pipeline.clean.layout import Layout
from pipeline.clean.stretch import ROWS, Above, has_dateline, is_pair, is_timed, timed_before

# What ends an article more often than not has so many points; what stands in the middle as often,
# so few.
_ENDED, _PASSING = 1.0, 0.5

# A stretch about something else has so many; fewer than so many never make an end of it.
_ELSEWHERE, _LEAST = 0.6, 1.2
# All that its paragraphs can add, and that.
_TEASING = 3 * 0.6 + 0.8 + 0.5 + _ELSEWHERE

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


def tailness(
    layout: Layout, start: int, end: int, above: int, *, block: Above, mean: float, share: float
) -> float:
    """How much the lines from `start` to `end` look like what follows an article, in points.

    Where the rest cannot make an end of it any more, the rest is not worked out.

    Args:
        layout: The article; the boilerplate right before the stretch begins at `above`.
        start: First line of the stretch.
        end: Line after its last.
        above: First line of the boilerplate before it.
        block: What that boilerplate is.
        mean: Mean length of the paragraphs before that, in characters.
        share: Characters of paragraphs in the stretch, as a share of those before it.
    """
    features, head = layout.features, start
    # 1. what stands above it
    points, ended = block.points, block.ended
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
    tables = ["keep:table" in layout.cues[i] for i in stretch]
    sentences = [f for f in lines if f.terminal]
    # 2. what it looks like: headlines or keywords, and not tables, lists or corrections
    headlines = sum(
        f.headline and not f.terminal and not table for f, table in zip(lines, tables, strict=True)
    )
    if block.related and not headlines:
        # Under "Lees ook" come headlines; sentences are the article that goes on.
        points = min(points, 1.0 if ended else 0.5)
    if not headlines and not ended and points < _ENDED and sentences:
        # So they are below a picture, a video or an advert.
        points -= 1.0
    points += 1.2 * headlines / n + 0.3 * (n >= 3)
    if not sentences:
        # Keywords, names, buttons; with a sentence among them they would be subheads.
        points += 0.7 * sum(len(f.words) <= 3 for f in lines) / n
    pairs = [is_pair(f) for f in lines]
    listed = sum(pairs) >= ROWS
    rows = sum(
        table or f.bullet or (listed and pair)
        for f, table, pair in zip(lines, tables, pairs, strict=True)
    )
    # A table below a picture or in the middle of a text is the article's; below its end, a widget.
    points -= (1.2 if ended or points >= _ENDED + 0.2 else 2.4) * rows / n
    points -= 2.0 * any("keep:correction" in layout.cues[i] for i in stretch)
    large = 2.0 * max(0.0, share - 0.25)
    if not ended and points + _TEASING - large < _LEAST:
        return points - large
    # 3. its paragraphs: a teaser is short, stands alone and has no one speaking
    datelines = sum(has_dateline(f) for f in lines)
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
        points = _without_voices(points, sentences)
    solids = [f.length for i, f in zip(stretch, lines, strict=True) if layout.solid[i]]
    if solids and mean:
        ratio = sum(solids) / len(solids) / mean
        points += 0.5 if ratio < 0.6 else -0.9 if ratio > 0.8 else -0.2
    if any(is_timed(layout, i) for i in stretch) and timed_before(layout, above) >= 2:
        # One more entry of a liveblog.
        points -= 3.0
    lost = 0.0 if ended and alternates else large
    if points + _ELSEWHERE - lost < _LEAST:
        # What is left to see can only take away more than it can add.
        return points - lost
    # 4. what it is about
    cohesion = sum(layout.cohesion(i, above) for i in stretch) / n
    points += (
        _ELSEWHERE
        if cohesion < 0.2
        else 0.3
        if cohesion < 0.3
        else -0.8
        if cohesion > 0.45
        else 0.0
    )
    # 5. how much would be lost
    plain = all(f.terminal and not f.text.endswith(("?", "!")) for f in lines)
    if not block.stamped and n <= 2 and plain:
        # One sentence on its own is an article's last line more often than a teaser.
        several = any(f.sentences >= 2 or f.text[0] in '"“„' for f in lines)
        points -= (1.6 if several else 1.4) * (0.5 if ended else 1.0)
    points -= lost
    if layout.tail < len(features):
        # What follows an article seldom comes in several parts with sentences in each.
        points -= 0.4 * bool(sentences) * (not headlines)
    return points


def _without_voices(points: float, sentences: Sequence[Features]) -> float:
    """The points less those of what only an article has: who speaks, and what goes on."""
    points -= 0.7 * min(sum(f.reported for f in sentences if f.length > 60), 2)
    points -= 0.5 * min(sum(f.reported and bool(_SPEECH.search(f.text)) for f in sentences), 2)
    points -= 0.8 * min(sum(takes_up(f.words) for f in sentences if not f.headline), 2)
    # What somebody answers stands between quotation marks, full stop and all.
    points -= 0.7 * min(sum(f.quoted for f in sentences if not f.headline), 2)
    return points


def takes_up(words: list[str]) -> bool:
    """Whether a paragraph that begins with these words takes up what was said before it."""
    return bool(words) and (words[0] in _TAKES_UP or not _TAKES_UP_WITHIN.isdisjoint(words[:8]))
