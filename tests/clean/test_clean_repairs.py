# ruff: noqa: E501  paragraphs of Dutch on one line

import pytest

from pipeline.clean.repairs import cut_glue, repair_characters, split_lines


@pytest.mark.parametrize(
    ("broken", "whole"),
    [
        ("cafÃ© De Kroon", "café De Kroon"),
        ("â€œNee,â€\x9d zegt zij", "“Nee,” zegt zij"),
        ("boete van â‚¬ 7500", "boete van € 7500"),
        ("geÃ¯rriteerd", "geïrriteerd"),
        ("Ren&eacute;e &amp; Jan", "Renée & Jan"),
        ("Ren&amp;eacute;e", "Renée"),
        ("&#8364; 12 &#x2013; &euro; 15", "€ 12 – € 15"),
        ("fa\u00admi\u00adlie\u00adrecht", "familierecht"),
        ("twaalf\u00a0euro\u202fvijftig", "twaalf euro vijftig"),
        ("nul\u200bbreed\ufeff", "nulbreed"),
        ("een\x00 bel\x07", "een bel"),
        ("half een \ud83d paar", "half een  paar"),
    ],
)
def test_characters(broken: str, whole: str) -> None:
    assert repair_characters(broken) == whole
    assert repair_characters(whole) == whole


@pytest.mark.parametrize(
    "text",
    [
        "AT&T en R&D",
        "zie ?a=1&copy=2",
        "Ângela Ñíguez à côté",
        "naïef, coördinatie, fêteren",
        "2 < 3 &ongeldig; 4",
    ],
)
def test_what_is_not_broken_is_left_alone(text: str) -> None:
    assert repair_characters(text) == text


def test_all_line_ends_count_once() -> None:
    lines = split_lines("een\r\ntwee\rdrie\n\nvijf")
    assert [(line.text, line.number, line.gap) for line in lines] == [
        ("een", 1, True),
        ("twee", 2, False),
        ("drie", 3, False),
        ("vijf", 5, True),
    ]


def test_a_glued_timestamp_is_cut_off_at_both_ends() -> None:
    text = "De brug is weer open.6 minuten geledenLEIDEN (ANP) - Een man is gewond geraakt."
    assert cut_glue(text) == [
        "De brug is weer open.",
        "6 minuten geleden",
        "LEIDEN (ANP) - Een man is gewond geraakt.",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "Ze verloor 6 minuten geleden nog haar sleutels.",
        "Bij McDonald's en YouTube werken 12 mensen.",
        "De site nu.nl en de app iPhone.Pro bestaan.",
    ],
)
def test_an_honest_line_is_not_cut(text: str) -> None:
    assert cut_glue(text) == [text]


PARAGRAPH = (
    "De gemeenteraad van Zwolle heeft dinsdagavond ingestemd met de bouw van vierhonderd "
    "woningen langs de IJssel, ondanks bezwaren van omwonenden die vrezen voor hun uitzicht "
    "en voor de drukte op de dijk. De eerste huizen moeten over twee jaar klaar zijn."
)


def wrap(text: str, width: int) -> str:
    lines, line = [], ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > width:
            lines.append(line)
            line = word
        else:
            line = f"{line} {word}" if line else word
    return "\n".join([*lines, line])


@pytest.mark.parametrize("width", [60, 72, 80, 100])
def test_hard_wrapped_paragraphs_are_rejoined(width: int) -> None:
    lines = split_lines(
        f"{wrap(PARAGRAPH, width)}\n\nTussenkop\n\n{wrap(PARAGRAPH, width)}\n\n{wrap(PARAGRAPH, width)}"
    )
    assert [line.text for line in lines] == [PARAGRAPH, "Tussenkop", PARAGRAPH, PARAGRAPH]
    assert lines[2].number > lines[1].number > lines[0].number == 1


def test_short_lines_that_are_not_wrapped_stay_lines() -> None:
    text = "\n".join(
        [
            "Ajax - PSV 2-1",
            "Feyenoord - AZ 0-0",
            "FC Utrecht - NEC 3-3",
            "Heracles - Go Ahead Eagles 1-0",
        ]
        * 3
    )
    assert len(split_lines(text)) == 12


def test_a_word_broken_at_its_own_hyphen_is_joined_without_a_space() -> None:
    rest = wrap(PARAGRAPH, 60)
    text = f"{'x' * 48} Alarm112-\napp {'y' * 48} de in-\nen uitvoer."
    joined = split_lines(f"{rest}\n\n{text}\n\n{rest}")[1].text
    assert "Alarm112-app" in joined
    assert "in- en uitvoer" in joined
