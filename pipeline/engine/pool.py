"""A pool of slots: who is in which, what is encoded for them, and what is on its way out.

The host's half of in-flight batching: `slots` and the searches hold what the device knows. Nothing
here waits for the device, but for flags and results that were asked for a round ago.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import numpy as np
import torch
from torch import Tensor

from pipeline.engine.backlog import Backlog
from pipeline.engine.batching import GPU_BUDGET
from pipeline.engine.graphs import Runner
from pipeline.engine.network import Network
from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.slots import Attend, Extent, SlotMemory, Slots, aligned, bucket, step
from pipeline.engine.static_beam import StaticBeam
from pipeline.engine.static_greedy import StaticGreedy
from pipeline.engine.transfer import Fetched, Lanes

# Row counts start at this many slots (or all there are).
FEWEST_ROWS: Final = 8


class StaticSearch(Protocol):
    """The bookkeeping of all slots: choices and results in tensors that stay where they are."""

    @property
    def newest(self) -> Tensor:
        """The newest id of each hypothesis, *Shape:* ``[rows, beams]`` int64."""

    def advance(self, logits: Tensor) -> tuple[Tensor | None, Tensor]:
        """Choose the next ids.

        *Shape:* ``[rows x beams, columns]`` to parents ``[rows, beams]`` (none if every hypothesis
        continues itself) and, of each slot, whether its tenant is done, ``[rows]`` bool.
        """

    def admit(self, places: Tensor) -> None:
        """Begin anew in these slots. *Shape:* ``places [new]`` int64."""

    def collect(self, places: Tensor, *, steps: int) -> tuple[Tensor, ...]:
        """Return copies of what `results` needs of these slots, of at most ``steps`` steps."""

    def results(self, collected: Sequence[Tensor]) -> list[list[Hypothesis]]:
        """Make hypotheses of what `collect` returned, now on the host."""


@dataclass(slots=True)
class _Encoded:
    """Sources that are read, waiting for slots; those before ``used`` have one."""

    indices: list[int]
    lengths: list[int]
    cross: Tensor
    hidden: Tensor | None
    behind: torch.cuda.Event | None
    used: int = 0


class Pool:
    """Slots, their tenants, and what is under way.

    Args:
        network: The model.
        search: How to decode.
        count: How many slots.
        source: The longest source that fits.
        every: Steps per round.
        grain: Lengths are rounded up to 1, 2, 3, 4, 6, 8, 12, ... times this.
        runner: What runs a round.
        attend: How to attend.
    """

    def __init__(
        self,
        network: Network,
        search: Search,
        *,
        count: int,
        source: int,
        every: int,
        grain: int,
        runner: Runner,
        attend: Attend,
    ) -> None:
        self.search = search
        self.count = count
        self.source = source
        self._network = network
        self._every = every
        self._grain = grain
        self._runner = runner
        self._attend = attend
        self._longest = search.longest(positions=network.positions)
        self._lanes = Lanes(network.device)
        # Made with the first sources, as they decide the shapes (and may not fit).
        self._made: tuple[Slots, SlotMemory, StaticSearch] | None = None
        # The host's books: per slot the tenant (-1: none), its source's length, and the round
        # before its first.
        self._tenants = np.full(count, -1, dtype=np.int64)
        self._lengths = np.zeros(count, dtype=np.int64)
        self._since = np.zeros(count, dtype=np.int64)
        self._round = 0
        # The lowest free slot first: a step touches all slots up to the highest in use.
        self._free = list(range(count))
        self._ready: deque[_Encoded] = deque()
        self._looks: deque[tuple[int, Fetched]] = deque()
        self._results: deque[tuple[list[int], Fetched]] = deque()

    @property
    def busy(self) -> bool:
        """Whether there is a tenant, or a sentence or result on its way."""
        return bool(self._ready or self._results) or len(self._free) < self.count

    def refill(self, backlog: Backlog) -> None:
        """Give free slots to encoded sentences."""
        while self._free:
            if not self._ready:
                self._encode(backlog)
            if not self._ready:
                return
            self._admit(self._ready[0])

    def encode_ahead(self, backlog: Backlog) -> None:
        """Have sentences ready for the slots that will be free next."""
        if sum(len(batch.indices) - batch.used for batch in self._ready) < self._ahead:
            self._encode(backlog)

    @torch.inference_mode()
    def run(self) -> None:
        """Queue a round: the next steps of all slots up to the highest with a tenant."""
        places = np.flatnonzero(self._tenants >= 0)
        if len(places) == 0:
            return
        assert self._made is not None
        slots, memory, state = self._made
        age = int(self._round - self._since[places].min()) * self._every
        steps = min(age + self._every, self._longest - PROMPT)
        longest = int(self._lengths[places].max())
        slots.extent = Extent(
            rows=min(self.count, bucket(int(places[-1]) + 1, smallest=FEWEST_ROWS)),
            steps=min(bucket(steps, smallest=self._grain), aligned(self._longest - PROMPT)),
            source=min(bucket(longest, smallest=self._grain), self.source),
        )

        def round_() -> None:
            for _ in range(self._every):
                slots.begin()
                logits = step(self._network, state.newest, slots=slots, memory=memory)
                parents, done = state.advance(logits)
                if parents is not None:
                    memory.follow(parents)
                slots.end(done)

        self._runner.run(slots.extent, round_)
        self._round += 1
        self._looks.append((self._round, self._lanes.fetch(slots.live)))

    @torch.inference_mode()
    def harvest(self) -> list[tuple[int, list[Hypothesis]]]:
        """Free the slots that were done a round ago; return the results of those before."""
        finished: list[tuple[int, list[Hypothesis]]] = []
        while self._results:
            indices, fetched = self._results.popleft()
            assert self._made is not None
            finished.extend(zip(indices, self._made[2].results(fetched.wait()), strict=True))
        idle_device = not (self._tenants >= 0).any()
        while len(self._looks) > (0 if idle_device else 1):
            seen, look = self._looks.popleft()
            (live,) = look.wait()
            # A tenant that moved in after the look is not the one that was seen.
            gone = (self._tenants >= 0) & ~live.numpy() & (self._since < seen)
            places = np.flatnonzero(gone).tolist()
            if places:
                self._collect(places)
        return finished

    @property
    def _ahead(self) -> int:
        return max(1, self.count // 4)

    def _collect(self, places: list[int]) -> None:
        assert self._made is not None
        age = int(self._round - self._since[places].min()) * self._every
        copies = self._made[2].collect(
            self._lanes.upload(places), steps=min(age, self._longest - PROMPT)
        )
        self._results.append((self._tenants[places].tolist(), self._lanes.fetch(*copies)))
        self._tenants[places] = -1
        for place in places:
            heapq.heappush(self._free, place)

    @torch.inference_mode()
    def _encode(self, backlog: Backlog) -> None:
        indices = backlog.take(self._ahead, area=GPU_BUDGET, fits=self.source)
        if not indices:
            return
        sources = [backlog.source(index) for index in indices]
        lengths = [len(ids) for ids in sources]
        longest, padding = max(lengths), self._network.padding
        padded = [[*ids, *[padding] * (longest - len(ids))] for ids in sources]
        with self._lanes.beside():
            read = self._network.encode(
                self._lanes.upload(padded), lengths=self._lanes.upload(lengths), beams=1, longest=1
            )
        self._ready.append(_Encoded(indices, lengths, read._cross, read.hidden, self._lanes.mark()))

    @torch.inference_mode()
    def _admit(self, batch: _Encoded) -> None:
        new = min(len(self._free), len(batch.indices) - batch.used)
        chosen = slice(batch.used, batch.used + new)
        slots, memory, state = self._make(batch.cross)
        self._lanes.bring(batch.cross, batch.hidden, behind=batch.behind)
        places = [heapq.heappop(self._free) for _ in range(new)]
        where = self._lanes.upload(places)
        hidden = None if batch.hidden is None else batch.hidden[chosen]
        memory.admit(where, cross=batch.cross[:, :, chosen], hidden=hidden)
        state.admit(where)
        slots.admit(where)
        self._tenants[places] = batch.indices[chosen]
        self._lengths[places] = batch.lengths[chosen]
        self._since[places] = self._round
        batch.used += new
        if batch.used == len(batch.indices):
            self._ready.popleft()

    def _make(self, cross: Tensor) -> tuple[Slots, SlotMemory, StaticSearch]:
        if self._made is None:
            search, network = self.search, self._network
            slots = Slots(
                self.count, beams=search.beams, longest=self._longest, device=network.device
            )
            memory = SlotMemory(slots, like=cross, source=self.source, attend=self._attend)
            kind = StaticGreedy if search.beams == 1 else StaticBeam
            self._made = slots, memory, kind(search, slots=slots, vocabulary=network.vocabulary)
        return self._made
