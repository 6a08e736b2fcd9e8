"""Decoding in slots gives what the ordinary loop gives, whoever is in the other slots, and when."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import zip_longest
from typing import Any

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.engine import Hypothesis, Search, inflight, pool
from pipeline.engine.graphs import Eager, Runner
from pipeline.engine.inflight import InFlight
from pipeline.engine.network import Network
from pipeline.engine.pool import Pool
from pipeline.engine.rules import supports
from pipeline.engine.slots import SlotMemory
from pipeline.engine.transfer import Lanes
from tests.engine.oracle import EOS, NATIVE, POSITIONS, VOCABULARY, Pair, assert_same, search_of
from tests.engine.tape import Tape
from tests.engine.test_parity import searches, searching, source

SPECIAL = Search(eos_token_id=EOS, pad_token_id=1, decoder_start_token_id=0)

Found = dict[int, list[Hypothesis]]


def network_of(pair: Pair) -> Network:
    network = pair.engine._model
    assert isinstance(network, Network)
    return network


def filled(pair: Pair, chosen: dict[str, Any]) -> Search:
    return search_of(pair, chosen).filled(SPECIAL)


def decoded(
    flight: InFlight, inputs: Sequence[Sequence[int]], search: Search, *, window: int = 1000
) -> Found:
    found: Found = {}
    for index, hypotheses in flight.stream(enumerate(inputs), search=search, window=window):
        assert index not in found
        found[index] = hypotheses
    assert sorted(found) == list(range(len(inputs)))
    return found


def assert_as_the_engine(
    pair: Pair, search: Search, inputs: Sequence[Sequence[int]], found: Found
) -> None:
    """Equal to what the ordinary loop gives, in a batch or alone.

    Where these two differ, hypotheses a rounding apart stood at the edge of the beam.
    """
    for index, expected in enumerate(pair.engine.generate(inputs, search)):
        try:
            assert_same(found[index], expected, tolerance=1e-5)
        except AssertionError:
            (alone,) = pair.engine.generate([inputs[index]], search)
            assert_same(found[index], alone, tolerance=1e-5)


def some_inputs(count: int, *, longest: int = POSITIONS) -> list[list[int]]:
    chance = random.Random(count)
    return [
        [*(chance.randrange(3, VOCABULARY) for _ in range(chance.randrange(1, longest))), EOS]
        for _ in range(count)
    ]


@pytest.fixture
def taped(monkeypatch: pytest.MonkeyPatch) -> list[Tape]:
    """Rounds are recorded and repeated, as on a GPU; the tapes made so far."""
    tapes: list[Tape] = []

    def tape(_: torch.device) -> Runner:
        tapes.append(Tape())
        return tapes[-1]

    monkeypatch.setattr(inflight, "Graphs", tape)
    return tapes


@pytest.mark.parametrize("kind", NATIVE)
@searching
@given(
    inputs=st.lists(source, min_size=1, max_size=7),
    chosen=searches(),
    slots=st.integers(1, 9),
    every=st.integers(1, 4),
    grain=st.sampled_from([16, 32]),
    window=st.sampled_from([1, 2, 5, 1000]),
)
def test_slots_give_what_the_engine_gives(
    *,
    pair: Callable[[str], Pair],
    kind: str,
    inputs: list[list[int]],
    chosen: dict[str, Any],
    slots: int,
    every: int,
    grain: int,
    window: int,
) -> None:
    both = pair(f"{kind}@torch")
    network, search = network_of(both), filled(both, chosen)
    longest = search.longest(positions=POSITIONS)
    assume(supports(search, longest=longest, vocabulary=network.vocabulary))
    flight = InFlight(network, slots=slots, every=every, source=16, grain=grain)
    found = decoded(flight, inputs, search, window=window)
    assert_as_the_engine(both, search, inputs, found)


@pytest.mark.parametrize("kind", ["marian", "bart", "m2m_100"])
@pytest.mark.parametrize("beams", [1, 2, 4, 6])
@pytest.mark.parametrize("slots", [5, 20])
def test_recorded_rounds_with_many_refills(
    pair: Callable[[str], Pair], taped: list[Tape], kind: str, beams: int, slots: int
) -> None:
    both = pair(f"{kind}@torch")
    search = filled(
        both,
        {
            "num_beams": beams,
            "max_length": 40,
            "num_return_sequences": beams,
            "no_repeat_ngram_size": 2,
            "repetition_penalty": 1.1,
            "min_length": 4,
            "bad_words_ids": [[7], [20, 21]],
            "forced_eos_token_id": EOS,
        },
    )
    inputs = some_inputs(60)
    flight = InFlight(network_of(both), slots=slots, every=2, graphs=True, source=16)
    found = decoded(flight, inputs, search)
    assert_as_the_engine(both, search, inputs, found)
    # It shows something: recordings of several shapes were repeated, outputs differ and end.
    assert sum(tape.replays for tape in taped) > 5
    assert sum(len(tape.recorded) for tape in taped) > 2
    lengths = {len(hypotheses[0].tokens) for hypotheses in found.values()}
    assert len(lengths) > 2
    assert min(lengths) < 39


@pytest.mark.parametrize("beams", [1, 4])
@searching
@given(
    inputs=st.lists(source, min_size=2, max_size=10),
    order=st.randoms(use_true_random=False),
    slots=st.integers(1, 12),
    every=st.integers(1, 5),
)
def test_neither_order_nor_slots_nor_refills_matter(
    *,
    pair: Callable[[str], Pair],
    beams: int,
    inputs: list[list[int]],
    order: random.Random,
    slots: int,
    every: int,
) -> None:
    both = pair("marian@torch")
    search = filled(both, {"num_beams": beams, "max_length": 20})
    alone = decoded(InFlight(network_of(both), slots=1, every=1), inputs, search)
    places = list(range(len(inputs)))
    order.shuffle(places)
    shuffled = [inputs[place] for place in places]
    together = decoded(InFlight(network_of(both), slots=slots, every=every), shuffled, search)
    for new, old in enumerate(places):
        assert_same(together[new], alone[old], tolerance=1e-5)


def test_slots_are_kept_for_the_next_stream(pair: Callable[[str], Pair], taped: list[Tape]) -> None:
    both = pair("marian@torch")
    search = filled(both, {"num_beams": 3, "max_length": 16})
    flight = InFlight(network_of(both), slots=6, graphs=True)
    inputs = some_inputs(30, longest=12)
    first = decoded(flight, inputs, search)
    assert decoded(flight, inputs[::-1], search) == {
        29 - index: hypotheses for index, hypotheses in first.items()
    }
    assert len(taped) == 1
    other = replace(search, length_penalty=0.0)
    assert decoded(flight, inputs, other) != first
    assert len(taped) == 2


def test_two_streams_at_once_do_not_share_slots(pair: Callable[[str], Pair]) -> None:
    both = pair("bart@torch")
    search = filled(both, {"num_beams": 2, "max_length": 16})
    flight = InFlight(network_of(both), slots=3)
    one, two = some_inputs(12, longest=12), some_inputs(13, longest=12)
    streams = [flight.stream(enumerate(x), search=search, window=99) for x in (one, two)]
    found: list[Found] = [{}, {}]
    for turn in zip_longest(*streams):
        for result, results in zip(turn, found, strict=True):
            if result is not None:
                results[result[0]] = result[1]
    for inputs, results in zip((one, two), found, strict=True):
        assert_as_the_engine(both, search, inputs, results)


def test_an_abandoned_stream_leaves_nothing_behind(pair: Callable[[str], Pair]) -> None:
    both = pair("marian@torch")
    search = filled(both, {"num_beams": 2, "max_length": 16})
    flight = InFlight(network_of(both), slots=4)
    inputs = some_inputs(20, longest=12)
    expected = decoded(flight, inputs, search)
    next(flight.stream(enumerate(inputs), search=search, window=99))
    assert decoded(flight, inputs, search) == expected


def test_longer_sources_than_before_get_larger_slots(pair: Callable[[str], Pair]) -> None:
    both = pair("marian@torch")
    search = filled(both, {"num_beams": 2, "max_length": 12})
    inputs = [[5 + k] * (2 + 4 * k) + [EOS] for k in range(11)]
    flight = InFlight(network_of(both), slots=2, source=16)
    # A window of one shows them shortest first.
    found = decoded(flight, inputs, search, window=1)
    assert_as_the_engine(both, search, inputs, found)


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("target", ["encode", "step", "fetch", "admit", "upload", "make"])
@pytest.mark.parametrize("call", [1, 2, 5, 9])
def test_memory_may_run_out_at_any_call(
    pair: Callable[[str], Pair],
    monkeypatch: pytest.MonkeyPatch,
    beams: int,
    target: str,
    call: int,
) -> None:
    both = pair("marian@torch")
    network = network_of(both)
    search = filled(both, {"num_beams": beams, "max_length": 14})
    inputs = some_inputs(24, longest=10)
    expected = decoded(InFlight(network, slots=6), inputs, search)
    where: dict[str, tuple[Any, str]] = {
        "encode": (network, "encode"),
        "step": (pool, "step"),
        "fetch": (Lanes, "fetch"),
        "admit": (SlotMemory, "admit"),
        "upload": (Lanes, "upload"),
        "make": (Pool, "_make"),
    }
    owner, name = where[target]
    original, calls = getattr(owner, name), 0

    def failing(*args: Any, **rest: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == call:
            raise torch.OutOfMemoryError("injected")
        return original(*args, **rest)

    monkeypatch.setattr(owner, name, failing)
    flight = InFlight(network, slots=6)
    found = decoded(flight, inputs, search)
    assert calls > call  # it did fail, and went on
    assert flight._slots == 3
    for index, hypotheses in found.items():
        assert_same(hypotheses, expected[index])


def test_memory_that_never_suffices_is_an_error(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise torch.OutOfMemoryError("injected")

    both = pair("marian@torch")
    monkeypatch.setattr(pool, "step", failing)
    search = filled(both, {"num_beams": 2, "max_length": 9})
    with pytest.raises(MemoryError, match=r"10 ids, under 2 beams.*fewer beams"):
        decoded(InFlight(network_of(both), slots=8), [[5] * 9 + [EOS], [6, EOS]], search)


def test_other_errors_are_not_mistaken_for_memory(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: Any, **__: Any) -> None:
        raise RuntimeError("shapes do not match")

    both = pair("marian@torch")
    monkeypatch.setattr(pool, "step", failing)
    search = filled(both, {"max_length": 9})
    with pytest.raises(RuntimeError, match="shapes"):
        decoded(InFlight(network_of(both), slots=8), [[6, EOS]], search)


def test_what_idle_slots_compute_stays_finite(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = pair("marian@torch")
    pools: list[Pool] = []
    original = Pool.__init__

    def seen(self: Pool, *args: Any, **rest: Any) -> None:
        original(self, *args, **rest)
        pools.append(self)

    monkeypatch.setattr(Pool, "__init__", seen)
    search = filled(both, {"num_beams": 3, "max_length": 40})
    # Slots are longer idle than not, and tenants of very different ages are neighbours.
    decoded(InFlight(network_of(both), slots=16, every=5, source=16), some_inputs(50), search)
    for made in (each._made for each in pools):
        assert made is not None
        memory = made[1]
        assert memory._past.isfinite().all()
        assert memory._cross.isfinite().all()


def test_tensors_of_the_slots_stay_where_they_are(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = pair("marian@torch")
    places: list[set[int]] = []
    original = Pool.harvest

    def watched(self: Pool) -> list[tuple[int, list[Hypothesis]]]:
        assert self._made is not None
        tensors = [
            value
            for part in self._made
            for name, value in vars(part).items()
            # These two are results of a step, not its state.
            if isinstance(value, torch.Tensor) and name not in {"at", "running"}
        ]
        assert len(tensors) > 10
        places.append({tensor.data_ptr() for tensor in tensors})
        return original(self)

    monkeypatch.setattr(Pool, "harvest", watched)
    search = filled(both, {"num_beams": 3, "max_length": 30})
    decoded(InFlight(network_of(both), slots=4, source=POSITIONS), some_inputs(20), search)
    assert len(places) > 10
    assert all(later == places[0] for later in places)


def test_a_tape_notices_a_step_that_asks_the_device() -> None:
    tape = Tape()
    flags = torch.zeros(3)

    def asking() -> None:
        if bool(flags.any()):
            flags.add_(1)

    tape.run("key", asking)
    with pytest.raises(AssertionError, match="wait"):
        tape.run("key", asking)


def test_a_stream_leaves_the_callers_modes_alone(pair: Callable[[str], Pair]) -> None:
    both = pair("marian@torch")
    search = filled(both, {"max_length": 6})
    flight = InFlight(network_of(both), slots=1)
    for _ in flight.stream(enumerate([[5, EOS], [6, 7, EOS]]), search=search, window=9):
        assert not torch.is_inference_mode_enabled()


@pytest.mark.parametrize(("slots", "every"), [(0, 1), (1, 0), (-1, 1)])
def test_arguments_without_meaning_are_refused(
    pair: Callable[[str], Pair], slots: int, every: int
) -> None:
    with pytest.raises(ValueError, match=r"slots=.*use 1 or more"):
        InFlight(network_of(pair("marian@torch")), slots=slots, every=every)
    with pytest.raises(ValueError, match=r"grain=.*multiple of 16"):
        InFlight(network_of(pair("marian@torch")), grain=8)


def test_the_eager_runner_does_the_work_each_time() -> None:
    done: list[int] = []
    for _ in range(3):
        Eager().run("key", lambda: done.append(1))
    assert len(done) == 3


@pytest.mark.parametrize("window", [1, 4, 7])
def test_a_stream_reads_no_further_than_its_window(
    pair: Callable[[str], Pair], window: int
) -> None:
    both = pair("bart@torch")
    search = filled(both, {"num_beams": 2, "max_length": 10})
    read = 0

    def inputs() -> Iterator[tuple[int, list[int]]]:
        nonlocal read
        for k in range(20):
            read += 1
            yield k, [3 + k, 40 + k % 5, EOS]

    seen: set[int] = set()
    flight = InFlight(network_of(both), slots=3)
    for index, _ in flight.stream(inputs(), search=search, window=window):
        assert read <= len(seen) + window
        seen.add(index)
    assert seen == set(range(20))
