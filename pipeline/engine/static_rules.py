"""The rules of `rules.py` for slots: each at a step of its own, and nothing decided on the host.

Where `Rules` looks at the common length of a batch, `StaticRules` compares the clocks of the slots
on the device. A forced id needs no pass over the vocabulary: it replaces the choice, which is what
setting every other score to ``-inf`` amounts to. What does not fit that frame is left to the
ordinary loop; `rules.supports` says what does.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.search import PROMPT, Search
from pipeline.engine.slots import Slots


class StaticRules:
    """The rules of one search that `supports` allows.

    Args:
        search: The settings.
        slots: Whose clocks count.
        vocabulary: The number of target ids. Scores have more columns: the one at ``vocabulary``
            takes writes meant for no id.
    """

    def __init__(self, search: Search, *, slots: Slots, vocabulary: int) -> None:
        self._search = search
        self._slots = slots
        self._vocabulary = vocabulary
        bad = [word for word in search.bad_words_ids if word[1:] or word[0] not in search.ends]
        self._phrases = [(self._ids(word[:-1]), word[-1]) for word in bad if word[1:]]
        self._banned = self._ids(sorted({word[0] for word in bad if not word[1:]}))
        self._suppressed = self._ids(search.suppress_tokens)
        self._suppressed_first = self._ids(search.begin_suppress_tokens)
        first, last = search.forced_bos_token_id, search.forced_eos_token_id
        self.forced_first = first
        self.forced_last = last[0] if last else None

    @property
    def idle(self) -> bool:
        """Whether `apply` never changes anything."""
        search = self._search
        return (
            search.repetition_penalty == 1.0
            and search.no_repeat_ngram_size == 0
            and not search.bad_words_ids
            and not search.suppress_tokens
            and not search.begin_suppress_tokens
            and (search.shortest <= PROMPT or not search.ends)
            and not search.renormalize_logits
        )

    def apply(self, scores: Tensor, *, history: Tensor) -> Tensor:
        """Return the scores under the rules; ``scores`` itself may be changed.

        *Shape:* ``scores [rows x beams, columns]`` float32; ``history [rows, beams, n]``, of which
        each slot's first ``at + 1`` ids count.
        """
        search = self._search
        beams, n = history.shape[1:]
        past = history.reshape(-1, n)
        length = (self._slots.at + PROMPT)[:, None].expand(-1, beams).reshape(-1)
        places = torch.arange(n, device=past.device)
        written = places < length[:, None]
        if search.repetition_penalty != 1.0:
            self._penalise(scores, past.masked_fill(~written, self._vocabulary))
        if search.no_repeat_ngram_size:
            self._ban_ngrams(scores, past, length=length)
        if len(self._banned):
            scores.index_fill_(1, self._banned, -math.inf)
        for prefix, word in self._phrases:
            matches = (_last(past, len(prefix), length=length) == prefix).all(1)
            matches &= length >= len(prefix)
            _ban(scores, word, where=matches)
        if search.shortest > PROMPT:
            for end in search.ends:
                _ban(scores, end, where=length < search.shortest)
        if len(self._suppressed):
            scores.index_fill_(1, self._suppressed, -math.inf)
        if len(self._suppressed_first):
            # A forced first id moves "the beginning" one step on.
            beginning = length == PROMPT + (self.forced_first is not None)
            columns = scores[:, self._suppressed_first]
            columns.masked_fill_(beginning[:, None], -math.inf)
            scores.index_copy_(1, self._suppressed_first, columns)
        return scores.log_softmax(-1) if search.renormalize_logits else scores

    def _ids(self, ids: Sequence[int]) -> Tensor:
        return torch.tensor(list(ids), dtype=torch.long, device=self._slots.device)

    def _penalise(self, scores: Tensor, seen: Tensor) -> None:
        """Divide positive and multiply negative scores of past ids (Keskar et al., 2019)."""
        penalty = self._search.repetition_penalty
        seen = seen.clamp(max=self._vocabulary)
        value = scores.gather(1, seen)
        scores.scatter_(1, seen, torch.where(value < 0, value * penalty, value / penalty))

    def _ban_ngrams(self, scores: Tensor, past: Tensor, *, length: Tensor) -> None:
        """Forbid each id that would complete an n-gram for the second time."""
        size = self._search.no_repeat_ngram_size
        if past.shape[1] < size:
            return
        ngrams = past.unfold(1, size, 1)
        suffix = _last(past, size - 1, length=length)
        repeats = (ngrams[..., :-1] == suffix[:, None]).all(-1)
        ends = torch.arange(size, size + ngrams.shape[1], device=past.device)
        repeats &= ends <= length[:, None]
        banned = ngrams[..., -1].clamp(max=self._vocabulary)
        banned = banned.masked_fill(~repeats, self._vocabulary)
        scores.scatter_(1, banned, -math.inf)


def _last(past: Tensor, count: int, *, length: Tensor) -> Tensor:
    """Return each row's last ``count`` ids. *Shape:* ``past [n, most]`` to ``[n, count]``."""
    places = length[:, None] - count + torch.arange(count, device=past.device)
    return past.gather(1, places.clamp(min=0))


def _ban(scores: Tensor, token: int, *, where: Tensor) -> None:
    scores[:, token].masked_fill_(where, -math.inf)
