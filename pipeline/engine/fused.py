# ruff: noqa: ANN001, PLR0917 - a kernel takes pointers and strides, in order and without types.
"""One GPU kernel for attention in slots, which reads no further than each slot has come.

torch's fused attention reads the whole extent of every slot and hides what is not there; its tiles
are also made for many queries, where a slot has one per beam. This kernel is the decode case alone:
a program per slot and head takes the beams as the rows of one small matrix (the idea of
EL-attention, Yan et al., 2021), walks over the slot's own entries with a running softmax (Milakov
and Gimelshein, 2018), and stops at the last. Optional: it needs Triton, which comes with torch for
NVIDIA GPUs.
"""

from __future__ import annotations

from typing import Any, Final

import torch
import triton  # type: ignore[import-not-found] # not a dependency: torch brings it, where it can
import triton.language as tl  # type: ignore[import-not-found]
from torch import Tensor

from pipeline.engine.slots import attend as attend_over_all

# Matrix units take at least this many rows.
_LEAST: Final = 16
# Entries read at a time.
_TILE: Final = 32


@triton.jit  # type: ignore[untyped-decorator, unused-ignore]
def _attend(  # type: ignore[no-untyped-def] # Triton compiles this: it is not Python's
    query,
    keys,
    values,
    hidden,
    counts,
    out,
    query_row,
    query_head,
    query_beam,
    key_row,
    key_head,
    key_entry,
    value_row,
    value_head,
    value_entry,
    hidden_row,
    hidden_beam,
    out_row,
    out_head,
    out_beam,
    most,
    beams: tl.constexpr,
    width: tl.constexpr,
    queries: tl.constexpr,
    tile: tl.constexpr,
    masked: tl.constexpr,
) -> None:
    row = tl.program_id(0).to(tl.int64)
    head = tl.program_id(1)
    beam = tl.arange(0, queries)
    feature = tl.arange(0, width)
    real = beam < beams
    at = query + row * query_row + head * query_head
    asked = tl.load(
        at + beam[:, None] * query_beam + feature[None, :], mask=real[:, None], other=0.0
    )
    count = tl.minimum(tl.load(counts + row), most)
    top = tl.full([queries], float("-inf"), tl.float32)
    total = tl.zeros([queries], tl.float32)
    gathered = tl.zeros([queries, width], tl.float32)
    for start in range(0, count, tile):
        entry = start + tl.arange(0, tile)
        there = entry < count
        at = keys + row * key_row + head * key_head
        key = tl.load(
            at + entry[:, None] * key_entry + feature[None, :], mask=there[:, None], other=0.0
        )
        scores = tl.dot(asked, tl.trans(key), input_precision="ieee")
        if masked:
            at = hidden + row * hidden_row
            scores += tl.load(
                at + beam[:, None] * hidden_beam + entry[None, :],
                mask=real[:, None] & there[None, :],
                other=0.0,
            ).to(tl.float32)
        scores = tl.where(there[None, :], scores, float("-inf"))
        highest = tl.maximum(top, tl.max(scores, 1))
        # Nothing visible so far: then all weights are 0, and not what inf - inf would make them.
        base = tl.where(highest == float("-inf"), 0.0, highest)
        weights = tl.exp(scores - base[:, None])
        shrink = tl.exp(top - base)
        total = total * shrink + tl.sum(weights, 1)
        at = values + row * value_row + head * value_head
        value = tl.load(
            at + entry[:, None] * value_entry + feature[None, :], mask=there[:, None], other=0.0
        )
        gathered = gathered * shrink[:, None] + tl.dot(
            weights.to(value.dtype), value, input_precision="ieee"
        )
        top = highest
    result = gathered / total[:, None]
    at = out + row * out_row + head * out_head
    tl.store(
        at + beam[:, None] * out_beam + feature[None, :],
        result.to(out.dtype.element_ty),
        mask=real[:, None],
    )


def attend(
    query: Tensor, keys: Tensor, values: Tensor, *, hidden: Tensor, counts: Tensor, masked: bool
) -> Tensor:
    """Attend over each slot's own entries; see `slots.Attend`."""
    rows, heads, beams, width = query.shape
    if width < _LEAST or width.bit_count() != 1:
        return attend_over_all(query, keys, values, hidden=hidden, counts=counts, masked=masked)
    # In the order in which heads are merged afterwards, so that merging copies nothing.
    out = torch.empty((rows, beams, heads, width), dtype=query.dtype, device=query.device)
    kernel: Any = _attend
    kernel[(rows, heads)](
        query,
        keys,
        values,
        hidden,
        counts,
        out,
        *query.stride()[:3],
        *keys.stride()[:3],
        *values.stride()[:3],
        hidden.stride(0),
        hidden.stride(2),
        out.stride(0),
        out.stride(2),
        out.stride(1),
        keys.shape[2],
        beams=beams,
        width=width,
        queries=max(_LEAST, triton.next_power_of_2(beams)),
        tile=_TILE,
        masked=masked,
    )
    return out.transpose(1, 2)
