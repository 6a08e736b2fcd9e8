"""What stands between or below boilerplate and is the article's all the same."""

# ruff: noqa: E501  paragraphs of Dutch on one line

import pytest

from pipeline.clean import clean

TITLE = "Veerpont bij Wijhe vaart weer na drie maanden stilstand"
LEAD = (
    "De veerpont bij Wijhe vaart sinds maandagochtend weer over de IJssel. Het schip lag drie maanden stil omdat de motor was "
    "vastgelopen en onderdelen niet te krijgen waren."
)
SECOND = "Volgens schipper Joke Pannekoek was het drie maanden lang veel te stil op de oever en in de keuken van het veerhuis."
LAST = "De eerste auto was van de bakker."
FEET = [
    "Meest gelezen",
    "Dode das gevonden langs de snelweg bij Raalte",
    "Man uit Deventer wint de loterij voor de tweede keer",
]
RELATED = ["Lees ook", "‘We wilden gewoon nog een keer varen met z'n allen’"]


def article(*lines: str, gap: str = "\n") -> str:
    return gap.join([TITLE, LEAD, SECOND, *lines, *FEET])


@pytest.mark.parametrize("gap", ["\n", "\n\n"])
@pytest.mark.parametrize(
    "interruption",
    [
        RELATED,
        ["Lees ook", "PREMIUM", "Waarom de kabelpont altijd op zondag stukgaat"],
        [*RELATED, "Waarom de kabelpont altijd op zondag stukgaat"],
    ],
)
def test_sentences_below_related_headlines_are_the_article(
    interruption: list[str], gap: str
) -> None:
    ends = [LAST, "Een enkele reis kost 2,40 euro. Fietsers betalen de helft."]
    assert clean(article(*interruption, *ends, gap=gap)).paragraphs == [LEAD, SECOND, *ends]


def test_teasers_that_alternate_go() -> None:
    teasers = [
        "Lees ook",
        "Waterschap hoogt de dijk bij Olst met een meter op",
        "Het werk begint in april en duurt tot na de zomer.",
        "Restaurant De Zwaan sluit na honderd jaar de deuren",
        "De eigenaar vindt geen opvolger.",
        "Kunstenaar bouwt kerk van oude fietsbanden in weiland",
        "Het gevaarte is tot november te zien.",
    ]
    assert clean(article(*teasers)).paragraphs == [LEAD, SECOND]


def test_a_list_with_colons_can_end_an_article() -> None:
    rows = ["Vaartijden", "Maandag en dinsdag: elk kwartier", "Zondag: niet"]
    assert clean(article(*rows)).paragraphs == [LEAD, SECOND, *rows]


def test_a_label_above_a_question_and_its_answer_is_a_subhead() -> None:
    asked = [
        "Veelgestelde vragen",
        "Mag een tractor mee?",
        "Alleen als hij lichter is dan tien ton.",
    ]
    assert clean(article(*asked)).paragraphs == [LEAD, SECOND, *asked]
    label = clean(article("Veelgestelde vragen"))
    assert "Veelgestelde vragen" in [item.text for item in label.removed]


def test_what_stands_below_an_embedded_post_does_not_hang_under_it() -> None:
    text = article("Bekijk op X", "Gratis voor schippers", SECOND.replace("Joke", "Henk"))
    assert "Gratis voor schippers" in clean(text).paragraphs


def test_the_first_half_of_a_wrapped_sentence_is_no_title() -> None:
    wrapped = (
        "OLST - Een al jaren slepende ruzie over de veerpont is\n"
        "maandag geëindigd in een feest. De schipper nam iedereen\n"
        "mee naar de overkant en weer terug."
    )
    assert clean(f"Home\n{TITLE}\nDoor onze verslaggever\n{wrapped}").title == TITLE


def test_the_first_entry_of_a_liveblog_is_not_its_title() -> None:
    title = "Liveblog hoogwater: IJssel stijgt nog tot donderdag"
    text = (
        f"{title}\n17:46\nVeerpont bij Wijhe stilgelegd\n{LEAD}\n17:20\nCamping ontruimd\n{SECOND}"
    )
    assert clean(text).title == title
