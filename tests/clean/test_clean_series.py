"""Series below an article are known by their rhythm; what has the same rhythm stays."""

# ruff: noqa: E501  paragraphs of Dutch on one line

import pytest

from pipeline.clean import clean

ARTICLE = [
    "Café in Bladel sluit na 112 jaar de deuren",
    "Café De Zwaan in Bladel gaat op 1 juli dicht. Uitbater Jos Luijten vindt geen opvolger en is naar eigen zeggen op.",
    "Zijn overgrootvader begon de zaak in 1913. In de oorlog zat er een zender in de kelder, onder de biervaten.",
    "Stamgast Nelleke huilt. “Waar moet ik nu heen op vrijdag?”",
]


def kept(below: list[str]) -> list[str]:
    """What stays of the lines below the article, of which all must stay."""
    cleaned = clean("\n".join([*ARTICLE, *below]), markup="text")
    assert [cleaned.title, *cleaned.paragraphs[:3]] == ARTICLE
    return cleaned.paragraphs[3:]


def comment(name: str, when: str, text: str, button: str) -> list[str]:
    return [name, when, text, button]


@pytest.mark.parametrize("button", ["Antwoord", "Beantwoorden", "Duimpje"])
@pytest.mark.parametrize("when", ["2 uur geleden", "12 mei 2025 at 19:03", "14-03-2025 11:20"])
def test_comments_go_whatever_their_button_is_called(when: str, button: str) -> None:
    thread = [
        *comment("pietpuk", when, "Goed zo, daar was het altijd veel te warm.", button),
        *comment("Lia B.", when, "Weer een stukje dorp weg, en wat komt ervoor terug?", button),
        *comment("Gerard", when, "Daar heb ik mijn vrouw leren kennen. Sterkte, Jos!", button),
    ]
    assert kept(thread) == []


def test_questions_of_readers_stay_with_their_answers() -> None:
    answers = [
        "Ja, dat mag, maar alleen als de gemeente er een vergunning voor heeft afgegeven en de buren het weten.",
        "Nee, de huur van een woning gaat nooit vanzelf omlaag, ook niet als de buurman minder is gaan betalen.",
    ]
    asked = [
        *["Anneke", "12 mei 2025", "Mag ik een muur doorbreken?", "Antwoord", answers[0]],
        *["Mohamed", "14 mei 2025", "Gaat mijn huur omlaag?", "Antwoord", answers[1]],
    ]
    assert [line for line in kept(asked) if line in answers] == answers


@pytest.mark.parametrize(
    "stamps",
    [
        ("12-03-2025", "12-03-2025", "11-03-2025"),
        ("15:58", "15:31", "14:07"),
        ("vandaag 09:45", "gisteren 20:10", "gisteren 17:55"),
        ("12 maart |", "11 maart |", "28 februari |"),
    ],
)
def test_dated_headlines_go_that_run_back_in_time(stamps: tuple[str, str, str]) -> None:
    headlines = [
        "Twee gewonden bij brand in Enschede",
        "Rechter verbiedt sloop van boerderij",
        "Zwembad weer open na legionella",
    ]
    dated = [f"{stamp} {line}" for stamp, line in zip(stamps, headlines, strict=True)]
    assert kept(dated) == []
    # A programme runs forward.
    assert kept(dated[::-1]) == dated[::-1]


def test_figures_that_are_no_dates_date_nothing() -> None:
    headlines = [
        "5 meisjes redden hond uit de vaart",
        "4 maanden cel voor dief van fietsen",
        "3 mannen gepakt na inbraak in kerk",
    ]
    assert kept(headlines) == headlines


def test_entries_about_the_same_story_stay() -> None:
    entries = [
        "15:58 stamgast Nelleke neemt afscheid van café De Zwaan",
        "15:31 uitbater Jos Luijten schenkt de laatste biervaten leeg",
        "14:07 overgrootvader krijgt een bord in de kelder van Bladel",
    ]
    assert kept(entries) == entries


def test_a_time_below_the_lead_is_kept_if_it_is_the_first_of_several() -> None:
    lead, second, third = ARTICLE[1:]
    lines = [ARTICLE[0], lead, "14.20 uur", second, "13.05 uur", third]
    assert clean("\n".join(lines), markup="text").paragraphs == lines[1:]


def test_headlines_below_the_dates_under_a_heading_go_with_them() -> None:
    block = [
        "Meer over dit onderwerp",
        "1 april, 09:12",
        "Otter terug in de Biesbosch na dertig jaar",
        "28 maart, 20:45",
        "Waarom het rivierwater zo bruin is",
    ]
    lines = [*ARTICLE[:3], *block, ARTICLE[3]]
    assert clean("\n".join(lines), markup="text").paragraphs == ARTICLE[1:]


@pytest.mark.parametrize(
    "poll",
    [
        ["Moet het statiegeld verdwijnen?", "Ja", "Nee", "Geen mening", "18.204 stemmen"],
        ["Was dit duidelijk?", "Ja, dank je", "Nee, ik mis iets"],
    ],
)
def test_a_poll_goes_with_its_question_and_its_answers(poll: list[str]) -> None:
    lines = [*ARTICLE[:3], *poll, ARTICLE[3]]
    cleaned = clean("\n".join(lines), markup="text")
    assert cleaned.paragraphs == ARTICLE[1:]
    assert {item.reason for item in cleaned.removed} <= {"poll", "comments"}


def test_questions_answered_in_sentences_stay() -> None:
    lines = [*ARTICLE, "Gaat het café nog open?", "Ja.", "Blijft Jos in Bladel?", "Nee."]
    assert clean("\n".join(lines), markup="text").paragraphs == lines[1:]


def test_what_the_site_has_more_of_goes_below_the_last_sentence() -> None:
    assert kept(["Meer liveblogs", "Liveblog formatie gesloten", "Terugkijken: debat"]) == []
