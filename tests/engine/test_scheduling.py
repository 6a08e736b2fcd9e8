"""Batches, windows and memory."""

from collections.abc import Callable, Iterator, Sequence
from threading import Barrier
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import Engine, Hypothesis
from pipeline.engine.batching import SHORTEST_COUNTED, plan
from pipeline.engine.scheduling import Scheduler
from pipeline.engine.state import argmax, survivors
from tests.engine.oracle import Pair, search_of

Batch = Iterator[tuple[int, list[Hypothesis]]]


@given(
    lengths=st.lists(st.integers(1, 200), max_size=60),
    budget=st.integers(1, 5000),
    beams=st.integers(1, 6),
)
def test_plan_covers_all_longest_first_within_the_budget(
    lengths: list[int], budget: int, beams: int
) -> None:
    batches = plan(lengths, budget=budget, beams=beams)
    flat = [place for batch in batches for place in batch]
    assert sorted(flat) == list(range(len(lengths)))
    assert [lengths[place] for place in flat] == sorted(lengths, reverse=True)
    for batch in batches:
        longest = max(lengths[batch[0]], SHORTEST_COUNTED)
        assert len(batch) == 1 or len(batch) * beams * longest <= budget


@given(count=st.integers(1, 40), data=st.data())
def test_survivors_fill_holes_and_move_little(count: int, data: st.DataObject) -> None:
    gone = data.draw(st.sets(st.integers(0, count - 1)))
    order = survivors(count, finished=sorted(gone))
    assert sorted(order) == [place for place in range(count) if place not in gone]
    assert all(old == new or old >= len(order) for new, old in enumerate(order))


@given(
    rows=st.integers(1, 3),
    blocks=st.integers(1, 3),
    values=st.lists(st.integers(-2, 2), min_size=9, max_size=9),
)
def test_argmax_returns_the_first_of_equal_values(
    rows: int, blocks: int, values: list[int]
) -> None:
    scores = torch.full((rows, 64 * blocks), -3.0)
    for place, value in enumerate(values):
        scores[place % rows, (place * 23) % scores.shape[1]] = value
    assert torch.equal(argmax(scores), scores.argmax(-1))


class _Echo:
    """A decoder that answers with its input and fails for lack of memory on large batches."""

    def __init__(self, *, fits: int, after: int = 0) -> None:
        self.fits, self.after = fits, after
        self.sizes: list[int] = []
        self.decoded: list[int] = []

    def __call__(self, sequences: Sequence[Sequence[int]], rows: Sequence[int]) -> Batch:
        self.sizes.append(len(rows))
        for count, (ids, row) in enumerate(zip(sequences, rows, strict=True)):
            if len(rows) > self.fits and count == self.after:
                raise torch.OutOfMemoryError("injected")
            self.decoded.append(row)
            yield row, [Hypothesis(list(ids), 0.0)]


@pytest.mark.parametrize("after", [0, 1, 5])
def test_out_of_memory_halves_the_batch_and_goes_on(after: int) -> None:
    echo = _Echo(fits=4, after=after)
    scheduler = Scheduler(echo, beams=1, budget=16 * SHORTEST_COUNTED, merge=True)
    inputs = [[k, k] for k in range(40)]
    assert dict(scheduler.stream(inputs, window=100)) == {
        k: [Hypothesis([k, k], 0.0)] for k in range(40)
    }
    assert sorted(echo.decoded) == list(range(40))  # what had finished is not done again
    assert max(echo.sizes[6:]) <= 4  # and the budget has learnt
    assert len([size for size in echo.sizes if size > 4]) <= 2


def test_the_last_row_of_a_batch_is_tried_alone_before_it_is_given_up() -> None:
    # The memory of the rows that had finished was still taken when it failed.
    echo = _Echo(fits=1, after=3)
    scheduler = Scheduler(echo, beams=1, budget=4 * SHORTEST_COUNTED, merge=True)
    assert sorted(dict(scheduler.stream([[k, k] for k in range(4)], window=9))) == [0, 1, 2, 3]
    assert echo.sizes == [4, 1]


def test_the_budget_falls_to_half_of_what_failed() -> None:
    echo = _Echo(fits=15)
    scheduler = Scheduler(echo, beams=1, budget=16 * SHORTEST_COUNTED, merge=True)
    assert len(dict(scheduler.stream([[k, k] for k in range(64)], window=100))) == 64
    assert scheduler.budget == 8 * SHORTEST_COUNTED
    assert echo.sizes == [16, *[8] * 8]  # short inputs too: half as many, not a few


def test_workers_that_fail_together_halve_the_budget_once() -> None:
    barrier = Barrier(2, timeout=60)

    def decode(sequences: Sequence[Sequence[int]], rows: Sequence[int]) -> Batch:
        if len(rows) > 8:
            barrier.wait()
            raise torch.OutOfMemoryError("injected")
        for ids, row in zip(sequences, rows, strict=True):
            yield row, [Hypothesis(list(ids), 0.0)]

    budget = 16 * SHORTEST_COUNTED
    scheduler = Scheduler(decode, beams=1, budget=budget, merge=True, workers=2)
    assert len(dict(scheduler.stream([[k, k] for k in range(32)], window=100))) == 32
    assert scheduler.budget == budget // 2


def test_one_input_that_does_not_fit_is_named() -> None:
    scheduler = Scheduler(_Echo(fits=0), beams=2, budget=100, merge=True)
    with pytest.raises(MemoryError, match=r"input 0 .*2 beams.*fewer beams"):
        list(scheduler.stream([[1, 2]], window=1))


def test_other_errors_are_not_mistaken_for_memory() -> None:
    def broken(sequences: Sequence[Sequence[int]], rows: Sequence[int]) -> Batch:
        yield rows[0], []
        raise RuntimeError("shapes do not match")

    scheduler = Scheduler(broken, beams=1, budget=100, merge=True)
    with pytest.raises(RuntimeError, match="shapes"):
        list(scheduler.stream([[1]], window=1))


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("call", [0, 1, 4])
def test_memory_may_run_out_at_any_step(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch, beams: int, call: int
) -> None:
    both = pair("marian@torch")
    search = search_of(both, {"num_beams": beams, "max_length": 14})
    inputs = [[5 + k, 9 + 3 * k, 2] for k in range(12)]
    expected = both.engine.generate(inputs, search)
    # One of its own, since its budget falls for good.
    engine = Engine.load(both.folder, device="cpu", precision="float32", compiled=False)
    budget = engine.token_budget
    network: Any = engine._model
    step, calls = network.step, 0

    def failing(*args: Any, **rest: Any) -> torch.Tensor:
        nonlocal calls
        calls += 1
        if calls == call + 1:
            raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")
        result: torch.Tensor = step(*args, **rest)
        return result

    monkeypatch.setattr(network, "step", failing)
    found = engine.generate(inputs, search)
    assert [[h.tokens for h in row] for row in found] == [
        [h.tokens for h in row] for row in expected
    ]
    assert engine.token_budget < budget


@pytest.mark.parametrize("window", [1, 4, 7])
def test_a_stream_reads_no_further_than_its_window(
    pair: Callable[[str], Pair], window: int
) -> None:
    both = pair("bart")
    search = search_of(both, {"num_beams": 2, "max_length": 10})
    read = 0

    def source() -> Iterator[list[int]]:
        nonlocal read
        for k in range(20):
            read += 1
            yield [3 + k, 40 + k % 5, 2]

    seen: dict[int, list[Hypothesis]] = {}
    for index, found in both.engine.stream(source(), search, window=window):
        assert read <= len(seen) + window
        assert index not in seen
        seen[index] = found
    assert sorted(seen) == list(range(20))
    inputs = [[3 + k, 40 + k % 5, 2] for k in range(20)]
    whole = both.engine.generate(inputs, search)
    assert [seen[k][0].tokens for k in range(20)] == [row[0].tokens for row in whole]


def test_rows_reach_the_caller_before_the_batch_is_done(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = pair("marian@torch")
    search = search_of(both, {"num_beams": 1, "max_length": 30})
    network: Any = both.engine._model
    steps: list[int] = []
    original = network.step

    def counting(*args: Any, **rest: Any) -> torch.Tensor:
        steps.append(1)
        result: torch.Tensor = original(*args, **rest)
        return result

    monkeypatch.setattr(network, "step", counting)
    at = [len(steps) for _ in both.engine.stream([[k, 2] for k in range(3, 60)], search)]
    assert at[0] < at[-1] == len(steps)


def test_a_stream_leaves_the_callers_modes_alone(pair: Callable[[str], Pair]) -> None:
    both = pair("marian")
    engine = Engine.load(both.folder, device="cpu", threads=2)
    before = torch.get_num_threads()
    for _ in engine.stream([[5, 2], [6, 7, 2]], search_of(both, {"max_length": 6})):
        assert not torch.is_inference_mode_enabled()
        assert torch.get_num_threads() == before
    assert torch.get_num_threads() == before
