"""Write averaged weights as a Hugging Face folder: float16 safetensors, each tied tensor once."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

import torch
from safetensors import safe_open
from tokenizers import Tokenizer
from transformers import (
    BartForConditionalGeneration,
    GenerationConfig,
    MarianMTModel,
    PreTrainedModel,
    PreTrainedTokenizerFast,
)

from .choices import BOS, EOS, PAD
from .loop import read_config
from .marian import build_translator, save_translator
from .summarise import build_model


def export_translator(
    weights: Path, tokenizer: Path, target: Path, *, shape: dict[str, Any] | None = None
) -> None:
    """Write the translator of averaged weights `weights` (a `.pt`) into the folder `target`.

    Args:
        weights: What a run left in its folder.
        tokenizer: The Marian folder whose vocabulary it has.
        target: Where to write.
        shape: The section `model` of its YAML; None for a model that went on from `tokenizer`.
    """
    if shape is None:
        model = MarianMTModel.from_pretrained(tokenizer, dtype=torch.float32)
    else:
        model = build_translator(shape, tokenizer=tokenizer, seed=0)
    _load(model, weights)
    save_translator(model, tokenizer=tokenizer, target=target)
    check_folder(target, MarianMTModel)


def export_summariser(
    weights: Path, tokenizer_file: Path, settings: dict[str, Any], target: Path
) -> None:
    """Write the summariser of averaged weights `weights` (a `.pt`) into the folder `target`."""
    tokenizer = Tokenizer.from_file(str(tokenizer_file))
    model = build_model(settings["model"], vocabulary=tokenizer.get_vocab_size(), seed=0)
    _load(model, weights)
    model.generation_config = GenerationConfig(  # type: ignore[no-untyped-call]
        bos_token_id=BOS,
        pad_token_id=PAD,
        eos_token_id=EOS,
        decoder_start_token_id=EOS,
        forced_bos_token_id=BOS,
        forced_eos_token_id=EOS,
        **settings["generation"],
    )
    _save(model, target)
    PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer,
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
        mask_token="<mask>",
        cls_token="<s>",
        sep_token="</s>",
        model_max_length=settings["model"]["max_position_embeddings"],
        clean_up_tokenization_spaces=False,
    ).save_pretrained(target)
    check_folder(target, BartForConditionalGeneration)


def _load(model: torch.nn.Module, weights: Path) -> None:
    """Load averaged parameters; what they lack must be tied, or a buffer of the architecture."""
    parameters = torch.load(weights, map_location="cpu", weights_only=True)
    own = dict(model.named_parameters())
    if set(own) != set(parameters):
        difference = sorted(set(own) ^ set(parameters))
        raise ValueError(f"{weights} is of another architecture: {difference[:5]} differ")
    with torch.no_grad():
        for name, parameter in own.items():
            parameter.copy_(parameters[name])


def _save(model: PreTrainedModel, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    model.half()  # type: ignore[no-untyped-call]
    model.save_pretrained(target)
    (target / "model.safetensors").chmod(0o644)  # written private to its owner


def check_folder(folder: Path, kind: type[Any]) -> None:
    """Raise ValueError if the folder does not load whole, is not in float16, or repeats a table."""
    _, report = kind.from_pretrained(folder, output_loading_info=True)
    problems = {name: keys for name, keys in report.items() if keys}
    if problems:
        raise ValueError(f"{folder} does not load cleanly: {problems}")
    with safe_open(folder / "model.safetensors", framework="pt") as file:
        tensors = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118
    if wide := [name for name, tensor in tensors.items() if tensor.dtype != torch.float16]:
        raise ValueError(f"{folder}: {wide[:3]} are not float16")
    tables = [name for name, tensor in tensors.items() if len(tensor) == kind_vocabulary(folder)]
    if len(tables) > 1 and not all("bias" in name for name in tables[1:]):
        raise ValueError(f"{folder}: the tied embeddings are stored more than once: {tables}")


def kind_vocabulary(folder: Path) -> int:
    """Return the vocabulary size of a model folder."""
    return int(json.loads((folder / "config.json").read_text(encoding="utf-8"))["vocab_size"])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model", choices=("translate", "summarise"))
    parser.add_argument("--out", type=Path, default=Path(".train"))
    parser.add_argument("--config", type=Path, help="the run's YAML; default: the first course's")
    parser.add_argument("--weights", type=Path, help="default: best.pt of the YAML's run")
    parser.add_argument("--target", type=Path, help="default: the bundled folder")
    parser.add_argument("--seed-model", type=Path, default=Path("../shared/models/nl-en-seed"))
    options = parser.parse_args()
    config = options.config or Path(__file__).with_name(f"{options.model}.yaml")
    settings = read_config(config)
    weights = options.weights or options.out / config.stem / "best.pt"
    bundled = Path("pipeline/bundled")
    if options.model == "translate":
        target = options.target or bundled / "nl-en-compact"
        own = "model" in settings
        tokenizer = options.out / "vocabulary" if own else options.seed_model
        export_translator(weights, tokenizer, target, shape=settings.get("model"))
    else:
        target = options.target or bundled / "en-summary-compact"
        export_summariser(weights, options.out / "tokenizer.json", settings, target)
    size = sum(file.stat().st_size for file in target.iterdir()) / 1e6
    print(f"{target}: {size:.1f} MB from {weights}")


if __name__ == "__main__":
    main()
