"""The gate on the marked articles of invented sites: their scores stay above the floors."""

import json
from pathlib import Path

import pytest

from pipeline.clean import clean
from scripts.evaluation import clean as evaluation
from scripts.evaluation.floors import broken, read_floors

DEV = [
    article
    for folder in ("dev", "blind", "blind3")
    for article in evaluation.read_golden(evaluation.GOLDEN / folder)
]


@pytest.mark.parametrize("half", ["dev", "blind", "blind2", "blind3"])
def test_the_marked_articles_stay_above_the_floors(half: str) -> None:
    counts = evaluation.measure(evaluation.read_golden(evaluation.GOLDEN / half))
    floors = read_floors(evaluation.FLOORS, f"golden {half}")
    assert floors
    assert not broken(evaluation.figures(counts), floors)


@pytest.mark.parametrize("article", DEV, ids=lambda article: article.id)
def test_no_trap_is_dropped(article: evaluation.Labelled) -> None:
    verdicts = evaluation.verdicts_of_lines(article)
    lost = [
        verdict
        for verdict, kind in zip(verdicts, article.kinds, strict=True)
        if kind == "trap" and not verdict.keep
    ]
    assert not lost


@pytest.mark.parametrize("article", DEV, ids=lambda article: article.id)
def test_cleaning_again_changes_nothing(article: evaluation.Labelled) -> None:
    once = clean(article.text, markup="text")
    again = clean("\n\n".join([*([once.title] if once.title else []), *once.paragraphs]))
    assert (again.title, again.paragraphs) == (once.title, once.paragraphs)


def test_every_floor_is_on_a_set_and_a_figure() -> None:
    content = json.loads(Path(evaluation.FLOORS).read_text(encoding="utf-8"))
    counts = evaluation.Tally()
    for name in ("labelled", "golden dev", "golden blind", "golden blind2", "golden blind3"):
        assert content[name]
        broken(evaluation.figures(counts), content[name])


def test_an_article_without_marks_is_refused(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("+ Een titel\nGeen merk\n", encoding="utf-8")
    with pytest.raises(ValueError, match=r"a\.txt.*'Geen merk' has no mark"):
        evaluation.read_golden(tmp_path)
