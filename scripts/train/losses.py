# ruff: noqa: ANN401, PLR0917 - the signature of an autograd function is torch's
"""Cross-entropy straight from the decoder's states, without a table of all logits in memory.

On a small model the output vocabulary is half of the arithmetic, and on a CPU the float32 logits of
a batch (tokens x vocabulary) do not fit in cache: writing and reading them several times costs more
than computing them. So a few hundred rows at a time, forward and backward in one visit.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional as F

# Rows at a time: what fits in a CPU's cache, or is enough to fill a GPU.
_ROWS = {"cpu": 512, "cuda": 16_384}


class _LinearCrossEntropy(torch.autograd.Function):
    @staticmethod
    def forward(
        ctx: Any, states: Tensor, table: Tensor, labels: Tensor, weights: Tensor, smoothing: float
    ) -> Tensor:
        states_low, table_low = states.to(torch.bfloat16), table.to(torch.bfloat16)
        state_grads = torch.empty_like(states_low)
        table_grad = torch.zeros_like(table)
        shares = weights / weights.sum().clamp_min(1e-9)
        loss = states.new_zeros((), dtype=torch.float32)
        step = _ROWS.get(states.device.type, 4096)
        for start in range(0, len(states), step):
            rows = slice(start, start + step)
            logits = F.linear(states_low[rows], table_low).float()
            label, share = labels[rows, None], shares[rows, None]
            norm = logits.logsumexp(1, keepdim=True)
            each = norm - (1 - smoothing) * logits.gather(1, label)
            if smoothing:
                each -= smoothing * logits.mean(1, keepdim=True)
            loss += (each * share).sum()
            # From here `logits` becomes its own gradient: probabilities less the smoothed target.
            grad = logits.sub_(norm).exp_()
            if smoothing:
                grad.sub_(smoothing / len(table))
            grad.scatter_add_(1, label, torch.full_like(share, smoothing - 1))
            low = grad.mul_(share).to(torch.bfloat16)
            state_grads[rows] = low @ table_low
            table_grad += low.t() @ states_low[rows]
        ctx.save_for_backward(state_grads, table_grad)
        ctx.kind = states.dtype
        return loss

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        state_grads, table_grad = ctx.saved_tensors
        return state_grads.to(ctx.kind) * grads[0], table_grad * grads[0], None, None, None


def linear_cross_entropy(
    states: Tensor, table: Tensor, labels: Tensor, *, weights: Tensor, smoothing: float = 0.0
) -> Tensor:
    """Return the weighted mean cross-entropy of `softmax(states @ table.T)`, in bfloat16 products.

    Args:
        states: decoder states, (tokens, d_model).
        table: output embeddings, (vocabulary, d_model).
        labels: (tokens,).
        weights: of each token in the mean, (tokens,), float32; zero leaves it out.
        smoothing: share of the target spread over the whole vocabulary (label smoothing).

    Returns:
        A scalar in float32.
    """
    loss: Tensor = _LinearCrossEntropy.apply(  # type: ignore[no-untyped-call]
        states, table, labels, weights, smoothing
    )
    return loss
