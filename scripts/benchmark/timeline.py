"""Where the time of `Pipeline.stream` goes: each kind of work as a share of the wall time.

.venv/bin/python -m scripts.benchmark.timeline --articles 200 --precisions float32,int8

Clocks are put around the stages' parts from outside; the package knows nothing of them. The
articles are the shipped samples and thinned copies of them, so that next to no sentence comes
twice. The models are loaded, and have digested an article, before the clock starts. Each precision
runs in a process of its own.
"""

from __future__ import annotations

import argparse
import json
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, ParamSpec, TypeVar
from unittest.mock import patch

from scripts.benchmark.inputs import varied_articles
from scripts.benchmark.models import CACHE
from scripts.benchmark.worker import Worker

if TYPE_CHECKING:
    from pipeline import Pipeline

P = ParamSpec("P")
R = TypeVar("R")

# What is timed, by where the stages look it up.
WATCHED: Final = {
    "pipeline.cases.clean": "clean",
    "pipeline.cases.detect_language": "clean",
    "pipeline.translate.split_sentences": "split",
    "pipeline.summarise.split_sentences": "split",
    "pipeline.translate.check_translation": "check",
    "pipeline.summarise.check_summary": "check",
    "pipeline.summarise.likely_sets": "salience",
    "pipeline.summarise.SentenceSearch": "sentence rules",
}
# Inside the engine's time, in its threads.
WITHIN: Final = {"pipeline.sentence_search.SentenceSearch.allowed": "sentence rules, asked"}
ENGINE, ENCODE, DECODE, OTHER = "engine", "tokenise", "detokenise", "other"
# The aims: the engine's share of the wall time, and the codec's time as a share of the engine's.
BUSY, CODEC = 0.90, 0.05
_BAR: Final = 60


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of one kind of work, without the work of other kinds inside it.

    Attributes:
        kind: What was done.
        start: Seconds since the beginning.
        end: Seconds since the beginning.
        inner: Seconds of it that went to other kinds.
        thread: Whether it was in another thread than the stream's.
    """

    kind: str
    start: float
    end: float
    inner: float
    thread: bool


class Clock:
    """Notes when calls of each kind began and ended, from any thread."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._started = time.perf_counter()
        self._main = threading.get_ident()
        self._lock = threading.Lock()
        self._local = threading.local()

    def restart(self) -> None:
        """Forget everything, and begin at 0 s."""
        self.spans.clear()
        self._started = time.perf_counter()

    def now(self) -> float:
        """Seconds since the beginning."""
        return time.perf_counter() - self._started

    def around(self, kind: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with self._span(kind):
                return function(*args, **kwargs)

        return timed

    @contextmanager
    def _span(self, kind: str) -> Iterator[None]:
        stack: list[float] = self._local.__dict__.setdefault("stack", [])
        stack.append(0.0)
        start = self.now()
        try:
            yield
        finally:
            end = self.now()
            inner = stack.pop()
            if stack:
                stack[-1] += end - start
            other = threading.get_ident() != self._main
            with self._lock:
                self.spans.append(Span(kind, start, end, inner, other))


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The work of one stream.

    Attributes:
        precision: Of the engines.
        articles: Digests that came out.
        errors: Those of them with an error.
        characters: Of raw text.
        sentences: Translated, as the stages count them.
        seconds: Wall time.
        spans: What was done when.
    """

    precision: str
    articles: int
    errors: int
    characters: int
    sentences: int
    seconds: float
    spans: Sequence[Span]

    @property
    def busy(self) -> float:
        """The share of the wall time in which the engine was at work."""
        covered = reached = 0.0
        for span in sorted(self._of(ENGINE), key=lambda span: span.start):
            covered += max(0.0, span.end - max(span.start, reached))
            reached = max(reached, span.end)
        return covered / self.seconds

    @property
    def codec(self) -> float:
        """Tokenising and detokenising, as a share of the engine's time."""
        return (self.time(ENCODE) + self.time(DECODE)) / self.time(ENGINE)

    def time(self, kind: str) -> float:
        """Seconds of a kind of work, summed over threads, other kinds inside it left out."""
        return sum(span.end - span.start - span.inner for span in self._of(kind))

    def shares(self) -> dict[str, float]:
        """Each kind's time over the wall time; `OTHER` is the stream's thread doing none of them.

        What runs beside the stream's own thread makes them add up to more than one.
        """
        kinds = dict.fromkeys(span.kind for span in self.spans)
        shares = {kind: self.time(kind) / self.seconds for kind in kinds}
        own = sum(s.end - s.start - s.inner for s in self.spans if not s.thread)
        return shares | {OTHER: 1 - own / self.seconds}

    def _of(self, kind: str) -> Iterable[Span]:
        return (span for span in self.spans if span.kind == kind)


def measure(
    _state: dict[str, Any],
    *,
    precision: str,
    articles: int,
    threads: int | None,
    window: int | None = None,
) -> Timeline:
    """Digest articles by the compact preset and note what was done when; runs in a worker.

    Raises:
        ModelError: A model cannot be loaded in that precision.
    """
    from pipeline import Pipeline  # noqa: PLC0415 -- torch, in the worker only
    from pipeline.config import Config  # noqa: PLC0415

    config = Config.load("compact").replace(
        "runtime",
        device="cpu",
        precision=precision,
        threads=threads,
        window_characters=window,
    )
    pipe = Pipeline.load(config)
    work = varied_articles(articles)
    done: dict[str, int] = {}

    def observe(stage: str, count: int) -> None:
        done[stage] = done.get(stage, 0) + count

    clock = Clock()
    with _watched(pipe, clock):
        list(pipe.stream(work[:1]))
        clock.restart()
        digests = list(pipe.stream(work, observer=observe))
        seconds = clock.now()
    return Timeline(
        precision=precision,
        articles=len(digests),
        errors=sum(digest.error is not None for digest in digests),
        characters=sum(len(article.text) for article in work),
        sentences=done.get("translate", 0),
        seconds=seconds,
        spans=sorted(clock.spans, key=lambda span: span.start),
    )


@contextmanager
def _watched(pipe: Pipeline, clock: Clock) -> Iterator[None]:
    from pkgutil import resolve_name  # noqa: PLC0415

    with ExitStack() as stack:
        for name, kind in {**WATCHED, **WITHIN}.items():
            stack.enter_context(patch(name, clock.around(kind, resolve_name(name))))
        for stage in pipe.stages:
            for part, method, kind in (
                (stage.engine, "generate", ENGINE),
                (stage._codec, "encode", ENCODE),
                (stage._codec, "decode", DECODE),
            ):
                timed = clock.around(kind, getattr(part, method))
                stack.enter_context(patch.object(part, method, timed))
        yield


def text(found: Timeline) -> str:
    """The shares as a table, with a row of time from left to right for each kind."""
    lines = [
        f"Pipeline.stream over {found.articles} articles ({found.characters:,} characters, "
        f"{found.sentences:,} sentences; {found.precision}): {found.seconds:.1f} s, "
        f"{found.articles / found.seconds:.1f} articles/s"
    ]
    if found.errors:
        lines.append(f"{found.errors} of them came out as errors")
    for kind, share in sorted(found.shares().items(), key=lambda item: -item[1]):
        bar = _bar([span for span in found.spans if span.kind == kind], seconds=found.seconds)
        lines.append(f"  {kind:<22}{100 * share:6.1f} % |{bar}|")
    lines += [
        f"  engine busy {100 * found.busy:.1f} % of the wall time (aim: {100 * BUSY:.0f} or more)",
        f"  tokenising and detokenising {100 * found.codec:.1f} % of the engine's time "
        f"(aim: {100 * CODEC:.0f} or less)",
    ]
    return "\n".join(lines)


def _bar(spans: Sequence[Span], *, seconds: float) -> str:
    """A character for each sixtieth of the time: how much of it a kind had."""
    step = seconds / _BAR
    amounts = [0.0] * _BAR
    for span in spans:
        share = 1 - span.inner / (span.end - span.start) if span.end > span.start else 0.0
        for place in range(int(span.start / step), min(_BAR - 1, int(span.end / step)) + 1):
            start, end = max(span.start, place * step), min(span.end, (place + 1) * step)
            amounts[place] += max(0.0, end - start) * share
    return "".join(" .:-=+*#"[min(7, int(8 * amount / step))] for amount in amounts)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command."""
    parser = argparse.ArgumentParser(
        prog="scripts.benchmark.timeline",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add = parser.add_argument
    add("--articles", type=int, default=200)
    add("--precisions", default="float32,int8", help="default float32,int8")
    add("--threads", type=int, default=None, help="CPU threads; default all")
    add("--window", type=int, default=None, help="characters in a window; default the preset's")
    add("--json", type=Path, default=CACHE / "timeline.json", help="default .bench/timeline.json")
    options = parser.parse_args(arguments)
    if options.articles < 1:
        parser.error(f"--articles {options.articles}: use 1 or more")
    for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ.pop(name, None)
    os.environ.update(HF_HUB_OFFLINE="1")
    content = []
    for precision in options.precisions.split(","):
        with Worker(f"timeline {precision}") as worker:
            found: Timeline = worker.call(
                measure,
                precision=precision,
                articles=options.articles,
                threads=options.threads,
                window=options.window,
            )
        print(f"{text(found)}\n", flush=True)
        summary = {"shares": found.shares(), "busy": found.busy, "codec": found.codec}
        content.append(asdict(replace(found, spans=())) | summary | {"spans": _rounded(found)})
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_text(json.dumps(content), encoding="utf-8")
    print(f"every span is in {options.json}")


def _rounded(found: Timeline) -> list[list[object]]:
    """Kind, start, end, seconds of other kinds inside, and whether in a thread of its own."""
    return [
        [s.kind, round(s.start, 6), round(s.end, 6), round(s.inner, 6), s.thread]
        for s in found.spans
    ]


if __name__ == "__main__":
    main()
