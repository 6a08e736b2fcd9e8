"""The C++ kernels of the int8 path: compiled once per machine, called through ctypes.

The source ships with the package and is compiled on first use for the processor at hand (a few
seconds), into the user's cache. Calls hold no Python lock, so two threads compute at the same time.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
import weakref
from functools import cache
from pathlib import Path
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

_SOURCE: Final = Path(__file__).with_name("kernels.cpp")
_FLAGS: Final = (
    "-O3 -std=c++17 -shared -fPIC -fopenmp-simd -fno-math-errno -fno-trapping-math".split()
)
# For this very processor, with the widest vectors it has; a compiler that knows neither option
# still makes correct, slower code.
_NATIVE: Final = ("-march=native", "-mprefer-vector-width=512")

# The codes of `enum Activation` in the source.
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

_POINTER, _COUNT, _FLAG = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
_SIGNATURES: Final[dict[str, tuple[type | None, list[type]]]] = {
    "kortom_instructions": (_FLAG, []),
    "kortom_linear_new": (_POINTER, [_POINTER, _POINTER, _COUNT, _COUNT, _FLAG]),
    "kortom_linear_free": (None, [_POINTER]),
    "kortom_linear": (_FLAG, [_POINTER, _POINTER, _COUNT, *[_POINTER] * 4]),
    "kortom_block": (_COUNT, [_COUNT, _COUNT, _COUNT]),
    "kortom_arrange": (None, [*[_POINTER] * 4, *[_COUNT] * 3, _POINTER]),
    "kortom_read": (_FLAG, [*[_POINTER] * 3, *[_COUNT] * 3, _POINTER]),
    "kortom_consult": (_FLAG, [*[_POINTER] * 4, *[_COUNT] * 4, _POINTER]),
    "kortom_recall": (_FLAG, [*[_POINTER] * 4, *[_COUNT] * 6, _POINTER]),
    "kortom_top": (
        _FLAG,
        [*[_POINTER] * 2, *[_COUNT] * 2, *[_POINTER] * 3, _FLAG, *[_POINTER] * 2],
    ),
}


class KernelError(RuntimeError):
    """The kernels cannot be compiled or loaded here; the message says why, and what to do."""


class QuantisedLinear:
    """``norm(residual + activation(x @ weight.T + bias))`` in 8-bit integers.

    Weights are quantised per output channel when this is made, inputs per row when it is called:
    both symmetric, by the largest absolute value (the scheme of CTranslate2's int8).

    *Shape:* ``weight [out, in]``, ``bias [out]``; ``x [n, in]`` to ``[n, out]``, all float32.

    Raises:
        KernelError: There are no kernels on this machine.
        MemoryError: The packed weights do not fit into memory.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, activation: str | None = None) -> None:
        channels, inputs = weight.shape
        weight, bias = weight.contiguous(), bias.contiguous()
        library = _library()
        handle = library.kortom_linear_new(
            _at(weight), _at(bias), channels, inputs, ACTIVATION_CODES[activation]
        )
        if not handle:
            raise MemoryError(f"no memory for the int8 weights of {channels} x {inputs}")
        self.handle, self.channels = handle, channels
        weakref.finalize(self, library.kortom_linear_free, handle)

    def __call__(
        self,
        x: Tensor,
        *,
        residual: Tensor | None = None,
        norm: tuple[Tensor, Tensor] | None = None,
    ) -> Tensor:
        """Apply the map to each row; ``norm`` is the weight and bias of a layer norm, ``[out]``."""
        y = torch.empty(len(x), self.channels)
        _check(
            _library().kortom_linear(
                self.handle,
                _at(x),
                len(x),
                _at(y),
                None if residual is None else _at(residual),
                None if norm is None else _at(norm[0]),
                None if norm is None else _at(norm[1]),
            )
        )
        return y


class Head:
    """The output projection: the best few ids of each row, without the logits of the rest.

    Integers choose candidates, a few more than asked for; these are then computed in float32 and
    ranked by that, so the rounding of the projection decides nothing but the normaliser's last
    digits.

    *Shape:* ``weight [columns, size]``, ``bias [columns]`` float32.
    """

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self._weight, self._bias = weight.contiguous(), bias.contiguous()
        self._map = QuantisedLinear(self._weight, self._bias)

    def logits(self, x: Tensor) -> Tensor:
        """Return all logits. *Shape:* ``[n, size]`` to ``[n, columns]``."""
        return self._map(x)

    def best(
        self,
        x: Tensor,
        count: int,
        *,
        banned: Tensor | None,
        renormalise: bool,
    ) -> tuple[Tensor, Tensor]:
        """Return the best ids of each row, and their log-probabilities.

        Args:
            x: *Shape:* ``[n, size]``.
            count: How many.
            banned: Added when ids are ranked: 0, or ``-inf`` for one that may not be chosen.
                *Shape:* ``[columns]`` float32.
            renormalise: Whether what is banned is left out of the softmax too.

        Returns:
            Best first (of equals the lower id). *Shape:* ``[n, count]`` int64 and float32. Where
            fewer may be chosen, the rest have a log-probability of ``-inf``.
        """
        ids = torch.empty((len(x), count), dtype=torch.long)
        values = torch.empty(len(x), count)
        _check(
            _library().kortom_top(
                self._map.handle,
                _at(x),
                len(x),
                count,
                _at(self._weight),
                _at(self._bias),
                None if banned is None else _at(banned),
                renormalise,
                _at(ids),
                _at(values),
            )
        )
        return ids, values


def read(fused: Tensor, *, starts: Tensor, lengths: Tensor, heads: int) -> Tensor:
    """Attend within whole sources, which lie one after the other.

    *Shape:* ``fused [tokens, 3 x size]`` (queries, keys, values) to ``[tokens, size]``; ``starts``
    and ``lengths [sources]`` int64.
    """
    size = fused.shape[1] // 3
    out = torch.empty(len(fused), size)
    _check(
        _library().kortom_read(
            _at(fused), _at(starts), _at(lengths), len(starts), heads, size // heads, _at(out)
        )
    )
    return out


def block_size(*, heads: int, width: int, entries: int) -> int:
    """Return the 32-bit words that the keys and values of so many entries take."""
    return int(_library().kortom_block(heads, width, entries))


class Sources:
    """The keys and values of whole sources in one decoder layer, laid out for `consult`.

    Args:
        fused: Keys and values, sources one after the other. *Shape:* ``[tokens, 2 x size]``.
        starts: Where each source begins, *Shape:* ``[sources]`` int64.
        lengths: How long it is, *Shape:* ``[sources]`` int64.
        offsets: Where its block goes, *Shape:* ``[sources]`` int64; with `block_size` words each.
        words: The size of all blocks.
        heads: Attention heads.
    """

    def __init__(
        self,
        fused: Tensor,
        *,
        starts: Tensor,
        lengths: Tensor,
        offsets: Tensor,
        words: int,
        heads: int,
    ) -> None:
        self._heads = heads
        self._blocks = torch.empty(words, dtype=torch.int32)
        _library().kortom_arrange(
            _at(fused),
            _at(starts),
            _at(lengths),
            _at(offsets),
            len(starts),
            heads,
            fused.shape[1] // 2 // heads,
            _at(self._blocks),
        )

    def consult(self, query: Tensor, *, offsets: Tensor, lengths: Tensor, beams: int) -> Tensor:
        """Attend over the source, all beams of a row over its one block.

        *Shape:* ``query [rows x beams, size]`` to the same; ``offsets`` and ``lengths [rows]``.
        """
        out = torch.empty_like(query)
        _check(
            _library().kortom_consult(
                _at(query),
                _at(self._blocks),
                _at(offsets),
                _at(lengths),
                len(offsets),
                beams,
                self._heads,
                query.shape[1] // self._heads,
                _at(out),
            )
        )
        return out


class Past:
    """The keys and values of what one decoder layer has produced, written in place.

    Each slot is a block of ``capacity x beams`` entries that the beams of one row share; a
    hypothesis sees those on its own path.

    Args:
        slots: Rows there is room for.
        capacity: Steps there is room for, a multiple of 16.
        beams: Hypotheses per row.
        heads: Attention heads.
        width: Features per head, an even number.
    """

    def __init__(self, *, slots: int, capacity: int, beams: int, heads: int, width: int) -> None:
        self._heads, self._width, self._entries = heads, width, capacity * beams
        words = block_size(heads=heads, width=width, entries=self._entries)
        # Zeros: what is hidden counts nothing, but only if it is a number.
        self._blocks = torch.zeros((slots, words), dtype=torch.int32)

    def grow(self, capacity: int, *, beams: int) -> None:
        """Make room for more steps."""
        slots, entries = len(self._blocks), capacity * beams
        split = self._heads * self._width // 2 * self._entries
        keys = self._blocks[:, :split].view(slots, -1, self._entries)
        values = self._blocks[:, split:].view(slots, self._heads, self._entries // 2, -1)
        more = entries - self._entries
        self._blocks = torch.cat(
            [
                F.pad(keys, (0, more)).flatten(1),
                F.pad(values, (0, 0, 0, more // 2)).flatten(1),
            ],
            dim=1,
        )
        self._entries = entries

    def recall(self, fused: Tensor, *, slots: Tensor, path: Tensor, step: int) -> Tensor:
        """Store this step's keys and values, and attend over all up to now.

        *Shape:* ``fused [rows x beams, 3 x size]`` (queries, keys, values) to ``[rows x beams,
        size]``; ``slots [rows]`` int64, where each row has its past; ``path [rows, beams,
        capacity]`` int64, for each hypothesis and past step the beam it was at.
        """
        rows, beams, capacity = path.shape
        out = torch.empty(len(fused), self._heads * self._width)
        _check(
            _library().kortom_recall(
                _at(fused),
                _at(self._blocks),
                _at(slots),
                _at(path),
                rows,
                beams,
                self._heads,
                self._width,
                capacity,
                step,
                _at(out),
            )
        )
        return out


def instructions() -> str:
    """Return what the products are made of: ``"avx512-vnni"``, ``"avx-vnni"`` or ``"portable"``.

    Raises:
        KernelError: There are no kernels on this machine.
    """
    return ("portable", "avx-vnni", "avx512-vnni")[_library().kortom_instructions()]


def _at(tensor: Tensor) -> int:
    # A view with gaps would be read as if it had none.
    assert tensor.is_contiguous(), tensor.stride()
    return tensor.data_ptr()


def _check(code: int) -> None:
    if code:
        raise MemoryError("out of memory in an int8 kernel")


@cache
def _library() -> ctypes.CDLL:
    path = _compiled()
    try:
        library = ctypes.CDLL(str(path))
        for name, (returns, takes) in _SIGNATURES.items():
            function = getattr(library, name)
            function.restype, function.argtypes = returns, takes
    except (OSError, AttributeError) as error:
        raise KernelError(
            f"{path}: the compiled kernels cannot be loaded ({error}); delete the file to have "
            'them compiled anew, or use precision="float32"'
        ) from error
    return library


def _compiled() -> Path:
    """Return the library for this source, compiler and processor; compile it if it is new."""
    compiler = next(
        filter(None, map(shutil.which, filter(None, (os.environ.get("CXX"), "c++", "g++")))), None
    )
    if compiler is None:
        raise KernelError(
            'precision="int8" needs a C++ compiler to build its kernels, and none was found '
            "(looked for $CXX, c++ and g++): install one (on Debian: apt-get install g++), "
            'or use precision="float32"'
        )
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    key = hashlib.sha256()
    for part in (_SOURCE.read_bytes(), " ".join((*_FLAGS, *_NATIVE)).encode(), version, _cpu()):
        key.update(hashlib.sha256(part).digest())
    target = _cache_folder() / f"kernels-{key.hexdigest()[:16]}.so"
    if target.is_file():
        return target
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=target.parent) as folder:
            made = Path(folder) / target.name
            for native in (_NATIVE, _NATIVE[:1], ()):
                done = subprocess.run(
                    [compiler, *_FLAGS, *native, str(_SOURCE), "-o", str(made)],
                    capture_output=True,
                    text=True,
                    check=False,
                )
                if done.returncode == 0:
                    # Another process may have made the same file meanwhile: either will do.
                    made.replace(target)
                    return target
    except OSError as error:
        raise KernelError(
            f"{target.parent}: cannot keep the compiled kernels there ({error}); "
            "set KORTOM_CACHE to a folder that can be written"
        ) from error
    raise KernelError(
        f"{compiler} cannot compile {_SOURCE}: {done.stderr.strip()[:500]}\n"
        'Name another compiler with CXX=..., or use precision="float32"'
    )


def _cache_folder() -> Path:
    if named := os.environ.get("KORTOM_CACHE"):
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "kortom"


def _cpu() -> bytes:
    """Return what names the processor's instructions; a home folder may serve several machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if line.startswith(("model name", "flags", "Features"))]
        return "\n".join(dict.fromkeys(kept)).encode()
    except OSError:
        return f"{platform.machine()} {platform.processor()} {platform.platform()}".encode()
