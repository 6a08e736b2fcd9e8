"""The compiled network: torch's numbers in float32, and near to them in int8."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.engine import Engine, Search
from pipeline.engine.packed import PackedNetwork
from tests.engine.oracle import (
    NATIVE,
    Pair,
    assert_equals_generate,
    build,
    load_pair,
    search_of,
)


def packed(pair: Pair, precision: str = "int8", **options: Any) -> Engine:
    engine = Engine.load(pair.folder, device="cpu", precision=precision, **options)
    if not isinstance(engine._model, PackedNetwork):
        pytest.skip("float32 is left to torch here: no AVX-512, or no C++ compiler")
    return engine


@pytest.mark.parametrize("kind", NATIVE)
def test_its_logits_are_near_those_of_float32(pair: Callable[[str], Pair], kind: str) -> None:
    both = pair(kind)
    ids, lengths = torch.tensor([[5, 9, 11, 2], [7, 2, 1, 1]]), torch.tensor([4, 2])
    newest = torch.tensor([[0], [0]])
    logits = []
    for engine in (both.engine, packed(both)):
        network: Any = engine._model
        memory = network.encode(ids, lengths=lengths, beams=1, longest=20)
        steps = [network.scores(newest + step, memory=memory).logits() for step in range(3)]
        logits.append(torch.cat(steps)[:, : engine.vocab_size])
    spread = logits[0].std()
    # Random weights have no slack to absorb rounding; a wrong formula is off by the whole spread.
    assert (logits[1] - logits[0]).abs().mean() < 0.25 * spread


@pytest.mark.parametrize("kind", NATIVE)
def test_float32_has_the_logits_of_torch(pair: Callable[[str], Pair], kind: str) -> None:
    ids, lengths = torch.tensor([[5, 9, 11, 2], [7, 2, 1, 1]]), torch.tensor([4, 2])
    logits = []
    for engine in (packed(pair(kind), "float32"), pair(f"{kind}@torch").engine):
        network: Any = engine._model
        memory = network.encode(ids, lengths=lengths, beams=1, longest=20)
        steps = [network.scores(torch.full((2, 1), 3 + n), memory=memory) for n in range(3)]
        logits.append(torch.cat([step.logits() for step in steps])[:, : engine.vocab_size])
    torch.testing.assert_close(*logits, atol=2e-5, rtol=1e-5)


@pytest.mark.parametrize("beams", [1, 4])
def test_the_best_few_and_all_logits_lead_to_the_same(
    pair: Callable[[str], Pair], beams: int
) -> None:
    engine = packed(pair("marian"))
    inputs = [[4 + n, 9, 30 + n, 2] for n in range(20)]
    best = engine.generate(inputs, Search(beams=beams, max_length=20))
    # A rule that never acts, but asks for all logits.
    every = engine.generate(inputs, Search(beams=beams, max_length=20, bad_words_ids=((3, 3, 3),)))
    for one, other in zip(best, every, strict=True):
        assert one[0].score == pytest.approx(other[0].score, abs=0.2)


@pytest.mark.parametrize("beams", [1, 4])
def test_banned_ids_do_not_come(pair: Callable[[str], Pair], beams: int) -> None:
    engine = packed(pair("bart"))
    inputs = [[4 + n, 9, 30 + n, 2] for n in range(20)]
    free = engine.generate(inputs, Search(beams=beams, max_length=12, min_length=6))
    assert all(len(found[0].tokens) >= 5 for found in free)
    banned = {token for found in free for token in found[0].tokens} - {2}
    words = tuple((token,) for token in sorted(banned))
    for renormalise in (False, True):
        bound = Search(
            beams=beams, max_length=12, bad_words_ids=words, renormalize_logits=renormalise
        )
        found = engine.generate(inputs, bound)
        assert not banned & {token for one in found for token in one[0].tokens}


def test_int8_is_refused_where_it_does_not_exist(
    pair: Callable[[str], Pair],
) -> None:
    with pytest.raises(ValueError, match=r"int8.*Marian.*t5.*float32"):
        packed(pair("t5"))


def test_heads_of_odd_width(tmp_path: Path) -> None:
    folder = build("marian", tmp_path / "odd", options={"d_model": 36})
    both = load_pair(folder)
    chosen = {"num_beams": 3, "max_length": 12}
    inputs = [[5, 9, 11, 2], [7, 2]]
    for ids, found in zip(
        inputs, both.engine.generate(inputs, search_of(both, chosen)), strict=True
    ):
        assert_equals_generate(both, found, ids, chosen)
    # In int8 four features lie in a word: the last one of a head is filled up.
    near = packed(both).generate(inputs, Search(beams=3, max_length=12))
    assert all(found[0].tokens for found in near)
