"""What greedy and beam search share: the ids so far, and which input each row belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import torch
from torch import Tensor

from pipeline.engine.scores import BLOCK, Scores
from pipeline.engine.search import Hypothesis


class State(Protocol):
    """The bookkeeping of one batch: it turns scores into choices, and rows into results."""

    @property
    def rows(self) -> Sequence[int]:
        """The positions of the live rows, in the order of the network's rows."""

    @property
    def newest(self) -> Tensor:
        """The newest id of each hypothesis, *Shape:* ``[rows, beams]`` int64."""

    def advance(self, scores: Scores) -> Tensor:
        """Choose the next ids, and return the parents, *Shape:* ``[rows, beams]``.

        A parent is the place, within its row, of the beam that a beam continues.
        """

    def finished(self) -> dict[int, list[Hypothesis]]:
        """Return the results of the rows that the last step finished, by place."""

    def keep(self, order: Sequence[int]) -> None:
        """Go on with the rows at these places, in this order."""


def survivors(count: int, *, finished: Sequence[int]) -> list[int]:
    """Return which place fills each place after rows leave; rows at the end fill the holes.

    So few rows move: of ``count`` rows, those that stay below the new count stay in place.
    """
    gone = set(finished)
    left = count - len(gone)
    movers = iter(place for place in range(left, count) if place not in gone)
    return [next(movers) if place in gone else place for place in range(left)]


def block_peaks(scores: Tensor) -> tuple[Tensor, Tensor]:
    """Split scores into blocks of ids, and take the maximum of each.

    Finding the best few of a vocabulary is a matter of reading it once: maxima per block run at
    the speed of memory, and only the blocks that win are looked into.

    *Shape:* ``[..., columns]`` to ``[..., blocks, BLOCK]`` and ``[..., blocks]``.
    """
    blocks = scores.view(*scores.shape[:-1], -1, BLOCK)
    return blocks, blocks.amax(-1)


def argmax(scores: Tensor) -> Tensor:
    """Return the first id of the highest score. *Shape:* ``[n, columns]`` to ``[n]`` int64."""
    blocks, peaks = block_peaks(scores)
    best = peaks.argmax(-1)
    inside = blocks[torch.arange(len(best), device=best.device), best].argmax(-1)
    return best * BLOCK + inside
