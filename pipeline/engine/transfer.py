"""Copies between host and device that nobody waits for, and work on a stream beside the main one.

A copy is asynchronous only from or to pinned memory, and only as long as no one asks for its
result. On a CPU all of this is plain assignment, at the same places, so that the same loop runs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import torch
from torch import Tensor


class Fetched:
    """Tensors on their way to the host."""

    def __init__(self, tensors: Sequence[Tensor], *, event: torch.cuda.Event | None) -> None:
        self._tensors = tensors
        self._event = event

    def wait(self) -> Sequence[Tensor]:
        """Return the tensors on the host, once they are there."""
        if self._event is not None:
            self._event.synchronize()
        return self._tensors


class Lanes:
    """The ways in and out of one device.

    Args:
        device: The device; on a CPU nothing is asynchronous.
    """

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self._side: torch.cuda.Stream | None = None
        if device.type == "cuda":
            self._side = torch.cuda.Stream(device)  # type: ignore[no-untyped-call] # torch's
            # The parameters were put there by the main stream.
            self._side.wait_stream(torch.cuda.current_stream(device))

    def upload(self, values: Sequence[int] | Sequence[Sequence[int]]) -> Tensor:
        """Return the values on the device, as int64."""
        tensor = torch.tensor(values, dtype=torch.long)
        if self._side is None:
            return tensor
        return tensor.pin_memory().to(self.device, non_blocking=True)

    def fetch(self, *tensors: Tensor) -> Fetched:
        """Start copying the tensors, as they are now, to the host."""
        # A copy out of a GPU that nobody waits for is pinned by torch; on a CPU, without `copy`,
        # it would be the tensor itself, and later steps would show in it.
        copies = [tensor.to("cpu", non_blocking=True, copy=True) for tensor in tensors]
        if self._side is None:
            return Fetched(copies, event=None)
        return Fetched(copies, event=_mark(torch.cuda.current_stream(self.device)))

    @contextmanager
    def beside(self) -> Iterator[None]:
        """Queue what the block does on the side stream."""
        if self._side is None:
            yield
            return
        with torch.cuda.stream(self._side):
            yield

    def mark(self) -> torch.cuda.Event | None:
        """Return a mark behind what is queued on the side stream by now."""
        return None if self._side is None else _mark(self._side)

    def bring(self, *tensors: Tensor | None, behind: torch.cuda.Event | None) -> None:
        """Let the main stream use tensors of the side stream, once it is past the mark."""
        if behind is None:
            return
        main = torch.cuda.current_stream(self.device)
        main.wait_event(behind)
        for tensor in tensors:
            if tensor is not None:
                # Else their memory would be given to the next encoding while it is still read.
                tensor.record_stream(main)


def _mark(stream: torch.cuda.Stream) -> torch.cuda.Event:
    event = torch.cuda.Event()  # type: ignore[no-untyped-call] # torch's
    event.record(stream)
    return event
