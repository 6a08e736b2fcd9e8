"""An input's result is its own: whatever is decoded beside it, in any order, at any budget."""

import random
from collections.abc import Callable
from functools import partial

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import Engine, Hypothesis
from pipeline.engine.layers import Linear
from pipeline.engine.packed import PackedNetwork
from tests.engine.oracle import NATIVE, Pair, assert_same, search_of
from tests.engine.test_parity import searching, source

SETTINGS = {"max_length": 20, "num_return_sequences": 1}


@pytest.mark.parametrize(
    ("precision", "kind"),
    [
        *(("float32", f"{kind}@torch") for kind in ("marian", "bart")),
        *((precision, kind) for precision in ("float32", "int8") for kind in NATIVE),
    ],
)
@pytest.mark.parametrize("beams", [1, 4])
@searching
@given(
    inputs=st.lists(source, min_size=2, max_size=8),
    seed=st.randoms(use_true_random=False),
    budget=st.sampled_from([1, 100, 500, 100_000]),
    threads=st.sampled_from([1, 2]),
)
def test_alone_shuffled_in_other_batches_and_in_threads(
    *,
    pair: Callable[[str], Pair],
    precision: str,
    kind: str,
    beams: int,
    inputs: list[list[int]],
    seed: random.Random,
    budget: int,
    threads: int,
) -> None:
    both = pair(kind)
    search = search_of(both, {**SETTINGS, "num_beams": beams})
    engine = both.engine
    if precision == "int8":
        engine = Engine.load(both.folder, device="cpu", precision="int8")
    model = engine._model
    make = partial(Engine, model, precision=precision, generation_config=engine.generation_config)
    alone = [make(threads=1).generate([ids], search)[0] for ids in inputs]
    order = list(range(len(inputs)))
    seed.shuffle(order)
    other = make(token_budget=budget, threads=threads)
    together = other.generate([inputs[place] for place in order], search)
    for place, found in zip(order, together, strict=True):
        if isinstance(model, PackedNetwork):
            # To the bit: a row's sums are made in one order, whatever is beside it.
            assert found == alone[place]
        else:
            assert_same(found, alone[place], tolerance=1e-5)


def test_equal_inputs_are_decoded_once_and_returned_separately(
    pair: Callable[[str], Pair], monkeypatch: pytest.MonkeyPatch
) -> None:
    both = pair("marian@torch")
    search = search_of(both, {**SETTINGS, "num_beams": 2})
    encoded: list[int] = []
    network = both.engine._model
    encode = network.encode  # type: ignore[union-attr]

    def counting(ids: torch.Tensor, **rest: object) -> object:
        encoded.append(len(ids))
        return encode(ids, **rest)  # type: ignore[arg-type]

    monkeypatch.setattr(network, "encode", counting)
    first, second, third = both.engine.generate([[5, 6, 2], [7, 2], [5, 6, 2]], search)
    assert sum(encoded) == 2
    assert first == third != second
    first[0].tokens.append(0)
    assert first != third


def test_a_packed_product_gives_each_row_the_same_bits_in_any_batch() -> None:
    torch.manual_seed(0)
    for size, out in ((32, 96), (256, 768), (256, 1024), (512, 512)):
        layer = Linear(torch.randn(out, size), torch.randn(out))
        x = torch.randn(70, size)
        whole = layer(x)
        for rows in (1, 2, 3, 8, 33, 64):
            assert torch.equal(layer(x[:rows]), whole[:rows])


def test_nothing_to_do(pair: Callable[[str], Pair]) -> None:
    both = pair("marian")
    assert both.engine.generate([], both.engine.search) == []
    assert list(both.engine.stream([], both.engine.search)) == []


def test_results_are_plain_values(pair: Callable[[str], Pair]) -> None:
    both = pair("marian")
    ((found,),) = both.engine.generate([[5, 2]], search_of(both, SETTINGS))
    assert isinstance(found, Hypothesis)
    assert all(type(token) is int for token in found.tokens)
    assert type(found.score) is float
