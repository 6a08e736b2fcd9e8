"""The shipped sample articles: what the cleaner must keep of each, and what it must drop.

The articles are fiction. `golden/samples.json` holds, for each article (`file`, or `file#id` for a
row of a jsonl), its title, its body in order and its boilerplate. For HTML the boilerplate is named
by a distinctive part, since an extractor may never show it as a line.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TypedDict

import pytest

import pipeline
from pipeline.clean import Cleaned, clean

SAMPLES = Path(pipeline.__file__).parent / "samples"
GOLDEN = Path(__file__).parent / "golden" / "samples.json"


class Expectation(TypedDict):
    """What an article must become."""

    title: str
    keep: list[str]
    drop: list[str]


EXPECTED: dict[str, Expectation] = json.loads(GOLDEN.read_text(encoding="utf-8"))


def _articles() -> dict[str, tuple[str, str | None]]:
    """Name → text and, if the source keeps it apart, title."""
    articles: dict[str, tuple[str, str | None]] = {}
    for path in sorted(SAMPLES.iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.suffix == ".jsonl":
            for line in text.splitlines():
                row = json.loads(line)
                articles[f"{path.name}#{row['id']}"] = (row["text"], row["title"])
        else:
            articles[path.name] = (text, None)
    return articles


ARTICLES = _articles()


def _cleaned(name: str) -> Cleaned:
    text, title = ARTICLES[name]
    return clean(text, title=title)


def _plain(text: str) -> str:
    """Without a bullet or the width of its spaces: those are the extractor's business."""
    return " ".join(text.split()).removeprefix("- ").removeprefix("• ")


def test_twelve_articles_in_three_formats() -> None:
    assert len(ARTICLES) == 12
    assert set(ARTICLES) == set(EXPECTED)
    assert {Path(name.partition("#")[0]).suffix for name in ARTICLES} == {".txt", ".html", ".jsonl"}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_body_has_the_length_of_a_news_article(name: str) -> None:
    words = sum(len(paragraph.split()) for paragraph in EXPECTED[name]["keep"])
    assert 150 <= words <= 450


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_title_is_found(name: str) -> None:
    assert _cleaned(name).title == EXPECTED[name]["title"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_body_is_kept_whole_in_order_and_nothing_else(name: str) -> None:
    paragraphs = [_plain(paragraph) for paragraph in _cleaned(name).paragraphs]
    assert paragraphs == EXPECTED[name]["keep"]


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_boilerplate_is_dropped_with_a_reason(name: str) -> None:
    cleaned = _cleaned(name)
    kept = "\n".join(_plain(paragraph) for paragraph in cleaned.paragraphs).splitlines()
    removed = {_plain(line) for item in cleaned.removed for line in item.text.splitlines()}
    assert all(item.reason for item in cleaned.removed)
    for line in map(_plain, EXPECTED[name]["drop"]):
        if name.endswith(".html"):
            assert not any(line in paragraph for paragraph in kept), line
        else:
            assert line not in kept
            assert line in removed
