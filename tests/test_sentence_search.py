import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.sentence_search import Candidate, SentenceSearch

START, END = 90, 91


def candidate(tokens: list[int]) -> Candidate:
    # The two forms differ in their first token, as they do with a byte-level vocabulary.
    return Candidate(opening=(tokens[0] + 100, *tokens[1:]), inner=tuple(tokens))


def outputs(search: SentenceSearch, *, longest: int = 12) -> set[tuple[int, ...]]:
    """Every complete output that the rule admits."""
    complete: set[tuple[int, ...]] = set()
    open_prefixes: list[tuple[int, ...]] = [()]
    for _ in range(longest):
        open_prefixes = [(*p, t) for p in open_prefixes for t in search.allowed(p)]
        complete |= {p for p in open_prefixes if p[-1] == END}
        open_prefixes = [p for p in open_prefixes if p[-1] != END]
    return complete


def test_outputs_are_the_sets_and_no_others() -> None:
    sentences = [[1, 2], [3], [4, 5]]
    search = SentenceSearch(
        [candidate(s) for s in sentences], sets=[(0, 2), (1,), (0, 1)], head=[START], end=END
    )
    assert outputs(search) == {
        (START, 101, 2, 4, 5, END),
        (START, 103, END),
        (START, 101, 2, 3, END),
    }


def test_sentences_that_begin_alike_stay_open_together() -> None:
    search = SentenceSearch(
        [candidate([1, 2]), candidate([1, 3])], sets=[(0,), (1,)], head=[], end=END
    )
    assert search.allowed([101]) == [2, 3]
    assert outputs(search) == {(101, 2, END), (101, 3, END)}


def test_a_set_that_goes_on_where_another_ends_leaves_both_open() -> None:
    search = SentenceSearch([candidate([1]), candidate([2])], sets=[(0,), (0, 1)], head=[], end=END)
    assert search.allowed([101]) == [2, END]


def test_a_finished_sequence_stays_finished() -> None:
    search = SentenceSearch([candidate([1])], sets=[(0,)], head=[], end=END)
    assert search.allowed([101, END]) == [END]


@pytest.mark.parametrize("sets", [[], [()], [(0, 1)]])
def test_nothing_to_choose_is_an_error(sets: list[tuple[int, ...]]) -> None:
    empty = Candidate(opening=(), inner=())
    with pytest.raises(ValueError, match="sentences"):
        SentenceSearch([candidate([1]), empty], sets=sets, head=[], end=END)


@given(
    st.lists(st.lists(st.integers(1, 3), min_size=1, max_size=3), min_size=1, max_size=4),
    st.data(),
)
def test_there_is_always_a_way_to_the_end(sentences: list[list[int]], data: st.DataObject) -> None:
    places = st.sets(st.integers(0, len(sentences) - 1), min_size=1).map(sorted)
    search = SentenceSearch(
        [candidate(s) for s in sentences],
        sets=data.draw(st.lists(places, min_size=1)),
        head=[START],
        end=END,
    )
    prefix: list[int] = []
    while END not in prefix:
        prefix.append(data.draw(st.sampled_from(search.allowed(prefix))))
        assert len(prefix) <= search.longest
