"""The gate: the labelled articles and the seed article that lie beside the project, against the floors."""

# ruff: noqa: E501  paragraphs of Dutch on one line

import json
import os
from pathlib import Path

import pytest

from pipeline.clean import clean
from scripts.evaluation import clean as evaluation
from scripts.evaluation.floors import broken

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ALL_FLOORS = json.loads((HERE / "floors.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def articles() -> Path:
    folder = Path(os.environ.get("KORTOM_SHARED", ROOT.parent / "shared")) / "articles"
    if not folder.is_dir():
        pytest.skip(f"no labelled articles at {folder}; set KORTOM_SHARED to run this")
    return folder


def test_the_labelled_articles_stay_above_the_floors(articles: Path) -> None:
    counts = evaluation.measure(evaluation.read_labelled(articles / "labelled.jsonl"))
    assert not broken(evaluation.figures(counts), ALL_FLOORS["labelled"])


def test_the_titles_of_the_labelled_articles(articles: Path) -> None:
    for line in (articles / "labelled.jsonl").read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        titles = [item["text"] for item in row["lines"] if item["kind"] == "title"]
        expected = clean(titles[0] + "\n\n" + "Een alinea. " * 12).title if titles else None
        assert clean(row["text"]).title == expected, row["id"]


def test_the_seed_article_exactly(articles: Path) -> None:
    cleaned = clean((articles / "newsbit-aligned.txt").read_text(encoding="utf-8"))
    assert cleaned.title is None
    assert [item.line for item in cleaned.removed] == [1, 2, 3, *range(13, 22)]
    assert [item.reason for item in cleaned.removed] == ["promotion"] * 6 + ["teaser"] * 6
    assert len(cleaned.paragraphs) == 9


def test_news_without_boilerplate_is_left_alone(articles: Path) -> None:
    """Sentences of real and invented news, in paragraphs: whatever is removed is a loss."""
    path = articles.parent / "data" / "nl-en" / "news.tsv"
    if not path.is_file():
        pytest.skip(f"no news sentences at {path}")
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()[::5]]
    paragraphs = [f"{a[0]} {b[0]}" for a, b in zip(rows[::2], rows[1::2], strict=False)]
    lost = 0
    for start in range(0, len(paragraphs), 12):
        lost += len(clean("\n\n".join(paragraphs[start : start + 12]), markup="text").removed)
    assert lost <= ALL_FLOORS["news"]["paragraphs_lost_at_most"] * len(paragraphs)
