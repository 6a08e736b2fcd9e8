"""Score the sentence splitter on the trap file, and time it.

    scripts/evaluate split      precision, recall, F1 of inner boundaries; failing cases; speed

A boundary is the offset just after a sentence's last character; the text's own end is not counted.
The same functions serve tests/test_split.py, which holds the floors.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from pipeline.split import LanguageName, split_sentences

ROOT = Path(__file__).resolve().parents[2]

CASES = ROOT / "tests" / "split_cases.tsv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """A text and the offsets at which it must be split."""

    language: LanguageName
    phenomenon: str
    text: str
    boundaries: frozenset[int]

    def found(self) -> frozenset[int]:
        """The inner boundaries that the splitter gives."""
        sentences = split_sentences(self.text, language=self.language)
        return frozenset(sentence.end for sentence in sentences[:-1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Boundaries over a set of cases: right, found and wanted."""

    right: int
    found: int
    wanted: int

    @property
    def precision(self) -> float:
        """The share of the found boundaries that is right."""
        return self.right / self.found if self.found else 1.0

    @property
    def recall(self) -> float:
        """The share of the wanted boundaries that is found."""
        return self.right / self.wanted if self.wanted else 1.0

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        total = self.found + self.wanted
        return 2 * self.right / total if total else 1.0


def read_cases(path: Path = CASES) -> list[Case]:
    """Read the trap file: language, phenomenon and marked text, separated by tabs.

    Raises:
        ValueError: If a line does not have three columns or names another language.
    """
    cases = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("#"):
            continue
        columns = line.split("\t")
        if len(columns) != 3 or columns[0] not in ("nl", "en"):
            raise ValueError(f"{path}:{number}: want nl|en, phenomenon, text; got {line[:60]!r}")
        parts = columns[2].replace("\\n", "\n").split("|")
        ends = [sum(map(len, parts[: i + 1])) for i in range(len(parts) - 1)]
        cases.append(
            Case(
                language=cast(LanguageName, columns[0]),
                phenomenon=columns[1],
                text="".join(parts),
                boundaries=frozenset(ends),
            )
        )
    return cases


def score(cases: list[Case]) -> Score:
    """Count the boundaries over all cases."""
    found = [case.found() for case in cases]
    return Score(
        right=sum(len(case.boundaries & ends) for case, ends in zip(cases, found, strict=True)),
        found=sum(map(len, found)),
        wanted=sum(len(case.boundaries) for case in cases),
    )


def speed(text: str, *, language: LanguageName = "nl", repeats: int = 5) -> float:
    """Million characters a second on one core, the best of some repeats."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        split_sentences(text, language=language)
        times.append(time.process_time() - start)
    return len(text) / 1e6 / min(times)


def main() -> None:
    cases = read_cases()
    languages: tuple[LanguageName, ...] = ("nl", "en")
    for language in languages:
        own = [case for case in cases if case.language == language]
        total = score(own)
        print(
            f"{language}: {len(own)} cases, {total.wanted} boundaries   "
            f"P {total.precision:.4f}  R {total.recall:.4f}  F1 {total.f1:.4f}"
        )
        for case in own:
            if case.found() != case.boundaries:
                got = " | ".join(s.text for s in split_sentences(case.text, language=language))
                print(f"  {case.phenomenon}: {got!r}")
    for language in languages:
        # Paragraphs of the trap file are as dense as text gets: a lower bound for news.
        dense = " ".join(case.text for case in cases if case.language == language) * 40
        print(f"{language}: {speed(dense, language=language):.1f} Mchar/s on the trap texts")
    print(f"one line without spaces (30 Mchar): {speed('a' * 30_000_000, repeats=1):.1f} Mchar/s")
    print(f"one line of ordinals (30 Mchar): {speed('1.a' * 10_000_000, repeats=1):.1f} Mchar/s")


if __name__ == "__main__":
    main()
