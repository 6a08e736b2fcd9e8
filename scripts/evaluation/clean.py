"""How well the cleaner tells articles from boilerplate, line by line, and how fast.

    scripts/evaluate clean [--labelled PATH] [--json]

Reads a jsonl of labelled raw articles (`text` and `lines`, each with `text`, `keep`, `kind`; see
the README beside it) and prints, for the cleaner, for trafilatura (each line wrapped as a <p>) and
for a baseline that drops every line under 60 characters: precision, recall and F1 of dropping, and
how many lines and characters that should stay are lost. Then, for the cleaner, the same per site
and per kind, and its speed.

The cleaner's points are set by hand and not fitted, so there is nothing to leave out per site: on
the articles that they were set on, the figures flatter. Judge it on others.
"""

from __future__ import annotations

import argparse
import html
import json
import os
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.clean import Verdict, clean

ROOT = Path(__file__).resolve().parents[2]

GOLDEN = ROOT / "tests" / "golden" / "clean"
MARKS = ("+ ", "- ", "! ")
SHORT = 60


@dataclass(frozen=True, slots=True)
class Labelled:
    """A raw article with its labels, a physical line each."""

    id: str
    site: str
    text: str
    lines: list[str]
    keep: list[bool]
    kinds: list[str]


@dataclass(slots=True)
class Tally:
    """Counts over lines; dropping is the positive class."""

    dropped_right: int = 0
    dropped_wrong: int = 0
    left: int = 0
    kept: int = 0
    characters: int = 0
    characters_lost: int = 0

    def add(self, *, keep: bool, drops: bool, length: int) -> None:
        """Counts one line."""
        self.dropped_right += drops and not keep
        self.dropped_wrong += drops and keep
        self.left += not drops and not keep
        self.kept += not drops and keep
        self.characters += length * keep
        self.characters_lost += length * (keep and drops)

    @property
    def precision(self) -> float:
        """Of the lines dropped, the share that should go."""
        return self.dropped_right / max(1, self.dropped_right + self.dropped_wrong)

    @property
    def recall(self) -> float:
        """Of the lines that should go, the share dropped."""
        return self.dropped_right / max(1, self.dropped_right + self.left)

    @property
    def f1(self) -> float:
        """The harmonic mean of the two."""
        return 2 * self.precision * self.recall / ((self.precision + self.recall) or 1.0)

    @property
    def lines_lost(self) -> float:
        """Of the lines that should stay, the share dropped."""
        return self.dropped_wrong / max(1, self.dropped_wrong + self.kept)

    @property
    def share_lost(self) -> float:
        """Of the characters that should stay, the share dropped."""
        return self.characters_lost / max(1, self.characters)


def shared_articles() -> Path:
    return Path(os.environ.get("KORTOM_SHARED", ROOT.parent / "shared")) / "articles"


def read_labelled(path: Path) -> list[Labelled]:
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines() if line]
    return [
        Labelled(
            row["id"],
            row["style"],
            row["text"],
            [line["text"] for line in row["lines"]],
            [line["keep"] for line in row["lines"]],
            [line["kind"] for line in row["lines"]],
        )
        for row in rows
    ]


def physical_lines(text: str) -> list[int]:
    """The 1-based numbers of the non-blank lines."""
    lines = text.replace("\r\n", "\n").split("\n")
    return [number for number, line in enumerate(lines, start=1) if line.strip()]


def read_golden(folder: Path) -> list[Labelled]:
    """The marked articles of a folder (see the README beside it); a file is a site.

    Raises:
        ValueError: A line has no mark; the message names the file and the line.
    """
    articles = []
    for path in sorted(folder.glob("*.txt")):
        rows = path.read_text(encoding="utf-8").rstrip("\n").split("\n")
        marked = [row for row in rows if row.strip()]
        for row in marked:
            if row[:2] not in MARKS:
                raise ValueError(f"{path}: {row!r} has no mark; begin it with one of {MARKS}")
        articles.append(
            Labelled(
                path.stem,
                path.stem,
                "\n".join(row[2:] for row in rows),
                [row[2:] for row in marked],
                [row[0] != "-" for row in marked],
                [{"+": "body", "-": "boilerplate", "!": "trap"}[row[0]] for row in marked],
            )
        )
    return articles


def verdicts_of_lines(article: Labelled) -> list[Verdict]:
    """Per physical line, the verdict on the last logical line that begins in or before it."""
    verdicts = clean(article.text, markup="text").verdicts
    starts = [verdict.line for verdict in verdicts]
    return [verdicts[bisect_right(starts, number) - 1] for number in physical_lines(article.text)]


def drops_by_cleaner(article: Labelled) -> list[bool]:
    """Per physical line, whether the logical line that it is part of was dropped."""
    return [not verdict.keep for verdict in verdicts_of_lines(article)]


def drops_by_length(article: Labelled) -> list[bool]:
    return [len(line) < SHORT for line in article.lines]


def drops_by_trafilatura(article: Labelled) -> list[bool]:
    import trafilatura  # noqa: PLC0415

    body = "\n".join(f"<p>{html.escape(line)}</p>" for line in article.lines)
    page = f"<html><body><article>{body}</article></body></html>"
    text = trafilatura.extract(page, favor_precision=True, deduplicate=False) or ""
    kept = Counter(" ".join(line.split()) for line in text.split("\n"))
    drops = []
    for line in article.lines:
        key = " ".join(line.split())
        drops.append(kept[key] <= 0)
        kept[key] -= 1
    return drops


Dropper = Callable[[Labelled], Sequence[bool]]


def tally(articles: Sequence[Labelled], dropper: Dropper) -> dict[str, dict[str, Tally]]:
    """Tallies by ("all" | "site" | "kind") and name."""
    counts: dict[str, dict[str, Tally]] = {
        group: defaultdict(Tally) for group in ("all", "site", "kind")
    }
    for article in articles:
        drops = dropper(article)
        for line, keep, kind, drop in zip(
            article.lines, article.keep, article.kinds, drops, strict=True
        ):
            for group, name in (("all", "all"), ("site", article.site), ("kind", kind)):
                counts[group][name].add(keep=keep, drops=drop, length=len(line))
    return counts


def measure(articles: Sequence[Labelled]) -> Tally:
    """The cleaner's tally over all lines: what the gate in the tests looks at."""
    return tally(articles, drops_by_cleaner)["all"]["all"]


def speed(texts: Sequence[str], *, rounds: int = 5) -> float:
    """Megabytes of UTF-8 a second on one core, the best of some rounds."""
    size = sum(len(text.encode()) for text in texts)
    best = float("inf")
    for _ in range(rounds):
        start = time.process_time()
        for text in texts:
            clean(text, markup="text")
        best = min(best, time.process_time() - start)
    return size / best / 1e6


def row(name: str, t: Tally) -> str:
    return (
        f"{name:44.44} {t.precision:6.3f} {t.recall:6.3f} {t.f1:6.3f}"
        f" {t.dropped_wrong:5d} ({t.lines_lost:6.2%}) {t.share_lost:8.2%} {t.left:5d}"
    )


HEADER = f"{'':44} {'P':>6} {'R':>6} {'F1':>6} {'lines lost':>15} {'chars':>8} {'left':>5}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--labelled", type=Path, default=shared_articles() / "labelled.jsonl")
    parser.add_argument("--json", action="store_true", help="the totals as JSON")
    options = parser.parse_args()
    articles = read_labelled(options.labelled)
    ours = tally(articles, drops_by_cleaner)
    if options.json:
        t = ours["all"]["all"]
        figures: dict[str, Any] = asdict(t)
        figures |= {"precision": t.precision, "recall": t.recall, "f1": t.f1}
        figures |= {"lines_lost": t.lines_lost, "characters_share_lost": t.share_lost}
        print(json.dumps(figures, indent=2))
        return
    lines = sum(len(a.lines) for a in articles)
    print(f"{len(articles)} articles, {lines} lines: {options.labelled}\n")
    print(HEADER)
    print(row("kortom", ours["all"]["all"]))
    print(row("trafilatura (precision)", tally(articles, drops_by_trafilatura)["all"]["all"]))
    print(
        row(f"drop lines under {SHORT} characters", tally(articles, drops_by_length)["all"]["all"])
    )
    for group in ("site", "kind"):
        print(f"\nper {group}\n{HEADER}")
        for name, counts in sorted(ours[group].items()):
            print(row(name, counts))
    prose = "\n\n".join(
        line
        for a in articles
        for line, kind in zip(a.lines, a.kinds, strict=True)
        if kind in {"lead", "body"}
    )
    print(f"\n{speed([a.text for a in articles]):.2f} MB/s on these articles, one core")
    print(f"{speed([prose]):.2f} MB/s on their paragraphs alone")
    start = time.process_time()
    clean(prose.replace("\n", " ") * (30_000_000 // len(prose)), markup="text")
    print(f"{time.process_time() - start:.1f} s for 30 MB on one line, mojibake and all")


if __name__ == "__main__":
    main()
