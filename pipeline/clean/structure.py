"""What the lines are to each other: one look at all of them, and at what stands between two.

The contract: takes measured lines and adds cues of place to them; never looks at a line's place in
absolute terms, only at its place among paragraphs and boilerplate. Evidence for dropping comes from
neighbours that are dropped themselves, so that a cleaned text gives no new reason to drop. Linear
in the number of lines.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from pipeline.clean.decide import THRESHOLD, score
from pipeline.clean.features import Features
from pipeline.clean.head import find_title, mark_head
from pipeline.clean.headings import begins_table, mark_author, mark_headings
from pipeline.clean.layout import Layout, first_prose
from pipeline.clean.series import mark_series
from pipeline.clean.tail import mark_tail


def lay_out(
    features: Sequence[Features], *, gaps: Sequence[bool], title: str | None = None
) -> Layout:
    """All cues of all lines.

    Args:
        features: The lines.
        gaps: Per line, whether a blank line, or nothing at all, precedes it.
        title: The article's title, if it is known; then no other is looked for.
    """
    layout = Layout(
        features,
        gaps,
        cues=[f.cues for f in features],
        base=[f.points for f in features],
        solid=[f.solid for f in features],
    )
    solid = layout.solid
    # From the last to the first, so that the first to have a word is what remains.
    for i in range(len(features) - 1, -1, -1):
        if solid[i]:
            layout.seen.update(dict.fromkeys(features[i].stems, i))
    layout.first = solid.index(True) if True in solid else first_prose(layout)
    mark_author(layout)
    _mark_questions(layout)
    _mark_tables(layout)
    mark_headings(layout)
    mark_series(layout)
    mark_tail(layout)
    if title is None:
        layout.title = find_title(layout)
    mark_head(layout)
    _mark_times(layout)
    _mark_beyond(layout)
    _mark_neighbours(layout)
    return layout


_QUESTIONS = frozenset(("faq", "vraag", "vragen"))


def _mark_questions(layout: Layout) -> None:
    """A label about questions with one right below it, and its answer, is a subhead."""
    features = layout.features
    for i in range(layout.first + 1, len(features) - 2):
        if features[i].label is None or _QUESTIONS.isdisjoint(features[i].words):
            continue
        question, answer = features[i + 1], features[i + 2]
        told = answer.terminal and len(answer.words) >= 4
        if question.text.endswith("?") and told and not layout.dropped(i + 2):
            layout.mark(i)["keep:subhead"] = ""
            layout.base[i] = score(layout.cues[i])


def _mark_tables(layout: Layout) -> None:
    """A label with a colon right above rows of figures is what they are called."""
    for i in range(layout.first + 1, len(layout.features) - 2):
        f = layout.features[i]
        if f.label is not None and f.text[-1] == ":" and begins_table(layout.features, i + 1):
            cues = layout.mark(i)
            cues.pop("label:furniture", None)
            cues.pop("label:weak", None)
            layout.base[i] = score(cues)


def _mark_times(layout: Layout) -> None:
    """Two times in a row are those of a player, one where it is and one where it ends."""
    for i, cues in enumerate(layout.cues):
        if "shape:time" in cues and i and "shape:time" in layout.cues[i - 1]:
            layout.mark(i - 1)["shape:player"] = "audio"
            layout.mark(i)["shape:player"] = "audio"


# A heading of what the site has more of.
_MORE = re.compile(
    r"(?:Nog meer|Meer|Ander|Andere|Ook|Gerelateerde?) [a-zà-ÿA-Z][\w-]+(?: [\w-]+){0,2}$"
)


def _mark_beyond(layout: Layout) -> None:
    """What is no sentence, list or table and stands below all that is."""
    last = len(layout.features)
    fragments: set[int] = set()
    while last > layout.first + 1:
        i = last - 1
        if layout.points(i) < THRESHOLD:
            if _holds(layout, i):
                break
            fragments.add(i)
        last = i
    dropped = False
    for i in range(last, len(layout.features)):
        if layout.points(i) >= THRESHOLD:
            dropped = True
        elif i in fragments:
            heads = i + 1 < len(layout.features) and _MORE.match(layout.features[i].text)
            dropped = dropped or bool(heads)
            # With boilerplate in between it is beyond the end; without, it may be the end.
            cues, headline = layout.mark(i), layout.features[i].headline
            cues["place:beyond" if dropped else "place:trailing"] = "navigation"
            cues["shape:headline" if headline else "shape:fragment"] = "teaser"


def _holds(layout: Layout, i: int) -> bool:
    """Whether the line, undecided as it is, can be the last of an article."""
    f, cues = layout.features[i], layout.cues[i]
    return (
        layout.solid[i]
        or f.prose
        or (f.terminal and len(f.words) >= 2)
        or f.bullet
        or f.quoted
        or ";" in f.text
        or f.text.endswith((":", ","))
        or bool(cues.keys() & {"keep:table", "keep:correction", "keep:source", "shape:time"})
    )


_PLAYED = ("phrase:video", "phrase:audio")


def _mark_neighbours(layout: Layout) -> None:
    """Short lines between two that go, go more easily; a lone word above a paragraph less so."""
    _mark_recurring(layout)
    for i, cues in enumerate(layout.cues):
        # The length of the video named on the line above.
        if "shape:time" in cues and i and not layout.cues[i - 1].keys().isdisjoint(_PLAYED):
            layout.mark(i)["place:under-heading"] = "video"
    points = layout.all_points()
    if max(points, default=0.0) < THRESHOLD:
        return
    count = len(points)
    i = 0
    while i < count:
        f = layout.features[i]
        if points[i] >= THRESHOLD:
            over = i - 1
            while over > 0 and points[over] >= THRESHOLD and "shape:credit" in layout.cues[over]:
                over -= 1
            above = layout.solid[over] if i else False
            below = layout.solid[i + 1] if i + 1 < count else False
            plain = len(f.words) == 1 and f.cues.get("label:furniture") in _SUBHEAD_LABELS
            if plain and above and below:
                layout.mark(i)["keep:subhead"] = ""
            i += 1
            continue
        end = i
        while end < count and points[end] < THRESHOLD and _doubtful(layout, end, points[end]):
            end += 1
        if (
            end > i
            and i
            and (end == count or points[end] >= THRESHOLD)
            and points[i - 1] >= THRESHOLD
        ):
            for k in range(i, end):
                cues = layout.mark(k)
                cues["place:beside-dropped"] = ""
                if "mood:imperative" in cues:
                    cues["ask:beside"] = ""
        i = max(end, i + 1)


# How much text is searched, and for how many lines: linear in the end.
_SEARCHED, _SOUGHT = 100_000, 50


def _mark_recurring(layout: Layout) -> None:
    """A subhead or pull quote taken from the paragraphs is the article's, whatever it says."""
    sought = 0
    body = ""
    for i in range(layout.first + 1, min(layout.tail, len(layout.features) - 1)):
        f = layout.features[i]
        if not layout.dropped(i) or f.label or not 15 <= f.length <= 150 or not layout.solid[i + 1]:
            continue
        if not body:
            solids = (
                g.text for g, solid in zip(layout.features, layout.solid, strict=True) if solid
            )
            body = "\n".join(solids)[:_SEARCHED].lower()
        sought += 1
        if sought > _SOUGHT:
            break
        if f.text.lower().strip(" \"'“”„‘’.!?") in body:
            layout.mark(i)["keep:recurs"] = ""


# Labels that are as well the one-word subhead of an article.
_SUBHEAD_LABELS = frozenset(
    (
        "copyright",
        "navigation",
        "section",
        "related",
        "cookie notice",
        "paywall",
        "tags",
        "donation",
    )
)


def _doubtful(layout: Layout, i: int, points: float) -> bool:
    f = layout.features[i]
    asking = points > 0 and "mood:imperative" in layout.cues[i]
    if not (points >= 0.4 or asking) or f.length > 90 or f.prose or i == layout.title:
        return False
    if not asking:
        return True
    spoken = any(cue.startswith(("topic:", "phrase:")) for cue in f.cues)
    told = f.text.endswith(".") and ("mood:reader" not in f.cues or f.sentences >= 2)
    # "Doe dan iets aan de bron." asks it of somebody else; two sentences are advice.
    return spoken or not told
