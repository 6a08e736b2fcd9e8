"""Ids with exactly equal logits: twins, two ids with the same embedding and the same bias.

Greedy search takes the first of equal ids, in HF as here. Beam search takes the best few, and which
of two equal ones comes first is left to ``topk``; but twins are embedded alike, so what follows
either is the same, and outputs are equal with one twin written for both.
"""

from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoModelForSeq2SeqLM

from pipeline.engine import Hypothesis
from tests.engine.oracle import (
    Pair,
    assert_equals_generate,
    assert_same,
    build,
    load_pair,
    reference,
    search_of,
)
from tests.engine.test_parity import searching, sources

# Far apart and side by side, within one block of the search and across two.
TWINS = {5: 6, 7: 32, 8: 48, 9: 76, 10: 11, 12: 37, 13: 53, 14: 81, 15: 16, 17: 42, 18: 58, 19: 86}
FAMILIES = ("marian", "marian-two-vocabularies", "bart", "mbart", "pegasus", "m2m_100")
KINDS = (*FAMILIES, *(f"{kind}@torch" for kind in FAMILIES), "t5")


@pytest.fixture(scope="module")
def twins(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Pair]:
    """A model of that family, most of whose likely ids have a twin."""
    made: dict[str, Pair] = {}

    def get(kind: str) -> Pair:
        if kind not in made:
            name, _, way = kind.partition("@")
            folder = build(name, tmp_path_factory.mktemp("twins"))
            model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder)
            tables = {
                table.weight
                for table in (
                    model.get_input_embeddings(),
                    model.get_decoder().embed_tokens,
                    model.get_output_embeddings(),
                )
            }
            with torch.no_grad():
                for first, second in TWINS.items():
                    for table in tables:
                        table[second] = table[first]
                    if hasattr(model, "final_logits_bias"):
                        # Above the others, or few outputs would hold a twin.
                        model.final_logits_bias[0, [first, second]] += 2.0
                        model.final_logits_bias[0, second] = model.final_logits_bias[0, first]
            model.save_pretrained(folder)
            made[kind] = load_pair(folder, compiled=way != "torch")
        return made[kind]

    return get


def one_for_both(found: list[Hypothesis]) -> list[Hypothesis]:
    first = {second: first for first, second in TWINS.items()}
    return [Hypothesis([first.get(token, token) for token in h.tokens], h.score) for h in found]


@pytest.mark.parametrize("kind", KINDS)
def test_twins_are_equal_to_the_bit(twins: Callable[[str], Pair], kind: str) -> None:
    both = twins(kind)
    logits = both.model(
        input_ids=torch.tensor([[30, 40, 2]]), decoder_input_ids=torch.tensor([[0, 33]])
    ).logits
    assert torch.equal(logits[..., list(TWINS)], logits[..., list(TWINS.values())])


@pytest.mark.parametrize("kind", KINDS)
@searching
@given(inputs=sources, longest=st.integers(2, 30), penalty=st.sampled_from([1.0, 1.3]))
def test_greedy_search_takes_the_first_of_equal_ids(
    twins: Callable[[str], Pair],
    kind: str,
    inputs: list[list[int]],
    longest: int,
    penalty: float,
) -> None:
    both = twins(kind)
    chosen = {"num_beams": 1, "max_length": longest, "repetition_penalty": penalty}
    ours = both.engine.generate(inputs, search_of(both, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        assert_equals_generate(both, found, ids, chosen)
        if penalty == 1.0:
            assert not set(found[0].tokens) & set(TWINS.values())


@pytest.mark.parametrize("kind", KINDS)
@searching
@given(
    inputs=sources,
    longest=st.integers(2, 20),
    beams=st.sampled_from([2, 4, 6]),
    early=st.sampled_from([False, True, "never"]),
)
def test_beams_differ_by_no_more_than_which_twin(
    *,
    twins: Callable[[str], Pair],
    kind: str,
    inputs: list[list[int]],
    longest: int,
    beams: int,
    early: bool | str,
) -> None:
    both = twins(kind)
    chosen = {
        "num_beams": beams,
        "max_length": longest,
        "early_stopping": early,
        "num_return_sequences": beams,
    }
    ours = both.engine.generate(inputs, search_of(both, chosen))
    for ids, found in zip(inputs, ours, strict=True):
        expected = one_for_both(reference(both, ids, chosen))
        assert_same(one_for_both(found), expected)


def test_the_outputs_are_full_of_ties(twins: Callable[[str], Pair]) -> None:
    both = twins("marian")
    inputs = [[30 + k, 40 + 2 * k, 2] for k in range(20)]
    chosen = {"num_beams": 4, "max_length": 20, "num_return_sequences": 4}
    found = both.engine.generate(inputs, search_of(both, chosen))
    tied = [
        len({h.score for h in row}) < len(row) and len({tuple(h.tokens) for h in row}) == len(row)
        for row in found
    ]
    assert sum(tied) > len(tied) // 2
