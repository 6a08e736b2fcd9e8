"""An article on its way: cleaned, translated, summarised, handed out.

Nothing about an article's content raises: what cannot be done becomes a case with an error, in its
place. When a stage fails, its cases are halved until the one at fault is alone.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from pipeline.article import Article, Digest, Flag
from pipeline.clean import Cleaned, clean, detect_language
from pipeline.config import Config
from pipeline.fidelity import Doubt
from pipeline.summarise import Summariser, Summary
from pipeline.translate import Translation, Translator

# Below this, or with less text, an article's language is a guess, and it is taken for Dutch.
_LANGUAGE_CERTAINTY = 0.9
_LANGUAGE_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
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


def clean_case(article: Article, *, config: Config) -> Case:
    """An article cleaned, or with the error that keeps it from being worked on."""
    cleaned, error = _clean(article, config=config)
    return Case(article=article, cleaned=cleaned, error=error)


def translate_cases(
    cases: Sequence[Case], *, translator: Translator, progress: Callable[[int], None]
) -> list[Case]:
    """The cases with their English; `progress` is told how many sentences it was, once it is."""
    texts = [_body(case) for case in cases]
    counts: list[int] = []
    english = iter(translator([t for text in texts for t in text], progress=counts.append))
    done = [
        replace(case, english=[next(english) for _ in text])
        for case, text in zip(cases, texts, strict=True)
    ]
    progress(sum(counts))
    return done


def summarise_cases(cases: Sequence[Case], *, summariser: Summariser) -> list[Case]:
    """The cases with the summaries of their English."""
    bodies = ["\n\n".join(part.text for part in case.english[1:]) for case in cases]
    summaries = summariser(bodies)
    return [replace(case, summary=s) for case, s in zip(cases, summaries, strict=True)]


def guarded(
    cases: Sequence[Case],
    *,
    work: Callable[[Sequence[Case]], list[Case]],
    on_lone_failure: Callable[[Exception], None],
) -> list[Case]:
    """Work on the cases without an error; what fails is narrowed down to the one at fault.

    Args:
        cases: Of a window.
        work: Returns the cases that it is given, in order, or raises.
        on_lone_failure: Told why a single case failed; raises if it was not the case's fault.
    """
    sound = iter(_narrowed([c for c in cases if c.error is None], work, on_lone_failure))
    return [case if case.error is not None else next(sound) for case in cases]


def _narrowed(
    cases: Sequence[Case],
    work: Callable[[Sequence[Case]], list[Case]],
    on_lone_failure: Callable[[Exception], None],
) -> list[Case]:
    if not cases:
        return []
    try:
        return work(cases)
    # One article must never take a run of thousands down with it, whatever it is that it broke.
    except Exception as error:
        if len(cases) > 1:
            middle = len(cases) // 2
            parts = (cases[:middle], cases[middle:])
            return [case for part in parts for case in _narrowed(part, work, on_lone_failure)]
        on_lone_failure(error)
        return [replace(cases[0], error=f"{type(error).__name__}: {error}")]


def digest_of(case: Case, *, models: dict[str, str]) -> Digest:
    """What is handed out of a case; English and a summary only if nothing went wrong."""
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
        models=models,
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


def _body(case: Case) -> list[str]:
    """What is translated of a case: the title and the paragraphs."""
    if case.cleaned is None:
        return []
    return [case.cleaned.title or "", *case.cleaned.paragraphs]


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
