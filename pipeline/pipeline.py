"""The four stages in order: articles in, digests out, in the same order, in bounded memory.

Articles are worked on in windows, so that the engine sees the sentences of many articles at once,
and the stages work on three windows side by side. Nothing about an article's content raises: what
cannot be done becomes a digest with an error, in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, overload

from pipeline.article import Article, Digest, Flag
from pipeline.clean import Cleaned, clean, detect_language
from pipeline.config import Config
from pipeline.fidelity import Doubt
from pipeline.overlap import overlapped
from pipeline.summarise import Summariser, Summary
from pipeline.translate import Translation, Translator

if TYPE_CHECKING:
    from pipeline.dataset import DatasetMapper

Stage = Literal["clean", "translate", "summarise"]
Observer = Callable[[Stage, int], None]

# Below this, or with less text, an article's language is a guess, and it is taken for Dutch.
_LANGUAGE_CERTAINTY = 0.9
_LANGUAGE_CHARACTERS = 120
# The first window is this share of the usual: the engine has nothing to do until it is clean.
_FIRST_SHARE = 0.25
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

        While the engine translates a window, another thread cleans the next and summarises the one
        before: only that window's digests are still to come when a window has been translated.

        Args:
            articles: Raw texts or articles; read, in the calling thread, a window ahead.
            observer: Told after each stage of a window how many articles, sentences or summaries
                it has done; in the calling thread.

        Raises:
            TypeError: ``articles`` is one text, a mapping, or not iterable.
        """
        _check_collection(articles)
        return self._stream(articles, observer=observer)

    def _stream(
        self, articles: Iterable[str | Article], *, observer: Observer | None
    ) -> Iterator[Digest]:
        tell = observer or _ignore

        def translated(cases: Sequence[_Case]) -> Sequence[_Case]:
            tell("clean", len(cases))
            return self._translated(cases, tell=tell)

        for cases in overlapped(
            self._windows(articles),
            before=self._cleaned,
            middle=translated,
            after=self._summarised,
        ):
            if sound := sum(case.error is None for case in cases):
                tell("summarise", sound)
            yield from map(self._digest, cases)

    def _windows(self, articles: Iterable[str | Article]) -> Iterator[list[Article]]:
        runtime = self.config.runtime
        window: list[Article] = []
        characters, share = 0, _FIRST_SHARE
        for article in map(_article, articles):
            window.append(article)
            characters += len(article.text)
            full = characters >= share * runtime.window_characters
            if full or len(window) >= runtime.window_articles:
                yield window
                window, characters, share = [], 0, min(1.0, 2 * share)
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

    def _cleaned(self, articles: Sequence[Article]) -> list[_Case]:
        cases = []
        for article in articles:
            cleaned, error = _clean(article, config=self.config)
            cases.append(_Case(article=article, cleaned=cleaned, error=error))
        return cases

    def _translated(self, cases: Sequence[_Case], *, tell: Observer) -> list[_Case]:
        """The cases with their English."""
        counts: list[int] = []

        def work(sound: Sequence[_Case]) -> list[_Case]:
            texts = [_body(case) for case in sound]
            count: list[int] = []
            english = iter(
                self._translator([t for text in texts for t in text], progress=count.append)
            )
            done = [
                replace(case, english=[next(english) for _ in text])
                for case, text in zip(sound, texts, strict=True)
            ]
            counts.extend(count)
            return done

        done = self._guarded(cases, work=work)
        if counts:
            tell("translate", sum(counts))
        return done

    def _summarised(self, cases: Sequence[_Case]) -> list[_Case]:
        """The cases with their summaries."""

        def work(sound: Sequence[_Case]) -> list[_Case]:
            bodies = ["\n\n".join(p.text for p in case.english[1:]) for case in sound]
            summaries = self._summariser(bodies)
            return [replace(c, summary=s) for c, s in zip(sound, summaries, strict=True)]

        return self._guarded(cases, work=work)

    def _guarded(
        self, cases: Sequence[_Case], *, work: Callable[[Sequence[_Case]], list[_Case]]
    ) -> list[_Case]:
        """Work on the cases without an error; what fails is narrowed down to the one at fault."""
        places = [place for place, case in enumerate(cases) if case.error is None]
        done = list(cases)
        for place, case in zip(
            places, self._narrowed([cases[place] for place in places], work=work), strict=True
        ):
            done[place] = case
        return done

    def _narrowed(
        self, cases: Sequence[_Case], *, work: Callable[[Sequence[_Case]], list[_Case]]
    ) -> list[_Case]:
        if not cases:
            return []
        try:
            return work(cases)
        # One article must never take a run of thousands down with it, whatever it is that it broke.
        except Exception as error:
            if len(cases) > 1:
                middle = len(cases) // 2
                parts = (cases[:middle], cases[middle:])
                return [case for part in parts for case in self._narrowed(part, work=work)]
            self._still_works(after=error)
            return [replace(cases[0], error=f"{type(error).__name__}: {error}")]

    def _still_works(self, *, after: Exception) -> None:
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

    def _digest(self, case: _Case) -> Digest:
        article, cleaned = case.article, case.cleaned
        digest = Digest(
            title=cleaned.title if cleaned else article.title,
            paragraphs=list(cleaned.paragraphs) if cleaned else [],
            removed=list(cleaned.removed) if cleaned else [],
            id=article.id,
            source=article.source,
            sha256=article.sha256,
            date=article.date or (cleaned.date if cleaned else None),
            author=article.author or (cleaned.author if cleaned else None),
            url=article.url or (cleaned.url if cleaned else None),
            error=case.error,
            models=self.models,
        )
        if case.error is not None or case.summary is None:
            return digest
        title, *paragraphs = case.english
        return replace(
            digest,
            english_title=title.text or None,
            english=[paragraph.text for paragraph in paragraphs],
            summary=case.summary.text,
            flags=[
                *_flags(title.doubts, where="title"),
                *(
                    flag
                    for index, paragraph in enumerate(paragraphs)
                    for flag in _flags(paragraph.doubts, where="english", paragraph=index)
                ),
                *_flags(case.summary.doubts, where="summary"),
            ],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Case:
    """An article, and how far it has come.

    Attributes:
        article: As it was given.
        cleaned: What is left of it, if it could be cleaned.
        english: Its title, empty if it has none, and its paragraphs; empty until translated.
        summary: Of the English; None until then.
        error: Why it goes no further, if so.
    """

    article: Article
    cleaned: Cleaned | None
    english: Sequence[Translation] = ()
    summary: Summary | None = None
    error: str | None


def _body(case: _Case) -> list[str]:
    """What is translated of a case: the title and the paragraphs."""
    if case.cleaned is None:
        return []
    return [case.cleaned.title or "", *case.cleaned.paragraphs]


def _ignore(_stage: Stage, _count: int) -> None:
    pass


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


def _clean(article: Article, *, config: Config) -> tuple[Cleaned | None, str | None]:
    """The cleaned article, and why it cannot be worked on further, if so."""
    if article.error is not None:
        return None, article.error
    longest = config.clean.max_characters
    if len(article.text) > longest:
        return None, (
            f"too long: {len(article.text):,} characters, more than {longest:,}; split the file "
            "into articles, or raise clean.max_characters in the configuration"
        )
    try:
        cleaned = clean(
            article.text,
            title=article.title,
            markup=article.markup,
            recurring=article.recurring,
        )
    except Exception as error:  # hostile markup must not end a run
        return None, f"cleaning failed: {type(error).__name__}: {error}"
    if not cleaned.paragraphs:
        return cleaned, (
            "empty: there is no text in it"
            if not article.text.strip()
            else f"nothing left after cleaning; {len(cleaned.removed)} lines were removed"
        )
    text = "\n".join(cleaned.paragraphs)
    if not config.clean.any_language and len(text) >= _LANGUAGE_CHARACTERS:
        language, certainty = detect_language(text)
        if language != "nl" and certainty >= _LANGUAGE_CERTAINTY:
            return cleaned, (
                f"not Dutch: looks like {language!r} ({certainty:.0%}); use --any-language "
                "(clean.any_language) to translate it all the same"
            )
    return cleaned, None


def _flags(
    doubts: Sequence[Doubt],
    *,
    where: Literal["title", "english", "summary"],
    paragraph: int | None = None,
) -> list[Flag]:
    return [
        Flag(kind=doubt.kind, detail=doubt.detail, where=where, paragraph=paragraph)
        for doubt in doubts
    ]
