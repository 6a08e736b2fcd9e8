"""The end of an article, and what stands after it.

The contract: goes back from the last line over the stretches of undecided lines between blocks of
boilerplate, and asks of each whether it looks like what follows an article (`tailness`) or like the
article; the first that looks like the article ends the search.
"""

from __future__ import annotations

from itertools import accumulate

from pipeline.clean.layout import VOICE, Layout
from pipeline.clean.stretch import (
    ROWS,
    Above,
    can_end,
    has_dateline,
    is_pair,
    is_row,
    is_sentence,
    is_told,
    look_above,
)
from pipeline.clean.tailness import tailness

# A stretch is after the end of the article from so many points on, and surely so from the second
# number on.
_TAIL, _SURE_TAIL = 1.3, 1.8
# With plain sentences in it more is at stake.
_TOLD_TAIL = 1.6


def mark_tail(layout: Layout) -> None:
    """Adds the cues of what stands after the end of the article, and notes where that is."""
    layout.tail = end = len(layout.features)
    if not any(_gone(layout, i) for i in range(layout.first, end)):
        return
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
            break
        # 3. the stretch: first what stands below its last sentence, then as a whole
        if start < end and not _follows(layout, start, end, above):
            break
        layout.tail = above
        end = above


def _follows(layout: Layout, start: int, end: int, above: int) -> bool:
    """Whether the whole stretch stands after the end; marks what does."""
    block = look_above(layout, start, above)
    end = _cut_fragments(layout, start, end, block)
    mean, share = _proportions(layout, start, end, above)
    points = tailness(layout, start, end, above, block=block, mean=mean, share=share)
    told = any(is_told(layout.features[i]) for i in range(start, end))
    if points < (_TOLD_TAIL if told else _TAIL):
        return False
    resumed = _resumed(layout, start, end, block)
    if resumed < end:
        _mark_stretch(layout, start, resumed, above, sure=False)
        return False
    _mark_stretch(layout, start, end, above, sure=points >= _SURE_TAIL)
    return True


def _proportions(layout: Layout, start: int, end: int, above: int) -> tuple[float, float]:
    """The mean length of the paragraphs above, and the share that the stretch has of them."""
    if not layout.characters:
        both = list(zip(layout.features, layout.solid, strict=True))
        layout.characters = list(accumulate((f.length * solid for f, solid in both), initial=0))
        layout.paragraphs = list(accumulate(layout.solid, initial=0))
    characters = layout.characters
    mean = characters[above] / max(1, layout.paragraphs[above])
    return mean, (characters[end] - characters[start]) / max(1, characters[above])


def _cut_fragments(layout: Layout, start: int, end: int, block: Above) -> int:
    """Marks the headlines and labels below a stretch's last sentence; returns where they begin.

    An article ends in a sentence, and its last ones often stand alone between two blocks of
    boilerplate: they are not to go with what follows them.
    """
    features = layout.features
    if block.ended or block.stamped or any(has_dateline(features[i]) for i in range(start, end)):
        return end
    cut = end
    while cut > start and not is_sentence(layout, cut - 1):
        cut -= 1
    below = range(cut, end)
    if cut in {start, end} or any(can_end(layout, i) for i in below):
        return end
    if not any(features[i].headline for i in below) and len(below) < 2:
        return end
    if sum(is_pair(features[i]) for i in below) >= ROWS:
        return end
    _mark_stretch(layout, cut, end, cut, sure=False)
    return cut


# An article that is interrupted by "Lees ook" has so many headlines there at most.
_MOST_RELATED = 3


def _resumed(layout: Layout, start: int, end: int, block: Above) -> int:
    """Where the article goes on below "Lees ook" and its headlines; `end` if it does not.

    Teasers alternate, a headline and what it is about. Headlines and then sentences or rows alone,
    down to the boilerplate, are an article that was interrupted. Under "Meer nieuws" nothing goes
    on.
    """
    features = layout.features
    if not block.related or block.ended or block.stamped:
        return end
    i = start
    while (
        i < end
        and features[i].headline
        and not (is_told(features[i]) or is_row(layout, i))
        and i - start <= _MOST_RELATED
    ):
        i += 1
    rest = range(i, end)
    if i - start > _MOST_RELATED or not any(is_told(features[k]) for k in rest):
        return end
    # Shorter ones are subheads, or what stands below the article's last sentence.
    teasers = any(
        has_dateline(f) or (f.headline and not f.terminal and len(f.words) >= 6)
        for k in rest
        if not is_row(layout, k) and (f := features[k])
    )
    opens = features[i].terminal or is_row(layout, i)
    return i if opens and not teasers else end


def _gone(layout: Layout, i: int) -> bool:
    cues = layout.cues[i]
    return layout.dropped(i) or "place:under-heading" in cues or "place:in-series" in cues


def _mark_stretch(layout: Layout, start: int, end: int, above: int, *, sure: bool) -> None:
    heading = any(layout.headings.get(i) == "related" for i in range(above, start))
    several = end - start > 2
    for i in range(start, end):
        if "keep:correction" in layout.cues[i]:
            continue
        f, cues = layout.features[i], layout.mark(i)
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
