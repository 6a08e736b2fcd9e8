"""Greedy search in slots: the choices of `Greedy`, made without asking the host.

The best id, then the best id; each slot stops at its own end of sequence or at the length limit.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.slots import Slots
from pipeline.engine.state import argmax
from pipeline.engine.static_rules import StaticRules


class StaticGreedy:
    """The state of all slots under greedy search; see `StaticSearch` for the contract."""

    def __init__(self, search: Search, *, slots: Slots, vocabulary: int) -> None:
        count, device = slots.count, slots.device
        start = search.decoder_start_token_id
        assert start is not None  # `Search.filled` made sure
        self._slots = slots
        self._start = start
        self._rules = StaticRules(search, slots=slots, vocabulary=vocabulary)
        self._ends = torch.tensor(search.ends, dtype=torch.long, device=device)
        self._history = torch.full((count, slots.longest), start, device=device)
        self._scores = torch.zeros(count, device=device)
        # By number of tokens; on the host, where scores are divided.
        self._divisors = torch.tensor(
            [1.0] + [n**search.length_penalty for n in range(1, slots.longest)]
        )

    @property
    def newest(self) -> Tensor:
        """The newest ids, *Shape:* ``[rows, 1]``."""
        return self._history[: len(self._slots.at)].gather(1, self._slots.at[:, None])

    def advance(self, logits: Tensor) -> tuple[Tensor | None, Tensor]:
        """Append the best id to each row. *Shape:* ``[rows, columns]`` to none and ``[rows]``."""
        slots, rules = self._slots, self._rules
        rows, steps = slots.extent.rows, slots.extent.steps
        history, at, running = self._history[:rows], slots.at, slots.running
        log_probs = logits.log_softmax(-1, dtype=torch.float32)
        if not rules.idle:
            logits = rules.apply(logits.float(), history=history[:, None, :steps])
        ids = argmax(logits)
        if rules.forced_first is not None:
            ids = ids.masked_fill(at == 0, rules.forced_first)
        if rules.forced_last is not None and slots.reaches_the_end:
            ids = ids.masked_fill(at + 2 == slots.longest, rules.forced_last)
        gained = log_probs.gather(1, ids[:, None])[:, 0]
        # What an idle slot holds is a result that the host may still fetch.
        self._scores[:rows].add_(gained.masked_fill(~running, 0.0))
        place = (at + 1)[:, None]
        kept = torch.where(running[:, None], ids[:, None], history.gather(1, place))
        history.scatter_(1, place, kept)
        done = (ids[:, None] == self._ends).any(1)
        return None, done | (at + 2 >= slots.longest)

    def admit(self, places: Tensor) -> None:
        """Begin anew in these slots. *Shape:* ``places [new]`` int64."""
        self._history.index_fill_(0, places, self._start)
        self._scores.index_fill_(0, places, 0.0)

    def collect(self, places: Tensor, *, steps: int) -> tuple[Tensor, ...]:
        """Return copies of what `results` needs of these slots, of at most ``steps`` steps."""
        return (
            self._history[places, PROMPT : steps + PROMPT],
            self._slots.steps[places],
            self._scores[places],
        )

    def results(self, collected: Sequence[Tensor]) -> list[list[Hypothesis]]:
        """Make hypotheses of what `collect` returned, now on the host."""
        tokens, counts, totals = collected
        scores = (totals / self._divisors[counts]).tolist()
        return [
            [Hypothesis(ids[:count], score)]
            for ids, count, score in zip(tokens.tolist(), counts.tolist(), scores, strict=True)
        ]
