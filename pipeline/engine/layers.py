"""The sublayers of a transformer: linear maps, norms and attention, from named parameters.

Weights are laid out once, when they are loaded, for the decode step that follows: query, key and
value maps are fused into one product, the attention scale is folded into the query map, and on a
CPU in float32 the matrices are packed for oneDNN. Packed products have a second virtue: a row of
the result does not depend on how many other rows there are, which is most of batch invariance.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor

from pipeline.engine.cache import Memory
from pipeline.engine.weights import Weights

ACTIVATIONS: Final[dict[str, Callable[[Tensor], Tensor]]] = {
    "relu": F.relu,
    "gelu": F.gelu,
    "gelu_new": partial(F.gelu, approximate="tanh"),
    "swish": F.silu,
    "silu": F.silu,
    "tanh": torch.tanh,
}

# Row counts a packed matrix is tuned for; any other count works as well.
_PACKED_FOR: Final = 64


class Linear:
    """``activation(x @ weight.T + bias)``.

    *Shape:* ``weight [out, in]``, ``bias [out]``; ``x [n, in]`` to ``[n, out]``.
    """

    def __init__(self, weight: Tensor, bias: Tensor, *, activation: str | None = None) -> None:
        self._bias = bias.contiguous()
        self._activation = ACTIVATIONS[activation] if activation else None
        self._packed = (
            weight.device.type == "cpu" and weight.dtype == torch.float32 and torch._C._has_mkldnn
        )
        self._weight = (
            torch.ops.mkldnn._reorder_linear_weight(weight.contiguous(), _PACKED_FOR)
            if self._packed
            else weight.contiguous()
        )

    def __call__(self, x: Tensor) -> Tensor:
        """Apply the map to each row."""
        if self._packed:
            y: Tensor = torch.ops.mkldnn._linear_pointwise(
                x, self._weight, self._bias, "none", [], ""
            )
        else:
            y = F.linear(x, self._weight, self._bias)
        return y if self._activation is None else self._activation(y)


class Norm:
    """Layer norm over the last axis (Ba et al., 2016), with the family's epsilon."""

    def __init__(self, weight: Tensor, bias: Tensor) -> None:
        self.weight, self.bias = weight, bias

    def __call__(self, x: Tensor) -> Tensor:
        """Normalise each row."""
        return F.layer_norm(x, self.weight.shape, self.weight, self.bias, 1e-5)


class Loader:
    """Parameters by name, moved to where and how they are used."""

    def __init__(
        self, weights: Weights, *, size: int, device: torch.device, dtype: torch.dtype
    ) -> None:
        self.weights = weights
        self.size = size
        self.device = device
        self.dtype = dtype

    def take(self, *names: str, shape: tuple[int, ...]) -> Tensor:
        """Return the first of ``names`` that the weights have."""
        found = self.weights.take(*names, shape=shape)
        return found.to(device=self.device, dtype=self.dtype)

    def pair(self, name: str, rows: int, columns: int) -> tuple[Tensor, Tensor]:
        """Return weight ``[rows, columns]`` and bias ``[rows]`` of the map called ``name``."""
        return (
            self.take(f"{name}.weight", shape=(rows, columns)),
            self.take(f"{name}.bias", shape=(rows,)),
        )

    def norm(self, name: str) -> Norm:
        """Return the layer norm called ``name``."""
        shape = (self.size,)
        return Norm(
            self.take(f"{name}.weight", shape=shape), self.take(f"{name}.bias", shape=shape)
        )


class Attention:
    """Multi-head attention: the projections around ``softmax(q k') v``."""

    def __init__(self, load: Loader, name: str, *, heads: int, cross: bool) -> None:
        size = load.size
        self.heads = heads
        scale = (size // heads) ** -0.5
        weight, bias = load.pair(f"{name}.q_proj", size, size)
        query = (weight * scale, bias * scale)
        key, value = (load.pair(f"{name}.{part}_proj", size, size) for part in ("k", "v"))
        self.out = Linear(*load.pair(f"{name}.out_proj", size, size))
        if cross:
            self.query = Linear(*query)
            self.key_value = _fused(key, value)
        else:
            self.query_key_value = _fused(query, key, value)

    def split(self, projected: Tensor, *, rows: int, parts: int) -> tuple[Tensor, ...]:
        """Cut a fused product into heads.

        *Shape:* ``[rows x n, parts x size]`` to ``parts`` times ``[rows, heads, n, width]``.
        """
        width = projected.shape[-1] // parts // self.heads
        cut = projected.view(rows, -1, parts, self.heads, width)
        return cut.permute(2, 0, 3, 1, 4).unbind(0)

    def join(self, attended: Tensor) -> Tensor:
        """Merge heads and project. *Shape:* ``[rows, heads, n, width]`` to ``[rows x n, size]``."""
        rows, heads, n, width = attended.shape
        return self.out(attended.transpose(1, 2).reshape(rows * n, heads * width))

    def read(self, x: Tensor, *, rows: int, hidden: Tensor | None) -> Tensor:
        """Attend over a whole source. *Shape:* ``x [rows x n, size]`` to the same."""
        query, key, value = self.split(self.query_key_value(x), rows=rows, parts=3)
        attended = F.scaled_dot_product_attention(query, key, value, attn_mask=hidden, scale=1.0)
        return self.join(attended)

    def recall(self, x: Tensor, *, layer: int, memory: Memory) -> Tensor:
        """Attend over what was produced so far. *Shape:* ``x [rows x beams, size]`` to the same."""
        query, key, value = self.split(self.query_key_value(x), rows=memory.rows, parts=3)
        keys, values = memory.write(layer, keys=key, values=value)
        return self.join(_attend(query, keys, values, hidden=memory.ancestry))

    def consult(self, x: Tensor, *, layer: int, memory: Memory) -> Tensor:
        """Attend over the source. *Shape:* ``x [rows x beams, size]`` to the same."""
        (query,) = self.split(self.query(x), rows=memory.rows, parts=1)
        keys, values = memory.source(layer)
        return self.join(_attend(query, keys, values, hidden=memory.hidden))


class Layer:
    """One layer of an encoder or a decoder.

    Each sublayer is added to its input, with the norm in front of it (``norm_first``) or behind.
    """

    def __init__(
        self,
        load: Loader,
        name: str,
        *,
        heads: int,
        inner: int,
        activation: str,
        norm_first: bool,
        decoder: bool,
    ) -> None:
        self.norm_first = norm_first
        self.self_attention = Attention(load, f"{name}.self_attn", heads=heads, cross=False)
        self.self_norm = load.norm(f"{name}.self_attn_layer_norm")
        if decoder:
            self.cross_attention = Attention(load, f"{name}.encoder_attn", heads=heads, cross=True)
            self.cross_norm = load.norm(f"{name}.encoder_attn_layer_norm")
        self.inner = Linear(*load.pair(f"{name}.fc1", inner, load.size), activation=activation)
        self.outer = Linear(*load.pair(f"{name}.fc2", load.size, inner))
        self.feed_norm = load.norm(f"{name}.final_layer_norm")

    def encode(self, x: Tensor, *, rows: int, hidden: Tensor | None) -> Tensor:
        """Run an encoder layer. *Shape:* ``[rows x n, size]`` to the same."""
        read = partial(self.self_attention.read, rows=rows, hidden=hidden)
        return self._feed(self._around(x, norm=self.self_norm, inside=read))

    def decode(self, x: Tensor, *, layer: int, memory: Memory) -> Tensor:
        """Run a decoder layer for one step. *Shape:* ``[rows x beams, size]`` to the same."""
        recall = partial(self.self_attention.recall, layer=layer, memory=memory)
        consult = partial(self.cross_attention.consult, layer=layer, memory=memory)
        x = self._around(x, norm=self.self_norm, inside=recall)
        return self._feed(self._around(x, norm=self.cross_norm, inside=consult))

    def _feed(self, x: Tensor) -> Tensor:
        return self._around(x, norm=self.feed_norm, inside=lambda y: self.outer(self.inner(y)))

    def _around(self, x: Tensor, *, norm: Norm, inside: Callable[[Tensor], Tensor]) -> Tensor:
        return x + inside(norm(x)) if self.norm_first else norm(x + inside(x))


def _fused(*maps: tuple[Tensor, Tensor]) -> Linear:
    return Linear(torch.cat([weight for weight, _ in maps]), torch.cat([bias for _, bias in maps]))


def _attend(query: Tensor, keys: Tensor, values: Tensor, *, hidden: Tensor | None) -> Tensor:
    """Attend with few queries per row, as products of one matrix per row and head.

    *Shape:* ``query [rows, heads, beams, width]``; ``keys``, ``values`` ``[rows x heads, n,
    width]``; ``hidden``, added to the scores, broadcasts to ``[rows, heads, beams, n]``.
    """
    rows, heads, beams, width = query.shape
    scores = torch.bmm(query.reshape(rows * heads, beams, width), keys.transpose(1, 2))
    if hidden is not None:
        scores.view(rows, heads, beams, -1).add_(hidden)
    return torch.bmm(scores.softmax(-1), values).view(rows, heads, beams, width)


def sinusoids(count: int, size: int) -> Tensor:
    """Position table of Marian and Pegasus: sines in the left half, cosines in the right.

    *Shape:* ``[count, size]``. Computed in float64 like transformers' ``create_weight``, whose
    rounding it must share. Formula: Vaswani et al. (2017), section 3.5.
    """
    rates = 10000.0 ** (torch.arange(0, size, 2, dtype=torch.float64) / size)
    angles = torch.arange(count, dtype=torch.float64)[:, None] / rates
    return torch.cat([angles.sin(), angles.cos()], dim=1)[:, :size].float()


def fairseq_sinusoids(count: int, size: int, *, padding: int) -> Tensor:
    """Position table of M2M100, as in fairseq's ``SinusoidalPositionalEmbedding``.

    *Shape:* ``[count, size]``; the row ``padding`` is zero.
    """
    half = size // 2
    rates = torch.exp(torch.arange(half).float() * -(math.log(10000) / (half - 1)))
    angles = torch.arange(count).float()[:, None] * rates
    table = torch.cat([angles.sin(), angles.cos(), torch.zeros(count, size - 2 * half)], dim=1)
    table[padding] = 0
    return table
