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


def plan(lengths: Sequence[int], *, budget: int, beams: int) -> list[list[int]]:
    """Cut inputs into batches.

    Args:
        lengths: The number of ids of each input.
        budget: The most ``rows x beams x longest`` of a batch; one row is always allowed.
        beams: The hypotheses kept per input.

    Returns:
        Batches of positions in ``lengths``, each and all sorted longest first.
    """
    order = sorted(range(len(lengths)), key=lambda position: -lengths[position])
    batches: list[list[int]] = []
    room = 0
    for position in order:
        if room == 0:
            batches.append([])
            room = max(1, budget // (beams * max(lengths[position], SHORTEST_COUNTED)))
        batches[-1].append(position)
        room -= 1
    return batches
