"""The kernels' own search against the loop that goes step by step, on the same kernels."""

import ctypes
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
import torch
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pipeline.engine import Engine, Hypothesis, Search, packed_search
from pipeline.engine.compiled import library
from pipeline.engine.kernels import at, check
from pipeline.engine.packed import PackedNetwork
from pipeline.engine.packed_search import takes
from tests.engine.oracle import (
    EOS,
    NATIVE,
    POSITIONS,
    VOCABULARY,
    Pair,
    assert_equals_generate,
    assert_same,
    build,
    load_pair,
    search_of,
)
from tests.engine.test_parity import searches, searching, sources

SPECIAL = {"eos_token_id": EOS, "pad_token_id": 1, "decoder_start_token_id": 0}
# Models without a norm of embeddings, which torch rounds otherwise than the kernels do. (Other
# roundings may make other integers, and so other outputs.)
ALIKE = tuple(kind for kind in NATIVE if not kind.startswith(("bart", "mbart")))


def both_ways(
    engine: Engine, inputs: list[list[int]], search: Search
) -> tuple[list[list[Hypothesis]], list[list[Hypothesis]]]:
    """What the kernels find by themselves, and step by step."""
    if not isinstance(engine._model, PackedNetwork):
        pytest.skip("float32 is left to torch here: no AVX-512, or no C++ compiler")
    with mock.patch.object(packed_search, "advance", side_effect=packed_search.advance) as calls:
        ours = engine.generate(inputs, search)
    assert calls.called
    with mock.patch.object(PackedNetwork, "finish", return_value=None):
        return ours, engine.generate(inputs, search)


@pytest.mark.parametrize(
    ("kind", "precision"),
    [*((kind, "float32") for kind in NATIVE), *((kind, "int8") for kind in ALIKE)],
)
@searching
@given(inputs=sources, chosen=searches())
def test_it_finds_what_step_by_step_finds(
    *,
    pair: Callable[[str], Pair],
    kind: str,
    precision: str,
    inputs: list[list[int]],
    chosen: dict[str, Any],
) -> None:
    both = pair(kind)
    search = search_of(both, chosen)
    filled = search.filled(Search(**SPECIAL))  # type: ignore[arg-type]
    longest = filled.longest(positions=POSITIONS)
    assume(takes(filled, longest=longest, vocabulary=both.engine.vocab_size))
    engine = both.engine
    if precision == "int8":
        # A forced id of greedy search has its probability by the integers there.
        assume(
            search.beams > 1
            or (not chosen.keys() & {"forced_bos_token_id"} and not search.forced_eos_token_id)
        )
        engine = Engine.load(both.folder, device="cpu", precision="int8")
    for ours, theirs in zip(*both_ways(engine, inputs, search), strict=True):
        if kind in ALIKE and search.beams > 1:
            assert ours == theirs
        else:
            assert_same(ours, theirs, tolerance=1e-5)


def test_more_beams_than_a_block_had_room_for(tmp_path: Path) -> None:
    folder = build("marian", tmp_path / "wide", options={"vocab_size": 900})
    engine = Engine.load(folder, device="cpu")
    search = Search(beams=70, max_new_tokens=12, num_return_sequences=70)
    for ours, theirs in zip(*both_ways(engine, [[5, 6, EOS]], search), strict=True):
        assert ours == theirs
        assert len(ours) == 70


@pytest.mark.parametrize("beams", [1, 2])
@pytest.mark.parametrize("start", [-1, VOCABULARY, 10**7])
@pytest.mark.parametrize("kind", ["marian", "marian@torch"])
def test_a_start_of_another_model_is_refused(
    pair: Callable[[str], Pair], kind: str, start: int, beams: int
) -> None:
    search = Search(beams=beams, decoder_start_token_id=start, max_new_tokens=3)
    with pytest.raises(ValueError, match=f"decoder_start_token_id holds {start}"):
        pair(kind).engine.generate([[5, EOS]], search)


def test_a_model_without_padding(tmp_path: Path) -> None:
    folder = build("bart", tmp_path / "bare")
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps({**config, "pad_token_id": None}))
    (folder / "generation_config.json").unlink()
    engine = Engine.load(folder, device="cpu")
    search = Search(beams=2, max_new_tokens=9, eos_token_id=EOS, decoder_start_token_id=EOS)
    for ours, theirs in zip(*both_ways(engine, [[5, 6, EOS], [7, EOS]], search), strict=True):
        assert_same(ours, theirs, tolerance=1e-5)


def test_the_last_positions_behind_a_high_padding_id(tmp_path: Path) -> None:
    folder = build("m2m_100", tmp_path / "high", options={"pad_token_id": 40})
    both = load_pair(folder)
    chosen = {"max_length": POSITIONS, "min_length": POSITIONS - 2, "num_beams": 2}
    ids = [5, 6, 9, EOS]
    search = search_of(both, chosen)
    (found,) = both.engine.generate([ids], search)
    assert len(found[0].tokens) > POSITIONS - 4
    assert_equals_generate(both, found, ids, chosen)


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
        for ours, theirs in zip(*both_ways(pair(kind).engine, inputs, search), strict=True):
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
