"""Greedy search: the best id, then the best id.

Follows ``_sample`` without sampling in transformers' ``generation/utils.py``: the rules act on the
logits themselves, and the first of equal logits wins.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.rules import Rules
from pipeline.engine.scores import Scores
from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.state import argmax


class Greedy:
    """The state of one greedy batch; see `State` for the contract."""

    def __init__(
        self,
        rows: Sequence[int],
        *,
        search: Search,
        rules: Rules,
        longest: int,
        device: torch.device,
    ) -> None:
        self._rows = list(rows)
        self._rules = rules
        self._penalty = search.length_penalty
        self._longest = longest
        self._length = PROMPT
        self._ends = torch.tensor(search.ends, dtype=torch.long, device=device)
        start = search.decoder_start_token_id
        assert start is not None  # `Search.filled` made sure
        self._history = torch.full((len(rows), longest), start, device=device)
        self._scores = torch.zeros(len(rows), device=device)
        self._itself = torch.zeros((len(rows), 1), dtype=torch.long, device=device)
        self._done = torch.zeros(len(rows), dtype=torch.bool, device=device)

    @property
    def rows(self) -> Sequence[int]:
        """The positions of the live rows."""
        return self._rows

    @property
    def newest(self) -> Tensor:
        """The newest ids, *Shape:* ``[rows, 1]``."""
        return self._history[:, self._length - 1 : self._length]

    def advance(self, scores: Scores) -> Tensor:
        """Append the best id to each row. *Shape:* parents ``[rows, 1]``."""
        ids, self._scores = self._choose(scores)
        self._history[:, self._length] = ids
        self._length += 1
        self._done = torch.isin(ids, self._ends)
        if self._length >= self._longest:
            self._done.fill_(True)
        return self._itself[: len(self._rows)]

    def _choose(self, scores: Scores) -> tuple[Tensor, Tensor]:
        """Return the best ids, and the scores with theirs, *Shape:* twice ``[rows]``."""
        if self._rules.only_ban(self._length):
            # The model's own probability is reported: what is banned counts in it.
            banned = self._rules.banned(self._length)
            totals = self._scores[:, None]
            if found := scores.best(1, totals=totals, banned=banned, renormalise=False):
                return found[2][:, 0], found[0][:, 0]
        logits = scores.logits()
        log_probs = logits.log_softmax(-1)
        past = self._history[:, None, : self._length]
        ids = argmax(self._rules.apply(logits, history=past, indices=self._rows))
        return ids, self._scores + log_probs.gather(1, ids[:, None])[:, 0]

    def finished(self) -> dict[int, list[Hypothesis]]:
        """Return the rows whose last id ended them, or that are full."""
        places = self._done.nonzero()[:, 0].tolist()
        if not places:
            return {}
        tokens = self._history[places, PROMPT : self._length].tolist()
        scores = (self._scores[places] / (self._length - PROMPT) ** self._penalty).tolist()
        return {
            place: [Hypothesis(ids, score)]
            for place, ids, score in zip(places, tokens, scores, strict=True)
        }

    def keep(self, order: Sequence[int]) -> None:
        """Go on with the rows at these places."""
        places = torch.tensor(order, dtype=torch.long, device=self._history.device)
        self._rows = [self._rows[place] for place in order]
        self._history = self._history[places]
        self._scores = self._scores[places]
