"""The BART family on a CPU, in float32 or 8-bit integers: `network`'s, made of the C++ kernels.

It does the same sums in another way. Sources lie one after the other with
no padding between them. The keys and values of a source stay where the product left them, and those
of the past where they were written: when rows leave, only the lists of who is where change. Many
steps of a search are one call into the kernels (`packed_search`), or, under rules that ask Python,
one step of the decoder is. And the output projection finds the best few ids as it
goes, without storing the logits of the others.

Rows are taken (and in int8 quantised) one by one, each sum in one order, so what is decoded beside
a row has no part in its result, not in its last bit.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Final, overload

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PretrainedConfig

from pipeline.engine import kernels
from pipeline.engine.kernels import ENTRIES, Batch, Head, PackedLinear, addresses, at, block_size
from pipeline.engine.layers import Loader, Norm
from pipeline.engine.network import Stack, head_of, vocabularies
from pipeline.engine.packed_search import PackedSearch, takes
from pipeline.engine.rules import Rules
from pipeline.engine.search import Hypothesis, Search
from pipeline.engine.weights import Weights

CPU: Final = torch.device("cpu")


class PackedMemory:
    """Keys and values of one batch; the packed counterpart of `Memory`.

    Args:
        sources: Those of the sources, a block per decoder layer; see `kernels.encode`.
        offsets: Where each row has its source there, *Shape:* ``[rows]`` int64.
        lengths: How long it is, *Shape:* ``[rows]`` int64.
        beams: Hypotheses per row.
        longest: The most steps there can be.
        heads: Attention heads of the decoder.
        width: Features per head.
        exact: Whether in float32.
    """

    def __init__(
        self,
        sources: Sequence[Tensor],
        *,
        offsets: Tensor,
        lengths: Tensor,
        beams: int,
        longest: int,
        heads: int,
        width: int,
        exact: bool,
    ) -> None:
        self.rows, self.beams, self.step = len(offsets), beams, 0
        self._sources, self._offsets, self._lengths = sources, offsets, lengths
        self._slots = torch.arange(self.rows)
        self._longest = _round_up(longest)
        # Few outputs are longer than this, and growing means moving.
        capacity = min(_round_up(int(lengths.max()) * 3 // 2), self._longest)
        # The beams of a row share one block. They have most of their past in common, so that it
        # hardly ever has to grow to the ``capacity x beams`` that they could fill.
        # Room for one step at least, so that doubling is always enough.
        self._entries = max(capacity * min(beams, 2), _round_up(beams))
        words = block_size(heads=heads, width=width, exact=exact, entries=self._entries)
        self._past = [torch.empty((self.rows, words), dtype=torch.int32) for _ in sources]
        self._path = torch.empty((self.rows, beams, capacity), dtype=torch.long)
        self._used = torch.zeros(self.rows, dtype=torch.long)
        self._written = torch.zeros(self.rows, dtype=torch.long)
        # No row has used more entries.
        self._bound = 0
        self._source_addresses = addresses(sources)
        self._past_addresses = addresses(self._past)

    def advance(self) -> Batch:
        """Make room for the next step, and return what the kernels must know of it."""
        capacity = self._path.shape[-1]
        if self.step == capacity:
            capacity = min(2 * capacity, self._longest)
            self._path = F.pad(self._path, (0, capacity - self.step))
        self._bound += self.beams
        if self._bound > self._entries:
            self._bound = int(self._used.max()) + self.beams
        if self._bound > self._entries:
            self._grow(min(2 * self._entries, self._longest * self.beams))
        self.step += 1
        return Batch(
            rows=self.rows,
            beams=self.beams,
            capacity=capacity,
            step=self.step - 1,
            entries=self._entries,
            slots=at(self._slots),
            path=at(self._path),
            used=at(self._used),
            written=at(self._written),
            offsets=at(self._offsets),
            lengths=at(self._lengths),
            past=ctypes.addressof(self._past_addresses),
            sources=ctypes.addressof(self._source_addresses),
        )

    def _grow(self, entries: int) -> None:
        # Entries lie in order in a block, so more of them follow those that there are.
        words = self._past[0].shape[1]
        more = words // self._entries * entries - words
        self._past = [F.pad(past, (0, more)) for past in self._past]
        self._past_addresses = addresses(self._past)
        self._entries = entries

    def follow(self, parents: Tensor) -> None:
        """Let each beam continue the past of the beam it came from.

        *Shape:* ``parents [rows, beams]``, positions of beams within their own row.
        """
        if self.beams > 1:
            taken = self._path[:, :, : self.step]
            taken.copy_(taken.gather(1, parents[:, :, None].expand_as(taken)))

    def keep(self, order: Sequence[int]) -> None:
        """Go on with some rows only; ``order[i]`` is the present place of the row at ``i``."""
        places = torch.tensor(order, dtype=torch.long)
        self.rows = len(order)
        self._offsets, self._lengths = self._offsets[places], self._lengths[places]
        self._slots, self._path = self._slots[places], self._path[places]
        self._used, self._written = self._used[places], self._written[places]


class PackedNetwork:
    """An encoder-decoder of the BART family in the kernels; the counterpart of `Network`.

    Args:
        config: The model's ``config.json``, of a type in `network.FAMILIES`.
        weights: The model's parameters.
        exact: Whether in float32; in int8 if not.

    Raises:
        ValueError: A parameter is missing or has the wrong shape.
        KernelError: The kernels cannot be built on this machine.
    """

    def __init__(self, config: PretrainedConfig, *, weights: Weights, exact: bool) -> None:
        load = Loader(weights, size=config.d_model, device=CPU, dtype=torch.float32)
        shared, targets = vocabularies(config)
        self.device = CPU
        self.padding: int = config.pad_token_id or 0
        self.source_vocabulary: int = config.vocab_size
        self.vocabulary: int = targets
        self.positions: int = config.max_position_embeddings
        layer = partial(_Layer, exact=exact)
        self.encoder: Stack[_Layer] = Stack(
            load, config, side="encoder", words=config.vocab_size, shared=shared, layer=layer
        )
        self.decoder: Stack[_Layer] = Stack(
            load, config, side="decoder", words=targets, shared=shared, layer=layer
        )
        self.head = Head(*head_of(load, config, words=self.decoder.words), exact=exact)
        self._exact = exact
        self._heads: int = config.decoder_attention_heads
        self._width: int = load.size // self._heads
        self._readers = _together(self.encoder.layers)
        self._writers = _together(self.decoder.layers)
        decoder = self.decoder
        # Positions of fairseq's kind begin behind that of padding.
        begin = 1 + decoder.padding if decoder.fairseq else 0
        self._search = PackedSearch(
            self._writers,
            last=_norm(decoder.last_norm),
            words=decoder.words.contiguous(),
            scale=decoder.scale,
            positions=decoder.positions[begin:].contiguous(),
            blank=decoder.positions[decoder.padding].contiguous() if decoder.fairseq else None,
            padding=self.padding,
            first=_norm(decoder.first_norm),
            head=self.head,
        )

    def encode(self, ids: Tensor, *, lengths: Tensor, beams: int, longest: int) -> PackedMemory:
        """Read sources once, and compute what every decoder layer needs of them.

        *Shape:* ``ids [rows, n]`` int64, right-padded; ``lengths [rows]``, the ids that count.
        """
        sources, offsets = self._read(ids, lengths=lengths)
        return PackedMemory(
            sources,
            offsets=offsets,
            lengths=lengths,
            beams=beams,
            longest=longest,
            heads=self._heads,
            width=self._width,
            exact=self._exact,
        )

    def finish(
        self, ids: Tensor, *, lengths: Tensor, search: Search, rules: Rules, longest: int
    ) -> Iterator[tuple[int, list[Hypothesis]]] | None:
        """Decode a batch to its end in the kernels, if they search as told; see `AnyNetwork`."""
        if rules.constrained or not takes(search, longest=longest, vocabulary=self.vocabulary):
            return None
        sources, offsets = self._read(ids, lengths=lengths)
        return self._search(
            sources, offsets=offsets, lengths=lengths, search=search, rules=rules, longest=longest
        )

    @torch.inference_mode()
    def _read(self, ids: Tensor, *, lengths: Tensor) -> tuple[list[Tensor], Tensor]:
        """Return keys and values of sources, per decoder layer, and where each source begins."""
        counts = torch.arange(ids.shape[1])[None, :] < lengths[:, None]
        # A block's size is linear in its entries, which are counted in sixteens.
        unit = block_size(heads=self._heads, width=self._width, exact=self._exact, entries=ENTRIES)
        sizes = (lengths + ENTRIES - 1) // ENTRIES * unit
        offsets = sizes.cumsum(0) - sizes
        sources = kernels.encode(
            self.encoder.embed(ids, start=0)[counts],
            layers=self._readers,
            last=_norm(self.encoder.last_norm),
            readers=self._writers,
            lengths=lengths,
            offsets=offsets,
            words=int(sizes.sum()),
        )
        return sources, offsets

    def scores(self, ids: Tensor, *, memory: PackedMemory) -> _Hidden:
        """Read the newest id of each hypothesis; return what is known of the next.

        *Shape:* ``ids [rows, beams]`` int64.
        """
        state = self.decoder.embed(ids.reshape(-1, 1), start=memory.step).flatten(0, 1)
        kernels.decode(
            state,
            layers=self._writers,
            last=_norm(self.decoder.last_norm),
            batch=memory.advance(),
        )
        return _Hidden(state, head=self.head)


class _Hidden:
    """The last hidden states and the projection still to be done; see `Scores`."""

    def __init__(self, state: Tensor, *, head: Head) -> None:
        self._state, self._head = state, head

    def logits(self) -> Tensor:
        return self._head.logits(self._state)

    def best(
        self, count: int, *, totals: Tensor, banned: Tensor | None, renormalise: bool
    ) -> tuple[Tensor, Tensor, Tensor]:
        return self._head.best(
            self._state, count, totals=totals, banned=banned, renormalise=renormalise
        )


class _Layer:
    """The maps and norms of one layer of an encoder or a decoder; the counterpart of `Layer`."""

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
        exact: bool,
    ) -> None:
        own, other = f"{name}.self_attn", f"{name}.encoder_attn"
        join = partial(_join, exact=exact)
        # These own what the structure of addresses below points to.
        self._maps = {
            "fused": join(_query(load, own, heads=heads), *_pairs(load, own, "k", "v")),
            "out": join(*_pairs(load, own, "out")),
            "inner": PackedLinear(
                *load.pair(f"{name}.fc1", inner, load.size), exact=exact, activation=activation
            ),
            "outer": PackedLinear(*load.pair(f"{name}.fc2", load.size, inner), exact=exact),
        }
        self._norms = {
            "own_norm": load.norm(f"{name}.self_attn_layer_norm"),
            "feed_norm": load.norm(f"{name}.final_layer_norm"),
        }
        if decoder:
            self._maps["query"] = join(_query(load, other, heads=heads))
            self._maps["key_value"] = join(*_pairs(load, other, "k", "v"))
            self._maps["cross_out"] = join(*_pairs(load, other, "out"))
            self._norms["cross_norm"] = load.norm(f"{name}.encoder_attn_layer_norm")
        self.addresses = kernels.Layer(
            heads=heads,
            norm_first=norm_first,
            **{part: map_.handle for part, map_ in self._maps.items()},
            **{part: _norm(norm) for part, norm in self._norms.items()},
        )


@overload
def _norm(norm: Norm) -> kernels.Norm: ...
@overload
def _norm(norm: Norm | None) -> kernels.Norm | None: ...
def _norm(norm: Norm | None) -> kernels.Norm | None:
    """Return the addresses of a norm, which must outlive them."""
    return None if norm is None else kernels.Norm(gain=at(norm.weight), offset=at(norm.bias))


def _together(layers: Sequence[_Layer]) -> ctypes.Array[kernels.Layer]:
    return (kernels.Layer * len(layers))(*[layer.addresses for layer in layers])


def _round_up(steps: int) -> int:
    return (steps + ENTRIES - 1) // ENTRIES * ENTRIES


def _pairs(load: Loader, name: str, *parts: str) -> list[tuple[Tensor, Tensor]]:
    return [load.pair(f"{name}.{part}_proj", load.size, load.size) for part in parts]


def _query(load: Loader, name: str, *, heads: int) -> tuple[Tensor, Tensor]:
    """Return the query map with the attention scale folded in."""
    ((weight, bias),) = _pairs(load, name, "q")
    scale = (load.size // heads) ** -0.5
    return weight * scale, bias * scale


def _join(*maps: tuple[Tensor, Tensor], exact: bool) -> PackedLinear:
    return PackedLinear(
        torch.cat([weight for weight, _ in maps]),
        torch.cat([bias for _, bias in maps]),
        exact=exact,
    )
