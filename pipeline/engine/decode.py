"""One batch, from sources to results: the loop everything else serves.

`decode` yields each row's hypotheses at the step that finishes it, or a few steps later, so that
rows leave the batch, and reach the caller, as soon as they can.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

import torch
from torch import Tensor

from pipeline.engine.beam import Beam
from pipeline.engine.greedy import Greedy
from pipeline.engine.rules import Rules
from pipeline.engine.scores import Scores
from pipeline.engine.search import Allowed, Hypothesis, Search
from pipeline.engine.state import State, survivors


class AnyMemory(Protocol):
    """What the decoder remembers of a batch; see `Memory`."""

    def follow(self, parents: Tensor) -> None:
        """Let each beam continue the past of another of its row, *Shape:* ``[rows, beams]``."""

    def keep(self, order: Sequence[int]) -> None:
        """Go on with the rows at these places."""


M = TypeVar("M", bound=AnyMemory)


class AnyNetwork(Protocol[M]):
    """A model that decodes; see `Network` and `PackedNetwork`."""

    device: torch.device
    padding: int
    vocabulary: int
    positions: int

    def encode(self, ids: Tensor, *, lengths: Tensor, beams: int, longest: int) -> M:
        """Read sources. *Shape:* ``ids [rows, n]``, right-padded; ``lengths [rows]``."""

    def scores(self, ids: Tensor, *, memory: M) -> Scores:
        """Read the newest ids, *Shape:* ``[rows, beams]``; return what is known of the next."""

    def finish(
        self, ids: Tensor, *, lengths: Tensor, search: Search, rules: Rules, longest: int
    ) -> Iterator[tuple[int, list[Hypothesis]]] | None:
        """Decode a batch to its end, many steps at a time, if this network can search as told.

        Args:
            ids: As for `encode`.
            lengths: As for `encode`.
            search: The settings.
            rules: Made of them.
            longest: The most ids of a hypothesis, counting the decoder start.

        Returns:
            Rows, by place, and their hypotheses, as they finish; or None, for step by step.
        """


def decode(
    network: AnyNetwork[M],
    *,
    sequences: Sequence[Sequence[int]],
    rows: Sequence[int],
    search: Search,
    allowed: Allowed | None,
) -> Iterator[tuple[int, list[Hypothesis]]]:
    """Decode one batch.

    Args:
        network: The model.
        sequences: The source ids of each row of the batch.
        rows: For each row the number it is known by to the caller and to ``allowed``.
        search: How to decode; its special ids are filled in.
        allowed: The caller's constraint.

    Yields:
        The row's number and its hypotheses, best first, in the order in which rows finish.
    """
    longest = search.longest(positions=network.positions)
    ids, lengths = pad(sequences, padding=network.padding, device=network.device)
    rules = Rules(
        search,
        longest=longest,
        vocabulary=network.vocabulary,
        device=network.device,
        allowed=allowed,
    )
    # 1. Some networks do all that follows by themselves.
    found = network.finish(ids, lengths=lengths, search=search, rules=rules, longest=longest)
    if found is not None:
        yield from ((rows[place], hypotheses) for place, hypotheses in found)
        return
    # 2. Encode once; keys and values of the source are computed here and never moved.
    with torch.inference_mode():
        memory = network.encode(ids, lengths=lengths, beams=search.beams, longest=longest)
    state = _begin(network, rows, search=search, rules=rules, longest=longest)
    while state.rows:
        # 3. One step of the network and of the search, for all live rows.
        #    Rows that finish leave at once: the batch shrinks, the caller has them.
        yield from _step(network, memory=memory, state=state)


def _begin(
    network: AnyNetwork[M],
    rows: Sequence[int],
    *,
    search: Search,
    rules: Rules,
    longest: int,
) -> State:
    if search.beams == 1:
        return Greedy(rows, search=search, rules=rules, longest=longest, device=network.device)
    return Beam(
        rows,
        search=search,
        rules=rules,
        longest=longest,
        vocabulary=network.vocabulary,
        device=network.device,
    )


@torch.inference_mode()
def _step(network: AnyNetwork[M], *, memory: M, state: State) -> list[tuple[int, list[Hypothesis]]]:
    # 1. Scores of the next id of every hypothesis.
    scores = network.scores(state.newest, memory=memory)
    # 2. Choose; a beam may continue another one's past.
    parents = state.advance(scores)
    memory.follow(parents)
    # 3. Take out what is finished, and close the gaps.
    finished = state.finished()
    done = [(state.rows[place], hypotheses) for place, hypotheses in finished.items()]
    if finished:
        order = survivors(len(state.rows), finished=list(finished))
        memory.keep(order)
        state.keep(order)
    return done


def pad(
    sequences: Sequence[Sequence[int]], *, padding: int, device: torch.device
) -> tuple[Tensor, Tensor]:
    """Return the ids as one rectangle, and how many of each row count.

    *Shape:* ``[rows, longest]`` int64, right-padded, and ``[rows]`` int64.
    """
    lengths = [len(ids) for ids in sequences]
    longest = max(lengths)
    padded = [[*ids, *[padding] * (longest - len(ids))] for ids in sequences]
    return torch.tensor(padded, device=device), torch.tensor(lengths, device=device)
