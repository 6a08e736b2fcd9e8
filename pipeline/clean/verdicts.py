"""The decision on every line of an article, with its grounds."""

from __future__ import annotations

from collections.abc import Container, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

from pipeline.clean.decide import THRESHOLD, by_weight, on_other_points, reason_of, score
from pipeline.clean.features import Features, letters_of
from pipeline.clean.layout import Cues, Layout
from pipeline.clean.lines import measure
from pipeline.clean.points import is_solid
from pipeline.clean.recurring import key_of
from pipeline.clean.repairs import Line
from pipeline.clean.structure import lay_out


class Verdict(NamedTuple):
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
    texts = [line.text for line in lines]
    doubled = sum([text.count("  ") for text in texts if "  " in text])
    if doubled and doubled > 0.3 * sum([text.count(" ") for text in texts]):
        texts = [" ".join(text.split()) for text in texts]
    features = [measure(text) for text in texts]
    if recurring:
        features = [_if_recurring(f, recurring) for f in features]
    gaps = [line.gap for line in lines]
    verdicts: dict[int, Verdict] = {}
    left = list(range(len(lines)))
    for turn in range(_ROUNDS):
        layout = lay_out([features[i] for i in left], gaps=[gaps[i] for i in left], title=title)
        above = [lines[i].text for i in left[: max(layout.first, 1)]]
        repeats = _repeated_titles(layout, above, title=title)
        points = layout.all_points()
        staying: list[int] = []
        for place, i in enumerate(left):
            # A repeated title stays in the picture: without it, the lines below would become the
            # top.
            if place in repeats:
                verdicts[i] = _repeated(lines[i], points[place])
                staying.append(i)
            elif place != layout.title and points[place] >= THRESHOLD:
                verdicts[i] = _dropped(lines[i], layout.cues[place], points[place])
            else:
                verdicts.pop(i, None)
                staying.append(i)
        if len(staying) == len(left) or turn == _ROUNDS - 1:
            for place, i in enumerate(left):
                if i not in verdicts:
                    verdicts[i] = _kept(lines[i], layout, place, points[place])
            break
        left = staying
    return [verdicts[i] for i in range(len(lines))]


def _if_recurring(f: Features, recurring: Container[str]) -> Features:
    """The line, with the cue of one that recurs if it is one."""
    if f.length > _LONGEST_RECURRING or key_of(f.text) not in recurring:
        return f
    long = sum(map(str.isalpha, f.text)) >= _TELLING
    cues = {**f.cues, "text:recurs" if long else "text:recurs-short": "recurring"}
    f = replace(f, cues=cues, points=score(cues))
    f.solid = is_solid(f)
    return f


def _repeated_titles(layout: Layout, above: Sequence[str], *, title: str | None) -> frozenset[int]:
    """Which of the lines above the first paragraph are the title once more, the title excepted."""
    given = title is not None
    if title is None:
        if layout.title is None:
            return frozenset()
        title = layout.features[layout.title].text
    letters = letters_of(title)
    return frozenset(
        place
        for place, text in enumerate(above)
        if letters
        # Hardly any begins with the same letter.
        and (not text[0].isalnum() or text[0].casefold()[0] == letters[0])
        and (given or place != layout.title)
        and letters_of(text) == letters
    )


def _repeated(line: Line, points: float) -> Verdict:
    return Verdict(
        text=line.text,
        line=line.number,
        keep=False,
        kind="title",
        reason="title repeated",
        score=points,
        cues=("title:given",),
    )


def _dropped(line: Line, cues: Cues, points: float) -> Verdict:
    named, reason, language = _grounds(tuple(cues.items()))
    return Verdict(
        text=line.text,
        line=line.number,
        keep=False,
        kind="boilerplate",
        reason=reason,
        score=points,
        cues=named,
        language=language,
    )


def _kept(line: Line, layout: Layout, place: int, points: float) -> Verdict:
    cues = layout.cues[place]
    named, _, language = _grounds(tuple(cues.items()))
    return Verdict(
        text=line.text,
        line=line.number,
        keep=True,
        kind="title" if place == layout.title else _kind(layout.features[place], layout, place),
        reason="",
        score=points,
        cues=named,
        language=language,
    )


# The same cues come together in line after line.
@lru_cache(4096)
def _grounds(cues: tuple[tuple[str, str], ...]) -> tuple[tuple[str, ...], str, str]:
    """The cues, weightiest first, the reason that they give together, and the language."""
    named = by_weight(cue for cue, _ in cues)
    language = next((cue[-2:] for cue in named if cue.startswith("language:")), "nl")
    return named, reason_of(dict(cues)), language


on_other_points(_grounds.cache_clear)


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
