"""Fit the cleaner's table of points, and cross-validate it by site.

    scripts/evaluate fit_clean [--write]

The table (`pipeline/clean/points.tsv`) gives every cue its points for dropping a line. Its column
`start` is what a cue was judged to be worth before any data; a fitted cue moves away from it as far
as the lines demand: a linear support vector machine with squared hinge loss (Chang et al. 2008,
JMLR 9:1369) and a quadratic price on every move away from `start` instead of from nought, the
threshold fixed, a lost line of the article costing `LOSS` times a line left over, no cue allowed to
change sides, and none for keeping to lose more than a quarter. Some cues depend on what is dropped
around a line, so cues and points are worked out in turns.

Printed: drop F1 and body lost by leave-one-site-out (the table fitted without the site that it is
scored on), for the labelled articles and for those of `tests/golden/clean/dev` and `blind`, and
after fitting on all. What the cross-validation cannot leave out: the words of the cue families were
chosen by people who had seen the labelled articles, and the column `start` was set on them. The
articles in `tests/golden/clean/blind2` and `blind3` are never read here.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipeline.clean import decide
from scripts.evaluation.clean import (
    GOLDEN,
    HEADER,
    Labelled,
    Tally,
    drops_by_cleaner,
    read_golden,
    read_labelled,
    row,
    shared_articles,
    verdicts_of_lines,
)

Floats = npt.NDArray[np.float64]

TABLE = Path(decide.__file__).with_name("points.tsv")

# What it costs to lose a line of the article, a line of boilerplate left over being 1.
LOSS = 6.0
# How far from the threshold a line should come to lie; beyond that it says nothing more.
MARGIN = 0.4
# The price of moving a cue's points by one, in lines that lie one point short.
PRICE = 8.0
# The least share of its `start` that a cue for keeping must hold on to.
WEAKEST = 0.75
TURNS = 3


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines as the fit sees them: which cues (columns) each has, and whether it goes."""

    cues: Floats
    drop: Floats
    names: list[str]


@contextmanager
def points(table: dict[str, float]) -> Iterator[None]:
    """The cleaner with another table of points, for as long as it lasts."""
    before = dict(decide.WEIGHTS)
    decide.replace_points(table)
    try:
        yield
    finally:
        decide.replace_points(before)


def collect(articles: Sequence[Labelled], names: Sequence[str]) -> Lines:
    """The cues of all lines under the table now in force; titles have no part in it."""
    index = {name: i for i, name in enumerate(names)}
    rows: list[Floats] = []
    drops: list[float] = []
    for article in articles:
        for verdict, keep in zip(verdicts_of_lines(article), article.keep, strict=True):
            if verdict.kind == "title" or verdict.cues == ("title:given",):
                continue
            present = np.zeros(len(names))
            for cue in verdict.cues:
                if (name := decide.row_of(cue)) is not None:
                    present[index[name]] += 1.0
            rows.append(present)
            drops.append(float(not keep))
    return Lines(np.array(rows), np.array(drops), list(names))


def descend(lines: Lines, start: Floats, held: npt.NDArray[np.bool_], now: Floats) -> Floats:
    """The points with the least loss, by projected gradient with momentum; convex, so unique."""
    cost = np.where(lines.drop > 0, 1.0, LOSS)
    side = np.where(lines.drop > 0, 1.0, -1.0)
    sign = np.sign(start)
    step = 1.0 / (2 * float(np.linalg.norm(cost[:, None] * lines.cues, 2)) ** 2 + 2 * PRICE)
    here, momentum = now.copy(), np.zeros_like(now)
    for _ in range(1200):
        ahead = here + 0.9 * momentum
        margin = side * (lines.cues @ ahead - decide.THRESHOLD)
        short = np.maximum(0.0, MARGIN - margin)
        gradient = 2 * PRICE * (ahead - start) - 2 * lines.cues.T @ (cost * side * short)
        momentum = 0.9 * momentum - step * gradient
        there = here + momentum
        # A cue for keeping is an insurance against what the fitted articles do not have.
        there = np.where(sign < 0, np.minimum(there, WEAKEST * start), np.maximum(there, 0.0))
        there[held] = start[held]
        momentum = there - here
        here = there
    return here


def fit(articles: Sequence[Labelled]) -> dict[str, float]:
    """A table fitted on these articles."""
    rows = decide.read_table(TABLE)
    names = [row.cue for row in rows]
    start = np.array([row.start for row in rows])
    held = np.array([row.held for row in rows])
    now = start.copy()
    for _ in range(TURNS):
        with points(dict(zip(names, now.tolist(), strict=True))):
            lines = collect(articles, names)
        now = np.round(descend(lines, start, held, now), 2)
    return dict(zip(names, now.tolist(), strict=True))


def score(articles: Sequence[Labelled], counts: Tally) -> None:
    for article in articles:
        drops = drops_by_cleaner(article)
        for line, keep, drop in zip(article.lines, article.keep, drops, strict=True):
            counts.add(keep=keep, drops=drop, length=len(line))


def write_table(table: dict[str, float], articles: Sequence[Labelled]) -> None:
    """Puts the fitted points, and how often each cue was seen, into the table's own rows."""
    with points(table):
        seen: Counter[tuple[str, bool]] = Counter()
        for article in articles:
            for verdict, keep in zip(verdicts_of_lines(article), article.keep, strict=True):
                seen.update((name, keep) for cue in verdict.cues if (name := decide.row_of(cue)))
    out = []
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        cells = line.split("\t")
        if not line.startswith("#") and len(cells) >= 2 and cells[0] in table:
            cue = cells[0]
            cells[1] = f"{table[cue]:+.2f}"
            if cells[3] != "-":
                cells[3:5] = [str(seen[cue, False]), str(seen[cue, True])]
        out.append("\t".join(cells))
    TABLE.write_text("\n".join(out) + "\n", encoding="utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--labelled", type=Path, default=shared_articles() / "labelled.jsonl")
    parser.add_argument("--write", action="store_true", help=f"write {TABLE.name}")
    options = parser.parse_args()
    groups = {
        "labelled": read_labelled(options.labelled),
        "golden dev": read_golden(GOLDEN / "dev"),
        "golden blind": read_golden(GOLDEN / "blind"),
    }
    everything = [article for group in groups.values() for article in group]
    table = fit(everything)
    print(HEADER)
    for name, group in groups.items():
        held, after, before = Tally(), Tally(), Tally()
        score(group, before)
        for site in sorted({article.site for article in group}):
            with points(fit([article for article in everything if article.site != site])):
                score([article for article in group if article.site == site], held)
        with points(table):
            score(group, after)
        print(row(f"{name}, table as it stands", before))
        print(row(f"{name}, leave one site out", held))
        print(row(f"{name}, after fitting on all", after))
    if options.write:
        write_table(table, everything)
        print(f"written: {TABLE}")


if __name__ == "__main__":
    main()
