"""The lines of one article, measured, with what is known of their places.

The contract: the rules of place (`headings`, `tail`, `head`, `structure`) add their cues to what
`Layout.mark` gives them, never to those of the line itself, which other articles share.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from pipeline.clean.decide import THRESHOLD, score
from pipeline.clean.features import Features

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
        gaps: Per line, whether a blank line, or nothing at all, precedes it.
        cues: Per line, its own cues and those of its place; to be changed through `mark`.
        base: Per line, the points of its own cues.
        solid: Per line, whether it is surely a paragraph of some article.
        title: Index of the title line, or None.
        first: Index of the first paragraph; the number of lines if there is none.
        tail: Index from which everything stands after the end of the article.
        headings: Index of a heading under which something hangs, to its reason.
        seen: Content word to the index of the first paragraph that has it.
        timed: Per line, and once more at the end, how many lines above it begin with a time.
        characters: Likewise, how many characters the paragraphs above it have.
        paragraphs: Likewise, how many paragraphs there are above it.
        amid: Texts dropped in several places with paragraphs in between; these last four when they
            are first asked for.
    """

    features: Sequence[Features]
    gaps: Sequence[bool]
    cues: list[Cues]
    base: list[float]
    solid: list[bool]
    title: int | None = None
    first: int = 0
    tail: int = 0
    headings: dict[int, str] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)
    timed: list[int] = field(default_factory=list)
    characters: list[int] = field(default_factory=list)
    paragraphs: list[int] = field(default_factory=list)
    amid: frozenset[str] | None = None

    def dropped(self, i: int) -> bool:
        """Whether the line's own cues drop it, wherever it stands."""
        return self.base[i] >= THRESHOLD

    def mark(self, i: int) -> Cues:
        """The cues of the line, to be changed."""
        cues = self.cues[i]
        if cues is self.features[i].cues:
            cues = self.cues[i] = cues.copy()
        return cues

    def points(self, i: int) -> float:
        """The points of the line with the cues of its place."""
        cues, f = self.cues[i], self.features[i]
        return f.points if cues is f.cues else score(cues)

    def all_points(self) -> list[float]:
        """The points of every line with the cues of its place."""
        pairs = zip(self.features, self.cues, strict=True)
        return [f.points if cues is f.cues else score(cues) for f, cues in pairs]

    def cohesion(self, i: int, before: int) -> float:
        """Share of the line's content words that paragraphs before `before` have too; 0 to 1."""
        stems = self.features[i].stems
        if not stems:
            return 0.5
        return sum(self.seen.get(stem, before) < before for stem in stems) / len(stems)


def first_prose(layout: Layout) -> int:
    """Index of the first sentence if there is no paragraph; the number of lines if none at all."""
    for i, f in enumerate(layout.features):
        if f.prose and not layout.dropped(i):
            return i
    for i, f in enumerate(layout.features):
        if f.terminal and len(f.words) >= 3 and i and not layout.dropped(i):
            return i
    return len(layout.features)
