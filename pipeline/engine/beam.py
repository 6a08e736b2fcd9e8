"""Beam search: the best few continuations of the best few hypotheses.

Follows ``_beam_search`` in transformers' ``generation/utils.py`` for a batch of one: twice as many
candidates as beams (more with several ends) are taken from all continuations of a row, those that
end compete for the finished places under the length penalty, the others run on. A row leaves when
its finished places cannot, or under ``early_stopping`` need not, get better. HF's arithmetic with
a stand-in of -1e9 is kept to the letter, since it decides what happens when fewer real candidates
than beams are left (under tight constraints).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import torch
from torch import Tensor

from pipeline.engine.rules import Rules, wanted
from pipeline.engine.scores import BLOCK, Scores
from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.state import block_peaks

# HF's score of what is not there, and the score below which nothing real is found.
ABSENT: Final = -1.0e9
UNREAL: Final = -1.0e8


class Beam:
    """The state of one batch under beam search; see `State` for the contract."""

    def __init__(
        self,
        rows: Sequence[int],
        *,
        search: Search,
        rules: Rules,
        longest: int,
        vocabulary: int,
        device: torch.device,
    ) -> None:
        shape = (len(rows), search.beams)
        self._rows = list(rows)
        self._search = search
        self._rules = rules
        self._longest = longest
        self._vocabulary = vocabulary
        self._length = PROMPT
        self._ends = torch.tensor(search.ends, dtype=torch.long, device=device)
        self._wanted = wanted(search)
        start = search.decoder_start_token_id
        assert start is not None  # `Search.filled` made sure
        self._history = torch.full((*shape, longest), start, device=device)
        # At first all beams are the same: only the first one counts.
        self._scores = torch.full(shape, ABSENT, device=device)
        self._scores[:, 0] = 0.0
        # Per row the best finished hypotheses so far, as numbers of `_endings`.
        self._best = torch.full(shape, ABSENT, device=device)
        self._ended = torch.zeros(shape, dtype=torch.bool, device=device)
        self._ending = torch.full(shape, -1, dtype=torch.long, device=device)
        self._endings: list[tuple[list[int], bool]] = []
        self._done = torch.zeros(len(rows), dtype=torch.bool, device=device)

    @property
    def rows(self) -> Sequence[int]:
        """The positions of the live rows."""
        return self._rows

    @property
    def newest(self) -> Tensor:
        """The newest ids, *Shape:* ``[rows, beams]``."""
        return self._history[:, :, self._length - 1]

    def advance(self, scores: Scores) -> Tensor:
        """Extend every row by one id per beam. *Shape:* parents ``[rows, beams]``."""
        search = self._search
        past = self._history[:, :, : self._length]
        # 1. Score the continuations of every beam.
        # 2. Take the best of each row; a few more than beams, as some will end.
        totals, beams, ids = self._candidates(scores)
        ends = torch.isin(ids, self._ends)
        if self._length + 1 >= self._longest:
            ends.fill_(True)
        # 3. Those that end compete for the finished places.
        self._finish(totals, beams, ids, ends=ends)
        # 4. The best of the others run on.
        running = totals + ends.to(torch.float32) * ABSENT
        self._scores, chosen = running.topk(search.beams)
        parents = beams.gather(1, chosen)
        self._history[:, :, : self._length] = past.gather(1, parents[:, :, None].expand_as(past))
        self._history[:, :, self._length] = ids.gather(1, chosen)
        self._length += 1
        # 5. A row is done when it cannot get better, or has nothing left to run.
        self._done = ~self._improvable() | ends.all(1)
        if search.early_stopping is True:
            self._done |= self._ended.all(1)
        return parents

    def finished(self) -> dict[int, list[Hypothesis]]:
        """Return the finished hypotheses of the rows that are done, best first."""
        places = self._done.nonzero()[:, 0].tolist()
        if not places:
            return {}
        count = self._search.num_return_sequences
        endings = self._ending[places, :count].tolist()
        scores = self._best[places, :count].tolist()
        results = {}
        for place, numbers, values in zip(places, endings, scores, strict=True):
            found = [
                (Hypothesis(self._endings[number][0], value), self._endings[number][1])
                for number, value in zip(numbers, values, strict=True)
                if number >= 0
            ]
            # Under a tight constraint HF fills up with repetitions of no score; one is enough.
            real = [hypothesis for hypothesis, is_real in found if is_real]
            results[place] = real or [hypothesis for hypothesis, _ in found[:1]]
            results[place] = results[place] or [Hypothesis([], float("-inf"))]
        return results

    def keep(self, order: Sequence[int]) -> None:
        """Go on with the rows at these places."""
        places = torch.tensor(order, dtype=torch.long, device=self._history.device)
        self._rows = [self._rows[place] for place in order]
        self._history = self._history[places]
        self._scores = self._scores[places]
        self._best = self._best[places]
        self._ended = self._ended[places]
        self._ending = self._ending[places]

    def _candidates(self, scores: Scores) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores, beams and ids of the best continuations of each row, best first.

        *Shape:* three times ``[rows, wanted]``.
        """
        rules, length = self._rules, self._length
        if rules.only_ban(length) and (
            found := scores.best(
                self._wanted,
                totals=self._scores,
                banned=rules.banned(length),
                renormalise=self._search.renormalize_logits,
            )
        ):
            return found
        past = self._history[:, :, :length]
        log_probs = rules.apply(scores.logits().log_softmax(-1), history=past, indices=self._rows)
        return self._among(log_probs.view(len(self._rows), self._search.beams, -1))

    def _among(self, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Choose among all continuations, *Shape:* ``[rows, beams, columns]``."""
        if not self._rules.constrained:
            blocks, peaks = block_peaks(log_probs)
            count = peaks.shape[-1]
            peaks = (peaks + self._scores[:, :, None]).flatten(1)
            winners = peaks.topk(min(self._wanted, peaks.shape[1])).indices
            inside = blocks.flatten(1, 2).gather(1, winners[:, :, None].expand(-1, -1, BLOCK))
            inside = inside + self._scores.gather(1, winners // count)[:, :, None]
            scores, places = inside.flatten(1).topk(self._wanted)
            if bool((scores[:, -1] > UNREAL).all()):
                block = winners.gather(1, places // BLOCK)
                return scores, block // count, block % count * BLOCK + places % BLOCK
        # Few candidates are real, so equal scores abound, and which of them comes first decides
        # what follows: ask the same question as HF does, over the whole row.
        row = (log_probs[:, :, : self._vocabulary] + self._scores[:, :, None]).flatten(1)
        scores, places = row.topk(self._wanted)
        return scores, places // self._vocabulary, places % self._vocabulary

    def _finish(self, scores: Tensor, beams: Tensor, ids: Tensor, *, ends: Tensor) -> None:
        """Let the candidates that end, of those among the first ``beams``, take their places."""
        count = self._search.beams
        ends = ends.clone()
        ends[:, count:] = False
        if not self._rules.constrained and not bool(ends.any()):
            return
        numbers = torch.full_like(ids, -1)
        new_rows, new_places = ends.nonzero(as_tuple=True)
        first = len(self._endings)
        numbers[new_rows, new_places] = torch.arange(
            first, first + len(new_rows), device=ids.device
        )
        parents = beams[new_rows, new_places]
        tokens = torch.cat(
            [
                self._history[new_rows, parents, PROMPT : self._length],
                ids[new_rows, new_places, None],
            ],
            dim=1,
        )
        real = (scores[new_rows, new_places] > UNREAL).tolist()
        self._endings.extend(zip(tokens.tolist(), real, strict=True))

        penalised = scores / (self._length**self._search.length_penalty)
        penalised = penalised + (~ends).to(torch.float32) * ABSENT
        merged = torch.cat([self._best, penalised], dim=1)
        self._best, chosen = merged.topk(count)
        self._ended = torch.cat([self._ended, ends], dim=1).gather(1, chosen)
        self._ending = torch.cat([self._ending, numbers], dim=1).gather(1, chosen)

    def _improvable(self) -> Tensor:
        """Return whether the best running hypothesis could still displace the worst finished one.

        *Shape:* ``[rows]`` bool. HF's heuristic: ``_check_early_stop_heuristic``.
        """
        search = self._search
        hopeful = search.early_stopping == "never" and search.length_penalty > 0.0
        length = (self._longest if hopeful else self._length) - PROMPT
        possible = self._scores[:, :1] / (length**search.length_penalty)
        worst = torch.where(self._ended, self._best.min(1, keepdim=True).values, ABSENT)
        improvable: Tensor = (possible > worst).any(1)
        return improvable
