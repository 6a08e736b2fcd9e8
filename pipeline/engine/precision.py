"""One place that decides where to compute and in which number format.

Exactness is promised for ``float32`` on a CPU. The others trade last bits for speed; parameters
and activations are then in that format, log-probabilities always in float32.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

import torch

_TYPES: Final = {
    "float32": torch.float32,
    "bfloat16": torch.bfloat16,
    "float16": torch.float16,
}


def resolve_device(device: str | torch.device) -> torch.device:
    """Return the device meant by ``device``; ``"auto"`` is the first GPU, else the CPU.

    Raises:
        ValueError: The device does not exist on this machine.
    """
    if device == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    chosen = torch.device(device)
    if chosen.type == "cuda" and not torch.cuda.is_available():
        raise ValueError(f'device={device!r}: torch sees no GPU here; use "cpu" or "auto"')
    return chosen


def resolve_precision(precision: str, *, device: torch.device) -> str:
    """Return the number format meant by ``precision`` on ``device``.

    ``"auto"`` is float32 on a CPU; on a GPU bfloat16 where the hardware has it, else float16.

    Raises:
        ValueError: The format is unknown, or is not available on this device.
    """
    if precision == "auto":
        if device.type != "cuda":
            return "float32"
        return "bfloat16" if torch.cuda.is_bf16_supported() else "float16"
    if precision != "int8" and precision not in _TYPES:
        raise ValueError(f'precision={precision!r}: use "auto", int8 or one of {", ".join(_TYPES)}')
    if precision == "int8" and device.type != "cpu":
        raise ValueError('precision="int8" is for a CPU: use "bfloat16" or "float16" on a GPU')
    if precision == "float16" and device.type == "cpu":
        raise ValueError('precision="float16" needs a GPU: use "float32" or "bfloat16" on a CPU')
    return precision


def dtype_of(precision: str) -> torch.dtype:
    """Return the torch type of a resolved precision."""
    return _TYPES[precision]


@contextmanager
def cpu_threads(count: int | None) -> Iterator[None]:
    """Compute with ``count`` threads inside the block; ``None`` leaves torch's setting alone."""
    before = torch.get_num_threads()
    if count is None or count == before:
        yield
        return
    torch.set_num_threads(count)
    try:
        yield
    finally:
        torch.set_num_threads(before)
