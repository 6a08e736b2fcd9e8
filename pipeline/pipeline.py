"""The four stages in order: articles in, digests out, in the same order, in bounded memory.

Articles are worked on in windows, so that the engine sees the sentences of many articles at once;
a window is handed on as soon as it is done. Nothing about an article's content raises: what cannot
be done becomes a digest with an error, in its place.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal, cast, overload

from pipeline.article import Article, Digest, Flag
from pipeline.clean import Cleaned, clean, detect_language
from pipeline.config import Config
from pipeline.fidelity import Doubt
from pipeline.summarise import Summariser, Summary
from pipeline.translate import Translation, Translator

if TYPE_CHECKING:
    from pipeline.dataset import DatasetMapper

Stage = Literal["clean", "translate", "summarise"]
Observer = Callable[[Stage, int], None]

# Below this, or with less text, an article's language is a guess, and it is taken for Dutch.
_LANGUAGE_CERTAINTY = 0.9
_LANGUAGE_CHARACTERS = 120
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
            [digest] = self._window([_article(articles)])
            return digest
        return list(self.stream(articles))

    def stream(
        self, articles: Iterable[str | Article], *, observer: Observer | None = None
    ) -> Iterator[Digest]:
        """Digest any number of articles, in order, holding no more than a window of them.

        Args:
            articles: Raw texts or articles; read only as far as the next window needs.
            observer: Told after each stage of a window how many articles, sentences or summaries
                it has done.

        Raises:
            TypeError: ``articles`` is one text, a mapping, or not iterable.
        """
        _check_collection(articles)
        return self._stream(articles, observer=observer)

    def _stream(
        self, articles: Iterable[str | Article], *, observer: Observer | None
    ) -> Iterator[Digest]:
        runtime = self.config.runtime
        window: list[Article] = []
        characters = 0
        for article in map(_article, articles):
            window.append(article)
            characters += len(article.text)
            full = characters >= runtime.window_characters
            if full or len(window) >= runtime.window_articles:
                yield from self._window(window, observer=observer)
                window, characters = [], 0
        if window:
            yield from self._window(window, observer=observer)

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

    def _window(
        self, articles: Sequence[Article], *, observer: Observer | None = None
    ) -> list[Digest]:
        """Digest a window of articles together."""
        tell = observer or _ignore
        cleaned: list[Cleaned | None] = []
        errors: list[str | None] = []
        for article in articles:
            result, error = _clean(article, config=self.config)
            cleaned.append(result)
            errors.append(error)
        tell("clean", len(articles))
        sound = [i for i, error in enumerate(errors) if error is None]
        work = [c for i in sound if (c := cleaned[i]) is not None]
        english, failures = self._guarded(work, tell=tell)
        done = dict(zip(sound, english, strict=True))
        failed = dict(zip(sound, failures, strict=True))
        return [
            self._digest(
                article,
                cleaned=cleaned[index],
                english=done.get(index),
                error=errors[index] or failed.get(index),
            )
            for index, article in enumerate(articles)
        ]

    def _guarded(
        self, work: Sequence[Cleaned], *, tell: Observer
    ) -> tuple[list[_English | None], list[str | None]]:
        """Translate and summarise; whatever fails is narrowed down to the article at fault."""
        if not work:
            return [], []
        told: list[tuple[Stage, int]] = []
        try:
            english = self._english(work, tell=lambda stage, count: told.append((stage, count)))
        # One article must never take a run of thousands down with it, whatever it is that it broke.
        except Exception as error:
            if len(work) == 1:
                self._still_works(after=error)
                return [None], [f"{type(error).__name__}: {error}"]
            middle = len(work) // 2
            left, left_errors = self._guarded(work[:middle], tell=tell)
            right, right_errors = self._guarded(work[middle:], tell=tell)
            return left + right, left_errors + right_errors
        for stage, count in told:
            tell(stage, count)
        return list(english), [None] * len(work)

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

    def _english(self, work: Sequence[Cleaned], *, tell: Observer) -> list[_English]:
        texts = [text for item in work for text in (item.title or "", *item.paragraphs)]
        translations = iter(
            self._translator(texts, progress=lambda count: tell("translate", count))
        )
        translated = [
            (next(translations), [next(translations) for _ in item.paragraphs]) for item in work
        ]
        bodies = ["\n\n".join(p.text for p in paragraphs) for _, paragraphs in translated]
        summaries = self._summariser(bodies, progress=lambda count: tell("summarise", count))
        return [
            (title, paragraphs, summary)
            for (title, paragraphs), summary in zip(translated, summaries, strict=True)
        ]

    def _digest(
        self,
        article: Article,
        *,
        cleaned: Cleaned | None,
        english: _English | None,
        error: str | None,
    ) -> Digest:
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
            error=error,
            models=self.models,
        )
        if english is None:
            return digest
        title, paragraphs, summary = english
        return replace(
            digest,
            english_title=title.text or None,
            english=[paragraph.text for paragraph in paragraphs],
            summary=summary.text,
            flags=[
                *_flags(title.doubts, where="title"),
                *(
                    flag
                    for index, paragraph in enumerate(paragraphs)
                    for flag in _flags(paragraph.doubts, where="english", paragraph=index)
                ),
                *_flags(summary.doubts, where="summary"),
            ],
        )


_English = tuple[Translation, list[Translation], Summary]


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
