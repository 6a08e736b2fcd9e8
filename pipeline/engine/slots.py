"""Slots: decoding in place, where sentences come and go and no tensor ever changes its shape.

On a GPU a step must be a fixed sequence of kernels on fixed addresses (a CUDA graph), so rows
cannot leave a batch as they do in `decode`. Here a sentence is the tenant of a *slot*: one place in
every tensor. When it has finished, the next tenant moves in. The contract of everything below:

* A slot has a clock of its own. ``steps`` counts its tenant's decoder steps, and its entries of
  the past are left-aligned: step ``t`` writes entry ``t``, whenever the tenant moved in.
* A slot that is not ``live`` computes along, at step 0, and nobody looks. What it holds of a
  result stays as it was until the next tenant moves in.
* A step touches only an `Extent`: the first ``rows`` slots, the first ``steps`` entries of the past
  and the first ``source`` positions. The host knows how old each tenant can be at most, so it
  chooses the extent without asking the device.
* All shapes inside a step follow from the extent; nothing reads a value back to the host.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final, Protocol

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.engine.layers import Layer
from pipeline.engine.network import Network
from pipeline.engine.search import PROMPT

# Lengths come in multiples of this: fused attention wants its mask's rows aligned to 16 elements.
ALIGNED: Final = 16

# What an infinity becomes in float16.
_LARGE: Final = 1e4


def bucket(count: int, *, smallest: int) -> int:
    """Return the least of ``smallest`` times 1, 2, 3, 4, 6, 8, 12, 16, ... that holds ``count``.

    Steps of at most a factor of two, most of 1.5: few shapes, and little of each unused.
    """
    units = -(-count // smallest)
    power = 1 << max(0, units - 1).bit_length()
    fits = power >= 4 and units <= power * 3 // 4
    return smallest * (power * 3 // 4 if fits else power)


def aligned(count: int) -> int:
    """Round up to a multiple of `ALIGNED`."""
    return -(-count // ALIGNED) * ALIGNED


@dataclass(frozen=True, slots=True)
class Extent:
    """The part of the slots that a step touches.

    Attributes:
        rows: The slots, from the first.
        steps: The entries of the past, from the oldest; every live slot's next step is below it.
        source: The positions of the source, from the first.
    """

    rows: int
    steps: int
    source: int


class Slots:
    """Who is where: what the memory and the search of the same slots share.

    Args:
        count: How many slots.
        beams: Hypotheses per slot.
        longest: The most ids of a sequence, counting the decoder start.
        device: Where the tensors lie.

    Attributes:
        extent: What the next step touches; set by the host, constant within a graph.
        steps: The decoder steps done by each tenant, *Shape:* ``[count]`` int64.
        live: Whether the tenant goes on, *Shape:* ``[count]`` bool.
        at: The entry that this step writes, *Shape:* ``[rows]`` int64; valid after `begin`.
        running: ``live`` before this step, *Shape:* ``[rows]`` bool; valid after `begin`.
        index: ``0, 1, ...``, *Shape:* ``[count]`` int64.
    """

    def __init__(self, count: int, *, beams: int, longest: int, device: torch.device) -> None:
        self.count = count
        self.beams = beams
        self.longest = longest
        self.device = device
        self.extent = Extent(rows=count, steps=longest - PROMPT, source=0)
        self.steps = torch.zeros(count, dtype=torch.long, device=device)
        self.live = torch.zeros(count, dtype=torch.bool, device=device)
        self.index = torch.arange(count, device=device)
        self.at = self.steps
        self.running = self.live

    @property
    def reaches_the_end(self) -> bool:
        """Whether a live slot of this extent can be at its last step."""
        return self.extent.steps >= self.longest - PROMPT

    def begin(self) -> None:
        """Read the clocks; call before anything else of a step."""
        rows = self.extent.rows
        self.running = self.live[:rows].clone()
        # An idle slot at entry 0 always sees that entry, so its softmax has something to sum:
        # NaN, once in the cache, would outlive the tenant (0 x NaN is NaN behind any mask).
        self.at = self.steps[:rows] * self.running

    def end(self, done: Tensor) -> None:
        """Advance the clocks; the slots that are done stop. *Shape:* ``done [rows]`` bool."""
        rows = self.extent.rows
        self.steps[:rows].add_(self.running)
        self.live[:rows] = self.running & ~done

    def admit(self, places: Tensor) -> None:
        """Start the clocks of new tenants. *Shape:* ``places [new]`` int64."""
        self.steps.index_fill_(0, places, 0)
        self.live.index_fill_(0, places, value=True)


class Attend(Protocol):
    """Attention of a few queries per slot and head over what the slot remembers."""

    def __call__(
        self,
        query: Tensor,
        keys: Tensor,
        values: Tensor,
        *,
        hidden: Tensor,
        counts: Tensor,
        masked: bool,
    ) -> Tensor:
        """Return ``softmax(query keys' + hidden) values``.

        *Shape:* ``query [rows, heads, beams, width]``; ``keys``, ``values`` ``[rows, heads, n,
        width]``; ``hidden [rows, 1, beams or 1, n]``, 0 or ``-inf``; ``counts [rows]`` int64, the
        entries in front that may be visible; to ``[rows, heads, beams, width]``. Unless ``masked``,
        ``hidden`` says no more than ``counts``.
        """


def attend(
    query: Tensor, keys: Tensor, values: Tensor, *, hidden: Tensor, counts: Tensor, masked: bool
) -> Tensor:
    """Attend with torch's fused kernel, over all that the extent holds; see `Attend`."""
    del counts, masked
    return F.scaled_dot_product_attention(query, keys, values, attn_mask=hidden, scale=1.0)


class SlotMemory:
    """Keys and values of all slots, and attention over them.

    As in `cache.Memory`, the beams of a slot share one block of ``steps x beams`` entries, and a
    table says which of them lie on whose path.

    Args:
        slots: Whose memory it is.
        like: Keys and values of some encoded sources, *Shape:* ``[layers, 2, rows, heads, n,
            width]``: they decide the sizes, the number format and the device.
        source: The longest source a slot holds.
        attend: How to attend.
    """

    def __init__(self, slots: Slots, *, like: Tensor, source: int, attend: Attend = attend) -> None:
        layers, _, _, heads, _, width = like.shape
        count, beams, steps = slots.count, slots.beams, aligned(slots.longest - PROMPT)
        self._slots = slots
        self._attend = attend
        # Zeros: what a mask hides is still multiplied (by nothing), so it must be finite.
        self._past = like.new_zeros((layers, 2, count, heads, steps, beams, width))
        self._cross = like.new_zeros((layers, 2, count, heads, source, width))
        self._hidden = like.new_zeros((count, source))
        self._lengths = torch.ones(count, dtype=torch.long, device=like.device)
        # Which entries lie on whose path: 0 on it, -inf off it.
        self._ancestry = like.new_full((count, beams, steps, beams), -math.inf)
        self._itself = torch.eye(beams, device=like.device).log().to(like.dtype)

    def advance(self) -> None:
        """Let each beam see its own newest entry; call before the step's first `recall`."""
        index, at = self._here
        self._ancestry[index, :, at] = self._itself.expand(len(index), -1, -1)

    def recall(self, layer: int, query: Tensor, *, keys: Tensor, values: Tensor) -> Tensor:
        """Store this step's keys and values of one layer; attend over all up to now.

        *Shape:* all ``[rows, heads, beams, width]``.
        """
        index, at = self._here
        rows, beams = len(index), self._slots.beams
        past = self._past[layer]
        # Indices at both sides of the heads put heads, beams and width behind the rows.
        past[0][index, :, at] = _finite(keys)
        past[1][index, :, at] = _finite(values)
        seen = past[:, :rows, :, : self._slots.extent.steps].flatten(3, 4)
        hidden = self._table().flatten(2, 3)[:, None]
        counts = (at + 1) * beams
        return self._attend(query, *seen, hidden=hidden, counts=counts, masked=beams > 1)

    def consult(self, layer: int, query: Tensor) -> Tensor:
        """Attend over the source. *Shape:* ``[rows, heads, beams, width]`` to the same."""
        rows, source = self._slots.extent.rows, self._slots.extent.source
        read = self._cross[layer, :, :rows, :, :source]
        hidden = self._hidden[:rows, None, None, :source]
        if self._slots.beams > 1:
            hidden = hidden.expand(-1, -1, self._slots.beams, -1)
        return self._attend(query, *read, hidden=hidden, counts=self._lengths[:rows], masked=False)

    def follow(self, parents: Tensor) -> None:
        """Let each beam continue the past of the beam it came from.

        *Shape:* ``parents [rows, beams]``, positions of beams within their own slot.
        """
        table = self._table()
        table.copy_(table.gather(1, parents[:, :, None, None].expand_as(table)))

    def admit(self, places: Tensor, *, cross: Tensor, hidden: Tensor | None) -> None:
        """Give new tenants their sources, and an empty past.

        *Shape:* ``places [new]`` int64; ``cross [layers, 2, new, heads, n, width]``; ``hidden
        [new, 1, 1, n]``, as in `Memory`.
        """
        n = cross.shape[-2]
        self._cross[..., :n, :].index_copy_(2, places, _finite(cross))
        self._hidden.index_fill_(0, places, -math.inf)
        if hidden is None:
            self._hidden[:, :n].index_fill_(0, places, 0.0)
        else:
            self._hidden[:, :n].index_copy_(0, places, hidden[:, 0, 0])
        self._lengths[places] = (self._hidden[places] == 0).sum(1)
        self._ancestry.index_fill_(0, places, -math.inf)

    @property
    def _here(self) -> tuple[Tensor, Tensor]:
        return self._slots.index[: self._slots.extent.rows], self._slots.at

    def _table(self) -> Tensor:
        extent = self._slots.extent
        return self._ancestry[: extent.rows, :, : extent.steps]


def step(network: Network, ids: Tensor, *, slots: Slots, memory: SlotMemory) -> Tensor:
    """Read the newest id of each hypothesis; return the logits of the next.

    `Network.step` for slots: each hypothesis is at a position of its own, and the logits stay in
    the network's number format, since a copy in float32 would be the largest tensor of the step.

    *Shape:* ``ids [rows, beams]`` int64 to ``[rows x beams, columns]``.
    """
    at = slots.at[:, None].expand_as(ids).reshape(-1, 1)
    state = _embed(network, ids.reshape(-1, 1), at=at).flatten(0, 1)
    memory.advance()
    for index, layer in enumerate(network.decoder.layers):
        state = _decode(layer, state, index=index, rows=len(ids), memory=memory)
    return network.head(network.decoder.finish(state))


def _decode(layer: Layer, x: Tensor, *, index: int, rows: int, memory: SlotMemory) -> Tensor:
    """`Layer.decode` with attention left to the memory. *Shape:* ``[rows x beams, size]``."""
    own, cross = layer.self_attention, layer.cross_attention

    def recall(y: Tensor) -> Tensor:
        query, keys, values = own.split(own.query_key_value(y), rows=rows, parts=3)
        return own.join(memory.recall(index, query, keys=keys, values=values))

    def consult(y: Tensor) -> Tensor:
        (query,) = cross.split(cross.query(y), rows=rows, parts=1)
        return cross.join(memory.consult(index, query))

    x = layer._around(x, norm=layer.self_norm, inside=recall)
    return layer._feed(layer._around(x, norm=layer.cross_norm, inside=consult))


def _finite(values: Tensor) -> Tensor:
    """Return the values; in float16, without any infinity or NaN.

    A mask hides an entry from later tenants only while its products are finite. The other formats
    reach as far as float32 does.
    """
    if values.dtype != torch.float16:
        return values
    return values.nan_to_num(nan=0.0, posinf=_LARGE, neginf=-_LARGE)


def _embed(network: Network, ids: Tensor, *, at: Tensor) -> Tensor:
    """Embed one id each at positions ``at``. *Shape:* both ``[n, 1]`` to ``[n, 1, size]``."""
    decoder = network.decoder
    places = at
    if decoder.fairseq:
        counted = (ids != decoder.padding).long()
        places = (counted + at) * counted + decoder.padding
    embedded = F.embedding(ids, decoder.words) * decoder.scale + decoder.positions[places]
    return embedded if decoder.first_norm is None else decoder.first_norm(embedded)
