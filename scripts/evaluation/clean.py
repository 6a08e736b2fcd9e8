"""How well the cleaner tells articles from boilerplate, line by line, and how fast.

    scripts/evaluate clean [--labelled PATH] [--blind] [--quick] [--json]
    scripts/evaluate clean --raise-floors | --lower-floors --reason TEXT

The sets: the labelled articles beside the project, where they are (a jsonl of `text` and `lines`,
each with `text`, `keep`, `kind`), and the marked articles of `tests/golden/clean`: dev and, with
--blind, those that were blind once, each on its own (the README there tells how much of them was
looked at). Per set, for the cleaner and what else there is: precision, recall and F1 of dropping a
line, and how many lines and characters that should stay are lost. The others see each line as a
<p>: trafilatura as it is and with its favour for precision, jusText with its Dutch stop words, and
a baseline that drops every line under 60 characters. Then, for the cleaner, the same per site and
per kind, and its speed.

The points are fitted on the first two sets, so there the figures flatter; `scripts/evaluate
fit_clean` leaves out a site at a time. The exit status is 1 if a floor is broken
(tests/clean/floors.json).
"""

from __future__ import annotations

import argparse
import html
import json
import os
import sys
import time
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.clean import Verdict, clean
from pipeline.clean.lines import remembered
from pipeline.clean.repairs import remembered_parts
from scripts.evaluation.floors import FloorError, broken, raise_floors, read_floors

ROOT = Path(__file__).resolve().parents[2]

GOLDEN = ROOT / "tests" / "golden" / "clean"
FLOORS = ROOT / "tests" / "clean" / "floors.json"
# A line or two more or less on sets of some hundreds.
SLACK = {
    "f1_at_least": 0.005,
    "lines_lost_at_most": 0.002,
    "characters_lost_at_most": 0.002,
}
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


def _as_page(article: Labelled) -> str:
    body = "\n".join(f"<p>{html.escape(line)}</p>" for line in article.lines)
    return f"<html><body><article>{body}</article></body></html>"


def drops_by_trafilatura(article: Labelled, *, precision: bool = False) -> list[bool]:
    import trafilatura  # noqa: PLC0415

    text = trafilatura.extract(_as_page(article), favor_precision=precision, deduplicate=False)
    return _not_among(article, (text or "").split("\n"))


def drops_by_trafilatura_for_precision(article: Labelled) -> list[bool]:
    return drops_by_trafilatura(article, precision=True)


def drops_by_justext(article: Labelled) -> list[bool]:
    import justext  # noqa: PLC0415

    paragraphs = justext.justext(_as_page(article), justext.get_stoplist("Dutch"))
    return _not_among(article, [p.text for p in paragraphs if not p.is_boilerplate])


def _letters(text: str) -> str:
    return "".join(c for c in text if c.isalnum())


def _not_among(article: Labelled, texts: Sequence[str]) -> list[bool]:
    # By letters and digits alone: the others put some characters right and leave some out.
    kept = Counter(_letters(text) for text in texts)
    drops = []
    for line in article.lines:
        key = _letters(line)
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


def figures(counts: Tally) -> dict[str, float]:
    """What the floors are on."""
    return {
        "precision": counts.precision,
        "recall": counts.recall,
        "f1": counts.f1,
        "lines_lost": counts.lines_lost,
        "characters_lost": counts.share_lost,
    }


def speed(rounds: Iterable[Sequence[str]], *, forget: bool) -> float:
    """Megabytes of UTF-8 a second on one core, the best of some rounds of texts.

    Args:
        rounds: Texts, cleaned in turn.
        forget: Whether lines seen in the round before are forgotten.
    """
    best = 0.0
    for texts in rounds:
        if forget:
            remembered.cache_clear()
            remembered_parts.cache_clear()
        start = time.process_time()
        for text in texts:
            clean(text, markup="text")
        seconds = time.process_time() - start
        best = max(best, sum(len(text.encode()) for text in texts) / seconds / 1e6)
    return best


def renewed(article: Labelled, number: int) -> str:
    """The article with another word in each line that should stay: of the same site, but new."""
    word = "".join(chr(ord("a") + int(digit)) for digit in str(number))
    own = {line for line, keep in zip(article.lines, article.keep, strict=True) if keep}
    return "\n".join(
        line.replace(" ", f" {word} ", 1) if line.strip() in own else line
        for line in article.text.split("\n")
    )


def row(name: str, t: Tally) -> str:
    return (
        f"{name:44.44} {t.precision:6.3f} {t.recall:6.3f} {t.f1:6.3f}"
        f" {t.dropped_wrong:5d} ({t.lines_lost:6.2%}) {t.share_lost:8.2%} {t.left:5d}"
    )


HEADER = f"{'':44} {'P':>6} {'R':>6} {'F1':>6} {'lines lost':>15} {'chars':>8} {'left':>5}"

_OTHERS: dict[str, Dropper] = {
    "trafilatura": drops_by_trafilatura,
    "trafilatura, precision": drops_by_trafilatura_for_precision,
    "jusText, Dutch": drops_by_justext,
    f"drop lines under {SHORT} characters": drops_by_length,
}


def print_set(
    name: str, articles: Sequence[Labelled], ours: dict[str, dict[str, Tally]], *, detail: bool
) -> None:
    lines = sum(len(a.lines) for a in articles)
    print(f"\n{name}: {len(articles)} articles, {lines} lines\n\n{HEADER}")
    print(row("kortom", ours["all"]["all"]))
    for other, dropper in _OTHERS.items():
        print(row(other, tally(articles, dropper)["all"]["all"]))
    for group in ("site", "kind") if detail else ():
        print(f"\nper {group}\n{HEADER}")
        for key, counts in sorted(ours[group].items()):
            print(row(key, counts))


def print_speed(articles: Sequence[Labelled]) -> None:
    prose = "\n\n".join(
        line
        for a in articles
        for line, keep in zip(a.lines, a.keep, strict=True)
        if keep and len(line) > SHORT
    )
    texts = [a.text for a in articles]
    new = ([renewed(a, number) for a in articles] for number in range(1000, 1012))
    speeds = {
        "all lines seen before": speed([texts] * 12, forget=False),
        "furniture seen before, and no other line": speed(new, forget=False),
        "no line seen before": speed([texts] * 8, forget=True),
        "their paragraphs alone, none seen before": speed([[prose]] * 5, forget=True),
    }
    print("\nmegabytes a second on one core, these articles whole:\n")
    for name, figure in speeds.items():
        print(f"{figure:6.2f}  {name}")
    print()
    for megabytes in (5, 50):
        start = time.process_time()
        clean(prose.replace("\n", " ") * (megabytes * 1_000_000 // len(prose)), markup="text")
        line = time.process_time() - start
        start = time.process_time()
        clean((prose + "\n\n") * (megabytes * 1_000_000 // len(prose)), markup="text")
        print(
            f"{megabytes} MB: {line:.1f} s on one line, "
            f"{time.process_time() - start:.1f} s in paragraphs"
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0] if __doc__ else None)
    parser.add_argument("--labelled", type=Path, default=shared_articles() / "labelled.jsonl")
    parser.add_argument("--blind", action="store_true", help="score the blind articles as well")
    parser.add_argument("--quick", action="store_true", help="no speed")
    parser.add_argument("--json", action="store_true", help="the totals as JSON")
    parser.add_argument("--raise-floors", action="store_true")
    parser.add_argument("--lower-floors", action="store_true")
    parser.add_argument("--reason", default="", help="why a floor may go down")
    options = parser.parse_args()
    sets: dict[str, list[Labelled]] = {}
    if options.labelled.is_file():
        sets["labelled"] = read_labelled(options.labelled)
    sets["golden dev"] = read_golden(GOLDEN / "dev")
    if options.blind:
        for folder in ("blind", "blind2", "blind3"):
            sets[f"golden {folder}"] = read_golden(GOLDEN / folder)
    ours = {name: tally(articles, drops_by_cleaner) for name, articles in sets.items()}
    measured = {name: figures(counts["all"]["all"]) for name, counts in ours.items()}
    if options.json:
        print(json.dumps(measured, indent=2))
    else:
        for name, articles in sets.items():
            # Whoever has seen which site does badly will look at it.
            print_set(name, articles, ours[name], detail=name != "golden blind2")
        if not options.quick:
            print_speed(sets.get("labelled", sets["golden dev"]))
    try:
        if options.raise_floors or options.lower_floors:
            for name, values in measured.items():
                raise_floors(
                    FLOORS,
                    name,
                    {key: values[key] for key in ("f1", "lines_lost", "characters_lost")},
                    slack=SLACK,
                    lower=options.lower_floors,
                    reason=options.reason,
                )
        failed = [
            f"{name}: {fault}"
            for name, values in measured.items()
            for fault in broken(values, read_floors(FLOORS, name))
        ]
    except FloorError as error:
        failed = [str(error)]
    for fault in failed:
        print(f"clean: {fault}", file=sys.stderr)
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
