"""The decision on every line of an article, with its grounds."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import dataclass

from pipeline.clean.decide import THRESHOLD, by_weight, reason_of
from pipeline.clean.features import Features
from pipeline.clean.layout import Layout, complete
from pipeline.clean.lines import measure
from pipeline.clean.recurring import key_of
from pipeline.clean.repairs import Line
from pipeline.clean.structure import lay_out


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What becomes of one line.

    Attributes:
        text: The repaired line. line: Its 1-based number in the raw input, or in the extracted text
            of a page. keep: Whether it stays. kind: ``"title"``, ``"lead"``, ``"body"``,
            ``"subhead"``, ``"list"``, ``"quote"``, ``"table"`` or
            ``"correction"`` for a line that stays; ``"boilerplate"`` for one that goes.
        reason: Why it goes, one of `REASONS`; empty for a line that stays.
        score: Points for dropping; the line goes at `pipeline.clean.decide.THRESHOLD` or more.
        cues: What the points were given for, weightiest first.
        language: ISO 639-1 code: ``"nl"``, or that of a line that is clearly not Dutch.
    """

    text: str
    line: int
    keep: bool
    kind: str
    reason: str
    score: float
    cues: tuple[str, ...]
    language: str = "nl"


# A line of so many letters is not repeated by chance; a longer one than the second is never sought.
_TELLING, _LONGEST_RECURRING = 25, 1000

# A cleaned text gives hardly any new reason to drop a line; when it does, the rules are asked
# again.
_ROUNDS = 4


def judge(
    lines: Sequence[Line], *, title: str | None = None, recurring: Container[str] = ()
) -> list[Verdict]:
    """A verdict per line, in order.

    Args:
        lines: The repaired lines.
        title: The article's title, if it is known.
        recurring: Keys of lines that stand in many articles of the same site.
    """
    # Two spaces set apart the cells of a menu, unless they stand between all words.
    doubled = sum(line.text.count("  ") for line in lines)
    spread = doubled > 0.3 * sum(line.text.count(" ") for line in lines)
    features = [
        measure(" ".join(line.text.split()) if spread else line.text, gap=line.gap)
        for line in lines
    ]
    if recurring:
        for f in features:
            if f.length <= _LONGEST_RECURRING and key_of(f.text) in recurring:
                long = sum(map(str.isalpha, f.text)) >= _TELLING
                f.cues["text:recurs" if long else "text:recurs-short"] = "recurring"
    for f in features:
        complete(f)
    verdicts: dict[int, Verdict] = {}
    left = list(range(len(lines)))
    for turn in range(_ROUNDS):
        layout = lay_out([features[i] for i in left], title=title)
        staying: list[int] = []
        for place, i in enumerate(left):
            known = _known_title(layout, place, title=title)
            repeated = known is not None and same_title(lines[i].text, known)
            verdicts.pop(i, None)
            if repeated or (place != layout.title and layout.points(place) >= THRESHOLD):
                verdicts[i] = _verdict(lines[i], layout, place, repeated=repeated)
            # A repeated title stays in the picture: without it, the lines below would become the
            # top.
            if repeated or i not in verdicts:
                staying.append(i)
        if len(staying) == len(left) or turn == _ROUNDS - 1:
            for place, i in enumerate(left):
                if i not in verdicts:
                    verdicts[i] = _verdict(lines[i], layout, place, repeated=False)
            break
        left = staying
    return [verdicts[i] for i in range(len(lines))]


def _known_title(layout: Layout, place: int, *, title: str | None) -> str | None:
    """The title that the line would repeat: none below the first paragraph, nor for the title."""
    if place >= max(layout.first, 1):
        return None
    if title is None and layout.title is not None and place != layout.title:
        return layout.features[layout.title].text
    return title


def _verdict(line: Line, layout: Layout, place: int, *, repeated: bool) -> Verdict:
    cues = layout.cues[place]
    points = layout.points(place)
    if repeated:
        return _made(
            line,
            kind="title",
            reason="title repeated",
            points=points,
            cues=("title:given",),
            keep=False,
        )
    named = by_weight(cues)
    if place == layout.title:
        return _made(line, kind="title", points=points, cues=named)
    if points >= THRESHOLD:
        return _made(
            line, kind="boilerplate", reason=reason_of(cues), points=points, cues=named, keep=False
        )
    return _made(line, kind=_kind(layout.features[place], layout, place), points=points, cues=named)


def _made(
    line: Line,
    *,
    kind: str,
    points: float,
    cues: tuple[str, ...],
    reason: str = "",
    keep: bool = True,
) -> Verdict:
    return Verdict(
        text=line.text,
        line=line.number,
        keep=keep,
        kind=kind,
        reason=reason,
        score=points,
        cues=cues,
        language=next((cue[-2:] for cue in cues if cue.startswith("language:")), "nl"),
    )


def same_title(text: str, title: str) -> bool:
    """Whether two titles have the same letters and digits."""
    return _letters(text) == _letters(title) != ""


def _letters(text: str) -> str:
    return "".join(c for c in text.casefold() if c.isalnum())


def _kind(  # noqa: PLR0911  a return per kind reads as a table
    f: Features, layout: Layout, place: int
) -> str:
    if "keep:correction" in f.cues:
        return "correction"
    if "keep:table" in layout.cues[place] and not f.terminal:
        return "table"
    if f.bullet or (f.text.endswith(";") and f.length < 200):
        return "list"
    if f.quoted and f.length < 200:
        return "quote"
    if place == layout.first or (
        layout.title is not None and place == layout.title + 1 and f.terminal
    ):
        return "lead"
    if not f.terminal and len(f.words) <= 14 and f.length <= 110:
        return "subhead"
    if f.text.endswith("?") and len(f.words) <= 12 and place + 1 < len(layout.features):
        following = layout.solid[place + 1] or layout.features[place + 1].bullet
        return "subhead" if following else "body"
    return "body"
