"""The kernels' own search against the loop that goes step by step, on the same kernels."""

import ctypes
from collections.abc import Callable
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.engine import Hypothesis, Search, packed_search
from pipeline.engine.compiled import library
from pipeline.engine.kernels import at, check
from pipeline.engine.packed import PackedNetwork
from pipeline.engine.packed_search import takes
from tests.engine.oracle import EOS, NATIVE, POSITIONS, VOCABULARY, Pair, assert_same, search_of
from tests.engine.test_parity import searches, searching, sources

SPECIAL = {"eos_token_id": EOS, "pad_token_id": 1, "decoder_start_token_id": 0}


def both_ways(
    pair: Pair, inputs: list[list[int]], search: Search
) -> tuple[list[list[Hypothesis]], list[list[Hypothesis]]]:
    """What the kernels find by themselves, and step by step."""
    if not isinstance(pair.engine._model, PackedNetwork):
        pytest.skip("float32 is left to torch here: no AVX-512, or no C++ compiler")
    with mock.patch.object(packed_search, "advance", side_effect=packed_search.advance) as calls:
        ours = pair.engine.generate(inputs, search)
    assert calls.called
    with mock.patch.object(PackedNetwork, "finish", return_value=None):
        return ours, pair.engine.generate(inputs, search)


@pytest.mark.parametrize("kind", NATIVE)
@searching
@given(inputs=sources, chosen=searches())
def test_it_finds_what_step_by_step_finds(
    pair: Callable[[str], Pair], kind: str, inputs: list[list[int]], chosen: dict[str, Any]
) -> None:
    both = pair(kind)
    search = search_of(both, chosen)
    filled = search.filled(Search(**SPECIAL))  # type: ignore[arg-type]
    longest = filled.longest(positions=POSITIONS)
    assume(takes(filled, longest=longest, vocabulary=both.engine.vocab_size))
    for ours, theirs in zip(*both_ways(both, inputs, search), strict=True):
        assert_same(ours, theirs, tolerance=1e-5)


@pytest.mark.parametrize("kind", ["marian", "bart"])
@pytest.mark.parametrize("beams", [1, 2, 6])
def test_long_outputs_of_short_inputs(
    pair: Callable[[str], Pair], kind: str, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A call may end at any step.
    monkeypatch.setattr(packed_search, "STEPS", 7)
    chosen = {"num_beams": beams, "num_return_sequences": beams, "max_length": POSITIONS}
    inputs = [[3 + 7 * i % 90, *([9] * (i % 4)), EOS] for i in range(12)]
    lengths = set()
    for shortest in (0, 40):
        search = search_of(pair(kind), {**chosen, "min_length": shortest})
        for ours, theirs in zip(*both_ways(pair(kind), inputs, search), strict=True):
            assert_same(ours, theirs, tolerance=1e-5)
            lengths |= {len(hypothesis.tokens) for hypothesis in ours}
    # Some outputs outgrow what was laid out for them.
    assert max(lengths) > 32


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({}, True),
        ({"forced_bos_token_id": 5, "forced_eos_token_id": (EOS,), "min_length": 4}, True),
        ({"bad_words_ids": ((1,), (7,)), "suppress_tokens": (8,)}, True),
        ({"bad_words_ids": ((1,), (7, 9))}, False),
        ({"repetition_penalty": 1.2}, False),
        ({"no_repeat_ngram_size": 3}, False),
        ({"forced_eos_token_id": (EOS, 7)}, False),
        ({"forced_bos_token_id": EOS}, False),
    ],
)
def test_what_it_takes(changes: dict[str, Any], expected: bool) -> None:
    search = Search(beams=2, **{**SPECIAL, **changes})
    assert takes(search, longest=20, vocabulary=VOCABULARY) is expected


@settings(deadline=None)
@given(
    values=st.lists(st.integers(-3, 3) | st.just(-(10**9)), min_size=1, max_size=40),
    data=st.data(),
)
def test_equals_are_in_the_order_of_torch(values: list[int], data: st.DataObject) -> None:
    count = data.draw(st.integers(1, len(values)))
    row = torch.tensor(values, dtype=torch.float32)
    places = (ctypes.c_int64 * count)()
    check(library().kortom_highest(at(row), len(row), count, places))
    assert list(places) == row.topk(count).indices.tolist()
