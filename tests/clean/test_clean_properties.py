"""What must hold for any input at all."""

# ruff: noqa: E501  paragraphs of Dutch on one line

from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.clean import Cleaned, clean
from pipeline.clean.repairs import repair_characters, split_lines

# The first call loads tables and libraries, which is no reason to fail. The same examples every
# time: whoever changes a rule should also run this once with another seed and many more.
thorough = settings(deadline=None, derandomize=True, max_examples=300)

SENTENCES = [
    "De gemeenteraad van Zwolle heeft dinsdagavond ingestemd met de bouw van vierhonderd woningen langs de rivier.",
    "Volgens wethouder Jansen is dat nodig omdat de wachtlijst voor een huurhuis is opgelopen tot elf jaar.",
    "“Wij hebben geen keus”, zegt zij. “Iedereen wil hier wonen en niemand wil er een flat voor zijn deur.”",
    "Omwonenden stapten naar de rechter. Die doet volgende maand uitspraak.",
    "Elf.",
    "Wat nu?",
    "Tussenkop",
    "Raad stemt in met vierhonderd woningen langs de rivier",
    "Lees ook",
    "Lees ook: Waarom er nergens meer een huis te vinden is",
    "Deel dit artikel",
    "Schrijf je in voor onze nieuwsbrief en mis niets meer!",
    "6 minuten geledenLEIDEN (ANP) - Een man is gewond geraakt.",
    "Advertentie",
    "Meer nieuws uit Zwolle",
    "Bakker wint prijs voor beste oliebol van de provincie",
    "12 mei 2025, 14:33",
    "Foto: ANP",
    "Reacties (12)",
    "- Neem een paraplu mee.",
    "Ajax - PSV 2-1 (1-0)",
    "Home | Nieuws | Sport | Meer",
    "Claim nu je €10 gratis bij onze partner!",
    "cafÃ© &amp; fa\u00admilie\u00a0b.v.",
    "© 2025 Alle rechten voorbehouden",
]
lines = st.one_of(st.sampled_from(SENTENCES), st.text(max_size=80))
articles = st.lists(lines, max_size=25).map("\n".join)
separators = st.sampled_from(["\n", "\n\n", "\r\n", "\r"])


def squeezed(text: str) -> str:
    return "".join(text.split())


def joined(cleaned: Cleaned, separator: str = "\n\n") -> str:
    return separator.join([*([cleaned.title] if cleaned.title else []), *cleaned.paragraphs])


@thorough
@given(articles, separators)
def test_kept_and_removed_are_together_all_lines_in_order(text: str, separator: str) -> None:
    text = text.replace("\n", separator)
    repaired = [(line.text, line.number) for line in split_lines(text)]
    cleaned = clean(text, markup="text")
    assert [(verdict.text, verdict.line) for verdict in cleaned.verdicts] == repaired
    kept = [v for v in cleaned.verdicts if v.keep]
    assert len(kept) == len(cleaned.paragraphs) + (cleaned.title is not None)
    assert len(cleaned.removed) == len(cleaned.verdicts) - len(kept)
    assert all(item.reason for item in cleaned.removed)


@thorough
@given(st.text())
@example("\ud800 \x00 \u2028 \u0085")
@example("&amp;amp;amp;lt;p&gt;")
@example("Ã\u00ad\u200b©Â\u00a0â€")
def test_nothing_is_invented(text: str) -> None:
    cleaned = clean(text, markup="text")
    everything = squeezed("".join(verdict.text for verdict in cleaned.verdicts))
    repaired = squeezed("".join(repair_characters(line) for line in split_raw(text)))
    assert everything == repaired
    rest = iter(squeezed(text if repaired == squeezed(text) else repaired))
    assert all(character in rest for character in squeezed(joined(cleaned)))


def split_raw(text: str) -> list[str]:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n").split("\n")


@thorough
@given(articles)
def test_cleaning_again_changes_nothing(text: str) -> None:
    once = clean(text, markup="text")
    again = clean(joined(once), markup="text", title=once.title)
    assert again.paragraphs == once.paragraphs
    assert again.title == once.title


# Unique, since a line that stands twice in the head of a page is all the more its title.
@thorough
@given(st.lists(st.sampled_from(SENTENCES), max_size=25, unique=True).map("\n\n".join))
def test_cleaning_an_article_again_finds_the_same_title(text: str) -> None:
    once = clean(text)
    again = clean(joined(once))
    assert joined(again) == joined(once)


@thorough
@given(st.text(alphabet=st.characters(), max_size=300), st.sampled_from(["auto", "text", "html"]))
def test_any_text_survives(text: str, markup: str) -> None:
    cleaned = clean(
        text, markup="html" if markup == "html" else "text" if markup == "text" else "auto"
    )
    assert all(paragraph.strip() for paragraph in cleaned.paragraphs)


@thorough
@given(articles, st.text(max_size=40))
def test_a_given_title_is_never_lost(text: str, title: str) -> None:
    assert clean(text, title=title, markup="text").title == (
        title.strip() or clean(text, markup="text").title
    )
