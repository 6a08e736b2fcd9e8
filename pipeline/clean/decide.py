"""The evidence on one line added up: a table of points, set by hand, that errs towards keeping.

The contract: `score` is the sum of the points of a line's cues; a line is dropped at `THRESHOLD` or
more. The points are in tenths of "one good reason": one label, or one turn of phrase that only
boilerplate has, drops a line by itself; a topic or a mood never does; a reported, narrated or
quoted sentence needs two good reasons against it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

THRESHOLD = 2.0

# A cue's points: by its whole name, else by the part before the colon.
WEIGHTS: dict[str, float] = {
    # what it says
    "label:furniture": 2.4,
    "label:weak": 1.3,
    "label:section": 1.4,
    "phrase": 2.2,
    "phrase:author": 2.7,
    "phrase:copyright": 2.7,
    "self": 0.5,
    "topic": 0.7,
    "topic:money": 0.4,
    "also": 0.2,
    # how it addresses the reader; worth something only with a topic (the "ask" cues)
    "mood": 0.1,
    "mood:shout": 0.6,
    "ask:imperative": 0.9,
    "ask:reader": 0.4,
    "ask:house": 0.5,
    "ask:beside": 1.0,
    "ask:site": 1.8,
    "ask:both": 0.3,
    # what it looks like
    "shape:caps-lead": 2.2,
    "shape:credit": 2.0,
    "shape:copyright": 2.4,
    "shape:arrow": 2.0,
    "shape:by": 2.0,
    "shape:name": 1.3,
    "shape:stamp": 2.2,
    "shape:date": 1.6,
    "shape:ago": 2.2,
    "shape:address": 1.2,
    "shape:symbols": 1.2,
    "shape:time": 0.5,
    "shape:count": 1.2,
    "shape:cells": 1.6,
    "shape:crumbs": 1.5,
    "shape:headline": 0.6,
    "shape:fragment": 0.6,
    # where it stands
    "place:before-title": 1.6,
    "place:head": 0.8,
    "place:above-lead": 1.3,
    "place:under-heading": 2.4,
    "place:near-heading": 1.0,
    "place:after-end": 1.5,
    "place:after-heading": 1.3,
    "place:in-run": 0.6,
    "place:headline-run": 1.8,
    "place:beside-dropped": 0.8,
    "text:elsewhere": 0.6,
    # why it is the article's own
    "keep:reported": -2.4,
    "keep:hinted": -1.0,
    "keep:narrative": -1.0,
    "keep:authority": -1.0,
    "keep:negation": -0.8,
    "keep:correction": -9.0,
    "keep:prose": -0.6,
    "keep:long": -1.2,
    "keep:whole": -9.0,
    "keep:bullet": -1.0,
    "keep:subhead": -0.8,
    "keep:recurs": -4.0,
    "keep:quoted": -2.0,
    "keep:stop": -1.2,
    "keep:table": -1.2,
    "keep:cohesion": -0.9,
}


class _Points(dict[str, float]):
    """`WEIGHTS` by full name; a name not in the table gets the points of its kind, once."""

    def __missing__(self, cue: str) -> float:
        points = self[cue] = WEIGHTS.get(cue.partition(":")[0], 0.0)
        return points


_POINTS = _Points(WEIGHTS)


def weight(cue: str) -> float:
    """The points of one cue."""
    return _POINTS[cue]


def score(cues: Iterable[str]) -> float:
    """The points of all cues together; the order does not matter."""
    return round(sum(map(_POINTS.__getitem__, cues)), 3)


def by_weight(cues: Iterable[str]) -> tuple[str, ...]:
    """The cues, weightiest first."""
    return tuple(sorted(cues, key=lambda cue: (-abs(_POINTS[cue]), cue)))


def reason_of(cues: Mapping[str, str]) -> str:
    """The reason that has the strongest cues behind it."""
    votes: dict[str, float] = {}
    for cue, reason in cues.items():
        if reason and (points := weight(cue)) > 0:
            votes[reason] = votes.get(reason, 0.0) + points
    return max(votes, key=lambda reason: votes[reason]) if votes else "outside article"
