"""The BART family in 8-bit integers on a CPU: the network of `network`, made of the C++ kernels.

It differs from the float32 network in more than its numbers. Sources lie one after the other with
no padding between them. The keys and values of a source stay where the product left them, and those
of the past where they were written: when rows leave, only the lists of who is where change. And the
output projection finds the best few ids as it goes, without storing the logits of the others.

Rows are quantised one by one, so what is decoded beside a row has no part in its result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PretrainedConfig

from pipeline.engine.cache import FIRST_STEPS
from pipeline.engine.kernels import ENTRIES, Head, Past, QuantisedLinear, Sources, block_size, read
from pipeline.engine.layers import Loader, Norm
from pipeline.engine.network import Stack, head_of, vocabularies
from pipeline.engine.weights import Weights

CPU: Final = torch.device("cpu")

# Source ids that go through the encoder together: the activations of more spill out of a core's
# own cache, and those of fewer leave products too small.
GROUP: Final = 192


class PackedMemory:
    """Keys and values of one batch; the packed counterpart of `Memory`.

    Args:
        sources: Those of the sources, per decoder layer.
        offsets: Where each row has its source there, *Shape:* ``[rows]`` int64.
        lengths: How long it is, *Shape:* ``[rows]`` int64.
        beams: Hypotheses per row.
        longest: The most steps there can be.
        heads: Attention heads of the decoder.
        width: Features per head.
    """

    def __init__(
        self,
        sources: Sequence[Sources],
        *,
        offsets: Tensor,
        lengths: Tensor,
        beams: int,
        longest: int,
        heads: int,
        width: int,
    ) -> None:
        self.rows, self.beams, self.step = len(offsets), beams, 0
        self.sources, self.offsets, self.lengths = sources, offsets, lengths
        self.slots = torch.arange(self.rows)
        self._longest = _round_up(longest)
        capacity = min(FIRST_STEPS, self._longest)
        self.past = [
            Past(slots=self.rows, capacity=capacity, beams=beams, heads=heads, width=width)
            for _ in sources
        ]
        self.path = torch.zeros((self.rows, beams, capacity), dtype=torch.long)

    def advance(self) -> None:
        """Make room for the next step."""
        capacity = self.path.shape[-1]
        if self.step == capacity:
            grown = min(2 * capacity, self._longest)
            for past in self.past:
                past.grow(grown, beams=self.beams)
            self.path = F.pad(self.path, (0, grown - capacity))
        if self.beams > 1:
            self.path[:, :, self.step] = torch.arange(self.beams)
        self.step += 1

    def follow(self, parents: Tensor) -> None:
        """Let each beam continue the past of the beam it came from.

        *Shape:* ``parents [rows, beams]``, positions of beams within their own row.
        """
        if self.beams > 1:
            taken = self.path[:, :, : self.step]
            taken.copy_(taken.gather(1, parents[:, :, None].expand_as(taken)))

    def keep(self, order: Sequence[int]) -> None:
        """Go on with some rows only; ``order[i]`` is the present place of the row at ``i``."""
        places = torch.tensor(order, dtype=torch.long)
        self.rows = len(order)
        self.offsets, self.lengths = self.offsets[places], self.lengths[places]
        self.slots, self.path = self.slots[places], self.path[places]


class QuantisedNetwork:
    """An encoder-decoder of the BART family in int8; the counterpart of `Network`.

    Args:
        config: The model's ``config.json``, of a type in `network.FAMILIES`.
        weights: The model's parameters.

    Raises:
        ValueError: A parameter is missing or has the wrong shape.
        KernelError: The kernels cannot be built on this machine.
    """

    def __init__(self, config: PretrainedConfig, *, weights: Weights) -> None:
        load = Loader(weights, size=config.d_model, device=CPU, dtype=torch.float32)
        shared, targets = vocabularies(config)
        self._heads: int = config.decoder_attention_heads
        self.device = CPU
        self.padding: int = config.pad_token_id or 0
        self.source_vocabulary: int = config.vocab_size
        self.vocabulary: int = targets
        self.positions: int = config.max_position_embeddings
        self.encoder: Stack[_Layer] = Stack(
            load, config, side="encoder", words=config.vocab_size, shared=shared, layer=_Layer
        )
        self.decoder: Stack[_Layer] = Stack(
            load, config, side="decoder", words=targets, shared=shared, layer=_Layer
        )
        self.head = Head(*head_of(load, config, words=self.decoder.words))

    def encode(self, ids: Tensor, *, lengths: Tensor, beams: int, longest: int) -> PackedMemory:
        """Read sources once, and compute what every decoder layer needs of them.

        *Shape:* ``ids [rows, n]`` int64, right-padded; ``lengths [rows]``, the ids that count.
        """
        counts = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        starts = lengths.cumsum(0) - lengths
        embedded = self.encoder.embed(ids, start=0)[counts]
        state = torch.cat(
            [
                self._read(embedded[tokens], lengths=lengths[rows])
                for rows, tokens in _groups(lengths.tolist())
            ]
        )
        heads, width = self._heads, state.shape[1] // self._heads
        # A block's size is linear in its entries, which are counted in sixteens.
        unit = block_size(heads=heads, width=width, entries=ENTRIES)
        sizes = (lengths + ENTRIES - 1) // ENTRIES * unit
        offsets = sizes.cumsum(0) - sizes
        words = int(sizes.sum())
        sources = [
            Sources(
                layer.key_value(state),
                starts=starts,
                lengths=lengths,
                offsets=offsets,
                words=words,
                heads=heads,
            )
            for layer in self.decoder.layers
        ]
        return PackedMemory(
            sources,
            offsets=offsets,
            lengths=lengths,
            beams=beams,
            longest=longest,
            heads=heads,
            width=width,
        )

    def _read(self, state: Tensor, *, lengths: Tensor) -> Tensor:
        """Run the encoder. *Shape:* ``[tokens, size]`` to the same."""
        starts = lengths.cumsum(0) - lengths
        for layer in self.encoder.layers:
            state = layer.encode(state, starts=starts, lengths=lengths)
        return self.encoder.finish(state)

    def scores(self, ids: Tensor, *, memory: PackedMemory) -> _Hidden:
        """Read the newest id of each hypothesis; return what is known of the next.

        *Shape:* ``ids [rows, beams]`` int64.
        """
        state = self.decoder.embed(ids.reshape(-1, 1), start=memory.step).flatten(0, 1)
        memory.advance()
        for index, layer in enumerate(self.decoder.layers):
            state = layer.decode(state, index=index, memory=memory)
        return _Hidden(self.decoder.finish(state), head=self.head)


class _Hidden:
    """The last hidden states and the projection still to be done; see `Scores`."""

    def __init__(self, state: Tensor, *, head: Head) -> None:
        self._state, self._head = state, head

    def logits(self) -> Tensor:
        return self._head.logits(self._state)

    def best(
        self, count: int, *, banned: Tensor | None, renormalise: bool
    ) -> tuple[Tensor, Tensor]:
        return self._head.best(self._state, count, banned=banned, renormalise=renormalise)


class _Layer:
    """One layer of an encoder or a decoder; the counterpart of `layers.Layer`."""

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
        self._heads, self._norm_first = heads, norm_first
        own = f"{name}.self_attn"
        self._fused = _join(_query(load, own, heads=heads), *_pairs(load, own, "k", "v"))
        self._out = QuantisedLinear(*_pairs(load, own, "out")[0])
        self._norm = load.norm(f"{name}.self_attn_layer_norm")
        if decoder:
            other = f"{name}.encoder_attn"
            self._query = QuantisedLinear(*_query(load, other, heads=heads))
            self.key_value = _join(*_pairs(load, other, "k", "v"))
            self._cross_out = QuantisedLinear(*_pairs(load, other, "out")[0])
            self._cross_norm = load.norm(f"{name}.encoder_attn_layer_norm")
        self._inner = QuantisedLinear(
            *load.pair(f"{name}.fc1", inner, load.size), activation=activation
        )
        self._outer = QuantisedLinear(*load.pair(f"{name}.fc2", load.size, inner))
        self._feed_norm = load.norm(f"{name}.final_layer_norm")

    def encode(self, x: Tensor, *, starts: Tensor, lengths: Tensor) -> Tensor:
        """Run an encoder layer. *Shape:* ``[tokens, size]`` to the same."""

        def attend(y: Tensor) -> Tensor:
            return read(self._fused(y), starts=starts, lengths=lengths, heads=self._heads)

        return self._feed(self._around(x, norm=self._norm, inside=attend, out=self._out))

    def decode(self, x: Tensor, *, index: int, memory: PackedMemory) -> Tensor:
        """Run a decoder layer for one step. *Shape:* ``[rows x beams, size]`` to the same."""

        def recall(y: Tensor) -> Tensor:
            return memory.past[index].recall(
                self._fused(y), slots=memory.slots, path=memory.path, step=memory.step - 1
            )

        def consult(y: Tensor) -> Tensor:
            return memory.sources[index].consult(
                self._query(y), offsets=memory.offsets, lengths=memory.lengths, beams=memory.beams
            )

        x = self._around(x, norm=self._norm, inside=recall, out=self._out)
        x = self._around(x, norm=self._cross_norm, inside=consult, out=self._cross_out)
        return self._feed(x)

    def _feed(self, x: Tensor) -> Tensor:
        return self._around(x, norm=self._feed_norm, inside=self._inner, out=self._outer)

    def _around(
        self, x: Tensor, *, norm: Norm, inside: Callable[[Tensor], Tensor], out: QuantisedLinear
    ) -> Tensor:
        """Add ``out(inside(x))`` to ``x``, with the norm in front or behind."""
        if self._norm_first:
            return out(inside(norm(x)), residual=x)
        return out(inside(x), residual=x, norm=(norm.weight, norm.bias))


def _groups(lengths: Sequence[int]) -> Iterator[tuple[slice, slice]]:
    """Yield runs of sources, as rows and as tokens, that together stay in a core's cache."""
    row = token = 0
    while row < len(lengths):
        end, tokens = row + 1, lengths[row]
        while end < len(lengths) and tokens + lengths[end] <= GROUP:
            tokens += lengths[end]
            end += 1
        yield slice(row, end), slice(token, token + tokens)
        row, token = end, token + tokens


def _round_up(steps: int) -> int:
    return (steps + ENTRIES - 1) // ENTRIES * ENTRIES


def _pairs(load: Loader, name: str, *parts: str) -> list[tuple[Tensor, Tensor]]:
    return [load.pair(f"{name}.{part}_proj", load.size, load.size) for part in parts]


def _query(load: Loader, name: str, *, heads: int) -> tuple[Tensor, Tensor]:
    """Return the query map with the attention scale folded in."""
    ((weight, bias),) = _pairs(load, name, "q")
    scale = (load.size // heads) ** -0.5
    return weight * scale, bias * scale


def _join(*maps: tuple[Tensor, Tensor]) -> QuantisedLinear:
    return QuantisedLinear(
        torch.cat([weight for weight, _ in maps]), torch.cat([bias for _, bias in maps])
    )
