"""Memory that runs out in the midst of a batch, at any call: smaller batches, the same output.

Running out is injected where memory is taken: the encoder, each product, each step of the decoder,
the growth of its past, rows that move, the output projection.
"""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from types import ModuleType
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine, Hypothesis, Search, kernels, packed_search
from pipeline.engine.batching import SHORTEST_COUNTED
from pipeline.engine.cache import FIRST_STEPS, Memory
from pipeline.engine.fallback import Fallback
from pipeline.engine.kernels import Head, PackedLinear
from pipeline.engine.layers import Linear
from pipeline.engine.network import Network
from pipeline.engine.packed import PackedMemory, PackedNetwork
from tests.engine.oracle import EOS, Pair, assert_same, search_of
from tests.engine.test_parity import CASES, searching

POINTS: dict[str, list[tuple[type | ModuleType, str]]] = {
    "float32": [
        (Network, "encode"),
        (Network, "step"),
        (Linear, "__call__"),
        (Memory, "advance"),
        (Memory, "_grow"),
        (Memory, "write"),
        (Memory, "follow"),
        (Memory, "keep"),
    ],
    "int8": [
        (kernels, "encode"),
        (PackedNetwork, "scores"),
        (PackedLinear, "__call__"),
        (PackedMemory, "advance"),
        (PackedMemory, "keep"),
        (PackedMemory, "_grow"),
        (kernels, "decode"),
        (Head, "best"),
        (Head, "logits"),
    ],
    "int8, many steps a call": [
        (kernels, "encode"),
        (packed_search, "begin"),
        (packed_search, "advance"),
    ],
}
ERRORS = [
    torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
    RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    MemoryError("out of memory in a compiled kernel"),
]
INPUTS = [[*(3 + (7 * i + 5 * j) % 90 for j in range(1 + 5 * i % 13)), EOS] for i in range(14)]

# A case decodes some hundred steps.
sometimes = settings(searching, max_examples=max(4, CASES // 2))


class Leak:
    """Memory that runs out at some of the watched calls.

    Args:
        at: The calls, counted from 0, at which it does.
        error: What is raised.
        alone: Whether it may also run out on a batch of one input.
    """

    def __init__(
        self, at: range = range(0), *, error: Exception = ERRORS[0], alone: bool = False
    ) -> None:
        self.calls: dict[str, int] = {}
        self.failures: list[int] = []
        self.sizes: list[int] = []
        self._at, self._error, self._alone = at, error, alone
        self._count = 0
        self._lock = threading.Lock()
        self._batch = threading.local()

    @contextmanager
    def over(self, precision: str) -> Iterator["Leak"]:
        """Watch the calls of all networks of a precision."""
        with ExitStack() as stack:
            for owner, name in POINTS[precision]:
                watched = self._watched(getattr(owner, name), name=f"{owner.__name__}.{name}")
                stack.enter_context(mock.patch.object(owner, name, watched))
            yield self

    def _watched(self, original: Callable[..., Any], *, name: str) -> Callable[..., Any]:
        def call(*args: Any, **rest: Any) -> Any:
            with self._lock:
                if name.endswith(".encode"):
                    self._batch.rows = len(rest["lengths"])
                    self.sizes.append(self._batch.rows)
                self.calls[name] = self.calls.get(name, 0) + 1
                fails = self._count in self._at and (self._alone or self._batch.rows > 1)
                self._count += 1
                if fails:
                    self.failures.append(self._batch.rows)
            if fails:
                raise self._error
            return original(*args, **rest)

        return call


def engine_of(pair: Pair, precision: str, *, workers: int) -> Engine:
    """An engine of its own, since its budget falls for good; float32 through torch."""
    return Engine.load(
        pair.folder,
        device="cpu",
        precision=precision.partition(",")[0],
        threads=workers,
        token_budget=2000,
        compiled=False,
    )


def search_for(pair: Pair, beams: int, precision: str) -> Search:
    """A search that goes on until the past has grown."""
    longest = FIRST_STEPS + 6
    changes = {"num_beams": beams, "min_length": longest - 2, "max_length": longest}
    if precision == "int8":
        # A rule that comes to nothing, but is none of the kernels'.
        changes["no_repeat_ngram_size"] = longest
    return search_of(pair, changes)


Plain = tuple[list[list[Hypothesis]], int, frozenset[str]]


@pytest.fixture(scope="module")
def undisturbed(pair: Callable[[str], Pair]) -> Callable[[str, str, int], Plain]:
    """The output when memory suffices, how many calls that takes, and which."""

    @cache
    def get(kind: str, precision: str, beams: int) -> Plain:
        both = pair(kind)
        engine = engine_of(both, precision, workers=1)
        with Leak().over(precision) as leak:
            found = engine.generate(INPUTS, search_for(both, beams, precision))
        return found, sum(leak.calls.values()), frozenset(leak.calls)

    return get


@pytest.mark.parametrize("precision", POINTS)
def test_every_point_is_reached(
    undisturbed: Callable[[str, str, int], Plain], precision: str
) -> None:
    reached = undisturbed("marian", precision, 1)[2] | undisturbed("marian", precision, 4)[2]
    expected = {f"{owner.__name__}.{name}" for owner, name in POINTS[precision]}
    # Only rules ask for all logits, which is the one product that is a call of its own.
    assert reached >= expected - {"Head.logits", "PackedLinear.__call__"}


@pytest.mark.parametrize("precision", POINTS)
@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("workers", [1, 2])
@sometimes
@given(
    kind=st.sampled_from(["marian", "bart", "m2m_100"]),
    where=st.floats(0, 1, exclude_max=True),
    times=st.integers(1, 3),
    error=st.sampled_from(ERRORS),
)
def test_it_goes_on_wherever_memory_ran_out(
    *,
    pair: Callable[[str], Pair],
    undisturbed: Callable[[str, str, int], Plain],
    precision: str,
    beams: int,
    workers: int,
    kind: str,
    where: float,
    times: int,
    error: Exception,
) -> None:
    expected, calls, _ = undisturbed(kind, precision, beams)
    first = int(where * calls)
    engine = engine_of(pair(kind), precision, workers=workers)
    search = search_for(pair(kind), beams, precision)
    with Leak(range(first, first + times), error=error).over(precision) as leak:
        found = engine.generate(INPUTS, search)
    for ours, theirs in zip(found, expected, strict=True):
        if precision != "float32":
            assert ours == theirs  # to the bit, in any batch
        else:
            assert_same(ours, theirs, tolerance=1e-5)
    assert leak.failures
    longest = max(SHORTEST_COUNTED, *map(len, INPUTS))
    assert engine.token_budget <= min(leak.failures) * beams * longest // 2
    # What failed is not tried again, nor in the next call.
    with Leak().over(precision) as later:
        engine.generate(INPUTS[:8], search)
    assert max(later.sizes) * beams * SHORTEST_COUNTED <= engine.token_budget


@pytest.mark.parametrize("precision", POINTS)
@pytest.mark.parametrize("workers", [1, 2])
@sometimes
@given(
    beams=st.sampled_from([1, 4]),
    where=st.floats(0, 1, exclude_max=True),
    error=st.sampled_from(ERRORS),
    place=st.integers(0, len(INPUTS) - 1),
)
def test_an_input_that_does_not_fit_alone_is_named(
    *,
    pair: Callable[[str], Pair],
    precision: str,
    workers: int,
    beams: int,
    where: float,
    error: Exception,
    place: int,
) -> None:
    engine = engine_of(pair("bart"), precision, workers=workers)
    search = search_for(pair("bart"), beams, precision)
    with Leak().over(precision) as whole:
        engine.generate([INPUTS[place]], search)
    first = int(where * sum(whole.calls.values()))
    leak = Leak(range(first, first + 1), error=error, alone=True)
    message = rf"input 0 \({len(INPUTS[place])} ids, {beams} beams\) .* alone: use fewer beams"
    with leak.over(precision), pytest.raises(MemoryError, match=message) as raised:
        engine.generate([INPUTS[place]], search)
    assert raised.value.__cause__ is error
    # The engine is as it was: the next call works.
    assert engine.generate([INPUTS[place]], search)


@pytest.mark.parametrize("workers", [1, 2])
def test_the_one_input_at_fault_among_many_is_named(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch, workers: int
) -> None:
    engine = engine_of(pair("marian"), "float32", workers=workers)
    original = Network.encode

    def encode(self: Network, ids: torch.Tensor, **rest: Any) -> Any:
        if bool((ids == 77).any()):
            raise torch.OutOfMemoryError("injected")
        return original(self, ids, **rest)

    monkeypatch.setattr(Network, "encode", encode)
    inputs = [[5 + i, 9, EOS] for i in range(20)]
    inputs[13] = [77, 9, 8, EOS]
    with pytest.raises(MemoryError, match=r"input 13 \(4 ids, 2 beams\)"):
        engine.generate(inputs, search_for(pair("marian"), 2, "float32"))


def test_the_fallback_goes_on(pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch) -> None:
    engine = engine_of(pair("t5"), "float32", workers=1)
    search = search_of(pair("t5"), {"num_beams": 2, "max_length": 12})
    expected = engine.generate(INPUTS, search)
    original = Fallback.decode
    sizes: list[int] = []

    def decode(self: Fallback, *, rows: Any, **rest: Any) -> Iterator[Any]:
        sizes.append(len(rows))
        if len(rows) > 4:
            raise torch.OutOfMemoryError("injected")
        yield from original(self, rows=rows, **rest)

    monkeypatch.setattr(Fallback, "decode", decode)
    for ours, theirs in zip(engine.generate(INPUTS, search), expected, strict=True):
        assert_same(ours, theirs, tolerance=1e-5)
    assert sizes[0] == len(INPUTS)
    assert max(sizes[2:]) <= 4
