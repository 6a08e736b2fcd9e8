"""The evidence on one line added up: a table of points, `points.tsv`, that errs towards keeping.

The contract: `score` is the sum of the points of a line's cues; a line is dropped at `THRESHOLD` or
more. One label, or one turn of phrase that only boilerplate has, drops a line by itself; a topic or
a mood never does; a reported, narrated or quoted sentence needs two good reasons against it. The
table starts from that judgement and is fitted by `scripts/evaluation/fit_clean.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

THRESHOLD = 2.0


@dataclass(frozen=True, slots=True)
class Row:
    """A row of the table of points.

    Attributes:
        cue: A cue's whole name, or the part before the colon for all that have no row of their own.
        points: What it counts for dropping; negative for keeping.
        start: What it was judged to be worth before any data.
        held: Whether its points are not fitted.
    """

    cue: str
    points: float
    start: float
    held: bool


def read_table(path: Path) -> list[Row]:
    """The rows of a table of points.

    Raises:
        ValueError: A row is not a cue and two numbers; the message names the file and the row.
    """
    rows = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line or line.startswith("#"):
            continue
        try:
            cue, points, start, seen, _ = line.split("\t")
            rows.append(Row(cue, float(points), float(start), seen == "-"))
        except ValueError:
            raise ValueError(
                f"{path}, line {number}: {line!r} is not cue, points, start, dropped, kept, "
                "divided by tabs"
            ) from None
    return rows


WEIGHTS: dict[str, float] = {
    row.cue: row.points for row in read_table(Path(__file__).with_name("points.tsv"))
}


def row_of(cue: str) -> str | None:
    """The row of the table that a cue falls under: its own, or its kind's."""
    if cue in WEIGHTS:
        return cue
    kind = cue.partition(":")[0]
    return kind if kind in WEIGHTS else None


class _Points(dict[str, float]):
    """`WEIGHTS` by full name; a name not in the table gets the points of its kind, once."""

    def __missing__(self, cue: str) -> float:
        points = self[cue] = WEIGHTS.get(cue.partition(":")[0], 0.0)
        return points


_POINTS = _Points(WEIGHTS)


_forget: list[Callable[[], None]] = []


def on_other_points(forget: Callable[[], None]) -> None:
    """Has something called when other points come into force: what was worked out by the old."""
    _forget.append(forget)


def replace_points(table: Mapping[str, float]) -> None:
    """Another table of points from here on, in the whole process: for fitting, not for use."""
    WEIGHTS.clear()
    WEIGHTS.update(table)
    _POINTS.clear()
    _POINTS.update(table)
    for forget in _forget:
        forget()


def weight(cue: str) -> float:
    """The points of one cue."""
    return _POINTS[cue]


def score(cues: Iterable[str]) -> float:
    """The points of all cues together; the order does not matter."""
    return round(sum(map(_POINTS.__getitem__, cues)), 3)


def by_weight(cues: Iterable[str]) -> tuple[str, ...]:
    """The cues, weightiest first."""
    return tuple(sorted(cues, key=lambda cue: (-abs(_POINTS[cue]), cue)))


# Places where anything may stand: their reason is for a line that has no other.
_ANYTHING = frozenset(
    ("place:head-fragment", "place:trailing", "place:beyond", "text:recurs-short")
)


def reason_of(cues: Mapping[str, str]) -> str:
    """The reason that has the strongest cues behind it."""
    votes: dict[str, float] = {}
    for cue, reason in cues.items():
        if reason and (points := weight(cue)) > 0:
            if cue in _ANYTHING:
                points *= 0.25
            votes[reason] = votes.get(reason, 0.0) + points
    return max(votes, key=lambda reason: votes[reason]) if votes else "outside article"
