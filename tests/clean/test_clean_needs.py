"""What spares the cleaner work must not change what it finds."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.clean import clean
from pipeline.clean.cues import FAMILIES
from pipeline.clean.features import WORD, words_of
from pipeline.clean.needs import Needs, alternatives
from pipeline.clean.repairs import split_lines

PHRASES = [phrase for family in FAMILIES for phrase in family.phrases]


@pytest.mark.parametrize("phrase", PHRASES, ids=[phrase[:40] for phrase in PHRASES])
@settings(
    deadline=None,
    derandomize=True,
    max_examples=5,
    # A word boundary right after ".{0,40}" is not easily hit.
    suppress_health_check=[HealthCheck.filter_too_much],
)
@given(data=st.data())
def test_whatever_a_phrase_is_met_in_meets_its_needs(phrase: str, data: st.DataObject) -> None:
    needs = Needs()
    divided = list(needs.divide(phrase))
    need, alternative = data.draw(st.sampled_from(divided))
    text = data.draw(st.from_regex(alternative.source)).lower()
    met = 0
    for word in words_of(text):
        met |= needs.met_by(word)
    assert not alternative.meets(text) or not need & ~met


def test_a_phrase_needs_a_run_of_each_group_that_may_not_be_left_out() -> None:
    needs = Needs()
    [(need, alternative)] = needs.divide(r"\b(?:lees|kijk)\b.{0,9}\b(?:vandaag )?nieuws(?:brief)?")
    assert alternative.meets("lees nu nieuws")
    assert not need & ~(needs.met_by("kijkt") | needs.met_by("jeugdnieuws"))
    assert need & ~needs.met_by("lees")
    assert need & ~needs.met_by("nieuwsbrief")


def test_alternatives_are_divided_at_the_outermost_bars_only() -> None:
    assert alternatives(r"a(?:b|c)|[|]\||d") == [r"a(?:b|c)", r"[|]\|", "d"]
    pattern = "|".join(PHRASES)
    assert "|".join(alternatives(pattern)) == pattern


@given(st.text())
def test_words_are_told_piece_by_piece_as_they_are_told_at_once(text: str) -> None:
    assert words_of(text.lower()) == WORD.findall(text.lower())


@given(st.lists(st.text(alphabet="abé .&\t\xad\u2028Lesok:ANP()\r", max_size=30), max_size=6))
def test_a_tidy_text_is_split_as_a_text_is_that_needs_repair(lines: list[str]) -> None:
    text = "\n\n".join(lines)
    # The last line alone needs repair, so all lines take the long way.
    damaged = split_lines(f"{text}\n\n&amp;\tLees dit.Lees ook")
    assert split_lines(text) == damaged[: len(damaged) - 2]


def test_a_line_is_the_same_in_an_article_after_it_stood_elsewhere() -> None:
    heading = "Lees ook\n\nBakker wint prijs voor beste oliebol van de provincie\n\n"
    story = "De raad van Zwolle stemde dinsdag in met de bouw van woningen aan de rivier.\n\n" * 3
    alone = clean(story + heading.removeprefix("Lees ook"), markup="text").verdicts
    clean(story + heading + story, markup="text")
    assert clean(story + heading.removeprefix("Lees ook"), markup="text").verdicts == alone
