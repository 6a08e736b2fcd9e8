"""A page in, the lines of its article and of everything around it out.

The contract: every block of visible text on the page comes out once, as a line of the article or as
a line outside it. trafilatura picks the article and the metadata. What it left out between the
headline and the end of the article is given back to the line rules if it reads as a paragraph; when
it returns nothing, or loses most of the running text, all blocks are. Hostile markup (megabytes,
thousands of levels, no end tags) gives poor lines, never an exception.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, TypeAlias

import lxml.etree
import lxml.html

from pipeline.clean.features import letters_of
from pipeline.clean.repairs import Line, split_lines

# Neither lxml nor trafilatura ships type information.
Element: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Page:
    """The lines of a page; line numbers count its blocks of visible text from 1."""

    lines: list[Line]
    outside: list[Line]
    title: str | None = None
    date: str | None = None
    author: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Block:
    """A block of visible text, its share of link text, and whether its tags set it aside."""

    line: Line
    linked: float
    aside: bool

    @property
    def paragraph(self) -> bool:
        """Whether it reads as a paragraph of an article, as far as the page tells."""
        text = self.line.text
        return (
            not self.aside
            and self.linked < 0.5
            and len(text) >= 60
            and text.rstrip("\"'”’»)")[-1:] in (".", "!", "?", "…")
        )


_DOCUMENT = re.compile(
    r"(?:<\?xml[^>]{0,200}>\s*|<!--(?:(?!-->).){0,2000}-->\s*)*<(?:!doctype html|html|head|body)\b",
    re.IGNORECASE | re.DOTALL,
)
_TAG = re.compile(
    r"<(/?)(?:p|div|article|section|main|h[1-6]|ul|ol|li|table|tr|td|span|header|footer|nav|figure|blockquote|br|strong|em|a|img)"
    r"(?:\s[^<>]{0,2000})?/?>",
    re.IGNORECASE,
)


def looks_like_html(text: str) -> bool:
    """Whether the text is a page or a piece of one, and not text that mentions a tag.

    Looks at the first 20,000 characters only.
    """
    head = text[:20000].lstrip("\ufeff \t\r\n")
    if _DOCUMENT.match(head):
        return True
    if "</" not in head:
        return False
    tags = _TAG.findall(head)
    closing = sum(tag == "/" for tag in tags)
    # A fragment begins with a tag and is full of them; an article about HTML quotes a few.
    return closing >= 2 and (_TAG.match(head) is not None or closing >= 8)


# A larger page is first rid of what nobody reads, scripts and pictures written out in attributes;
# if it is still larger, it goes straight to the block-level text, since the extractor makes several
# copies of the tree.
_LARGEST_FOR_EXTRACTOR = 3_000_000


def read_html(text: str) -> Page:
    """The page's lines, in the article and outside it, and what it says about itself."""
    tree = _parse(text)
    blocks = [] if tree is None else list(_numbered(_blocks(tree)))
    if not blocks:
        # Too deep or too broken for the parser, or indeed without text.
        return Page(split_lines(_without_tags(text)), [])
    if len(text) > _LARGEST_FOR_EXTRACTOR:
        text = _lean(tree)
    document = _extract(text) if len(text) <= _LARGEST_FOR_EXTRACTOR else None
    article = split_lines("\n\n".join((document.text or "").split("\n"))) if document else []
    inside = _inside(blocks, article)
    headline = _headline(tree)
    if _lost_too_much(inside, blocks):
        inside = [not block.aside for block in blocks]
    title = headline or (_text(document.title) if document else None)
    _give_back(blocks, inside, title=title)
    return Page(
        [block.line for block, kept in zip(blocks, inside, strict=True) if kept],
        [block.line for block, kept in zip(blocks, inside, strict=True) if not kept],
        title=title,
        date=_text(document.date) if document else None,
        author=_text(document.author) if document else None,
        url=_text(document.url) if document else None,
    )


def visible_lines(text: str) -> list[str]:
    """The lines of a page's visible text, in the article and outside it."""
    tree = _parse(text)
    blocks = [] if tree is None else _blocks(tree)
    return [line.text for block, _, _ in blocks for line in split_lines(block)]


_LONGEST_ATTRIBUTE = 1000
_UNREAD = ("script", "style", "noscript", "svg", "template", "iframe", "canvas")


def _lean(tree: Element) -> str:
    """The page without scripts, styles, drawings and long attributes; changes the tree.

    What a page says about itself for machines stays: dates and authors stand there.
    """
    for element in list(tree.iter(*_UNREAD)):
        if element.get("type") != "application/ld+json" and element.getparent() is not None:
            element.drop_tree()
    for element in tree.iter():
        for name, value in element.attrib.items() if isinstance(element.tag, str) else ():
            if len(value) > _LONGEST_ATTRIBUTE:
                del element.attrib[name]
    return str(lxml.html.tostring(tree, encoding="unicode"))


def _text(value: object) -> str | None:
    return value.strip() or None if isinstance(value, str) else None


def _parse(text: str) -> Element:
    parser = lxml.html.HTMLParser(
        remove_comments=True, remove_pis=True, huge_tree=True, encoding="utf-8"
    )
    # A null byte stops the parser; lone surrogates cannot be encoded.
    content = text.replace("\x00", "").encode("utf-8", "ignore")
    try:
        tree = lxml.html.document_fromstring(content, parser=parser)
    except (lxml.etree.LxmlError, ValueError, AssertionError):
        return None
    # Some thousands of levels down it stops, and says nothing but this of the text it left out.
    stopped = any(entry.type == _RESOURCE_LIMIT for entry in parser.error_log)
    return None if stopped else tree


_RESOURCE_LIMIT = lxml.etree.ErrorTypes.ERR_RESOURCE_LIMIT


def _without_tags(text: str) -> str:
    """What stands between the tags, a line per tag; linear, for markup that no parser reads."""
    pieces = text.split("<")
    return "\n".join(
        [pieces[0], *(after for piece in pieces[1:] if (after := piece.partition(">")[2].strip()))]
    )


# Only a date that the page states as its own. The extensive search takes any year in the text for
# the date, that of the copyright notice too, and loads a parser of all languages for that (1.5 s).
_DATES = {"original_date": True, "extensive_search": False}


def _extract(text: str) -> Element:
    import trafilatura  # noqa: PLC0415  half a second, only for pages

    # It logs every page it cannot read; the caller sees that from the result.
    for name in ("trafilatura", "htmldate"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    try:
        return trafilatura.bare_extraction(
            text,
            with_metadata=True,
            include_comments=False,
            include_tables=True,
            favor_recall=True,
            date_extraction_params=_DATES,
        )
    except Exception:  # it may fail in any way on hostile markup; the blocks remain
        return None


_BLOCK = frozenset(
    """p div article section main aside h1 h2 h3 h4 h5 h6 ul ol li table thead tbody tr dl dt dd
    header footer nav figure figcaption blockquote pre form fieldset address details summary hr br
    body html""".split()
)
_INVISIBLE = frozenset(
    """script style noscript template head svg math iframe object select textarea canvas audio
    video""".split()
)
_ASIDE = frozenset("nav footer aside figcaption button form menu".split())


def _blocks(tree: Element) -> Iterator[tuple[str, float, bool]]:
    """Text, share of link text and whether it is aside, per block, in reading order.

    No recursion: pages nest thousands deep.
    """
    parts: list[str] = []
    hidden = aside = links = linked = 0

    def flush() -> Iterator[tuple[str, float, bool]]:
        nonlocal linked
        # A line break inside a block is a space in HTML.
        pieces = [piece.strip(_BLANKS) for piece in _BREAK.split("".join(parts))]
        text = " ".join(filter(None, pieces)).strip()
        share = linked / len(text) if text else 0.0
        parts.clear()
        linked = 0
        if text:
            yield text, share, aside > 0

    for event, element in lxml.etree.iterwalk(tree, events=("start", "end")):
        tag = element.tag if isinstance(element.tag, str) else ""
        begins = event == "start"
        if tag in _BLOCK or tag in _ASIDE:
            if parts:
                yield from flush()
        elif tag in {"td", "th"} and not begins:
            parts.append("  ")
        step = 1 if begins else -1
        hidden += step * (tag in _INVISIBLE)
        aside += step * (tag in _ASIDE)
        links += step * (tag == "a")
        text = element.text if begins else element.tail
        if text and not hidden:
            parts.append(text)
            linked += len(text.strip()) * (links > 0)
    yield from flush()


# Blanks around a break belong to it. A pattern of both takes quadratic time over a run of blanks.
_BREAK, _BLANKS = re.compile(r"[\r\n]+"), " \t\f"


def _numbered(blocks: Iterator[tuple[str, float, bool]]) -> Iterator[Block]:
    number = 0
    for text, linked, aside in blocks:
        for line in split_lines(text):
            number += 1
            yield Block(Line(line.text, number, True), linked, aside)


def _inside(blocks: Sequence[Block], article: Sequence[Line]) -> list[bool]:
    """Per block, whether its letters occur in the extracted text, after the previous one's."""
    keys = [letters_of(line.text) for line in article]
    known = set(keys)
    whole = "\n".join(keys)
    inside: list[bool] = []
    position = 0
    for block in blocks:
        key = letters_of(block.line.text)
        found = -1
        if key in known or len(key) >= 25:
            # A long page repeats itself; looking only so far ahead keeps this linear.
            found = whole.find(key, position, position + len(key) + 50_000)
        if key and found >= 0:
            position = found + len(key)
        inside.append(bool(key) and (found >= 0 or key in known))
    return inside


def _lost_too_much(inside: Sequence[bool], blocks: Sequence[Block]) -> bool:
    running = [len(block.line.text) * block.paragraph for block in blocks]
    kept = sum(length for length, keep in zip(running, inside, strict=True) if keep)
    return kept < 0.5 * sum(running) or not any(inside)


def _give_back(blocks: Sequence[Block], inside: list[bool], *, title: str | None) -> None:
    """Puts back the paragraphs that the extractor left out of the middle of the article.

    The headline itself as well: it stands above what is extracted on nearly every page.
    """
    if True not in inside:
        return
    first = inside.index(True)
    last = len(inside) - 1 - inside[::-1].index(True)
    start = first
    wanted = letters_of(title or "")
    for i in range(first + 1):
        if wanted and letters_of(blocks[i].line.text) == wanted:
            inside[i] = True
            start = i
            break
    for i in range(start, last):
        if not inside[i] and blocks[i].paragraph:
            inside[i] = True


# No page that has one headline has more headings of the first rank than this.
_HEADINGS = 20


def _headline(tree: Element) -> str | None:
    """The text of the one h1 of the page, as its block will read."""
    # Of headings inside headings each has the text of all below it.
    first = islice(tree.iter("h1"), _HEADINGS)
    headings = [" ".join("".join(h.itertext()).split()) for h in first]
    texts = [line.text for text in headings if text for line in split_lines(text)]
    # Some pages have their logo in an h1.
    return texts[0] if len(texts) == 1 and len(texts[0].split()) >= 3 else None
