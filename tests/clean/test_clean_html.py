# ruff: noqa: E501  paragraphs of Dutch on one line

import pytest

from pipeline.clean import clean
from pipeline.clean.html import looks_like_html

P1 = "De gemeenteraad van Zwolle heeft dinsdagavond ingestemd met de bouw van vierhonderd woningen langs de rivier."
P2 = "Volgens wethouder Jansen is dat nodig omdat de wachtlijst voor een huurhuis is opgelopen tot elf jaar."
P3 = "Omwonenden zijn het er niet mee eens en stapten naar de rechter, die volgende maand uitspraak doet."
TITLE = "Raad van Zwolle stemt in met vierhonderd woningen langs de rivier"
PAGE = f"""<!doctype html>
<html lang="nl"><head><title>{TITLE} - De Bode</title>
<meta property="article:published_time" content="2025-05-12T14:33:00+02:00">
<meta name="author" content="Anneke Smit">
<link rel="canonical" href="https://debode.example/zwolle/woningen">
<script>var x = "<p>geen tekst</p>";</script></head>
<body><nav><ul><li><a href="/">Home</a></li><li><a href="/s">Sport</a></li></ul></nav>
<article><h1>{TITLE}</h1><p>{P1}</p><p>{P2}</p><h2>Rechter</h2>
<p>Lees ook: <a href="/x">Waarom er nergens een huis te vinden is</a></p>
<p>{P3}</p></article>
<aside><p>Schrijf je in voor onze nieuwsbrief!</p></aside>
<footer><p>Alle rechten voorbehouden</p></footer></body></html>"""


def test_a_page_becomes_its_article() -> None:
    cleaned = clean(PAGE)
    assert cleaned.title == TITLE
    assert [p for p in cleaned.paragraphs if p != "Rechter"] == [P1, P2, P3]
    assert cleaned.author == "Anneke Smit"
    assert cleaned.date == "2025-05-12"
    assert cleaned.url == "https://debode.example/zwolle/woningen"


def test_what_stands_outside_the_article_is_reported() -> None:
    removed = {item.text: item.reason for item in clean(PAGE).removed}
    assert removed["Home"] == "outside article"
    assert removed["Schrijf je in voor onze nieuwsbrief!"] in {"outside article", "newsletter"}
    assert removed["Lees ook: Waarom er nergens een huis te vinden is"] in {
        "outside article",
        "related",
    }
    assert not any("geen tekst" in text for text in removed)


def test_lines_are_numbered_in_reading_order() -> None:
    numbers = [verdict.line for verdict in clean(PAGE).verdicts]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_given_title_wins() -> None:
    cleaned = clean(PAGE, title="Iets anders")
    assert cleaned.title == "Iets anders"


def test_a_fragment_without_an_article_falls_back_to_its_blocks() -> None:
    cleaned = clean(f"<div>{P1}</div><div>{P2}<br>{P3}</div>")
    assert cleaned.paragraphs == [P1, P2, P3]


@pytest.mark.parametrize(
    "text",
    [
        "Wie a < b schrijft, bedoelt iets.\n\nEn dat is </dat>.",
        "Gebruik <b>vet</b> en <i>cursief</i>, leert de cursus.\n\nDe tag <p> begint een alinea.",
        f"{P1}\n\n{P2}",
        "",
        "<3 <3 <3",
    ],
)
def test_text_that_mentions_a_tag_is_not_html(text: str) -> None:
    assert not looks_like_html(text)


@pytest.mark.parametrize(
    "text",
    [
        PAGE,
        "\ufeff\n <HTML><body>x",
        "<?xml version='1.0'?>\n<!DOCTYPE html><html>",
        "<!-- bron --><html>",
        f"<p>{P1}</p>\n<p>{P2}</p>",
        f'<div class="a"><p>{P1}</p></div>',
    ],
)
def test_a_page_or_a_piece_of_one_is_html(text: str) -> None:
    assert looks_like_html(text)


@pytest.mark.parametrize(
    "page",
    [
        "<html><body>" + "<div>" * 30000 + f"<p>{P1}</p>",
        "<html><body><h1>Een titel die erboven staat</h1>" + "<div>" * 30000 + f"<p>{P1}</p>",
        "<html><body>" + "<b><i>" * 3000 + P1,
        "<html" + " a" * 50000 + f"><body><p>{P1}</p>",
        "<html><body><p>" + P1 + "</p></div></b></p></html></body><p>" + P2,
        f"<html>\x00<body>\ud800<p>{P1}\x00</p>",
        "<html><!-- " + "<!-- " * 10000 + f"--><body><p>{P1}</p>",
        f"<html><body><table><tr><td>{P1}<tr><td>{P2}",
    ],
    ids=[
        "deep",
        "deep below a title",
        "deep inline",
        "attributes",
        "end tags",
        "control",
        "comments",
        "table",
    ],
)
def test_hostile_markup_survives_and_its_text_is_there(page: str) -> None:
    verdicts = clean(page, markup="html").verdicts
    assert any(P1[:60] in verdict.text for verdict in verdicts)


def test_a_page_without_text() -> None:
    cleaned = clean("<html><body><script>1</script></body></html>")
    assert cleaned.paragraphs == []


def test_a_year_in_the_text_is_not_the_date_of_the_page() -> None:
    story = "<p>In 2019 was er al een plan, zegt de raad. In 2021 viel op 3 maart het besluit.</p>"
    page = (
        "<html><body><article><h1>Raad stemt in met woningen langs de rivier</h1>"
        f"{story * 6}</article><footer>Copyright 2018</footer></body></html>"
    )
    assert clean(page).date is None
    dated = page.replace("</h1>", '</h1><time datetime="2025-09-24T14:33">gisteren</time>')
    assert clean(dated).date == "2025-09-24"


def test_a_break_inside_a_block_is_one_space_whatever_blanks_stand_around_it() -> None:
    broken = P1.replace(" ", " \t\n\r\n  \n ", 3)
    assert P1 in clean(PAGE.replace(P1, broken)).paragraphs


def test_a_page_full_of_blanks_is_read() -> None:
    # At the square of their number this would take minutes.
    blanks = " " * 300_000
    assert clean(PAGE.replace(P2, f"{P2[:40]}{blanks}{P2[40:]}")).title == TITLE


def test_headings_inside_headings_are_read() -> None:
    page = f"<html><body>{'<h1>' * 240}{P1} {P2 * 2000}</body></html>"
    assert P1 in " ".join(clean(page).paragraphs)
