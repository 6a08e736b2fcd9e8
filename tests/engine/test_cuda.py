"""On a GPU: recorded rounds, refills and number formats. Skipped where there is none."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.engine import Engine, Hypothesis
from pipeline.engine.graphs import Graphs
from pipeline.engine.inflight import InFlight
from pipeline.engine.network import Network
from tests.engine import oracle
from tests.engine.oracle import EOS, Pair, assert_same
from tests.engine.test_inflight import Found, assert_as_the_engine, decoded, filled, some_inputs

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="torch sees no GPU here")

SIDES = ("encoder", "decoder")
SETTINGS: dict[str, Any] = {
    "max_length": 40,
    "no_repeat_ngram_size": 2,
    "min_length": 4,
    "bad_words_ids": [[7], [20, 21]],
    "forced_eos_token_id": EOS,
}


@pytest.fixture(autouse=True)
def _float32_is_float32() -> Iterator[None]:
    before = torch.backends.cuda.matmul.allow_tf32
    torch.backends.cuda.matmul.allow_tf32 = False
    yield
    torch.backends.cuda.matmul.allow_tf32 = before


def on_gpu(pair: Pair, *, precision: str) -> Network:
    network = Engine.load(pair.folder, device="cuda", precision=precision)._model
    assert isinstance(network, Network)
    return network


def same_tokens(one: Found, other: Found) -> float:
    """The share of inputs with the same best output."""
    return sum(one[i][0].tokens == other[i][0].tokens for i in one) / len(one)


@pytest.mark.parametrize("kind", ["marian", "bart", "pegasus", "m2m_100"])
@pytest.mark.parametrize("beams", [1, 4])
def test_recorded_rounds_give_what_the_cpu_gives(
    pair: Callable[[str], Pair], kind: str, beams: int
) -> None:
    both = pair(kind)
    network = on_gpu(both, precision="float32")
    search = filled(both, {**SETTINGS, "num_beams": beams, "num_return_sequences": beams})
    inputs = some_inputs(200)
    found: dict[bool, Found] = {}
    for graphs in (False, True):
        flight = InFlight(network, slots=24, graphs=graphs, source=16)
        found[graphs] = decoded(flight, inputs, search)
        if graphs:
            assert flight._idle is not None
            runner = flight._idle._runner
            assert isinstance(runner, Graphs)
            assert runner.recorded > 1
    assert same_tokens(found[True], found[False]) == 1.0
    for index, hypotheses in found[True].items():
        assert_same(hypotheses, found[False][index], tolerance=1e-5)
    # Another device sums in another order: a near tie may fall the other way.
    shares = _shares_as_the_cpu(both, search, inputs, found[True])
    assert shares >= 0.97, shares


def _shares_as_the_cpu(pair: Pair, search: Any, inputs: list[list[int]], found: Found) -> float:
    same = 0
    for index, ids in enumerate(inputs):
        try:
            assert_as_the_engine(pair, search, [ids], {0: found[index]})
        except AssertionError:
            continue
        same += 1
    return same / len(inputs)


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("precision", ["float16", "bfloat16"])
def test_half_formats_mostly_agree_with_float32(
    pair: Callable[[str], Pair],
    record_property: Callable[[str, object], None],
    precision: str,
    beams: int,
) -> None:
    both = pair("marian")
    search = filled(both, {"num_beams": beams, "max_length": 24})
    inputs = some_inputs(200)
    exact = decoded(InFlight(on_gpu(both, precision="float32"), slots=32), inputs, search)
    network = on_gpu(both, precision=precision)
    half = decoded(InFlight(network, slots=32), inputs, search)
    share = same_tokens(half, exact)
    record_property("share", share)
    print(f"{precision}, {beams} beams: {share:.1%} of the outputs are those of float32")
    # Random models are all near ties; a broken one agrees in nothing.
    assert share > 0.3
    again = decoded(InFlight(network, slots=32, graphs=False), inputs, search)
    assert same_tokens(again, half) == 1.0


@pytest.mark.parametrize("beams", [1, 4])
def test_refills_and_order_do_not_matter(pair: Callable[[str], Pair], beams: int) -> None:
    both = pair("bart")
    network = on_gpu(both, precision="float32")
    search = filled(both, {"num_beams": beams, "max_length": 30})
    inputs = some_inputs(120)
    # All at once, so that no slot is used twice, against many tenants per slot.
    once = decoded(InFlight(network, slots=120), inputs, search)
    often = decoded(InFlight(network, slots=7, every=3), inputs[::-1], search)
    same = 0
    for index, hypotheses in once.items():
        try:
            assert_same(often[119 - index], hypotheses)
        except AssertionError:
            continue
        same += 1
    assert same >= 117, same


def test_the_kernel_gives_what_torch_gives(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("triton")
    # Heads of 32: those of the other models are too narrow for matrix units.
    for name, size in (("d_model", 64), *((f"{s}_attention_heads", 2) for s in SIDES)):
        monkeypatch.setitem(oracle._SIZES, name, size)
    both = oracle.load_pair(oracle.build("marian", tmp_path))
    network = on_gpu(both, precision="float32")
    inputs = some_inputs(60)
    for beams in (1, 4):
        search = filled(both, {"num_beams": beams, "max_length": 30})
        plain = decoded(InFlight(network, slots=16), inputs, search)
        fused = decoded(InFlight(network, slots=16, fused=True), inputs, search)
        assert same_tokens(plain, fused) >= 0.97


def test_the_caller_may_use_the_gpu_between_results(pair: Callable[[str], Pair]) -> None:
    both = pair("marian")
    network = on_gpu(both, precision="float32")
    search = filled(both, {"num_beams": 2, "max_length": 20})
    inputs = some_inputs(40)
    expected = decoded(InFlight(network, slots=8), inputs, search)
    results: dict[int, list[Hypothesis]] = {}
    flight = InFlight(network, slots=8)
    for index, hypotheses in flight.stream(enumerate(inputs), search=search, window=99):
        # The caller uses the GPU between two results.
        torch.randn(512, 512, device="cuda").square_().sum().item()
        results[index] = hypotheses
    assert results == expected
