"""What to look for: the search settings, and what a search returns.

`Search` is a value. It holds the settings of Hugging Face's ``GenerationConfig`` that shape greedy
and beam search, under the same names (but ``beams`` for ``num_beams``), and each means what it
means there. A setting that asks for something else (sampling, contrastive search, ...) is refused
by name, never ignored.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any, Final, Self

from transformers import GenerationConfig

Allowed = Callable[[int, Sequence[int]], Sequence[int]]
"""``allowed(index, prefix)``: the ids that may follow ``prefix`` (which starts with the decoder
start token) for the input at ``index``. The contract of HF's ``prefix_allowed_tokens_fn``."""

# HF's default when neither `max_length` nor `max_new_tokens` is set: 20 new tokens.
DEFAULT_NEW_TOKENS: Final = 20

# The one decoder start token counts towards every length, as it does in HF.
PROMPT: Final = 1

_RENAMED: Final = {"num_beams": "beams"}

# Settings that change what `generate` returns and that this engine does not follow, with the
# values under which they change nothing.
_REFUSED: Final[Mapping[str, tuple[object, ...]]] = {
    "do_sample": (False,),
    "num_beam_groups": (1,),
    "penalty_alpha": (0, 0.0),
    "constraints": (),
    "force_words_ids": (),
    "sequence_bias": (),
    "guidance_scale": (1, 1.0),
    "encoder_repetition_penalty": (1, 1.0),
    "encoder_no_repeat_ngram_size": (0,),
    "exponential_decay_length_penalty": (),
    "remove_invalid_values": (False,),
    "stop_strings": (),
    "max_time": (),
    "watermarking_config": (),
    "prompt_lookup_num_tokens": (),
    "assistant_early_exit": (),
    "dola_layers": (),
    "token_healing": (False,),
    "low_memory": (False,),
    "use_mtp": (False,),
}


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One finished output.

    Attributes:
        tokens: The generated ids: without the decoder start token and without padding; with the
            end-of-sequence id as the last one if the search produced it (it did not when the
            length limit stopped it).
        score: Beam search: HF's ``sequences_scores``, the sum of the (processed)
            log-probabilities of ``tokens`` divided by ``len(tokens) ** length_penalty``. Greedy,
            where HF defines none: the same quotient of the model's own log-probabilities.
    """

    tokens: list[int]
    score: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How to decode. Each field means what it means in HF's ``GenerationConfig``.

    Lengths count the decoder start token (``max_length``, ``min_length``) or do not
    (``max_new_tokens``, ``min_new_tokens``, which win when both are given).

    Attributes:
        beams: HF's ``num_beams``; 1 is greedy search.
        length_penalty: The exponent of the length that divides a hypothesis's score.
        early_stopping: ``False`` (stop when no better hypothesis is likely), ``True`` (stop when
            ``beams`` hypotheses are finished) or ``"never"`` (stop when none can be better).
        min_length: No end of sequence before this many ids.
        max_length: The most ids; with neither this nor ``max_new_tokens``, 20 new ones.
        max_new_tokens: The most ids, not counting the decoder start.
        min_new_tokens: The least ids, not counting the decoder start.
        no_repeat_ngram_size: No n-gram of this size comes twice; 0 allows all.
        repetition_penalty: Above 1, makes ids that were already produced less likely.
        forced_bos_token_id: The first id, if set.
        forced_eos_token_id: The last id when ``max_length`` is reached; more than one are allowed.
        bad_words_ids: Sequences of ids that may not be produced.
        suppress_tokens: Ids that may not be produced.
        begin_suppress_tokens: Ids that may not be the first.
        renormalize_logits: Make the log-probabilities sum to one again after all of the above.
        num_return_sequences: How many hypotheses to return per input, at most ``beams``.
        eos_token_id: The id that ends a sequence, or several; ``None`` takes the engine's. `ends`
            has them as a tuple.
        pad_token_id: Only the fallback needs it; ``None`` takes the engine's.
        decoder_start_token_id: The id before the first; ``None`` takes the engine's.
    """

    beams: int = 1
    length_penalty: float = 1.0
    early_stopping: bool | str = False
    min_length: int = 0
    max_length: int | None = None
    max_new_tokens: int | None = None
    min_new_tokens: int | None = None
    no_repeat_ngram_size: int = 0
    repetition_penalty: float = 1.0
    forced_bos_token_id: int | None = None
    forced_eos_token_id: tuple[int, ...] = ()
    bad_words_ids: tuple[tuple[int, ...], ...] = ()
    suppress_tokens: tuple[int, ...] = ()
    begin_suppress_tokens: tuple[int, ...] = ()
    renormalize_logits: bool = False
    num_return_sequences: int = 1
    eos_token_id: int | tuple[int, ...] | None = None
    pad_token_id: int | None = None
    decoder_start_token_id: int | None = None

    def __post_init__(self) -> None:
        """Refuse values that have no meaning, naming each and the remedy.

        Raises:
            ValueError: A value is out of its range.
        """
        _require(self.beams >= 1, "beams", self.beams, "use 1 for greedy search, or more")
        _require(
            1 <= self.num_return_sequences <= self.beams,
            "num_return_sequences",
            self.num_return_sequences,
            f"use 1 to {self.beams}, or raise beams (now {self.beams})",
        )
        _require(
            self.early_stopping in (True, False, "never"),
            "early_stopping",
            self.early_stopping,
            'use True, False or "never"',
        )
        _require(
            self.repetition_penalty > 0,
            "repetition_penalty",
            self.repetition_penalty,
            "use a number above 0; 1.0 changes nothing",
        )
        _require(
            self.max_length is None or self.max_new_tokens is not None or self.max_length > PROMPT,
            "max_length",
            self.max_length,
            "it counts the decoder start token: use 2 or more, or set max_new_tokens",
        )
        _require(
            self.max_new_tokens is None or self.max_new_tokens >= 1,
            "max_new_tokens",
            self.max_new_tokens,
            "use 1 or more",
        )
        for name in ("min_length", "min_new_tokens", "no_repeat_ngram_size"):
            value = getattr(self, name)
            _require(value is None or value >= 0, name, value, "use 0 or more")
        first = () if self.forced_bos_token_id is None else (self.forced_bos_token_id,)
        for name, forced in (
            ("forced_bos_token_id", first),
            ("forced_eos_token_id", self.forced_eos_token_id),
        ):
            _require(
                not forced or not set(forced) <= set(self.suppress_tokens),
                name,
                forced[0] if len(forced) == 1 else forced,
                "suppress_tokens forbids it too, which leaves no id at all; take it out of one",
            )
        empty = any(not word for word in self.bad_words_ids)
        _require(not empty, "bad_words_ids", self.bad_words_ids, "remove the empty sequence")

    @classmethod
    def from_generation_config(
        cls,
        config: GenerationConfig | Mapping[str, Any] | str | Path,
        **overrides: object,
    ) -> Self:
        """Read a `Search` from HF's generation settings.

        Args:
            config: A ``GenerationConfig``, its dictionary, a ``generation_config.json`` or the
                folder that holds one. A value of ``None`` means HF's default.
            **overrides: Settings that replace those of ``config``, under HF's name or ours.

        Returns:
            The search that ``model.generate`` would do under these settings.

        Raises:
            ValueError: A setting asks for something other than greedy or beam search (its name,
                value and the remedy are in the message), or a value is out of range.
            FileNotFoundError: ``config`` is a path without a ``generation_config.json``.
        """
        settings: dict[str, Any] = {**_as_dict(config), **overrides}
        known = {field.name for field in fields(cls)}
        unknown = [
            name
            for name in overrides
            if name not in known and name not in _RENAMED and name not in _REFUSED
        ]
        if unknown:
            raise ValueError(
                f"Search has no setting {unknown[0]!r}: use one of {', '.join(sorted(known))}"
            )
        for name, harmless in _REFUSED.items():
            value = settings.get(name)
            if value is not None and value not in harmless:
                remedy = f"set {name}={harmless[0]!r}" if harmless else f"leave {name} out"
                raise ValueError(
                    f"{name}={value!r} is not greedy or beam search, which is all this engine "
                    f"does: {remedy} (as an override: Search.from_generation_config(..., "
                    f"{name}={harmless[0] if harmless else None!r}))"
                )
        chosen: dict[str, Any] = {}
        for name, value in settings.items():
            ours = _RENAMED.get(name, name)
            if ours in known and value is not None and (ours == name or ours not in overrides):
                chosen[ours] = _FROZEN[ours](value) if ours in _FROZEN else value
        return cls(**chosen)

    def filled(self, default: Search) -> Search:
        """Return this search with the special ids it leaves open taken from ``default``.

        Raises:
            ValueError: Neither names a decoder start token.
        """
        ids = ("eos_token_id", "pad_token_id", "decoder_start_token_id")
        missing = {
            name: getattr(default, name)
            for name in ids
            if getattr(self, name) is None and getattr(default, name) is not None
        }
        search = replace(self, **missing) if missing else self
        if search.decoder_start_token_id is None:
            raise ValueError(
                "decoder_start_token_id is in neither the search nor the model's "
                "generation_config.json: set it, Search(decoder_start_token_id=...)"
            )
        return search

    @property
    def ends(self) -> tuple[int, ...]:
        """The ids that end a sequence; empty if none does."""
        ends = self.eos_token_id
        return () if ends is None else _ids(ends)

    @property
    def shortest(self) -> int:
        """The fewest ids of a sequence before it may end, counting the decoder start."""
        return self.min_length if self.min_new_tokens is None else self.min_new_tokens + PROMPT

    def longest(self, *, positions: int | None) -> int:
        """Return the most ids of a sequence, counting the decoder start.

        Args:
            positions: How many target positions the model has; ``None`` for no limit.

        Raises:
            ValueError: The search may go past the model's positions.
        """
        if self.max_new_tokens is not None:
            limit = self.max_new_tokens + PROMPT
        elif self.max_length is not None:
            limit = self.max_length
        else:
            limit = DEFAULT_NEW_TOKENS + PROMPT
            limit = limit if positions is None else min(limit, positions)
        # The last id is never fed back, so it needs no position.
        if positions is not None and limit - 1 > positions:
            raise ValueError(
                f"the search may produce {limit} ids but the model has {positions} target "
                f"positions: set max_length={positions} or less"
            )
        return limit


def _require(holds: bool, name: str, value: object, remedy: str) -> None:
    if not holds:
        raise ValueError(f"{name}={value!r} has no meaning here: {remedy}")


def _ids(value: int | Sequence[int]) -> tuple[int, ...]:
    return (value,) if isinstance(value, int) else tuple(value)


def _one_or_more(value: int | Sequence[int]) -> int | tuple[int, ...]:
    ids = _ids(value)
    return ids[0] if len(ids) == 1 else ids


def _sequences(value: Sequence[Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(ids) for ids in value)


_FROZEN: Final[Mapping[str, Callable[[Any], object]]] = {
    "eos_token_id": _one_or_more,
    "forced_eos_token_id": _ids,
    "suppress_tokens": _ids,
    "begin_suppress_tokens": _ids,
    "bad_words_ids": _sequences,
}


def _as_dict(config: GenerationConfig | Mapping[str, Any] | str | Path) -> dict[str, Any]:
    if isinstance(config, GenerationConfig):
        return dict(config.to_dict())
    if isinstance(config, Mapping):
        return dict(config)
    path = Path(config)
    path = path / "generation_config.json" if path.is_dir() else path
    if not path.is_file():
        raise FileNotFoundError(
            f"{path}: no such file; give the folder that holds a generation_config.json, a "
            "GenerationConfig, or a dictionary of settings"
        )
    settings: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return settings
