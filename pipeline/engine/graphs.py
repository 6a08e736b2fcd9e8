"""CUDA graphs: a step's hundreds of kernels recorded once per shape, and launched as one.

Launching a kernel from Python takes longer than most kernels of a decode step run. A recorded
graph is replayed in one call, on the same addresses, so whatever it records must work in place, on
tensors that stay where they are: see `slots`.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Protocol

import torch

from pipeline.engine.scheduling import is_out_of_memory


class Runner(Protocol):
    """Runs a piece of work that is the same at every call with the same key."""

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do the work, or what was recorded of it under this key."""


class Eager:
    """Does the work each time anew: on a CPU, and to compare with."""

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do the work."""
        del key
        work()


class Graphs:
    """Does the work once, records it the second time, and replays it from then on.

    The first time is a real step and also the warm-up that recording needs (libraries allocate
    their work space then). A shape that comes only once is never recorded.

    Args:
        device: The GPU.
    """

    def __init__(self, device: torch.device) -> None:
        self._device = device
        self._recorded: dict[Hashable, torch.cuda.CUDAGraph] = {}
        self._seen: set[Hashable] = set()
        self._too_large: set[Hashable] = set()
        # No graph leaves anything behind but in tensors of the slots, so all may use the same
        # memory for what lies in between.
        self._memory = torch.cuda.graph_pool_handle()

    @property
    def recorded(self) -> int:
        """How many graphs there are."""
        return len(self._recorded)

    def run(self, key: Hashable, work: Callable[[], None]) -> None:
        """Do the work, or what was recorded of it under this key."""
        if key in self._seen and key not in self._recorded and key not in self._too_large:
            self._record(key, work)
        if key in self._recorded:
            self._recorded[key].replay()
        else:
            work()
            self._seen.add(key)

    def _record(self, key: Hashable, work: Callable[[], None]) -> None:
        graph = torch.cuda.CUDAGraph()
        try:
            with (
                torch.cuda.device(self._device),
                # Another thread of the program may use the GPU meanwhile.
                torch.cuda.graph(graph, pool=self._memory, capture_error_mode="thread_local"),
            ):
                work()
        except RuntimeError as error:
            # Running out of memory here breaks off the recording, whose own error then hides the
            # cause. Nothing has been computed: the work can still be done without a graph.
            if not _ran_out_of_memory(error):
                raise
            self._too_large.add(key)
        else:
            self._recorded[key] = graph


def _ran_out_of_memory(error: BaseException | None) -> bool:
    while error is not None:
        if is_out_of_memory(error):
            return True
        error = error.__context__
    return False
