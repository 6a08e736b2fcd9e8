"""The BART family as one network with a few switches: ids in, logits out.

Marian, BART, mBART, Pegasus and M2M100 (with NLLB) differ in where the layer norms sit, how
positions are numbered and embedded, and whether embeddings are scaled and normalised; `Family`
says which. The arithmetic follows "Attention Is All You Need" (Vaswani et al., 2017) as these
models lay it out in transformers' ``modeling_*.py``.

Two methods are the contract: `Network.encode` reads a batch of sources into a `Memory`,
`Network.step` reads one id per hypothesis and returns the logits of the next. (`finish` is for
networks that do the whole loop themselves.)
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final, Generic, TypeVar

import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import PretrainedConfig

from pipeline.engine.cache import Memory
from pipeline.engine.layers import (
    ACTIVATIONS,
    Layer,
    Linear,
    Loader,
    fairseq_sinusoids,
    sinusoids,
)
from pipeline.engine.rules import Rules
from pipeline.engine.scores import BLOCK, Logits
from pipeline.engine.search import Search
from pipeline.engine.weights import Weights


@dataclass(frozen=True, slots=True)
class Family:
    """The switches between the architectures.

    Attributes:
        norm_first: Layer norm before each sublayer (and once at the end), not after it.
        norm_embedding: Layer norm on the embedded input.
        positions: ``"sinusoids"``; ``"learned"``, parameters with two unused rows in front; or
            ``"fairseq"``, sinusoids that start after the padding id, with none for padding.
    """

    norm_first: bool
    norm_embedding: bool
    positions: str


FAMILIES: Final = {
    "marian": Family(norm_first=False, norm_embedding=False, positions="sinusoids"),
    "bart": Family(norm_first=False, norm_embedding=True, positions="learned"),
    "mbart": Family(norm_first=True, norm_embedding=True, positions="learned"),
    "pegasus": Family(norm_first=True, norm_embedding=False, positions="sinusoids"),
    "m2m_100": Family(norm_first=True, norm_embedding=False, positions="fairseq"),
}


def is_native(config: PretrainedConfig) -> bool:
    """Return whether this network runs models of that configuration."""
    return config.model_type in FAMILIES and config.activation_function in ACTIVATIONS


class Network:
    """An encoder-decoder of the BART family, ready to decode.

    Args:
        config: The model's ``config.json``, of a type in `FAMILIES`.
        weights: The model's parameters.
        device: Where to compute.
        dtype: The format of parameters and activations.

    Raises:
        ValueError: A parameter is missing or has the wrong shape.
    """

    def __init__(
        self,
        config: PretrainedConfig,
        *,
        weights: Weights,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        load = Loader(weights, size=config.d_model, device=device, dtype=dtype)
        shared, targets = vocabularies(config)
        self.device = device
        self.dtype = dtype
        self.padding: int = config.pad_token_id or 0
        self.source_vocabulary: int = config.vocab_size
        self.vocabulary: int = targets
        self.positions: int = config.max_position_embeddings
        self.encoder: Stack[Layer] = Stack(
            load, config, side="encoder", words=config.vocab_size, shared=shared, layer=Layer
        )
        self.decoder: Stack[Layer] = Stack(
            load, config, side="decoder", words=targets, shared=shared, layer=Layer
        )
        self.head = Linear(*head_of(load, config, words=self.decoder.words))

    def encode(self, ids: Tensor, *, lengths: Tensor, beams: int, longest: int) -> Memory:
        """Read sources once, and compute what every decoder layer needs of them.

        *Shape:* ``ids [rows, n]`` int64, right-padded; ``lengths [rows]``, the ids that count.
        """
        rows, n = ids.shape
        hidden: Tensor | None = None
        if int(lengths.min()) < n:
            padded = torch.arange(n, device=self.device)[None, :] >= lengths[:, None]
            hidden = torch.zeros((rows, 1, 1, n), device=self.device, dtype=self.dtype)
            hidden.masked_fill_(padded[:, None, None, :], -math.inf)
        state = self.encoder.embed(ids, start=0).flatten(0, 1)
        for layer in self.encoder.layers:
            state = layer.encode(state, rows=rows, hidden=hidden)
            if state.dtype == torch.float16:
                # As HF does, keep the large activations of some old checkpoints finite.
                state = state.clamp(-64504.0, 64504.0)
        state = self.encoder.finish(state)
        sources = [
            layer.cross_attention.split(layer.cross_attention.key_value(state), rows=rows, parts=2)
            for layer in self.decoder.layers
        ]
        cross = torch.stack([torch.stack(source) for source in sources])
        return Memory(cross, hidden=hidden, beams=beams, longest=longest)

    def finish(
        self, ids: Tensor, *, lengths: Tensor, search: Search, rules: Rules, longest: int
    ) -> None:
        """Leave the loop to `decode`."""
        return

    def scores(self, ids: Tensor, *, memory: Memory) -> Logits:
        """Read the newest id of each hypothesis; return what is known of the next."""
        return Logits(self.step(ids, memory=memory))

    def step(self, ids: Tensor, *, memory: Memory) -> Tensor:
        """Read the newest id of each hypothesis; return the logits of the next.

        *Shape:* ``ids [rows, beams]`` int64 to ``[rows x beams, columns]`` float32, where the
        columns past the vocabulary are ``-inf`` and their number is a multiple of `BLOCK`.
        """
        state = self.decoder.embed(ids.reshape(-1, 1), start=memory.step).flatten(0, 1)
        memory.advance()
        for index, layer in enumerate(self.decoder.layers):
            state = layer.decode(state, layer=index, memory=memory)
        return self.head(self.decoder.finish(state)).float()


AnyLayer = TypeVar("AnyLayer")


class Stack(Generic[AnyLayer]):
    """Encoder or decoder: embeddings, layers, and the norms around them.

    Args:
        load: The parameters.
        config: The model's configuration.
        side: ``"encoder"`` or ``"decoder"``.
        words: The number of ids that are embedded.
        shared: Whether both sides have one vocabulary.
        layer: Makes a layer; called as `Layer` is.
    """

    def __init__(
        self,
        load: Loader,
        config: PretrainedConfig,
        *,
        side: str,
        words: int,
        shared: bool,
        layer: Callable[..., AnyLayer],
    ) -> None:
        family = FAMILIES[config.model_type]
        name = f"model.{side}"
        self.words = load.take(
            *_word_tables(config, side=side, shared=shared), shape=(words, load.size)
        )
        self.scale = math.sqrt(load.size) if config.scale_embedding else 1.0
        self.padding = config.pad_token_id
        self.fairseq = family.positions == "fairseq"
        self.positions = _positions(load, config, name=name, kind=family.positions)
        self.first_norm = (
            load.norm(f"{name}.layernorm_embedding") if family.norm_embedding else None
        )
        self.last_norm = load.norm(f"{name}.layer_norm") if family.norm_first else None
        self.layers = [
            layer(
                load,
                f"{name}.layers.{index}",
                heads=getattr(config, f"{side}_attention_heads"),
                inner=getattr(config, f"{side}_ffn_dim"),
                activation=config.activation_function,
                norm_first=family.norm_first,
                decoder=side == "decoder",
            )
            for index in range(getattr(config, f"{side}_layers"))
        ]

    def embed(self, ids: Tensor, *, start: int) -> Tensor:
        """Embed ids at positions from ``start``. *Shape:* ``[rows, n]`` to ``[rows, n, size]``."""
        if self.fairseq:
            counted = (ids != self.padding).long()
            places = (counted.cumsum(1) + start) * counted + self.padding
            positions = self.positions[places]
        else:
            positions = self.positions[start : start + ids.shape[1]]
        embedded = F.embedding(ids, self.words) * self.scale + positions
        return embedded if self.first_norm is None else self.first_norm(embedded)

    def finish(self, state: Tensor) -> Tensor:
        """Apply the norm after the last layer, if there is one. *Shape:* unchanged."""
        return state if self.last_norm is None else self.last_norm(state)


def vocabularies(config: PretrainedConfig) -> tuple[bool, int]:
    """Return whether both sides share one vocabulary, and the number of target ids."""
    # Only Marian may have a vocabulary per side.
    shared = getattr(config, "share_encoder_decoder_embeddings", True)
    return shared, config.vocab_size if shared else config.decoder_vocab_size


def head_of(load: Loader, config: PretrainedConfig, *, words: Tensor) -> tuple[Tensor, Tensor]:
    """Return the output projection, padded to whole blocks of `BLOCK` columns.

    Columns past the vocabulary get a bias of ``-inf``: nothing to any softmax, maximum or sum.

    *Shape:* ``words [targets, size]`` to ``[columns, size]`` and ``[columns]``.
    """
    targets = len(words)
    tied = getattr(config, "tie_word_embeddings", True)
    head = words if tied else load.take("lm_head.weight", shape=(targets, load.size))
    bias = (
        load.take("final_logits_bias", shape=(1, targets))[0]
        if load.weights.has("final_logits_bias")
        else head.new_zeros(targets)
    )
    spare = BLOCK - targets % BLOCK
    return F.pad(head, (0, 0, 0, spare)), F.pad(bias, (0, spare), value=-math.inf)


def _word_tables(config: PretrainedConfig, *, side: str, shared: bool) -> tuple[str, ...]:
    """Return the names under which a side's embedding may be saved; tied ones have several."""
    own, common = f"model.{side}.embed_tokens.weight", "model.shared.weight"
    if not getattr(config, "tie_word_embeddings", True):
        return (own, common)
    if shared:
        return (common, own, "model.decoder.embed_tokens.weight", "lm_head.weight")
    return (own,) if side == "encoder" else (own, "lm_head.weight")


def _positions(load: Loader, config: PretrainedConfig, *, name: str, kind: str) -> Tensor:
    """Return the position table, with row 0 for position 0 (``"fairseq"``: for id 0)."""
    count, size = config.max_position_embeddings, load.size
    table = f"{name}.embed_positions.weight"
    if kind == "learned":
        return load.take(table, shape=(count + 2, size))[2:]
    if kind == "fairseq":
        # HF makes two more, and yet more when a position behind a high padding id needs them.
        rows = count + max(2, 1 + config.pad_token_id)
        made = fairseq_sinusoids(rows, size, padding=config.pad_token_id)
        return made.to(load.device, load.dtype)
    # Old checkpoints carry the sinusoids; what they carry is what HF uses.
    if table in load.weights.tensors:
        return load.take(table, shape=(count, size))
    return sinusoids(count, size).to(load.device, load.dtype)
