"""What flows through the house: articles in, digests out.

Every stage takes a list and returns a list of the same length and order. A bad item never raises;
it comes out as a value that says what is wrong with it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

Markup = Literal["auto", "text", "html"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Removed:
    """A line that the cleaner dropped, and why.

    Attributes:
        text: The line as it stood in the input, after character repairs.
        line: Its 1-based number in the raw input (of its first line, if several were rejoined);
            for HTML, in the text that was extracted from it.
        reason: A named reason, e.g. ``"related"``; the names are listed in `pipeline.clean`.
        score: Its points; a line goes at `pipeline.clean.decide.THRESHOLD` or more.
        cues: What the points were given for, weightiest first, divided by commas.
    """

    text: str
    line: int
    reason: str
    score: float = 0.0
    cues: str = ""


@dataclass(frozen=True, slots=True)
class Sentence:
    """A piece of a text with its place in it: ``text == source[start:end]``, in characters."""

    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Flag:
    """A doubt about a digest that a person should look at.

    Attributes:
        kind: What the doubt is about, e.g. ``"number"``, ``"loop"``, ``"untranslated"``.
        detail: The evidence, in a few words, with the offending value.
        where: ``"title"``, ``"english"`` or ``"summary"``.
        paragraph: 0-based index into ``Digest.english``; None for the title and the summary.
    """

    kind: str
    detail: str
    where: str
    paragraph: int | None = None


@dataclass(frozen=True, slots=True)
class Article:
    """A raw article, as scraped.

    Attributes:
        text: Raw text or HTML.
        title: The headline, if the source keeps it apart from the text.
        id: Stable name of the article; the readers use the file name or the row's own id.
        source: Where it came from: a path, or ``path#row``.
        markup: ``"html"``, ``"text"``, or ``"auto"`` to look at the text itself.
        date: Publication date as the source gives it.
        author: Author as the source gives it.
        url: Address of the page as the source gives it.
        error: Why the article could not be read. Such an article passes through every stage
            untouched and becomes a digest with this error.
        raw_sha256: SHA-256 of the original bytes, where the reader has them; see `sha256`.
        recurring: Lines that stand in many articles of its site, as keys (see
            `pipeline.clean.recurring`); a run over a folder learns them.
    """

    text: str
    title: str | None = field(default=None, kw_only=True)
    id: str | None = field(default=None, kw_only=True)
    source: str | None = field(default=None, kw_only=True)
    markup: Markup = field(default="auto", kw_only=True)
    date: str | None = field(default=None, kw_only=True)
    author: str | None = field(default=None, kw_only=True)
    url: str | None = field(default=None, kw_only=True)
    error: str | None = field(default=None, kw_only=True)
    raw_sha256: str | None = field(default=None, kw_only=True)
    recurring: frozenset[str] = field(default=frozenset(), kw_only=True)

    @property
    def sha256(self) -> str:
        """Hex SHA-256 of the input: its original bytes if known, else title and text in UTF-8."""
        if self.raw_sha256 is not None:
            return self.raw_sha256
        content = f"{self.title or ''}\x00{self.text}".encode("utf-8", "surrogatepass")
        return hashlib.sha256(content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """An article after all stages.

    Attributes:
        title: Clean Dutch headline, or None.
        paragraphs: Clean Dutch paragraphs.
        removed: Lines dropped by the cleaner, each with its reason.
        english_title: The headline in English, or None.
        english: English paragraphs, parallel to ``paragraphs``.
        summary: English summary; empty if there was nothing to summarise.
        flags: Doubts that remain.
        error: What went wrong, or None. With an error, the fields that could not be made are empty.
        id: The article's name.
        source: The path or row it came from.
        sha256: Hex SHA-256 of the input.
        models: Stage name to the model that did the work.
    """

    title: str | None = None
    paragraphs: list[str] = field(default_factory=list)
    removed: list[Removed] = field(default_factory=list)
    english_title: str | None = None
    english: list[str] = field(default_factory=list)
    summary: str = ""
    flags: list[Flag] = field(default_factory=list)
    error: str | None = None
    id: str | None = None
    source: str | None = None
    sha256: str = ""
    date: str | None = None
    author: str | None = None
    url: str | None = None
    models: dict[str, str] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The digest as plain lists, dicts and strings, ready for ``json.dumps``."""
        return asdict(self)
