"""Peaks of memory: resident memory of a process and its children, or memory on a GPU."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Protocol


class Gauge(Protocol):
    """Measures the peak between two moments."""

    def reset(self) -> None:
        """Begin: forget what was before."""
        ...

    def peak(self) -> int | None:
        """The most bytes since `reset`; None where it cannot be known."""
        ...


def gauge(device: str) -> Gauge:
    """The gauge for a device."""
    return _OnGpu() if device == "cuda" else _Resident()


class _Resident:
    """Linux's high-water mark of resident memory, summed over the process and its children."""

    def reset(self) -> None:
        for pid in _family():
            try:
                # proc(5): 5 sets the mark back to what is resident now.
                Path(f"/proc/{pid}/clear_refs").write_text("5", encoding="ascii")
            except OSError:
                # Without it the peak is that since the process began: higher, never lower.
                continue

    def peak(self) -> int | None:
        marks = [_high_water(pid) for pid in _family()]
        known = [mark for mark in marks if mark is not None]
        return sum(known) if known else None


class _OnGpu:
    """What torch allocated; for a process without torch, what the driver says it holds."""

    def reset(self) -> None:
        if "torch" in sys.modules:
            import torch  # noqa: PLC0415

            torch.cuda.reset_peak_memory_stats()

    def peak(self) -> int | None:
        if "torch" in sys.modules:
            import torch  # noqa: PLC0415

            return torch.cuda.max_memory_allocated()
        # CTranslate2's allocator keeps what it had, so that what it holds now is its peak.
        query = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader"]
        try:
            listed = subprocess.run(query, capture_output=True, text=True, check=True).stdout
        except (OSError, subprocess.CalledProcessError):
            return None
        found = re.search(rf"^{os.getpid()}, (\d+) MiB", listed, flags=re.MULTILINE)
        return int(found[1]) << 20 if found else None


def _family() -> list[int]:
    """The process and its children, theirs included."""
    found, queue = [], [os.getpid()]
    while queue:
        pid = queue.pop()
        found.append(pid)
        for listed in Path(f"/proc/{pid}/task").glob("*/children"):
            try:
                queue += map(int, listed.read_text(encoding="ascii").split())
            except OSError:
                continue
    return found


def _high_water(pid: int) -> int | None:
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="ascii", errors="replace")
    except OSError:
        return None
    found = re.search(r"^VmHWM:\s+(\d+) kB", status, flags=re.MULTILINE)
    return int(found[1]) << 10 if found else None
