"""What the decoder remembers: the keys and values of the past, and of the source.

`Memory` holds both for the live rows of one batch. Self-attention keys and values lie in
preallocated blocks and are written in place; cross-attention ones are computed once per sentence
and shared by its beams. Neither is ever reordered: when beams change places, only the table of who
descends from whom changes (`follow`). Rows that finish leave at once (`keep`), and only the rows
that fill their places are copied.

Sharing by ancestry: the beams of a sentence read one common block of ``steps x beams`` entries,
with every entry hidden that is not on their own path. A step then costs one small matrix product
per sentence and head in place of ``beams`` vector products, and no copy of the past.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

# Blocks start at this many steps (and grow by doubling), unless the limit is lower.
FIRST_STEPS: Final = 32


class Memory:
    """Keys and values of one batch of ``rows`` sentences under ``beams`` beams each.

    Args:
        cross: Keys and values of the source, *Shape:* ``[layers, 2, rows, heads, source, width]``.
        hidden: Added to cross-attention scores, ``-inf`` on padding, *Shape:*
            ``[rows, 1, 1, source]``; ``None`` if no row is padded.
        beams: Hypotheses per row.
        longest: The most steps there can be.
    """

    def __init__(self, cross: Tensor, *, hidden: Tensor | None, beams: int, longest: int) -> None:
        layers, _, rows, heads, _, width = cross.shape
        steps = min(FIRST_STEPS, longest)
        self.beams = beams
        self.rows = rows
        self.step = 0
        self._longest = longest
        self._cross = cross
        self._hidden = hidden
        self._past = cross.new_empty((layers, 2, rows, heads, steps * beams, width))
        # Greedy search needs no table: a row descends from itself.
        self._ancestry = (
            cross.new_full((rows, beams, steps * beams), float("-inf")) if beams > 1 else None
        )
        self._itself = torch.eye(beams, device=cross.device).log().to(cross.dtype)

    def advance(self) -> None:
        """Make room for the next step; call before the step's first `write`."""
        if (self.step + 1) * self.beams > self._past.shape[-2]:
            self._grow()
        start, end = self.step * self.beams, (self.step + 1) * self.beams
        if self._ancestry is not None:
            self._ancestry[: self.rows, :, start:end] = self._itself
        self.step += 1

    def write(self, layer: int, *, keys: Tensor, values: Tensor) -> tuple[Tensor, Tensor]:
        """Store this step's keys and values of one layer; return all up to now.

        *Shape:* in ``[rows, heads, beams, width]``, out ``[rows x heads, entries, width]`` with
        ``entries = steps x beams``.
        """
        start, end = (self.step - 1) * self.beams, self.step * self.beams
        past = self._past[layer, :, : self.rows]
        past[0, :, :, start:end] = keys
        past[1, :, :, start:end] = values
        return past[0, :, :, :end].flatten(0, 1), past[1, :, :, :end].flatten(0, 1)

    @property
    def ancestry(self) -> Tensor | None:
        """Added to self-attention scores, *Shape:* ``[rows, 1, beams, entries]``, or nothing."""
        if self._ancestry is None:
            return None
        return self._ancestry[: self.rows, None, :, : self.step * self.beams]

    def source(self, layer: int) -> tuple[Tensor, Tensor]:
        """Return the source's keys and values, *Shape:* ``[rows x heads, source, width]``."""
        cross = self._cross[layer, :, : self.rows]
        return cross[0].flatten(0, 1), cross[1].flatten(0, 1)

    @property
    def hidden(self) -> Tensor | None:
        """Added to cross-attention scores, *Shape:* ``[rows, 1, 1, source]``, or nothing."""
        return None if self._hidden is None else self._hidden[: self.rows]

    def follow(self, parents: Tensor) -> None:
        """Let each beam continue the past of the beam it came from.

        *Shape:* ``parents [rows, beams]``, positions of beams within their own row.
        """
        if self._ancestry is None:
            return
        table = self._ancestry[: self.rows, :, : self.step * self.beams]
        table.copy_(table.gather(1, parents[:, :, None].expand_as(table)))

    def keep(self, order: Sequence[int]) -> None:
        """Go on with some rows only; ``order[i]`` is the present place of the row at ``i``.

        Cheap if most rows stay where they are: only those that move are copied.
        """
        moves = [(old, new) for new, old in enumerate(order) if old != new]
        if moves:
            old, new = (list(places) for places in zip(*moves, strict=True))
            end = self.step * self.beams
            self._past[:, :, new, :, :end] = self._past[:, :, old, :, :end]
            self._cross[:, :, new] = self._cross[:, :, old]
            if self._ancestry is not None:
                self._ancestry[new, :, :end] = self._ancestry[old, :, :end]
            if self._hidden is not None:
                self._hidden[new] = self._hidden[old]
        self.rows = len(order)

    def _grow(self) -> None:
        old = self._past.shape[-2]
        entries = min(2 * old, self._longest * self.beams)
        layers, two, _, heads, _, width = self._past.shape
        past = self._past.new_empty((layers, two, self.rows, heads, entries, width))
        past[..., :old, :] = self._past[:, :, : self.rows]
        self._past = past
        if self._ancestry is not None:
            table = self._ancestry.new_full((self.rows, self.beams, entries), float("-inf"))
            table[..., :old] = self._ancestry[: self.rows]
            self._ancestry = table
