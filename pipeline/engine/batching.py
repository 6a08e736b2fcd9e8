"""Which inputs to decode together: longest first, within a budget of token positions.

A batch is a rectangle: every row is padded to the longest, and every row is decoded under all its
beams. Its cost is that area, ``rows x beams x longest``, so the budget is in the unit that sets
both time and memory. Sorting by length makes the padding small; starting with the longest makes a
batch that does not fit fail in the first second and not in the last hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

# A row never counts as shorter than this, whatever its source: its share of the output
# projection (one row of the vocabulary per beam) does not shrink with the source.
SHORTEST_COUNTED: Final = 16

CPU_BUDGET: Final = 4096
GPU_BUDGET: Final = 65536


def row_cost(length: int, *, beams: int) -> int:
    """Return what a row costs in a batch whose longest is of that length."""
    return beams * max(length, SHORTEST_COUNTED)


def plan(lengths: Sequence[int], *, budget: int, beams: int, workers: int = 1) -> list[list[int]]:
    """Cut inputs into batches.

    Args:
        lengths: The number of ids of each input.
        budget: The most ``rows x beams x longest`` of a batch; one row is always allowed.
        beams: The hypotheses kept per input.
        workers: Batches decoded at the same time: their number is a multiple of this, and they
            cost about the same, so that no worker stands by at the end.

    Returns:
        Batches of positions in ``lengths``, each and all sorted longest first.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    costs = [row_cost(lengths[position], beams=beams) for position in order]
    batches = _cut(order, costs, budget=budget)
    if workers == 1 or not batches:
        return batches
    count = -(-len(batches) // workers) * workers
    # The smallest equal share that needs no more than this many batches.
    low, high = 1, budget
    while low < high:
        share = (low + high) // 2
        if len(_cut(order, costs, budget=share)) <= count:
            high = share
        else:
            low = share + 1
    return _cut(order, costs, budget=low)


def _cut(order: Sequence[int], costs: Sequence[int], *, budget: int) -> list[list[int]]:
    """Cut a sorted sequence; ``costs`` are those of a row, the first of a batch the highest."""
    batches: list[list[int]] = []
    start = 0
    while start < len(order):
        end = start + max(1, budget // costs[start])
        batches.append(list(order[start:end]))
        start = end
    return batches
