"""The benchmark: what it decodes, what it counts, and that a small run comes out whole."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.engine import Engine, Search
from scripts.benchmark.__main__ import main
from scripts.benchmark.copying import save_copy_model
from scripts.benchmark.floor import Rates, floor_seconds, operations, traffic
from scripts.benchmark.inputs import copy_inputs, sentences
from scripts.benchmark.shapes import Lengths, Size

SMALL = {
    "model_type": "marian",
    "activation_function": "swish",
    "scale_embedding": True,
    "static_position_embeddings": True,
    "max_position_embeddings": 128,
    "tie_word_embeddings": True,
    "share_encoder_decoder_embeddings": True,
    "bos_token_id": 0,
    "eos_token_id": 0,
    "forced_eos_token_id": 0,
    "pad_token_id": 299,
    "decoder_start_token_id": 299,
    "vocab_size": 300,
    "decoder_vocab_size": 300,
    "d_model": 256,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 512,
    "decoder_ffn_dim": 512,
}
LENGTHS = Lengths(mu=2.5, sigma=0.5, shortest=3, longest=40)
SIZE = Size(vocabulary=1000, width=32, inner=64, encoder_layers=2, decoder_layers=3)


@pytest.mark.parametrize("beams", [1, 4])
def test_a_copy_model_says_its_input_and_stops(tmp_path: Path, beams: int) -> None:
    save_copy_model(SMALL, tmp_path, search={})
    inputs = copy_inputs(SMALL, count=12, sources=LENGTHS)
    engine = Engine.load(tmp_path, device="cpu", precision="float32")
    search = Search.from_generation_config(engine.generation_config, beams=beams, max_new_tokens=60)
    found = engine.generate(inputs, search)
    outputs = [hypotheses[0].tokens for hypotheses in found]
    # What counts is that every row ends where its input does. So narrow a model may take an id
    # for one of the two that are like it, now and then.
    assert list(map(len, outputs)) == list(map(len, inputs))
    pairs = [pair for both in zip(outputs, inputs, strict=True) for pair in zip(*both, strict=True)]
    assert sum(a == b for a, b in pairs) > 0.9 * len(pairs)


def test_inputs_are_distinct_and_as_long_as_asked() -> None:
    texts = sentences(300)
    assert len(set(texts)) == 300
    inputs = copy_inputs(SMALL, count=50, sources=LENGTHS)
    assert all(3 <= len(ids) <= 40 and ids[-1] == 0 and 0 not in ids[:-1] for ids in inputs)
    assert inputs == copy_inputs(SMALL, count=50, sources=LENGTHS)
    with pytest.raises(ValueError, match=r"10000000000 sentences .* ask for fewer"):
        sentences(10**10)


def test_operations_of_one_input_are_those_of_its_products() -> None:
    """A source of 5 and an output of 2, summed by hand as pairs of rows and weights."""
    d, inner, n, m = 32, 64, 5, 2
    read = n * 2 * (4 * d * d + 2 * d * inner) + n * 3 * 2 * d * d
    written = m * (3 * (6 * d * d + 2 * d * inner) + d * 1000)
    # Scores and sums: n x n in the encoder; steps 1 and 2 of the past, and the source, per step.
    attended = 2 * d * (2 * n * n + 3 * ((1 + 2) + m * n))
    assert operations(SIZE, sources=[n], outputs=[m], beams=1) == 2 * (read + written + attended)


@given(
    lengths=st.lists(st.tuples(st.integers(1, 50), st.integers(1, 50)), min_size=1, max_size=5),
    beams=st.integers(1, 4),
)
def test_more_work_never_has_a_lower_floor(lengths: list[tuple[int, int]], beams: int) -> None:
    sources, outputs = [n for n, _ in lengths], [m for _, m in lengths]
    rates = Rates({"float32": 1e9}, 1e9)

    def least(beams: int, outputs: list[int]) -> float:
        found = floor_seconds(
            SIZE, sources=sources, outputs=outputs, beams=beams, precision="float32", rates=rates
        )
        assert found is not None
        return found

    assert least(beams, outputs) < least(beams + 1, outputs)
    assert least(beams, outputs) < least(beams, [m + 1 for m in outputs])
    narrow = traffic(SIZE, sources=sources, outputs=outputs, beams=beams, width=1)
    assert traffic(SIZE, sources=sources, outputs=outputs, beams=beams, width=4) == 4 * narrow


def test_a_precision_without_a_rate_has_no_floor() -> None:
    assert (
        floor_seconds(SIZE, sources=[3], outputs=[3], beams=1, precision="int8", rates=Rates())
        is None
    )


def test_a_small_run_prints_its_rows_and_writes_its_rounds(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "bench.json"
    options = ["--quick", "--shapes", "compact", "--beams", "1", "--subjects", "ours,hf"]
    main([*options, "--inputs", "4", "--rounds", "2", "--threads", "1", "--json", str(target)])
    printed = capsys.readouterr().out
    assert "kortom float32" in printed
    assert "Text to text (int8" in printed
    content = json.loads(target.read_text(encoding="utf-8"))
    (case,) = content["cases"]
    assert len(case["lines"]) == 4
    rows = {(row["subject"], row["precision"]): row for row in case["lines"]}
    assert rows["ours", "float32"]["same_as_reference"] == [4, 4]
    assert all(len(row["rounds"]) == 2 for row in rows.values())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--shapes", "opsu"], "'opsu' is none of compact, opus"),
        (["--beams", "0"], "give numbers of 1 or more"),
        (["--rounds", "-1"], "--rounds -1: use a number above 0"),
    ],
)
def test_arguments_without_meaning_are_named(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit):
        main(arguments)
    assert message in capsys.readouterr().err
