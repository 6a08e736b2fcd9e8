"""Hand-written articles: boilerplate in other wording, and sentences that only look like it."""

# ruff: noqa: E501  paragraphs of Dutch on one line

import json
from pathlib import Path

import pytest

from pipeline.clean import REASONS, clean

HERE = Path(__file__).parent
CASES = sorted((HERE / "cases").glob("*_*.txt"))
HELDOUT = [path for path in CASES if path.name.startswith("heldout")]
FLOORS = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))


def read_case(path: Path) -> tuple[str, dict[int, str]]:
    """The raw article, and per line number the mark in front of it: + keep, - drop, ! a trap that must be kept."""
    rows = path.read_text(encoding="utf-8").split("\n")
    marks = {number: row[0] for number, row in enumerate(rows, start=1) if row.strip()}
    return "\n".join(row[2:] for row in rows), marks


def traps() -> list[tuple[Path, int]]:
    return [(path, n) for path in CASES for n, mark in read_case(path)[1].items() if mark == "!"]


def test_there_are_enough_traps() -> None:
    assert len(traps()) >= 80


@pytest.mark.parametrize(
    ("path", "number"), traps(), ids=lambda v: v.stem if isinstance(v, Path) else str(v)
)
def test_trap_is_kept(path: Path, number: int) -> None:
    text, _ = read_case(path)
    lost = {item.line: item for item in clean(text).removed}
    assert number not in lost, lost.get(number)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_no_line_of_the_article_is_lost(path: Path) -> None:
    text, marks = read_case(path)
    lost = [item for item in clean(text).removed if marks[item.line] in "+!"]
    assert not lost


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_every_removed_line_has_a_known_reason(path: Path) -> None:
    text, _ = read_case(path)
    assert {item.reason for item in clean(text).removed} <= set(REASONS)


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_the_title_is_the_first_line_that_stays(path: Path) -> None:
    text, marks = read_case(path)
    first = min(number for number, mark in marks.items() if mark in "+!")
    assert clean(text).title == text.split("\n")[first - 1]


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
@pytest.mark.parametrize("separator", ["\n\n", "\n"])
def test_cleaning_again_changes_nothing(path: Path, separator: str) -> None:
    once = clean(read_case(path)[0])
    assert once.title is not None
    again = clean(separator.join([once.title, *once.paragraphs]))
    assert (again.title, again.paragraphs) == (once.title, once.paragraphs)
    assert not again.removed


def test_boilerplate_in_other_words_is_dropped() -> None:
    right = wrong = left = 0
    for path in HELDOUT:
        text, marks = read_case(path)
        for verdict in clean(text).verdicts:
            drop = marks[verdict.line] == "-"
            right += drop and not verdict.keep
            wrong += not drop and not verdict.keep
            left += drop and verdict.keep
    assert 2 * right / (2 * right + wrong + left) >= FLOORS["heldout"]["f1_at_least"]


def test_the_list_stays_a_list_and_the_subhead_a_subhead() -> None:
    text, _ = read_case(HERE / "cases" / "heldout_10.txt")
    kinds = {verdict.text: verdict.kind for verdict in clean(text).verdicts}
    assert kinds["Wat verandert er voor fietsers?"] == "subhead"
    assert kinds["- Aan elk station komen honderd bewaakte fietsenstallingen."] == "list"
