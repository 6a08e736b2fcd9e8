"""Model folders of the shapes, and CTranslate2's conversions of them, made once under ``.bench/``.

Runs in a worker: making needs torch and transformers, which the process that drives must not hold.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pipeline.models import bundled_folder
from scripts.benchmark.shapes import Shape

CACHE = Path(__file__).resolve().parents[2] / ".bench"


def model_folder(shape: Shape) -> Path:
    """The model's folder: bundled, or under the cache with a name that changes with its making."""
    if shape.config is None:
        return bundled_folder() / "nl-en-compact"
    recipe = (Path(__file__).parent / "copying.py").read_bytes() + Path(__file__).read_bytes()
    described = json.dumps([dict(shape.config), dict(shape.search)], sort_keys=True).encode()
    return CACHE / "models" / f"{shape.name}-{hashlib.sha256(recipe + described).hexdigest()[:8]}"


def converted_folder(shape: Shape, quantization: str) -> Path:
    """The folder of CTranslate2's conversion to ``quantization``."""
    name = model_folder(shape).name
    if shape.config is None:
        # The bundled weights may be replaced by others under the same name.
        weights = (model_folder(shape) / "model.safetensors").read_bytes()
        name = f"{name}-{hashlib.sha256(weights).hexdigest()[:8]}"
    return CACHE / "models" / f"{name}-ct2-{quantization}"


def make(shape: Shape) -> Path:
    """Make the shape's model folder if it is not there, with what tokenizers it takes to convert.

    Returns:
        The folder.
    """
    folder = model_folder(shape)
    if shape.config is None or (folder / "complete").is_file():
        return folder
    # Imported late: the parent process imports this module for the names of folders alone.
    from scripts.benchmark.copying import save_copy_model  # noqa: PLC0415

    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    config = dict(shape.config)
    search: dict[str, Any] = dict(shape.search)
    if config["model_type"] == "marian":
        search["bad_words_ids"] = [[config["pad_token_id"]]]
        _write_marian_tokenizer(folder, config)
    else:
        _write_bart_tokenizer(folder, config)
    save_copy_model(config, folder, search=search)
    (folder / "complete").touch()
    return folder


def convert(shape: Shape, quantization: str) -> Path:
    """Convert the shape's model for CTranslate2 if that has not been done.

    Returns:
        The folder.

    Raises:
        ImportError: CTranslate2 is not installed.
    """
    target = converted_folder(shape, quantization)
    if (target / "model.bin").is_file():
        return target
    from ctranslate2.converters import TransformersConverter  # noqa: PLC0415

    unfinished = target.with_name(target.name + ".part")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.parent.mkdir(parents=True, exist_ok=True)
    converter = TransformersConverter(str(make(shape)))
    # int8 alone would keep the rest as it was saved, in float16, which a CPU does not have.
    kind = "int8_float32" if quantization == "int8" else quantization
    converter.convert(str(unfinished), quantization=kind)
    unfinished.rename(target)
    return target


def find_device(_state: dict[str, Any], *, device: str) -> str | None:
    """The name of the GPU, or None for a CPU.

    Raises:
        ValueError: There is none.
    """
    if device == "cpu":
        return None
    import torch  # noqa: PLC0415

    if not torch.cuda.is_available():
        raise ValueError(
            f"--device {device}: torch {torch.__version__} sees no GPU here; leave --device out, "
            "or install a torch with CUDA on a machine that has one"
        )
    return torch.cuda.get_device_name()


def prepare(
    _state: dict[str, Any], *, shape: Shape, quantizations: Sequence[str]
) -> dict[str, str]:
    """Make a shape's model and conversions, in a worker.

    Returns:
        Why a quantization could not be made, for those that could not.
    """
    from transformers.utils import logging  # noqa: PLC0415

    logging.set_verbosity_error()  # type: ignore[no-untyped-call]
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    # MarianTokenizer recommends a package that has no part in this.
    warnings.filterwarnings("ignore", message="Recommended: pip install")
    make(shape)
    failed: dict[str, str] = {}
    for quantization in quantizations:
        try:
            convert(shape, quantization)
        except ImportError:
            failed[quantization] = "CTranslate2 is not installed: pip install kortom[bench]"
        # What a converter raises at a model it does not like is a reason to report.
        except Exception as error:
            failed[quantization] = f"conversion failed: {type(error).__name__}: {error}"
    return failed


def token_names(folder: Path) -> list[str]:
    """The vocabulary of a model folder, by id: CTranslate2 is given tokens by name."""
    if (folder / "vocab.json").is_file():
        vocabulary = json.loads((folder / "vocab.json").read_text(encoding="utf-8"))
    else:
        vocabulary = json.loads((folder / "tokenizer.json").read_text(encoding="utf-8"))["model"][
            "vocab"
        ]
    return sorted(vocabulary, key=vocabulary.__getitem__)


def _write_marian_tokenizer(folder: Path, config: dict[str, Any]) -> None:
    """Files that MarianTokenizer loads, with made-up names for the ids.

    The converter takes the row of padding off only if ``<pad>`` is the last token and the
    configuration lists it at its id.
    """
    pad = config["pad_token_id"]
    names = {"</s>": 0, "<unk>": 1} | {f"t{i}": i for i in range(2, pad)} | {"<pad>": pad}
    bundled = bundled_folder() / "nl-en-compact"
    for name in ("source.spm", "target.spm"):
        shutil.copy(bundled / name, folder / name)
    settings = json.loads((bundled / "tokenizer_config.json").read_text(encoding="utf-8"))
    special = {"</s>": 0, "<unk>": 1, "<pad>": pad}
    flags = dict.fromkeys(("lstrip", "normalized", "rstrip", "single_word"), False)
    settings["added_tokens_decoder"] = {
        str(index): {"content": token, "special": True, **flags} for token, index in special.items()
    }
    (folder / "tokenizer_config.json").write_text(json.dumps(settings), encoding="utf-8")
    (folder / "vocab.json").write_text(json.dumps(names), encoding="utf-8")


def _write_bart_tokenizer(folder: Path, config: dict[str, Any]) -> None:
    """A word-level tokenizer with made-up names for the ids."""
    from tokenizers import Tokenizer  # noqa: PLC0415
    from tokenizers.models import WordLevel  # noqa: PLC0415
    from transformers import PreTrainedTokenizerFast  # noqa: PLC0415

    special = {"<s>": 0, "<pad>": 1, "</s>": 2, "<unk>": 3}
    names = special | {f"t{i}": i for i in range(4, config["vocab_size"])}
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=Tokenizer(WordLevel(names, unk_token="<unk>")),
        bos_token="<s>",
        pad_token="<pad>",
        eos_token="</s>",
        unk_token="<unk>",
    )
    tokenizer.save_pretrained(folder)
