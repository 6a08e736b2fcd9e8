"""The splitter: floors on the trap file, and what holds for any text at all."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.split import LanguageName, split_sentences
from scripts.evaluation import split as evaluation

# Floors: raise them when the splitter gets better, never lower them.
FLOOR_F1 = {"nl": 0.97, "en": 0.95}
FLOOR_CASES = {"nl": 120, "en": 25}


def _texts(text: str, language: LanguageName = "nl") -> list[str]:
    return [sentence.text for sentence in split_sentences(text, language=language)]


@pytest.mark.parametrize("language", ["nl", "en"])
def test_trap_file(language: str) -> None:
    cases = [case for case in evaluation.read_cases() if case.language == language]
    assert len(cases) >= FLOOR_CASES[language]
    total = evaluation.score(cases)
    failing = [case.text for case in cases if case.found() != case.boundaries]
    assert total.f1 >= FLOOR_F1[language], "\n".join(failing)


def test_offsets_point_into_the_text() -> None:
    text = "  Eerst dit.  Dan\n\nDat!  "
    sentences = split_sentences(text)
    assert [(s.text, s.start, s.end) for s in sentences] == [
        ("Eerst dit.", 2, 12),
        ("Dan", 14, 17),
        ("Dat!", 19, 23),
    ]


def test_default_language_is_dutch() -> None:
    text = "Hij ging i.v.m. De Bilt."
    assert _texts(text) == _texts(text, "nl")


def test_unknown_language_says_what_to_use() -> None:
    with pytest.raises(ValueError, match=r"'de'.*en, nl"):
        split_sentences("Guten Tag.", language="de")  # type: ignore[arg-type]


@pytest.mark.parametrize("text", ["", " ", "\n\n", "\u00a0\u2029\t"])
def test_nothing_visible_has_no_sentences(text: str) -> None:
    assert split_sentences(text) == []


def test_every_kind_of_blank_line_ends_a_sentence() -> None:
    for gap in ("\n\n", "\r\n\r\n", "\r\r", "\n \t\n", "\f", "\u2029", "\n\n\n\n"):
        assert _texts(f"een kop{gap}een tekst") == ["een kop", "een tekst"], repr(gap)


def test_one_line_break_is_a_space() -> None:
    for gap in ("\n", "\r\n", " \n ", "\r"):
        assert len(split_sentences(f"een kop{gap}een tekst")) == 1, repr(gap)


# Pieces that the rules look at, in orders that nobody would write.
_PIECES = st.sampled_from(
    [
        *(". ", ".", "...", "…", "?", "! ", "?!", " ", "\n", "\n\n", "\r\n", "\u00a0", "\u200b"),
        *('"', "'", "”", "’", "“", "„", "«", "»", " »", "(", ")", "[", "]", "- ", "• ", ": ", ", "),
        *(
            "De",
            "Smet",
            "Van",
            "de",
            "het",
            "B",
            "J.P.",
            "T",
            "'s ",
            "'t ",
            "iPhone",
            "The",
            "said",
        ),
        *(
            "dr",
            "o.a",
            "enz",
            "mln",
            "jan",
            "No",
            "U.S",
            "Inc",
            "Yahoo!",
            "St",
            "z.o.g",
            "p.m",
            "Mr",
        ),
        *("1", "2", "3", "12.30", "90+4", "1.250,50", "2024", "€", "FC", "Monday", "asked", "u"),
        *("NU.nl", "gezegd.De", "www.a.nl/b.C", "a@b.nl", "é", "Éé", "😀", "中。", "İ", "ß", "٣"),
    ]
)
_NASTY = st.lists(_PIECES, max_size=40).map("".join) | st.lists(_PIECES, max_size=25).map(" ".join)
_ANY_TEXT = _NASTY | st.text(max_size=80)
_LANGUAGES = st.sampled_from(["nl", "en"])


@given(_ANY_TEXT, _LANGUAGES)
@example('"a?" A. The said.', "en")
@example(" " * 60 + "1. Ajax", "nl")
@settings(max_examples=600, deadline=None)
def test_any_text_comes_back_and_splits_the_same_again(text: str, language: LanguageName) -> None:
    sentences = split_sentences(text, language=language)
    position = 0
    rebuilt = ""
    for sentence in sentences:
        gap = text[position : sentence.start]
        assert gap == "" or gap.isspace()
        assert sentence.text == text[sentence.start : sentence.end]
        assert sentence.text
        assert sentence.text == sentence.text.strip()
        rebuilt += gap + sentence.text
        position = sentence.end
    tail = text[position:]
    assert tail == "" or tail.isspace()
    assert rebuilt + tail == text
    for sentence in sentences:
        assert _texts(sentence.text, language) == [sentence.text]


@given(st.lists(_NASTY.filter(str.strip), max_size=4), _LANGUAGES)
@settings(max_examples=200, deadline=None)
def test_paragraphs_are_split_apart(paragraphs: list[str], language: LanguageName) -> None:
    # Not ending in a carriage return, which would make one break with what follows it.
    together = _texts("\n\n".join(paragraphs), language)
    assert together == [piece for text in paragraphs for piece in _texts(text, language)]


@pytest.mark.parametrize(
    "unit",
    [
        *(
            "a",
            ".",
            " ",
            "\n",
            "\r\n",
            '."',
            ". ",
            "A. ",
            "1. A ",
            "1.a",
            "aa.Bb",
            'aa."Bb',
            '"aa.',
        ),
        *("(", ". (", "...( ", "... ", "(...) ", "- ", ".- ", "\n- ", ". »", 'a?" Ab Ab ', "😀. "),
        *("'s ", ".'s ", "\n ", "o.a. ", "U.S. The ", "http://a.B/", "a@b.C", "1, 2. A "),
    ],
)
@pytest.mark.parametrize("language", ["nl", "en"])
def test_a_text_of_one_repeated_piece_is_no_trap(unit: str, language: LanguageName) -> None:
    # Quadratic time would take minutes for each of these, and nobody would miss it.
    text = "Begin. " + unit * (400_000 // len(unit))
    sentences = split_sentences(text, language=language)
    kept = "".join(sentence.text for sentence in sentences)
    assert "".join(kept.split()) == "".join(text.split())
