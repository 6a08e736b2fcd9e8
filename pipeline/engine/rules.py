"""The constraints on the next id, as HF's logits processors state them and in their order.

`Rules.apply` changes the scores of one step in place: a repetition penalty first, then what is
forbidden (repeated n-grams, bad words, an early end), what the caller allows, what is forced, what
is suppressed, and at last the renormalisation. The order is that of ``_get_logits_processor`` in
transformers' ``generation/utils.py``; each rule, of ``generation/logits_process.py``.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.scores import BLOCK
from pipeline.engine.search import PROMPT, Allowed, Search


class Rules:
    """The rules of one search.

    Args:
        search: The settings.
        longest: The most ids of a sequence, counting the decoder start.
        vocabulary: The number of target ids. Scores have more columns: the one at ``vocabulary``
            takes writes meant for no id.
        device: Where scores are.
        allowed: The caller's constraint, if any.

    Raises:
        ValueError: A token id of the search is not in the vocabulary.
    """

    def __init__(
        self,
        search: Search,
        *,
        longest: int,
        vocabulary: int,
        device: torch.device,
        allowed: Allowed | None,
    ) -> None:
        self._search = search
        self._vocabulary = vocabulary
        self._device = device
        self._allowed = allowed
        self._last = longest - 1
        self._ends = self._ids("eos_token_id", search.ends)
        # HF leaves the end of sequence out of the bad words.
        bad = [word for word in search.bad_words_ids if word[1:] or word[0] not in search.ends]
        self._bad = self._ids("bad_words_ids", [word[0] for word in bad if len(word) == 1])
        phrases = [word for word in bad if len(word) > 1]
        self._phrases = [
            (self._ids("bad_words_ids", word[:-1]), self._ids("bad_words_ids", word[-1:]))
            for word in phrases
        ]
        self._suppressed = self._ids("suppress_tokens", search.suppress_tokens)
        self._suppressed_first = self._ids("begin_suppress_tokens", search.begin_suppress_tokens)
        self._masks: dict[tuple[bool, bool], Tensor] = {}
        start = search.decoder_start_token_id
        self._ids("decoder_start_token_id", () if start is None else (start,))
        first, last = search.forced_bos_token_id, search.forced_eos_token_id
        self._forced_first = self._ids("forced_bos_token_id", () if first is None else (first,))
        self._forced_last = self._ids("forced_eos_token_id", last)

    @property
    def constrained(self) -> bool:
        """Whether the caller's constraint is in force, so that few ids may be left to choose."""
        return self._allowed is not None

    def only_ban(self, length: int) -> bool:
        """Return whether, after ``length`` ids, the rules do no more than ban `banned`."""
        search = self._search
        return not (
            self.constrained
            or search.repetition_penalty != 1.0
            or 0 < search.no_repeat_ngram_size <= length
            or self._phrases
            or (length == PROMPT and len(self._forced_first))
            or (length == self._last and len(self._forced_last))
        )

    def banned(self, length: int) -> Tensor | None:
        """Return what every hypothesis of ``length`` ids may not go on with.

        *Shape:* ``[columns]`` float32, 0 or ``-inf``; nothing if all may.
        """
        early = length < self._search.shortest and bool(len(self._ends))
        first = bool(len(self._suppressed_first)) and length == PROMPT + len(self._forced_first)
        if not (early or first or len(self._bad) or len(self._suppressed)):
            return None
        if (early, first) not in self._masks:
            mask = torch.zeros(self._vocabulary // BLOCK * BLOCK + BLOCK, device=self._device)
            parts = [self._bad, self._suppressed]
            parts += [self._ends] * early + [self._suppressed_first] * first
            mask[torch.cat(parts)] = -math.inf
            self._masks[early, first] = mask
        return self._masks[early, first]

    def apply(self, scores: Tensor, *, history: Tensor, indices: Sequence[int]) -> Tensor:
        """Return the scores under the rules; ``scores`` itself may be changed.

        *Shape:* ``scores [rows x beams, columns]``; ``history [rows, beams, length]``, the ids so
        far with the decoder start; ``indices``, for each row the position of its input.

        Raises:
            ValueError: The caller allows no id at all, or one outside the vocabulary.
        """
        search = self._search
        length = history.shape[-1]
        past = history.reshape(-1, length)
        if search.repetition_penalty != 1.0:
            self._penalise(scores, past)
        if 0 < search.no_repeat_ngram_size <= length:
            self._ban_ngrams(scores, past)
        if len(self._bad):
            scores[:, self._bad] = -math.inf
        for prefix, word in self._phrases:
            if len(prefix) <= length:
                matches = (past[:, length - len(prefix) :] == prefix).all(1)
                scores[:, word] = scores[:, word].masked_fill(matches[:, None], -math.inf)
        if length < search.shortest and len(self._ends):
            scores[:, self._ends] = -math.inf
        if self._allowed is not None:
            scores = self._constrain(scores, self._allowed, history=history, indices=indices)
        if length == PROMPT and len(self._forced_first):
            scores = self._force(scores, self._forced_first)
        if length == self._last and len(self._forced_last):
            scores = self._force(scores, self._forced_last)
        if len(self._suppressed):
            scores[:, self._suppressed] = -math.inf
        # A forced first id moves "the beginning" one step on.
        if len(self._suppressed_first) and length == PROMPT + len(self._forced_first):
            scores[:, self._suppressed_first] = -math.inf
        return scores.log_softmax(-1) if search.renormalize_logits else scores

    def _ids(self, name: str, ids: Sequence[int]) -> Tensor:
        outside = [token for token in ids if not 0 <= token < self._vocabulary]
        if outside:
            raise ValueError(
                f"{name} holds {outside[0]}, but the model's ids are 0 to {self._vocabulary - 1}: "
                "the search was made for another model"
            )
        return torch.tensor(list(ids), dtype=torch.long, device=self._device)

    def _penalise(self, scores: Tensor, past: Tensor) -> None:
        """Divide positive and multiply negative scores of past ids (Keskar et al., 2019)."""
        penalty = self._search.repetition_penalty
        seen = past.clamp(max=self._vocabulary)
        value = scores.gather(1, seen)
        scores.scatter_(1, seen, torch.where(value < 0, value * penalty, value / penalty))

    def _ban_ngrams(self, scores: Tensor, past: Tensor) -> None:
        """Forbid each id that would complete an n-gram for the second time."""
        size = self._search.no_repeat_ngram_size
        ngrams = past.unfold(1, size, 1)
        suffix = past[:, None, past.shape[1] - size + 1 :]
        repeats = (ngrams[..., :-1] == suffix).all(-1)
        banned = torch.where(repeats, ngrams[..., -1].clamp(max=self._vocabulary), self._vocabulary)
        scores.scatter_(1, banned, -math.inf)

    def _constrain(
        self, scores: Tensor, allowed: Allowed, *, history: Tensor, indices: Sequence[int]
    ) -> Tensor:
        """Keep only what the caller allows for each beam."""
        beams = history.shape[1]
        mask = torch.full_like(scores, -math.inf)
        for place, prefix in enumerate(history.flatten(0, 1).tolist()):
            index = indices[place // beams]
            permitted = list(allowed(index, prefix))
            if not permitted:
                raise ValueError(
                    f"allowed({index}, {prefix}) returned no ids, so the output cannot go on: "
                    "return at least the end of sequence"
                )
            if not 0 <= min(permitted) <= max(permitted) < self._vocabulary:
                raise ValueError(
                    f"allowed({index}, {prefix}) returned an id outside 0 to {self._vocabulary - 1}"
                )
            mask[place, permitted] = 0.0
        kept = scores + mask
        # Where every permitted id of every beam is forbidden by the rules before, HF lets the
        # constraint win, at no cost.
        rows = history.shape[0]
        lost = kept.amax(-1).isneginf().view(rows, beams).all(1).repeat_interleave(beams)
        return torch.where(lost[:, None], mask, kept)

    def _force(self, scores: Tensor, ids: Tensor) -> Tensor:
        forced = torch.full_like(scores, -math.inf)
        forced[:, ids] = 0.0
        return forced


def wanted(search: Search) -> int:
    """Return how many continuations of a row a beam search looks at, as HF does."""
    return max(2, 1 + len(search.ends)) * search.beams


def supports(search: Search, *, longest: int, vocabulary: int) -> bool:
    """Return whether bans and forced ids can be known beforehand, with the results of `Rules`.

    The loops that decide nothing in Python (`InFlight`, `PackedSearch`) need that.

    Args:
        search: The settings, with the special ids filled in.
        longest: The most ids of a sequence, counting the decoder start.
        vocabulary: The number of target ids.
    """
    first, last = search.forced_bos_token_id, search.forced_eos_token_id
    forced = {*last, *([] if first is None else [first])}
    lone = {word[0] for word in search.bad_words_ids if len(word) == 1}
    banned = lone.union(search.suppress_tokens, search.begin_suppress_tokens, search.ends)
    repeated = longest if search.no_repeat_ngram_size else 0
    phrases = sum(len(word) > 1 for word in search.bad_words_ids)
    ids = {*forced, *banned, *(token for word in search.bad_words_ids for token in word)}
    return (
        # The choice among several forced ids depends on how equal scores are ordered ...
        len(last) <= 1
        # ... and so does what is left when a forced id is suppressed or ends at once,
        and not forced & {*search.suppress_tokens, *search.begin_suppress_tokens}
        and first not in search.ends
        # or when fewer ids can be chosen than a beam search looks at.
        and vocabulary - len(banned) - repeated - phrases >= wanted(search)
        # Ids of another model: the ordinary loop has the error message.
        and all(0 <= token < vocabulary for token in ids)
    )
