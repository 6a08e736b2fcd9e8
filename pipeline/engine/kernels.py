"""The compiled kernels as Python calls them: tensors in, tensors out.

Calls hold no Python lock, so two threads compute at the same time.
"""

from __future__ import annotations

import ctypes
import logging
import weakref
from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from pipeline.engine.compiled import KernelError, library

_log = logging.getLogger(__name__)

# The codes of `enum Activation` in products.h.
ACTIVATION_CODES: Final = {
    None: 0,
    "relu": 1,
    "swish": 2,
    "silu": 2,
    "gelu": 3,
    "gelu_new": 4,
    "tanh": 5,
}

# Attention takes keys and values in vectors of this many entries.
ENTRIES: Final = 16


class Norm(ctypes.Structure):
    """A layer norm: the addresses of its weight and bias, ``[size]`` each."""

    _fields_ = (("gain", ctypes.c_void_p), ("offset", ctypes.c_void_p))


class Layer(ctypes.Structure):
    """A layer of an encoder or decoder: addresses of `PackedLinear` handles, and norms.

    An encoder's has no ``query``, ``key_value``, ``cross_out`` and ``cross_norm``.
    """

    _fields_ = (
        *((name, ctypes.c_void_p) for name in ("fused", "out", "query", "key_value", "cross_out")),
        *((name, ctypes.c_void_p) for name in ("inner", "outer")),
        *((name, Norm) for name in ("own_norm", "cross_norm", "feed_norm")),
        *((name, ctypes.c_int64) for name in ("heads", "norm_first")),
    )


class Batch(ctypes.Structure):
    """A batch at a step: counts, and the addresses of int64 tensors and of blocks.

    *Shape:* ``slots``, ``used``, ``written``, ``offsets``, ``lengths [rows]``; ``path [rows, beams,
    capacity]``, for each hypothesis and past step its entry in the row's block (this step's is
    filled in); ``past`` and ``sources``, an address per layer.
    """

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("rows", "beams", "capacity", "step", "entries")),
        *((name, ctypes.c_void_p) for name in ("slots", "path", "used", "written")),
        *((name, ctypes.c_void_p) for name in ("offsets", "lengths")),
        *((name, ctypes.c_void_p) for name in ("past", "sources")),
    )


class PackedLinear:
    """``norm(residual + activation(x @ weight.T + bias))``, in 8-bit integers or in float32.

    As integers, weights are quantised per output channel when this is made, inputs per row when it
    is called: both symmetric, by the largest absolute value (the scheme of CTranslate2's int8).

    *Shape:* ``weight [out, in]``, ``bias [out]``; ``x [n, in]`` to ``[n, out]``, all float32.

    Args:
        weight: Is copied.
        bias: Is copied.
        exact: Whether in float32.
        activation: One of `ACTIVATION_CODES`.

    Raises:
        KernelError: There are no kernels on this machine.
        MemoryError: The packed weights do not fit into memory.
    """

    def __init__(
        self, weight: Tensor, bias: Tensor, *, exact: bool, activation: str | None = None
    ) -> None:
        channels, inputs = weight.shape
        weight, bias = weight.contiguous(), bias.contiguous()
        functions = library()
        handle = functions.kortom_linear_new(
            at(weight), at(bias), channels, inputs, ACTIVATION_CODES[activation], exact
        )
        if not handle:
            raise MemoryError(f"no memory for the packed weights of {channels} x {inputs}")
        self.handle, self.channels = handle, channels
        weakref.finalize(self, functions.kortom_linear_free, handle)

    def __call__(
        self,
        x: Tensor,
        *,
        residual: Tensor | None = None,
        norm: Norm | None = None,
    ) -> Tensor:
        """Apply the map to each row; ``residual`` is of the result's shape."""
        y = torch.empty(len(x), self.channels)
        check(
            library().kortom_linear(
                self.handle,
                at(x),
                len(x),
                at(y),
                None if residual is None else at(residual),
                _norm(norm),
            )
        )
        return y


class Head:
    """The output projection: the best few ids of each row, without the logits of the rest.

    Integers choose candidates, a few more than asked for; these are then computed in float32 and
    ranked by that, so the rounding of the projection decides nothing but the normaliser's last
    digits.

    *Shape:* ``weight [columns, size]``, ``bias [columns]`` float32.

    Args:
        weight: Is kept, if not exact.
        bias: Is kept, if not exact.
        exact: Whether in float32.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, exact: bool) -> None:
        weight, bias = weight.contiguous(), bias.contiguous()
        self._map = PackedLinear(weight, bias, exact=exact)
        self._again = None if exact else (weight, bias)

    @property
    def addresses(self) -> dict[str, int | None]:
        """Where the map is, and the weights in float32 for candidates, as `kortom_top` has them."""
        weight, bias = (None, None) if self._again is None else map(at, self._again)
        return {"head": self._map.handle, "weight": weight, "bias": bias}

    def logits(self, x: Tensor) -> Tensor:
        """Return all logits. *Shape:* ``[n, size]`` to ``[n, columns]``."""
        return self._map(x)

    def best(
        self,
        x: Tensor,
        count: int,
        *,
        totals: Tensor,
        banned: Tensor | None,
        renormalise: bool,
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Return the best continuations of each row; see `Scores.best`.

        Args:
            x: *Shape:* ``[rows x beams, size]``.
            count: How many.
            totals: *Shape:* ``[rows, beams]`` float32.
            banned: *Shape:* ``[columns]`` float32.
            renormalise: Whether what is banned is left out of the softmax too.
        """
        rows, beams = totals.shape
        places = self.addresses
        values = torch.empty(rows, count)
        parents, ids = torch.empty((2, rows, count), dtype=torch.long)
        check(
            library().kortom_top(
                places["head"],
                at(x),
                rows,
                beams,
                at(totals),
                count,
                places["weight"],
                places["bias"],
                None if banned is None else at(banned),
                renormalise,
                at(parents),
                at(ids),
                at(values),
            )
        )
        return values, parents, ids


def block_size(*, heads: int, width: int, exact: bool, entries: int) -> int:
    """Return the 32-bit words that the keys and values of so many entries take."""
    return int(library().kortom_block(heads, width, exact, entries))


def encode(
    state: Tensor,
    *,
    layers: ctypes.Array[Layer],
    last: Norm | None,
    readers: ctypes.Array[Layer],
    lengths: Tensor,
    offsets: Tensor,
    words: int,
) -> list[Tensor]:
    """Run an encoder, and lay out the keys and values that each decoder layer needs.

    Args:
        state: The embedded sources, one after the other; overwritten. *Shape:* ``[tokens, size]``.
        layers: The encoder.
        last: Its final norm, if any.
        readers: The decoder.
        lengths: How long each source is, *Shape:* ``[sources]`` int64.
        offsets: Where its block begins, in words; `block_size` tells how many it takes. *Shape:*
            ``[sources]`` int64.
        words: Of all blocks together.

    Returns:
        For each decoder layer, *Shape:* ``[words]`` int32.

    Raises:
        MemoryError: Memory ran out.
    """
    blocks = [torch.empty(words, dtype=torch.int32) for _ in readers]
    check(
        library().kortom_encode(
            layers,
            len(layers),
            _norm(last),
            readers,
            len(readers),
            at(lengths),
            len(lengths),
            at(offsets),
            at(state),
            addresses(blocks),
        )
    )
    return blocks


def decode(state: Tensor, *, layers: ctypes.Array[Layer], last: Norm | None, batch: Batch) -> None:
    """Run a decoder for one step of a batch, in place.

    *Shape:* ``state [rows x beams, size]``, the embedded ids.

    Raises:
        MemoryError: Memory ran out.
    """
    check(library().kortom_decode(layers, len(layers), _norm(last), ctypes.byref(batch), at(state)))


def addresses(blocks: Sequence[Tensor]) -> ctypes.Array[ctypes.c_void_p]:
    """Return where each block begins; the blocks must outlive it."""
    return (ctypes.c_void_p * len(blocks))(*[at(block) for block in blocks])


def instructions() -> str:
    """Return what the products are made of: ``"avx512-vnni"``, ``"avx-vnni"`` or ``"portable"``.

    Raises:
        KernelError: There are no kernels on this machine.
    """
    return ("portable", "avx-vnni", "avx512-vnni")[library().kortom_instructions()]


def summary() -> str:
    """Say in a line what the kernels do here, or why there are none."""
    try:
        made_of = instructions()
    except KernelError as error:
        return f"none, so no int8, and float32 by torch: {error}"
    return f"{made_of}; int8 and float32" + ("" if fast_in_float32() else " (this by torch)")


def fast_in_float32() -> bool:
    """Whether float32 products are faster here than torch's: they are made for AVX-512."""
    try:
        return bool(library().kortom_fast_in_float32())
    except KernelError as error:
        _log.info("float32 is computed by torch: %s", error)
        return False


def at(tensor: Tensor) -> int:
    """Return the address of a tensor's first number."""
    # A view with gaps would be read as if it had none.
    assert tensor.is_contiguous(), tensor.stride()
    return tensor.data_ptr()


def _norm(norm: Norm | None) -> object:
    return None if norm is None else ctypes.byref(norm)


def check(code: int) -> None:
    """Raise a `MemoryError` for the code of a kernel that had none."""
    if code:
        raise MemoryError("out of memory in a compiled kernel")
