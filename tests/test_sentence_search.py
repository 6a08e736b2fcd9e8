from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentence_search import Candidate, SentenceSearch

START, END = 90, 91


def candidate(tokens: list[int], *, words: int = 1) -> Candidate:
    # The two forms differ in their first token, as they do with a byte-level vocabulary.
    return Candidate(opening=(tokens[0] + 100, *tokens[1:]), inner=tuple(tokens), words=words)


def outputs(search: SentenceSearch, *, longest: int = 12) -> set[tuple[int, ...]]:
    """Every complete output that the rule admits."""
    complete: set[tuple[int, ...]] = set()
    open_prefixes: list[tuple[int, ...]] = [()]
    for _ in range(longest):
        open_prefixes = [(*p, t) for p in open_prefixes for t in search.allowed(p)]
        complete |= {p for p in open_prefixes if p[-1] == END}
        open_prefixes = [p for p in open_prefixes if p[-1] != END]
    return complete


def test_outputs_are_the_choices_of_whole_sentences_in_order() -> None:
    sentences = [[1, 2], [3], [4, 5]]
    search = SentenceSearch(
        [candidate(s) for s in sentences], head=[START], end=END, fewest_words=1, most_words=9
    )
    expected = set()
    for chosen in product([False, True], repeat=3):
        picked = [s for s, keep in zip(sentences, chosen, strict=True) if keep]
        if picked:
            first, *rest = picked
            body = (first[0] + 100, *first[1:], *(t for s in rest for t in s))
            expected.add((START, *body, END))
    assert outputs(search) == expected


def test_length_bounds_hold_in_words() -> None:
    search = SentenceSearch(
        [candidate([1], words=5), candidate([2], words=4), candidate([3], words=4)],
        head=[START],
        end=END,
        fewest_words=6,
        most_words=9,
    )
    assert outputs(search) == {
        (START, 101, 2, END),
        (START, 101, 3, END),
        (START, 102, 3, END),
    }


def test_the_most_that_fits_is_enough_where_the_fewest_cannot_be_had() -> None:
    search = SentenceSearch(
        [candidate([1], words=5), candidate([2], words=7)],
        head=[],
        end=END,
        fewest_words=8,
        most_words=9,
    )
    assert outputs(search) == {(102, END)}


def test_a_single_long_sentence_is_still_a_summary() -> None:
    search = SentenceSearch(
        [candidate([1, 2], words=50)], head=[START, 0], end=END, fewest_words=5, most_words=10
    )
    assert outputs(search) == {(START, 0, 101, 2, END)}


def test_sentences_that_begin_alike_stay_open_together() -> None:
    search = SentenceSearch(
        [candidate([1, 2]), candidate([1, 3])], head=[], end=END, fewest_words=1, most_words=1
    )
    assert search.allowed([101]) == [2, 3]
    assert outputs(search) == {(101, 2, END), (101, 3, END)}


def test_a_finished_sequence_stays_finished() -> None:
    search = SentenceSearch([candidate([1])], head=[], end=END, fewest_words=1, most_words=1)
    assert search.allowed([101, END]) == [END]


@pytest.mark.parametrize("candidates", [[], [Candidate(opening=(), inner=(), words=0)]])
def test_nothing_to_choose_is_an_error(candidates: list[Candidate]) -> None:
    with pytest.raises(ValueError, match="candidate"):
        SentenceSearch(candidates, head=[], end=END, fewest_words=1, most_words=1)


@given(
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=1, max_size=4),
    st.integers(1, 6),
    st.integers(1, 6),
)
def test_there_is_always_a_way_to_the_end(
    sentences: list[list[int]], fewest: int, most: int
) -> None:
    search = SentenceSearch(
        [candidate(s, words=len(s)) for s in sentences],
        head=[START],
        end=END,
        fewest_words=fewest,
        most_words=most,
    )
    prefix: list[int] = []
    while END not in prefix:
        prefix.append(search.allowed(prefix)[-1])
        assert len(prefix) <= search.longest
