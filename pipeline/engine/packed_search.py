"""Whole searches in the kernels: from encoded sources to hypotheses, many steps a call.

Between two steps of `decode` lies an interpreter, which on small models costs a fifth to a quarter
of the time. Searches whose rules only ban ids, or force one, need it only now and then:
`native/search.h` keeps the books of `Greedy` and `Beam` itself. The others go step by step.
"""

from __future__ import annotations

import ctypes
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Final

import torch
from torch import Tensor

from pipeline.engine.compiled import library
from pipeline.engine.kernels import Head, Layer, Norm, addresses, at, check
from pipeline.engine.rules import Rules, supports, wanted
from pipeline.engine.search import PROMPT, Hypothesis, Search

# Steps a call: so many that the calls cost nothing, so few that hypotheses come out, and Ctrl-C
# gets through, while a long batch is at work.
STEPS: Final = 16


class _Decoder(ctypes.Structure):
    """A decoder and its projection; `Model` in ``native/search.h``. Addresses must outlive it."""

    _fields_ = (
        ("layers", ctypes.c_void_p),
        ("depth", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("last", "words", "positions", "blank")),
        ("padding", ctypes.c_int64),
        ("scale", ctypes.c_double),
        ("first", ctypes.c_void_p),
        ("vocabulary", ctypes.c_int64),
        *((name, ctypes.c_void_p) for name in ("head", "weight", "bias")),
    )


class _Settings(ctypes.Structure):
    """What to search for; `Settings` in ``native/search.h``."""

    _fields_ = (
        *((name, ctypes.c_int64) for name in ("beams", "wanted", "longest", "returned", "start")),
        ("ends", ctypes.c_void_p),
        ("end_count", ctypes.c_int64),
        ("length_penalty", ctypes.c_double),
        *((name, ctypes.c_int64) for name in ("early", "renormalise")),
        ("bans", ctypes.c_void_p),
        *((name, ctypes.c_int64) for name in ("ban_count", "forced_first", "forced_last")),
    )


def takes(search: Search, *, longest: int, vocabulary: int) -> bool:
    """Return whether the kernels search as told; the arguments are those of `supports`."""
    return (
        supports(search, longest=longest, vocabulary=vocabulary)
        and search.repetition_penalty == 1.0
        and search.no_repeat_ngram_size == 0
        and all(len(word) == 1 for word in search.bad_words_ids)
    )


class PackedSearch:
    """The searches of one network.

    Args:
        layers: The decoder's.
        last: The norm after them, if any.
        words: Embeddings, *Shape:* ``[vocabulary, size]`` float32.
        scale: Of these.
        positions: What is added at each step, *Shape:* ``[steps, size]`` float32.
        blank: What is added instead if the id is ``padding``, *Shape:* ``[size]``; None for nothing
            of that kind.
        padding: The id.
        first: The norm of embeddings, if any.
        head: The projection.
    """

    def __init__(
        self,
        layers: ctypes.Array[Layer],
        *,
        last: Norm | None,
        words: Tensor,
        scale: float,
        positions: Tensor,
        blank: Tensor | None,
        padding: int,
        first: Norm | None,
        head: Head,
    ) -> None:
        # What the structure points to must outlive it.
        self._kept = (layers, last, words, positions, blank, first, head)
        self._decoder = _Decoder(
            layers=ctypes.addressof(layers),
            depth=len(layers),
            last=None if last is None else ctypes.addressof(last),
            words=at(words),
            positions=at(positions),
            blank=None if blank is None else at(blank),
            padding=padding,
            scale=scale,
            first=None if first is None else ctypes.addressof(first),
            vocabulary=len(words),
            **head.addresses,
        )

    def __call__(
        self,
        sources: Sequence[Tensor],
        *,
        offsets: Tensor,
        lengths: Tensor,
        search: Search,
        rules: Rules,
        longest: int,
    ) -> Iterator[tuple[int, list[Hypothesis]]]:
        """Search one batch.

        Args:
            sources: Keys and values of the sources; see `kernels.encode`.
            offsets: Where each row has its source there, *Shape:* ``[rows]`` int64.
            lengths: How long it is, *Shape:* ``[rows]`` int64.
            search: The settings, for which `takes` is true.
            rules: Made of them.
            longest: The most ids of a hypothesis, counting the decoder start.

        Yields:
            A row and its hypotheses, best first, soon after it is done.

        Raises:
            MemoryError: Memory ran out.
        """
        # Bans change in the first steps and when the end is allowed; the last one is for all that
        # follow.
        changes = min(longest, max(search.shortest, PROMPT + 1) + 1)
        bans = [rules.banned(length) for length in range(changes + 1)]
        ends = (ctypes.c_int64 * len(search.ends))(*search.ends)
        bans_at = (ctypes.c_void_p * len(bans))(*[None if b is None else at(b) for b in bans])
        first, last = search.forced_bos_token_id, search.forced_eos_token_id
        settings = _Settings(
            beams=search.beams,
            wanted=1 if search.beams == 1 else wanted(search),
            longest=longest,
            returned=search.num_return_sequences,
            start=search.decoder_start_token_id,
            ends=ctypes.addressof(ends),
            end_count=len(ends),
            length_penalty=search.length_penalty,
            early=2 if search.early_stopping == "never" else search.early_stopping is True,
            # Greedy scores are the model's own probabilities.
            renormalise=search.renormalize_logits and search.beams > 1,
            bans=ctypes.addressof(bans_at),
            ban_count=len(bans),
            forced_first=-1 if first is None else first,
            forced_last=last[0] if last else -1,
        )
        handle = begin(
            self._decoder, settings, sources=addresses(sources), offsets=offsets, lengths=lengths
        )
        # Looked up now: a generator may outlive the interpreter's modules.
        free = library().kortom_search_free
        try:
            counts = (ctypes.c_int64 * 3)(len(lengths))
            while counts[0]:
                advance(handle, counts)
                yield from _take(handle, hypotheses=counts[1], ids=counts[2])
        finally:
            free(handle)


def begin(
    decoder: _Decoder,
    settings: _Settings,
    *,
    sources: ctypes.Array[ctypes.c_void_p],
    offsets: Tensor,
    lengths: Tensor,
) -> int:
    """Make the search of one batch, and return its handle, which is to be freed.

    Raises:
        MemoryError: Memory ran out.
    """
    handle: int | None = library().kortom_search_new(
        ctypes.byref(decoder),
        ctypes.byref(settings),
        sources,
        at(offsets),
        at(lengths),
        len(lengths),
    )
    if not handle:
        raise MemoryError(f"no memory for the search of {len(lengths)} rows")
    return handle


def advance(handle: int, counts: ctypes.Array[ctypes.c_int64]) -> None:
    """Take some steps; ``counts`` are the rows left, the hypotheses found, and all their ids.

    Raises:
        MemoryError: Memory ran out.
    """
    check(library().kortom_search_run(handle, STEPS, counts))


def _take(handle: int, *, hypotheses: int, ids: int) -> Iterator[tuple[int, list[Hypothesis]]]:
    """Fetch what a search has found since the last time."""
    rows, lengths = torch.empty((2, hypotheses), dtype=torch.long)
    scores = torch.empty(hypotheses)
    tokens = torch.empty(ids, dtype=torch.int32)
    library().kortom_search_take(handle, at(rows), at(scores), at(lengths), at(tokens))
    every, starts = tokens.tolist(), (lengths.cumsum(0) - lengths).tolist()
    found = (
        (row, Hypothesis(every[start : start + length], score))
        for row, start, length, score in zip(
            rows.tolist(), starts, lengths.tolist(), scores.tolist(), strict=True
        )
    )
    for row, group in groupby(found, key=lambda pair: pair[0]):
        yield row, [hypothesis for _, hypothesis in group]
