"""What a CUDA graph does, on a CPU: operations recorded once and repeated on the same tensors.

A recording holds operators, tensors and numbers, as a CUDA graph holds kernels, addresses and
numbers. Whatever Python decides while recording is decided for good; so a step that comes out right
from a `Tape` neither asks the device for a value nor depends on anything but its tensors.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any

from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves

# Operators whose result the host waits for, or whose size depends on values.
WAITING = (
    "aten::_local_scalar_dense",
    "aten::is_nonzero",
    "aten::nonzero",
    "aten::masked_select",
    "aten::_unique2",
    "aten::unique_dim",
    "aten::equal",
    "aten::_assert_async",
    # A tensor made of Python values would be copied from the host.
    "aten::lift_fresh",
)


class Tape:
    """A `Runner` that records the second time and repeats from then on, like `Graphs`."""

    def __init__(self) -> None:
        self.recorded: dict[Hashable, _Recorder] = {}
        self.seen: set[Hashable] = set()
        self.replays = 0

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        if key not in self.seen:
            self.seen.add(key)
            work()
            return
        if key not in self.recorded:
            # Unlike a capture, this computes; the repetition counts from the next time.
            self.recorded[key] = recorder = _Recorder()
            with recorder:
                work()
            return
        self.recorded[key].replay()
        self.replays += 1


# torch's own class is not typed.
class _Recorder(TorchDispatchMode):  # type: ignore[no-untyped-call]
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.calls: list[tuple[Any, tuple[Any, ...], dict[str, Any], list[Any]]] = []

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        name = func.name().partition(".")[0]
        assert name not in WAITING, f"{name} inside a step: the host would wait for the device"
        result = func(*args, **(kwargs or {}))
        self.calls.append((func, args, kwargs or {}, tree_leaves(result)))
        return result

    def replay(self) -> None:
        for func, args, kwargs, before in self.calls:
            for old, new in zip(before, tree_leaves(func(*args, **kwargs)), strict=True):
                # A view, or a tensor changed in place, is there already.
                if isinstance(old, Tensor) and old.data_ptr() != new.data_ptr():
                    old.copy_(new)
