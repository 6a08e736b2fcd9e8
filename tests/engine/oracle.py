"""What is right: ``model.generate`` on one input at a time, in float32."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import event
from transformers import (
    AutoConfig,
    AutoModelForSeq2SeqLM,
    LogitsProcessor,
    LogitsProcessorList,
    __version__,
)

from pipeline.engine import Allowed, Engine, Hypothesis, Search

VOCABULARY = 149  # not a multiple of the block size of the search
POSITIONS = 48
EOS, PAD = 2, 1

# HF's stand-in for a hypothesis that is not there, divided by any length penalty used here.
UNREAL = -1e5

# Scores this close, relatively, are equal but for rounding.
TIE = 3e-6

_SIZES = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "vocab_size": VOCABULARY,
    "max_position_embeddings": POSITIONS,
    "pad_token_id": PAD,
    "eos_token_id": EOS,
    "bos_token_id": 0,
    "decoder_start_token_id": 0,
    "forced_eos_token_id": None,
    "forced_bos_token_id": None,
}
_OPTIONS: dict[str, dict[str, Any]] = {
    "marian": {"activation_function": "swish", "scale_embedding": True},
    "marian-two-vocabularies": {
        "activation_function": "relu",
        "share_encoder_decoder_embeddings": False,
        "decoder_vocab_size": 97,
        "tie_word_embeddings": True,
    },
    "bart": {"activation_function": "gelu"},
    "bart-scaled": {"activation_function": "gelu", "scale_embedding": True},
    "bart-untied": {"activation_function": "gelu", "tie_word_embeddings": False},
    "mbart": {"activation_function": "gelu", "scale_embedding": True},
    "pegasus": {"activation_function": "relu", "scale_embedding": True},
    "m2m_100": {"activation_function": "relu", "scale_embedding": True},
}
_T5 = {
    "d_model": 32,
    "d_kv": 8,
    "d_ff": 48,
    "num_layers": 2,
    "num_heads": 4,
    "vocab_size": VOCABULARY,
    "pad_token_id": PAD,
    "eos_token_id": EOS,
    "decoder_start_token_id": 0,
}
NATIVE = tuple(_OPTIONS)
# The same, decoded by torch and not by the compiled kernels.
TORCH = tuple(f"{kind}@torch" for kind in NATIVE)


@dataclass(frozen=True)
class Pair:
    """Our engine and HF's model of the same weights."""

    folder: Path
    engine: Engine
    model: Any


def build(kind: str, folder: Path, *, options: Mapping[str, Any] | None = None) -> Path:
    """Save a random model whose outputs vary with the input and end by themselves.

    ``options`` replace settings of its ``config.json``.
    """
    torch.manual_seed(sum(map(ord, kind)))
    usual = _T5 if kind == "t5" else {**_SIZES, **_OPTIONS[kind]}
    config = AutoConfig.for_model(kind.partition("-")[0], **{**usual, **(options or {})})
    end = config.eos_token_id
    auto: Any = AutoModelForSeq2SeqLM
    model = auto.from_config(config)
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if "norm" in name:
                parameter.normal_(mean=float(name.endswith("weight")), std=0.1)
            elif parameter.dim() == 1:
                parameter.normal_(std=0.1)
            elif "shared" in name or "embed" in name:
                # Small embeddings and large maps: else each id is its own best successor.
                if "embed_positions" not in name:
                    parameter.normal_(std=0.3)
                elif kind.startswith(("bart", "mbart")):
                    parameter.normal_(std=1.0)
            else:
                # But no sharp attention: it blows rounding up until results differ.
                sharp = name.endswith(("q_proj.weight", "k_proj.weight", "q.weight", "k.weight"))
                parameter.normal_(std=0.25 if sharp else 0.6)
        if hasattr(model, "final_logits_bias"):
            model.final_logits_bias.normal_(std=0.5)
            model.final_logits_bias[0, end] = 2.5 if kind != "bart" else -1.0
        else:
            model.get_input_embeddings().weight[end] *= 2.5
    model.save_pretrained(folder)
    return folder


def load_pair(folder: Path, *, compiled: bool = True) -> Pair:
    """Load both sides, on the CPU in float32."""
    model = AutoModelForSeq2SeqLM.from_pretrained(folder, dtype=torch.float32).eval()
    engine = Engine.load(folder, device="cpu", precision="float32", compiled=compiled)
    return Pair(folder, engine, model)


def reference(
    pair: Pair,
    ids: Sequence[int],
    settings: dict[str, Any],
    *,
    index: int = 0,
    allowed: Allowed | None = None,
) -> list[Hypothesis]:
    """What ``model.generate`` returns for one input; ``settings`` are its keyword arguments."""
    extra: dict[str, Any] = {}
    if allowed is not None:
        extra["prefix_allowed_tokens_fn"] = lambda _, prefix: allowed(index, prefix.tolist())
    try:
        output = pair.model.generate(
            input_ids=torch.tensor([list(ids)]),
            attention_mask=torch.ones(1, len(ids), dtype=torch.long),
            return_dict_in_generate=True,
            output_scores=True,
            output_logits=True,
            **settings,
            **extra,
        )
    except RuntimeError as error:
        if pair.model.config.vocab_size == pair.engine.vocab_size:
            raise
        pytest.skip(f"transformers {__version__} has no beam search for two vocabularies: {error}")
    end: Any = settings.get("eos_token_id", pair.engine.search.eos_token_id)
    ends = list(end) if isinstance(end, (list, tuple)) else [end]
    rows = [trim(row[1:], ends) for row in output.sequences.tolist()]
    if settings.get("num_beams", pair.engine.search.beams) > 1:
        scores = output.sequences_scores.tolist()
    else:
        steps = [logits[0].log_softmax(-1) for logits in output.logits]
        total = sum(float(step[token]) for step, token in zip(steps, rows[0], strict=False))
        penalty = settings.get("length_penalty", pair.engine.search.length_penalty)
        scores = [total / len(rows[0]) ** penalty]
    return [Hypothesis(row, score) for row, score in zip(rows, scores, strict=True)]


class _Margins(LogitsProcessor):
    """Watches a search and notes by how little, relatively, its closest choice was made.

    Args:
        wanted: How many of the best continuations the search takes at each step.
        beams: Whether their scores add up.
        renormalise: Whether what follows makes the scores sum to one.
    """

    def __init__(self, *, wanted: int, beams: bool, renormalise: bool) -> None:
        self.narrowest = math.inf
        self._wanted, self._beams, self._renormalise = wanted, beams, renormalise
        self._totals: dict[tuple[int, ...], float] = {}

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        gained = scores.double().log_softmax(-1) if self._renormalise else scores.double()
        rows = {tuple(ids): row for row, ids in enumerate(input_ids.tolist())}
        prefixes = list(rows)
        before = torch.tensor([self._totals.get(prefix, 0.0) for prefix in prefixes])
        totals = (gained[list(rows.values())] + before[:, None]).flatten()
        best, places = totals.topk(min(self._wanted + 1, len(totals)))
        real = best > UNREAL
        for total, place in zip(best[real].tolist(), places[real].tolist(), strict=True):
            row, token = divmod(place, scores.shape[1])
            self._totals[*prefixes[row], token] = total if self._beams else 0.0
        best = best[real]
        gaps = (best[:-1] - best[1:]) / best[:-1].abs().clamp(min=1.0)
        # Scores that are equal by construction, as under a constraint, have an order in HF.
        self.narrowest = min([self.narrowest, *gaps[gaps > 0].tolist()])
        return scores


def narrowest_choice(
    pair: Pair,
    ids: Sequence[int],
    settings: dict[str, Any],
    *,
    index: int = 0,
    allowed: Allowed | None = None,
) -> float:
    """By how little, relatively, ``model.generate`` makes its closest choice for an input."""
    search = search_of(pair, settings)
    wanted = 1 if search.beams == 1 else max(2, 1 + len(search.ends)) * search.beams
    margins = _Margins(wanted=wanted, beams=search.beams > 1, renormalise=search.renormalize_logits)
    watched = {**settings, "logits_processor": LogitsProcessorList([margins])}
    reference(pair, ids, watched, index=index, allowed=allowed)
    return margins.narrowest


def assert_equals_generate(
    pair: Pair,
    ours: Sequence[Hypothesis],
    ids: Sequence[int],
    settings: dict[str, Any],
    *,
    index: int = 0,
    allowed: Allowed | None = None,
) -> None:
    """Assert that ``ours`` is what ``model.generate`` returns for an input.

    Unless a rounding decided: on the way there it chose between continuations whose scores are less
    than `TIE` apart. Which one lives on is then for the last bit to say.
    """
    try:
        assert_same(ours, reference(pair, ids, settings, index=index, allowed=allowed))
    except AssertionError:
        if narrowest_choice(pair, ids, settings, index=index, allowed=allowed) > TIE:
            raise
        event("a rounding decided")


def trim(row: list[int], ends: Sequence[int]) -> list[int]:
    """Cut the padding after the first end of sequence."""
    places = [place for place, token in enumerate(row) if token in ends]
    return row[: places[0] + 1] if places else row


def assert_same(
    ours: Sequence[Hypothesis], theirs: Sequence[Hypothesis], *, tolerance: float = 1e-4
) -> None:
    """Equal tokens, and scores within ``tolerance``, over all real hypotheses.

    Two hypotheses may change places if their scores are a rounding apart: sums in another order
    (a batch, another way to multiply) then decide, in HF as here.
    """
    real = [hypothesis for hypothesis in theirs if hypothesis.score > UNREAL]
    if not real:
        # The rules leave no output. HF returns one all the same, and so do we: any.
        assert len(ours) == 1
        assert ours[0].score <= UNREAL
        return
    assert len(ours) == len(real)
    for our, their in zip(ours, real, strict=True):
        assert math.isclose(our.score, their.score, rel_tol=tolerance, abs_tol=tolerance)
        tied = math.isclose(our.score, their.score, rel_tol=TIE, abs_tol=TIE)
        assert our.tokens == their.tokens or (tied and len(real) > 1), (ours, theirs)


def search_of(pair: Pair, settings: dict[str, Any]) -> Search:
    """The `Search` of HF's keyword arguments, over the model's own settings."""
    return Search.from_generation_config(pair.engine.generation_config, **settings)
