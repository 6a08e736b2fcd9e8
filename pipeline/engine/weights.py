"""A model folder, read: its configuration and its parameters by name.

Formats, in the order they are looked for: ``model.safetensors``, its sharded index,
``pytorch_model.bin``, its sharded index. Pickles are only ever opened with ``weights_only``, which
runs no code. Every error names the file, the parameter and what to do.
"""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterable
from pathlib import Path
from typing import Self

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor
from transformers import AutoConfig, GenerationConfig, PretrainedConfig

_SINGLE = ("model.safetensors", "pytorch_model.bin")
_SHARDED = ("model.safetensors.index.json", "pytorch_model.bin.index.json")


class Weights:
    """The parameters of one model, taken by name and checked for shape.

    Args:
        tensors: Parameter name to value, on the CPU.
        source: The file they came from, for messages.
    """

    def __init__(self, tensors: dict[str, Tensor], *, source: Path) -> None:
        self.tensors = tensors
        self.source = source

    @classmethod
    def read(cls, folder: Path) -> Self:
        """Read all parameters of a model folder.

        Raises:
            FileNotFoundError: The folder holds no weights, or a shard is missing.
            ValueError: A file is damaged, or holds more than plain tensors.
        """
        for name, index in zip(_SINGLE, _SHARDED, strict=True):
            if (folder / name).is_file():
                return cls(_load(folder / name), source=folder / name)
            if (folder / index).is_file():
                return cls(_merge(folder / index), source=folder / index)
        raise FileNotFoundError(
            f"{folder}: no weights; expected one of {', '.join(_SINGLE + _SHARDED)}. "
            "Download the model again, or save it with save_pretrained()"
        )

    def has(self, name: str) -> bool:
        """Return whether the parameter is in the file."""
        return name in self.tensors

    def take(self, *names: str, shape: tuple[int, ...]) -> Tensor:
        """Return the first parameter of ``names`` that is there.

        Several names serve tied parameters, of which a file holds any one.

        Raises:
            ValueError: None is there, or its shape is not ``shape``.
        """
        for name in names:
            found = self.tensors.get(name)
            if found is None:
                continue
            if tuple(found.shape) != shape:
                raise ValueError(
                    f"{self.source}: {name} is {list(found.shape)} but config.json asks for "
                    f"{list(shape)}: the two files are not of the same model; download both again"
                )
            return found
        raise ValueError(
            f"{self.source}: no parameter {' or '.join(names)}: the file is incomplete or of "
            "another architecture than config.json says; download the model again"
        )


def read_config(folder: Path) -> PretrainedConfig:
    """Read ``config.json``, with the defaults of its architecture filled in.

    Raises:
        FileNotFoundError: The folder or the file does not exist.
    """
    if not folder.is_dir():
        raise FileNotFoundError(
            f"{folder}: no such folder; the engine takes a folder with config.json and weights, "
            "not a model name"
        )
    if not (folder / "config.json").is_file():
        raise FileNotFoundError(f"{folder}: no config.json; is this a model folder?")
    config: PretrainedConfig = AutoConfig.from_pretrained(folder, local_files_only=True)
    return config


def read_generation_config(folder: Path, *, config: PretrainedConfig) -> GenerationConfig:
    """Read ``generation_config.json``; without one, derive it from ``config.json`` as HF does."""
    if (folder / "generation_config.json").is_file():
        return GenerationConfig.from_pretrained(folder, local_files_only=True)
    return GenerationConfig.from_model_config(config)


def _load(path: Path) -> dict[str, Tensor]:
    if not path.is_file():
        raise FileNotFoundError(f"{path}: this shard is missing; download the model again")
    try:
        if path.suffix == ".safetensors":
            return load_file(path)
        tensors: dict[str, Tensor] = torch.load(path, map_location="cpu", weights_only=True)
    except (SafetensorError, pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"{path}: cannot be read as plain tensors ({str(error).splitlines()[0]}); it is "
            "damaged or holds other objects, which are not opened for safety. Download it again"
        ) from error
    return tensors


def _merge(index: Path) -> dict[str, Tensor]:
    listed: dict[str, str] = json.loads(index.read_text(encoding="utf-8"))["weight_map"]
    tensors: dict[str, Tensor] = {}
    for shard in _unique(listed.values()):
        tensors.update(_load(index.parent / shard))
    return tensors


def _unique(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(names))
