"""From text to text: what tokenising costs beside the engine.

The stage runs as users run it; clocks are put around the engine and the codec. Runs in a worker.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar, cast

from scripts.benchmark.inputs import sentences
from scripts.benchmark.task import Place

if TYPE_CHECKING:
    from pipeline.config import Config
    from pipeline.engine import Engine
    from pipeline.stage import LoadedModel

P = ParamSpec("P")
R = TypeVar("R")


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


class Clock:
    """Adds up the seconds of calls of each kind."""

    def __init__(self) -> None:
        self.seconds: defaultdict[str, float] = defaultdict(float)

    def around(self, kind: str, function: Callable[P, R]) -> Callable[P, R]:
        """The function, timed."""

        def timed(*args: P.args, **kwargs: P.kwargs) -> R:
            started = time.perf_counter()
            try:
                return function(*args, **kwargs)
            finally:
                self.seconds[kind] += time.perf_counter() - started

        return timed


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
    model = _load(config, "translate", precision=precision, clock=clock)
    translator = Translator(model)
    texts = sentences(count)
    warmed = translator(texts)
    tokens = sum(len(ids) - 1 for ids in model.codec.encode([t.text for t in warmed]))
    found: list[EndToEnd] = []
    for _ in range(rounds):
        clock.seconds.clear()
        started = time.perf_counter()
        translator(texts)
        seconds = time.perf_counter() - started
        found.append(
            EndToEnd(
                precision=precision,
                beams=model.search.beams,
                sentences=len(texts),
                tokens=tokens,
                seconds=seconds,
                engine_seconds=clock.seconds["engine"],
                codec_seconds=clock.seconds["tokenise"],
            )
        )
    return sorted(found, key=lambda result: result.seconds)[len(found) // 2]


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
