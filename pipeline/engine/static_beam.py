"""Beam search in slots: the choices of `Beam`, made without asking the host.

The same search as in `beam.py` (HF's ``_beam_search`` for a batch of one), step for step. What
differs is where things are: finished hypotheses lie in tensors, as ids, and compete there; lengths
differ from slot to slot, so that powers of the length come from a table; and whether a slot is done
is a flag that the host reads when it gets to it.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from pipeline.engine.beam import ABSENT, UNREAL
from pipeline.engine.rules import wanted
from pipeline.engine.scores import BLOCK
from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.slots import Slots
from pipeline.engine.state import block_peaks
from pipeline.engine.static_rules import StaticRules


class StaticBeam:
    """The state of all slots under beam search; see `StaticSearch` for the contract."""

    def __init__(self, search: Search, *, slots: Slots, vocabulary: int) -> None:
        shape, longest, device = (slots.count, search.beams), slots.longest, slots.device
        start = search.decoder_start_token_id
        assert start is not None  # `Search.filled` made sure
        self._slots = slots
        self._search = search
        self._start = start
        self._vocabulary = vocabulary
        self._wanted = wanted(search)
        self._rules = StaticRules(search, slots=slots, vocabulary=vocabulary)
        self._ends = torch.tensor(search.ends, dtype=torch.long, device=device)
        # By number of tokens. In Python's arithmetic, like HF's, and then rounded.
        powers = [1.0] + [n**search.length_penalty for n in range(1, longest + 1)]
        self._divisors = torch.tensor(powers, device=device)
        # At first all beams are the same: only the first one counts.
        self._first_scores = torch.full((search.beams,), ABSENT, device=device)
        self._first_scores[0] = 0.0
        # The scores of a choice that a rule forces: each beam goes on, at no cost.
        self._no_more = torch.full((self._wanted - search.beams,), float("-inf"), device=device)
        self._beams = torch.arange(self._wanted, device=device) % search.beams
        # Only the first ``beams`` of the candidates may end.
        self._may_end = torch.arange(self._wanted, device=device) < search.beams

        self._history = torch.full((*shape, longest), start, device=device)
        self._scores = self._first_scores.expand(shape).clone()
        # The best finished hypotheses so far, best first, and whether there is one at all.
        self._best = torch.full(shape, ABSENT, device=device)
        self._ended = torch.zeros(shape, dtype=torch.bool, device=device)
        self._real = torch.zeros(shape, dtype=torch.bool, device=device)
        self._counts = torch.zeros(shape, dtype=torch.long, device=device)
        self._tokens = torch.full((*shape, longest), start, device=device)

    @property
    def newest(self) -> Tensor:
        """The newest ids, *Shape:* ``[rows, beams]``."""
        at = self._slots.at
        place = at[:, None, None].expand(-1, self._search.beams, 1)
        return self._history[: len(at)].gather(2, place)[..., 0]

    def advance(self, logits: Tensor) -> tuple[Tensor | None, Tensor]:
        """Extend every row by one id per beam.

        *Shape:* ``[rows x beams, columns]`` to parents ``[rows, beams]`` and done ``[rows]``.
        """
        search, slots = self._search, self._slots
        rows, steps, at = slots.extent.rows, slots.extent.steps, slots.at
        past = self._history[:rows, :, : steps + PROMPT]
        # 1. Score every continuation of every beam.
        log_probs = logits.log_softmax(-1, dtype=torch.float32)
        log_probs = self._rules.apply(log_probs, history=past[:, :, :steps])
        # 2. Take the best of each row; a few more than beams, as some will end.
        scores, beams, ids = self._candidates(log_probs.view(rows, search.beams, -1))
        ends = (ids[..., None] == self._ends).any(-1)
        ends |= (at + 2 >= slots.longest)[:, None]
        # 3. Those that end compete for the finished places.
        self._finish(scores, beams, ids, ends=ends)
        # 4. The best of the others run on.
        running, chosen = (scores + ends.to(torch.float32) * ABSENT).topk(search.beams)
        self._scores[:rows] = running
        parents = beams.gather(1, chosen)
        past.copy_(past.gather(1, parents[:, :, None].expand_as(past)))
        place = (at + 1)[:, None, None].expand(-1, search.beams, 1)
        past.scatter_(2, place, ids.gather(1, chosen)[:, :, None])
        # 5. A row is done when it cannot get better, or has nothing left to run.
        done = ~self._improvable() | ends.all(1)
        if search.early_stopping is True:
            done |= self._ended[:rows].all(1)
        return parents, done

    def admit(self, places: Tensor) -> None:
        """Begin anew in these slots. *Shape:* ``places [new]`` int64."""
        self._history.index_fill_(0, places, self._start)
        self._scores.index_copy_(0, places, self._first_scores.expand(len(places), -1))
        self._best.index_fill_(0, places, ABSENT)
        self._ended.index_fill_(0, places, value=False)

    def collect(self, places: Tensor, *, steps: int) -> tuple[Tensor, ...]:
        """Return copies of what `results` needs of these slots, of at most ``steps`` steps."""
        count = self._search.num_return_sequences
        return (
            self._tokens[places, :count, PROMPT : steps + PROMPT],
            self._counts[places, :count],
            self._best[places, :count],
            self._ended[places, :count],
            self._real[places, :count],
        )

    def results(self, collected: Sequence[Tensor]) -> list[list[Hypothesis]]:
        """Make hypotheses of what `collect` returned, now on the host."""
        found = []
        for row in zip(*(tensor.tolist() for tensor in collected), strict=True):
            there = [
                (Hypothesis(ids[:count], score), is_real)
                for ids, count, score, ended, is_real in zip(*row, strict=True)
                if ended
            ]
            # As in `Beam.finished`: one repetition of no score is enough.
            real = [hypothesis for hypothesis, is_real in there if is_real]
            real = real or [hypothesis for hypothesis, _ in there[:1]]
            found.append(real or [Hypothesis([], float("-inf"))])
        return found

    def _candidates(self, log_probs: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return scores, beams and ids of the best continuations of each row, best first.

        *Shape:* ``[rows, beams, columns]`` to three times ``[rows, wanted]``.
        """
        rules, slots = self._rules, self._slots
        before = self._scores[: slots.extent.rows]
        blocks, peaks = block_peaks(log_probs)
        count = peaks.shape[-1]
        peaks = (peaks + before[:, :, None]).flatten(1)
        winners = peaks.topk(min(self._wanted, peaks.shape[1])).indices
        inside = blocks.flatten(1, 2).gather(1, winners[:, :, None].expand(-1, -1, BLOCK))
        inside = inside + before.gather(1, winners // count)[:, :, None]
        scores, places = inside.flatten(1).topk(self._wanted)
        block = winners.gather(1, places // BLOCK)
        beams = block // count
        # Only scores of -inf or NaN lie past the vocabulary, but an id there would be an error.
        ids = (block % count * BLOCK + places % BLOCK).clamp(max=self._vocabulary - 1)
        for forced, where in (
            (rules.forced_first, slots.at == 0),
            (rules.forced_last if slots.reaches_the_end else None, slots.at + 2 == slots.longest),
        ):
            if forced is not None:
                # The running scores are sorted, and a forced id costs nothing.
                onward = torch.cat([before, self._no_more.expand(len(before), -1)], dim=1)
                scores = torch.where(where[:, None], onward, scores)
                beams = torch.where(where[:, None], self._beams, beams)
                ids = ids.masked_fill(where[:, None], forced)
        return scores, beams, ids

    def _finish(self, scores: Tensor, beams: Tensor, ids: Tensor, *, ends: Tensor) -> None:
        """Let the candidates that end, of those among the first ``beams``, take their places."""
        slots, count = self._slots, self._search.beams
        rows, steps, at = slots.extent.rows, slots.extent.steps, slots.at
        # An idle slot holds a result that the host may still fetch: nothing may end there.
        ends = ends & self._may_end & slots.running[:, None]
        penalised = scores / self._divisors[at + 1][:, None]
        penalised = penalised + (~ends).to(torch.float32) * ABSENT
        merged, chosen = torch.cat([self._best[:rows], penalised], dim=1).topk(count)
        # Ties with what is absent must not shuffle a result either.
        stay = ~(ends.any(1) & slots.running)[:, None]
        chosen = torch.where(stay, self._beams[:count], chosen)
        self._best[:rows] = torch.where(stay, self._best[:rows], merged)
        # The others among the candidates do not end: whatever stands for their ids will do.
        kept = chosen.clamp(max=2 * count - 1)
        tokens = self._tokens[:rows, :, : steps + PROMPT]
        past = self._history[:rows, :, : steps + PROMPT]
        first = beams[:, :count, None]
        new = past.gather(1, first.expand(-1, -1, past.shape[2]))
        new.scatter_(2, (at + 1)[:, None, None].expand_as(first), ids[:, :count, None])
        pool = torch.cat([tokens, new], dim=1)
        tokens.copy_(pool.gather(1, kept[:, :, None].expand(-1, -1, pool.shape[2])))
        counts = torch.cat([self._counts[:rows], (at + 1)[:, None].expand(-1, self._wanted)], dim=1)
        self._counts[:rows] = counts.gather(1, chosen)
        self._ended[:rows] = torch.cat([self._ended[:rows], ends], dim=1).gather(1, chosen)
        real = torch.cat([self._real[:rows], scores > UNREAL], dim=1)
        self._real[:rows] = real.gather(1, chosen)

    def _improvable(self) -> Tensor:
        """Return whether the best running hypothesis could still displace the worst finished one.

        *Shape:* ``[rows]`` bool. HF's heuristic: ``_check_early_stop_heuristic``.
        """
        search, slots = self._search, self._slots
        rows = slots.extent.rows
        hopeful = search.early_stopping == "never" and search.length_penalty > 0.0
        length = slots.at + 1
        length = torch.full_like(length, slots.longest - PROMPT) if hopeful else length
        possible = self._scores[:rows, :1] / self._divisors[length][:, None]
        best, ended = self._best[:rows], self._ended[:rows]
        worst = best.min(1, keepdim=True).values.expand_as(best).masked_fill(~ended, ABSENT)
        return (possible > worst).any(1)
