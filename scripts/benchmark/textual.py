"""From text to text: what tokenising costs beside the engine, and when the engine is busy.

The stages run as users run them; clocks are put around the engine, the codec, the cleaner and the
splitter. Runs in a worker.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast
from unittest.mock import patch

from scripts.benchmark.inputs import sentences, varied_articles
from scripts.benchmark.task import Place

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.engine import Engine
    from pipeline.stage import LoadedModel

P = ParamSpec("P")
R = TypeVar("R")
Span = tuple[str, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndToEnd:
    """Dutch sentences to English ones, through the translation stage.

    Attributes:
        precision: Of the engine.
        beams: Of its search.
        sentences: How many.
        tokens: Output tokens of the best hypotheses, ends not counted.
        seconds: Wall time.
        engine_seconds: Of it, in the engine.
        codec_seconds: Of it, in tokenising and detokenising all hypotheses that were looked at.
    """

    precision: str
    beams: int
    sentences: int
    tokens: int
    seconds: float
    engine_seconds: float
    codec_seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """When each kind of work was done.

    Attributes:
        precision: Of the engines.
        articles: How many were digested.
        seconds: Wall time.
        spans: Kind, start and end in seconds from the beginning; those of a kind may overlap.
    """

    precision: str
    articles: int
    seconds: float
    spans: Sequence[Span]

    def busy(self, kind: str, *, start: float = 0.0, end: float | None = None) -> float:
        """The share of a stretch of time in which at least one span of a kind was going on."""
        stop = self.seconds if end is None else end
        covered, reached = 0.0, start
        for _, begun, ended in sorted(s for s in self.spans if s[0] == kind):
            begun, ended = max(begun, reached), min(ended, stop)  # noqa: PLW2901 -- cut to fit
            if ended > begun:
                covered += ended - begun
                reached = ended
        return covered / (stop - start)


class Clock:
    """Notes when calls of each kind began and ended, from any thread."""

    def __init__(self) -> None:
        self.spans: list[Span] = []
        self._lock = threading.Lock()

    def around(self, kind: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            with self.span(kind):
                return function(*args, **kwargs)

        return timed

    @contextmanager
    def span(self, kind: str) -> Iterator[None]:
        """Time the block."""
        started = time.perf_counter()
        try:
            yield
        finally:
            with self._lock:
                self.spans.append((kind, started, time.perf_counter()))

    def seconds(self, kind: str) -> float:
        """The sum of a kind's spans."""
        return sum(end - start for name, start, end in self.spans if name == kind)


class _Timed:
    """An object whose named methods are timed; all else is the object's own."""

    def __init__(self, inner: object, clock: Clock, **kinds: str) -> None:
        self._inner, self._clock, self._kinds = inner, clock, kinds

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- whatever the object has
        value = getattr(self._inner, name)
        kind = self._kinds.get(name)
        return value if kind is None else self._clock.around(kind, value)


def measure_end_to_end(
    _state: dict[str, Any], *, place: Place, precision: str, count: int, rounds: int
) -> EndToEnd:
    """Translate distinct sentences by the compact preset; return the median round.

    Raises:
        ModelError: The model cannot be loaded on that device or in that precision.
    """
    from pipeline.translate import Translator  # noqa: PLC0415

    config = _config(place, precision)
    clock = Clock()
    tokens = 0
    model = _load(config, "translate", precision=precision, clock=clock)
    translator = Translator(model)
    texts = sentences(count)
    translator(texts[:8])
    found: list[EndToEnd] = []
    for _ in range(rounds):
        clock.spans.clear()
        started = time.perf_counter()
        translated = translator(texts)
        seconds = time.perf_counter() - started
        if not tokens:
            spent = list(clock.spans)
            tokens = sum(len(ids) - 1 for ids in model.codec.encode([t.text for t in translated]))
            clock.spans[:] = spent
        found.append(
            EndToEnd(
                precision=precision,
                beams=model.search.beams,
                sentences=len(texts),
                tokens=tokens,
                seconds=seconds,
                engine_seconds=clock.seconds("engine"),
                codec_seconds=clock.seconds("tokenise"),
            )
        )
    return sorted(found, key=lambda result: result.seconds)[len(found) // 2]


def measure_timeline(
    _state: dict[str, Any], *, place: Place, precision: str, articles: int
) -> Timeline:
    """Digest articles by the compact preset and note what was done when.

    Raises:
        ModelError: A model cannot be loaded on that device or in that precision.
    """
    import pipeline.pipeline as stages  # noqa: PLC0415
    from pipeline.clean import clean  # noqa: PLC0415
    from pipeline.split import split_sentences  # noqa: PLC0415
    from pipeline.summarise import Summariser  # noqa: PLC0415
    from pipeline.translate import Translator  # noqa: PLC0415

    config = _config(place, precision)
    clock = Clock()
    pipe = stages.Pipeline(
        config,
        translator=Translator(_load(config, "translate", precision=precision, clock=clock)),
        summariser=Summariser(
            _load(config, "summarise", precision=precision, clock=clock),
            settings=config.summarise,
        ),
    )
    work = varied_articles(articles)
    list(pipe.stream(work[:1]))
    clock.spans.clear()
    split = clock.around("split", split_sentences)
    with ExitStack() as stack:
        stack.enter_context(patch("pipeline.pipeline.clean", clock.around("clean", clean)))
        for room in ("translate", "summarise"):
            stack.enter_context(patch(f"pipeline.{room}.split_sentences", split))
        started = time.perf_counter()
        digests = list(pipe.stream(work))
        seconds = time.perf_counter() - started
    spans = [(kind, begun - started, ended - started) for kind, begun, ended in clock.spans]
    return Timeline(
        precision=precision, articles=len(digests), seconds=seconds, spans=sorted(spans)
    )


def _config(place: Place, precision: str) -> Config:
    from pipeline.config import Config  # noqa: PLC0415

    # The settings know the precisions that are offered to users; a newer one of the engine is put
    # in past their check.
    config = Config.load("compact")
    runtime = config.runtime.model_copy(
        update={"device": place.device, "threads": place.threads, "precision": precision}
    )
    return config.model_copy(update={"runtime": runtime})


def _load(config: Config, stage: str, *, precision: str, clock: Clock) -> LoadedModel:
    from pipeline.stage import load_model  # noqa: PLC0415

    settings = getattr(config, stage)
    model = load_model(settings.model, search=settings.search, runtime=config.runtime)
    engine = _Timed(model.engine, clock, generate="engine")
    codec = _Timed(model.codec, clock, encode="tokenise", decode="tokenise")
    return replace(model, engine=cast("Engine", engine), codec=cast("Any", codec))
