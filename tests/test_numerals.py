import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.numerals import missing_numbers, numbers, unsupported_numbers


@pytest.mark.parametrize(
    ("dutch", "english", "canonical"),
    [
        ("€ 1.250,50", "€1,250.50", ["1250.5"]),
        ("3,4 miljard", "3.4 billion", ["3.4"]),
        ("12.345.678 stemmen", "12,345,678 votes", ["12345678"]),
        ("met 3-1 gewonnen", "won 3-1", ["3", "1"]),
        ("om 14:30 uur", "at 14:30", ["14:30"]),
        ("0,05 procent", "0.05 per cent", ["0.05"]),
        ("in 2024.", "in 2024.", ["2024"]),
        ("1,0 graad", "1.0 degree", ["1"]),
    ],
)
def test_both_languages_give_one_form(dutch: str, english: str, canonical: list[str]) -> None:
    assert numbers(dutch, language="nl") == canonical
    assert numbers(english, language="en") == canonical


@pytest.mark.parametrize(
    ("dutch", "english"),
    [
        ("Er waren 3 mensen.", "There were three people."),
        ("De trein van 14.30 uur", "The 2.30 pm train"),
        ("De trein van 14.30 uur", "The 14:30 train"),
        ("Om 20.00 uur", "At 8 pm"),
        ("Open van 10 tot 17 uur", "Open from 10 a.m. to 5 p.m."),
        ("De muziek van de jaren 90", "The music of the 1990s"),
        ("Hij werd 2e.", "He came second."),
        ("Op 1-5-2024", "On 1 May 2024"),
        ("Geen cijfers hier.", "No figures here."),
        ("Ruim 25 jaar", "More than twenty-five years"),
        ("De 19-jarige zanger", "The nineteen-year-old singer"),
        ("De 21ste editie", "The twenty-first edition"),
        ("Een straf van 200 euro", "A fine of two hundred euros"),
        ("Om 14.30 uur GMT", "At 1430 GMT"),
        ("Om 4 uur", "At about 04:00"),
        ("Het seizoen 1995-1996", "The 1995-96 season"),
        ("De jaren 80", "The eighties"),
        ("De jaren 30 van de 19e eeuw", "The 1830s"),
        ("2.580 miljard dollar", "$2.58 trillion"),
        ("1.500 miljoen euro", "1.5bn euros"),
        ("1 miljoen mensen", "A million people"),
        ("1.200.000 mensen", "1.2 million people"),
        ("3,4 miljard", "3,400 million"),
        ("Versie 4.7", "Version 4.7"),
        ("Zie figuur 1.1", "See Figure 1.1"),
    ],
)
def test_a_number_in_another_form_is_carried(dutch: str, english: str) -> None:
    assert missing_numbers(dutch, english) == []


@pytest.mark.parametrize(
    ("dutch", "english", "lost"),
    [
        ("1.250 euro", "1.25 euros", ["1250"]),
        ("3,4 miljard", "34 billion", ["3.4"]),
        ("14 en 15 mei", "14 May", ["15"]),
        ("Om 14.30 uur", "At 4.30 pm", ["14:30"]),
        ("Om 14.30 uur", "At 1530 GMT", ["14:30"]),
        ("3,4 miljard", "3,400 billion", ["3.4"]),
        ("2.580 miljard dollar", "$25.8 trillion", ["2580"]),
        ("1995-1996", "1995-97", ["1996"]),
        ("Versie 4.7", "Version 4.8", ["4.7"]),
        ("1 miljoen", "a thousand", ["1"]),
    ],
)
def test_a_changed_number_is_missed(dutch: str, english: str, lost: list[str]) -> None:
    assert missing_numbers(dutch, english) == lost


def test_a_run_of_thousands_of_digits_is_a_number_too() -> None:
    assert numbers("1" * 5000 + ".1.2", language="nl") == ["1" * 5000, "1", "2"]
    assert numbers("1" * 5000 + ".30", language="nl") == ["1" * 5000 + ".3"]
    assert missing_numbers("1" * 5000, "5 p.m.") == ["1" * 5000]


def test_an_invented_number_is_unsupported() -> None:
    assert unsupported_numbers("It cost 40 million.", "It cost 30 million.") == ["40"]
    assert unsupported_numbers("It cost 30 million.", "It cost 30 million.") == []
    assert unsupported_numbers("3 people", "three people") == []


@given(st.integers(min_value=0, max_value=10**12))
def test_grouping_does_not_matter(value: int) -> None:
    dutch = f"{value:,}".replace(",", ".")
    assert numbers(dutch, language="nl") == [str(value)]
    assert numbers(f"{value:,}", language="en") == [str(value)]
    assert missing_numbers(f"Het zijn er {dutch}.", f"There are {value:,}.") == []


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert missing_numbers(text, "") == list(dict.fromkeys(numbers(text, language="nl")))
    assert unsupported_numbers(text, text) == []
