"""The four stages in order: articles in, digests out, in the same order, in bounded memory.

Articles are worked on in windows, so that the engine sees the sentences of many articles at once,
and the stages work on three windows side by side. Nothing about an article's content raises: what
cannot be done becomes a digest with an error, in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, overload

from pipeline.article import Article, Digest
from pipeline.cases import (
    Case,
    clean_case,
    digest_of,
    guarded,
    summarise_cases,
    translate_cases,
)
from pipeline.config import Config
from pipeline.overlap import overlapped
from pipeline.summarise import Summariser
from pipeline.translate import Translator

if TYPE_CHECKING:
    from pipeline.dataset import DatasetMapper

Stage = Literal["clean", "translate", "summarise"]
Observer = Callable[[Stage, int], None]

# Changes with every change to the code that changes what comes out of the same models.
_RULES_VERSION = "5"


class Pipeline:
    """Clean, split, translate, summarise.

    Made by `Pipeline.load`; the constructor takes stages that are loaded already.

    Args:
        config: The settings.
        translator: The translation stage.
        summariser: The summary stage.
    """

    def __init__(self, config: Config, *, translator: Translator, summariser: Summariser) -> None:
        self.config = config
        self._translator = translator
        self._summariser = summariser

    @classmethod
    def load(cls, preset: str | Path | Config = "compact") -> Pipeline:
        """Load the models of a preset and check that they work.

        Args:
            preset: A preset's name, the path of a YAML file, or a `Config`.

        Raises:
            ConfigError: The preset is unknown or has a wrong setting.
            ModelError: A model is missing, cannot be fetched, is broken, or fails its self-check.
        """
        config = Config.load(preset)
        return cls(config, translator=Translator.load(config), summariser=Summariser.load(config))

    @property
    def fingerprint(self) -> str:
        """Hex digest that changes whenever the same article may give another digest."""
        parts = (
            _RULES_VERSION,
            self.config.fingerprint(),
            *(f"{stage.label} {stage.engine.precision}" for stage in self.stages),
        )
        return hashlib.sha256("\n".join(parts).encode()).hexdigest()

    @property
    def models(self) -> dict[str, str]:
        """Stage to the name and identity of its model."""
        return {"translate": self._translator.label, "summarise": self._summariser.label}

    @property
    def stages(self) -> tuple[Translator, Summariser]:
        """The stages that hold a model."""
        return self._translator, self._summariser

    # A str is a sequence of str as well; the first signature that fits is the one that is meant.
    @overload
    def __call__(self, articles: str | Article) -> Digest: ...  # type: ignore[overload-overlap]
    @overload
    def __call__(self, articles: Sequence[str | Article]) -> list[Digest]: ...
    def __call__(self, articles: str | Article | Sequence[str | Article]) -> Digest | list[Digest]:
        """Digest one article, or a list of them in the same order.

        Raises:
            TypeError: It is neither. An item of a list that is neither text nor an `Article`
                becomes a digest with an error, in its place.
        """
        if isinstance(articles, str | Article):
            [digest] = self.stream([articles])
            return digest
        return list(self.stream(articles))

    def stream(
        self, articles: Iterable[str | Article], *, observer: Observer | None = None
    ) -> Iterator[Digest]:
        """Digest any number of articles, in order, holding no more than three windows of them.

        While the engine translates a window, another thread cleans the next and, on a CPU,
        summarises the one before. So a window's digests come when the next window has been
        translated, or the articles are at their end.

        Args:
            articles: Raw texts or articles; read, in the calling thread, a window further than is
                translated. A source that waits for a digest before it gives the next article waits
                for ever: call the pipeline with single articles then.
            observer: Told after each stage of a window how many articles, sentences or summaries
                it has done; in the calling thread.

        Raises:
            TypeError: ``articles`` is one text, a mapping, or not iterable.
            Exception: What reading ``articles`` raises, once the windows before it are handed out.
        """
        _check_collection(articles)
        return self._stream(articles, observer=observer)

    def _stream(
        self, articles: Iterable[str | Article], *, observer: Observer | None
    ) -> Iterator[Digest]:
        tell = observer or _ignore

        def cleaned(window: Sequence[Article]) -> list[Case]:
            return [clean_case(article, config=self.config) for article in window]

        def translated(cases: Sequence[Case]) -> list[Case]:
            tell("clean", len(cases))
            counts: list[int] = []
            translate = partial(
                translate_cases, translator=self._translator, progress=counts.append
            )
            done = guarded(cases, work=translate, on_lone_failure=self._still_works)
            if counts:
                tell("translate", sum(counts))
            return done

        def summarised(cases: Sequence[Case]) -> list[Case]:
            summarise = partial(summarise_cases, summariser=self._summariser)
            return guarded(cases, work=summarise, on_lone_failure=self._still_works)

        # Elsewhere two engines at once would share a GPU's memory, or torch's threads.
        beside = all(s.engine.device.type == "cpu" and s.engine.is_native for s in self.stages)
        for cases in overlapped(
            self._windows(articles),
            before=cleaned,
            middle=translated if beside else lambda cases: summarised(translated(cases)),
            after=summarised if beside else _same,
        ):
            if sound := sum(case.error is None for case in cases):
                tell("summarise", sound)
            yield from (digest_of(case, models=self.models) for case in cases)
            # Not kept while the next window comes.
            del cases

    def _windows(self, articles: Iterable[str | Article]) -> Iterator[list[Article]]:
        runtime = self.config.runtime
        window: list[Article] = []
        characters = 0
        for article in map(_article, articles):
            window.append(article)
            characters += len(article.text)
            full = characters >= runtime.window_characters
            if full or len(window) >= runtime.window_articles:
                yield window
                window, characters = [], 0
        if window:
            yield window

    def translate(self, texts: Iterable[str]) -> list[str]:
        """One English text for each Dutch text; no cleaning, nothing dropped.

        Raises:
            TypeError: ``texts`` is one text, or holds something that is no text.
        """
        return [translation.text for translation in self._translator(_checked(texts))]

    def summarise(self, texts: Iterable[str]) -> list[str]:
        """One English summary for each English text.

        Raises:
            TypeError: ``texts`` is one text, or holds something that is no text.
        """
        return [summary.text for summary in self._summariser(_checked(texts))]

    def mapper(
        self, *, text: str = "text", title: str | None = None, prefix: str = ""
    ) -> DatasetMapper:
        """A callable for `datasets.map` with ``batched=True``; see `pipeline.dataset`.

        Args:
            text: The column of raw articles.
            title: The column of headlines, if there is one.
            prefix: Put before the names of the columns it adds.
        """
        # Imported late: dataset is a floor above, and this is only its doorbell.
        from pipeline.dataset import DatasetMapper  # noqa: PLC0415

        return DatasetMapper(
            self.config,
            text=text,
            title=title,
            prefix=prefix,
            fingerprint=self.fingerprint,
            pipeline=self,
        )

    def _still_works(self, after: Exception) -> None:
        """See that it was the article and not the engine that failed.

        Raises:
            RuntimeError: The engine fails on its own test as well. Going on would only write a
                million articles off as bad.
        """
        for stage in self.stages:
            try:
                stage.self_check()
            except Exception as error:
                raise RuntimeError(
                    f"{stage.label!r} stopped working ({type(after).__name__}: {after}); what is "
                    "done is kept, restart to go on"
                ) from error


def _ignore(_stage: Stage, _count: int) -> None:
    pass


def _same(cases: list[Case]) -> list[Case]:
    return cases


def _article(item: object) -> Article:
    if isinstance(item, str):
        return Article(item)
    if not isinstance(item, Article):
        return Article("", error=f"is {type(item).__name__}, neither text nor an Article")
    text: object = item.text
    if not isinstance(text, str):
        wrong = f"its text is {type(text).__name__}, not str"
        return replace(item, text="", error=item.error or wrong)
    return item


def _check_collection(items: object) -> None:
    # A str is iterable too, and would be taken apart into its letters; a dict, into its keys.
    single = isinstance(items, str | bytes | Article | Mapping)
    if single or not isinstance(items, Iterable):
        raise TypeError(
            f"got {type(items).__name__} where a list (or another iterable) of texts is wanted; "
            "put a single text in a list: [text]"
        )


def _checked(texts: Iterable[str]) -> list[str]:
    _check_collection(texts)
    listed: list[object] = list(texts)
    for index, text in enumerate(listed):
        if not isinstance(text, str):
            raise TypeError(f"item {index} is {type(text).__name__}, not str; leave it out")
    return cast("list[str]", listed)
