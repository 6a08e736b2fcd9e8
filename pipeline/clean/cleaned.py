"""`clean`: the whole room in one call."""

from __future__ import annotations

import re
from collections.abc import Container
from dataclasses import dataclass, field

from pipeline.article import Markup, Removed
from pipeline.clean.html import looks_like_html, read_html
from pipeline.clean.repairs import Line, split_lines
from pipeline.clean.verdicts import Verdict, judge

# The names a removed line can be given.
REASONS: dict[str, str] = {
    "advertisement": "an advert, or the marker of one",
    "app": "an app, push messages, a WhatsApp or Telegram channel",
    "audio": "a podcast or the spoken version",
    "author": "about the author",
    "byline": "who wrote it",
    "caption": "the caption or credit of a picture, or a pointer past it",
    "comments": "comments and the invitation to comment",
    "contact": "the tip line, the press contact",
    "cookie notice": "cookies and consent",
    "copyright": "colophon, rights, footer",
    "dateline": "when it was published or changed",
    "disclaimer": "standing text",
    "donation": "a request for support",
    "embed": "a post from elsewhere that could not be shown",
    "event": "an event of the publisher",
    "feedback": "a form for corrections or ratings",
    "foreign": "a line in another language than the article",
    "navigation": "menus, breadcrumbs, buttons",
    "newsletter": "a newsletter",
    "outside article": "stands outside the article on the page",
    "paywall": "subscriptions, log-ins",
    "poll": "polls and quizzes",
    "promotion": "offers, bonuses, affiliate links, gambling",
    "reading time": "how long it takes to read",
    "recurring": "stands in many articles of the site",
    "related": "a pointer to another article",
    "section": "the name of a section",
    "share": "share and follow buttons",
    "tags": "subjects and keywords",
    "teaser": "headlines and first lines of other articles",
    "title repeated": "the title once more",
    "vacancy": "jobs",
    "video": "a video and the words around it",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cleaned:
    """An article without its surroundings.

    Attributes:
        title: The headline, or None if there is none.
        paragraphs: What stays, in order: lead, body, subheads, list items, quotes, tables.
        removed: What went, in order.
        verdicts: A verdict on every line, those that stay included, in order.
        date: For HTML, the date of publication that the page states, as it states it.
        author: For HTML, the author that the page states.
        url: For HTML, the address that the page states.
    """

    title: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    verdicts: list[Verdict] = field(default_factory=list)
    date: str | None = None
    author: str | None = None
    url: str | None = None


_RUNS_OF_SPACES = re.compile(r" {2,}")


def _tidy(text: str) -> str:
    return _RUNS_OF_SPACES.sub(" ", text)


def clean(
    text: str,
    *,
    title: str | None = None,
    markup: Markup = "auto",
    recurring: Container[str] = (),
) -> Cleaned:
    """The article in a raw text or page.

    Args:
        text: Raw text, one paragraph a line or hard-wrapped, or HTML.
        title: The headline, if it is known; a line at the top that repeats it is removed.
        markup: ``"auto"`` looks at the text to tell HTML from text.
        recurring: Keys of lines that stand in many articles of the same site; see
            `pipeline.clean.recurring`.
    """
    given = title.strip() if title is not None and title.strip() else None
    if markup == "html" or (markup == "auto" and looks_like_html(text)):
        page = read_html(text)
        known = given if given is not None else page.title
        verdicts = _merge(judge(page.lines, title=known, recurring=recurring), page.outside)
        return _assemble(verdicts, title=known, date=page.date, author=page.author, url=page.url)
    return _assemble(judge(split_lines(text), title=given, recurring=recurring), title=given)


def explain(text: str, *, title: str | None = None, markup: Markup = "auto") -> list[Verdict]:
    """The verdict on every line, in order."""
    return clean(text, title=title, markup=markup).verdicts


def _merge(verdicts: list[Verdict], outside: list[Line]) -> list[Verdict]:
    dropped = [
        Verdict(
            text=line.text,
            line=line.number,
            keep=False,
            kind="boilerplate",
            reason="outside article",
            score=0.0,
            cues=("html:outside",),
        )
        for line in outside
    ]
    return sorted([*verdicts, *dropped], key=lambda verdict: verdict.line)


def _assemble(
    verdicts: list[Verdict],
    *,
    title: str | None,
    date: str | None = None,
    author: str | None = None,
    url: str | None = None,
) -> Cleaned:
    paragraphs: list[str] = []
    removed: list[Removed] = []
    for verdict in verdicts:
        if not verdict.keep:
            removed.append(
                Removed(
                    text=verdict.text,
                    line=verdict.line,
                    reason=verdict.reason,
                    score=verdict.score,
                    cues=", ".join(verdict.cues),
                )
            )
        elif verdict.kind == "title":
            title = _tidy(verdict.text)
        else:
            paragraphs.append(_tidy(verdict.text) if "  " in verdict.text else verdict.text)
    return Cleaned(
        title=title,
        paragraphs=paragraphs,
        removed=removed,
        verdicts=verdicts,
        date=date,
        author=author,
        url=url,
    )
