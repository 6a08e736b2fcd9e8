# ruff: noqa: E501  paragraphs of Dutch on one line

import dataclasses

import pytest

from pipeline.clean import clean, explain

BODY = (
    "De gemeenteraad van Zwolle heeft dinsdagavond ingestemd met de bouw van vierhonderd woningen langs de rivier.\n\n"
    "Volgens wethouder Jansen is dat nodig omdat de wachtlijst voor een huurhuis is opgelopen tot elf jaar."
)
TITLE = "Raad van Zwolle stemt in met vierhonderd woningen langs de rivier"


def test_the_result_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        clean(BODY).title = "anders"  # type: ignore[misc]


def test_a_text_without_a_headline_has_no_title() -> None:
    cleaned = clean(BODY)
    assert cleaned.title is None
    assert cleaned.paragraphs == BODY.split("\n\n")
    assert not cleaned.removed


def test_a_headline_above_the_text_is_the_title() -> None:
    cleaned = clean(f"{TITLE}\n\n{BODY}")
    assert cleaned.title == TITLE
    assert cleaned.paragraphs == BODY.split("\n\n")


def test_a_given_title_wins_and_is_not_repeated() -> None:
    cleaned = clean(f"{TITLE}\n\n{BODY}", title=TITLE)
    assert cleaned.title == TITLE
    assert cleaned.paragraphs == BODY.split("\n\n")
    assert [(item.text, item.reason) for item in cleaned.removed] == [(TITLE, "title repeated")]


def test_a_given_title_that_is_not_in_the_text() -> None:
    cleaned = clean(BODY, title="  Iets anders ")
    assert cleaned.title == "Iets anders"
    assert cleaned.paragraphs == BODY.split("\n\n")


@pytest.mark.parametrize("text", ["", " \n\t\n", "\ufeff", "\u200b\n\u00ad"])
def test_nothing_in_nothing_out(text: str) -> None:
    cleaned = clean(text)
    assert (cleaned.title, cleaned.paragraphs, cleaned.removed, cleaned.verdicts) == (
        None,
        [],
        [],
        [],
    )


def test_each_verdict_says_why() -> None:
    verdicts = explain(f"Menu\n{TITLE}\n{BODY}\nSchrijf je in voor onze nieuwsbrief!")
    assert [(v.kind, v.keep) for v in verdicts] == [
        ("boilerplate", False),
        ("title", True),
        ("lead", True),
        ("body", True),
        ("boilerplate", False),
    ]
    assert verdicts[0].reason == "navigation"
    assert verdicts[-1].reason == "newsletter"
    assert "phrase:newsletter" in verdicts[-1].cues
    assert verdicts[-1].score >= 2.0
    assert verdicts[-1].line == 6


def test_a_removed_line_has_the_number_of_its_first_physical_line() -> None:
    wrapped = BODY.replace(" met de bouw", "\nmet de bouw")
    cleaned = clean(f"{wrapped}\n\n\nReacties (12)")
    assert [(item.text, item.line) for item in cleaned.removed] == [("Reacties (12)", 7)]


def test_glued_teasers_go() -> None:
    glued = (
        "6 minuten geledenLEIDEN (ANP) - Een man is gewond geraakt bij een ongeluk op de snelweg.\n"
    )
    glued += "11 minuten geledenDELFT (ANP) - De kerk krijgt een nieuwe klok, zo is besloten.\n"
    cleaned = clean(f"{TITLE}\n{BODY}\nDeel dit artikel\n{glued}")
    assert cleaned.paragraphs == BODY.split("\n\n")


def test_an_article_on_one_line_is_never_dropped() -> None:
    text = (BODY.replace("\n", " ") + " Meld je nu aan voor onze gratis nieuwsbrief! ") * 5
    cleaned = clean(text)
    assert not cleaned.removed
    assert len(cleaned.paragraphs) == 1


def test_a_very_long_line_is_one_paragraph() -> None:
    text = BODY.replace("\n", " ") * 2000
    assert len(clean(text).paragraphs) == 1
