"""The least time that a case can take on this machine.

It is the larger of two: operations over the rate of products, bytes over the bandwidth of memory,
both rates measured in the same run. Only work that any implementation must do counts: no
padding, no row that has finished, each source read once, its keys and values made once and shared
by its beams.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Final

from scripts.benchmark.shapes import Size

BYTES: Final = {"float32": 4, "bfloat16": 2, "float16": 2, "int8": 1}


@dataclass(frozen=True, slots=True)
class Rates:
    """What this machine does at best.

    Attributes:
        operations: Precision to operations (multiplications and additions) per second in a product
            of large matrices.
        bandwidth: Bytes per second read and written in a copy far larger than any cache.
    """

    operations: dict[str, float] = field(default_factory=dict)
    bandwidth: float | None = None


def operations(size: Size, *, sources: Sequence[int], outputs: Sequence[int], beams: int) -> float:
    """Multiplications and additions of a case, counted as two per weight and per attended place.

    Args:
        size: Of the model.
        sources: Length of each input, its end included.
        outputs: Length of each output, its end included: the steps that it takes.
        beams: Hypotheses of each.
    """
    d, inner = size.width, size.inner
    encoded, steps = sum(sources), beams * sum(outputs)
    reading = size.encoder_layers * (4 * d * d + 2 * d * inner) + size.decoder_layers * 2 * d * d
    writing = size.decoder_layers * (6 * d * d + 2 * d * inner) + d * size.vocabulary
    attended = size.encoder_layers * sum(
        n * n for n in sources
    ) + size.decoder_layers * beams * sum(
        m * (n + (m + 1) / 2) for n, m in zip(sources, outputs, strict=True)
    )
    return 2.0 * (encoded * reading + steps * writing + 2 * d * attended)


def traffic(
    size: Size, *, sources: Sequence[int], outputs: Sequence[int], beams: int, width: int
) -> float:
    """Bytes of a case from memory: weights once a step for all inputs, caches once a step for each.

    Args:
        size: Of the model.
        sources: As for `operations`.
        outputs: As for `operations`.
        beams: Hypotheses of each; those of one input share its source.
        width: Bytes of a value.
    """
    d, inner = size.width, size.inner
    encoder = size.encoder_layers * (4 * d * d + 2 * d * inner)
    decoder = size.decoder_layers * (8 * d * d + 2 * d * inner) + d * size.vocabulary
    cached = size.decoder_layers * sum(
        2 * d * m * (n + beams * (m + 1) / 2) for n, m in zip(sources, outputs, strict=True)
    )
    return width * (encoder + max(outputs, default=0) * decoder + cached)


def floor_seconds(
    size: Size,
    *,
    sources: Sequence[int],
    outputs: Sequence[int],
    beams: int,
    precision: str,
    rates: Rates,
) -> float | None:
    """The larger of the two least times; None if the precision's rate is not known.

    Keys and values count at the precision's width but for int8, whose caches hold float32 in every
    subject here; counting one byte keeps the floor a floor.
    """
    rate = rates.operations.get(precision)
    if rate is None:
        return None
    least = operations(size, sources=sources, outputs=outputs, beams=beams) / rate
    if rates.bandwidth is None:
        return least
    moved = traffic(size, sources=sources, outputs=outputs, beams=beams, width=BYTES[precision])
    return max(least, moved / rates.bandwidth)


def measure_rates(
    _state: dict[str, Any], *, device: str, threads: int, precisions: Sequence[str]
) -> Rates:
    """Measure the rates, in a worker. A precision that torch cannot multiply here is left out.

    A CPU's rate is that of all threads on one product, or so many times that of one thread if that
    is more: subjects may share out batches instead of products.
    """
    import torch  # noqa: PLC0415 -- the driving process imports this module for its counts alone

    side = 8192 if device == "cuda" else 1024
    found: dict[str, float] = {}
    for precision in precisions:
        for together in dict.fromkeys((threads, 1)) if device == "cpu" else (threads,):
            torch.set_num_threads(together)
            share = threads / together if device == "cpu" else 1.0
            for product in _products(precision, side=side, device=device):
                # An operator that this processor or this torch lacks raises what it likes.
                with suppress(Exception):
                    rate = share * 2.0 * side**3 / _least(product, device=device)
                    found[precision] = max(rate, found.get(precision, 0.0))
    torch.set_num_threads(threads)
    source = torch.zeros((1 << 30) if device == "cuda" else (1 << 26), device=device)
    target = torch.empty_like(source)
    copied = _least(lambda: target.copy_(source), device=device)
    return Rates(found, 2.0 * source.nbytes / copied)


def _products(precision: str, *, side: int, device: str) -> Iterator[Callable[[], object]]:
    """Ways to multiply two square matrices, of which the fastest counts."""
    import torch  # noqa: PLC0415

    if precision == "int8":
        a, b = (torch.randint(-127, 128, (side, side), dtype=torch.int8) for _ in range(2))
        yield lambda: torch._int_mm(a, b)
        # oneDNN's with unsigned activations, as processors multiply them; signed ones can be a
        # thousand times slower.
        ops: Any = torch.ops.onednn
        with suppress(Exception):
            packed = ops.qlinear_prepack(b, [side, side])
            ones, zeros = torch.ones(side), torch.zeros(side, dtype=torch.long)
            unsigned = a.view(torch.uint8)
            yield lambda: ops.qlinear_pointwise(
                unsigned, 1.0, 0, packed, ones, zeros, None, 1.0, 0, torch.float32, "none", [], ""
            )
        return
    dtype = getattr(torch, precision)
    x, w = (torch.randn(side, side, device=device, dtype=dtype) for _ in range(2))
    yield lambda: x @ w
    if device == "cpu":
        mkldnn: Any = torch.ops.mkldnn
        with suppress(Exception):
            weight = mkldnn._reorder_linear_weight(w, side)
            yield lambda: mkldnn._linear_pointwise(x, weight, None, "none", [], "")


def _least(work: Callable[[], object], *, device: str) -> float:
    """Seconds of the fastest of the turns that fit in half a second: what a unit can do."""
    import torch  # noqa: PLC0415

    best = float("inf")
    until = time.perf_counter() + 0.5
    while time.perf_counter() < until:
        started = time.perf_counter()
        work()
        if device == "cuda":
            torch.cuda.synchronize()
        best = min(best, time.perf_counter() - started)
    return best
