"""Folders, whole and damaged; arguments, right and wrong."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForSeq2SeqLM

from pipeline.engine import Engine, Search
from tests.engine.oracle import POSITIONS, VOCABULARY, Pair, build, search_of

INPUTS = [[5, 6, 7, 2], [9, 2]]


def load(folder: Path) -> Engine:
    return Engine.load(str(folder), device="cpu", precision="float32")


def tokens(engine: Engine) -> list[list[int]]:
    found = engine.generate(INPUTS, Search(beams=2, max_length=12))
    return [row[0].tokens for row in found]


@pytest.mark.parametrize("kind", ["marian", "bart", "marian-two-vocabularies", "t5"])
def test_every_file_format_gives_the_same(kind: str, tmp_path: Path) -> None:
    folder = build(kind, tmp_path)
    expected = tokens(load(folder))
    model = AutoModelForSeq2SeqLM.from_pretrained(folder)

    (folder / "model.safetensors").unlink()
    model.save_pretrained(folder, max_shard_size="20KB")
    assert (folder / "model.safetensors.index.json").is_file()
    assert tokens(load(folder)) == expected

    for file in folder.glob("model*"):
        file.unlink()
    torch.save(model.state_dict(), folder / "pytorch_model.bin")
    assert tokens(load(folder)) == expected

    if kind == "t5":  # below: a format that transformers no longer writes
        return
    names = list(model.state_dict())
    shards = {"pytorch_model-1.bin": names[::2], "pytorch_model-2.bin": names[1::2]}
    for shard, held in shards.items():
        torch.save({name: model.state_dict()[name].clone() for name in held}, folder / shard)
    index = {"weight_map": {name: shard for shard, held in shards.items() for name in held}}
    (folder / "pytorch_model.bin").unlink()
    (folder / "pytorch_model.bin.index.json").write_text(json.dumps(index))
    assert tokens(load(folder)) == expected


def test_a_pickle_with_code_is_not_opened(marian_folder: Path) -> None:
    class Boom:
        def __reduce__(self) -> tuple[Callable[..., None], tuple[str]]:
            return (pytest.fail, ("the pickle was run",))

    (marian_folder / "model.safetensors").unlink()
    (marian_folder / "pytorch_model.bin").write_bytes(pickle.dumps({"a": Boom()}, 2))
    with pytest.raises(ValueError, match=r"pytorch_model\.bin.*not opened for safety"):
        load(marian_folder)


def test_a_missing_folder_file_or_shard_is_named(marian_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"nowhere: no such folder.*not a model name"):
        load(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match=r"empty: no config\.json"):
        load(tmp_path / "empty")
    (marian_folder / "model.safetensors").unlink()
    with pytest.raises(FileNotFoundError, match=r"marian: no weights; expected one of"):
        load(marian_folder)
    index = {"weight_map": {"a": "model-00001-of-00002.safetensors"}}
    (marian_folder / "model.safetensors.index.json").write_text(json.dumps(index))
    with pytest.raises(FileNotFoundError, match=r"model-00001-of-00002\.safetensors.*missing"):
        load(marian_folder)


def test_a_missing_or_misshapen_parameter_is_named(marian_folder: Path) -> None:
    file = marian_folder / "model.safetensors"
    tensors = load_file(file)
    name = "model.decoder.layers.1.fc1.bias"
    save_file({key: value for key, value in tensors.items() if key != name}, file)
    with pytest.raises(ValueError, match=rf"model\.safetensors: no parameter {name}.*again"):
        load(marian_folder)
    save_file({**tensors, name: torch.zeros(7)}, file)
    with pytest.raises(ValueError, match=rf"{name} is \[7\].*asks for \[48\]"):
        load(marian_folder)


def test_a_damaged_file_is_named(marian_folder: Path) -> None:
    file = marian_folder / "model.safetensors"
    file.write_bytes(file.read_bytes()[:1000])
    with pytest.raises(ValueError, match=r"model\.safetensors: cannot be read.*damaged"):
        load(marian_folder)


def test_inputs_are_checked_before_any_is_decoded(pair: Callable[[str], Pair]) -> None:
    engine = pair("marian").engine
    search = Search(max_length=8)
    with pytest.raises(ValueError, match="input 1 is empty"):
        engine.generate([[5, 2], []], search)
    long = [5] * (POSITIONS + 1)
    with pytest.raises(ValueError, match=f"input 2 has {POSITIONS + 1} ids .* {POSITIONS}: split"):
        engine.generate([[5, 2], [6, 2], long], search)
    for stray in (-1, VOCABULARY):
        with pytest.raises(ValueError, match=f"input 0 has an id outside 0 to {VOCABULARY - 1}"):
            engine.generate([[5, stray, 2]], search)


def test_a_search_that_does_not_fit_the_model_is_refused(pair: Callable[[str], Pair]) -> None:
    engine = pair("bart").engine
    with pytest.raises(ValueError, match=f"max_length={POSITIONS} or less"):
        engine.generate([[5, 2]], Search(max_length=POSITIONS + 2))
    with pytest.raises(ValueError, match=f"bad_words_ids holds {VOCABULARY}"):
        engine.generate([[5, 2]], Search(max_length=8, bad_words_ids=((VOCABULARY,),)))
    with pytest.raises(ValueError, match=r"allowed\(0, \[0\]\) returned no ids"):
        engine.generate([[5, 2]], Search(max_length=8), allowed=lambda index, prefix: [])
    with pytest.raises(ValueError, match="outside 0 to"):
        engine.generate([[5, 2]], Search(max_length=8), allowed=lambda index, prefix: [10_000])
    with pytest.raises(ValueError, match="window=0"):
        list(engine.stream([[5, 2]], Search(), window=0))


def test_what_an_engine_says_of_itself(pair: Callable[[str], Pair]) -> None:
    engine = pair("marian-two-vocabularies").engine
    assert engine.device == torch.device("cpu")
    assert engine.precision == "float32"
    assert engine.max_source_positions == POSITIONS
    assert engine.vocab_size == 97
    assert engine.is_native
    assert engine.search == Search.from_generation_config(engine.generation_config)
    assert pair("t5").engine.max_source_positions is None


def test_without_generation_settings_the_configuration_serves(marian_folder: Path) -> None:
    expected = load(marian_folder).search
    (marian_folder / "generation_config.json").unlink()
    assert load(marian_folder).search == expected


def test_arguments_out_of_range_are_refused(marian_folder: Path) -> None:
    for arguments, message in (
        ({"precision": "int4"}, r"int4.*int8 or one of float32, bfloat16, float16"),
        ({"precision": "float16"}, r'float16" needs a GPU'),
        ({"token_budget": 0}, "token_budget=0"),
        ({"threads": 0}, "threads=0"),
    ):
        with pytest.raises(ValueError, match=message):
            Engine.load(marian_folder, device="cpu", **arguments)
    if not torch.cuda.is_available():
        with pytest.raises(ValueError, match="torch sees no GPU"):
            Engine.load(marian_folder, device="cuda")


def test_bfloat16_runs_on_a_cpu(pair: Callable[[str], Pair]) -> None:
    both = pair("bart")
    engine = Engine.load(both.folder, device="cpu", precision="bfloat16")
    found = engine.generate(INPUTS, search_of(both, {"num_beams": 2, "max_length": 10}))
    assert all(1 <= len(row[0].tokens) <= 9 for row in found)
