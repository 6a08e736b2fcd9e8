"""Processes that train one model side by side, each on batches of its own, with one gradient.

Data parallelism in its plainest form: every process holds the whole model, and their gradients are
averaged before each step. On a CPU two processes of one thread get more done than one of two, whose
threads wait for each other in every small operation.

    torchrun --nproc-per-node 2 -m scripts.train.translate ...
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import torch
import torch.distributed as dist
from torch import Tensor


class Ranks:
    """This process among those that `torchrun` started; the only one, if it was started without.

    Attributes:
        rank: Its number, from 0. The first one keeps the clock, writes and reports.
        size: How many there are.
    """

    def __init__(self) -> None:
        self.rank, self.size = 0, 1
        if "WORLD_SIZE" in os.environ and dist.is_available():
            if not dist.is_initialized():
                # The sums go over the processor: what trains on GPUs here needs but one.
                dist.init_process_group("gloo")
            self.rank, self.size = dist.get_rank(), dist.get_world_size()

    @property
    def is_first(self) -> bool:
        """Whether this is the process that writes."""
        return self.rank == 0

    def agree(self, values: Sequence[float]) -> list[float]:
        """Return the first process's values, in all of them."""
        if self.size == 1:
            return list(values)
        shared = torch.tensor(values, dtype=torch.float64)
        dist.broadcast(shared, 0)
        return shared.tolist()

    def average(self, tensors: Sequence[Tensor]) -> None:
        """Replace each tensor with its mean over the processes."""
        if self.size == 1:
            return
        flat = torch.cat([tensor.flatten() for tensor in tensors])
        dist.all_reduce(flat)
        flat /= self.size
        parts = torch.split(flat, [tensor.numel() for tensor in tensors])
        torch._foreach_copy_(
            list(tensors), [part.view_as(t) for part, t in zip(parts, tensors, strict=True)]
        )

    def gather(self, tensor: Tensor) -> list[Tensor]:
        """Return a tensor of every process (all of one shape), in all of them."""
        if self.size == 1:
            return [tensor]
        found = [torch.empty_like(tensor) for _ in range(self.size)]
        dist.all_gather(found, tensor)
        return found
