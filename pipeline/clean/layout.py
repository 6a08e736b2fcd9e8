"""The lines of one article, measured and completed, with what is known of their places.

The contract: `complete` adds to a line the cues that only count together and its points, once; a
`Layout` holds copies of the cues, to which the rules of place (`headings`, `tail`, `head`,
`structure`) add theirs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.clean.decide import THRESHOLD, score
from pipeline.clean.features import Features
from pipeline.clean.words import PROSE_WORDS

Cues = dict[str, str]

# The marks of an article's own voice, which a teaser has as well.
VOICE = (
    "keep:narrative",
    "keep:authority",
    "keep:prose",
    "keep:reported",
    "keep:hinted",
    "keep:negation",
    "keep:quoted",
    "keep:paragraph",
)


@dataclass(slots=True)
class Layout:
    """The lines of one article with all their cues.

    Attributes:
        cues: Per line, its own cues and those of its place.
        base: Per line, the points of its own cues.
        solid: Per line, whether it is surely a paragraph of some article.
        title: Index of the title line, or None.
        first: Index of the first paragraph; the number of lines if there is none.
        tail: Index from which everything stands after the end of the article.
        headings: Index of a heading under which something hangs, to its reason.
        stems: Per line, its content words, shortened.
        seen: Content word to the index of the first paragraph that has it.
        timed: Per line, and once more at the end, how many lines above it begin with a time.
        amid: Texts dropped in several places with paragraphs in between.
    """

    features: Sequence[Features]
    cues: list[Cues]
    base: list[float]
    solid: list[bool]
    stems: list[frozenset[str]]
    title: int | None = None
    first: int = 0
    tail: int = 0
    headings: dict[int, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    timed: list[int] = field(default_factory=list)
    amid: frozenset[str] = frozenset()

    def dropped(self, i: int) -> bool:
        """Whether the line's own cues drop it, wherever it stands."""
        return self.base[i] >= THRESHOLD

    def points(self, i: int) -> float:
        """The points of the line with the cues of its place."""
        cues = self.cues[i]
        return self.features[i].points if cues == self.features[i].cues else score(cues)

    def cohesion(self, i: int, before: int) -> float:
        """Share of the line's content words that paragraphs before `before` have too; 0 to 1."""
        stems = self.stems[i]
        if not stems:
            return 0.5
        return sum(self.seen.get(stem, before) < before for stem in stems) / len(stems)


def complete(f: Features) -> Features:
    """Adds the cues that only count together, the points and the content words; once per line."""
    cues = f.cues
    if "phrase:author" in cues:
        cues.pop("keep:hinted", None)
    if "phrase:contact" in cues or "shape:credit" in cues:
        # The spokesman of an office, for the press; a picture with policemen on it.
        cues.pop("keep:authority", None)
    # Many topics are hardly more of a reason than one.
    for cue in [cue for cue in cues if cue.startswith("topic:")][1:]:
        cues["also:" + cue.partition(":")[2]] = cues.pop(cue)
    if "self:article" in cues and not any(cue.startswith("phrase:") for cue in cues):
        del cues["self:article"]
    spoken = any(cue.startswith(("topic:", "phrase:")) for cue in cues)
    if spoken:
        for mood in ("imperative", "reader", "house"):
            if f"mood:{mood}" in cues:
                cues[f"ask:{mood}"] = ""
    asks = "mood:imperative" in cues and f.length <= 260
    if "ask:button" in cues and "mood:house" in cues:
        # "Bekijk onze campings": whose else could they be?
        cues["ask:site"] = ""
    if asks and f.length <= 180 and "mood:house" in cues and "mood:reader" in cues:
        # "Wil je …? Meld je aan voor onze …": the site to its reader, whatever it is about.
        cues["ask:site"] = ""
    if asks and "ask:reader" in cues and not cues.keys() & {"keep:authority", "keep:negation"}:
        cues["ask:both"] = ""
    _complete_keeps(f)
    f.points = score(cues)
    f.solid = _is_solid(f, f.points)
    f.stems = _stems(f)
    return f


def _complete_keeps(f: Features) -> None:
    cues = f.cues
    if f.prose and f.length >= 90 and "ask:site" not in cues:
        cues["keep:prose"] = ""
    if f.length >= 90 and f.sentences >= 2 and "mood:house" not in cues:
        # A site speaks of itself as "we"; two sentences to nobody in particular are an article's.
        cues["keep:paragraph"] = ""
    if f.length >= 260:
        cues["keep:long"] = ""
    if f.length >= 700:
        # No notice is this long: it is an article, or half of one, on a single line.
        cues["keep:whole"] = ""
    if f.bullet and len(f.words) >= 3:
        cues["keep:bullet"] = ""
    if f.quoted:
        cues["keep:quoted"] = ""
    said = any(cue.startswith(("phrase:", "shape:")) for cue in cues)
    if len(f.words) <= 4 and f.text.endswith(".") and not said:
        cues["keep:stop"] = ""
    if f.digit_share >= 0.3 and len(f.words) >= 3 and not said:
        cues["keep:table"] = ""


def _is_solid(f: Features, points: float) -> bool:
    question = f.sentences <= 1 and f.text.rstrip("\"'”’»)").endswith(("?", "!")) and f.length < 140
    if "mood:house" in f.cues and "mood:reader" in f.cues and f.length < 200 and not f.reported:
        # "Wij vragen u …": the site to its reader, most often.
        return False
    long = f.length >= 80 or (f.length >= 65 and f.sentences >= 2)
    return f.prose and long and points < 1.2 and not question


def first_prose(layout: Layout) -> int:
    """Index of the first sentence if there is no paragraph; the number of lines if none at all."""
    for i, f in enumerate(layout.features):
        if f.prose and not layout.dropped(i):
            return i
    for i, f in enumerate(layout.features):
        if f.terminal and len(f.words) >= 3 and i and not layout.dropped(i):
            return i
    return len(layout.features)


_DIGITS = frozenset("0123456789")


def _stems(f: Features) -> frozenset[str]:
    # Six letters tell "dijkwachten" from "dijken" but not "overname" from "overnames".
    return frozenset(
        [w[:6] for w in f.words if len(w) >= 4 and w not in PROSE_WORDS and w[0] not in _DIGITS]
    )
