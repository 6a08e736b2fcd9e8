"""A model with random weights that copies its input and then stops.

Random weights never end a sentence, and lengths forced from outside end all rows of a batch at the
same step, which no real model does. So one thing is not random: the cross-attention of the first
decoder layer finds, from decoder position t, source position t, and writes the token that stands
there over the previous one. The output is then the source up to its first end of sequence: every
row ends where its input says, in any implementation and number format.

How: positions and tokens live in different dimensions. Queries and keys of that attention read the
dimensions of positions only, with a gain that makes the softmax sharp; values carry the dimensions
of tokens, a slice per head, and the output projection puts them back with a gain that drowns the
previous token. All other branches are random with a small output, so that the residual stream
comes through: the arithmetic is that of any model of the shape, what it says is known.

Tokens come in threes of like embeddings, so that the best has a log-probability of about -0.2 and
a beam search has something to weigh; the end of sequence has no like.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from transformers import (
    BartConfig,
    BartForConditionalGeneration,
    GenerationConfig,
    MarianConfig,
    MarianMTModel,
)

CopyModel = MarianMTModel | BartForConditionalGeneration

# Lead of the right token's logit over an unrelated one, and over the two that are like it: the
# latter have exp(-2.4) of its probability each, which leaves it a log-probability of -0.2.
LEAD: Final = 18.0
LEAD_OF_LIKE: Final = 2.4
# Lead of the right source position's score over the next best, before the softmax.
LEAD_OF_POSITION: Final = 14.0
# The copied token's size against the previous one's, which stands in the residual stream.
COPY_GAIN: Final = 5.0
# Size of every other branch's output against the residual stream.
BRANCH: Final = 0.03
# Share of the last hidden state that is the token: position and noise have the rest.
_TOKEN_SHARE: Final = 0.95


def build_copy_model(config: Mapping[str, Any], *, seed: int = 0) -> CopyModel:
    """Make a copy model of a shape.

    Args:
        config: ``config.json`` of a Marian or BART model, with tied embeddings.
        seed: Of the random weights.

    Raises:
        ValueError: The model type is another, or a head is too narrow to tell positions apart.
    """
    torch.manual_seed(seed)
    # Any: transformers types the parts of its models as little as their methods.
    model: Any = _empty(config)
    width, heads = config["d_model"], config["decoder_attention_heads"]
    head = width // heads
    if head < 16 or heads < 2:
        raise ValueError(
            f"d_model={width} with {heads} heads: a copy model needs two heads or more, each of "
            "16 dimensions or more, to tell positions apart"
        )
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            _randomise(name, parameter)
        # Marian's sinusoids turn fastest at the start of each half: those dimensions tell
        # positions apart, and tokens stay out of them.
        reserved = [*range(head), *range(width // 2, width // 2 + head)]
        read = [*range(head // 2), *range(width // 2, width // 2 + head // 2)]
        free = [i for i in range(width) if i not in set(reserved)]
        tokens = _token_table(config, free=free)
        model.get_input_embeddings().weight.copy_(tokens)
        scale = math.sqrt(width) if config["scale_embedding"] else 1.0
        positions = _positions(model, config, read=read, size=float(tokens.norm(dim=1).max()))
        embedded = tokens[3] * scale + positions
        seen = F.layer_norm(embedded, (width,))[:, read]
        # The layer norm shifts all dimensions by much the same; a bias takes that off again.
        shift = seen[:150].mean(dim=0)
        seen -= shift
        # Only as many places as an output can have must be told apart from all others.
        kernel = seen[: min(len(seen), 150)] @ seen.T
        lead = (kernel.diagonal() - _without_diagonal(kernel).amax(dim=1)).min()
        gain = math.sqrt(LEAD_OF_POSITION * math.sqrt(head) / float(lead))
        cross = model.model.decoder.layers[0].encoder_attn
        for projection in (cross.q_proj, cross.k_proj, cross.v_proj, cross.out_proj):
            projection.weight.zero_()
            projection.bias.zero_()
        for number in range(heads):
            rows = torch.arange(head) + number * head
            for projection in (cross.q_proj, cross.k_proj):
                projection.weight[rows, torch.tensor(read)] = gain
                projection.bias[rows] = -gain * shift
            share = torch.tensor(free[number::heads])
            cross.v_proj.weight[rows[: len(share)], share] = 1.0
            cross.out_proj.weight[share, rows[: len(share)]] = COPY_GAIN
    made: CopyModel = model.eval()
    return made


def save_copy_model(
    config: Mapping[str, Any], folder: Path, *, search: Mapping[str, Any], seed: int = 0
) -> None:
    """Make a copy model and save it in float16, as large models are published.

    Args:
        config: ``config.json`` of the shape.
        folder: Where to; made if it is not there.
        search: What ``generation_config.json`` is to hold beside the special ids.
        seed: Of the random weights.
    """
    model: Any = build_copy_model(config, seed=seed)
    ids = ("bos", "eos", "pad", "decoder_start", "forced_bos", "forced_eos")
    named = {f"{name}_token_id": config.get(f"{name}_token_id") for name in ids}
    model.generation_config = GenerationConfig(**named, **search)  # type: ignore[no-untyped-call]
    model.half().save_pretrained(folder)


def _empty(config: Mapping[str, Any]) -> CopyModel:
    kind = config["model_type"]
    if kind == "marian":
        return MarianMTModel(MarianConfig(**config))
    if kind == "bart":
        return BartForConditionalGeneration(BartConfig(**config))
    raise ValueError(f'model_type={kind!r}: copy models are made for "marian" and "bart" only')


def _randomise(name: str, parameter: nn.Parameter) -> None:
    """Draw a parameter so that each layer keeps the scale, and branches end small."""
    if "embed_positions" in name:
        return
    if "norm" in name:
        parameter.fill_(1.0 if name.endswith("weight") else 0.0)
    elif name.endswith("bias"):
        parameter.normal_(std=0.02)
    else:
        small = "out_proj" in name or "fc2" in name
        parameter.normal_(std=(BRANCH if small else 1.0) / math.sqrt(parameter.shape[-1]))


def _token_table(config: Mapping[str, Any], *, free: list[int]) -> Tensor:
    """Return the embeddings: zero outside the ``free`` dimensions, and zero for padding."""
    words, width = config["vocab_size"], config["d_model"]
    like = LEAD_OF_LIKE / LEAD
    common = torch.randn(-(-words // 3), len(free)).repeat_interleave(3, dim=0)[:words]
    drawn = math.sqrt(1 - like) * common + math.sqrt(like) * torch.randn(words, len(free))
    drawn[config["eos_token_id"]] = torch.randn(len(free))
    drawn -= drawn.mean(dim=1, keepdim=True)
    size = LEAD / (_TOKEN_SHARE * math.sqrt(width))
    table = torch.zeros(words, width)
    table[:, free] = size * F.normalize(drawn, dim=1)
    table[config["pad_token_id"]] = 0
    return table


def _positions(
    model: Any,  # noqa: ANN401 -- see build_copy_model
    config: Mapping[str, Any],
    *,
    read: list[int],
    size: float,
) -> Tensor:
    """Return the position table by position; a learned one is set to random codes first."""
    encoder, decoder = model.model.encoder, model.model.decoder
    if config["model_type"] == "marian":
        table: Tensor = encoder.embed_positions.weight[: config["max_position_embeddings"]].clone()
        return table
    codes = torch.zeros_like(encoder.embed_positions.weight)
    codes[:, read] = torch.randn(len(codes), len(read)).sign() * size / math.sqrt(len(read))
    for side in (encoder, decoder):
        side.embed_positions.weight.copy_(codes)
    # BART's first two rows are never used.
    return codes[2:]


def _without_diagonal(kernel: Tensor) -> Tensor:
    return kernel.masked_fill(torch.eye(*kernel.shape, dtype=torch.bool), -math.inf)
