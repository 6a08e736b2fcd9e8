"""The C++ of the CPU path, compiled once per machine and loaded.

The sources ship with the package and are compiled on first use for the processor at hand (a few
seconds), into the user's cache.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path
from typing import Final

_SOURCES: Final = Path(__file__).with_name("native")
_UNIT: Final = "kernels.cpp"
_FLAGS: Final = (
    "-O3 -std=c++17 -shared -fPIC -fopenmp-simd -fno-math-errno -fno-trapping-math".split()
)
# For this very processor, with the widest vectors it has; a compiler that knows neither option
# still makes correct, slower code.
_NATIVE: Final = ("-march=native", "-mprefer-vector-width=512")

_POINTER, _COUNT, _FLAG = ctypes.c_void_p, ctypes.c_int64, ctypes.c_int
_SIGNATURES: Final[dict[str, tuple[type | None, list[type]]]] = {
    "kortom_instructions": (_FLAG, []),
    "kortom_fast_in_float32": (_FLAG, []),
    "kortom_linear_new": (_POINTER, [_POINTER, _POINTER, _COUNT, _COUNT, _FLAG, _FLAG]),
    "kortom_linear_free": (None, [_POINTER]),
    "kortom_linear": (_FLAG, [_POINTER, _POINTER, _COUNT, *[_POINTER] * 3]),
    "kortom_top": (
        _FLAG,
        [
            *[_POINTER] * 2,
            *[_COUNT] * 2,
            _POINTER,
            _COUNT,
            *[_POINTER] * 3,
            _FLAG,
            *[_POINTER] * 3,
        ],
    ),
    "kortom_block": (_COUNT, [_COUNT, _COUNT, _FLAG, _COUNT]),
    "kortom_encode": (
        _FLAG,
        [_POINTER, _COUNT, _POINTER, _POINTER, _COUNT, _POINTER, _COUNT, *[_POINTER] * 3],
    ),
    "kortom_decode": (_FLAG, [_POINTER, _COUNT, *[_POINTER] * 3]),
    "kortom_search_new": (_POINTER, [*[_POINTER] * 5, _COUNT]),
    "kortom_search_run": (_FLAG, [_POINTER, _COUNT, _POINTER]),
    "kortom_search_take": (None, [_POINTER] * 5),
    "kortom_search_free": (None, [_POINTER]),
    "kortom_highest": (_FLAG, [_POINTER, _COUNT, _COUNT, _POINTER]),
    "kortom_read": (_FLAG, [_POINTER, _POINTER, *[_COUNT] * 3, _FLAG, _POINTER]),
    "kortom_arrange": (_FLAG, [*[_POINTER] * 3, *[_COUNT] * 3, _FLAG, _POINTER]),
    "kortom_consult": (_FLAG, [_POINTER, _COUNT, _COUNT, _FLAG, _POINTER, _POINTER]),
    "kortom_recall": (_FLAG, [_POINTER, _COUNT, _COUNT, _FLAG, _POINTER, _POINTER]),
}


class KernelError(RuntimeError):
    """The kernels cannot be compiled or loaded here; the message says why, and what to do."""


@cache
def library() -> ctypes.CDLL:
    """Return the compiled functions; calls hold no Python lock.

    Raises:
        KernelError: They cannot be compiled or loaded on this machine.
    """
    path = _compiled()
    try:
        loaded = ctypes.CDLL(str(path))
        for name, (returns, takes) in _SIGNATURES.items():
            function = getattr(loaded, name)
            function.restype, function.argtypes = returns, takes
    except (OSError, AttributeError) as error:
        raise KernelError(
            f"{path}: the compiled kernels cannot be loaded ({error}); delete the file to have "
            'them compiled anew, or use precision="float32"'
        ) from error
    return loaded


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
    sources = [path.read_bytes() for path in sorted(_SOURCES.iterdir())]
    flags = " ".join((*_FLAGS, *_NATIVE)).encode()
    for part in (*sources, flags, version, _cpu()):
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
                    [compiler, *_FLAGS, *native, str(_SOURCES / _UNIT), "-o", str(made)],
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
        f"{compiler} cannot compile {_SOURCES / _UNIT}: {done.stderr.strip()[:500]}\n"
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
