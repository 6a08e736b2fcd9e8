"""What waits to be decoded: read within a window, merged, longest first."""

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import Hypothesis
from pipeline.engine.backlog import Backlog
from pipeline.engine.slots import ALIGNED, aligned, bucket

sequences = st.lists(st.lists(st.integers(0, 3), min_size=1, max_size=6), max_size=30)


@given(
    inputs=sequences,
    window=st.integers(1, 12),
    most=st.integers(1, 5),
    area=st.integers(1, 30),
    merge=st.booleans(),
)
def test_every_input_is_answered_once(
    inputs: list[list[int]], window: int, most: int, area: int, merge: bool
) -> None:
    backlog = Backlog(enumerate(inputs), window=window, merge=merge)
    answers: dict[int, list[int]] = {}
    taken: list[int] = []
    while backlog.pending():
        batch = backlog.take(most, area=area, fits=6)
        lengths = [len(backlog.source(index)) for index in batch]
        assert 1 <= len(batch) <= most
        assert lengths == sorted(lengths, reverse=True)
        assert len(batch) == 1 or len(batch) * lengths[0] <= area
        taken += batch
        for index in batch:
            for copy, (hypothesis,) in backlog.answer(
                index, [Hypothesis(list(backlog.source(index)), 0.0)]
            ):
                assert copy not in answers
                answers[copy] = hypothesis.tokens
    assert answers == dict(enumerate(inputs))
    assert len(taken) == len(set(taken))
    if not merge:
        assert len(taken) == len(inputs)


@given(inputs=sequences.filter(bool), after=st.integers(0, 30))
def test_equal_inputs_are_taken_once_while_one_is_open(inputs: list[list[int]], after: int) -> None:
    backlog = Backlog(enumerate(inputs), window=len(inputs), merge=True)
    assert backlog.pending()
    taken = backlog.take(len(inputs), area=10_000, fits=6)
    assert sorted(list(backlog.source(index)) for index in taken) == sorted(
        list(ids) for ids in {tuple(ids) for ids in inputs}
    )
    # After a failure, what is not answered waits again.
    answered = taken[:after]
    copies = sum(len(list(backlog.answer(index, []))) for index in answered)
    backlog.restart()
    assert sorted(backlog.take(99, area=10_000, fits=6)) == sorted(taken[after:])
    assert copies == sum(inputs.count(inputs[index]) for index in answered)


def test_a_caller_may_change_what_it_was_given() -> None:
    backlog = Backlog(enumerate([[5], [5], [5]]), window=5, merge=True)
    assert backlog.pending()
    (taken,) = backlog.take(5, area=100, fits=9)
    for _, (hypothesis,) in backlog.answer(taken, [Hypothesis([1, 2], 0.0)]):
        assert hypothesis.tokens == [1, 2]
        hypothesis.tokens.append(3)


def test_an_input_that_does_not_fit_is_left() -> None:
    backlog = Backlog(enumerate([[1] * 9, [1]]), window=5, merge=True)
    assert backlog.longest() == 9
    assert backlog.take(5, area=100, fits=8) == []
    assert backlog.take(5, area=100, fits=9) == [0, 1]


def test_an_error_while_reading_waits_for_the_answers_before_it() -> None:
    def inputs() -> Iterator[tuple[int, list[int]]]:
        yield 0, [5]
        raise ValueError("input 1 is empty")

    backlog = Backlog(inputs(), window=5, merge=True)
    assert backlog.pending()
    assert backlog.take(5, area=100, fits=9) == [0]
    assert [index for index, _ in backlog.answer(0, [])] == [0]
    with pytest.raises(ValueError, match="input 1"):
        backlog.pending()


@given(count=st.integers(1, 5000), smallest=st.sampled_from([8, 16]))
def test_buckets_hold_what_they_must_and_little_more(count: int, smallest: int) -> None:
    size = bucket(count, smallest=smallest)
    assert size >= count
    assert size % smallest == 0
    assert size == smallest or size < 2 * count
    assert bucket(size, smallest=smallest) == size
    assert aligned(count) % ALIGNED == 0
    assert count <= aligned(count) < count + ALIGNED
