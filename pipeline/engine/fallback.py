"""Every other encoder-decoder, through ``model.generate``: slower, never refused.

The same interface as our own decoding of one batch, so that batching, duplicates and memory are
handled alike. Whatever transformers can load as a sequence-to-sequence model works.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from transformers import GenerationConfig, PretrainedConfig

from pipeline.engine.beam import UNREAL
from pipeline.engine.decode import pad
from pipeline.engine.search import PROMPT, Allowed, Hypothesis, Search

if TYPE_CHECKING:
    from transformers.generation.utils import (
        GenerateBeamEncoderDecoderOutput,
        GenerateEncoderDecoderOutput,
    )


class Fallback:
    """A model of another architecture, decoded by transformers itself.

    Args:
        folder: The model folder.
        config: Its ``config.json``.
        device: Where to compute.
        dtype: The format of parameters and activations.

    Raises:
        ValueError: transformers has no sequence-to-sequence model of this architecture.
    """

    def __init__(
        self,
        folder: Path,
        *,
        config: PretrainedConfig,
        device: torch.device,
        dtype: torch.dtype,
    ) -> None:
        # A third of the time that importing kortom would take, and most models do without.
        from transformers import AutoModelForSeq2SeqLM  # noqa: PLC0415

        try:
            self._model: Any = AutoModelForSeq2SeqLM.from_pretrained(
                folder, config=config, dtype=dtype, local_files_only=True
            )
        except ValueError as error:
            raise ValueError(
                f"{folder}: a model of type {config.model_type!r} cannot be loaded as an "
                f"encoder-decoder ({error}); use one that translates or summarises"
            ) from error
        self._model.to(device).eval()
        # `generate` would fill what a search leaves open from here.
        self._model.generation_config = GenerationConfig.from_dict({})
        self.device = device
        self.padding: int = config.pad_token_id or 0
        self.source_vocabulary = int(self._model.get_input_embeddings().weight.shape[0])
        self.vocabulary = int(self._model.get_output_embeddings().weight.shape[0])
        # Models with relative positions name no limit.
        self.positions: int | None = getattr(config, "max_position_embeddings", None)

    def decode(
        self,
        *,
        sequences: Sequence[Sequence[int]],
        rows: Sequence[int],
        search: Search,
        allowed: Allowed | None,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Decode one batch; the contract of `decode.decode`, with all rows at the end."""
        ids, lengths = pad(sequences, padding=self.padding, device=self.device)
        places = torch.arange(ids.shape[1], device=self.device)
        extra: dict[str, Any] = {}
        if allowed is not None:
            extra["prefix_allowed_tokens_fn"] = lambda place, prefix: list(
                allowed(rows[place], prefix.tolist())
            )
        with torch.inference_mode():
            output = self._model.generate(
                input_ids=ids,
                attention_mask=(places[None, :] < lengths[:, None]).long(),
                generation_config=as_generation_config(search, positions=self.positions),
                **extra,
            )
            scores = _scores(output, search=search)
        tokens = [_trim(row[PROMPT:], ends=search.ends) for row in output.sequences.tolist()]
        count = search.num_return_sequences
        for place, row in enumerate(rows):
            own = slice(place * count, (place + 1) * count)
            found = [
                Hypothesis(ids, score) for ids, score in zip(tokens[own], scores[own], strict=True)
            ]
            # HF fills up with repetitions of no score; one is enough if there is nothing else.
            yield row, [h for h in found if _is_real(h, search=search)] or found[:1]


def _is_real(hypothesis: Hypothesis, *, search: Search) -> bool:
    """Return whether HF found a hypothesis, or made it up to return as many as were asked for."""
    # HF's score of what is not there is -1e9, which it may divide by the length penalty.
    total: float = hypothesis.score * len(hypothesis.tokens) ** search.length_penalty
    return min(total, hypothesis.score) > UNREAL


def _scores(
    output: GenerateBeamEncoderDecoderOutput | GenerateEncoderDecoderOutput, *, search: Search
) -> list[float]:
    """Return the score of each output as `Hypothesis` defines it."""
    # What `as_generation_config` asked for.
    if search.beams > 1:
        return [float(score) for score in output["sequences_scores"]]
    assert output.logits is not None
    log_probs = torch.stack(output.logits, 1).float().log_softmax(-1)
    chosen = output.sequences[:, PROMPT:]
    of_chosen = log_probs.gather(2, chosen[:, :, None])[:, :, 0]
    lengths = [len(_trim(row, ends=search.ends)) for row in chosen.tolist()]
    return [
        float(row[:length].sum()) / length**search.length_penalty
        for row, length in zip(of_chosen, lengths, strict=True)
    ]


def as_generation_config(search: Search, *, positions: int | None) -> GenerationConfig:
    """Return the ``GenerationConfig`` under which ``model.generate`` does this search."""
    settings: dict[str, Any] = {
        "num_beams": search.beams,
        "length_penalty": search.length_penalty,
        "early_stopping": search.early_stopping,
        "min_length": search.shortest,
        "max_length": search.longest(positions=positions),
        "no_repeat_ngram_size": search.no_repeat_ngram_size,
        "repetition_penalty": float(search.repetition_penalty),
        "forced_bos_token_id": search.forced_bos_token_id,
        "forced_eos_token_id": list(search.forced_eos_token_id) or None,
        "bad_words_ids": [list(word) for word in search.bad_words_ids] or None,
        "suppress_tokens": list(search.suppress_tokens) or None,
        "begin_suppress_tokens": list(search.begin_suppress_tokens) or None,
        "renormalize_logits": search.renormalize_logits,
        "num_return_sequences": search.num_return_sequences,
        "eos_token_id": list(search.ends) or None,
        "pad_token_id": search.pad_token_id,
        "decoder_start_token_id": search.decoder_start_token_id,
        "do_sample": False,
        "return_dict_in_generate": True,
        "output_scores": search.beams > 1,
        "output_logits": search.beams == 1,
    }
    return GenerationConfig.from_dict(settings)


def _trim(ids: list[int], *, ends: Sequence[int]) -> list[int]:
    """Cut what follows the first end of sequence."""
    for place, token in enumerate(ids):
        if token in ends:
            return ids[: place + 1]
    return ids
