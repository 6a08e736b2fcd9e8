"""In-flight batching: sentences enter and leave a running batch, and the device never waits.

The loop of `decode` for a GPU. A fixed number of slots is kept full: when a sentence finishes, one
that was encoded meanwhile takes its slot at the next round (the idea of Orca, Yu et al., 2022, for
encoder-decoders). A round is a few steps of all slots, queued as one graph; the host looks at the
flags of one round while the next one runs, so neither waits for the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

import torch

from pipeline.engine.backlog import Backlog
from pipeline.engine.graphs import Eager, Graphs
from pipeline.engine.network import Network
from pipeline.engine.pool import Pool
from pipeline.engine.scheduling import is_out_of_memory
from pipeline.engine.search import PROMPT, Hypothesis, Search
from pipeline.engine.slots import ALIGNED, Attend, aligned, attend, bucket

# Hypotheses decoded at once, if memory allows: enough rows for products at the rate of the
# arithmetic units rather than of memory. Chosen by reckoning for an H200, not yet by measurement.
HYPOTHESES: Final = 4096
# Steps per round: more of them keep finished slots idle for longer, fewer keep the host busier.
EVERY: Final = 2
# Slots hold at least this many source positions, so that few inputs ask for larger ones.
SOURCE: Final = 128


class InFlight:
    """Decodes streams in slots; keeps its slots, and their graphs, from one stream to the next.

    Args:
        network: The model.
        slots: Sentences decoded at once; ``None`` for `HYPOTHESES` by beams, if memory allows.
        every: Steps per round.
        graphs: Whether rounds are recorded as CUDA graphs; ``None`` for on a GPU.
        fused: Whether to attend with the kernel of `fused`, which needs Triton.
        source: Slots hold sources of at least this many ids.
        grain: Lengths are rounded up to 1, 2, 3, 4, 6, 8, 12, ... times this, a multiple of 16.
            A larger one means fewer shapes to record, and more to read unless ``fused``.

    Raises:
        ValueError: A count or grain that has no meaning, or no Triton for ``fused``.
    """

    def __init__(
        self,
        network: Network,
        *,
        slots: int | None = None,
        every: int = EVERY,
        graphs: bool | None = None,
        fused: bool = False,
        source: int = SOURCE,
        grain: int = ALIGNED,
    ) -> None:
        if grain < 1 or grain % ALIGNED:
            raise ValueError(f"grain={grain}: use a multiple of {ALIGNED}")
        if every < 1 or (slots is not None and slots < 1):
            raise ValueError(f"slots={slots}, every={every}: use 1 or more of both")
        self._network = network
        self._slots = slots
        self._every = every
        self._graphs = network.device.type == "cuda" if graphs is None else graphs
        self._attend = _fused() if fused else attend
        self._source = source
        self._grain = grain
        self._idle: Pool | None = None

    def stream(
        self,
        sequences: Iterable[tuple[int, Sequence[int]]],
        *,
        search: Search,
        window: int,
        merge: bool = True,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Decode inputs as they come; as `Scheduler.stream`, but without a pause between windows.

        Args:
            sequences: The inputs and the numbers the caller knows them by.
            search: How to decode; one that `supports` allows.
            window: The most inputs that are read ahead of the results. Fewer than a few times the
                slots leave slots empty.
            merge: Whether equal inputs are decoded once.

        Yields:
            The number of an input and its hypotheses, in the order in which they finish.

        Raises:
            MemoryError: One input alone does not fit into memory.
        """
        backlog = Backlog(sequences, window=window, merge=merge)
        while backlog.pending():
            pool = self._take_pool(search, longest=backlog.longest())
            try:
                yield from drain(pool, backlog)
                self._idle = pool
                continue
            except (MemoryError, RuntimeError) as error:
                if not is_out_of_memory(error):
                    raise
                backlog.restart()
                if pool.count == 1:
                    raise MemoryError(
                        f"an input (the longest left has {backlog.longest()} ids, under "
                        f"{search.beams} beams) does not fit into memory even alone: use fewer "
                        "beams, a lower max_length, or a smaller precision"
                    ) from error
            # Outside the handler: the exception holds tensors through its traceback.
            self._slots = pool.count // 2
            del pool
            if torch.cuda.is_available():
                torch.cuda.empty_cache()

    def _take_pool(self, search: Search, *, longest: int) -> Pool:
        """Return slots for this search and inputs of that length: those kept, or new ones."""
        idle, self._idle = self._idle, None
        source = aligned(max(bucket(longest, smallest=ALIGNED), self._source))
        if idle is not None and idle.search == search:
            if idle.source >= source and self._slots in (None, idle.count):
                return idle
            source = max(source, idle.source)
        del idle
        return Pool(
            self._network,
            search,
            count=self._slots or slots_that_fit(self._network, search, source=source),
            source=source,
            every=self._every,
            grain=self._grain,
            runner=Graphs(self._network.device) if self._graphs else Eager(),
            attend=self._attend,
        )


def drain(pool: Pool, backlog: Backlog) -> Iterator[tuple[int, list[Hypothesis]]]:
    """Decode until nothing is left that fits these slots."""
    while True:
        # 1. Sentences that are already encoded move into the free slots.
        pool.refill(backlog)
        # 2. The next steps of all slots are queued.
        pool.run()
        # 3. While they run, the next sentences are encoded on a stream beside.
        pool.encode_ahead(backlog)
        # 4. Rows that were done a round ago free their slots, and results are passed on.
        for index, hypotheses in pool.harvest():
            yield from backlog.answer(index, hypotheses)
        if not pool.busy:
            return


def slots_that_fit(network: Network, search: Search, *, source: int) -> int:
    """Return how many slots to have: for `HYPOTHESES`, or as many as half the free memory holds."""
    most = max(1, HYPOTHESES // search.beams)
    if network.device.type != "cuda":
        return most
    size, layers = network.decoder.words.shape[1], len(network.decoder.layers)
    steps = aligned(search.longest(positions=network.positions) - PROMPT)
    remembered = 2 * layers * size * (source + steps * search.beams) * network.dtype.itemsize
    # Logits, their logarithms and one thing made of them.
    scored = search.beams * network.vocabulary * (network.dtype.itemsize + 4 + 4)
    free, _ = torch.cuda.mem_get_info(network.device)
    # What torch keeps of what was given back is free too.
    free += torch.cuda.memory_reserved(network.device)
    free -= torch.cuda.memory_allocated(network.device)
    return max(1, min(most, free // 2 // (remembered + scored)))


def _fused() -> Attend:
    try:
        # Late: Triton is no dependency, and is there only where torch brings it.
        from pipeline.engine.fused import attend as fused  # noqa: PLC0415
    except ImportError as error:
        raise ValueError(
            f"fused=True needs Triton ({error}): install torch for NVIDIA GPUs, or leave it out"
        ) from error
    return fused
