"""Our tokens and scores are those of ``model.generate``, whatever the model and the settings."""

import os
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.engine.oracle import (
    EOS,
    NATIVE,
    PAD,
    POSITIONS,
    TORCH,
    VOCABULARY,
    Pair,
    assert_equals_generate,
    search_of,
)

# Cases per test; raise for a long run: KORTOM_PARITY_CASES=1000 pytest tests/engine
CASES = int(os.environ.get("KORTOM_PARITY_CASES", "12"))
SMALLEST_VOCABULARY = 97

searching = settings(
    max_examples=CASES,
    deadline=None,
    phases=[Phase.explicit, Phase.reuse, Phase.generate],  # shrinking costs minutes
    derandomize="KORTOM_PARITY_CASES" not in os.environ,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

token = st.integers(3, SMALLEST_VOCABULARY - 1)
# Special ids and padding in the midst of an input are ids like any other.
source = st.builds(
    lambda ids, end: [*ids, *end],
    st.lists(st.one_of(token, st.integers(0, SMALLEST_VOCABULARY - 1)), min_size=1, max_size=14)
    | st.lists(token, min_size=15, max_size=POSITIONS - 1),
    st.sampled_from([[EOS], [EOS], []]),
)
sources = st.lists(source, min_size=1, max_size=3)

_OPTIONAL: dict[str, Callable[[int], st.SearchStrategy[Any]]] = {
    "min_length": lambda longest: st.integers(0, longest - 1),
    "min_new_tokens": lambda longest: st.integers(0, longest - 2),
    "max_new_tokens": lambda longest: st.integers(1, longest - 1),
    "no_repeat_ngram_size": lambda _: st.integers(1, 4),
    "repetition_penalty": lambda _: st.sampled_from([0.8, 1.2, 2.5]),
    "forced_bos_token_id": lambda _: token | st.just(0),
    "forced_eos_token_id": lambda _: st.sampled_from([EOS, EOS, [EOS, 7]]),
    "bad_words_ids": lambda _: st.lists(
        st.lists(token | st.just(PAD), min_size=1, max_size=3),
        min_size=1,
        max_size=8,
        unique_by=tuple,
    ),
    "suppress_tokens": lambda _: st.lists(token, min_size=1, max_size=20),
    "begin_suppress_tokens": lambda _: st.lists(token, min_size=1, max_size=20),
    "renormalize_logits": lambda _: st.booleans(),
    "eos_token_id": lambda _: st.just([EOS, 5, 9]),
}


@st.composite
def searches(draw: st.DrawFn) -> dict[str, Any]:
    """Settings for ``model.generate``; any of them may be left at its default."""
    longest = draw(st.integers(2, 22))
    beams = draw(st.sampled_from([1, 1, 2, 3, 4, 6]))
    chosen: dict[str, Any] = {
        "num_beams": beams,
        "max_length": longest,
        "num_return_sequences": draw(st.integers(1, beams)),
    }
    if beams > 1:
        chosen["early_stopping"] = draw(st.sampled_from([False, True, "never"]))
        chosen["length_penalty"] = draw(
            st.sampled_from([1.0, -1.0, 0.0, 0.6, 2.0]) | st.floats(-1, 2, width=16)
        )
    names = st.lists(st.sampled_from(sorted(_OPTIONAL)), max_size=6, unique=True)
    for name in draw(names):
        chosen[name] = draw(_OPTIONAL[name](longest))
    if chosen.get("forced_bos_token_id") in chosen.get("suppress_tokens", []):
        del chosen["suppress_tokens"]  # refused, by HF and here
    return chosen


@pytest.mark.parametrize("kind", [*NATIVE, *TORCH, "t5"])
@searching
@given(inputs=sources, chosen=searches())
def test_a_batch_equals_generate_on_each_input(
    pair: Callable[[str], Pair], kind: str, inputs: list[list[int]], chosen: dict[str, Any]
) -> None:
    both = pair(kind)
    ours = both.engine.generate(inputs, search_of(both, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        assert_equals_generate(both, found, ids, chosen)


@pytest.mark.parametrize("kind", ["marian", "bart", "marian@torch", "bart@torch"])
@pytest.mark.parametrize("beams", [1, 2, 4, 6])
def test_many_inputs_with_long_outputs(pair: Callable[[str], Pair], kind: str, beams: int) -> None:
    both = pair(kind)
    chosen = {
        "num_beams": beams,
        "max_length": 30,
        "num_return_sequences": beams,
        "no_repeat_ngram_size": 2,
    }
    inputs = [
        [3 + (7 * i * i + 11 * j * (i + 1)) % (VOCABULARY - 3) for j in range(1 + i * 5 % 17)]
        for i in range(25)
    ]
    ours = both.engine.generate(inputs, search_of(both, chosen))
    outputs = set()
    for ids, found in zip(inputs, ours, strict=True):
        assert_equals_generate(both, found, ids, chosen)
        outputs.add(tuple(found[0].tokens))
    # The models say different things, and end by themselves: otherwise this shows little.
    assert len(outputs) > len(inputs) // 3
    assert any(len(tokens) < 29 for tokens in outputs)


@searching
@given(inputs=sources, chosen=searches(), width=st.integers(1, 9), seed=st.integers(0, 50))
@pytest.mark.parametrize("kind", ["marian", "bart", "marian@torch", "bart@torch"])
def test_allowed_equals_prefix_allowed_tokens(
    *,
    pair: Callable[[str], Pair],
    kind: str,
    inputs: list[list[int]],
    chosen: dict[str, Any],
    width: int,
    seed: int,
) -> None:
    def allowed(index: int, prefix: Sequence[int]) -> list[int]:
        # A few ids that depend on the input and the whole prefix; sometimes the end.
        mix = seed + 31 * index + 7 * sum(prefix) + len(prefix)
        ids = sorted({3 + (mix * (k + 1) * 13) % (VOCABULARY - 3) for k in range(width)})
        return [EOS, *ids] if mix % 3 == 0 or len(prefix) > 12 else ids

    both = pair(kind)
    chosen = {name: value for name, value in chosen.items() if name != "num_return_sequences"}
    ours = both.engine.generate(inputs, search_of(both, chosen), allowed=allowed)
    for index, (ids, found) in enumerate(zip(inputs, ours, strict=True)):
        assert_equals_generate(both, found, ids, chosen, index=index, allowed=allowed)


@pytest.mark.parametrize("kind", [*NATIVE, *TORCH])
def test_an_input_as_long_as_the_model_reads(pair: Callable[[str], Pair], kind: str) -> None:
    both = pair(kind)
    ids = [3 + i % 80 for i in range(POSITIONS - 1)] + [EOS]
    chosen = {"num_beams": 2, "max_length": POSITIONS}
    (ours,) = both.engine.generate([ids], search_of(both, chosen))
    assert_equals_generate(both, ours, ids, chosen)


def test_the_fallback_equals_generate(pair: Callable[[str], Pair]) -> None:
    both = pair("t5")
    assert not both.engine.is_native
    inputs = [[3 + (i * 17 + j * 5) % 140 for j in range(1 + i)] + [EOS] for i in range(6)]
    for chosen in (
        {"num_beams": 1, "max_length": 16},
        {"num_beams": 4, "max_length": 16, "num_return_sequences": 3, "length_penalty": 0.7},
    ):
        ours = both.engine.generate(inputs, search_of(both, chosen))
        for ids, found in zip(inputs, ours, strict=True):
            assert_equals_generate(both, found, ids, chosen)


def test_the_fallback_obeys_allowed(pair: Callable[[str], Pair]) -> None:
    def allowed(index: int, prefix: Sequence[int]) -> list[int]:
        return [EOS] if len(prefix) > 3 + index else [10 + index, 20 + len(prefix)]

    both = pair("t5")
    inputs = [[5, 6, EOS], [7, EOS], [5, 6, EOS]]
    chosen = {"num_beams": 2, "max_length": 12}
    ours = both.engine.generate(inputs, search_of(both, chosen), allowed=allowed)
    for index, (ids, found) in enumerate(zip(inputs, ours, strict=True)):
        assert_equals_generate(both, found, ids, chosen, index=index, allowed=allowed)


@pytest.mark.parametrize("kind", ["marian", "t5"])
def test_hypotheses_that_do_not_exist_are_left_out(pair: Callable[[str], Pair], kind: str) -> None:
    both = pair(kind)
    # Under these, the end is all that can be said.
    chosen = {
        "num_beams": 6,
        "num_return_sequences": 4,
        "max_length": 2,
        "forced_eos_token_id": EOS,
    }
    for penalty in (-1.0, 0.0, 1.0, 2.0):
        settings = {**chosen, "length_penalty": penalty}
        ((found, *rest),) = both.engine.generate([[5, 6, 7, EOS]], search_of(both, settings))
        assert found.tokens == [EOS]
        assert not rest
