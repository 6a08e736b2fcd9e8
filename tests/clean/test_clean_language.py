# ruff: noqa: E501  paragraphs of Dutch on one line

import pytest

from pipeline.clean import detect_language

DUTCH = "De gemeenteraad van Zwolle heeft dinsdagavond ingestemd met de bouw van vierhonderd woningen langs de rivier."
FLEMISH = "De schepen van Mobiliteit wil het kruispunt nog voor de zomer heraanleggen, want er gebeuren te veel ongevallen."
QUOTES = (
    'De zanger reageerde in het Engels: "I never wanted to leave this city, it has always been the place where my '
    'heart is and where my children grew up." Daarna vertrok hij naar het vliegveld.'
)
FOOTBALL = "Ajax: Pasveer; Gaaei, Sutalo, Baas, Hato; Henderson, Taylor; Berghuis, Fitz-Jim; Brobbey, Godts. PSV: Benitez."


@pytest.mark.parametrize("text", [DUTCH, FLEMISH, QUOTES, DUTCH * 50])
def test_dutch_is_dutch(text: str) -> None:
    code, confidence = detect_language(text)
    assert code == "nl"
    assert confidence > 0.5


@pytest.mark.parametrize("text", ["", "Ja.", "2-1", "The end", FOOTBALL[:90]])
def test_too_little_to_tell_is_not_foreign(text: str) -> None:
    assert detect_language(text)[0] == "nl"


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (
            "en",
            "The city council of Zwolle voted on Tuesday evening to build four hundred homes along the river, despite protests.",
        ),
        (
            "de",
            "Der Stadtrat hat am Dienstagabend dem Bau von vierhundert Wohnungen am Fluss zugestimmt, trotz der Proteste der Anwohner.",
        ),
        (
            "fr",
            "Le conseil municipal a approuvé mardi soir la construction de quatre cents logements le long de la rivière, malgré les protestations.",
        ),
    ],
)
def test_a_foreign_article_is_recognised(code: str, text: str) -> None:
    found, confidence = detect_language(text)
    assert found == code
    assert confidence > 0.9
